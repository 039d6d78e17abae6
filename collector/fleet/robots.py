"""Reads of robots: a page of the list with everything a person looks at first, and one robot.

`today` is the collector's own day, by which a robot is with an account; its counts are of its own.

All costs are bounded by the page: today's counts, open faults and completeness are read for its robots only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, exists, func, literal, not_, or_, select

from collector.calendar import days
from collector.fleet import faults, holes, parked_counts
from collector.fleet.counts import FUNNEL, NOT_ARRIVED, Count, Support, Tally, counts_of
from collector.fleet.fault_rates import ANY_KIND, RobotKinds, of_kinds
from collector.fleet.holes import ClosedDays
from collector.fleet.parked_counts import Missing, Uncounted
from collector.fleet.presence import State, state_of
from collector.fleet.scope import Scope, VisibleRobot, seen_of
from collector.fleet.usage import supports_of, tally_of
from collector.store.lists import among
from collector.store.tables.fleet import (
    account,
    alarm,
    deployment,
    fault_episode,
    presence,
    reported,
    robot,
    stream,
    usage_day,
)
from collector.values.paging import Page, page_of, read_cursor

_ESCAPE = "\\"
DAYS_BACK = 1  # of completeness beside today, for every caller: it leaves out the days that the caller does not see


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot as the list shows it. `today` is its own day; `completeness`: that and the day before, as far as the
    caller sees them.

    `backlog`: records it still holds. `open_faults`: open episodes by family. `uncounted`: amounts of the days of
    `completeness` that are in no count, because no robot can plausibly have counted them.
    """

    name: str
    account: str | None
    account_name: str | None
    state: State
    last_seen_at: str | None
    backlog: int
    open_faults: dict[str, int]
    day: str
    today: dict[str, Count]
    completeness: holes.Figures
    uncounted: list[Uncounted]
    timezone: str
    model: str
    rom: str
    agent: str


@dataclass(frozen=True, slots=True)
class RobotFilter:
    """`account` by its row id; `search` is a part of the name, case-insensitive.

    `names`: only these; `except_names`: none of these. `is_broken`: with an open fault. `needs_look`: broken, dark or
    with an alarm that nobody has cleared. Of `kinds` only what is named.
    """

    account_id: int | None = None
    state: State | None = None
    search: str = ""
    names: frozenset[str] | None = None
    except_names: frozenset[str] = frozenset()
    is_broken: bool = False
    needs_look: bool = False
    kinds: RobotKinds = ANY_KIND


def page(
    connection: Connection, scope: Scope, wanted: RobotFilter, now_s: int, today: int, closed: ClosedDays, *,
    limit: int, cursor: str | None = None,
) -> Page[Robot]:  # fmt: skip
    """Robots that are with the caller now, by name."""
    query = _present(today)
    has = scope.has(robot.c.id, today)
    if has is not None:
        query = query.where(has)
    if wanted.account_id is not None:
        query = query.where(deployment.c.account_id == wanted.account_id)
    if wanted.state is not None:
        query = query.where(_in_state(wanted.state))
    if wanted.search:
        query = query.where(robot.c.name.ilike(f"%{_literal(wanted.search)}%", escape=_ESCAPE))
    query = query.where(*_narrowed(connection, wanted))
    if after := read_cursor(cursor, str):
        query = query.where(robot.c.name > after[0])
    rows, following = page_of(
        connection.execute(query.order_by(robot.c.name).limit(limit + 1)).all(), limit, lambda row: (row.name,)
    )
    return Page(_described(connection, rows, now_s, scope, closed), following)


def one(connection: Connection, robot_id: int, now_s: int, today: int, scope: Scope, closed: ClosedDays) -> Robot:
    """The same for one robot that exists."""
    row = connection.execute(_present(today).where(robot.c.id == robot_id)).one()
    return _described(connection, [row], now_s, scope, closed)[0]


def pulse(connection: Connection, seen: VisibleRobot) -> tuple[str | None, int, State, str | None, str | None]:
    """When its newest data came, how many records are committed, its state, and when it was heard and reported."""
    s, p = stream.c, presence.c
    data_at, mark = connection.execute(
        select(func.max(s.received_at), func.sum(s.mark)).where(s.robot_id == seen.id)
    ).one()
    there = connection.execute(select(p.state, p.received_at).where(p.robot_id == seen.id)).one_or_none()
    answered = connection.execute(select(reported.c.received_at).where(reported.c.robot_id == seen.id)).scalar()

    def moment(at_s: int | None) -> str | None:
        return days.rfc3339(at_s) if at_s is not None and seen.sees_state(at_s) else None

    state, heard = (None, None) if there is None else there
    return moment(data_at), int(mark or 0), state_of(state), moment(heard), moment(answered)


def names(
    connection: Connection, scope: Scope, today: int, *, limit: int, cursor: str | None = None
) -> tuple[list[VisibleRobot], str | None]:
    """The robots that are with the caller now, by name, and the next page's cursor."""
    query = select(robot.c.id, robot.c.name).order_by(robot.c.name).limit(limit + 1)
    has = scope.has(robot.c.id, today)
    if has is not None:
        query = query.where(has)
    if after := read_cursor(cursor, str):
        query = query.where(robot.c.name > after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.name,))
    seen = seen_of(connection, [row.id for row in rows], scope)
    return [seen[row.id] for row in rows], following


