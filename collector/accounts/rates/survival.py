"""Time to value: Kaplan-Meier, so that customers who are not there yet count as "not yet" and not as "never". Pure.

survival(t) = product over days with events up to t of (1 - events / at risk). The median is the first day on which at
most half are still waiting; until that many have arrived there is none. The product is a fraction and is compared with
the half as one: in binary it may end a hair above. The interval is Greenwood's on the log(-log) scale, which keeps it
between 0 and 1; none of its ends inside is a half exactly, so it is reckoned in binary.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log, sqrt

Z95 = 1.959963984540054  # two-sided 95 % of the normal distribution
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class SurvivalPoint:
    """From this day on `survival` of the customers are still waiting. `low`, `high`: its 95 % interval."""

    day: int
    at_risk: int
    events: int
    survival: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class TimeToValue:
    """`median_days` is null while fewer than half have arrived. `waiting` are censored: not there yet, or gone."""

    customers: int
    arrived: int
    waiting: int
    median_days: int | None
    median_low: int | None
    median_high: int | None
    why: str | None
    curve: list[SurvivalPoint]


def kaplan_meier(days: Sequence[int], arrived: Sequence[bool]) -> list[SurvivalPoint]:
    """One point for each day with events. `days[i]` until the event, or until it was last seen waiting."""
    return [point for point, _ in _steps(days, arrived)]


def _steps(days: Sequence[int], arrived: Sequence[bool]) -> Iterator[tuple[SurvivalPoint, Fraction]]:
    """Each point with its survival as it is, before it is rounded to binary."""
    events = Counter(day for day, seen in zip(days, arrived, strict=True) if seen)
    leaving = Counter(days)
    at_risk, survival, variance = len(days), Fraction(1), 0.0
    for day in sorted(leaving):
        if events[day]:
            survival *= Fraction(at_risk - events[day], at_risk)
            if at_risk > events[day]:
                variance += events[day] / (at_risk * (at_risk - events[day]))
            low, high = _interval(float(survival), variance)
            yield SurvivalPoint(day, at_risk, events[day], float(survival), low, high), survival
        at_risk -= leaving[day]


def _interval(survival: float, variance: float) -> tuple[float, float]:
    if not 0 < survival < 1:
        return survival, survival
    wide = Z95 * sqrt(variance) / log(survival)
    return survival ** exp(-wide), survival ** exp(wide)


def time_to_value(waits: Iterable[tuple[int, bool]]) -> TimeToValue:
    """From (days, arrived) of every customer."""
    pairs = list(waits)
    steps = list(_steps([days for days, _ in pairs], [arrived for _, arrived in pairs]))
    curve = [point for point, _ in steps]
    count = sum(arrived for _, arrived in pairs)
    median = next((point.day for point, survival in steps if survival <= HALF), None)
    why = None
    if median is None:
        why = "fewer than half have arrived" if pairs else "no customers"
    return TimeToValue(
        len(pairs), count, len(pairs) - count, median,
        next((point.day for point in curve if point.low <= HALF), None),
        next((point.day for point in curve if point.high <= HALF), None), why, curve,
    )  # fmt: skip
