"""When a place is open: on which days, and for how many seconds of each hour. Pure.

A place without hours is open on its weekdays at hours that nobody knows: its robots are judged by their counts, not by
their availability.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from collector.calendar.days import DAY_S, HOUR_S, MINUTE_S, weekday

Hours = tuple[int, ...]
"""Seconds of each of the 24 hours that a place is open."""
NEVER: Hours = (0,) * 24


class OpeningTimes(Protocol):
    """A place's weekdays (`1111110`: closed on Sundays), its hours (`18:00`; None: unknown), the days it exists."""

    @property
    def id(self) -> str: ...
    @property
    def open_weekdays(self) -> str: ...
    @property
    def opens(self) -> str | None: ...
    @property
    def closes(self) -> str | None: ...
    @property
    def from_day(self) -> int | None: ...
    @property
    def to_day(self) -> int | None: ...


class ClosedDays(Protocol):
    """Days on which one place, or every place of an account (`site` None), is closed. The last day counts."""

    @property
    def site(self) -> str | None: ...
    @property
    def from_day(self) -> int: ...
    @property
    def to_day(self) -> int: ...


def is_open(place: OpeningTimes, closed: Sequence[ClosedDays], day: int) -> bool:
    """The place exists, opens on that weekday and is not closed that day, by itself or with all others."""
    if not _exists(place, day) or place.open_weekdays[weekday(day)] != "1":
        return False
    return not any(each.from_day <= day <= each.to_day and each.site in (None, place.id) for each in closed)


def any_open(places: Sequence[OpeningTimes], closed: Sequence[ClosedDays], day: int) -> bool:
    """At least one place is open. Without a place on that day: open, unless everything is closed."""
    existing = [place for place in places if _exists(place, day)]
    if existing:
        return any(is_open(place, closed, day) for place in existing)
    return not any(each.from_day <= day <= each.to_day and each.site is None for each in closed)


def open_hours(place: OpeningTimes, closed: Sequence[ClosedDays], day: int) -> Hours | None:
    """Seconds of each hour of `day` that the place is open, with the night before; None: its hours are not known."""
    if place.opens is None or place.closes is None:
        return None
    evening, morning = _divided(_seconds(place.opens), _seconds(place.closes))
    today = evening if is_open(place, closed, day) else NEVER
    if any(morning) and is_open(place, closed, day - 1):
        return tuple(min(HOUR_S, a + b) for a, b in zip(today, morning, strict=True))
    return today


def _exists(place: OpeningTimes, day: int) -> bool:
    return (place.from_day is None or place.from_day <= day) and (place.to_day is None or day <= place.to_day)


def _seconds(clock: str) -> int:
    return int(clock[:2]) * HOUR_S + int(clock[3:]) * MINUTE_S


@lru_cache(maxsize=256)
def _divided(opens_s: int, closes_s: int) -> tuple[Hours, Hours]:
    """Hours of the day it opens, and of the day after when it closes after midnight."""
    if opens_s < closes_s:
        return _between(opens_s, closes_s), NEVER
    return _between(opens_s, DAY_S), _between(0, closes_s)


def _between(from_s: int, to_s: int) -> Hours:
    return tuple(max(0, min(to_s, (h + 1) * HOUR_S) - max(from_s, h * HOUR_S)) for h in range(24))
