"""Reads of what the gate judges: of each robot and day the faults, the uses, and whether the day has arrived.

Faults are episodes that opened, and what the agent saw of the skill itself: crashes and quarantines. A package that
hides its own faults cannot hide these. Uses are counters; a day on which the skill did not run has none, and counts.
A day has arrived when the robot's stream reaches beyond it, or ended with a clean stop before it, and no piece of it
is missing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import orjson
from sqlalchemy import Connection, func, select

from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.skillstore.rollouts.gate.cohort import Floats
from collector.skillstore.rollouts.gate.plan import RobotDays
from collector.store.lists import among
from collector.store.tables.fleet import fault_episode, gap, robot, stream, usage_day
from collector.store.tables.skills import skill_event

BROKEN = ("crashed", "quarantined")
_MISSING = ("lost", "never_arrived")
_ROBOTS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class WhatCounts:
    """`uses`: counters; `families` of faults, none: all."""

    skill: str
    uses: tuple[str, ...]
    families: tuple[str, ...]


def robot_days(
    connection: Connection, robots: Sequence[int], what: WhatCounts, from_day: int, to_day: int, now_s: int
) -> RobotDays:
    """Robots in their order × days of each robot's own zone, both ends counting. A day that goes on has not come."""
    shape = (len(robots), to_day - from_day + 1)
    faults, uses, delivered = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    for start in range(0, len(robots), _ROBOTS_AT_ONCE):
        some = list(robots[start : start + _ROBOTS_AT_ONCE])
        at = {robot_id: start + place for place, robot_id in enumerate(some)}
        zones = _zones(connection, some)
        _count_faults(connection, at, zones, what, from_day, faults)
        _count_uses(connection, at, what, from_day, to_day, uses)
        _see_delivered(connection, at, zones, from_day, now_s, delivered)
    return RobotDays(faults, uses, delivered)


def activations(connection: Connection, robots: Sequence[int], skill: str, from_s: int) -> int:
    """How often the skill became active on these robots since then, as their agents saw it."""
    found = 0
    for start in range(0, len(robots), _ROBOTS_AT_ONCE):
        some = robots[start : start + _ROBOTS_AT_ONCE]
        told = skill_event.c.skill == skill, skill_event.c.state == "active", skill_event.c.at >= from_s
        query = select(func.count()).where(among(connection, skill_event.c.robot_id, some), *told)
        found += connection.execute(query).scalar_one()
    return found


def rhythms(connection: Connection, robots: Sequence[int], today: int, of_days: int) -> dict[int, int]:
    """The most days in a row on which each robot told nothing, within the days before today."""
    found = dict.fromkeys(robots, of_days)
    for start in range(0, len(robots), _ROBOTS_AT_ONCE):
        some = list(robots[start : start + _ROBOTS_AT_ONCE])
        query = select(usage_day.c.robot_id, usage_day.c.day).where(
            among(connection, usage_day.c.robot_id, some), usage_day.c.day.between(today - of_days, today - 1),
            usage_day.c.covered_s > 0,
        )  # fmt: skip
        told: dict[int, list[int]] = {}
        for row in connection.execute(query):
            told.setdefault(row.robot_id, []).append(row.day)
        for robot_id, heard in told.items():
            marks = [today - of_days - 1, *sorted(heard), today]
            found[robot_id] = max(later - sooner - 1 for sooner, later in pairwise(marks))
    return found


def _zones(connection: Connection, robots: Sequence[int]) -> dict[int, str]:
    query = select(robot.c.id, robot.c.timezone).where(among(connection, robot.c.id, robots))
    return {row.id: row.timezone for row in connection.execute(query)}


def _count_faults(
    connection: Connection, at: Mapping[int, int], zones: Mapping[int, str], what: WhatCounts, from_day: int,
    faults: Floats,
) -> None:  # fmt: skip
    opened, since = fault_episode.c.opened_at, (from_day - 1) * DAY_S
    episodes = select(fault_episode.c.robot_id, opened.label("at")).where(
        among(connection, fault_episode.c.robot_id, list(at)), opened >= since
    )
    if what.families:
        episodes = episodes.where(fault_episode.c.family.in_(what.families))
    broken = select(skill_event.c.robot_id, skill_event.c.at).where(
        among(connection, skill_event.c.robot_id, list(at)), skill_event.c.at >= since,
        skill_event.c.skill == what.skill, skill_event.c.state.in_(BROKEN),
    )  # fmt: skip
    seen: Counter[tuple[int, int]] = Counter()
    for query in (episodes, broken):
        _tally(seen, ((row.robot_id, row.at) for row in connection.execute(query)), zones)
    for (robot_id, day), n in seen.items():
        if 0 <= day - from_day < faults.shape[1]:
            faults[at[robot_id], day - from_day] += n


def _tally(seen: Counter[tuple[int, int]], told: Iterable[tuple[int, int]], zones: Mapping[int, str]) -> None:
    for robot_id, at_s in told:
        seen[robot_id, days.of(at_s, zones[robot_id])] += 1


def _count_uses(
    connection: Connection, at: Mapping[int, int], what: WhatCounts, from_day: int, to_day: int, uses: Floats
) -> None:
    query = select(usage_day.c.robot_id, usage_day.c.day, usage_day.c.totals).where(
        among(connection, usage_day.c.robot_id, list(at)), usage_day.c.day.between(from_day, to_day)
    )
    for row in connection.execute(query):
        totals = orjson.loads(row.totals)
        uses[at[row.robot_id], row.day - from_day] = sum(totals.get(counter, 0) for counter in what.uses)


def _see_delivered(
    connection: Connection, at: Mapping[int, int], zones: Mapping[int, str], from_day: int, now_s: int,
    delivered: np.ndarray,
) -> None:  # fmt: skip
    width = delivered.shape[1]
    query = select(
        stream.c.robot_id, func.min(stream.c.first_at).label("first_at"), func.max(stream.c.last_end).label("end"),
    ).where(among(connection, stream.c.robot_id, list(at))).group_by(stream.c.robot_id)  # fmt: skip
    ends = {row.robot_id: row for row in connection.execute(query)}
    stopped = select(stream.c.robot_id).where(
        among(connection, stream.c.robot_id, list(at)), stream.c.stopped, stream.c.closed_at.is_(None)
    )
    off = set(connection.execute(stopped).scalars())
    begun = select(robot.c.id, robot.c.data_from_s).where(among(connection, robot.c.id, list(at)))
    begins = {row.id: row.data_from_s for row in connection.execute(begun)}
    for robot_id, row in ends.items():
        zone = zones[robot_id]
        reached = now_s if robot_id in off else min(now_s, row.end or 0)
        # data that reach into a day leave it open; a robot's first day is not whole
        first = days.of(begins[robot_id] if begins[robot_id] is not None else row.first_at, zone) + 1
        from_, to = max(0, first - from_day), min(width, days.of(reached, zone) - from_day)
        if from_ < to:
            delivered[at[robot_id], from_:to] = True
    holes = select(gap.c.robot_id, gap.c.from_s, gap.c.to_s).where(
        among(connection, gap.c.robot_id, list(at)), gap.c.to_s >= (from_day - 1) * DAY_S, gap.c.cause.in_(_MISSING)
    )
    for row in connection.execute(holes):
        first, last = (days.of(moment, zones[row.robot_id]) - from_day for moment in (row.from_s, row.to_s))
        delivered[at[row.robot_id], max(0, first) : max(0, last + 1)] = False
