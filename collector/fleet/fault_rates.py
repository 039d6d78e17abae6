"""Fault episodes per 100 robot-hours by what robots are and run: firmware, model, version of a skill.

Everything is divided by the hours that arrived. A skill's version has the hours and faults of the time in which it
ran; firmware and model are those of today: who had an older firmware within the range has its faults under the new one.
Sums run in the database; costs grow with the fleet.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from collector.calendar.days import DAY_S, HOUR_S
from collector.fleet.skills.runs import at_moment, on_day, runs, share_of_day
from collector.store.tables.fleet import fault_episode, robot, skill_state, usage_day
from collector.values.per_hours import per_100_hours

By = Literal["rom", "model", "skill"]
BYS: tuple[By, ...] = ("rom", "model", "skill")
HOURS_MIN = 200.0  # below it one episode more moves a rate by half a fault in 100 h: nobody can judge it
EPISODES_MIN = 10  # fewer are chance, whatever the rate
TIMES_HOT = 3.0  # so many times the rate of all others is worth a look
CHANCE_MAX = 1e-4  # a table has up to a hundred cells, and is looked at daily
GROUPS_MAX = 200


@dataclass(frozen=True, slots=True)
class FamilyRate:
    """`per_100_h` None: too few hours to say. `others`: the rate of all other groups, None likewise.

    `is_hot`: so much more than the others that it is no chance.
    """

    episodes: int
    per_100_h: float | None
    others: float | None
    is_hot: bool


@dataclass(frozen=True, slots=True)
class FaultGroup:
    """Robots that have one thing in common. `value` "": they have not said. `hours`: of data that arrived."""

    value: str
    robots: int
    hours: float
    families: dict[str, FamilyRate]


@dataclass(frozen=True, slots=True)
class FaultRates:
    """`families`: all that had an episode, the most frequent first. `groups`: by hours, the most first."""

    by: By
    from_day: int
    to_day: int
    families: list[str]
    groups: list[FaultGroup]


@dataclass(frozen=True, slots=True)
class RobotKinds:
    """Only robots of that model, that firmware, with that version of a skill; "": any."""

    model: str = ""
    rom: str = ""
    skill: str = ""
    version: str = ""


ANY_KIND = RobotKinds()


def read(connection: Connection, by: By, from_day: int, to_day: int, only: RobotKinds) -> FaultRates:
    """Episodes that opened within these days, UTC."""
    hours: dict[str, tuple[int, float]] = {}
    run = runs(of=only.skill) if by == "skill" else None
    for name, robots, covered_s in connection.execute(_told(by, run, from_day, to_day, only)):
        hours[name] = robots, float(covered_s or 0) / HOUR_S
    counts: dict[tuple[str, str], int] = {}
    for name, family, episodes in connection.execute(_broke(by, run, from_day, to_day, only)):
        counts[name, family] = episodes
    return judged(by, from_day, to_day, hours, counts)


def _told(by: By, run: Subquery | None, from_day: int, to_day: int, only: RobotKinds) -> Select[*tuple[Any, ...]]:
    """SQL: (group, robots, seconds that arrived)."""
    covered_s: ColumnElement[Any] = usage_day.c.covered_s
    joined = usage_day.join(robot, robot.c.id == usage_day.c.robot_id)
    if run is not None:
        joined = joined.join(run, on_day(run, usage_day.c.robot_id, usage_day.c.day))
        covered_s = share_of_day(run, usage_day.c.covered_s, usage_day.c.day)
    value = _value(by, run)
    return (
        select(value.label("value"), func.count(usage_day.c.robot_id.distinct()), func.sum(covered_s))
        .select_from(joined)
        .where(usage_day.c.day.between(from_day, to_day), *of_kinds(only, robot.c.id))
        .group_by(value)
    )


def _broke(by: By, run: Subquery | None, from_day: int, to_day: int, only: RobotKinds) -> Select[*tuple[Any, ...]]:
    """SQL: (group, family, episodes)."""
    joined = fault_episode.join(robot, robot.c.id == fault_episode.c.robot_id)
    if run is not None:
        joined = joined.join(run, at_moment(run, fault_episode.c.robot_id, fault_episode.c.opened_at))
    opened = fault_episode.c.opened_at.between(from_day * DAY_S, (to_day + 1) * DAY_S - 1)
    value = _value(by, run)
    return (
        select(value, fault_episode.c.family, func.count())
        .select_from(joined)
        .where(opened, *of_kinds(only, robot.c.id))
        .group_by(value, fault_episode.c.family)
    )


def judged(
    by: By, from_day: int, to_day: int, hours: dict[str, tuple[int, float]], counts: dict[tuple[str, str], int]
) -> FaultRates:
    """`hours`: robots and hours of each group; `counts`: episodes of (group, family)."""
    of_family: dict[str, int] = {}
    for (_, family), episodes in counts.items():
        of_family[family] = of_family.get(family, 0) + episodes
    families = sorted(of_family, key=lambda family: (-of_family[family], family))
    names = set(hours) | {name for name, _ in counts}
    all_hours = sum(own for _, own in hours.values())
    groups = []
    for name in sorted(names, key=lambda one: (-hours.get(one, (0, 0.0))[1], one))[:GROUPS_MAX]:
        robots, own = hours.get(name, (0, 0.0))
        rates = {family: _rate(counts.get((name, family), 0), own, of_family[family], all_hours) for family in families}
        groups.append(FaultGroup(name, robots, own, rates))
    return FaultRates(by, from_day, to_day, families, groups)


def _rate(episodes: int, hours: float, all_episodes: int, all_hours: float) -> FamilyRate:
    own = None if hours < HOURS_MIN else per_100_hours(episodes, hours)
    left = all_hours - hours
    others = None if left < HOURS_MIN else per_100_hours(all_episodes - episodes, left)
    hot = own is not None and others is not None and episodes >= EPISODES_MIN and own >= TIMES_HOT * others
    return FamilyRate(episodes, own, others, hot and _chance(episodes, all_episodes, hours / all_hours) <= CHANCE_MAX)


def _chance(episodes: int, of: int, share: float) -> float:
    """How probable it is that a group with this share of the hours has so many of all episodes, or more, by chance.

    The binomial tail that two Poisson counts have once their sum is given (Przyborowski and Wilenski, 1940). A group
    with most of the hours has most of the episodes: no rate of the few others speaks against it.
    """
    from scipy.special import betainc  # noqa: PLC0415 - it takes a quarter of a second; most commands judge no rates

    return float(betainc(episodes, of - episodes + 1, share))


def _value(by: By, run: Subquery | None) -> ColumnElement[str]:
    if run is not None:
        named: ColumnElement[str] = run.c.skill + " " + run.c.version
        return named
    return robot.c.rom if by == "rom" else robot.c.model


def of_kinds(only: RobotKinds, robot_id: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """SQL: the conditions on a row of `robot` that these robots fulfil."""
    found: list[ColumnElement[bool]] = []
    if only.skill:
        has = select(skill_state.c.robot_id).where(skill_state.c.skill == only.skill)
        found.append(robot_id.in_(has.where(skill_state.c.version == only.version) if only.version else has))
    if only.model:
        found.append(robot.c.model == only.model)
    if only.rom:
        found.append(robot.c.rom == only.rom)
    return found
