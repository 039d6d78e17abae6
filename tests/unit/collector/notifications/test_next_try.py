"""When a delivery that was not taken is tried again."""

from hypothesis import given
from hypothesis import strategies as st

from collector.notifications.queue import DELAY_MAX_S, FIRST_DELAY_S, WEBHOOKS, next_try_s


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_each_wait_is_between_half_of_the_doubled_one_and_all_of_it(tries, chance):
    full = min(DELAY_MAX_S, FIRST_DELAY_S * 2 ** (tries - 1))
    assert full / 2 <= next_try_s(tries, chance) <= full


def test_twelve_tries_take_about_half_a_day():
    hours = sum(next_try_s(tries, 0.5) for tries in range(1, WEBHOOKS.tries_max)) / 3_600
    assert 10 < hours < 16
