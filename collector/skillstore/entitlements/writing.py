"""What changes entitlements and seats. Rows are ended, never removed: bills of past days rest on them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from collector.skillstore.entitlements.entitlement import Entitlement
from collector.skillstore.entitlements.reading import entitlement_of
from collector.store.tables.skill_store import skill_entitlement, skill_seat


def entitle(connection: Connection, values: Mapping[str, Any]) -> Entitlement:
    """One more; the columns of skill_entitlement without its id."""
    made = connection.execute(insert(skill_entitlement).values(values).returning(skill_entitlement))
    return entitlement_of(made.one())


def one(connection: Connection, entitlement_id: int) -> Entitlement | None:
    """None: there is none of that number."""
    query = select(skill_entitlement).where(skill_entitlement.c.id == entitlement_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else entitlement_of(row)


def end(connection: Connection, entitlement_id: int, to_day: int, reason: str) -> Entitlement:
    """`to_day` is its last day from now on."""
    changed = update(skill_entitlement).where(skill_entitlement.c.id == entitlement_id)
    row = connection.execute(changed.values(to_day=to_day, ended_reason=reason).returning(skill_entitlement)).one()
    return entitlement_of(row)


def seat(connection: Connection, values: Mapping[str, Any]) -> int:
    """One more seat; its number."""
    return int(connection.execute(insert(skill_seat).values(values).returning(skill_seat.c.id)).scalar_one())


def end_seat(connection: Connection, seat_id: int, account_id: int, to_day: int) -> bool:
    """Whether there was one of that account that goes on."""
    its = (skill_seat.c.id == seat_id, skill_seat.c.account_id == account_id, skill_seat.c.to_day.is_(None))
    return connection.execute(update(skill_seat).where(*its).values(to_day=to_day)).rowcount == 1
