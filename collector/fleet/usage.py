"""Reads of usage: one robot's days and hours, robot-days of many robots, sums over a fleet or an account.

Sums run in the database on packed columns and never touch more than `SUM_DAYS_MAX` days.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Numeric,
    Row,
    Select,
    and_,
    cast,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSON

from collector.calendar import days
from collector.fleet import parked_counts
from collector.fleet.counts import (
    NOT_ARRIVED,
    UNSUPPORTED,
    Count,
    Counted,
    Support,
    Tally,
    counts_of,
    known_counters,
    uncounted,
)
from collector.fleet.parked_counts import Missing, Uncounted
from collector.fleet.scope import Scope, VisibleRobot
from collector.store.lists import among
from collector.store.tables.fleet import account, counter_support, counter_support_past, deployment, robot, usage_day
from collector.values.paging import Page, page_of, read_cursor
from protocol.counters import COUNTERS

SUM_DAYS_MAX = 92  # a quarter: sums read every robot-day of the range
ROBOT_DAYS_MAX = 400  # a year and a month of one robot in one answer
ROBOT_HOURS_DAYS_MAX = 31


@dataclass(frozen=True, slots=True)
class UsageDay:
    """One robot's day in its own time zone. `imported`: some of it is history from before the collector.

    `uncounted`: amounts that are in no count, because no robot can plausibly have counted them.
    """

    day: str
    covered_s: int
    estimated_s: int
    imported: bool
    counts: dict[str, Count]
    uncounted: list[Uncounted]


@dataclass(frozen=True, slots=True)
class UsageHour:
    """One local hour. Hours are kept for a limited time; older days have totals only."""

    day: str
    hour: int
    covered_s: int
    counts: dict[str, Count]


@dataclass(frozen=True, slots=True)
class RobotDay:
    """What one robot counted on one day, and the account that had it that day."""

    robot: str
    account: str | None
    day: str
    covered_s: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class UsageSum:
    """A sum over robots: of one day (`day`), of one account (`account`), or both left null: of everything.

    `uncounted`: counter -> decimal text of the amounts that are not in the sum, because no robot can plausibly have
    counted them.
    """

    day: str | None
    account: str | None
    robots: int
    counts: dict[str, Count]
    uncounted: dict[str, str]


def support_of(connection: Connection, seen: VisibleRobot) -> Support:
    """What a robot said it can count; to a customer, of skills' counters those said while it had the robot."""
    return _seen_support(supports_of(connection, [seen.id]).get(seen.id, Support({})), seen)


def _seen_support(support: Support, seen: VisibleRobot) -> Support:
    own = {name: said for name, said in support.said.items() if name in COUNTERS or seen.sees_state(said[1])}
    past = {
        name: [one for one in then if name in COUNTERS or seen.sees_state(one[1])]
        for name, then in support.past.items()
    }
    return Support(own, past=past)


def supports_of(connection: Connection, robot_ids: Sequence[int]) -> dict[int, Support]:
    said: dict[int, dict[str, tuple[bool, int]]] = {}
    for row in connection.execute(select(counter_support).where(counter_support.c.robot_id.in_(robot_ids))):
        said.setdefault(row.robot_id, {})[row.counter] = (row.supported, row.since_s)
    past: dict[int, dict[str, list[tuple[bool, int, int]]]] = {}
    before = counter_support_past
    for row in connection.execute(select(before).where(before.c.robot_id.in_(robot_ids))):
        then = past.setdefault(row.robot_id, {}).setdefault(row.counter, [])
        then.append((row.supported, row.since_s, row.until_s))
    return {robot_id: Support(counters, past=past.get(robot_id, {})) for robot_id, counters in said.items()}


def packed(text: str | None) -> Any:
    """A packed JSON column; an empty one is an empty object."""
    return orjson.loads(text) if text else {}


def tally_of(row: Row[Any], timezone: str, parked: Mapping[str, str]) -> Tally:
    ends_s = days.hour_starts(row.day, timezone)[24]
    return Tally(packed(row.totals), row.covered_s, packed(row.imported), ends_s, parked)


