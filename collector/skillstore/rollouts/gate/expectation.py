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


@dataclass(frozen=True)
class Baseline:
    """What the fortnight before says of a count: rates of a day of each robot and of its account; robots by scene.

    Made once for a rollout: no look changes it.
    """

    own: Floats
    account: Floats
    scenes: tuple[Ints, ...]


def baseline_of(cohort: Cohort, past: Floats, past_days: Floats) -> Baseline:
    """Of sums over the fortnight before, and of the days of it that were delivered."""
    group = _large_scenes(cohort.scene)
    return Baseline(
        own=past / np.maximum(past_days, 1),
        account=(cohort.sums(past) / np.maximum(cohort.sums(past_days), 1))[cohort.account],
        scenes=tuple(np.flatnonzero(group == scene) for scene in np.unique(group)),
    )


def expect(baseline: Baseline, counted: Floats, days: Floats) -> Expectation:
    """Of a count, and of the days that it covers.

    The rate of a day is a linear function of the robot's own rate and its account's rate before, apart for each scene.
    """
    expected = np.zeros(len(counted))
    for of in baseline.scenes:
        x = np.column_stack((days[of], days[of] * baseline.own[of], days[of] * baseline.account[of]))
        fitted = x @ np.linalg.lstsq(x, counted[of], rcond=None)[0]
        mean = counted[of].sum() / max(days[of].sum(), 1.0)
        expected[of] = np.maximum(fitted, LEAST_SHARE * mean * days[of])
    expected = np.maximum(expected, TINY)
    beyond = float(((counted - expected) ** 2 - expected).sum() / (expected**2).sum())
    return Expectation(expected, max(beyond, 0.0))


def _large_scenes(scene: Ints) -> Ints:
    small = np.flatnonzero(np.bincount(scene) < LEAST_ROBOTS)
    return np.where(np.isin(scene, small), -1, scene)
