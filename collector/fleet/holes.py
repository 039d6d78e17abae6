"""Reads completeness: the rows of robots into the facts that `completeness` judges, for any bounded set of robots."""

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, or_, select

from collector.calendar import days
from collector.fleet import parked_counts
from collector.fleet.completeness import Bucket, Cause, Completeness, Hole, RobotFacts, Span, by_hours, judge, sort_of
from collector.fleet.parked_counts import Uncounted
from collector.fleet.scope import VisibleRobot
from collector.store.tables.fleet import deployment, gap, presence, robot, stream, usage_day

ClosedDays = Callable[[Connection, Collection[int], int, int], Mapping[int, Container[int]]]
"""Of robots (row ids) the days first..last on which their places are closed: accounts.closed_sites knows."""


_CAUSES = {"off": Cause.OFF, "crash": Cause.CRASH, "lost": Cause.LOST, "never_arrived": Cause.NEVER_ARRIVED}
UPLOAD_S, WINDOW_S = 900, 300  # the agent's defaults, for a robot that has not told its configuration
_RHYTHM_MAX_S = 6 * days.HOUR_S  # nobody excuses itself for longer


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds: elapsed = arrived + Σ holes; expected leaves out what is excused: completeness.EXCUSED."""

    elapsed_s: int
    expected_s: int
    arrived_s: int
    ratio: float | None
    holes: dict[str, int]


@dataclass(frozen=True, slots=True)
class HoleOut:
    """`missing_s` seconds that did not arrive somewhere between these moments, and why."""

    from_at: str
    to_at: str
    cause: Cause
    missing_s: int


@dataclass(frozen=True, slots=True)
class RobotCompleteness:
    """One robot over whole days of its own time zone, up to now. `missing` lists its newest holes.

    `uncounted`: holes in the counts of time that arrived, the newest first: amounts that no robot can plausibly have
    counted.
    """

    robot: str
    from_day: str
    to_day: str
    figures: Figures
    missing: list[HoleOut]
    uncounted: list[Uncounted]


HOLES_SHOWN = 200  # newest first; the figures always count them all


def figures_of(judged: Completeness) -> Figures:
    return Figures(
        judged.elapsed_s,
        judged.expected_s,
        judged.arrived_s,
        None if judged.ratio is None else round(judged.ratio, 6),
        {str(cause): seconds for cause, seconds in judged.holes.items()},
    )


def completeness_of(
    connection: Connection, seen: VisibleRobot, days_asked: int, now_s: int, closed: ClosedDays
) -> RobotCompleteness:
    """One robot's figures and newest holes; days that the caller may not see are left out."""
    today = days.of(now_s, seen.timezone)
    total, found = Completeness(), list[Hole]()
    for first, last in visible_spans(seen, today - days_asked + 1, today):
        figures, missing = of_days(connection, {seen.id: seen.timezone}, {seen.id: (first, last)}, now_s, closed)[
            seen.id
        ]
        total, found = total + figures, found + missing
    newest = sorted(found, key=lambda hole: hole.from_s, reverse=True)[:HOLES_SHOWN]
    parked = parked_counts.of_robot(connection, seen, today - days_asked + 1, today)
    return RobotCompleteness(
        seen.name,
        days.iso(today - days_asked + 1),
        days.iso(today),
        figures_of(total),
        [HoleOut(days.rfc3339(h.from_s), days.rfc3339(h.to_s), h.cause, h.missing_s) for h in newest],
        parked_counts.uncounted(reversed(parked[-HOLES_SHOWN:])),
    )


def visible_spans(seen: VisibleRobot, first: int, last: int) -> list[tuple[int, int]]:
    """The parts of first..last that the caller may see."""
    if seen.ranges is None:
        return [(first, last)]
    cut = [(max(first, begin), last if end is None else min(last, end)) for begin, end in seen.ranges]
    return [(begin, end) for begin, end in cut if begin <= end]


def of_robots(
    connection: Connection, robots: Collection[VisibleRobot], now_s: int, closed: ClosedDays, *, days_back: int
) -> dict[int, Completeness]:
    """Each robot over today and the `days_back` days before it, by its own clock; only days that the caller may see."""
    found, waiting = dict[int, Completeness](), dict[int, list[tuple[int, int]]]()
    zones = {seen.id: seen.timezone for seen in robots}
    for seen in robots:
        today = days.of(now_s, seen.timezone)
        found[seen.id], waiting[seen.id] = Completeness(), visible_spans(seen, today - days_back, today)
    while waiting := {robot_id: spans for robot_id, spans in waiting.items() if spans}:  # nearly always one span each
        spans = {robot_id: of.pop() for robot_id, of in waiting.items()}
        its = {robot_id: zones[robot_id] for robot_id in spans}
        for robot_id, figures in figures_of_days(connection, its, spans, now_s, closed).items():
            found[robot_id] += figures
    return found


