"""Whom a CSM with room for five calls a day would call: by the score, and by momentum alone. (collector/backtest)

The stories whose use falls before the loss, one CSM with 40 customers. A call was right when the customer is lost
within the window after the lead. Days on which nobody is to be lost are left out.
"""

from statistics import mean
from typing import Any

from collector.backtest.first_calls import first_calls
from collector.backtest.labels import labels_of
from tests import falling_stories
from tests.policies import HEALTH

SEEDS = (2, 3, 4, 5)
LEAD = 30
TARGET = 1.5


def run() -> list[dict[str, Any]]:
    found = []
    for seed in SEEDS:
        rows = labels_of(falling_stories.scored(seed, HEALTH), LEAD).rows
        said = first_calls(rows, [])
        assert said.by_score is not None
        assert said.by_momentum is not None
        found.append((said.by_score, said.by_momentum))
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
