"""Swings of the figures that customer success lives by: active, renewal, upsell, churn. Pure.

A figure is a numerator over a denominator (customers renewed over customers due). Its newest period is judged against
the earlier ones: a beta-binomial whose mean and spread the earlier periods give, so that three of four is no alarm
where three of four is usual, and one of two never is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from collector.health.anomalies.rules import AnomalyRules

Figure = Literal["active", "renewal", "upsell", "churn"]
State = Literal["swung", "steady", "too_few", "no_history"]
BAD: dict[Figure, Literal["down", "up"]] = {"active": "down", "renewal": "down", "upsell": "down", "churn": "up"}
PRIOR_PERIODS = 1.0  # a prior of one period of even chances, so that a history of 100 % is no certainty
DENOMINATOR_MIN = 5  # of the newest period; below, any outcome is chance
CORRELATION_MAX = 0.5


@dataclass(frozen=True, slots=True)
class FigurePeriod:
    """One period of a figure."""

    label: str  # 2026-05
    part: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """What is said of the newest period. `p` is the smaller tail; `bad`: the swing goes the way that costs money."""

    figure: Figure
    label: str
    state: State
    rate: float | None
    usual: float | None
    p: float = 1.0
    direction: Literal["", "down", "up"] = ""
    bad: bool = False


def judge(figure: Figure, periods: Sequence[FigurePeriod], rules: AnomalyRules) -> Swing:
    """`periods` in order, the last one is judged; earlier ones with nothing due say nothing."""
    newest, earlier = periods[-1], [period for period in periods[:-1] if period.of > 0]
    rate = newest.part / newest.of if newest.of else None
    of = sum(period.of for period in earlier)
    usual = sum(period.part for period in earlier) / of if of else None
    said = Swing(figure=figure, label=newest.label, state="no_history", rate=rate, usual=usual)
    if len(earlier) < rules.swing_history or usual is None:
        return said
    if newest.of < DENOMINATOR_MIN or rate is None:
        return Swing(figure=figure, label=newest.label, state="too_few", rate=rate, usual=usual)
    from scipy.stats import betabinom  # noqa: PLC0415 - it loads for a third of a second; most runs judge no swings

    a, b = _beta(earlier)
    below = float(betabinom.cdf(newest.part, newest.of, a, b))
    above = float(betabinom.sf(newest.part - 1, newest.of, a, b))
    p, direction = (below, "down") if below <= above else (above, "up")
    swung = p < rules.p_swing
    way: Literal["down", "up"] = "down" if direction == "down" else "up"
    return Swing(
        figure=figure,
        label=newest.label,
        state="swung" if swung else "steady",
        rate=rate,
        usual=usual,
        p=p,
        direction=way if swung else "",
        bad=swung and way == BAD[figure],
    )


def _beta(periods: Sequence[FigurePeriod]) -> tuple[float, float]:
    """The beta distribution that the periods' rates come from, by moments."""
    of = sum(period.of for period in periods)
    typical = of / len(periods)
    mean = (sum(period.part for period in periods) + 0.5 * PRIOR_PERIODS) / (of + PRIOR_PERIODS)
    chance = mean * (1 - mean)
    squares = sum(period.of * (period.part / period.of - mean) ** 2 for period in periods) / (len(periods) - 1)
    # E[squares] = chance * (1 + (n - 1) * correlation) for periods of n
    correlation = (squares / chance - 1.0) / max(typical - 1.0, 1.0)
    correlation = min(max(correlation, 1.0 / (of + PRIOR_PERIODS + 1.0)), CORRELATION_MAX)
    strength = 1.0 / correlation - 1.0
    return mean * strength, (1 - mean) * strength
