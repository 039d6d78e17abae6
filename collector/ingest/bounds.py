"""What a robot can plausibly have counted: the bound on every amount that is delivered. Pure.

An amount is bounded by the counter's plausible rate times the time since that counter was last counted, however long
the window is that brings it: an agent that was away for three days reads three days' counts into five minutes. What
was counted before is what the store keeps, by the hour; so that time is in whole hours, rounded up, and an amount
within the last one shares the hour with what is there. It needs no word of the robot and outlives its restarts,
merges and new outbox files.

A counter that was never counted, or not within LOOK_BACK_DAYS, has that long: what an agent counted before its first
hello is as plausible as what it counts after. Almost every amount is below what its rate gives a usual window, and
costs one comparison.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector.calendar import days
from collector.calendar.days import HOUR_S
from protocol.counters import COUNTERS, UNDECLARED_MOST_PER_H

USUAL_S = 300  # the length of a window, as agents make them
LOOK_BACK_DAYS = 62


@dataclass(frozen=True, slots=True)
class Bounds:
    """Plausible rates of one collector. `usual`: what fits into a usual window, made once; `least`: of any counter."""

    most_per_h: Mapping[str, int] = field(
        default_factory=lambda: {key: counter.most_per_h for key, counter in COUNTERS.items()}
    )
    undeclared_per_h: int = UNDECLARED_MOST_PER_H
    usual: dict[str, int] = field(init=False, repr=False)
    usual_undeclared: int = field(init=False, repr=False)
    least: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "usual", {key: _usual(most) for key, most in self.most_per_h.items()})
        object.__setattr__(self, "usual_undeclared", _usual(self.undeclared_per_h))
        object.__setattr__(self, "least", min(self.usual_undeclared, *self.usual.values()))

    def unusual(self, counts: Mapping[str, int]) -> int:
        """How many amounts are more than a usual window holds: only then is anything looked up."""
        least = self.least
        if max(counts.values(), default=0) <= least:  # the path of nearly every window
            return 0
        return sum(1 for counter, n in counts.items() if n > least and n > self.usual_of(counter))

    def usual_of(self, counter: str) -> int:
        return self.usual.get(counter, self.usual_undeclared)

    def per_h(self, counter: str) -> int:
        return self.most_per_h.get(counter, self.undeclared_per_h)


@dataclass(frozen=True, slots=True)
class LastCounted:
    """The newest hour, up to a window's own, in which a counter was counted, and how much is counted there."""

    day: int
    hour: int
    n: int


@dataclass(frozen=True, slots=True)
class CountedLater:
    """What is counted of a counter from a day on, within LOOK_BACK_DAYS: how much, and in how many days."""

    days: int
    n: int


@dataclass(frozen=True, slots=True)
class CountedBefore:
    """What the store keeps of one robot-day. `hours` None: only the day's total is kept."""

    totals: Mapping[str, int]
    hours: Mapping[str, list[int]] | None

    def last(self, counter: str, day: int, upto_hour: int) -> LastCounted | None:
        if not self.totals.get(counter):
            return None
        if self.hours is None:
            return LastCounted(day, 0, 0)
        by_hour = self.hours.get(counter)
        if by_hour is None:
            return None
        for hour in range(upto_hour, -1, -1):
            if by_hour[hour]:
                return LastCounted(day, hour, by_hour[hour])
        return None


def most(
    per_h: int, last: LastCounted | None, end_s: int, wall_s: int, timezone: str, later: CountedLater | None = None
) -> int:
    """How much a window that ends at `end_s` and covers `wall_s` can plausibly bring of a counter.

    Without a `last`, what is counted `later` has had the same LOOK_BACK_DAYS: each of them is given once.
    """
    if last is None:
        more_h, counted = (0, 0) if later is None else (later.days * 24, later.n)
        return max(0, per_h * (max(LOOK_BACK_DAYS * 24, _hours(wall_s)) + more_h) - counted)
    from_s = days.hour_starts(last.day, timezone)[last.hour]
    return per_h * max(1, _hours(end_s - from_s)) - min(last.n, per_h)


def _hours(seconds: int) -> int:
    return -(-seconds // HOUR_S)


def _usual(most_per_h: int) -> int:
    return most_per_h * USUAL_S // HOUR_S
