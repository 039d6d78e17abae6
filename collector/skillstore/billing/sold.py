"""What an account is billed for: its subscriptions, made of entitlements that a contract line pays for. Pure.

Where two contract lines sell one skill for the same days, nothing is billed twice: a robot's day belongs to the line
that began first, as far as its number of robots goes, and the next line has the robots beyond. Days that a line before
it covers on all robots are no days of a line. One with no day left is left off, and so is one that cannot be priced;
what is left off is named with its reason, and is a delta on the next bill once it is mended.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from collector.skillstore.billing.price import FixedCharge, UseCharge
from collector.skillstore.billing.rating import Counts, Day, Known, Subscription

ANEW_AFTER_DAYS = 90
"""An account that was so long without a skill, and longer, begins it anew: with its trial and its one-off charges."""


@dataclass(frozen=True, slots=True)
class SoldSkill:
    """A subscription with what it is of. `robots_most` None: it covers all robots of the account.

    `entitlement`: the number of what was sold.
    """

    subscription: Subscription
    skill: str
    contract_line: str
    robots_most: int | None
    entitlement: int

    @property
    def key(self) -> str:
        return self.subscription.key

    @property
    def counters(self) -> frozenset[str]:
        """What its price counts."""
        return frozenset(one.counter for one in self.subscription.price.charges if isinstance(one, UseCharge))

    def counter_of(self, charge: str) -> str:
        """What a line of that charge counts; "": it is a fee."""
        charges = self.subscription.price.charges
        return next((one.counter for one in charges if isinstance(one, UseCharge) and one.name == charge), "")

    @property
    def counts_robots(self) -> bool:
        return any(isinstance(one, FixedCharge) and one.each == "robot" for one in self.subscription.price.charges)

    def holds_on(self, day: int) -> bool:
        one = self.subscription
        return one.from_day <= day and (one.to_day is None or day < one.to_day)


@dataclass(frozen=True, slots=True, order=True)
class LeftOff:
    """What was sold on a contract line and is on no bill. `reason` is a word: no_price, overlaps, other_currency;
    withdrawn, where it goes on after the account was withdrawn.

    `other`: the line or the currency that it contradicts. `entitlement`: its number; one line can be sold again.
    """

    contract_line: str
    skill: str
    reason: str
    other: str
    entitlement: int


def sound(sold: Iterable[SoldSkill], currencies: Mapping[str, str]) -> tuple[list[SoldSkill], list[LeftOff]]:
    """What can be billed, in order of first day, and what cannot. `currencies`: of contract lines that state one."""
    kept: list[SoldSkill] = []
    left: list[LeftOff] = []
    for one in sorted(sold, key=lambda each: (each.subscription.from_day, each.key)):
        its = one.subscription.price.currency
        stated = currencies.get(one.contract_line, its)
        if stated != its:
            left.append(LeftOff(one.contract_line, one.skill, "other_currency", stated, one.entitlement))
            continue
        free, covers = _uncovered(one.subscription, [each for each in kept if each.skill == one.skill])
        if free is None:
            left.append(LeftOff(one.contract_line, one.skill, "overlaps", covers, one.entitlement))
        else:
            kept.append(replace(one, subscription=free))
    return _continued(kept), left


def _uncovered(one: Subscription, kept: Iterable[SoldSkill]) -> tuple[Subscription | None, str]:
    """What no earlier line that covers all robots covers of it: all of them began first, so it is what comes after.

    None, and the line that covers its last day: nothing is left.
    """
    for other in sorted(kept, key=lambda each: each.subscription.from_day):
        ends = other.subscription.to_day
        if other.robots_most is None and (ends is None or one.from_day < ends):
            if ends is None or (one.to_day is not None and one.to_day <= ends):
                return None, other.contract_line
            one = replace(one, from_day=ends, trial_to_day=one.paid_from_day)
    return one, ""


def _continued(kept: Iterable[SoldSkill]) -> list[SoldSkill]:
    """A skill is begun once: what follows within ANEW_AFTER_DAYS has no trial of its own, and no one-off charge.

    The first one's trial goes on in what follows it; the first that has a paid day has the one-off charges.
    """
    ends: dict[str, int | None] = {}
    trials: dict[str, int] = {}
    charged: set[str] = set()
    found = []
    for one in kept:
        its, skill = one.subscription, one.skill
        before = ends.get(skill, -ANEW_AFTER_DAYS)
        if skill not in ends or (before is not None and its.from_day - before > ANEW_AFTER_DAYS):
            ends[skill], trials[skill] = its.to_day, its.paid_from_day
            charged.discard(skill)
        else:
            its = replace(its, trial_to_day=trials[skill], is_renewal=skill in charged)
            ends[skill] = None if before is None or its.to_day is None else max(before, its.to_day)
        if its.to_day is None or its.paid_from_day < its.to_day:
            charged.add(skill)
        found.append(replace(one, subscription=its))
    return found


@dataclass(frozen=True, slots=True)
class SkillUse:
    """All that is known of one skill at an account, whoever pays: counts by counter, its robots and seats by day.

    `wished`: robots' days at whose end the account wished it there, also where no price goes by robots.
    """

    use: Mapping[str, Counts]
    robots: Counts
    seats: Counts
    wished: frozenset[Day] = frozenset()


def known_of(sold: Iterable[SoldSkill], of_skills: Mapping[str, SkillUse]) -> dict[str, Known]:
    """What belongs to each subscription, by key. `sold` in order of first day, as `sound` gives it."""
    by_skill: dict[str, list[SoldSkill]] = {}
    for one in sold:
        by_skill.setdefault(one.skill, []).append(one)
    found: dict[str, Known] = {}
    for skill, ones in by_skill.items():
        all_of = of_skills.get(skill, SkillUse({}, {}, {}))
        if len(ones) == 1:
            found[ones[0].key] = Known(all_of.use, all_of.robots, all_of.seats)
        else:
            found |= _shared(ones, all_of)
    return found


@dataclass(slots=True)
class _Share:
    """What one of several subscriptions has, while it is gathered."""

    use: dict[str, dict[Day, int]] = field(default_factory=dict)
    robots: dict[Day, int] = field(default_factory=dict)
    seats: dict[Day, int] = field(default_factory=dict)


def beyond(sold: Iterable[SoldSkill], of_skills: Mapping[str, SkillUse]) -> dict[str, frozenset[Day]]:
    """Robots' days for which nothing was sold: more robots had the skill than its lines allow. By subscription's key.

    They are billed by the last line that stands that day, and are named at it.
    """
    by_skill: dict[str, list[SoldSkill]] = {}
    for one in sold:
        by_skill.setdefault(one.skill, []).append(one)
    found: dict[str, set[Day]] = {}
    for skill, ones in by_skill.items():
        if all(one.robots_most is None for one in ones):
            continue
        names = _names(of_skills.get(skill, SkillUse({}, {}, {})).robots)
        for day, robots in names.items():
            standing = [one for one in ones if one.holds_on(day)]
            allowed = [one.robots_most for one in standing if one.robots_most is not None]
            if standing and len(allowed) == len(standing) and (more := robots[sum(allowed) :]):
                found.setdefault(standing[-1].key, set()).update((robot, day) for robot in more)
    return {key: frozenset(days) for key, days in found.items()}


def owners(ones: list[SoldSkill], days: Iterable[Day]) -> dict[Day, str | None]:
    """The subscription that each robot's day belongs to, were the skill on these robots and no others."""
    names = _names(days)
    return {(robot, day): _owner(ones, names, (robot, day)) for day, robots in names.items() for robot in robots}


