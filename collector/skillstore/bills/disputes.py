"""Contested lines of bills, until somebody settles them: what such a line rests on is not removed by retention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from collector.fleet.scope import Scope
from collector.skillstore.bills.closed import MadeBill
from collector.store.lists import among
from collector.store.tables.skill_bills import skill_bill_dispute


@dataclass(frozen=True, slots=True)
class StoredDispute:
    """`settled_at` None: it is open."""

    id: int
    bill_id: int
    account_id: int
    place: int
    reason: str
    who: str
    opened_at: int
    settled_at: int | None
    settled_by: str | None
    settled_why: str | None


def of_bills(connection: Connection, bill_ids: Sequence[int]) -> dict[int, list[StoredDispute]]:
    """All disputes of these bills, by bill, in order."""
    query = select(skill_bill_dispute).where(among(connection, skill_bill_dispute.c.bill_id, bill_ids))
    found: dict[int, list[StoredDispute]] = {}
    for row in connection.execute(query.order_by(skill_bill_dispute.c.id)):
        found.setdefault(row.bill_id, []).append(_dispute(row))
    return found


def one(connection: Connection, dispute_id: int) -> StoredDispute | None:
    row = connection.execute(select(skill_bill_dispute).where(skill_bill_dispute.c.id == dispute_id)).one_or_none()
    return None if row is None else _dispute(row)


def waiting(connection: Connection, scope: Scope, limit: int) -> list[StoredDispute]:
    """Those that nobody has settled, the oldest first."""
    query = select(skill_bill_dispute).where(skill_bill_dispute.c.settled_at.is_(None))
    if scope.accounts is not None:
        query = query.where(skill_bill_dispute.c.account_id.in_(scope.accounts))
    return [_dispute(row) for row in connection.execute(query.order_by(skill_bill_dispute.c.id).limit(limit))]


def open_on(connection: Connection, bill: MadeBill, place: int, reason: str, who: str, now_s: int) -> int:
    """The new dispute's id."""
    month = bill.lines[place].line.period
    values = {
        "bill_id": bill.id, "place": place, "account_id": bill.account_id, "from_day": month.from_day,
        "to_day": month.to_day, "reason": reason, "who": who, "opened_at": now_s,
    }  # fmt: skip
    made: int = connection.execute(
        insert(skill_bill_dispute).values(values).returning(skill_bill_dispute.c.id)
    ).scalar_one()
    return made


def settle(connection: Connection, dispute_id: int, why: str, who: str, now_s: int) -> bool:
    """False: it was settled already."""
    changed = connection.execute(
        update(skill_bill_dispute)
        .where(skill_bill_dispute.c.id == dispute_id, skill_bill_dispute.c.settled_at.is_(None))
        .values(settled_at=now_s, settled_by=who, settled_why=why)
    )
    return changed.rowcount == 1


def _dispute(row: Row[Any]) -> StoredDispute:
    return StoredDispute(
        row.id, row.bill_id, row.account_id, row.place, row.reason, row.who, row.opened_at, row.settled_at,
        row.settled_by, row.settled_why,
    )  # fmt: skip
