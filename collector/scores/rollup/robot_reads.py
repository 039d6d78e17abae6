"""Reads the robots of some accounts for some days: who was where, what arrived, what broke. A query per table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Select, func, literal_column, or_, select, true

from collector.accounts.ledger import facts
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.calendar.days import DAY_S
from collector.fleet.parked_counts import NOT_IN_SUMS
from collector.fleet.usage import merged
from collector.scores.rollup.robot_days import STUCK_S, Adding, RivalDeployment, RobotUsageDay, Stay
from collector.store import fence
from collector.store.tables.fleet import (
    counter_support,
    counter_support_past,
    deployment,
    fault_episode,
    parked_count,
    robot,
    stream,
    usage_day,
)
from collector.store.tables.ledger import waiting_claim

AT_ONCE = 500  # robots in one statement
CALENDAR = ("site", "closure", "deployment")
"""Kinds whose facts change how robots' days are added up."""


def add_up(
    connection: Connection, accounts: Sequence[int], from_day: int, to_day: int, grave: frozenset[str]
) -> Adding:
    """The robots' days from_day..to_day of these accounts, added up as they stand now.

    `grave`: families of severity 3.
    """
    ledgers = facts.known(connection, accounts, facts.NOW, kinds=CALENDAR)
    claims = _claims(connection, accounts, from_day, to_day)
    stays = _stays(connection, accounts, from_day, to_day, ledgers, {claim.robot_id for claim in claims})
    adding = Adding(ledgers, stays, claims, from_day, to_day)
    adding.days(_usage(connection, accounts, from_day, to_day, adding.broken))
    _faults(connection, accounts, from_day, to_day, adding, grave)
    return adding


def _overlapping(from_day: int, to_day: int) -> list[object]:
    return [deployment.c.from_day <= to_day, or_(deployment.c.to_day.is_(None), deployment.c.to_day >= from_day)]


def _stays(
    connection: Connection, accounts: Sequence[int], from_day: int, to_day: int,
    ledgers: Mapping[int, AccountLedger], disputed: set[int],
) -> list[Stay]:  # fmt: skip
    first = select(stream.c.robot_id, func.min(stream.c.first_at).label("at")).group_by(stream.c.robot_id).subquery()
    wanted = (
        select(deployment, robot.c.timezone, robot.c.name, first.c.at)
        .join(robot, robot.c.id == deployment.c.robot_id)
        .join(first, first.c.robot_id == deployment.c.robot_id, isouter=True)
        .where(*_overlapping(from_day, to_day))  # type: ignore[arg-type]  # conditions
    )
    rows = connection.execute(wanted.where(deployment.c.account_id.in_(accounts))).all()
    if disputed:
        known = {row.id for row in rows}
        others = connection.execute(wanted.where(deployment.c.robot_id.in_(disputed))).all()
        rows = [*rows, *(row for row in others if row.id not in known)]
    sites = {
        said.id: said.site for account in ledgers.values() for said in account.deployments if said.site is not None
    }
    can = _supported(connection, accounts)
    then = _supported_then(connection, {row.robot_id: row.timezone for row in rows}, from_day)
    nothing = frozenset[str]()
    since = {row.robot_id: days.of(row.at, row.timezone) for row in rows if row.at is not None}
    told = _first_told(connection, [robot_id for robot_id, day in since.items() if day > from_day])
    return [
        Stay(
            row.robot_id, row.account_id, row.from_day, row.to_day, sites.get(row.fact_key),
            min(since[row.robot_id], told.get(row.robot_id, since[row.robot_id])) if row.robot_id in since else None,
            can.get(row.robot_id, nothing), then.get(row.robot_id, ()),
        )
        for row in rows
    ]  # fmt: skip


def _first_told(connection: Connection, robots: Sequence[int]) -> dict[int, int]:
    """The first day that each robot itself told of: one that was first heard late may have counted for weeks."""
    found: dict[int, int] = {}
    for start in range(0, len(robots), AT_ONCE):
        wanted = (
            select(usage_day.c.robot_id, func.min(usage_day.c.day))
            .where(usage_day.c.robot_id.in_(robots[start : start + AT_ONCE]), usage_day.c.covered_s > 0)
            .group_by(usage_day.c.robot_id)
        )
        found.update(connection.execute(wanted).all())
    return found


