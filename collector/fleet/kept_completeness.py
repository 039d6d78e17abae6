"""Completeness of the whole fleet: days that are over are kept, in blocks of robots; only what is open is computed.

A kept row holds one day of the robots of one block that live in one time zone. Whatever changes such a day marks it
stale in the same transaction: the database does (migration 0039), so that no door can forget it. What is stale or not
kept is computed from the robots' rows, so that the answer is always the one that computing everything would give. A
job keeps what is over (`collector/scheduled.py`); nothing but time depends on it.

A day is over for a block when the clock of its zone says so and none of its robots may still excuse itself there with
its rhythm of sending.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from collector.calendar import days
from collector.fleet import holes
from collector.fleet.completeness import Cause, Completeness, RobotFacts
from collector.fleet.holes import ClosedDays
from collector.store.tables.fleet import completeness_kept, completeness_stale, robot

BLOCK = 256  # robots; a change makes so many be judged again. The triggers divide by the same number
RULES = 1  # one more wherever `completeness` or `holes` judge otherwise: what was kept before holds no longer
KEPT_DAYS = 31  # no question is about more days
LOCK = 0x636F6D70  # what writers hold together on PostgreSQL, as the triggers name it
_LOCK_NOT_AVAILABLE = "55P03"
LOCK_WAIT_MS = 300  # longer and ingest would queue behind whoever keeps
_AT_ONCE = 2  # blocks judged at a time: bounds memory and the length of one statement

Part = tuple[int, str]
"""A block, and a time zone in it."""


def total(connection: Connection, now_s: int, closed: ClosedDays, *, days_back: int) -> Completeness:
    """All robots over their own today and the days before it."""
    over, missing = what_is_kept(connection, now_s, days_back=days_back)
    arrived_s, seconds = over.arrived_s, dict(over.holes)
    for figures in _computed(connection, missing, now_s, closed):
        arrived_s += figures.arrived_s
        _add(seconds, figures.holes)
    return Completeness(arrived_s, seconds)


def what_is_kept(connection: Connection, now_s: int, *, days_back: int) -> tuple[Completeness, dict[Part, list[int]]]:
    """The days before today that are kept, together; and the days of each part that are left, with today."""
    parts = _parts(connection)
    todays = _todays(parts, now_s)
    if not todays:
        return Completeness(), {}
    kept = _kept(connection, min(todays.values()) - days_back, max(todays.values()) - 1, now_s)
    arrived_s, seconds, missing = 0, dict[Cause, int](), dict[Part, list[int]]()
    for part in parts:
        today = todays[part[1]]
        for day in range(today - days_back, today):
            if (figures := kept.get((day, *part))) is None:
                missing.setdefault(part, []).append(day)
                continue
            arrived_s += figures.arrived_s
            _add(seconds, figures.holes)
        missing.setdefault(part, []).append(today)
    return Completeness(arrived_s, seconds), missing


def _todays(parts: Iterable[Part], now_s: int) -> dict[str, int]:
    """The day that it is in each time zone."""
    return {timezone: days.of(now_s, timezone) for timezone in {timezone for _, timezone in parts}}


def _add(seconds: dict[Cause, int], more: Mapping[Cause, int]) -> None:
    for cause, some_s in more.items():
        seconds[cause] = seconds.get(cause, 0) + some_s


def _parts(connection: Connection) -> list[Part]:
    block = robot.c.id.op("/")(BLOCK)
    wanted = select(block, robot.c.timezone).group_by(robot.c.timezone, block)
    return [(row[0], row[1]) for row in connection.execute(wanted)]


def _kept(
    connection: Connection, first: int, last: int, now_s: int, block: int | None = None
) -> dict[tuple[int, int, str], Completeness]:
    """By day, block and time zone; `block` None: of all. A day as another knowledge of time zones had it is none."""
    k, s = completeness_kept.c, completeness_stale.c
    marks = select(s.day, s.block).where(s.day.between(first, last))
    stale = {(day, block) for day, block in connection.execute(marks)}
    wanted = select(k.day, k.block, k.timezone, k.starts_s, k.ends_s, k.arrived_s, k.holes).where(
        k.day.between(first, last), k.rules == RULES, k.at_s <= now_s
    )
    if block is not None:
        wanted = wanted.where(k.block == block)
    found, ends = {}, dict[tuple[int, str], tuple[int, int]]()
    for day, its, timezone, starts_s, ends_s, arrived_s, told in connection.execute(wanted):
        if (day, timezone) not in ends:
            starts = days.hour_starts(day, timezone)
            ends[day, timezone] = starts[0], starts[24]
        if (day, its) not in stale and ends[day, timezone] == (starts_s, ends_s):
            found[day, its, timezone] = Completeness(arrived_s, _read(told))
    return found


_CAUSES = {str(cause): cause for cause in Cause}


def _read(told: str) -> dict[Cause, int]:
    return {_CAUSES[name]: seconds for name, seconds in orjson.loads(told).items()}


def _computed(
    connection: Connection, missing: Mapping[Part, Sequence[int]], now_s: int, closed: ClosedDays
) -> Iterator[Completeness]:
    """Each robot of these parts over their days, computed from its rows."""
    blocks = sorted({block for block, _ in missing})
    runs = {part: _runs(of) for part, of in missing.items()}
    for start in range(0, len(blocks), _AT_ONCE):
        some = blocks[start : start + _AT_ONCE]
        zones = _robots(connection, some)
        waiting = {robot_id: list(runs.get((robot_id // BLOCK, zone), ())) for robot_id, zone in zones.items()}
        while waiting := {robot_id: left for robot_id, left in waiting.items() if left}:  # nearly always one run each
            spans = {robot_id: left.pop() for robot_id, left in waiting.items()}
            of = {robot_id: zones[robot_id] for robot_id in spans}
            yield from holes.figures_of_days(connection, of, spans, now_s, closed).values()


def _robots(connection: Connection, blocks: Sequence[int]) -> dict[int, str]:
    """The robots of these blocks, with their time zones."""
    found: dict[int, str] = {}
    for block in blocks:
        own = robot.c.id.between(block * BLOCK, block * BLOCK + BLOCK - 1)
        found.update(
            (row.id, row.timezone) for row in connection.execute(select(robot.c.id, robot.c.timezone).where(own))
        )
    return found


def _runs(of: Sequence[int]) -> list[tuple[int, int]]:
    """Days, in order, as stretches without a hole."""
    found: list[tuple[int, int]] = []
    for day in of:
        if found and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def wanting(connection: Connection, now_s: int) -> list[int]:
    """Blocks of which a day that is over is not kept, or holds no longer."""
    _, missing = what_is_kept(connection, now_s, days_back=KEPT_DAYS - 1)
    return sorted({part[0] for part, left in missing.items() if len(left) > 1})


def keep(connection: Connection, block: int, now_s: int, closed: ClosedDays) -> int:
    """Keep what is over of a block and not kept; how many days. In a transaction of its own: it holds writers up.

    On PostgreSQL the database refuses when writers do not let go in time (`LOCK_WAIT_MS`).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = {LOCK_WAIT_MS}"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    zones = _robots(connection, [block])
    todays = _todays([(block, timezone) for timezone in zones.values()], now_s)
    if not todays:
        return 0
    _forget(connection, block, min(todays.values()) - KEPT_DAYS)
    kept = _kept(connection, min(todays.values()) - KEPT_DAYS, max(todays.values()) - 1, now_s, block)
    made: list[dict[str, Any]] = []
    for timezone, today in todays.items():
        its = {robot_id: zone for robot_id, zone in zones.items() if zone == timezone}
        wanted = [day for day in range(today - KEPT_DAYS + 1, today) if (day, block, timezone) not in kept]
        if not wanted:
            continue
        k = completeness_kept.c
        old = k.block == block, k.timezone == timezone, k.day.in_(wanted)
        connection.execute(delete(completeness_kept).where(*old))
        made += [row | {"block": block} for row in _days_over(connection, its, wanted, timezone, now_s, closed)]
    if made:
        connection.execute(insert(completeness_kept), made)
    return len(made)


