"""Open days: which days a site is open, and the windows of open days that usage is judged in. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.accounts.ledger.kinds.who import Closure, Site
from collector.accounts.ledger.view import AccountLedger
from collector.calendar.days import DAY_S
from collector.health.model import AccountDay

_WEEK = 7
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0


def weekday(day: int) -> int:
    """Monday 0 … Sunday 6."""
    return (day + _EPOCH_WEEKDAY) % _WEEK


def site_open(site: Site, closures: Sequence[Closure], day: int) -> bool:
    """The site exists, opens on that weekday and is not closed that day, by itself or with the whole account."""
    if (site.from_day is not None and day < site.from_day) or (site.to_day is not None and day > site.to_day):
        return False
    if site.open_weekdays[weekday(day)] != "1":
        return False
    return not any(each.from_day <= day <= each.to_day and each.site in (None, site.id) for each in closures)


def account_open(ledger: AccountLedger, day: int) -> bool:
    """At least one site is open. An account without a site on that day is open unless it is closed as a whole."""
    standing = [
        site
        for site in ledger.sites
        if (site.from_day is None or site.from_day <= day) and (site.to_day is None or day <= site.to_day)
    ]
    if standing:
        return any(site_open(site, ledger.closures, day) for site in standing)
    return not any(each.from_day <= day <= each.to_day and each.site is None for each in ledger.closures)


def open_hours_s(site: Site) -> tuple[int, int]:
    """Seconds of the local day at which the site opens and closes; it closes after midnight where the second is
    above a day's length. A site without hours is open all day.
    """
    if site.opens is None or site.closes is None:
        return 0, DAY_S
    opens, closes = _clock_s(site.opens), _clock_s(site.closes)
    return opens, closes if closes > opens else closes + DAY_S


def _clock_s(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The days up to T: `all` in order, the open ones, the window W and the base B before it.

    `closed_run` counts the closed days in a row that end on T; `here` says that a robot is deployed on T.
    """

    all: tuple[AccountDay, ...]
    open: list[AccountDay]
    window: list[AccountDay]
    base: list[AccountDay]
    closed_run: int
    here: bool


def open_days(days: tuple[AccountDay, ...], day: int, window: int, base: int) -> OpenDays:
    """`window` and `base` in open days. Days after `day` are not looked at."""
    if days and days[-1].day > day:
        days = tuple(each for each in days if each.day <= day)
    opened = [each for each in days if each.open]
    run = 0
    for each in reversed(days):
        if each.open or each.day != day - run:
            break
        run += 1
    here = bool(days) and days[-1].day == day and days[-1].robots > 0
    return OpenDays(days, opened, opened[-window:], opened[-window - base : -window], run, here)
