"""When an account's sites are open: whole days by the calendar, and seconds of each hour for availability. Pure.

A site whose hours nobody has entered is open on its weekdays at hours that nobody knows: its robots are judged by
their counts, never by their availability. An account without sites is open on every day that it has not closed.
"""

from collections.abc import Sequence
from functools import lru_cache

from collector.accounts.kinds.who import Closure, Site
from collector.accounts.ledger_view import AccountLedger

Hours = tuple[int, ...]
"""Seconds of each of the 24 hours that a place is open."""
NEVER: Hours = (0,) * 24
_MONDAY = 3  # 1970-01-01 was a Thursday


def weekday(day: int) -> int:
    """0 for Monday."""
    return (day + _MONDAY) % 7


def stands(site: Site, day: int) -> bool:
    """Whether the site exists on that day."""
    return (site.from_day is None or site.from_day <= day) and (site.to_day is None or day <= site.to_day)


def site_open(site: Site, closures: Sequence[Closure], day: int) -> bool:
    """Whether this site opens on that day."""
    return (
        stands(site, day)
        and site.open_weekdays[weekday(day)] == "1"
        and not any(c.from_day <= day <= c.to_day and c.site in {None, site.id} for c in closures)
    )


def account_open(ledger: AccountLedger, day: int) -> bool:
    """Whether any of the account's sites opens on that day."""
    standing = [site for site in ledger.sites if stands(site, day)]
    if not standing:
        return not any(c.from_day <= day <= c.to_day and c.site is None for c in ledger.closures)
    return any(site_open(site, ledger.closures, day) for site in standing)


def open_hours(site: Site, closures: Sequence[Closure], day: int) -> Hours | None:
    """Seconds of each hour of `day` that the site is open, with the night before; None: its hours are not known."""
    if site.opens is None or site.closes is None:
        return None
    evening, morning = _divided(_seconds(site.opens), _seconds(site.closes))
    today = evening if site_open(site, closures, day) else NEVER
    if any(morning) and site_open(site, closures, day - 1):
        return tuple(min(3600, a + b) for a, b in zip(today, morning, strict=True))
    return today


def _seconds(clock: str) -> int:
    return int(clock[:2]) * 3600 + int(clock[3:]) * 60


@lru_cache(maxsize=256)
def _divided(opens_s: int, closes_s: int) -> tuple[Hours, Hours]:
    """Hours of the day it opens, and of the day after when it closes after midnight."""
    if opens_s < closes_s:
        return _between(opens_s, closes_s), NEVER
    return _between(opens_s, 86_400), _between(0, closes_s)


def _between(from_s: int, to_s: int) -> Hours:
    return tuple(max(0, min(to_s, (h + 1) * 3600) - max(from_s, h * 3600)) for h in range(24))
