"""Falls of usage: is a week lower than chance and the account's own season explain? Pure.

Two passes, so that 10,000 accounts need not be in memory together:

    pass 1   statistics(inputs, rules)  one account's days ──▶ Statistics, a few numbers
    between  judge_all(statistics…)     peers' dispersion (variation_of) ──▶ one Verdict per account
    then     incidents.find, incidents.muted

An exception DROP holds where `verdict.drop` is true.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from collector.health.anomalies import closed_days, dispersion, fault_rises
from collector.health.anomalies.dated_counts import Numbers
from collector.health.anomalies.model import (
    Demand,
    FaultRise,
    Rule,
    State,
    Statistics,
    UsageWindow,
    Variation,
    Verdict,
)  # fmt: skip
from collector.health.anomalies.rules import AnomalyRules
from collector.health.anomalies.usage_statistics import statistics

__all__ = [
    "Demand",
    "FaultRise",
    "Rule",
    "State",
    "Statistics",
    "UsageWindow",
    "Variation",
    "Verdict",
    "judge_all",
    "statistics",
    "variation_of",
]  # fmt: skip


def variation_of(found: Iterable[Statistics], rules: AnomalyRules) -> Variation:
    """What the accounts of a day, all of them, say of how counts vary."""
    everybody = list(found)
    closed = closed_days.learned(everybody, rules)
    sound = _Sound.of(closed_days.chosen(one, closed) for one in everybody)
    groups = dispersion.centres(sound.own, sound.own_variance, sound.peers, rules)
    spread = dispersion.shrunk(sound.own, sound.own_variance, sound.peers, rules, groups)
    excess = dispersion.pooled_excess(sound.squares, sound.weeks, sound.independent(spread), rules)
    return Variation(groups, excess, closed)


def judge_all(
    found: Iterable[Statistics], rules: AnomalyRules, variation: Variation | None = None
) -> Mapping[str, Verdict]:
    """By account. Before incidents: pass the result to `incidents.find`, then to `incidents.muted`.

    `variation` is given where only some of the day's accounts are judged, again.
    """
    everybody = list(found)
    of_all = variation_of(everybody, rules) if variation is None else variation
    rows = [closed_days.chosen(one, of_all.closed) for one in everybody]
    verdicts = {one.account: _unjudged(one) for one in rows if one.state != "steady"}
    sound = _Sound.of(rows)
    if sound.rows:
        spread = dispersion.shrunk(sound.own, sound.own_variance, sound.peers, rules, of_all.dispersion)
        independent = sound.independent(spread)
        excess = dispersion.week_excess(sound.squares, sound.weeks, independent, rules, of_all.week_excess)
        tails = {name: _tails(sound.rows, name, spread, excess) for name in ("week", "eve", "before", "month")}
        for at, one in enumerate(sound.rows):
            tail = {name: float(values[at]) for name, values in tails.items()}
            verdicts[one.account] = _verdict(one, tail, float(spread[at]), rules)
    return verdicts


@dataclass(frozen=True, slots=True)
class _Sound:
    """The accounts that can be judged, as columns."""

    rows: list[Statistics]
    own: Numbers
    own_variance: Numbers
    squares: Numbers
    weeks: Numbers
    peers: list[tuple[str, ...]]

    @classmethod
    def of(cls, found: Iterable[Statistics]) -> "_Sound":
        rows = [one for one in found if one.state == "steady"]
        return cls(
            rows,
            np.array([one.dispersion for one in rows], dtype=float),
            np.array([one.dispersion_variance for one in rows], dtype=float),
            np.array([one.week_squares for one in rows], dtype=float),
            np.array([one.base_weeks for one in rows], dtype=float),
            [one.peers for one in rows],
        )

    def independent(self, spread: Numbers) -> Numbers:
        """The variance that weeks of independent days would have."""
        parts = zip((one.week_variance for one in self.rows), spread, strict=True)
        return np.array([a + b * phi for (a, b), phi in parts], dtype=float)


def _tails(sound: Sequence[Statistics], name: str, spread: Numbers, excess: Numbers) -> Numbers:
    """The tail of one window for every account: its own variance and that of its expectation."""
    windows: list[UsageWindow] = [getattr(one, name) for one in sound]
    mean = np.array([window.expected for window in windows])
    squares = np.array([window.squares for window in windows])
    observed = np.array([window.observed for window in windows])
    base = np.array([one.base.expected for one in sound])
    base_squares = np.array([one.base.squares for one in sound])
    with np.errstate(divide="ignore", invalid="ignore"):
        of_base = np.where(base > 0, (base + spread * base_squares) / base**2, 0.0)
    return dispersion.lower_tail(observed, mean, excess * (mean + spread * squares + mean**2 * of_base))


def _unjudged(one: Statistics) -> Verdict:
    return Verdict(
        account=one.account,
        row_id=one.row_id,
        day=one.day,
        counter=one.counter,
        state=one.state,
        faults=one.faults,
        silent=one.silent,
    )


def _verdict(one: Statistics, tail: Mapping[str, float], spread: float, rules: AnomalyRules) -> Verdict:
    week_counts = one.week.days >= rules.week_min_days and one.week.expected >= rules.week_min_expected
    month_counts = one.month.expected >= rules.month_min_expected
    rule, window, p = _rule(one, tail, rules, week_counts=week_counts, month_counts=month_counts)
    fell = bool(rule)
    return replace(
        _unjudged(one),
        state="fell" if fell else "steady" if week_counts or month_counts else "too_few",
        rule=rule,
        p=p,
        ratio=window.observed / window.expected if window.expected > 0 else None,
        observed=window.observed,
        expected=window.expected,
        dispersion=spread,
        since_day=one.change.day if fell and one.change else None,
        change=one.change if fell else None,
        demand=one.demand if fell else None,
        fault_before=fault_rises.before(one.faults, one.change.day, rules) if fell and one.change else None,
    )


def _rule(
    one: Statistics, tail: Mapping[str, float], rules: AnomalyRules, *, week_counts: bool, month_counts: bool
) -> tuple[Rule, UsageWindow, float]:
    """The rule that holds with its window and tail; none holds: the window that was judged."""
    if week_counts and tail["week"] < rules.p_week:
        stood = tail["eve"] < rules.p_week_eve or one.eve.days < rules.week_min_days
        if stood or tail["week"] < rules.p_week_at_once:
            return "week", one.week, tail["week"]
    low = max(tail["week"], tail["before"])
    r = (one.month.observed + rules.r_pseudo_events) / (one.month.expected + rules.r_pseudo_events)
    enough = week_counts and one.before.days >= rules.week_min_days
    if enough and low < rules.p_two_weeks and r <= rules.r_two_weeks:
        return "two_weeks", _together(one.week, one.before), low
    if month_counts and one.week.expected < rules.month_below_expected and tail["month"] < rules.p_month:
        return "month", one.month, tail["month"]
    return ("", one.week, tail["week"]) if week_counts else ("", one.month, tail["month"])


def _together(one: UsageWindow, other: UsageWindow) -> UsageWindow:
    return UsageWindow(
        one.days + other.days,
        one.observed + other.observed,
        one.expected + other.expected,
        one.squares + other.squares,
    )