def by_day(connection: Connection, seen: VisibleRobot, from_day: int, to_day: int) -> list[UsageDay]:
    """Every day of the range that the caller may see, also those of which nothing arrived."""
    return by_day_of(connection, [seen], from_day, to_day)[seen.id]


def by_day_of(
    connection: Connection, robots: Sequence[VisibleRobot], from_day: int, to_day: int,
    only: Collection[str] | None = None,
) -> dict[int, list[UsageDay]]:  # fmt: skip
    """The same of several robots, by robot id, with as many statements as for one. `only`: of these counters."""
    ids = [one.id for one in robots]
    rows: dict[int, list[Row[Any]]] = {}
    for row in _rows(connection, ids, from_day, to_day):
        rows.setdefault(row.robot_id, []).append(row)
    missing, supports = parked_counts.of_days(connection, ids, from_day, to_day), supports_of(connection, ids)
    return {
        one.id: _days_of(
            one,
            {row.day: row for row in rows.get(one.id, ()) if one.sees_day(row.day)},
            [row for row in missing.get(one.id, ()) if one.sees_day(row.day)],
            _seen_support(supports.get(one.id, Support({})), one),
            range(from_day, to_day + 1),
            only,
        )
        for one in robots
    }


def _days_of(
    seen: VisibleRobot, rows: Mapping[int, Row[Any]], missing: Sequence[Missing], can: Support, asked: range,
    only: Collection[str] | None,
) -> list[UsageDay]:  # fmt: skip
    parked = parked_counts.states_by_day(missing)
    tallies = {day: tally_of(row, seen.timezone, parked.get(day, {})) for day, row in rows.items()}
    counted = frozenset(counter for tally in tallies.values() for counter in tally.own)
    support = replace(can, counted=counted)
    counters = known_counters(
        support.said, *parked.values(), *(t.own for t in tallies.values()), *(t.imported for t in tallies.values())
    )
    if only is not None:
        counters = tuple(counter for counter in counters if counter in only)
    found = []
    for day in asked:
        if seen.sees_day(day):
            ends_s = days.hour_starts(day, seen.timezone)[24]
            tally = tallies.get(day) or Tally({}, 0, {}, ends_s, parked.get(day, {}))
            estimated_s = rows[day].estimated_s if day in rows else 0
            counts = counts_of(tally, support, counters)
            uncounted = parked_counts.uncounted(row for row in missing if row.day == day)
            found.append(UsageDay(days.iso(day), tally.covered_s, estimated_s, bool(tally.imported), counts, uncounted))
    return found


def by_hour(connection: Connection, seen: VisibleRobot, from_day: int, to_day: int) -> list[UsageHour]:
    """The hours of the range that are kept; hours without any data are left out."""
    support = support_of(connection, seen)
    rows = [row for row in _rows(connection, [seen.id], from_day, to_day) if seen.sees_day(row.day)]
    unpacked = [
        (row.day, packed(row.hours), orjson.loads(row.covered or b"[]") or [0] * 24) for row in rows if row.hours
    ]
    support = replace(support, counted=frozenset(counter for _, hours, _ in unpacked for counter in hours))
    missing = parked_counts.of_robot(connection, seen, from_day, to_day)
    parked = {(row.day, hour, row.counter): row.state for row in missing for hour in row.hours}
    counters = known_counters(support.said, support.counted, {row.counter for row in missing})
    found = []
    for day, hours, covered in unpacked:
        ends_s = days.hour_starts(day, seen.timezone)
        for hour in range(24):
            own = {counter: values[hour] for counter, values in hours.items() if values[hour]}
            if own or covered[hour]:
                states = {key[2]: state for key, state in parked.items() if key[:2] == (day, hour)}
                counts = counts_of(Tally(own, covered[hour], {}, ends_s[hour + 1], states), support, counters)
                found.append(UsageHour(days.iso(day), hour, covered[hour], counts))
    return found


