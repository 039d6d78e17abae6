"""The statistics of one look: for the real draw and each that might have been. Pure."""

from dataclasses import dataclass

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Floats
from collector.skillstore.rollouts.gate.expectation import expect
from collector.skillstore.rollouts.gate.plan import LEFT_OUT_DAYS, Draws, FortnightBefore, RobotDays
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


def wave_scores(draws: Draws, robot_days: RobotDays, past: FortnightBefore, offer: int, until: int) -> WaveScores:
    """Of the days after the offer's first, up to but without `until`; days are columns of `robot_days`."""
    since = slice(offer + LEFT_OUT_DAYS, until)
    delivered = robot_days.delivered[:, since].astype(np.float64)
    days = delivered.sum(axis=1)
    scores = []
    for counts, before in ((robot_days.faults, past.of_faults), (robot_days.uses, past.of_uses)):
        counted = np.einsum("rd,rd->r", counts[:, since], delivered)
        scores.append(scored(draws.cohort, draws.plan.rule, counted, expect(before, counted, days)))
    return WaveScores(*scores)


def scores_of_waves(
    draws: Draws, robot_days: RobotDays, offers: tuple[int, ...], until: int
) -> dict[int, WaveScores]:  # fmt: skip
    """By number of the wave: of those that have a day that counts."""
    past = robot_days.past(draws.cohort)
    return {
        at: wave_scores(draws, robot_days, past, offer, until)
        for at, offer in enumerate(offers)
        if offer + LEFT_OUT_DAYS < until
    }


def statistics_of(draws: Draws, waves: dict[int, WaveScores]) -> DrawStatistics:
    """Over all waves. Raises ValueError where no wave has a day that counts yet."""
    if not waves:
        raise ValueError("no day after the offer has been delivered yet")
    summed = np.zeros((draws.number * draws.cohort.models, 4))
    for at, one in waves.items():
        columns = [one.faults.distance, one.faults.expected, one.uses.distance, one.uses.expected]
        summed += totals(draws.waves[at], columns)
    of_models = summed.reshape(draws.number, draws.cohort.models, 4)
    by_model = standardised(of_models[:, :, 0], of_models[:, :, 1])
    whole = of_models.sum(axis=1)
    worst = int(np.argmax(by_model[0])) if np.isfinite(by_model[0]).any() else None
    return DrawStatistics(
        faults=relative(whole[:, 0], whole[:, 1]),
        use=-relative(whole[:, 2], whole[:, 3]),
        faults_of_a_model=by_model.max(axis=1),
        model_of_real=worst,
        faults_expected=float(whole[0, 1]),
        uses_expected=float(whole[0, 3]),
    )


def statistics(draws: Draws, robot_days: RobotDays, offers: tuple[int, ...], until: int) -> DrawStatistics:
    """The same of counts: `offers` is the day of each wave's offer, as a column of `robot_days`."""
    return statistics_of(draws, scores_of_waves(draws, robot_days, offers, until))
