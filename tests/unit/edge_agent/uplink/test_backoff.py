"""Waits are jittered, capped, and forgotten only after minutes of stability."""

import pytest

from edge_agent.uplink.backoff import Backoff

ALMOST_ONE = 1 - 2**-53


def test_ceiling_doubles_up_to_the_cap():
    backoff = Backoff(first_s=1, most_s=10)
    assert [round(backoff.failed(0, ALMOST_ONE)) for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_a_wait_is_any_share_of_the_ceiling():
    assert Backoff(first_s=8).failed(0, 0.0) == 0
    assert Backoff(first_s=8).failed(0, 0.25) == 2


def test_a_short_success_forgets_nothing():
    backoff = Backoff(first_s=1, most_s=60, stable_s=180)
    for _ in range(3):
        backoff.failed(0, 0)
    backoff.succeeded(10)
    assert backoff.failed(189, ALMOST_ONE) == pytest.approx(8)


def test_minutes_of_stability_forget_the_failures():
    backoff = Backoff(first_s=1, most_s=60, stable_s=180)
    for _ in range(3):
        backoff.failed(0, 0)
    backoff.succeeded(10)
    backoff.succeeded(100)  # said again: still stable since 10
    assert backoff.failed(190, ALMOST_ONE) == pytest.approx(1)


def test_thousands_of_failures_do_not_overflow():
    backoff = Backoff(most_s=120, failures=5000)
    assert backoff.failed(0, ALMOST_ONE) == pytest.approx(120)
