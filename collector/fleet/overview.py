"""The fleet (or one account's robots) in one look: states, today's counts, open faults, completeness.

Costs grow with the fleet, so a shell keeps the answers for a while (web/freshness.py). Completeness is the
dearest part and separate: of everything, days that are over are kept (`kept_completeness`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, or_, select

from collector.calendar import days
from collector.fleet import ahead, faults, holes, kept_completeness
from collector.fleet.ahead import Ahead
from collector.fleet.completeness import Completeness
from collector.fleet.counts import FUNNEL, NOT_ARRIVED, WAITING, Count, uncounted
from collector.fleet.holes import ClosedDays
from collector.fleet.parked_counts import NOT_IN_SUMS
from collector.fleet.presence import State
from collector.fleet.robots import states
from collector.fleet.scope import Scope, seen_of
from collector.fleet.usage import can_count, counter_sum, sum_of
from collector.store.tables.fleet import parked_count, presence, robot, usage_day

CHUNK = 500  # robots judged at a time: bounds memory and the length of one read


@dataclass(frozen=True, slots=True)
class Overview:
    """`today` adds up each robot's own today. `backlog`: records that robots said they still hold.

    `robots_counting_today`: of the robots reporting, those that can count it; the others are not in its sum.
    """

    at: str
    robots: int
    states: dict[State, int]
    today: dict[str, Count]
    robots_reporting_today: int
    robots_counting_today: dict[str, int]
    open_faults: dict[str, int]
    backlog: int
    ahead: Ahead | None  # robots that have delivered what this store does not hold; customers are not told


def read(connection: Connection, scope: Scope, now_s: int, today: int) -> Overview:
    """Of the robots that are with the caller on `today`, the collector's own day."""
    in_state = states(connection, scope, today)
    reporting, counting, counts = _today(connection, scope, now_s, today)
    backlog = select(func.coalesce(func.sum(presence.c.backlog), 0))
    has = scope.has(presence.c.robot_id, today)
    if has is not None:
        backlog = backlog.where(has)
    return Overview(
        at=days.rfc3339(now_s),
        robots=sum(in_state.values()),
        states=in_state,
        today=counts,
        robots_reporting_today=reporting,
        robots_counting_today=counting,
        open_faults=faults.open_in_fleet(connection, scope, today),
        backlog=int(connection.execute(backlog).scalar_one()),
        ahead=ahead.read(connection) if scope.is_everything else None,
    )


def _today(
    connection: Connection, scope: Scope, now_s: int, today: int
) -> tuple[int, dict[str, int], dict[str, Count]]:
    """Robots with data on their own today, how many of them count what, and the funnel's sums: one pass."""
    zones_of: dict[int, list[str]] = {}
    for name in connection.execute(select(robot.c.timezone).distinct()).scalars():
        zones_of.setdefault(days.of(now_s, name), []).append(name)
    if not zones_of:
        return 0, dict.fromkeys(FUNNEL, 0), dict.fromkeys(FUNNEL, NOT_ARRIVED)
    sums = [counter_sum(connection, counter) for counter in FUNNEL]
    able = [func.count(case((can_count(connection, counter), 1))) for counter in FUNNEL]
    query = select(func.count(), *sums, *able).where(usage_day.c.day.in_(zones_of))
    if len(zones_of) > 1:  # else it is the same day everywhere, and nobody needs to look each robot up
        its_today = [(usage_day.c.day == day) & robot.c.timezone.in_(names) for day, names in zones_of.items()]
        query = query.join_from(usage_day, robot, robot.c.id == usage_day.c.robot_id).where(or_(*its_today))
    has = scope.has(usage_day.c.robot_id, today)
    own_day = scope.has(usage_day.c.robot_id, usage_day.c.day)
    if has is not None and own_day is not None:
        query = query.where(has, own_day)
    reporting, *figures = connection.execute(query).one()
    counting = dict(zip(FUNNEL, figures[len(FUNNEL) :], strict=True))
    if not reporting:
        return 0, counting, dict.fromkeys(FUNNEL, NOT_ARRIVED)
    counted = zip(FUNNEL, figures[: len(FUNNEL)], strict=True)
    counts = {c: sum_of(value, can=counting[c] > 0, covered_s=1) for c, value in counted}
    nobody = [counter for counter, value in zip(FUNNEL, figures[: len(FUNNEL)], strict=True) if value is None]
    return reporting, counting, counts | (_parked_today(connection, scope, today, zones_of, nobody) if nobody else {})


def _parked_today(
    connection: Connection, scope: Scope, today: int, zones_of: Mapping[int, Sequence[str]], counters: Sequence[str]
) -> dict[str, Count]:
    """Counters of which only parked amounts came today: they are not zero."""
    its_today = [(parked_count.c.day == day) & robot.c.timezone.in_(names) for day, names in zones_of.items()]
    query = (
        select(parked_count.c.counter, parked_count.c.state)
        .join(robot, robot.c.id == parked_count.c.robot_id)
        .where(parked_count.c.counter.in_(counters), parked_count.c.state.in_(NOT_IN_SUMS), or_(*its_today))
        .distinct()
    )
    has = scope.has(parked_count.c.robot_id, today)
    own_day = scope.has(parked_count.c.robot_id, parked_count.c.day)
    if has is not None and own_day is not None:
        query = query.where(has, own_day)
    found: dict[str, Count] = {}
    for counter, state in connection.execute(query):
        if found.get(counter) != WAITING:
            found[counter] = uncounted(state)
    return found


def completeness(
    connection: Connection, scope: Scope, now_s: int, today: int, closed: ClosedDays, *, days_back: int
) -> Completeness:
    """All robots that are with the caller now, over today and the days before it."""
    if scope.is_everything:
        return kept_completeness.total(connection, now_s, closed, days_back=days_back)
    return computed(connection, scope, now_s, today, closed, days_back=days_back)


def computed(
    connection: Connection, scope: Scope, now_s: int, today: int, closed: ClosedDays, *, days_back: int
) -> Completeness:
    """The same from the robots' rows alone."""
    total, after = Completeness(), 0
    has = scope.has(robot.c.id, today)
    while True:
        query = select(robot.c.id).where(robot.c.id > after).order_by(robot.c.id).limit(CHUNK)
        ids = connection.execute(query if has is None else query.where(has)).scalars().all()
        if not ids:
            return total
        seen = seen_of(connection, ids, scope).values()
        for judged in holes.of_robots(connection, seen, now_s, closed, days_back=days_back).values():
            total = total + judged
        after = ids[-1]
