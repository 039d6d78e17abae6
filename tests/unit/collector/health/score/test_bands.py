"""Bands: inclusive borders, three points or two days, exceptions at once, coverage."""

import pytest

from collector.built_in import HEALTH as DEFAULT
from collector.health.model import Previous
from collector.health.score.bands import Banded, decide

T = 20_500


def banded(number, before=None, *, coverage=1.0, candidate=None, candidate_days=0, ago=1, **more):
    previous = None
    if before is not None:
        previous = Previous(day=T - ago, band=before, candidate_band=candidate, candidate_days=candidate_days)
    return decide(number, coverage, T, previous, DEFAULT, **more)


@pytest.mark.parametrize(
    ("number", "band"), [(0, "red"), (39.99, "red"), (40, "yellow"), (69.99, "yellow"), (70, "green"), (100, "green")]
)
def test_borders_are_lower_bounds(number, band):
    assert banded(number) == Banded(band)


@pytest.mark.parametrize(
    ("number", "before", "after"),
    [
        (68, "green", Banded("green", "yellow", 1)),  # not yet
        (67, "green", Banded("yellow")),  # three points beyond
        (71, "yellow", Banded("yellow", "green", 1)),
        (73, "yellow", Banded("green")),
        (71, "red", Banded("yellow", "green", 1)),  # well beyond the first border, not beyond the second
        (39, "green", Banded("yellow", "red", 1)),
        (30, "green", Banded("red")),
    ],
)
def test_a_band_changes_three_points_beyond_the_border(number, before, after):
    assert banded(number, before) == after


def test_or_on_the_second_day_in_a_row():
    assert banded(69, "green", candidate="yellow", candidate_days=1) == Banded("yellow")
    assert banded(69, "green", candidate="yellow", candidate_days=1, ago=2) == Banded("green", "yellow", 1)
    assert banded(70, "green", candidate="yellow", candidate_days=1) == Banded("green")


def test_an_exception_acts_at_once_and_what_is_long_past_or_grey_holds_nothing():
    assert banded(69, "green", at_once=True) == Banded("yellow")
    assert banded(69, "green", ago=8) == Banded("yellow")
    assert banded(71, "grey") == Banded("green")


def test_coverage_below_three_quarters_is_not_green_and_below_three_fifths_grey():
    assert banded(90, coverage=0.75) == Banded("green")
    assert banded(90, coverage=0.7499) == Banded("yellow")
    assert banded(90, "green", coverage=0.7) == Banded("yellow")
    assert banded(90, "yellow", coverage=0.6) == Banded("yellow")
    assert banded(90, "green", coverage=0.5999) == Banded("grey")
    assert banded(None) == Banded("grey")


def test_what_is_alarming_by_itself_is_red_however_little_is_known():
    assert banded(20, coverage=0.2, alarmed=True) == Banded("red")


def test_a_coverage_at_the_border_is_enough():
    border = DEFAULT.coverage.grey_below
    assert banded(80, coverage=border) == Banded("yellow")
    assert banded(80, coverage=border - 0.001) == Banded("grey"), "the control"
