"""The statistics of one look: for the real draw and each that might have been. Pure."""

from dataclasses import dataclass

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Floats
from collector.skillstore.rollouts.gate.expectation import expect
from collector.skillstore.rollouts.gate.plan import LEFT_OUT_DAYS, PAST_DAYS, Draws, RobotDays
from collector.skillstore.rollouts.gate.scores import RobotScores, relative, scored, standardised, totals


@dataclass(frozen=True)
class DrawStatistics:
    """One entry a draw, harm positive; the real draw is entry 0. `model`: which model the worst score is of."""

    faults: Floats
    use: Floats
    faults_of_a_model: Floats
    model_of_real: int | None
    faults_expected: float  # of the real draw, weighted: what its rise is a rise of
    uses_expected: float


@dataclass(frozen=True)
class WaveScores:
    """Scores of all robots over the days since the offer of one wave."""

    faults: RobotScores
    uses: RobotScores

    def columns(self, cohort: Cohort) -> list[Floats]:
        """Faults, uses, then faults of each model: distance and expectation in turn."""
        columns = [self.faults.distance, self.faults.expected, self.uses.distance, self.uses.expected]
        for model in range(cohort.models):
            of = cohort.model == model
            columns += [self.faults.distance * of, self.faults.expected * of]
        return columns


def wave_scores(draws: Draws, robot_days: RobotDays, offer: int, until: int) -> WaveScores:
    """Of the days after the offer's first, up to but without `until`; days are columns of `robot_days`."""
    past, since = slice(0, PAST_DAYS), slice(offer + LEFT_OUT_DAYS, until)
    past_days = robot_days.delivered[:, past].sum(axis=1).astype(float)
    days = robot_days.delivered[:, since].sum(axis=1).astype(float)
    scores = []
    for counts in (robot_days.faults, robot_days.uses):
        known = counts * robot_days.delivered
        counted, before = known[:, since].sum(axis=1), known[:, past].sum(axis=1)
        expectation = expect(draws.cohort, counted, days, before, past_days)
        scores.append(scored(draws.cohort, draws.plan.rule, counted, expectation))
    return WaveScores(*scores)


def statistics(draws: Draws, robot_days: RobotDays, offers: tuple[int, ...], until: int) -> DrawStatistics:
    """Over all waves that were offered: `offers` is the day of each wave's offer, as a column of `robot_days`.

    Raises ValueError where no wave has a day that counts yet.
    """
    waves = [at for at, offer in enumerate(offers) if offer + LEFT_OUT_DAYS < until]
    if not waves:
        raise ValueError("no day after the offer has been delivered yet")
    summed = sum(
        totals(draws.waves[at], wave_scores(draws, robot_days, offers[at], until).columns(draws.cohort)) for at in waves
    )
    assert isinstance(summed, np.ndarray)
    by_model = standardised(summed[:, 4::2], summed[:, 5::2])
    worst = int(np.argmax(by_model[0])) if np.isfinite(by_model[0]).any() else None
    return DrawStatistics(
        faults=relative(summed[:, 0], summed[:, 1]),
        use=-relative(summed[:, 2], summed[:, 3]),
        faults_of_a_model=by_model.max(axis=1),
        model_of_real=worst,
        faults_expected=float(summed[0, 1]),
        uses_expected=float(summed[0, 3]),
    )
