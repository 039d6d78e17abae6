"""Entitlements of all accounts in one list, with what is used of each: robots and seats of today."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, tuple_

from collector.skillstore.entitlements.entitlement import Entitlement, robots_allowed
from collector.skillstore.entitlements.reading import entitlement_of
from collector.store.lists import among
from collector.store.tables.fleet import account, deployment
from collector.store.tables.skill_store import skill_entitlement, skill_seat
from collector.store.tables.skills import skill_wish
from collector.values.paging import page_of, read_cursor

EntitledWhen = Literal["now", "ending", "coming", "ended", "all"]
ENDING_DAYS = 30


@dataclass(frozen=True, slots=True)
class EntitledAccount:
    """`robots`: of the account, on which the skill is wished today; `seats`: of the skill, held today.

    `allowed`: on how many it may be today by all entitlements of the account to it; None: on all.
    """

    entitlement: Entitlement
    account: str
    account_name: str
    robots: int
    allowed: int | None
    seats: int


def entitled_accounts(
    connection: Connection, *, account_ids: Sequence[int] | None, skill: str, when: EntitledWhen, today: int,
    limit: int, cursor: str | None,
) -> tuple[list[EntitledAccount], str | None]:  # fmt: skip
    """The newest first; those that end soon by their last day. `account_ids` None: of all. Raises BadCursor."""
    one = skill_entitlement.c
    query = (
        select(skill_entitlement, account.c.external_id, account.c.name)
        .join(account, account.c.id == one.account_id)
        .where(*_when(when, today))
    )
    if skill:
        query = query.where(one.skill == skill)
    if account_ids is not None:
        query = query.where(among(connection, one.account_id, account_ids))
    rows, following = _page(connection, query, when, limit, cursor)
    robots = _robots(connection, rows, today)
    seats = _seats(connection, rows, today)
    allowed = _allowed(connection, rows, today)
    found = []
    for row in rows:
        key = row.account_id, row.skill
        found.append(
            EntitledAccount(
                entitlement_of(row), row.external_id, row.name, robots.get(key, 0), allowed[key], seats.get(key, 0)
            )
        )
    return found, following


def _page(
    connection: Connection, query: Select[Any], when: EntitledWhen, limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    one = skill_entitlement.c
    if when == "ending":
        if after := read_cursor(cursor, int, int):
            query = query.where(tuple_(one.to_day, one.id) > tuple_(*after))
        rows = connection.execute(query.order_by(one.to_day, one.id).limit(limit + 1)).all()
        return page_of(rows, limit, lambda row: (row.to_day, row.id))
    if after := read_cursor(cursor, int):
        query = query.where(one.id < after[0])
    rows = connection.execute(query.order_by(one.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.id,))


def _when(when: EntitledWhen, today: int) -> tuple[ColumnElement[bool], ...]:
    one = skill_entitlement.c
    goes_on = or_(one.to_day.is_(None), one.to_day >= today)
    chosen: dict[EntitledWhen, tuple[ColumnElement[bool], ...]] = {
        "now": (one.from_day <= today, goes_on),
        "ending": (one.from_day <= today, one.to_day.between(today, today + ENDING_DAYS)),
        "coming": (one.from_day > today, or_(one.to_day.is_(None), one.to_day >= one.from_day)),
        "ended": (one.to_day < today,),
        "all": (),
    }
    return chosen[when]


def _robots(connection: Connection, rows: Sequence[Row[Any]], today: int) -> dict[tuple[int, str], int]:
    """By account and skill: robots that are with it today and are to run the skill."""
    newest = (
        select(func.max(skill_wish.c.id))
        .where(among(connection, skill_wish.c.skill, sorted({row.skill for row in rows})))
        .group_by(skill_wish.c.robot_id, skill_wish.c.skill)
    )
    here = and_(
        deployment.c.robot_id == skill_wish.c.robot_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
        among(connection, deployment.c.account_id, sorted({row.account_id for row in rows})),
    )
    query = (
        select(deployment.c.account_id, skill_wish.c.skill, func.count())
        .join(deployment, here)
        .where(skill_wish.c.id.in_(newest), skill_wish.c.digest != "")
        .group_by(deployment.c.account_id, skill_wish.c.skill)
    )
    return {(account_id, skill): n for account_id, skill, n in connection.execute(query)}


def _allowed(connection: Connection, rows: Sequence[Row[Any]], today: int) -> dict[tuple[int, str], int | None]:
    one = skill_entitlement.c
    query = select(skill_entitlement).where(
        among(connection, one.account_id, sorted({row.account_id for row in rows})),
        among(connection, one.skill, sorted({row.skill for row in rows})),
    )
    had: dict[tuple[int, str], list[Entitlement]] = defaultdict(list)
    for row in connection.execute(query):
        had[row.account_id, row.skill].append(entitlement_of(row))
    return {key: robots_allowed(found, today) for key, found in had.items()}


def _seats(connection: Connection, rows: Sequence[Row[Any]], today: int) -> dict[tuple[int, str], int]:
    one = skill_seat.c
    query = (
        select(one.account_id, one.skill, func.count())
        .where(
            among(connection, one.account_id, sorted({row.account_id for row in rows})), one.from_day <= today,
            or_(one.to_day.is_(None), one.to_day >= today),
        )
        .group_by(one.account_id, one.skill)
    )  # fmt: skip
    return {(account_id, skill): n for account_id, skill, n in connection.execute(query)}
