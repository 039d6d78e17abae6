"""When a place is open: weekdays, closures, hours past midnight, half hours; and hours that nobody has entered."""

from collector.accounts.ledger.kinds.who import Closure, Site
from collector.calendar.days import HOUR_S
from collector.calendar.opening import any_open, is_open, open_hours

THURSDAY = 7  # 1970-01-08
MONDAY, SUNDAY = THURSDAY + 4, THURSDAY + 3
HALL = Site(id="s", account="A", name="hall", open_weekdays="1111110", opens="09:00", closes="17:30")
BAR = Site(id="b", account="A", name="bar", open_weekdays="1111111", opens="18:00", closes="02:00")


def closed_on(day, site=None):
    return Closure(id="c", account="A", from_day=day, to_day=day, site=site)


def test_a_place_opens_on_its_weekdays_unless_it_is_closed():
    assert is_open(HALL, (), MONDAY)
    assert not is_open(HALL, (), SUNDAY)
    assert not is_open(HALL, (closed_on(MONDAY),), MONDAY)
    assert is_open(HALL, (closed_on(MONDAY, site="other"),), MONDAY)


def test_something_is_open_while_one_place_is():
    assert any_open((HALL, BAR), (), SUNDAY)
    assert not any_open((HALL, BAR), (closed_on(SUNDAY, site="b"),), SUNDAY)
    assert any_open((), (), MONDAY), "without a place nothing is known to be closed"
    assert not any_open((), (closed_on(MONDAY),), MONDAY)


def test_a_place_that_does_not_exist_on_a_day_is_not_open_on_it():
    new = Site(id="n", account="A", name="new", from_day=MONDAY, to_day=MONDAY)
    assert [is_open(new, (), day) for day in (MONDAY - 1, MONDAY, MONDAY + 1)] == [False, True, False]
    assert any_open((new,), (), MONDAY - 1), "no place existed then, and nothing was closed"


def site(opens="10:00", closes="22:00", weekdays="1111111"):
    return Site(id="s", account="A", name="Hall", opens=opens, closes=closes, open_weekdays=weekdays)


def test_a_day_has_its_hours_and_halves_of_them():
    hours = open_hours(site("09:30", "17:15"), (), THURSDAY)
    assert (hours[8], hours[9], hours[16], hours[17], hours[18]) == (0, 1800, 3600, 900, 0)
    assert sum(open_hours(site("00:00", "24:00"), (), THURSDAY)) == 24 * HOUR_S


def test_a_night_counts_on_the_day_that_it_falls_on():
    ktv = site("18:00", "02:00", weekdays="0001000")  # opens on Thursdays
    assert sum(open_hours(ktv, (), THURSDAY)) == 6 * HOUR_S
    assert open_hours(ktv, (), THURSDAY + 1)[:3] == (HOUR_S, HOUR_S, 0)
    assert sum(open_hours(ktv, (), THURSDAY + 2)) == 0


def test_a_closed_day_has_no_hours_and_the_night_before_it_has():
    closed = (Closure(id="c", account="A", from_day=THURSDAY, to_day=THURSDAY),)
    assert sum(open_hours(site("18:00", "02:00"), closed, THURSDAY)) == 2 * HOUR_S
    assert sum(open_hours(site(), closed, THURSDAY)) == 0
    elsewhere = (Closure(id="c", account="A", from_day=THURSDAY, to_day=THURSDAY, site="other"),)
    assert sum(open_hours(site(), elsewhere, THURSDAY)) == 12 * HOUR_S


def test_hours_that_nobody_has_entered_are_unknown_not_none():
    assert open_hours(site(None, None), (), THURSDAY) is None