def states(connection: Connection, scope: Scope, today: int) -> dict[State, int]:
    """How many robots are in each state."""
    query = select(presence.c.state, func.count()).select_from(
        robot.join(presence, presence.c.robot_id == robot.c.id, isouter=True)
    )
    has = scope.has(robot.c.id, today)
    if has is not None:
        query = query.where(has)
    found: dict[State, int] = {}
    for state, number in connection.execute(query.group_by(presence.c.state)):
        found[state_of(state)] = found.get(state_of(state), 0) + number
    return found


def _literal(search: str) -> str:
    """`%` and `_` of a name stand for themselves."""
    for special in (_ESCAPE, "%", "_"):
        search = search.replace(special, _ESCAPE + special)
    return search


def _in_state(state: State) -> ColumnElement[bool]:
    if state == "never":
        return presence.c.state.is_(None)
    if state == "offline":  # also whatever a newer robot may say
        return and_(presence.c.state.is_not(None), presence.c.state.not_in(["online", "stopped"]))
    return presence.c.state == state


def _narrowed(connection: Connection, wanted: RobotFilter) -> list[ColumnElement[bool]]:
    """The conditions of what an engineer looks for."""
    found: list[ColumnElement[bool]] = []
    if wanted.names is not None:
        found.append(among(connection, robot.c.name, sorted(wanted.names)))
    if wanted.except_names:
        found.append(not_(among(connection, robot.c.name, sorted(wanted.except_names))))
    broken = exists().where(fault_episode.c.robot_id == robot.c.id, fault_episode.c.closed_at.is_(None))
    if wanted.is_broken:
        found.append(broken)
    if wanted.needs_look:
        alarmed = exists().where(alarm.c.robot_id == robot.c.id, alarm.c.cleared_at.is_(None))
        found.append(or_(_in_state("offline"), broken, alarmed))
    return [*found, *of_kinds(wanted.kinds, robot.c.id)]


def _present(on_day: int) -> Select[Any]:
    """Robots with their presence and the account that has them on that day."""
    today = literal(on_day)
    current = and_(
        deployment.c.robot_id == robot.c.id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    # A clock that is ahead ends its data later than they came.
    data_to = case((stream.c.last_end < stream.c.received_at, stream.c.last_end), else_=stream.c.received_at)
    has_data = stream.c.robot_id == robot.c.id, stream.c.last_end.is_not(None)
    data_at = select(func.max(data_to)).where(*has_data).correlate(robot).scalar_subquery()
    return select(
        robot.c.id,
        robot.c.name,
        robot.c.timezone,
        robot.c.model,
        robot.c.rom,
        robot.c.agent,
        account.c.id.label("account_id"),
        account.c.external_id.label("account"),
        account.c.name.label("account_name"),
        presence.c.state,
        presence.c.backlog,
        data_at.label("data_at"),
    ).select_from(
        robot.join(presence, presence.c.robot_id == robot.c.id, isouter=True)
        .join(deployment, current, isouter=True)
        .join(account, account.c.id == deployment.c.account_id, isouter=True)
    )


def _described(
    connection: Connection, rows: Sequence[Row[Any]], now_s: int, scope: Scope, closed: ClosedDays
) -> list[Robot]:
    ids = [row.id for row in rows]
    seen = seen_of(connection, ids, scope)
    own_days = [days.of(now_s, row.timezone) for row in rows]
    missing = parked_counts.of_days(connection, ids, min(own_days) - DAYS_BACK, max(own_days)) if own_days else {}
    today = _today(connection, rows, now_s, missing)
    supports = supports_of(connection, ids)
    broken = faults.open_by_family(connection, scope, ids)
    complete = holes.of_robots(connection, seen.values(), now_s, closed, days_back=DAYS_BACK)
    found = []
    for row in rows:
        seen_s = row.data_at
        its_today = days.of(now_s, row.timezone)
        tally = today.get(row.id) if seen[row.id].sees_day(its_today) else None
        support = supports.get(row.id, Support({}))
        found.append(
            Robot(
                name=row.name,
                account=row.account if scope.sees(row.account_id) else None,
                account_name=row.account_name if scope.sees(row.account_id) else None,
                state=state_of(row.state),
                last_seen_at=days.rfc3339(seen_s) if seen_s is not None and seen[row.id].sees_state(seen_s) else None,
                backlog=row.backlog or 0,
                open_faults=broken.get(row.id, {}),
                day=days.iso(its_today),
                today=counts_of(tally, support, FUNNEL) if tally else dict.fromkeys(FUNNEL, NOT_ARRIVED),
                completeness=holes.figures_of(complete[row.id]),
                uncounted=parked_counts.uncounted(
                    one
                    for one in missing.get(row.id, ())
                    if its_today - DAYS_BACK <= one.day <= its_today and seen[row.id].sees_day(one.day)
                ),
                timezone=row.timezone,
                model=row.model,
                rom=row.rom,
                agent=row.agent,
            )
        )
    return found


def _today(
    connection: Connection, rows: Sequence[Row[Any]], now_s: int, missing: Mapping[int, Sequence[Missing]]
) -> dict[int, Tally]:
    """Today's counts of each robot that has a row, by its own clock."""
    zones = {row.id: row.timezone for row in rows}
    today = {robot_id: days.of(now_s, timezone) for robot_id, timezone in zones.items()}
    query = select(usage_day).where(usage_day.c.robot_id.in_(zones), usage_day.c.day.in_(set(today.values())))
    return {
        row.robot_id: tally_of(
            row,
            zones[row.robot_id],
            parked_counts.states_by_day(missing.get(row.robot_id, ())).get(row.day, {}),
        )
        for row in connection.execute(query)
        if row.day == today[row.robot_id]
    }
