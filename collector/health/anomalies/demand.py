"""Demand before product: when usage falls, did fewer people pass by, or did fewer of them use the robot? Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from collector.health.anomalies.dated_counts import known
from collector.health.anomalies.model import Demand, Said
from collector.health.anomalies.rules import AnomalyRules
from collector.health.model import AccountDay

FUNNEL = ("foot_traffic", "solicitation", "wake_up", "interaction")
BASE_DAYS = 56  # calendar days before the change that are compared with
MIN_EVENTS = 20.0  # expected; below, a ratio is chance
MIN_DAYS = 2


def of(days: Sequence[AccountDay], counter: str, since_day: int, rules: AnomalyRules) -> Demand:
    """Compares the known open days from `since_day` on with the 56 days before it, per day and per passer-by."""
    sound = [one for one in days if one.open and known(one) and counter in one.counts]
    counted = [one for one in sound if "foot_traffic" in one.counts]
    since = [one for one in counted if one.day >= since_day]
    before = [one for one in counted if since_day - BASE_DAYS <= one.day < since_day]
    if len(since) < MIN_DAYS or len(before) < MIN_DAYS:
        return Demand(said="unknown")
    stages = (*FUNNEL, counter) if counter not in FUNNEL else FUNNEL
    was, now = _sums(before, stages), _sums(since, stages)
    if was["foot_traffic"] * len(since) / len(before) < MIN_EVENTS:
        return Demand(said="unknown")
    traffic = now["foot_traffic"] / len(since) / (was["foot_traffic"] / len(before))
    conversion = _step(was, now, "foot_traffic", counter)
    return Demand(
        said=_said(traffic, conversion, rules),
        traffic_ratio=traffic,
        conversion_ratio=conversion,
        stage=_stage(was, now, stages),
    )


def _sums(days: Sequence[AccountDay], stages: Sequence[str]) -> dict[str, float]:
    """Events per known robot's share of the day: days of which one robot did not report count for what was heard."""
    return {
        stage: sum(one.counts[stage] * one.robots / one.heard for one in days)
        for stage in stages
        if all(stage in one.counts for one in days)
    }


def _step(was: Mapping[str, float], now: Mapping[str, float], before: str, after: str) -> float | None:
    """How many of `before` became `after`, now to then; None where one was not counted."""
    counted = {before, after} <= was.keys() & now.keys()
    if not counted or min(was[before], now[before], was[after]) <= 0:
        return None
    return (now[after] / now[before]) / (was[after] / was[before])


def _said(traffic: float, conversion: float | None, rules: AnomalyRules) -> Said:
    fewer = traffic <= rules.demand_ratio
    if conversion is None:
        return "demand" if fewer else "unclear"
    worse = conversion <= rules.conversion_ratio
    if fewer:
        return "both" if worse else "demand"
    return "conversion" if worse else "unclear"


def _stage(was: Mapping[str, float], now: Mapping[str, float], stages: Sequence[str]) -> str:
    """The step of the funnel that lost most."""
    steps = [
        (ratio, after) for before, after in pairwise(stages) if (ratio := _step(was, now, before, after)) is not None
    ]
    return min(steps)[1] if steps and min(steps)[0] < 1.0 else ""