def _names(robots: Iterable[Day]) -> dict[int, list[str]]:
    """By day the robots, in order of name."""
    names: dict[int, list[str]] = {}
    for robot, day in sorted(robots):
        names.setdefault(day, []).append(robot)
    return names


def _shared(ones: list[SoldSkill], all_of: SkillUse) -> dict[str, Known]:
    """Each robot's day belongs to one of several subscriptions; a seat's to the first that stands."""
    parts = {one.key: _Share() for one in ones}
    names = _names(all_of.robots)
    for at, there in all_of.robots.items():
        if (owner := _owner(ones, names, at)) is not None:
            parts[owner].robots[at] = there
    for counter, counts in all_of.use.items():
        for at, count in counts.items():
            if (owner := _owner(ones, names, at)) is not None:
                parts[owner].use.setdefault(counter, {})[at] = count
    for at, there in all_of.seats.items():
        if (first := next((one for one in ones if one.holds_on(at[1])), None)) is not None:
            parts[first.key].seats[at] = there
    return {key: Known(part.use, part.robots, part.seats) for key, part in parts.items()}


def _owner(ones: list[SoldSkill], names: Mapping[int, list[str]], at: Day) -> str | None:
    """The subscription that a robot's day belongs to: robots fill the lines one after the other, by name.

    One beyond all lines belongs to the last: what it did was used, and is no gift.
    """
    robot, day = at
    standing = [one for one in ones if one.holds_on(day)]
    rank = bisect_left(names.get(day, []), robot)
    for one in standing:
        if one.robots_most is None or rank < one.robots_most:
            return one.key
        rank -= one.robots_most
    return standing[-1].key if standing else None
