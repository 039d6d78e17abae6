"""Does the unfitted score foretell on data that nobody of this project made? (collector/health, held out)

Ten seeds of the simulator of `fightchurn` (configuration crm6) in two worlds, with a scene that has a target in the
policy and one without, and the CDNOW sample that `lifetimes` carries. Neither has ever been tuned on: what the model
was tuned on are the generators of tests/foreign_portfolios.py. Both packages live in an environment of their own;
FOREIGN_PYTHON names its interpreter (docs/bench.md says how to make it).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from scipy.stats import t as student

from collector.backtest import baselines, ranking
from collector.backtest.labels import labels_of
from collector.backtest.scored import history_of
from collector.built_in import HEALTH
from tests.bench import Absent
from tests.foreign_portfolios import DAY0, RATES, Counted, pasts_of

SEEDS = tuple(range(7101, 7111))
LEAD = 30
WORLDS = {"with a target": "exhibition_hall", "without a target": "bureau"}
DEALT_ANEW = 12
DRAWN, DRAWN_BY = 700, 20_261_130  # customers of CDNOW
BEGAN, BOUGHT_FROM, DUE, BOUGHT_TO = date(1997, 1, 1), date(1997, 10, 1), date(1997, 12, 31), date(1998, 3, 31)
MAKER = Path(__file__).with_name("foreign_data.py")


@dataclass(frozen=True)
class Figures:
    """AUC of the score, of total use, of the score against labels that are dealt anew; lift at 10 %."""

    score: float
    use: float
    null: float
    lift: float


def run() -> list[dict[str, Any]]:
    """Rows of both worlds, paired by seed, and of CDNOW."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        made = {seed: _made(Path(folder) / f"{seed}.npz", "crm6", str(seed)) for seed in SEEDS}
        bought = _made(Path(folder) / "cdnow.npz", "cdnow")
        found = {
            world: [judged(*_customers(path), scene, due_only=False) for path in made.values()]
            for world, scene in WORLDS.items()
        }
        better = max(found, key=lambda world: mean(one.score for one in found[world]))
        for world, of in found.items():
            rows += _world_rows(world, of, 0.68 if world == better else 0.66)
        of = judged(*_silent(bought), scene="shop", due_only=True)
    rows.append({
        "name": "CDNOW, customers who fall silent: AUC of the score", "value": of.score, "unit": "AUC",
        "target": "≥ 0.75", "met": of.score >= 0.75, "baseline": f"total use {of.use:.3f}", "ratio": of.score / of.use,
    })  # fmt: skip
    return rows


def _world_rows(world: str, of: Sequence[Figures], reach: float) -> list[dict[str, Any]]:
    gains = [one.score - one.use for one in of]
    half = float(student.ppf(0.975, len(gains) - 1)) * stdev(gains) / len(gains) ** 0.5
    low, gain, null = mean(gains) - half, mean(gains), mean(one.null for one in of)
    scores = " ".join(f"{one.score:.3f}" for one in of)
    print(f"  {world}: {scores}; less total use: {' '.join(f'{gain:+.3f}' for gain in gains)}", flush=True)
    value, use = mean(one.score for one in of), mean(one.use for one in of)
    name = f"crm6, {world}, {len(of)} seeds"
    return [
        {
            "name": f"{name}: AUC of the score", "value": value, "unit": "AUC", "target": f"≥ {reach}",
            "met": value >= reach, "baseline": f"total use {use:.3f}", "ratio": value / use,
        },
        {
            "name": f"{name}: score less total use (95 % from {low:+.3f} to {gain + half:+.3f})", "value": gain,
            "unit": "AUC", "target": "≥ 0.04, lower bound above 0", "met": gain >= 0.04 and low > 0,
        },
        {
            "name": f"{name}: labels dealt anew", "value": null, "unit": "AUC", "target": "0.45 to 0.55",
            "met": 0.45 <= null <= 0.55,
        },
        {"name": f"{name}: lift at 10 %", "value": mean(one.lift for one in of), "unit": "times"},
    ]  # fmt: skip


def judged(customers: Sequence[Counted], kinds: Sequence[str], days: int, scene: str, *, due_only: bool) -> Figures:
    """Back-tested as three files are, at a lead of 30 days; nothing is fitted."""
    history = history_of(pasts_of(customers, kinds, scene), DAY0 + days - 1, RATES, HEALTH)
    rows = [one for one in labels_of(history, LEAD).rows if one.due or not due_only]
    lost = np.array([one.lost for one in rows])
    risk, use = baselines.of_score(rows), baselines.of_usage(rows)
    rng = np.random.default_rng(len(rows))
    null = [ranking.auc(risk, rng.permutation(lost)) or 0.0 for _ in range(DEALT_ANEW)]
    return Figures(
        ranking.auc(risk, lost) or 0.0, ranking.auc(use, lost) or 0.0, mean(null), ranking.lift(risk, lost, 0.1) or 0.0
    )


def _customers(path: Path) -> tuple[list[Counted], list[str], int]:
    """The most frequent kind is the interaction, each other one a skill's own counter."""
    with np.load(path) as made:
        counts, ends = made["counts"], np.cumsum(made["length"])
        often = int(counts.sum(axis=0).argmax())
        kinds = ["interaction" if at == often else f"{name}.uses" for at, name in enumerate(made["kinds"])]
        found = [
            Counted(int(first), counts[end - length : end], int(notice))
            for first, length, end, notice in zip(made["first"], made["length"], ends, made["notice"], strict=True)
        ]
        return found, kinds, int(made["days"])


def _silent(path: Path) -> tuple[list[Counted], list[str], int]:
    """One contract due on the last day of 1997, lost when nothing is bought in the three months on either side."""
    customers, _, days = _customers(path)
    chosen = np.random.default_rng(DRAWN_BY).choice(len(customers), DRAWN, replace=False)
    begins, due, ends = ((day - BEGAN).days for day in (BOUGHT_FROM, DUE, BOUGHT_TO))
    found = []
    for at in chosen:
        one = customers[at]
        bought = one.counts[max(begins - one.first, 0) : ends - one.first + 1].sum()
        found.append(Counted(one.first, one.counts, due=due, lost=bool(bought == 0)))
    return found, ["interaction"], days


def _made(path: Path, *what: str) -> Path:
    interpreter = os.environ.get("FOREIGN_PYTHON", sys.executable)
    try:
        done = subprocess.run(
            [interpreter, str(MAKER), *what, str(path)], capture_output=True, text=True, timeout=900, check=False
        )
    except OSError as error:
        raise Absent(f"FOREIGN_PYTHON={interpreter} does not start ({error.strerror}); docs/bench.md") from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise Absent(f"it lacks fightchurn and lifetimes: FOREIGN_PYTHON names who has them (docs/bench.md); {said}")
    return path
