"""Laws of the one backoff: bounded, growing with the attempt and with chance, and the documented formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.backoff import delay_s

attempts = st.integers(1, 10**9)
seconds = st.floats(0.001, 86_400)
chances = st.floats(0, 1, exclude_max=True)


@given(attempts, seconds, seconds, chances)
def test_a_delay_is_never_negative_and_never_above_the_largest_ceiling(attempt, first_s, most_s, chance):
    assert 0 <= delay_s(attempt, first_s, most_s, chance) <= most_s


@given(attempts, seconds, seconds, chances)
def test_a_later_attempt_never_waits_less(attempt, first_s, most_s, chance):
    assert delay_s(attempt, first_s, most_s, chance) <= delay_s(attempt + 1, first_s, most_s, chance)


@given(attempts, seconds, seconds, chances, chances)
def test_more_chance_never_waits_less(attempt, first_s, most_s, one, other):
    low, high = sorted((one, other))
    assert delay_s(attempt, first_s, most_s, low) <= delay_s(attempt, first_s, most_s, high)


@given(attempts, seconds, seconds, st.floats(0.5, 1, exclude_max=True))
def test_a_chance_of_at_least_half_waits_at_least_half_of_the_ceiling(attempt, first_s, most_s, chance):
    assert delay_s(attempt, first_s, most_s, chance) >= delay_s(attempt, first_s, most_s, 1.0) / 2


@given(st.integers(1, 40), st.floats(0.001, 10), chances)
def test_the_ceiling_doubles_with_each_attempt_until_it_is_the_largest(attempt, first_s, chance):
    expected = min(60.0, first_s * 2 ** (attempt - 1)) * chance
    assert delay_s(attempt, first_s, 60.0, chance) == pytest.approx(expected)


@given(st.integers(-5, 1), seconds, chances)
def test_the_first_attempt_waits_a_share_of_the_first_ceiling(attempt, first_s, chance):
    assert delay_s(attempt, first_s, first_s * 8, chance) == pytest.approx(first_s * chance)


def test_a_million_failures_do_not_overflow():
    assert delay_s(1_000_000, 1.0, 120.0, 1.0) == 120.0
