"""Each version of each skill over some days: where it ran, for how long, what broke meanwhile, how often it crashed.

Hours are of data that arrived, in the share of each day that the version ran. Sums run in the database; costs grow
with the fleet.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Subquery, and_, case, func, or_, select

from collector.calendar.days import DAY_S, HOUR_S
from collector.fleet.fault_rates import HOURS_MIN
from collector.fleet.own_day import own_day
from collector.fleet.skills.runs import OPEN_S, at_moment, on_day, runs, share_of_day
from collector.store.tables.fleet import deployment, fault_episode, robot, skill_state, usage_day
from collector.store.tables.skills import skill_event, skill_wish

VERSIONS_MAX = 500


@dataclass(frozen=True, slots=True)
class VersionOfSkill:
    """`wished` and `active`: robots now; `accounts`: of those on which it is active. The rest is of the days asked for.

    `per_100_h`: fault episodes of its robots while it ran; None: too few hours to say. `crashes` and `quarantines`: how
    often its process ended by itself, and was put aside for it. `put_aside`: robots on which it is so now.
    """

    skill: str
    version: str
    wished: int
    active: int
    accounts: int
    ran_on: int
    hours: float
    episodes: int
    per_100_h: float | None
    crashes: int
    quarantines: int
    put_aside: int


Key = tuple[str, str]


def versions(connection: Connection, from_day: int, to_day: int, now_s: float, skill: str) -> list[VersionOfSkill]:
    """By skill, the newest version first. `skill` "": all of them."""
    run = runs(of=skill)
    hours = _hours(connection, run, from_day, to_day)
    episodes = _episodes(connection, run, from_day, to_day)
    now, wished = _active(connection, run, now_s), _wished(connection, skill)
    ends = _ends(connection, from_day, to_day, skill)
    aside, first = _aside(connection, skill), _first(connection, skill)
    found = []
    for key in {*hours, *now, *wished, *ends, *aside}:
        ran_on, ran_h = hours.get(key, (0, 0.0))
        broke = episodes.get(key, 0)
        active, accounts = now.get(key, (0, 0))
        crashes, quarantines = ends.get(key, (0, 0))
        rate = None if ran_h < HOURS_MIN else broke / ran_h * 100
        found.append(
            VersionOfSkill(
                skill=key[0],
                version=key[1],
                wished=wished.get(key, 0),
                active=active,
                accounts=accounts,
                ran_on=ran_on,
                hours=ran_h,
                episodes=broke,
                per_100_h=rate,
                crashes=crashes,
                quarantines=quarantines,
                put_aside=aside.get(key, 0),
            )
        )
    found.sort(key=lambda one: (one.skill, -first.get((one.skill, one.version), 2**40), one.version))
    return found[:VERSIONS_MAX]


def _hours(connection: Connection, run: Subquery, from_day: int, to_day: int) -> dict[Key, tuple[int, float]]:
    """(robots, hours of data) of each version."""
    covered_s = func.sum(share_of_day(run, usage_day.c.covered_s, usage_day.c.day))
    query = (
        select(run.c.skill, run.c.version, func.count(run.c.robot_id.distinct()), covered_s)
        .join(usage_day, on_day(run, usage_day.c.robot_id, usage_day.c.day))
        .where(usage_day.c.day.between(from_day, to_day))
        .group_by(run.c.skill, run.c.version)
    )
    return {(skill, version): (n, float(s or 0) / HOUR_S) for skill, version, n, s in connection.execute(query)}


def _episodes(connection: Connection, run: Subquery, from_day: int, to_day: int) -> dict[Key, int]:
    opened = fault_episode.c.opened_at
    query = (
        select(run.c.skill, run.c.version, func.count())
        .join(fault_episode, at_moment(run, fault_episode.c.robot_id, opened))
        .where(opened.between(from_day * DAY_S, (to_day + 1) * DAY_S - 1))
        .group_by(run.c.skill, run.c.version)
    )
    return {(skill, version): n for skill, version, n in connection.execute(query)}


def _active(connection: Connection, run: Subquery, now_s: float) -> dict[Key, tuple[int, int]]:
    """(robots, accounts) on which each version runs now; an account has a robot on the robot's own day."""
    today = own_day(connection, now_s)
    here = and_(
        deployment.c.robot_id == run.c.robot_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    accounts = func.count(deployment.c.account_id.distinct())
    query = (
        select(run.c.skill, run.c.version, func.count(run.c.robot_id.distinct()), accounts)
        .join(robot, robot.c.id == run.c.robot_id)
        .join(deployment, here, isouter=True)
        .where(run.c.to_s == OPEN_S)
        .group_by(run.c.skill, run.c.version)
    )
    return {(skill, version): (robots, n) for skill, version, robots, n in connection.execute(query)}


def _wished(connection: Connection, skill: str) -> dict[Key, int]:
    """Robots on which each version is wished now."""
    newest = select(func.max(skill_wish.c.id)).group_by(skill_wish.c.robot_id, skill_wish.c.skill)
    query = (
        select(skill_wish.c.skill, skill_wish.c.version, func.count())
        .where(skill_wish.c.id.in_(newest), skill_wish.c.digest != "")
        .group_by(skill_wish.c.skill, skill_wish.c.version)
    )
    if skill:
        query = query.where(skill_wish.c.skill == skill)
    return {(name, version): n for name, version, n in connection.execute(query)}


def _ends(connection: Connection, from_day: int, to_day: int, skill: str) -> dict[Key, tuple[int, int]]:
    """(crashes, quarantines) of each version. A skill that is put aside has crashed, too."""
    told = skill_event
    quarantines = func.sum(case((told.c.state == "quarantined", 1), else_=0))
    query = (
        select(told.c.skill, told.c.version, func.count(), quarantines)
        .where(
            told.c.state.in_(("crashed", "quarantined")),
            told.c.at.between(from_day * DAY_S, (to_day + 1) * DAY_S - 1),
        )
        .group_by(told.c.skill, told.c.version)
    )
    if skill:
        query = query.where(told.c.skill == skill)
    return {(name, version): (n, int(aside or 0)) for name, version, n, aside in connection.execute(query)}


def _aside(connection: Connection, skill: str) -> dict[Key, int]:
    """Robots on which each version is put aside now."""
    query = select(skill_state.c.skill, skill_state.c.version, func.count()).where(skill_state.c.state == "quarantined")
    query = query.group_by(skill_state.c.skill, skill_state.c.version)
    if skill:
        query = query.where(skill_state.c.skill == skill)
    return {(name, version): n for name, version, n in connection.execute(query)}


def _first(connection: Connection, skill: str) -> dict[Key, int]:
    """When each version was first heard of: versions are opaque, and their order is this."""
    first = func.min(skill_event.c.at)
    query = select(skill_event.c.skill, skill_event.c.version, first).group_by(
        skill_event.c.skill, skill_event.c.version
    )
    if skill:
        query = query.where(skill_event.c.skill == skill)
    return {(name, version): at for name, version, at in connection.execute(query)}
