"""How well a risk ranks: AUC with its interval by accounts, lift, recall of money. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
INTERVAL = (2.5, 97.5)  # per cent


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval from resampled accounts; None where it cannot be told."""

    value: float | None
    low: float | None = None
    high: float | None = None


def auc(risk: Numbers, lost: NDArray[np.bool_], weight: Numbers | None = None) -> float | None:
    """Chance that a lost row has the higher risk of a pair; equal risks count half. None without both kinds."""
    _, place = np.unique(risk, return_inverse=True)
    return _auc_of(place, lost, np.ones(len(risk)) if weight is None else weight)


def _auc_of(place: NDArray[np.intp], lost: NDArray[np.bool_], weight: Numbers) -> float | None:
    of_lost = np.bincount(place, weight * lost)
    of_kept = np.bincount(place, weight * ~lost)
    pairs = of_lost.sum() * of_kept.sum()
    if pairs <= 0:
        return None
    below = np.cumsum(of_kept) - of_kept
    return float((of_lost * (below + 0.5 * of_kept)).sum() / pairs)


def auc_within(
    risk: Numbers, lost: NDArray[np.bool_], day: NDArray[np.int64], weight: Numbers | None = None
) -> float | None:
    """AUC of pairs of the same day only: who is riskier on a day, whatever every account's risk does with the years."""
    right = pairs = 0.0
    given = np.ones(len(risk)) if weight is None else weight
    for one in np.unique(day):
        at = day == one
        here = float((given[at] * lost[at]).sum() * (given[at] * ~lost[at]).sum())
        found = auc(risk[at], lost[at], given[at]) if here > 0 else None
        if found is not None:
            right, pairs = right + found * here, pairs + here
    return right / pairs if pairs else None


def draws(accounts: Sequence[str], resamples: int, seed: int) -> list[Numbers]:
    """Each row's weight in every resample: how often its account was drawn."""
    names, of_row = np.unique(np.array(accounts), return_inverse=True)
    rng = np.random.default_rng(seed)
    return [
        np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[of_row].astype(float)
        for _ in range(resamples)
    ]


def auc_interval(risk: Numbers, lost: NDArray[np.bool_], weights: Sequence[Numbers]) -> Interval:
    _, place = np.unique(risk, return_inverse=True)
    return interval(auc(risk, lost), [_auc_of(place, lost, weight) for weight in weights])


def difference(one: Numbers, other: Numbers, lost: NDArray[np.bool_], weights: Sequence[Numbers]) -> Interval:
    """AUC of `one` less that of `other` on the same resamples."""
    _, first = np.unique(one, return_inverse=True)
    _, second = np.unique(other, return_inverse=True)
    pairs = [(_auc_of(first, lost, weight), _auc_of(second, lost, weight)) for weight in weights]
    a, b = auc(one, lost), auc(other, lost)
    sampled = [x - y for x, y in pairs if x is not None and y is not None]
    return interval(None if a is None or b is None else a - b, sampled)


def interval(value: float | None, sampled: Sequence[float | None]) -> Interval:
    known = [each for each in sampled if each is not None]
    if value is None or not known:
        return Interval(value)
    low, high = np.percentile(known, INTERVAL)
    return Interval(value, float(low), float(high))


def lift(risk: Numbers, lost: NDArray[np.bool_], share: float) -> float | None:
    """Losses among the riskiest `share` of rows over losses among all. Ties at the border count in part."""
    if not lost.any():
        return None
    wanted = max(share * len(risk), 1.0)
    return float(_taken(risk, lost.astype(float), wanted) / wanted / lost.mean())


def _taken(risk: Numbers, value: Numbers, wanted: float) -> float:
    """The sum of `value` over the `wanted` riskiest; those that are as risky as the last one share what is left."""
    border = np.sort(risk)[::-1][min(int(np.ceil(wanted)), len(risk)) - 1]
    above, at = risk > border, risk == border
    return float(value[above].sum() + value[at].sum() * (wanted - above.sum()) / at.sum())


def alerted(risk: Numbers, day: NDArray[np.int64], budget: float) -> NDArray[np.bool_]:
    """The rows that would have been alerted: of each day the riskiest `budget` of its accounts; of equals any, drawn
    alike for everybody who asks, so that an order by name helps nobody.
    """
    lot = np.random.default_rng(len(risk)).random(len(risk))
    found = np.zeros(len(risk), dtype=bool)
    for one in np.unique(day):
        rows = np.flatnonzero(day == one)
        wanted = max(int(budget * len(rows)), 1)
        found[rows[np.lexsort((lot[rows], -risk[rows]))[:wanted]]] = True
    return found