def _supported(connection: Connection, accounts: Sequence[int]) -> dict[int, frozenset[str]]:
    """The counters that each robot says it can count. Robots say few different things: one set for all that agree."""
    counter = counter_support.c.counter
    joined = (
        func.group_concat(counter)
        if connection.dialect.name == "sqlite"
        else func.string_agg(counter, literal_column("','"))
    )
    here = select(deployment.c.robot_id).where(deployment.c.account_id.in_(accounts))
    wanted = (
        select(counter_support.c.robot_id, joined)
        .where(counter_support.c.robot_id.in_(here), counter_support.c.supported == true())
        .group_by(counter_support.c.robot_id)
    )
    sets: dict[str, frozenset[str]] = {}
    found = {}
    for robot_id, counters in connection.execute(wanted):
        if counters not in sets:
            sets[counters] = frozenset(counters.split(","))
        found[robot_id] = sets[counters]
    return found


def _supported_then(
    connection: Connection, zone_of: Mapping[int, str], from_day: int
) -> dict[int, tuple[tuple[str, int, int, bool], ...]]:
    """By robot: on which days from `from_day` on it said something else of a counter than it says now; of most nothing.

    What it said first was a change: the opposite held before.
    """
    begins_s = (from_day - 1) * DAY_S  # earlier than the day begins anywhere
    past: dict[tuple[int, str], list[tuple[int, int, bool]]] = {}
    first: dict[tuple[int, str], tuple[int, bool]] = {}
    robots = sorted(zone_of)
    for start in range(0, len(robots), AT_ONCE):
        some = robots[start : start + AT_ONCE]
        now, then = counter_support.c, counter_support_past.c
        for row in connection.execute(select(counter_support).where(now.robot_id.in_(some), now.since_s > begins_s)):
            first[row.robot_id, row.counter] = (row.since_s, row.supported)
        for row in connection.execute(
            select(counter_support_past).where(then.robot_id.in_(some), then.until_s > begins_s)
        ):
            key = row.robot_id, row.counter
            past.setdefault(key, []).append((row.since_s, row.until_s, row.supported))
            first[key] = min(first.get(key, (row.since_s, row.supported)), (row.since_s, row.supported))
    found: dict[int, list[tuple[str, int, int, bool]]] = {}
    for (robot_id, counter), (since_s, could) in first.items():
        zone = zone_of[robot_id]
        spans = [
            (begin, days.of(end, zone) - 1, said) for begin, end, said in sorted(past.get((robot_id, counter), ()))
        ]
        of_robot = found.setdefault(robot_id, [])
        of_robot.append((counter, days.DAY_MIN, days.of(since_s, zone) - 1, not could))
        of_robot += [(counter, days.of(begin, zone), last, said) for begin, last, said in spans]
    return {robot_id: tuple(of_robot) for robot_id, of_robot in found.items()}


def _claims(connection: Connection, accounts: Sequence[int], from_day: int, to_day: int) -> list[RivalDeployment]:
    """Claims by these accounts, and claims of others to robots that are with them."""
    here = select(deployment.c.robot_id).where(deployment.c.account_id.in_(accounts))
    wanted = select(waiting_claim).where(
        or_(waiting_claim.c.account_id.in_(accounts), waiting_claim.c.robot_id.in_(here)),
        waiting_claim.c.from_day <= to_day,
        or_(waiting_claim.c.to_day.is_(None), waiting_claim.c.to_day >= from_day),
    )
    return [
        RivalDeployment(row.robot_id, row.account_id, row.from_day, row.to_day) for row in connection.execute(wanted)
    ]