def _rows(connection: Connection, robot_ids: Sequence[int], from_day: int, to_day: int) -> Sequence[Row[Any]]:
    return connection.execute(
        select(usage_day)
        .where(among(connection, usage_day.c.robot_id, robot_ids), usage_day.c.day.between(from_day, to_day))
        .order_by(usage_day.c.day)
    ).all()


def robot_days(
    connection: Connection,
    scope: Scope,
    *,
    from_day: int,
    to_day: int,
    limit: int,
    cursor: str | None = None,
    robots: Sequence[str] | None = None,
    account_id: int | None = None,
) -> Page[RobotDay]:
    """Robot-days ordered by robot name, then day. Counters without a count are left out of `counts`."""
    # With a plain column SQLite reads every robot-day of the range and sorts them for each page; the + keeps it from
    # beginning there, so it goes robot by robot in the order of names and stops when the page is full.
    day = literal_column("+usage_day.day", Integer()) if connection.dialect.name == "sqlite" else usage_day.c.day
    wanted = (
        _robot_days(scope, account_id)
        .where(day.between(from_day, to_day))
        .order_by(robot.c.name, usage_day.c.day)
        .limit(limit + 1)
    )
    if robots is not None:
        wanted = wanted.where(robot.c.name.in_(robots))
    if after := read_cursor(cursor, str, int):
        wanted = wanted.where(tuple_(robot.c.name, usage_day.c.day) > tuple_(*after))
    rows, following = page_of(connection.execute(wanted).all(), limit, lambda row: (row.name, row.day))
    return Page([_robot_day(row) for row in rows], following)


def arrived_s(connection: Connection, account_id: int, from_day: int, to_day: int) -> int:
    """Robot-seconds of which data arrived, on the days on which the account had the robots."""
    here = and_(
        deployment.c.robot_id == usage_day.c.robot_id, deployment.c.from_day <= usage_day.c.day,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= usage_day.c.day),
    )  # fmt: skip
    wanted = (
        select(func.coalesce(func.sum(usage_day.c.covered_s), 0))
        .select_from(deployment.join(usage_day, here))
        .where(deployment.c.account_id == account_id, usage_day.c.day.between(from_day, to_day))
    )
    return int(connection.execute(wanted).scalar_one())


def _robot_days(scope: Scope, account_id: int | None) -> Select[Any]:
    here = and_(
        deployment.c.robot_id == usage_day.c.robot_id,
        deployment.c.from_day <= usage_day.c.day,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= usage_day.c.day),
    )
    whose = scope.narrowed(account_id)
    query = select(
        robot.c.name,
        usage_day.c.day,
        usage_day.c.totals,
        usage_day.c.imported,
        usage_day.c.covered_s,
        account.c.external_id.label("account"),
    ).select_from(
        robot.join(usage_day, usage_day.c.robot_id == robot.c.id)
        .join(deployment, here, isouter=whose is None)
        .join(account, account.c.id == deployment.c.account_id, isouter=whose is None)
    )
    return query if whose is None else query.where(deployment.c.account_id.in_(whose))


def _robot_day(row: Row[Any]) -> RobotDay:
    return RobotDay(row.name, row.account, days.iso(row.day), row.covered_s, merged(row.totals, row.imported))


def merged(totals: str | None, imported: str | None) -> dict[str, int]:
    """The robot's own counts, and imported ones where it has none."""
    own: dict[str, int] = packed(totals)
    return {**packed(imported), **own} if imported else own


def counter_sum(connection: Connection, counter: str) -> ColumnElement[Any]:
    """SQL: the sum of one counter over robot-days; NULL when no robot has counted it.

    PostgreSQL sums in numeric, which has no end. SQLite sums in 64 bits, which no fleet fills: ROBOT_DAY_MAX.
    """
    return func.sum(_counted(connection, counter))


def can_count(connection: Connection, counter: str) -> ColumnElement[bool]:
    """SQL: the robot of a robot-day has counted this, or says that it can."""
    says = exists().where(
        counter_support.c.robot_id == usage_day.c.robot_id,
        counter_support.c.counter == counter,
        counter_support.c.supported == true(),
    )
    return or_(_counted(connection, counter).is_not(None), says.correlate(usage_day))


