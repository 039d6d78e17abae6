"""Whom a CSM with room for five calls a day would call: by the score, and by momentum alone. (collector/backtest)

The stories whose use falls before the loss, one CSM with 40 customers. A call was right when the customer is lost
within the window after the lead. Days on which nobody is to be lost are left out.
"""

from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from collector.backtest import baselines
from collector.backtest.labels import Labelled, labels_of
from tests import falling_stories
from tests.policies import HEALTH

SEEDS = (2, 3, 4, 5)
LEAD, CALLS = 30, 5
TARGET = 1.5


def run() -> list[dict[str, Any]]:
    found = []
    for seed in SEEDS:
        rows = labels_of(falling_stories.scored(seed, HEALTH), LEAD).rows
        found.append((precision(rows, baselines.of_score(rows)), precision(rows, by_momentum(rows))))
        print(f"  seed {seed}: score {found[-1][0]:.2f}, momentum {found[-1][1]:.2f}", flush=True)
    score, momentum = (mean(each) for each in zip(*found, strict=True))
    return [
        {
            "name": f"first five calls a day, stories that fall, {len(SEEDS)} seeds: right by the score",
            "value": score, "unit": "share", "target": f"≥ {TARGET} × sort by momentum",
            "met": score >= TARGET * momentum, "baseline": f"sort by momentum {momentum:.2f}",
            "ratio": score / momentum,
        }
    ]  # fmt: skip


def by_momentum(rows: tuple[Labelled, ...]) -> NDArray[np.float64]:
    """Risk by momentum alone; who has none is in the middle."""
    points = (one.row.scores.get("B2") for one in rows)
    return np.array([50.0 if each is None else 100.0 - each for each in points])


def precision(rows: tuple[Labelled, ...], risk: NDArray[np.float64]) -> float:
    """Of the first calls of every day on which somebody is to be lost, the share that was right."""
    day = np.array([one.row.day for one in rows])
    lost = np.array([one.lost for one in rows])
    right = []
    for one in np.unique(day[lost]):
        here = np.flatnonzero(day == one)
        right += list(lost[here[np.argsort(-risk[here], kind="stable")[:CALLS]]])
    return float(np.mean(right))
