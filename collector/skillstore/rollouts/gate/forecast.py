"""How likely the gate would see a stated change, before the rollout begins: on the fleet's own last four weeks. Pure.

Two weeks stand for the past, two for the rollout. Robots are drawn as the plan draws them, the change is put into the
counts of those that would have installed, and the same boundary judges them. No spread is typed in: it is the fleet's.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Floats, Ints
from collector.skillstore.rollouts.gate.draws import NOBODY, drawn, redrawn
from collector.skillstore.rollouts.gate.expectation import baseline_of, expect
from collector.skillstore.rollouts.gate.plan import LEFT_OUT_DAYS, PAST_DAYS, GatePlan, GateTest, RobotDays
from collector.skillstore.rollouts.gate.scores import membership, relative, scored, totals
from collector.skillstore.rollouts.gate.spending import limits

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ENOUGH = 0.8  # a gate that would miss one harmful version in five has seen too little
LARGER = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # canaries that are tried where the planned one is too small
LONGEST_DAYS = 60


@dataclass(frozen=True)
class PlantedChange:
    """What a version might do: faults times `factor`, or use times `factor` (0.8 is a fifth less)."""

    test: GateTest
    factor: float


@dataclass(frozen=True)
class Effort:
    """How much is computed: placebo rollouts, and draws that make the boundary. `refusing` is a share of robots."""

    placebos: int
    draws: int
    refusing: float
    most_robots: int  # a larger fleet is forecast on a random part of its accounts


@dataclass(frozen=True)
class Forecast:
    """`power[i]` is the chance that the change has halted the rollout by the end of look i + 1.

    `robots` and `days` say what would be enough where the plan is not; None where nothing tried is.
    """

    change: PlantedChange
    power: tuple[float, ...]
    robots: int | None
    days: int | None

    @property
    def is_enough(self) -> bool:
        return self.power[-1] >= ENOUGH

    @property
    def day_of_enough(self) -> int | None:
        """The first day after the offer on which the gate has seen enough."""
        return next((at + 1 + LEFT_OUT_DAYS for at, chance in enumerate(self.power) if chance >= ENOUGH), None)


def forecast(
    cohort: Cohort, plan: GatePlan, robot_days: RobotDays, change: PlantedChange, effort: Effort, seed: int
) -> Forecast:
    """For the first wave of a plan. `robot_days` are the last PAST_DAYS + 1 + looks days of the cohort."""
    world = _Placebo(cohort, plan, robot_days, change, effort, seed)
    size = min(plan.sizes[0], cohort.robots)
    null = world.null(size)
    boundary = limits(null, [plan.allowed(change.test, look + 1, effort.draws + 1) for look in range(plan.looks)])
    shown = world.shown(size)
    power = np.maximum.accumulate(shown > boundary, axis=1).mean(axis=0)
    result = Forecast(change, tuple(float(each) for each in power), None, None)
    if result.is_enough:
        return result
    may_halt = np.flatnonzero(np.isfinite(boundary))
    if not len(may_halt):  # so few draws that no look may strike one out: nothing would be seen, however long
        return result
    reach = float(shown[:, -1].mean())
    last = int(may_halt[-1])  # with few draws the last looks may have none to strike out
    z = float(boundary[last] / max(null[:, last].std(), 1e-12))
    return replace(result, robots=_robots(world, size, reach, z), days=_days(null, reach, z, change))


def _chance(reach: float, spread: float, z: float, factor: float) -> float:
    """Of passing the last boundary: `reach` is the mean statistic under the change, `spread` without it."""
    wider = sqrt(factor) if factor > 1 else (1 + factor) / 2
    from scipy.special import ndtr  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    return float(ndtr((reach / max(spread, 1e-12) - z) / wider))


def _robots(world: "_Placebo", size: int, reach: float, z: float) -> int | None:
    for times in LARGER:
        larger = int(size * times)
        if larger * 2 > world.cohort.robots:
            return None
        if _chance(reach, float(world.last_null(larger).std()), z, world.change.factor) >= ENOUGH:
            return larger
    return None


def _days(null: Floats, reach: float, z: float, change: PlantedChange) -> int | None:
    """The variance of a relative difference falls as a + b / days; fitted on the looks, read off further on."""
    day = np.arange(1, null.shape[1] + 1)
    design = np.column_stack((np.ones(len(day)), 1 / day))
    a, b = np.linalg.lstsq(design, null.var(axis=0), rcond=None)[0]
    for days in range(null.shape[1] + 1, LONGEST_DAYS + 1):
        if _chance(reach, sqrt(max(a + b / days, 1e-12)), z, change.factor) >= ENOUGH:
            return days + LEFT_OUT_DAYS
    return None


class _Placebo:
    """The fleet's last weeks as if a rollout had begun in their middle."""

    def __init__(
        self, cohort: Cohort, plan: GatePlan, robot_days: RobotDays, change: PlantedChange, effort: Effort, seed: int
    ) -> None:
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.seed, self.plan, self.change, self.effort = seed, plan, change, effort
        part = self._part(cohort)
        account = np.unique(cohort.account[part], return_inverse=True)[1]
        self.cohort = Cohort(account, cohort.scene[part], cohort.model[part])
        self.delivered = robot_days.delivered[part].astype(float)
        counts = robot_days.uses if change.test is GateTest.USE else robot_days.faults
        self.counts = counts[part] * self.delivered
        self.uses_past = (robot_days.uses[part] * self.delivered)[:, :PAST_DAYS].sum(axis=1)
        past_days = self.delivered[:, :PAST_DAYS].sum(axis=1)
        self.baseline = baseline_of(self.cohort, self.counts[:, :PAST_DAYS].sum(axis=1), past_days)

    def _part(self, cohort: Cohort) -> Ints:
        most = max(self.effort.most_robots, 10 * self.plan.sizes[0])
        if cohort.robots <= most:
            return np.arange(cohort.robots)
        order = np.argsort(self.rng.random(cohort.accounts), kind="stable")
        rank = np.empty(cohort.accounts, dtype=np.int64)
        rank[order] = np.arange(cohort.accounts)
        kept = np.searchsorted(np.cumsum(cohort.robots_of[order]), most)
        return np.flatnonzero(rank[cohort.account] <= kept)

    def _scores(self, counts: Floats, look: int) -> tuple[Floats, Floats]:
        since = slice(PAST_DAYS + LEFT_OUT_DAYS, PAST_DAYS + LEFT_OUT_DAYS + look)
        counted, days = counts[:, since].sum(axis=1), self.delivered[:, since].sum(axis=1)
        found = scored(self.cohort, self.plan.rule, counted, expect(self.baseline, counted, days))
        return found.distance, found.expected

    @property
    def sign(self) -> float:
        return -1.0 if self.change.test is GateTest.USE else 1.0

    def null(self, size: int) -> Floats:
        """Draws × looks, nothing changed."""
        member = membership(self.cohort, redrawn(self.cohort, self.plan.rule, size, self.seed, self.effort.draws))
        looks = range(1, self.plan.looks + 1)
        return np.column_stack([self._rise(member, look) for look in looks])

    def last_null(self, size: int) -> Floats:
        """Draws at the last look, for another size."""
        member = membership(self.cohort, redrawn(self.cohort, self.plan.rule, size, self.seed, self.effort.draws // 4))
        return self._rise(member, self.plan.looks)

    def _rise(self, member: "csr_array", look: int) -> Floats:
        distance, expected = totals(member, list(self._scores(self.counts, look))).T
        rise: Floats = self.sign * relative(distance, expected)
        return rise

    def shown(self, size: int) -> Floats:
        """Placebo rollouts × looks: the statistic of robots whose counts have the change in them."""
        found = np.empty((self.effort.placebos, self.plan.looks))
        for at in range(self.effort.placebos):
            order = drawn(self.cohort, self.plan.rule, size, self.seed + 1 + at)
            wave = order[order != NOBODY]
            counts = self._changed(wave)
            for look in range(1, self.plan.looks + 1):
                distance, expected = self._scores(counts, look)
                found[at, look - 1] = self.sign * distance[wave].sum() / max(expected[wave].sum(), 1e-12)
        return found

    def _changed(self, wave: Ints) -> Floats:
        """Busy robots refuse more often: they are drawn by the square of their use."""
        busy = self.uses_past[wave] ** 2 + 1e-9
        refusing = self.rng.choice(
            len(wave), size=round(self.effort.refusing * len(wave)), replace=False, p=busy / busy.sum()
        )
        changed = np.delete(wave, refusing)
        counts: Floats = self.counts.copy()
        after = counts[changed, PAST_DAYS:]
        if self.change.factor < 1:
            counts[changed, PAST_DAYS:] = self.rng.binomial(after.astype(np.int64), self.change.factor)
        else:
            own = self.counts[changed].sum(axis=1, keepdims=True) + self.counts.mean()
            rate = own / (self.delivered[changed].sum(axis=1, keepdims=True) + 1)
            more = (self.change.factor - 1) * rate * self.delivered[changed, PAST_DAYS:]
            counts[changed, PAST_DAYS:] = after + self.rng.poisson(more)
        return counts
