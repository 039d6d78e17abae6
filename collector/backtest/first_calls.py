"""Whom a CSM calls first on a day with room for five calls: by the score, and by momentum alone. Pure.

AUC is no decision. A call was right when the customer is lost inside the window after the lead. Only days are judged on
which the CSM has more customers than room and one of them is to be lost: elsewhere both ways are equally right.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.backtest.baselines import NEUTRAL, Numbers, of_score
from collector.backtest.labels import Labelled
from collector.backtest.report import FirstCalls

CALLS = 5
MOMENTUM = "B2"


def first_calls(rows: Sequence[Labelled]) -> FirstCalls:
    """Both ways on the same days."""
    where = _judged(rows)
    return FirstCalls(
        calls=CALLS, days=len(where), by_score=_right(rows, of_score(rows), where),
        by_momentum=_right(rows, by_momentum(rows), where),
    )  # fmt: skip


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


def _right(rows: Sequence[Labelled], risk: Numbers, where: Sequence[NDArray[np.int64]]) -> float | None:
    """The share of the first calls that was right. Customers at the edge of the room that tie share its places."""
    right = 0.0
    for group in where:
        lost, risks = np.array([rows[one].lost for one in group], dtype=float), risk[group]
        edge = np.sort(risks)[-CALLS]
        above, tied = risks > edge, risks == edge
        right += lost[above].sum() + lost[tied].mean() * (CALLS - above.sum())
    return float(right / (CALLS * len(where))) if where else None
