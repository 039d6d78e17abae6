"""Kaplan-Meier against a worked example of the literature, and what it says while few have arrived."""

import pytest

from collector.accounts.rates.survival import kaplan_meier, time_to_value

# The 21 patients under 6-mercaptopurine of Freireich et al. 1963, the standard worked example. False: censored.
EXAMPLE = [
    (6, True), (6, True), (6, True), (6, False), (7, True), (9, False), (10, True), (10, False), (11, False),
    (13, True), (16, True), (17, False), (19, False), (20, False), (22, True), (23, True), (25, False), (32, False),
    (32, False), (34, False), (35, False),
]  # fmt: skip


def test_the_worked_example():
    curve = kaplan_meier([day for day, _ in EXAMPLE], [seen for _, seen in EXAMPLE])
    assert [(point.day, point.at_risk, round(point.survival, 4)) for point in curve] == [
        (6, 21, 0.8571), (7, 17, 0.8067), (10, 15, 0.7529), (13, 12, 0.6902), (16, 11, 0.6275), (22, 7, 0.5378),
        (23, 6, 0.4482),
    ]  # fmt: skip
    assert (curve[0].low, curve[0].high) == (pytest.approx(0.6197, abs=1e-3), pytest.approx(0.9516, abs=1e-3))
    assert (curve[-1].low, curve[-1].high) == (pytest.approx(0.1881, abs=1e-3), pytest.approx(0.6801, abs=1e-3))


def test_the_median_and_its_interval():
    found = time_to_value(EXAMPLE)
    assert (found.median_days, found.median_low, found.median_high) == (23, 13, None)
    assert (found.customers, found.arrived, found.waiting) == (21, 9, 12)


def test_while_fewer_than_half_have_arrived_there_is_no_median():
    found = time_to_value([(3, True), (10, False), (10, False)])
    assert (found.median_days, found.why) == (None, "fewer than half have arrived")
    assert time_to_value([]).why == "no customers"


def test_not_yet_is_not_never():
    """Two of four arrived on days 2 and 4; the others had only been there for a day."""
    assert time_to_value([(2, True), (4, True), (1, False), (1, False)]).median_days == 2


def test_the_day_on_which_exactly_half_have_arrived_is_the_median():
    """Twelve factors of binary fractions end at 0.5000000000000001."""
    found = time_to_value([(day, True) for day in range(1, 13)] + [(49, True)] * 12)
    assert (found.median_days, found.curve[11].survival) == (12, 0.5)
