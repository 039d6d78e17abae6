"""The draw: random by account, the same for the same seed, a few robots of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.skillstore.rollouts.gate.cohort import Cohort, cohort_of
from collector.skillstore.rollouts.gate.draws import NOBODY, DrawRule, drawn, quotas, redrawn

SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=30)


def a_cohort(sizes: list[int]) -> Cohort:
    account = np.repeat(np.arange(len(sizes)), sizes)
    return Cohort(account, np.zeros_like(account), np.zeros_like(account))


@given(sizes=SIZES, size=st.integers(1, 60), seed=st.integers(0, 2**60))
@settings(max_examples=100)
def test_a_draw_names_each_robot_once_and_as_many_as_there_are(sizes, size, seed):
    order = drawn(a_cohort(sizes), DrawRule.FEW_OF_EACH, size, seed)
    taken = order[order != NOBODY]
    assert len(set(taken.tolist())) == len(taken) == min(size, sum(sizes))


@given(sizes=SIZES, seed=st.integers(0, 2**60))
@settings(max_examples=100)
def test_no_account_gives_more_than_three_or_half_before_all_had_their_turn(sizes, seed):
    cohort = a_cohort(sizes)
    quota = quotas(cohort)
    first = drawn(cohort, DrawRule.FEW_OF_EACH, max(int(quota.sum()), 1), seed)
    if quota.sum():
        assert np.bincount(cohort.account[first], minlength=cohort.accounts).tolist() == quota.tolist()
    assert [q for n, q in zip(sizes, quota, strict=True) if n == 1] == [0] * sizes.count(1)


@given(sizes=SIZES, seed=st.integers(0, 2**60), sooner=st.integers(1, 40), later=st.integers(1, 40))
@settings(max_examples=100)
def test_a_larger_wave_begins_with_the_smaller_one(sizes, seed, sooner, later):
    cohort = a_cohort(sizes)
    whole = drawn(cohort, DrawRule.FEW_OF_EACH, sooner + later, seed)
    if sooner + later <= quotas(cohort).sum():
        assert drawn(cohort, DrawRule.FEW_OF_EACH, sooner, seed).tolist() == whole[:sooner].tolist()


@given(sizes=SIZES, size=st.integers(1, 60), seed=st.integers(0, 2**60))
@settings(max_examples=100)
def test_whole_accounts_are_taken_whole_and_never_the_large_ones(sizes, size, seed):
    cohort = a_cohort(sizes)
    order = drawn(cohort, DrawRule.WHOLE_ACCOUNTS, size, seed)
    taken = np.bincount(cohort.account[order[order != NOBODY]], minlength=cohort.accounts)
    assert all(n in {0, robots} for n, robots in zip(taken, sizes, strict=True))
    assert all(n <= 10 for n in taken)


def test_every_account_is_as_likely_as_another():
    cohort = a_cohort([2, 3, 4, 9, 40, 2, 2, 2])
    orders = redrawn(cohort, DrawRule.FEW_OF_EACH, 2, seed=7, draws=4_000)
    first = np.bincount(cohort.account[orders[:, 0]], minlength=cohort.accounts) / len(orders)
    assert first == pytest.approx(np.full(8, 1 / 8), abs=0.02)


def test_the_same_seed_draws_the_same_on_every_machine():
    """A rollout in progress is judged by the draws it began with: these numbers may never change."""
    assert drawn(a_cohort([2, 3, 4, 9]), DrawRule.FEW_OF_EACH, 6, seed=11).tolist() == FIXED
    assert drawn(a_cohort([2, 3, 4, 9]), DrawRule.FEW_OF_EACH, 6, seed=12).tolist() != FIXED


FIXED = [11, 12, 9, 1, 4, 3]


def test_names_become_numbers_in_the_order_of_the_names():
    cohort = cohort_of(["B", "A", "B"], ["hall"] * 3, ["R2", "R1", "R1"])
    assert (cohort.account.tolist(), cohort.model.tolist(), cohort.robots_of.tolist()) == ([1, 0, 1], [1, 0, 0], [1, 2])


def test_a_robot_without_an_account_is_refused():
    with pytest.raises(ValueError, match="one account"):
        cohort_of(["A"], ["hall", "hall"], ["R1"])
