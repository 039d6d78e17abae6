"""What was used of skills, for many accounts at once: counts, robots, seats, hours, what is in dispute.

Use belongs to the robot's day and to the account that had the robot that day. Only what a robot itself counted is used:
history that was brought in from files is nobody's evidence and is on no bill.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, or_, select

from collector.calendar import days
from collector.fleet.parked_counts import NOT_IN_SUMS
from collector.skillstore.billing.evidence import Disputed, OwedAndCame
from collector.skillstore.billing.months import month_of
from collector.skillstore.billing.rating import BillPeriod, Day
from collector.skillstore.billing.sold import SkillUse, SoldSkill
from collector.store.lists import among
from collector.store.tables.fleet import deployment, gap, parked_count, robot, stream, usage_day
from collector.store.tables.skill_store import skill_seat
from collector.store.tables.skills import skill_wish


@dataclass(slots=True)
class AccountUse:
    """All that one account's bills rest on, of some days. `positions`: by robot and epoch the newest counted record.

    `hours` of each robot's day, by month.
    """

    of_skills: dict[str, SkillUse] = field(default_factory=dict)
    disputed: list[Disputed] = field(default_factory=list)
    hours: dict[BillPeriod, dict[Day, OwedAndCame]] = field(default_factory=dict)
    positions: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Stay:
    """A robot at an account: `first` to `last`, both counting, within the days that are asked for."""

    account_id: int
    robot_id: int
    name: str
    timezone: str
    first: int
    last: int


@dataclass(slots=True)
class _Wanted:
    """What of an account's use its subscriptions need, and what was found of it."""

    sold: Sequence[SoldSkill]
    counters: frozenset[str]
    use: dict[str, dict[Day, int]]
    wished: dict[str, dict[Day, int]]
    seats: dict[str, dict[Day, int]]
    arrived: dict[tuple[int, int], int] = field(default_factory=dict)
    made: AccountUse = field(default_factory=AccountUse)


def read(
    connection: Connection, sold: Mapping[int, Sequence[SoldSkill]], first_day: int, to_day: int, today: int
) -> dict[int, AccountUse]:
    """The use of these accounts (row ids, with what they bought) on the days `first_day` up to but without `to_day`.

    No hours are owed of `today` and later: these days are not over.
    """
    wanted = {account_id: _wanted(ones) for account_id, ones in sold.items()}
    stays = _stays(connection, wanted, first_day, to_day)
    robots = sorted({stay.robot_id for stay in stays})
    by_robot: dict[int, list[_Stay]] = {}
    for stay in stays:
        by_robot.setdefault(stay.robot_id, []).append(stay)
    off = _off(connection, robots, by_robot, first_day, to_day)
    _count(connection, wanted, by_robot, robots, (first_day, to_day))
    for stay in stays:
        _hours(wanted[stay.account_id], stay, off, today)
    _dispute(connection, wanted, by_robot, robots, first_day, to_day)
    _wish(connection, wanted, by_robot, robots)
    _seat(connection, wanted, first_day, to_day)
    _position(connection, wanted, by_robot, robots)
    for one in wanted.values():
        one.made.of_skills = {each.skill: _of_skill(one, each) for each in one.sold}
    return {account_id: one.made for account_id, one in wanted.items()}


def _wanted(sold: Sequence[SoldSkill]) -> _Wanted:
    counters = frozenset[str]().union(*(one.counters for one in sold))
    skills = {one.skill for one in sold}
    return _Wanted(
        sold, counters, {counter: {} for counter in counters}, {skill: {} for skill in skills},
        {skill: {} for skill in skills},
    )  # fmt: skip


