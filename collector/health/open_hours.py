"""Seconds of each hour of a day that a site is open: what availability is measured in. Pure.

A site whose hours nobody has entered is open on its weekdays at hours that nobody knows: its robots are judged by
their counts, not by their availability.
"""

from collections.abc import Sequence
from functools import lru_cache

from collector.accounts.ledger.kinds.who import Closure, Site
from collector.health.open_days import site_open

Hours = tuple[int, ...]
"""Seconds of each of the 24 hours that a place is open."""
NEVER: Hours = (0,) * 24


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
