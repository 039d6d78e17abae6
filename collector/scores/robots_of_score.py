"""Which robots did what of a score: of the days that its measures used, as those days were known when it was made.

An account-day keeps its robots' parts, so that they add up to what the measures counted and later data changes none of
it. Days that an older release added up have none: for these the robots' own days are read as they stand now.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from collector.accounts.ledger.facts import Basis
from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.fleet.usage import merged
from collector.health.model import HISTORY_DAYS, AccountDay, RobotsOfDay, Scored
from collector.health.open_days import open_days
from collector.health.policy.file import Policy
from collector.scores.days_codec import decode, decode_robots
from collector.store.tables.fleet import deployment, fault_episode, robot, usage_day
from collector.store.tables.health import account_day


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotEvidence:
    """What one robot of the account counted on the open days of the score's window, and on as many before them; its
    faults by family on those of the window, by local day.

    None: on no day of that window was it counted (it was not there, nothing arrived, or it cannot count it). `faults`
    None: on none of them did the robot itself tell anything, and no file tells of faults.
    `is_then`: as the score knew it. False: an older release added some of the days up; as it stands now.
    """

    robot: str
    counter: str
    last: int | None
    before: int | None
    newest_day: str | None  # that anything arrived for
    faults: Mapping[str, int] | None
    is_then: bool


def robots_of(
    connection: Connection, account_id: int, names: Mapping[int, str], scored: Scored, known_at: int, basis: Basis,
    policy: Policy, counter: str,
) -> list[RobotEvidence]:  # fmt: skip
    """In order of name. `counter`: the core counter of the account's scene."""
    known, parts = _days(connection, account_id, scored.day, known_at if basis == "arrived" else None)
    clock = policy.clock
    opened = open_days(tuple(known), scored.day, clock.window_open_days, clock.window_open_days)
    window, before = {each.day for each in opened.window}, {each.day for each in opened.base}
    heard = {each.day for each in known if each.heard and each.day in window | before}
    is_then = heard <= parts.keys()
    if not is_then:
        parts = _now(connection, account_id, sorted(window | before))
    sums: dict[tuple[int, bool], int] = {}
    newest: dict[int, int] = {}
    faults: dict[int, dict[str, int]] = {}
    for day in sorted((window | before) & parts.keys()):
        for robot_id, counts in parts[day].counts.items():
            newest[robot_id] = day
            if counts is not None:
                key = (robot_id, day in window)
                sums[key] = sums.get(key, 0) + counts.get(counter, 0)
        for family, of in parts[day].faults.items() if day in window else ():
            for robot_id, n in of.items():
                of_robot = faults.setdefault(robot_id, {})
                of_robot[family] = of_robot.get(family, 0) + n
    watched = _watched(connection, known, parts, window) | faults.keys()
    shown = sorted(newest.keys() | faults.keys(), key=lambda one: (names.get(one, ""), one))
    return [
        RobotEvidence(
            robot=names.get(one, str(one)),
            counter=counter,
            last=sums.get((one, True)),
            before=sums.get((one, False)),
            newest_day=days.iso(newest[one]) if one in newest else None,
            faults=faults.get(one, {}) if one in watched else None,
            is_then=is_then,
        )
        for one in shown
    ]


def _days(
    connection: Connection, account_id: int, day: int, known_at: int | None
) -> tuple[list[AccountDay], dict[int, RobotsOfDay]]:
    """The account-days that the score of `day` could see, and their robots' parts where they are kept."""
    columns = (account_day.c.day, account_day.c.version, account_day.c.body, account_day.c.by_robot)
    wanted = (
        select(*columns)
        .where(account_day.c.account_id == account_id, account_day.c.day.between(day - HISTORY_DAYS + 1, day))
        .order_by(account_day.c.day, account_day.c.version)
    )
    if known_at is not None:
        wanted = wanted.where(account_day.c.arrived_at <= known_at)
    rows = {row.day: row for row in connection.execute(wanted)}
    known = [decode(row.day, row.version, row.body) for row in rows.values()]
    parts = {row.day: decode_robots(row.by_robot) for row in rows.values() if row.by_robot is not None}
    return [each for each in known if each.robots or each.conflicts], parts


def _watched(
    connection: Connection, known: Sequence[AccountDay], parts: Mapping[int, RobotsOfDay], window: Collection[int]
) -> set[int]:
    """Robots that told something themselves on a day of the window, so that somebody would know of their faults.

    An account-day keeps how many did not; which, where some did, the robots' own days say.
    """
    heard = {each.day: parts[each.day].counts.keys() for each in known if each.day in window and each.day in parts}
    some = {each.day for each in known if each.day in heard and 0 < each.unwatched < each.heard}
    found = {one for each in known if each.day in heard and not each.unwatched for one in heard[each.day]}
    left = {one for day in some for one in heard[day]} - found
    if left:
        own = usage_day.c.robot_id.in_(sorted(left)), usage_day.c.day.in_(sorted(some)), usage_day.c.covered_s > 0
        rows = connection.execute(select(usage_day.c.robot_id, usage_day.c.day).where(*own))
        found |= {robot_id for robot_id, day in rows if robot_id in heard[day]}
    return found


def _now(connection: Connection, account_id: int, wanted: Sequence[int]) -> dict[int, RobotsOfDay]:
    """The same of the robots' own days as they stand now."""
    counts: dict[int, dict[int, Mapping[str, int] | None]] = {}
    faults: dict[int, dict[str, dict[int, int]]] = {}
    if not wanted:
        return {}
    stays = connection.execute(
        select(deployment.c.robot_id, deployment.c.from_day, deployment.c.to_day, robot.c.timezone)
        .join(robot, robot.c.id == deployment.c.robot_id)
        .where(deployment.c.account_id == account_id)
    ).all()

    def is_here(robot_id: int, day: int) -> bool:
        return day in among and any(
            stay.robot_id == robot_id and stay.from_day <= day and (stay.to_day is None or day <= stay.to_day)
            for stay in stays
        )

    among, ids = set(wanted), sorted({stay.robot_id for stay in stays})
    zones = {stay.robot_id: stay.timezone for stay in stays}
    usage = select(usage_day).where(usage_day.c.robot_id.in_(ids), usage_day.c.day.between(wanted[0], wanted[-1]))
    for row in connection.execute(usage):
        said = merged(row.totals, row.imported)
        if (said or row.covered_s) and is_here(row.robot_id, row.day):
            counts.setdefault(row.day, {})[row.robot_id] = said
    columns = (fault_episode.c.robot_id, fault_episode.c.family, fault_episode.c.opened_at, fault_episode.c.openings)
    span = fault_episode.c.opened_at.between((wanted[0] - 1) * DAY_S, (wanted[-1] + 2) * DAY_S)
    for robot_id, family, opened_at, openings in connection.execute(
        select(*columns).where(fault_episode.c.robot_id.in_(ids), span)
    ):
        day = days.of(opened_at, zones[robot_id])
        if is_here(robot_id, day):
            of = faults.setdefault(day, {}).setdefault(family, {})
            of[robot_id] = of.get(robot_id, 0) + openings
    return {day: RobotsOfDay(counts=counts.get(day, {}), faults=faults.get(day, {})) for day in {*counts, *faults}}
