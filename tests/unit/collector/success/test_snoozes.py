"""Until when a call may be put away by a word: working days, and never later than the playbooks allow."""

import pytest

from collector.calendar import days
from collector.success.snoozes import snooze_days

MONDAY = days.parse("2026-11-30")


@pytest.mark.parametrize(
    ("today", "ahead"), [(MONDAY, [1, 7, 14]), (MONDAY + 3, [1, 4, 11]), (MONDAY + 4, [3, 10]), (MONDAY + 6, [1, 8])]
)
def test_it_is_the_next_working_day_and_two_mondays(today, ahead):
    assert [day - today for day in snooze_days(today, 60)] == ahead


def test_what_the_playbooks_do_not_allow_is_not_offered():
    assert [day - MONDAY for day in snooze_days(MONDAY, 11)] == [1, 7]
    assert snooze_days(MONDAY, 0) == ()