def _counted(connection: Connection, counter: str) -> ColumnElement[Any]:
    if connection.dialect.name == "sqlite":
        path = f'$."{counter}"'
        own: ColumnElement[Any] = func.json_extract(usage_day.c.totals, path)
        imported: ColumnElement[Any] = func.json_extract(usage_day.c.imported, path)
    else:
        own = cast(cast(usage_day.c.totals, JSON)[counter].astext, Numeric)
        imported = cast(cast(usage_day.c.imported, JSON)[counter].astext, Numeric)
    return func.coalesce(own, imported)


def sums(
    connection: Connection,
    scope: Scope,
    *,
    from_day: int,
    to_day: int,
    counters: Sequence[str],
    by_account: bool = False,
    account_id: int | None = None,
) -> list[UsageSum]:
    """Sums per day, or per account over the whole range (at most SUM_DAYS_MAX days: the caller checks)."""
    base = _robot_days(scope, account_id).where(usage_day.c.day.between(from_day, to_day))
    group = account.c.external_id if by_account else usage_day.c.day
    figures = [counter_sum(connection, counter).label(f"c{i}") for i, counter in enumerate(counters)]
    query = base.with_only_columns(
        group.label("part"),
        func.count(usage_day.c.robot_id.distinct()).label("robots"),
        func.max(usage_day.c.covered_s).label("covered_s"),
        *figures,
    )
    rows = connection.execute(query.group_by(group).order_by(group)).all()
    empty = [c for i, c in enumerate(counters) if any(row[3 + i] is None for row in rows)]
    since = {counter: _counted_since(connection, scope, counter) for counter in empty}
    missing = parked_counts.sums(
        connection, scope, from_day=from_day, to_day=to_day, counters=counters, by_account=by_account,
        account_id=account_id,
    )  # fmt: skip
    found = []
    for row in rows:
        counts = {
            counter: sum_of(
                row[3 + i],
                covered_s=row.covered_s,
                can=counter in since and _could(since[counter], to_day if by_account else row.part),
            )
            for i, counter in enumerate(counters)
        }
        parked = missing.get(row.part, {})
        for counter, (state, _) in parked.items():
            if not isinstance(counts[counter], Counted) or row[3 + list(counters).index(counter)] is None:
                counts[counter] = uncounted(state)
        told = {counter: str(amount) for counter, (_, amount) in parked.items()}
        day = None if by_account else days.iso(row.part)
        found.append(UsageSum(day, row.part if by_account else None, row.robots, counts, told))
    return found


def sum_of(value: int | None, *, can: bool, covered_s: int) -> Count:
    """The tri-state of a sum. `can`: somebody counts this; `covered_s`: something has arrived at all."""
    if value is not None:
        return Counted(int(value))
    if not can:
        return UNSUPPORTED
    return Counted(0) if covered_s else NOT_ARRIVED


def _counted_since(connection: Connection, scope: Scope, counter: str) -> list[tuple[str, int, int | None]]:
    """By time zone: since when robots that the caller has had can count this, or from when until when they could."""
    found: list[tuple[str, int, int | None]] = []
    now, past = counter_support.c, counter_support_past.c
    for table, until in ((now, null()), (past, past.until_s)):
        wanted = (
            select(robot.c.timezone, func.min(table.since_s), until)
            .join(robot, robot.c.id == table.robot_id)
            .where(table.counter == counter, table.supported == true())
            .group_by(robot.c.timezone, *([] if table is now else [past.until_s]))
        )
        had = scope.had(table.robot_id)
        found += [
            (zone, since_s, until_s)
            for zone, since_s, until_s in connection.execute(wanted if had is None else wanted.where(had))
        ]
    return found


def _could(since: Sequence[tuple[str, int, int | None]], day: int) -> bool:
    """Whether one of them could count it by the end of that day."""
    ends_s = {zone: days.hour_starts(day, zone)[24] for zone in {zone for zone, _, _ in since}}
    return any(
        since_s < ends_s[zone] and (until_s is None or ends_s[zone] <= until_s) for zone, since_s, until_s in since
    )