def _of_skill(one: _Wanted, sold: SoldSkill) -> SkillUse:
    """A robot that counted a skill's use had it, whatever was wished."""
    of_skill = [each for each in one.sold if each.skill == sold.skill]
    counters = frozenset[str]().union(*(each.counters for each in of_skill))
    use = {counter: one.use[counter] for counter in sorted(counters)}
    wished = one.wished[sold.skill]
    robots = dict(wished) if any(each.counts_robots for each in of_skill) else {}
    for counts in use.values():
        robots.update(dict.fromkeys(counts, 1))
    return SkillUse(use, robots, one.seats[sold.skill], frozenset(wished))


def _stays(connection: Connection, accounts: Collection[int], first_day: int, to_day: int) -> list[_Stay]:
    query = (
        select(
            deployment.c.account_id, deployment.c.robot_id, robot.c.name, robot.c.timezone, deployment.c.from_day,
            deployment.c.to_day,
        )
        .join(robot, robot.c.id == deployment.c.robot_id)
        .where(
            among(connection, deployment.c.account_id, list(accounts)),
            deployment.c.from_day < to_day,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= first_day),
        )
        .order_by(deployment.c.robot_id, deployment.c.from_day)
    )  # fmt: skip
    return [
        _Stay(
            row.account_id, row.robot_id, row.name, row.timezone, max(row.from_day, first_day),
            to_day - 1 if row.to_day is None else min(row.to_day, to_day - 1),
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def _whose(stays: Iterable[_Stay], day: int) -> _Stay | None:
    return next((stay for stay in stays if stay.first <= day <= stay.last), None)


def _count(
    connection: Connection, wanted: Mapping[int, _Wanted], by_robot: Mapping[int, list[_Stay]], robots: list[int],
    between: tuple[int, int],
) -> None:  # fmt: skip
    """Counts, and what arrived. The driver's own tuples: SQLAlchemy's rows would take as long as everything else."""
    query = select(usage_day.c.robot_id, usage_day.c.day, usage_day.c.totals, usage_day.c.covered_s).where(
        among(connection, usage_day.c.robot_id, robots), usage_day.c.day >= between[0], usage_day.c.day < between[1]
    )
    cursor = connection.execute(query).cursor
    for robot_id, day, totals, covered_s in () if cursor is None else cursor.fetchall():
        stay = _whose(by_robot[robot_id], day)
        if stay is None:
            continue
        one = wanted[stay.account_id]
        one.arrived[robot_id, day] = covered_s
        counts = orjson.loads(totals)
        for counter in one.counters:
            if count := counts.get(counter):
                one.use[counter][stay.name, day] = count


def _hours(wanted: _Wanted, stay: _Stay, off: Mapping[tuple[int, int], int], today: int) -> None:
    """Of each month: what the robot owed and what arrived. Time that it was switched off cleanly is not owed."""
    day, robot_id, made = stay.first, stay.robot_id, wanted.made
    while day <= min(stay.last, today - 1):
        month = month_of(day)
        of_month = made.hours.setdefault(month, {})
        for each in range(day, min(stay.last + 1, month.to_day, today)):
            length = _length_s(each, stay.timezone)
            got = min(wanted.arrived.get((robot_id, each), 0), length)
            owed = max(got, length - off.get((robot_id, each), 0))
            of_month[stay.name, each] = owed, got
        day = month.to_day


def _length_s(day: int, timezone: str) -> int:
    starts = days.hour_starts(day, timezone)
    return starts[24] - starts[0]


def _off(
    connection: Connection, robots: list[int], by_robot: Mapping[int, list[_Stay]], first_day: int, to_day: int
) -> dict[tuple[int, int], int]:
    """By robot and day the seconds that it was switched off, as it said when it came back."""
    query = select(gap.c.robot_id, gap.c.from_s, gap.c.to_s).where(
        among(connection, gap.c.robot_id, robots), gap.c.cause == "off",
        gap.c.to_s > (first_day - 1) * days.DAY_S, gap.c.from_s < (to_day + 1) * days.DAY_S,
    )  # fmt: skip
    found: dict[tuple[int, int], int] = {}
    for row in connection.execute(query):
        zone = by_robot[row.robot_id][0].timezone
        for day in range(days.of(row.from_s, zone), days.of(row.to_s, zone) + 1):
            starts = days.hour_starts(day, zone)
            seconds = min(row.to_s, starts[24]) - max(row.from_s, starts[0])
            if seconds > 0:
                found[row.robot_id, day] = found.get((row.robot_id, day), 0) + seconds
    return found


def _dispute(
    connection: Connection, wanted: Mapping[int, _Wanted], by_robot: Mapping[int, list[_Stay]], robots: list[int],
    first_day: int, to_day: int,
) -> None:  # fmt: skip
    query = select(
        parked_count.c.robot_id, parked_count.c.day, parked_count.c.counter, parked_count.c.amount, parked_count.c.state
    ).where(
        among(connection, parked_count.c.robot_id, robots),
        parked_count.c.state.in_(NOT_IN_SUMS),
        parked_count.c.day >= first_day,
        parked_count.c.day < to_day,
    )
    for row in connection.execute(query):
        stay = _whose(by_robot[row.robot_id], row.day)
        if stay is not None and row.counter in wanted[stay.account_id].counters:
            disputed = Disputed(stay.name, row.day, row.counter, row.amount, row.state)
            wanted[stay.account_id].made.disputed.append(disputed)


def _wish(
    connection: Connection, wanted: Mapping[int, _Wanted], by_robot: Mapping[int, list[_Stay]], robots: list[int]
) -> None:
    """Robots that a skill was wished on at the end of the day, by the account itself."""
    query = select(
        skill_wish.c.robot_id, skill_wish.c.skill, skill_wish.c.at, skill_wish.c.digest, skill_wish.c.account_id
    )
    rows = connection.execute(query.where(among(connection, skill_wish.c.robot_id, robots)).order_by(skill_wish.c.id))
    by_skill: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        by_skill.setdefault((row.robot_id, row.skill), []).append(row)
    for (robot_id, skill), wishes in by_skill.items():
        for stay in by_robot[robot_id]:
            found = wanted[stay.account_id].wished.get(skill)
            if found is None:
                continue
            for at, wish in enumerate(wishes):
                if not wish.digest or wish.account_id != stay.account_id:
                    continue
                after = wishes[at + 1].at if at + 1 < len(wishes) else None
                ends = stay.last + 1 if after is None else days.of(after, stay.timezone)
                begins = max(stay.first, days.of(wish.at, stay.timezone))
                found.update(dict.fromkeys(((stay.name, day) for day in range(begins, min(ends, stay.last + 1))), 1))


def _seat(connection: Connection, wanted: Mapping[int, _Wanted], first_day: int, to_day: int) -> None:
    """One seat for each holder and day, however often it was said."""
    query = select(skill_seat).where(
        among(connection, skill_seat.c.account_id, list(wanted)),
        skill_seat.c.from_day < to_day,
        or_(skill_seat.c.to_day.is_(None), skill_seat.c.to_day >= first_day),
    )
    for row in connection.execute(query):
        found = wanted[row.account_id].seats.get(row.skill)
        if found is not None:
            last = to_day - 1 if row.to_day is None else min(row.to_day, to_day - 1)
            found.update({(row.holder, day): 1 for day in range(max(row.from_day, first_day), last + 1)})


def _position(
    connection: Connection, wanted: Mapping[int, _Wanted], by_robot: Mapping[int, list[_Stay]], robots: list[int]
) -> None:
    """A card that was cloned sends for the robot that it books to."""
    books = func.coalesce(stream.c.books_to, stream.c.robot_id)
    query = select(books, stream.c.epoch, stream.c.mark).where(
        and_(among(connection, books, robots), stream.c.mark > 0)
    )
    for robot_id, epoch, mark in connection.execute(query):
        for stay in by_robot[robot_id]:
            wanted[stay.account_id].made.positions.setdefault(stay.name, {})[epoch] = mark
