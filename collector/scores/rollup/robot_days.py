"""What robots did on some days, added up for the accounts that they were with. Pure, but for what it is given.

`Adding` is fed stays (who was where), usage rows and faults, in any order, and gives one AccountDay for each account
and day with a robot. A robot that two accounts claim on a day counts for neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from collector.accounts.ledger.view import AccountLedger
from collector.calendar import opening
from collector.calendar.days import HOUR_S
from collector.calendar.opening import Hours
from collector.health.model import AccountDay, RobotsOfDay
from collector.health.tasks import TASKS

_FUNNEL = ("wake_up", "interaction")  # whoever is woken up is used, whatever follows
STUCK_S = 72 * HOUR_S


@dataclass(frozen=True, slots=True)
class Stay:
    """A robot with an account.

    `since_day`: the day of its first connection, or an earlier one that it told of; None: it never connected.
    """

    robot_id: int
    account_id: int
    from_day: int
    to_day: int | None
    site: str | None
    since_day: int | None
    counters: frozenset[str] = frozenset()  # that it says it can count
    counters_then: tuple[tuple[str, int, int, bool], ...] = ()  # counter, first and last day of another word, which

    def counters_on(self, day: int) -> frozenset[str]:
        """Those that it said of that day; of two words for one day the later in `counters_then` holds."""
        then = {counter: could for counter, first, last, could in self.counters_then if first <= day <= last}
        if not then:
            return self.counters
        return (self.counters - then.keys()) | {counter for counter, could in then.items() if could}

    def covers(self, day: int) -> bool:
        return self.from_day <= day and (self.to_day is None or day <= self.to_day)


@dataclass(frozen=True, slots=True)
class RobotUsageDay:
    """One row of usage. `by_hour`: covered seconds, where they are kept. `imported`: nobody but a file tells it.

    `uncounted`: counters with an amount that is in no count: without one of their own they are not known, not zero.
    """

    robot_id: int
    day: int
    counts: Mapping[str, int]
    covered_s: int
    by_hour: Sequence[int] | None
    imported: bool
    uncounted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RivalDeployment:
    """A deployment that contradicts a standing one."""

    robot_id: int
    account_id: int
    from_day: int
    to_day: int | None


@dataclass(slots=True)
class _Sum:
    robots: int = 0
    heard: int = 0
    active: int = 0
    untold: int = 0
    unwatched: int = 0
    online_s: int = 0
    scheduled_s: int = 0
    unheard_s: int = 0  # open hours of robots of which nothing arrived
    vouched: bool = False  # some robot's windows vouch for its time
    counts: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    affected: dict[str, set[int]] = field(default_factory=dict)
    dark: list[int] = field(default_factory=list)
    stuck: set[int] = field(default_factory=set)
    conflicts: set[int] = field(default_factory=set)
    told: dict[int, Mapping[str, int] | None] = field(default_factory=dict)
    openings: dict[str, dict[int, int]] = field(default_factory=dict)


class Adding:
    """The days from_day..to_day of the accounts that `ledgers` has; stays of others only show what is disputed."""

    def __init__(
        self,
        ledgers: Mapping[int, AccountLedger],
        stays: Iterable[Stay],
        claims: Iterable[RivalDeployment],
        from_day: int,
        to_day: int,
    ) -> None:
        self._ledgers = ledgers
        self._first, self._last = from_day, to_day
        self._stays: dict[int, list[Stay]] = {}
        for stay in stays:
            self._stays.setdefault(stay.robot_id, []).append(stay)
        self._sums: dict[tuple[int, int], _Sum] = {}
        self._disputed = self._disputes(claims)
        self._sites = {account_id: {site.id: site for site in ledger.sites} for account_id, ledger in ledgers.items()}
        self._hours: dict[tuple[int, str, int], Hours | None] = {}
        self.broken: dict[tuple[int, int], str] = {}  # (robot, day) whose row cannot be read -> why

    def days(self, usage: Iterable[RobotUsageDay]) -> None:
        """Add every stay's days, with what arrived of them. Once."""
        arrived = {(row.robot_id, row.day): row for row in usage}
        ours = [stay for stays in self._stays.values() for stay in stays if stay.account_id in self._ledgers]
        for stay in ours:
            last = self._last if stay.to_day is None else min(stay.to_day, self._last)
            for day in range(max(stay.from_day, self._first), last + 1):
                if (stay.robot_id, day) not in self._disputed:
                    self._add(self._sum(stay.account_id, day), stay, day, arrived.get((stay.robot_id, day)))

    def fault(self, robot_id: int, family: str, day: int, openings: int) -> None:
        """An episode that began on that day, and opened so often."""
        found = self._at(robot_id, day)
        if found is not None:
            found.faults[family] = found.faults.get(family, 0) + openings
            found.affected.setdefault(family, set()).add(robot_id)
            of_family = found.openings.setdefault(family, {})
            of_family[robot_id] = of_family.get(robot_id, 0) + openings

    def stuck(self, robot_id: int, from_day: int, to_day: int) -> None:
        """A grave fault that had been open for STUCK_S at the end of each of these days."""
        for day in range(max(from_day, self._first), min(to_day, self._last) + 1):
            found = self._at(robot_id, day)
            if found is not None:
                found.stuck.add(robot_id)

    def _is_open(self, account_id: int, day: int) -> bool:
        ledger = self._ledgers[account_id]
        return opening.any_open(ledger.sites, ledger.closures, day)

    def result(self) -> dict[tuple[int, int], AccountDay]:
        """By (account, day)."""
        return {
            (account_id, day): AccountDay(
                day=day,
                open=self._is_open(account_id, day),
                robots=found.robots,
                heard=found.heard,
                active=found.active,
                untold=found.untold,
                unwatched=found.unwatched,
                counts=found.counts,
                online_s=found.online_s,
                # a day that only a file tells of says nothing about time
                scheduled_s=found.scheduled_s + found.unheard_s if found.vouched else 0,
                faults=found.faults,
                affected={family: tuple(sorted(robots)) for family, robots in found.affected.items()},
                dark=tuple(sorted(found.dark)),
                stuck=tuple(sorted(found.stuck)),
                conflicts=tuple(sorted(found.conflicts)),
            )
            for (account_id, day), found in self._sums.items()
        }

    def by_robot(self) -> dict[tuple[int, int], RobotsOfDay]:
        """Which robot did what of it: the parts that the counts and faults of `result` are made of."""
        return {key: RobotsOfDay(counts=found.told, faults=found.openings) for key, found in self._sums.items()}

    def _disputes(self, claims: Iterable[RivalDeployment]) -> set[tuple[int, int]]:
        """(robot, day) that two accounts claim; both accounts' days name the robot."""
        found: set[tuple[int, int]] = set()
        for claim in claims:
            for stay in self._stays.get(claim.robot_id, ()):
                ends = [day for day in (claim.to_day, stay.to_day, self._last) if day is not None]
                for day in range(max(claim.from_day, stay.from_day, self._first), min(ends) + 1):
                    found.add((claim.robot_id, day))
                    for account_id in (claim.account_id, stay.account_id):
                        if account_id in self._ledgers:
                            self._sum(account_id, day).conflicts.add(claim.robot_id)
        return found

    def _at(self, robot_id: int, day: int) -> _Sum | None:
        if (robot_id, day) in self._disputed:
            return None
        stay = next((stay for stay in self._stays.get(robot_id, ()) if stay.covers(day)), None)
        return None if stay is None or stay.account_id not in self._ledgers else self._sum(stay.account_id, day)

    def _sum(self, account_id: int, day: int) -> _Sum:
        found = self._sums.get((account_id, day))
        if found is None:
            found = self._sums[account_id, day] = _Sum()
        return found

    def _add(self, found: _Sum, stay: Stay, day: int, row: RobotUsageDay | None) -> None:
        found.robots += 1
        if row is None:
            if stay.since_day is not None and stay.since_day <= day:
                found.dark.append(stay.robot_id)
            found.unheard_s += sum(self._hours_of(stay, day) or ())
            return
        found.heard += 1
        counts = found.counts
        for counter, n in row.counts.items():
            counts[counter] = counts.get(counter, 0) + n
        zeros = stay.counters_on(day).difference(row.counts, row.uncounted) if row.covered_s else frozenset[str]()
        for counter in zeros:
            counts.setdefault(counter, 0)
        worked = _worked(row.counts, zeros)
        tasks = {counter: n for counter, n in row.counts.items() if counter in TASKS and n}
        found.told[stay.robot_id] = None if worked is None else tasks
        if worked is None:
            found.untold += 1
        else:
            found.active += worked
        if row.imported:
            found.unwatched += 1
        else:
            found.vouched = True
            self._online(found, row, self._hours_of(stay, day))

    def _online(self, found: _Sum, row: RobotUsageDay, hours: Hours | None) -> None:
        if hours is None:
            return
        open_s = sum(hours)
        found.scheduled_s += open_s
        if row.by_hour is None:
            found.online_s += min(row.covered_s, open_s)
        else:
            found.online_s += sum(map(min, row.by_hour, hours))

    def _hours_of(self, stay: Stay, day: int) -> Hours | None:
        """The open hours of the robot's site: its deployment's, else the account's only one."""
        sites = self._sites.get(stay.account_id, {})
        key = stay.site if stay.site is not None else next(iter(sites)) if len(sites) == 1 else None
        if key is None or key not in sites:
            return None
        at = (stay.account_id, key, day)
        if at not in self._hours:
            self._hours[at] = opening.open_hours(sites[key], self._ledgers[stay.account_id].closures, day)
        return self._hours[at]


def _worked(counts: Mapping[str, int], zeros: frozenset[str]) -> bool | None:
    """Whether a robot did something for somebody that day; None: it counts nothing that would tell.

    A robot that was woken up and cannot count what followed was used or not: nobody knows.
    """
    if any(n > 0 and counter in TASKS for counter, n in counts.items()):
        return True
    woken, interaction = _FUNNEL
    if counts.get(woken, 0) > 0 and interaction not in counts and interaction not in zeros:
        return None
    return None if TASKS.isdisjoint(counts) and TASKS.isdisjoint(zeros) else False
