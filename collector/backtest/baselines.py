"""What the score has to beat, and models that are fitted: penalised logistic regression, calibration. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from collector.backtest.history import Life
from collector.backtest.labels import Labelled
from collector.health.measures.registry import MEASURES

Numbers = NDArray[np.float64]
NO_PENALTY = 1e-6  # the base rate is not drawn to one half; not 0, so that a step always exists
STEPS_MAX, STEP_MAX, STEP_MIN = 40, 2.0, 1e-6
PENALTY = 1.0  # on squared standardised coefficients; a row's log likelihood weighs 1
FAR_DAYS = 730.0  # to a renewal that is not in sight
BENDS_DAYS = (90, 180, 270)  # to a renewal
NEUTRAL = 50.0


class Logistic:
    """A penalised logistic regression. Features are standardised by the rows that it is fitted on."""

    def __init__(self, features: Numbers, lost: NDArray[np.bool_]) -> None:
        from scipy.special import expit  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

        self.mean = features.mean(axis=0)
        spread = features.std(axis=0)
        self.spread = np.where(spread > 0, spread, 1.0)
        x = self._prepared(features)
        y = lost.astype(float)

        penalty = np.full(x.shape[1], PENALTY)
        penalty[0] = NO_PENALTY
        self.beta: Numbers = np.zeros(x.shape[1])
        for _ in range(STEPS_MAX):  # Newton: convex, so that it ends in the one minimum
            p = expit(x @ self.beta)
            slope = x.T @ (p - y) + penalty * self.beta
            step = np.linalg.solve((x.T * (p * (1.0 - p))) @ x + np.diag(penalty), slope)
            self.beta = self.beta - np.clip(step, -STEP_MAX, STEP_MAX)
            if np.abs(step).max() < STEP_MIN:
                break

    def _prepared(self, features: Numbers) -> Numbers:
        return np.column_stack([np.ones(len(features)), (features - self.mean) / self.spread])

    def probability(self, features: Numbers) -> Numbers:
        from scipy.special import expit  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

        found: Numbers = expit(self._prepared(features) @ self.beta)
        return found


def of_score(rows: Sequence[Labelled]) -> Numbers:
    """Risk by the health score."""
    return np.array([100.0 - (NEUTRAL if one.row.final is None else one.row.final) for one in rows])


def of_usage(rows: Sequence[Labelled]) -> Numbers:
    """Risk by total use among peers."""
    shares = (one.row.usage_percentile for one in rows)
    return np.array([0.5 if share is None else 1.0 - share for share in shares])


def tenure_features(rows: Sequence[Labelled], lives: dict[str, Life]) -> Numbers:
    """Days to the renewal and days as a customer, with the bends that a straight line cannot take."""
    found = []
    for one in rows:
        life = lives[one.row.account]
        due = life.next_due(one.row.day)
        left = FAR_DAYS if due is None else min(float(due.due_day - one.row.day), FAR_DAYS)
        age = float(one.row.day - life.since_day)
        found.append([left, *(left <= bend for bend in BENDS_DAYS), age, np.log1p(max(age, 0.0))])
    return np.array(found, dtype=float)


def measure_features(rows: Sequence[Labelled]) -> Numbers:
    """Every measure's score; a missing one is neutral and says that it is missing."""
    values = np.full((len(rows), len(MEASURES)), np.nan)
    for at, one in enumerate(rows):
        values[at] = [np.nan if (v := one.row.scores.get(m)) is None else v for m in MEASURES]
    missing = np.isnan(values)
    return np.column_stack([np.where(missing, NEUTRAL, values), missing])
