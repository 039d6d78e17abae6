"""Since when: the day on which a count most likely broke from one level to another. Pure.

One break, known weekday profile, overdispersed counts: the likelihood of every split is two sums, so the whole scan
is a handful of cumulative sums. A library of general change-point search (ruptures) has no cost for counts with a
known profile and would be slower and a dependency more.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
NEARLY = 1.92  # of log likelihood: half the 95 % point of chi-squared with one degree of freedom


@dataclass(frozen=True, slots=True)
class Break:
    """Positions: the first of the new level, and the range of splits that are nearly as likely. Levels per expected."""

    at: int
    first: int
    last: int
    level_before: float
    level_since: float


def find(counted: Numbers, expected: Numbers, dispersion: float, *, falls: bool, since_min: int = 2) -> Break | None:
    """The most likely break downwards (`falls`) or upwards; None when no split goes that way.

    A day weighs 1 / (1 + dispersion * expected): a busy day says less than its count, since it varies more.
    """
    weight = 1.0 / (1.0 + dispersion * expected)
    counts, means = np.cumsum(counted * weight), np.cumsum(expected * weight)
    splits = np.arange(since_min, len(counted) - since_min + 1)
    if not len(splits) or means[-1] <= 0:
        return None
    x1, m1 = counts[splits - 1], means[splits - 1]
    x2, m2 = counts[-1] - x1, means[-1] - m1
    with np.errstate(divide="ignore", invalid="ignore"):
        level1, level2 = x1 / m1, x2 / m2
        likelihood = _sum_log(x1, level1) + _sum_log(x2, level2)
    right = (level2 < level1) if falls else (level2 > level1)
    sound = right & (m1 > 0) & (m2 > 0)
    if not sound.any():
        return None
    likelihood = np.where(sound, likelihood, -np.inf)
    best = int(likelihood.argmax())
    near = np.flatnonzero(likelihood >= likelihood[best] - NEARLY)
    return Break(
        int(splits[best]), int(splits[near[0]]), int(splits[near[-1]]), float(level1[best]), float(level2[best])
    )


def _sum_log(counts: Numbers, level: Numbers) -> Numbers:
    """X log(level); nothing counted says nothing."""
    found: Numbers = np.where(counts > 0, counts * np.log(np.maximum(level, 1e-12)), 0.0)
    return found
