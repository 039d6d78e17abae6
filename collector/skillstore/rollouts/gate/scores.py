"""The score of each robot, and the statistic of a draw: how far the drawn robots are from what was expected. Pure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Floats, Ints
from collector.skillstore.rollouts.gate.draws import NOBODY, DrawRule
from collector.skillstore.rollouts.gate.expectation import Expectation

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class RobotScores:
    """One entry a robot: the weighted distance from what was expected, and the weighted expectation."""

    distance: Floats
    expected: Floats


def scored(cohort: Cohort, rule: DrawRule, counted: Floats, expectation: Expectation) -> RobotScores:
    """The negative-binomial score of each robot, with what its account explains taken away.

    With a few robots of each account, the account's own level (shrunken by how much its counts can say) is subtracted:
    the rest of the account is the control. With whole accounts that would subtract the effect, so an account weighs
    less instead, the more accounts differ.
    """
    weight = expectation.weight
    distance = weight * (counted - expectation.expected)
    expected = weight * expectation.expected
    of_account, weight_of_account = cohort.sums(distance), cohort.sums(expected)
    between = _between(of_account, weight_of_account)
    if rule is DrawRule.WHOLE_ACCOUNTS:
        less = (1 / (1 + between * weight_of_account))[cohort.account]
        return RobotScores(distance * less, expected * less)
    level = between * of_account / (1 + between * weight_of_account)
    return RobotScores(distance - expected * level[cohort.account], expected)


def _between(distance: Floats, expected: Floats) -> float:
    """κ, the variance of relative levels between accounts, by moments."""
    return max(float((distance**2 - expected).sum() / max((expected**2).sum(), 1e-12)), 0.0)


def membership(cohort: Cohort, orders: Ints, *, by_model: bool = False) -> "csr_array":
    """Draws × robots: 1 where a draw takes the robot. `orders` is draws × places, -1 where a place is empty.

    `by_model`: a row for each draw and model instead, the models of a draw one after another. A robot has one model, so
    that one pass over the rows gives the sums of every model, and theirs the draw's.
    """
    here = orders != NOBODY
    row = np.repeat(np.arange(len(orders)), here.sum(axis=1))
    taken, parts = orders[here], 1
    if by_model:
        parts = cohort.models
        row = row * parts + cohort.model[taken]
    from scipy.sparse import csr_array  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    return csr_array((np.ones(len(taken)), (row, taken)), shape=(len(orders) * parts, cohort.robots))


def totals(member: "csr_array", columns: list[Floats]) -> Floats:
    """Sums of values of robots over each row of a membership: rows × columns."""
    return np.asarray(member @ np.column_stack(columns))


def relative(distance: Floats, expected: Floats) -> Floats:
    """The rise of each draw against what was expected of it: 0.3 is 30 % more."""
    return distance / np.maximum(expected, 1e-12)


def standardised(distance: Floats, expected: Floats) -> Floats:
    """Scores that can be compared between models: draws × models. A draw without a robot of a model says nothing of it.

    Distances are divided by what chance gives them, then by what the draws themselves show.
    """
    score = np.where(expected > 0, distance / np.sqrt(np.maximum(expected, 1e-12)), np.nan)
    known = np.isfinite(score)
    n = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, score, 0).sum(axis=0) / n
    spread = np.sqrt(np.where(known, (score - mean) ** 2, 0).sum(axis=0) / n)
    return np.where(known & (spread > 0), (score - mean) / np.maximum(spread, 1e-12), -np.inf)
