"""What each look may spend, and what stays struck out."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.skillstore.rollouts.gate.spending import judged, limits, spent

LOOKS = 13


def test_all_is_spent_at_the_last_look_and_more_at_each():
    shares = [spent(0.04, look, LOOKS) for look in range(1, LOOKS + 1)]
    assert shares[-1] == pytest.approx(0.04)
    assert all(sooner < later for sooner, later in itertools.pairwise(shares))


@pytest.mark.parametrize("look", [0, 14])
def test_a_look_that_is_not_planned_is_refused(look):
    with pytest.raises(ValueError, match="look"):
        spent(0.04, look, LOOKS)


@given(seed=st.integers(0, 10_000), draws=st.integers(20, 300))
@settings(max_examples=60)
def test_the_limits_halt_exactly_where_the_judge_does(seed, draws):
    rng = np.random.default_rng(seed)
    others, real = rng.normal(size=(draws, LOOKS)).cumsum(axis=1), rng.normal(size=LOOKS).cumsum() * 2
    allowed = [int(spent(0.2, look, LOOKS) * draws) for look in range(1, LOOKS + 1)]
    struck, halted = np.zeros(draws, dtype=bool), None
    for look in range(LOOKS):
        halts, struck = judged(float(real[look]), others[:, look], struck, allowed[look])
        if halts:
            halted = look
            break
    above = np.flatnonzero(real > limits(others, allowed))
    assert halted == (int(above[0]) if len(above) else None)


def test_of_draws_that_are_all_alike_none_halts():
    """A tie is not worse."""
    assert judged(0.0, np.zeros(99), np.zeros(99, dtype=bool), 50)[0] is False


@pytest.mark.parametrize("stays", [True, False], ids=["stays out", "control"])
def test_the_chance_of_a_false_halt_is_what_is_allowed(stays):
    """Over all looks together, for a real draw that is one of the draws. Control: looks that forget spend anew."""
    rng = np.random.default_rng(5)
    halts = 0
    runs, draws, alpha = 1_500, 199, 0.1
    allowed = [int(spent(alpha, look, LOOKS) * (draws + 1) + 1e-9) for look in range(1, LOOKS + 1)]
    for _ in range(runs):
        paths = rng.normal(size=(draws + 1, LOOKS)).cumsum(axis=1)
        struck = np.zeros(draws, dtype=bool)
        for look in range(LOOKS):
            halted, struck = judged(float(paths[0, look]), paths[1:, look], struck, allowed[look])
            if halted:
                halts += 1
                break
            if not stays:
                struck = np.zeros(draws, dtype=bool)
    assert (halts / runs < 0.1 + 0.02) is stays
