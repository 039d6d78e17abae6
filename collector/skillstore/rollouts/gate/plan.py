"""What a rollout fixes before its first robot: waves, looks, and how often it may halt without a cause. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Flags, Floats, Ints
from collector.skillstore.rollouts.gate.draws import NOBODY, DrawRule, drawn, redrawn
from collector.skillstore.rollouts.gate.expectation import Baseline, baseline_of
from collector.skillstore.rollouts.gate.scores import membership
from collector.skillstore.rollouts.gate.spending import spent

if TYPE_CHECKING:
    from scipy.sparse import csr_array

PAST_DAYS = 14  # the fortnight before the first offer
LEFT_OUT_DAYS = 1  # the day of the offer and the 24 hours after it say what an update does, not what a version does


class GateTest(StrEnum):
    """What may halt a rollout."""

    FAULTS = "faults"
    USE = "use"
    FAULTS_OF_A_MODEL = "faults_of_a_model"


@dataclass(frozen=True)
class Alpha:
    """The chance that a rollout of a harmless version is halted, over all its looks and waves: 4 % in all."""

    faults: float
    use: float
    faults_of_a_model: float

    def of(self, test: GateTest) -> float:
        return {
            GateTest.FAULTS: self.faults,
            GateTest.USE: self.use,
            GateTest.FAULTS_OF_A_MODEL: self.faults_of_a_model,
        }[test]


@dataclass(frozen=True)
class GatePlan:
    """`sizes`: how many robots have been offered the version after each wave, rising. `looks`: over all waves."""

    rule: DrawRule
    sizes: tuple[int, ...]
    looks: int
    alpha: Alpha

    def __post_init__(self) -> None:
        if self.rule is DrawRule.WHOLE_ACCOUNTS and len(self.sizes) > 1:
            raise ValueError("whole accounts go in one wave: the border of two would part an account")
        if list(self.sizes) != sorted(set(self.sizes)) or not self.sizes or self.sizes[0] < 1:
            raise ValueError("sizes rise from wave to wave")

    def allowed(self, test: GateTest, look: int, draws: int) -> int:
        """How many of the draws, the real one among them, may be struck out after a look."""
        return int(spent(self.alpha.of(test), look, self.looks) * draws + 1e-9)


@dataclass(frozen=True)
class Draws:
    """The real draw and those that might have been, one row each; the real one is row 0."""

    cohort: Cohort
    plan: GatePlan
    orders: Ints

    @property
    def number(self) -> int:
        return len(self.orders)

    @cached_property
    def waves(self) -> "tuple[csr_array, ...]":
        """For each wave, which robots of which model each draw puts into it: (draw, model) × robot."""
        begins = (0, *self.plan.sizes[:-1])
        return tuple(
            membership(self.cohort, self.orders[:, begin:end], by_model=True)
            for begin, end in zip(begins, self.plan.sizes, strict=True)
        )

    def real_wave(self, wave: int) -> Ints:
        """The robots that the real draw puts into a wave, as indexes into the cohort."""
        begins = (0, *self.plan.sizes[:-1])
        places = self.orders[0, begins[wave] : self.plan.sizes[wave]]
        return np.sort(places[places != NOBODY]).astype(np.int64)


def draws_of(cohort: Cohort, plan: GatePlan, seed: int, again: int) -> Draws:
    """The draw of a rollout, and `again` further ones by the same rule. Equal arguments give equal draws."""
    size = plan.sizes[-1]
    first = drawn(cohort, plan.rule, size, seed)
    return Draws(cohort, plan, np.vstack((first, redrawn(cohort, plan.rule, size, seed, again))))


@dataclass(frozen=True)
class FortnightBefore:
    """One entry a robot: sums over the fortnight before the first offer, and its days that were delivered.

    A rollout keeps it from its start: every look judges by the same past.
    """

    cohort: Cohort
    faults: Floats
    uses: Floats
    days: Floats

    @cached_property
    def of_faults(self) -> Baseline:
        return baseline_of(self.cohort, self.faults, self.days)

    @cached_property
    def of_uses(self) -> Baseline:
        return baseline_of(self.cohort, self.uses, self.days)


@dataclass(frozen=True)
class RobotDays:
    """Robots × days, from the first of the fortnight before the first offer. What has not arrived counts nothing.

    `delivered` says on which days a robot's counts are complete; a day that is not delivered is unknown, not zero, and
    its counts are left out on both sides. `kept`: the sums of the fortnight where a rollout has them from its start;
    then its columns are not read.
    """

    faults: Floats
    uses: Floats
    delivered: Flags
    kept: FortnightBefore | None = None

    def past(self, cohort: Cohort) -> FortnightBefore:
        """Kept, or summed over the columns of the fortnight."""
        if self.kept is not None:
            return self.kept
        before = self.delivered[:, :PAST_DAYS].astype(np.float64)
        return FortnightBefore(
            cohort,
            (self.faults[:, :PAST_DAYS] * before).sum(axis=1),
            (self.uses[:, :PAST_DAYS] * before).sum(axis=1),
            before.sum(axis=1),
        )

    @property
    def days(self) -> int:
        return int(self.delivered.shape[1])
