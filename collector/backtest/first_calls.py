"""Whom a CSM calls first on a day with room for five calls: by the score, and by momentum alone. Pure.

AUC is no decision. A call was right when the customer is lost inside the window after the lead. Only days are judged on
which the CSM has more customers than room and one of them is to be lost: elsewhere both ways are equally right.
Intervals are of resampled accounts, as those of AUC are: one account's days are not independent.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.backtest.baselines import NEUTRAL, Numbers, of_score
from collector.backtest.labels import Labelled
from collector.backtest.ranking import Interval, interval
from collector.backtest.report import FirstCalls

CALLS = 5
MOMENTUM = "B2"


def first_calls(rows: Sequence[Labelled], weights: Sequence[Numbers]) -> FirstCalls:
    """Both ways on the same days. `weights`: each row's in every resample of accounts (`ranking.draws`)."""
    where = _judged(rows)
    lost = np.array([one.lost for one in rows], dtype=float)
    ways = of_score(rows), by_momentum(rows)
    (score,), (momentum,) = (_right(risk, lost, where, [np.ones(len(rows))]) for risk in ways)
    by_draw, momentum_by_draw = (_right(risk, lost, where, weights) for risk in ways)
    if score is None or momentum is None:
        return FirstCalls(calls=CALLS, days=0, by_score=None, by_momentum=None)
    return FirstCalls(
        calls=CALLS, days=len(where), by_score=score, by_momentum=momentum,
        score_interval=interval(score, by_draw), momentum_interval=interval(momentum, momentum_by_draw),
        better_by=_better_by(score - momentum, by_draw, momentum_by_draw),
    )  # fmt: skip


def _better_by(value: float, one: Sequence[float | None], other: Sequence[float | None]) -> Interval:
    """On the same resamples: what they have in common is no difference."""
    pairs = zip(one, other, strict=True)
    return interval(value, [a - b for a, b in pairs if a is not None and b is not None])


def by_momentum(rows: Sequence[Labelled]) -> Numbers:
    """Risk by momentum alone; who has none is in the middle."""
    points = (one.row.scores.get(MOMENTUM) for one in rows)
    return np.array([NEUTRAL if each is None else 100.0 - each for each in points])


def _judged(rows: Sequence[Labelled]) -> list[NDArray[np.int64]]:
    """The rows of each CSM's day that is judged, in order of accounts: ties are not broken by the order of the rows."""
    groups: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in sorted(range(len(rows)), key=lambda one: rows[one].row.account):
        groups[rows[number].row.csm, rows[number].row.day].append(number)
    found = [group for _, group in sorted(groups.items())]
    return [np.array(one) for one in found if len(one) > CALLS and any(rows[each].lost for each in one)]


def _right(
    risk: Numbers, lost: Numbers, where: Sequence[NDArray[np.int64]], weights: Sequence[Numbers]
) -> list[float | None]:
    """For each of these weights the share of the first calls that was right, on the days that are judged with them.

    An account that was drawn twice is two customers. Customers at the edge of the room that tie share its places.
    """
    right, judged = np.zeros(len(weights)), np.zeros(len(weights))
    for group in where if weights else ():
        drawn = np.array([weight[group] for weight in weights])
        level = np.unique(-risk[group], return_inverse=True)[1]  # 0: the riskiest
        there = np.zeros((len(weights), int(level.max()) + 1))
        to_lose = np.zeros_like(there)
        np.add.at(there.T, level, drawn.T)
        np.add.at(to_lose.T, level, (drawn * lost[group]).T)
        to_level = np.cumsum(there, axis=1)
        counts = (to_level[:, -1] > CALLS) & (to_lose.sum(axis=1) > 0)
        edge = np.argmax(to_level >= CALLS, axis=1)[:, None]
        of_edge = np.take_along_axis(there, edge, 1)[:, 0]
        above = np.take_along_axis(to_level, edge, 1)[:, 0] - of_edge
        right_above = np.take_along_axis(np.cumsum(to_lose, axis=1) - to_lose, edge, 1)[:, 0]
        shared = np.take_along_axis(to_lose, edge, 1)[:, 0] / np.maximum(of_edge, 1) * (CALLS - above)
        right += np.where(counts, right_above + shared, 0.0)
        judged += counts
    return [float(one / (CALLS * days)) if days else None for one, days in zip(right, judged, strict=True)]
