"""What each robot would have counted had nothing changed, from its own and its account's fortnight before. Pure.

Fitted over all robots of the cohort, drawn or not: only then is every draw judged by the same expectation, and the
comparison with other draws exact.
"""

from dataclasses import dataclass

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Floats, Ints

LEAST_SHARE = 0.1  # of the mean rate of its scene: no robot is expected to count nothing
LEAST_ROBOTS = 20  # a scene with fewer is fitted together with the other small ones
TINY = 1e-9


@dataclass(frozen=True)
class Expectation:
    """One entry a robot. Variance of a count = expected × (1 + extra × expected)."""

    expected: Floats
    extra: float  # ψ, the variance beyond that of chance

    @property
    def weight(self) -> Floats:
        """How much one event of a robot says: less where robots differ more than by chance."""
        return 1 / (1 + self.extra * self.expected)


def expect(cohort: Cohort, counted: Floats, days: Floats, past: Floats, past_days: Floats) -> Expectation:
    """From counts and the days they cover, now and in the fortnight before.

    The rate of a day is a linear function of the robot's own rate and its account's rate before, apart for each scene.
    """
    own = past / np.maximum(past_days, 1)
    account_days = np.maximum(cohort.sums(past_days), 1)
    account = (cohort.sums(past) / account_days)[cohort.account]
    expected = np.zeros(cohort.robots)
    group = _large_scenes(cohort.scene)
    for scene in np.unique(group):
        of = group == scene
        x = np.column_stack((days[of], days[of] * own[of], days[of] * account[of]))
        fitted = x @ np.linalg.lstsq(x, counted[of], rcond=None)[0]
        mean = counted[of].sum() / max(days[of].sum(), 1.0)
        expected[of] = np.maximum(fitted, LEAST_SHARE * mean * days[of])
    expected = np.maximum(expected, TINY)
    beyond = float(((counted - expected) ** 2 - expected).sum() / (expected**2).sum())
    return Expectation(expected, max(beyond, 0.0))


def _large_scenes(scene: Ints) -> Ints:
    small = np.flatnonzero(np.bincount(scene) < LEAST_ROBOTS)
    return np.where(np.isin(scene, small), -1, scene)
