"""How much an account's counts vary by themselves: dispersion, shrunk to its peers, and the tail of a window. Pure.

Counts are negative binomial: variance = mean + dispersion * mean^2. Weeks may vary more than independent days would
(`excess` >= 1): weather, school weeks, shows. Both are estimated per account and drawn to the peer group, since eight
weeks of one account say little. Nothing is steadier than chance: the Poisson part never goes away.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from collector.health.anomalies.rules import AnomalyRules

Numbers = NDArray[np.float64]
EXCESS_PEER_WEEKS = 16.0  # weeks that the peers' excess counts for beside an account's own
BETWEEN_MIN = 1e-4  # variance of dispersion between accounts, at least: peers are never all alike
EXTREMES = 0.05  # of the accounts on each side that the peers' mean leaves out


def own(counted: Numbers, expected: Numbers, fitted: int, rules: AnomalyRules) -> tuple[float, float]:
    """An account's own dispersion and that estimate's variance; `fitted` numbers were taken from the same days."""
    squares = float((expected**2).sum())
    days = len(counted)
    if squares <= 0 or days <= fitted:
        return rules.dispersion_default, float("inf")
    residuals = ((counted - expected) ** 2).sum() * days / (days - fitted)
    day_variance = expected + rules.dispersion_default * expected**2
    return float((residuals - expected.sum()) / squares), float(2.0 * (day_variance**2).sum() / squares**2)


Centres = Mapping[str, tuple[float, float]]
"""Peer group -> mean and variance between its accounts; "" is everybody."""


def shrunk(
    values: Numbers, variances: Numbers, peers: Sequence[tuple[str, ...]], rules: AnomalyRules,
    groups: Centres | None = None,
) -> Numbers:  # fmt: skip
    """Each account's dispersion drawn to the mean of its narrowest peer group that is large enough.

    `groups` are those of these accounts themselves, unless they are given.
    """
    chosen = _chosen(peers, centres(values, variances, peers, rules) if groups is None else groups)
    middle = np.array([centre for centre, _ in chosen])
    spread = np.maximum(np.array([between for _, between in chosen]), BETWEEN_MIN)
    with np.errstate(invalid="ignore"):
        weight = np.where(np.isfinite(variances), spread / (spread + variances), 0.0)
    drawn: Numbers = np.maximum(weight * values + (1.0 - weight) * middle, rules.dispersion_floor)
    return drawn


def centres(
    values: Numbers, variances: Numbers, peers: Sequence[tuple[str, ...]], rules: AnomalyRules
) -> dict[str, tuple[float, float]]:
    """The groups that are large enough, and everybody."""
    members: dict[str, list[int]] = {"": []}
    for at, keys in enumerate(peers):
        if np.isfinite(variances[at]):
            for key in (*keys, ""):
                members.setdefault(key, []).append(at)
    return {
        key: _centre(values[inside], variances[inside], rules)
        for key, inside in members.items()
        if len(inside) >= rules.dispersion_peers_min or not key
    }


def _chosen(peers: Sequence[tuple[str, ...]], groups: Centres) -> list[tuple[float, float]]:
    return [next(groups[key] for key in (*keys, "") if key in groups) for keys in peers]


def _centre(values: Numbers, variances: Numbers, rules: AnomalyRules) -> tuple[float, float]:
    """Mean and variance between accounts, weighed by precision; the default stands in for missing peers."""
    default, weight = rules.dispersion_default, rules.dispersion_default_weight
    if not len(values):
        return default, default**2
    typical = float(np.median(variances))
    precision = 1.0 / (variances + default**2)
    bounded = np.clip(values, *np.quantile(values, (EXTREMES, 1.0 - EXTREMES)))
    standing = weight / (typical + default**2)
    centre = float(((precision * bounded).sum() + standing * default) / (precision.sum() + standing))
    between = float(((bounded - centre) ** 2 - variances).mean()) if len(values) > 1 else 0.0
    return max(centre, rules.dispersion_floor), min(max(between, 0.0), default**2)


def week_excess(
    squares: Numbers, weeks: Numbers, variances: Numbers, rules: AnomalyRules, pooled: float | None = None
) -> Numbers:
    """Weeks' variance over what independent days would give, per account, drawn to that of all accounts.

    `pooled` is that of these accounts, unless it is given.
    """
    bounded, counted = _excess(squares, weeks, variances, rules)
    of_all = pooled_excess(squares, weeks, variances, rules) if pooled is None else pooled
    drawn = (bounded * counted + of_all * EXCESS_PEER_WEEKS) / (counted + EXCESS_PEER_WEEKS)
    return np.clip(drawn, 1.0, rules.week_excess_max)


def pooled_excess(squares: Numbers, weeks: Numbers, variances: Numbers, rules: AnomalyRules) -> float:
    """That of all accounts together."""
    bounded, counted = _excess(squares, weeks, variances, rules)
    total = counted.sum()
    return float((bounded * counted).sum() / total) if total > 0 else 1.0


def _excess(squares: Numbers, weeks: Numbers, variances: Numbers, rules: AnomalyRules) -> tuple[Numbers, Numbers]:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(variances > 0, squares / variances, 0.0)
    return np.minimum(ratio, rules.week_excess_max), np.where(variances > 0, weeks, 0.0)


def lower_tail(observed: Numbers, mean: Numbers, variance: Numbers) -> Numbers:
    """P(X <= observed) of a negative binomial with that mean and variance; Poisson where the variance is no larger."""
    from scipy.special import betainc, gammaincc  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    with np.errstate(divide="ignore", invalid="ignore"):
        size = mean**2 / (variance - mean)
        wide = betainc(size, observed + 1.0, size / (size + mean))
    narrow = gammaincc(observed + 1.0, mean)
    tail: Numbers = np.where(mean <= 0, 1.0, np.where(variance > mean * (1 + 1e-9), wide, narrow))
    return tail


def upper_tail(observed: Numbers, mean: Numbers, variance: Numbers) -> Numbers:
    """P(X >= observed)."""
    above: Numbers = np.where(observed <= 0, 1.0, 1.0 - lower_tail(observed - 1.0, mean, variance))
    return above
