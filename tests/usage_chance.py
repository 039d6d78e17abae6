"""Accounts whose daily counts come from a seed: what anomaly tests and the back-test are measured on. Pure.

Counts are negative binomial (variance = mean + dispersion * mean^2) around a weekly profile, as gamma-mixed Poisson.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Monday to Sunday: an exhibition hall that is fuller at the weekend; the mean is 1
WEEKDAYS = (0.75, 0.8, 0.85, 0.9, 1.0, 1.4, 1.3)
THURSDAY = 3  # day 0 was one


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """`per_day`: mean of a usual day. `weeks`: how much whole weeks vary beyond their days, as a relative deviation."""

    per_day: float
    dispersion: float = 0.15
    weekdays: Sequence[float] = WEEKDAYS
    weeks: float = 0.0


def daily_counts(
    habits: Habits, accounts: int, from_day: int, days: int, level: NDArray[np.float64] | float, seed: int
) -> NDArray[np.int64]:
    """Counts of each account and day. `level` multiplies the mean: one number, or one per account and day."""
    rng = np.random.default_rng(seed)
    factor = np.array(habits.weekdays, dtype=float)
    factor /= factor.mean()
    day = np.arange(from_day, from_day + days)
    mean = habits.per_day * factor[(day + THURSDAY) % 7] * np.broadcast_to(level, (accounts, days))
    if habits.weeks:
        weeks = rng.gamma(1 / habits.weeks**2, habits.weeks**2, (accounts, days // 7 + 1))
        mean = mean * np.repeat(weeks, 7, axis=1)[:, :days]
    size = 1.0 / habits.dispersion
    counts: NDArray[np.int64] = rng.poisson(rng.gamma(size, mean / size))
    return counts