def _usage(
    connection: Connection, accounts: Sequence[int], from_day: int, to_day: int, broken: dict[tuple[int, int], str]
) -> Iterator[RobotUsageDay]:
    """What arrived. (robot, day) -> why of rows that cannot be read goes to `broken`."""
    wanted = (
        select(
            usage_day.c.robot_id, usage_day.c.day, usage_day.c.totals, usage_day.c.imported, usage_day.c.covered_s,
            usage_day.c.covered,
        )
        .join(deployment, deployment.c.robot_id == usage_day.c.robot_id)
        .where(
            deployment.c.account_id.in_(accounts),
            usage_day.c.day.between(from_day, to_day),
            deployment.c.from_day <= usage_day.c.day,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= usage_day.c.day),
        )
    )  # fmt: skip
    parked = _parked(connection, accounts, from_day, to_day)
    for robot_id, day, totals, imported, covered_s, covered in connection.execute(wanted):
        try:
            counts, by_hour = _read(totals, imported, covered)
        except (ValueError, TypeError, AttributeError) as error:  # that robot's row cannot be read: its failure alone
            broken[robot_id, day] = fence.named(error)
            continue
        if counts or covered_s:
            uncounted = frozenset(parked.get((robot_id, day), ()))
            yield RobotUsageDay(robot_id, day, counts, covered_s, by_hour, not covered_s, uncounted)


def _read(totals: str, imported: str | None, covered: str | None) -> tuple[dict[str, int], list[int] | None]:
    """A robot-day's counts and its covered seconds by hour. Raises ValueError, TypeError or AttributeError."""
    counts = merged(totals, imported)
    by_hour = orjson.loads(covered) if covered else None
    if not all(isinstance(n, int) for n in (*counts.values(), *(by_hour or ()))):
        raise TypeError("a count is no whole number")
    return counts, by_hour


def _parked(
    connection: Connection, accounts: Sequence[int], from_day: int, to_day: int
) -> dict[tuple[int, int], list[str]]:
    """(robot, day) -> counters with an amount that no robot can plausibly have counted."""
    here = select(deployment.c.robot_id).where(deployment.c.account_id.in_(accounts))
    wanted = select(parked_count.c.robot_id, parked_count.c.day, parked_count.c.counter).where(
        parked_count.c.robot_id.in_(here),
        parked_count.c.day.between(from_day, to_day),
        parked_count.c.state.in_(NOT_IN_SUMS),
    )
    found: dict[tuple[int, int], list[str]] = {}
    for robot_id, day, counter in connection.execute(wanted):
        found.setdefault((robot_id, day), []).append(counter)
    return found


def _episodes(accounts: Sequence[int]) -> Select[Any]:
    here = select(deployment.c.robot_id).where(deployment.c.account_id.in_(accounts))
    columns = fault_episode.c
    return (
        select(
            columns.robot_id, columns.family, columns.opened_at, columns.closed_at, columns.openings, robot.c.timezone
        )
        .join(robot, robot.c.id == columns.robot_id)
        .where(columns.robot_id.in_(here), columns.opened_at.is_not(None))
    )


def _faults(
    connection: Connection, accounts: Sequence[int], from_day: int, to_day: int, adding: Adding, grave: frozenset[str]
) -> None:
    """A robot's day is its own; a day of slack on both sides covers every time zone."""
    opened = _episodes(accounts).where(fault_episode.c.opened_at.between((from_day - 1) * DAY_S, (to_day + 2) * DAY_S))
    for robot_id, family, opened_at, _, openings, timezone in connection.execute(opened):
        day = days.of(opened_at, timezone)
        if from_day <= day <= to_day:
            adding.fault(robot_id, family, day, openings)
    long = _episodes(accounts).where(
        fault_episode.c.family.in_(grave),
        fault_episode.c.opened_at <= (to_day + 2) * DAY_S - STUCK_S,
        or_(fault_episode.c.closed_at.is_(None), fault_episode.c.closed_at >= from_day * DAY_S),
        or_(fault_episode.c.closed_at.is_(None), fault_episode.c.closed_at - fault_episode.c.opened_at > STUCK_S),
    )
    for robot_id, _, opened_at, closed_at, _, timezone in connection.execute(long):
        # the first day whose end is STUCK_S after it opened, and the last whose end it was still open at
        first = days.of(opened_at + STUCK_S, timezone)
        last = to_day if closed_at is None else days.of(closed_at, timezone) - 1
        adding.stuck(robot_id, first, last)