def _days_over(
    connection: Connection, zones: Mapping[int, str], wanted: Sequence[int], timezone: str, now_s: int,
    closed: ClosedDays,
) -> list[dict[str, Any]]:  # fmt: skip
    """Rows of these days, of robots that live in one time zone; those that are not over are left out."""

    def is_over(robots: Collection[RobotFacts], day: int) -> bool:
        ends_s = days.hour_starts(day, timezone)[24]
        return not any(_may_excuse(one, ends_s, now_s) for one in robots)

    made = []
    for day, figures in holes.figures_day_by_day(connection, zones, wanted, now_s, closed, is_over).items():
        starts = days.hour_starts(day, timezone)
        told = orjson.dumps({str(cause): seconds for cause, seconds in figures.holes.items()}).decode()
        made.append(
            {"day": day, "timezone": timezone, "rules": RULES, "at_s": now_s, "starts_s": starts[0],
             "ends_s": starts[24], "arrived_s": figures.arrived_s, "holes": told}
        )  # fmt: skip
    return made


def is_busy(error: DBAPIError) -> bool:
    """Writers did not let go in time: another time, then."""
    return getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def _may_excuse(facts: RobotFacts, ends_s: int, now_s: int) -> bool:
    """Whether the robot's rhythm may still excuse what is missing before that moment, now or later."""
    has_told = facts.data_to_s is not None and facts.data_to_s >= ends_s
    if facts.state != "online" or has_told or now_s - facts.rhythm_s >= ends_s:
        return False
    return facts.heard_s is None or now_s - facts.heard_s <= facts.rhythm_s


def _forget(connection: Connection, block: int, before_day: int) -> None:
    """What holds no longer, or is of days that nobody asks for."""
    k, s = completeness_kept.c, completeness_stale.c
    stale = list(connection.execute(select(s.day).where(s.block == block).distinct()).scalars())
    connection.execute(delete(completeness_kept).where(k.block == block, k.day.in_(stale) | (k.day < before_day)))
    connection.execute(delete(completeness_kept).where(k.block == block, k.rules != RULES))
    if stale:
        connection.execute(delete(completeness_stale).where(s.block == block))
