"""One look after another: what is struck out stays out, and the first test that finds harm halts the rollout. Pure."""

from dataclasses import dataclass, replace

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Flags
from collector.skillstore.rollouts.gate.plan import Draws, GateTest
from collector.skillstore.rollouts.gate.spending import judged
from collector.skillstore.rollouts.gate.statistics import DrawStatistics

LEAST_ACCOUNTS_FOR_USE = 10


@dataclass(frozen=True)
class Struck:
    """The draws that earlier looks have struck out, one flag each without the real draw."""

    faults: Flags
    use: Flags
    faults_of_a_model: Flags


def none_struck(draws: Draws) -> Struck:
    nothing = np.zeros(draws.number - 1, dtype=bool)
    return Struck(nothing, nothing, nothing)


@dataclass(frozen=True)
class JudgedLook:
    """What a look found: the tests that halt, and the state that the next look begins with."""

    halted_by: tuple[GateTest, ...]
    struck: Struck


def judge(draws: Draws, found: DrawStatistics, struck: Struck, look: int, *, use_counts: bool) -> JudgedLook:
    """Look number `look` (1 … looks of the plan). A look that was skipped spends nothing: the next may use its share.

    `use_counts` is False where the waves have too few accounts for a verdict on use.
    """
    halted: list[GateTest] = []
    for test in GateTest:
        if test is GateTest.USE and not use_counts:
            continue
        values = getattr(found, test.value)
        allowed = draws.plan.allowed(test, look, draws.number)
        real = float(values[0]) if values[0] > 0 else float("-inf")  # what is not above what was expected is no harm
        halts, out = judged(real, values[1:], getattr(struck, test.value), allowed)
        struck = replace(struck, **{test.value: out})
        if halts:
            halted.append(test)
    return JudgedLook(tuple(halted), struck)
