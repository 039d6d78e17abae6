"""Weekdays and working days."""

import pytest

from collector.calendar import days

FRIDAY = days.parse("2026-05-29")


@pytest.mark.parametrize("day", range(0, 40_000, 1_237))
def test_the_weekday_is_that_of_the_date(day):
    assert days.weekday(day) == days.as_date(day).weekday()


@pytest.mark.parametrize(
    ("day", "after", "found"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, FRIDAY + 3),
        (FRIDAY + 1, 0, FRIDAY + 3),
        (FRIDAY + 2, 0, FRIDAY + 3),
        (FRIDAY, 5, FRIDAY + 7),
        (FRIDAY, 6, FRIDAY + 10),
    ],
)
def test_a_working_day_is_no_saturday_and_no_sunday(day, after, found):
    assert days.working_day(day, after) == found
