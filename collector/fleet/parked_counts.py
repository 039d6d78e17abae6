"""Reads of amounts that no robot can plausibly have counted: what waits, and what was decided by whom.

A waiting or refused amount is in no sum, and its counter is not zero on that day: it is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, Row, Select, and_, or_, select

from collector.calendar import days
from collector.fleet.scope import Scope, VisibleRobot
from collector.store.lists import newest_first
from collector.store.tables.fleet import account, deployment, parked_count, robot
from collector.values.paging import Page

ParkedState = Literal["waiting", "released", "refused"]
NOT_IN_SUMS = ("waiting", "refused")


@dataclass(frozen=True, slots=True)
class ParkedCount:
    """An amount that was not counted. `amount` and `hours` are decimal text: they may pass 64 bits.

    `reason`: rate (more than `most`, which the robot can have counted since it last did), day_full (the day would hold
    more than `most`), found_in_store (an older release had stored it).
    """

    id: int
    robot: str
    day: str
    counter: str
    reason: str
    amount: str
    hours: dict[str, str]
    windows: int
    most: int
    first_at: str
    last_at: str
    state: ParkedState
    decided_at: str | None
    decided_by: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Uncounted:
    """An amount that is missing from a counter of a robot's day: it waits for a person, or was refused by one."""

    day: str
    counter: str
    amount: str
    state: ParkedState


@dataclass(frozen=True, slots=True)
class Missing:
    """An Uncounted as it is read: of which hours of which day."""

    day: int
    counter: str
    hours: frozenset[int]
    amount: str
    state: ParkedState


def page(
    connection: Connection, *, robot_name: str | None, state: ParkedState | None, limit: int, cursor: str | None
) -> Page[ParkedCount]:
    """The newest first."""
    query = _with_robot()
    if robot_name is not None:
        query = query.where(robot.c.name == robot_name)
    if state is not None:
        query = query.where(parked_count.c.state == state)
    rows, following = newest_first(connection, query, parked_count.c.id, limit, cursor)
    return Page([_shown(row) for row in rows], following)


def one(connection: Connection, parked_id: int) -> ParkedCount | None:
    row = connection.execute(_with_robot().where(parked_count.c.id == parked_id)).one_or_none()
    return None if row is None else _shown(row)


def _with_robot() -> Select[Any]:
    return select(parked_count, robot.c.name).join(robot, robot.c.id == parked_count.c.robot_id)


def _shown(row: Row[Any]) -> ParkedCount:
    return ParkedCount(
        id=row.id, robot=row.name, day=days.iso(row.day), counter=row.counter, reason=row.reason, amount=row.amount,
        hours=orjson.loads(row.hours), windows=row.windows, most=row.most,
        first_at=days.rfc3339(row.first_at), last_at=days.rfc3339(row.last_at), state=row.state,
        decided_at=None if row.decided_at is None else days.rfc3339(row.decided_at), decided_by=row.decided_by,
        why=row.why,
    )  # fmt: skip


def of_days(connection: Connection, robot_ids: Sequence[int], from_day: int, to_day: int) -> dict[int, list[Missing]]:
    """What is missing from these robots' days, by robot, in order of days."""
    columns = parked_count.c
    found: dict[int, list[Missing]] = {}
    wanted = (
        select(columns.robot_id, columns.day, columns.counter, columns.hours, columns.amount, columns.state)
        .where(columns.robot_id.in_(robot_ids), columns.day.between(from_day, to_day), columns.state.in_(NOT_IN_SUMS))
        .order_by(columns.day, columns.counter, columns.id)
    )
    for row in connection.execute(wanted):
        hours = frozenset(int(hour) for hour in orjson.loads(row.hours))
        found.setdefault(row.robot_id, []).append(Missing(row.day, row.counter, hours, row.amount, row.state))
    return found


def uncounted(rows: Iterable[Missing]) -> list[Uncounted]:
    return [Uncounted(days.iso(row.day), row.counter, row.amount, row.state) for row in rows]


def of_robot(connection: Connection, seen: VisibleRobot, from_day: int, to_day: int) -> list[Missing]:
    """The same for the days of one robot that the caller may see."""
    rows = of_days(connection, [seen.id], from_day, to_day).get(seen.id, [])
    return [row for row in rows if seen.sees_day(row.day)]


def states_by_day(rows: Iterable[Missing]) -> dict[int, dict[str, str]]:
    """Day -> counter -> waiting or refused; waiting where both are."""
    found: dict[int, dict[str, str]] = {}
    for row in rows:
        of_day = found.setdefault(row.day, {})
        if of_day.get(row.counter) != "waiting":
            of_day[row.counter] = row.state
    return found


def sums(
    connection: Connection, scope: Scope, *, from_day: int, to_day: int, counters: Sequence[str], by_account: bool,
    account_id: int | None,
) -> dict[Any, dict[str, tuple[str, int]]]:  # fmt: skip
    """What is missing from sums: day (or account) -> counter -> (state, amount)."""
    columns = parked_count.c
    had = and_(
        deployment.c.robot_id == columns.robot_id,
        deployment.c.from_day <= columns.day,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= columns.day),
    )
    whose = scope.narrowed(account_id)
    wanted = (
        select(columns.day, columns.counter, columns.amount, columns.state, account.c.external_id)
        .select_from(
            parked_count.join(deployment, had, isouter=whose is None).join(
                account, account.c.id == deployment.c.account_id, isouter=whose is None
            )
        )
        .where(columns.day.between(from_day, to_day), columns.counter.in_(counters), columns.state.in_(NOT_IN_SUMS))
    )
    if whose is not None:
        wanted = wanted.where(deployment.c.account_id.in_(whose))
    found: dict[Any, dict[str, tuple[str, int]]] = {}
    for row in connection.execute(wanted):
        part = found.setdefault(row.external_id if by_account else row.day, {})
        state, amount = part.get(row.counter, (row.state, 0))
        part[row.counter] = ("waiting" if "waiting" in {state, row.state} else "refused", amount + int(row.amount))
    return found
