"""Open hours of a site: past midnight, half hours, weekdays, closures; and hours that nobody has entered."""

from collector.accounts.ledger.kinds.who import Closure, Site
from collector.health.open_hours import open_hours

THURSDAY = 7  # 1970-01-08
HOUR_S = 3600


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