def figures_of_days(
    connection: Connection, zones: Mapping[int, str], spans: Mapping[int, tuple[int, int]], now_s: int,
    closed: ClosedDays,
) -> dict[int, Completeness]:  # fmt: skip
    """Each robot (id -> time zone) over its own days (id -> first, last), where no hole is shown."""
    judged = of_days(connection, zones, spans, now_s, closed, join_empty=True)
    return {robot_id: figures for robot_id, (figures, _) in judged.items()}


def of_days(
    connection: Connection, zones: Mapping[int, str], spans: Mapping[int, tuple[int, int]], now_s: int,
    closed: ClosedDays, *, join_empty: bool = False,
) -> dict[int, tuple[Completeness, list[Hole]]]:  # fmt: skip
    """The same with the holes. `join_empty`: as `completeness.by_hours` says."""
    if not zones:
        return {}
    first, last = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    told = _read(connection, zones, first, last, closed)
    judged = {}
    for robot_id in zones:
        buckets: list[Bucket] = []
        for day in range(spans[robot_id][0], spans[robot_id][1] + 1):
            buckets += told.buckets(robot_id, day, now_s, join_empty=join_empty)
        judged[robot_id] = judge(told.facts[robot_id], buckets, now_s)
    return judged


def figures_day_by_day(
    connection: Connection, zones: Mapping[int, str], wanted: Sequence[int], now_s: int, closed: ClosedDays,
    settled: Callable[[Collection[RobotFacts], int], bool],
) -> dict[int, Completeness]:  # fmt: skip
    """These robots together on each of these days, but for days of which `settled` says no of the robots."""
    told = _read(connection, zones, wanted[0], wanted[-1], closed)
    found = {}
    for day in wanted:
        if settled([told.facts[robot_id] for robot_id in zones], day):
            arrived_s, seconds = 0, dict[Cause, int]()
            for robot_id in zones:
                buckets = told.buckets(robot_id, day, now_s, join_empty=True)
                figures, _ = judge(told.facts[robot_id], buckets, now_s)
                arrived_s += figures.arrived_s
                for cause, missing_s in figures.holes.items():
                    seconds[cause] = seconds.get(cause, 0) + missing_s
            found[day] = Completeness(arrived_s, seconds)
    return found


@dataclass(frozen=True, slots=True)
class _RowsOfDays:
    """What the rows of some robots say of some days."""

    zones: Mapping[int, str]
    rows: Mapping[tuple[int, int], Row[*tuple[Any, ...]]]
    facts: Mapping[int, RobotFacts]
    shut: Mapping[int, Container[int]]
    stays: Mapping[int, Sequence[tuple[int, int | None]]]

    def buckets(self, robot_id: int, day: int, now_s: int, *, join_empty: bool) -> list[Bucket]:
        """One robot's day, cut as it is judged."""
        is_here = any(begin <= day and (end is None or day <= end) for begin, end in self.stays.get(robot_id, ()))
        return _buckets(
            self.rows.get((robot_id, day)), day, self.zones[robot_id], now_s,
            closed=day in self.shut.get(robot_id, ()), is_here=is_here, join_empty=join_empty,
        )  # fmt: skip


def _among(column: ColumnElement[int], robots: Collection[int]) -> ColumnElement[bool]:
    """SQL: one of these robots, or of few others beside them. Of a block of robots it is the same statement always,
    so that it is compiled once.
    """
    first, last = min(robots), max(robots)
    return column.between(first, last) if last - first < 2 * len(robots) else column.in_(robots)


def _read(connection: Connection, zones: Mapping[int, str], first: int, last: int, closed: ClosedDays) -> _RowsOfDays:
    rows: dict[tuple[int, int], Row[*tuple[Any, ...]]] = {}
    columns = usage_day.c.robot_id, usage_day.c.day, usage_day.c.covered, usage_day.c.covered_s, usage_day.c.imported
    in_range = usage_day.c.robot_id.in_(zones), usage_day.c.day.between(first, last)
    for used in connection.execute(select(*columns).where(*in_range)):
        rows[used.robot_id, used.day] = used
    facts = facts_of(connection, list(zones), (first - 1) * days.DAY_S)
    shut, stays = closed(connection, zones, first, last), _stays(connection, zones, first, last)
    return _RowsOfDays(zones, rows, facts, shut, stays)


def _stays(
    connection: Connection, robots: Collection[int], first: int, last: int
) -> dict[int, list[tuple[int, int | None]]]:
    """The days, from and to, on which somebody has each robot."""
    overlaps = deployment.c.from_day <= last, or_(deployment.c.to_day.is_(None), deployment.c.to_day >= first)
    wanted = select(deployment.c.robot_id, deployment.c.from_day, deployment.c.to_day)
    found: dict[int, list[tuple[int, int | None]]] = {}
    for robot_id, begin, end in connection.execute(wanted.where(_among(deployment.c.robot_id, robots), *overlaps)):
        found.setdefault(robot_id, []).append((begin, end))
    return found


