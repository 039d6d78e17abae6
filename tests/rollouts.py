"""Rollouts of a simulated fleet, judged look by look; and the tests that the field uses instead, as controls."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from collector.skillstore.rollouts.gate.cohort import Cohort, Floats, Ints
from collector.skillstore.rollouts.gate.draws import NOBODY, DrawRule, drawn, redrawn
from collector.skillstore.rollouts.gate.looks import LEAST_ACCOUNTS_FOR_USE, judge, none_struck
from collector.skillstore.rollouts.gate.plan import Alpha, Draws, GatePlan, GateTest, RobotDays
from collector.skillstore.rollouts.gate.spending import spent
from collector.skillstore.rollouts.gate.statistics import statistics
from simulators.rollout_world import CountHabit, FleetDays, Harm, RolloutFleet, a_fleet

ALPHA = Alpha(faults=0.015, use=0.015, faults_of_a_model=0.01)
PAST = 14
LOOKS = 13
NOTHING = Harm()


@dataclass(frozen=True)
class Halt:
    """On which day after the offer, and by what."""

    day: int
    by: tuple[GateTest, ...]


def cohort_of_fleet(fleet: RolloutFleet) -> Cohort:
    return Cohort(fleet.account, fleet.scene, fleet.model)


def plan_of(
    *sizes: int, rule: DrawRule = DrawRule.FEW_OF_EACH, looks: int = LOOKS, alpha: Alpha = ALPHA
) -> GatePlan:  # fmt: skip
    return GatePlan(rule, sizes, looks, alpha)


class Tried:
    """One fleet, on which rollouts are tried again and again; its further draws are made once."""

    def __init__(self, seed: int, plan: GatePlan, draws: int, accounts: int = 400) -> None:
        self.rng = np.random.default_rng(seed)
        self.fleet, self.plan = a_fleet(self.rng, accounts), plan
        self.cohort = cohort_of_fleet(self.fleet)
        self.again = redrawn(self.cohort, plan.rule, plan.sizes[-1], seed, draws)

    def real(self) -> Ints:
        return drawn(self.cohort, self.plan.rule, self.plan.sizes[-1], int(self.rng.integers(2**60)))

    def days(self, habit: CountHabit, days: int = PAST + 1 + LOOKS) -> FleetDays:
        return FleetDays(self.rng, self.fleet, habit, days, PAST)

    def rollout(self, habit: CountHabit, harm: Harm = NOTHING, orders: Ints | None = None) -> Halt | None:
        """One wave; the first halt, or None. `orders` are further draws that do not follow the rule, for a control."""
        real, days = self.real(), self.days(habit)
        days.install(real[real != NOBODY], harm, PAST)
        again = self.again if orders is None else orders
        return self.judged(Draws(self.cohort, self.plan, np.vstack((real, again))), robot_days(days), (PAST,))

    def judged(self, draws: Draws, found: RobotDays, offers: tuple[int, ...]) -> Halt | None:
        struck = none_struck(draws)
        few = len(np.unique(self.cohort.account[draws.real_wave(0)])) < LEAST_ACCOUNTS_FOR_USE
        for look in range(1, self.plan.looks + 1):
            until = PAST + 1 + look
            judgement = judge(
                draws, statistics(draws, found, offers, until), struck, look, use_counts=not few
            )  # fmt: skip
            struck = judgement.struck
            if judgement.halted_by:
                return Halt(look + 1, judgement.halted_by)
        return None


def robot_days(days: FleetDays) -> RobotDays:
    faults, uses = days.counts()
    return RobotDays(faults, uses, np.ones(faults.shape, dtype=bool))


def shuffled_robots(cohort: Cohort, size: int, seed: int, draws: int) -> Ints:
    """Draws of robots instead of accounts, as if one robot said nothing of the next: not how the real one was made."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(cohort.robots)[:size] for _ in range(draws)])


def halted_by_totals(found: RobotDays, wave: Ints, robots: int) -> bool:
    """The field's usual comparison: a rate of all updated robots against that of all others, by a Poisson test."""
    of = np.zeros(robots, dtype=bool)
    of[wave] = True
    for look in range(1, LOOKS + 1):
        since = slice(PAST + 1, PAST + 1 + look)
        if any(
            sign * _z(counts[of, since], counts[~of, since]) > norm.isf(_fresh(look))
            for counts, sign in ((found.faults, 1.0), (found.uses, -1.0))
        ):
            return True
    return False


def _fresh(look: int) -> float:
    """What a look may spend of 2.5 %."""
    return spent(0.025, look, LOOKS) - (spent(0.025, look - 1, LOOKS) if look > 1 else 0.0)


def _z(updated: Floats, others: Floats) -> float:
    rate = others.mean()
    return float((updated.sum() - updated.size * rate) / np.sqrt(max(updated.size * rate, 1e-9)))