def _buckets(
    row: Row[*tuple[Any, ...]] | None,
    day: int,
    timezone: str,
    now_s: int,
    *,
    closed: bool,
    is_here: bool,
    join_empty: bool,
) -> list[Bucket]:
    starts, vouched_s = days.hour_starts(day, timezone), row.covered_s if row is not None else 0
    sort = sort_of(
        overfull=days.is_overfull(day, timezone, vouched_s),
        vouched_s=vouched_s,
        closed=closed,
        told=row is not None and row.imported is not None,
        owed=is_here and starts[24] <= now_s,
    )
    if row is None and join_empty:
        return [Bucket(starts[0], starts[24], 0, sort)]
    if row is not None and row.covered is None:
        return [Bucket(starts[0], starts[24], row.covered_s, sort)]
    covered = orjson.loads(row.covered) if row is not None else [0] * 24
    return by_hours(starts, covered, sort, join_empty=join_empty)


def facts_of(connection: Connection, robot_ids: Sequence[int], from_s: int) -> dict[int, RobotFacts]:
    """What explains these robots' holes from `from_s` on."""
    gaps: dict[int, list[Span]] = {}
    ending_later = _among(gap.c.robot_id, robot_ids), gap.c.to_s > from_s
    query = select(gap.c.robot_id, gap.c.from_s, gap.c.to_s, gap.c.cause).where(*ending_later)
    for robot_id, hole_from_s, hole_to_s, cause in connection.execute(query):
        span = Span(hole_from_s, hole_to_s, _CAUSES.get(cause, Cause.NEVER_ARRIVED))
        gaps.setdefault(robot_id, []).append(span)
    newest: dict[int, Row[Any]] = {}
    in_order = select(stream).where(_among(stream.c.robot_id, robot_ids)).order_by(stream.c.received_at)
    for sent in connection.execute(in_order):
        newest[sent.robot_id] = sent
    known = (
        select(
            robot.c.id,
            robot.c.timezone,
            robot.c.first_seen_at,
            robot.c.data_from_s,
            robot.c.configuration,
            presence.c.state,
        )
        .join(presence, presence.c.robot_id == robot.c.id, isouter=True)
        .where(_among(robot.c.id, robot_ids))
    )
    rows = connection.execute(known).all()
    # only where it can matter: whoever was known before the window began is expected in all of it
    older = [row.id for row in rows if row.first_seen_at > from_s and row.data_from_s is None]
    first_days = _first_days(connection, older)
    found = {}
    for row in rows:
        since_s: int | None = row.first_seen_at
        if row.id not in newest and row.state is None:
            since_s = None  # known by an import or by name only: nothing is expected before it connects
        elif row.data_from_s is not None:  # its data may be older than its first connection
            since_s = min(row.first_seen_at, row.data_from_s)
        elif row.id in first_days:
            since_s = min(row.first_seen_at, _first_data_s(first_days[row.id], row.timezone))
        last = newest.get(row.id)
        found[row.id] = RobotFacts(
            since_s,
            row.state or "",
            last.last_end if last else None,
            stopped=bool(last and last.stopped),
            gaps=gaps.get(row.id, ()),
            heard_s=last.received_at if last else None,
            rhythm_s=_rhythm_s(row.configuration),
        )
    return found


def _rhythm_s(configuration: str | None) -> int:
    """How old a record may be before it is late: two uploads of the robot and the window that is still open."""
    told = orjson.loads(configuration) if configuration else {}
    upload_s, window_s = (
        value if isinstance(value := told.get(name), int) and 0 < value <= _RHYTHM_MAX_S else usual_s
        for name, usual_s in (("upload_s", UPLOAD_S), ("window_s", WINDOW_S))
    )
    return 2 * upload_s + window_s


def _first_days(connection: Connection, robot_ids: Sequence[int]) -> dict[int, tuple[int, str | None]]:
    """The first day of each robot of which the robot itself told something, and its covered hours."""
    found: dict[int, tuple[int, str | None]] = {}
    for robot_id in robot_ids:  # one step in the index (robot_id, day) each
        row = connection.execute(
            select(usage_day.c.day, usage_day.c.covered)
            .where(usage_day.c.robot_id == robot_id, usage_day.c.covered_s > 0)
            .order_by(usage_day.c.day)
            .limit(1)
        ).one_or_none()
        if row:
            found[robot_id] = (row.day, row.covered)
    return found


def _first_data_s(first: tuple[int, str | None], timezone: str) -> int:
    day, covered = first
    starts = days.hour_starts(day, timezone)
    hours: list[int] = orjson.loads(covered) if covered else [1]
    hour = next((h for h, seconds in enumerate(hours) if seconds), 0)
    return starts[hour + 1] - min(hours[hour], starts[hour + 1] - starts[hour]) if covered else starts[0]
