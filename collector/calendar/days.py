"""Days, weeks and hours as a robot lives them: in its own time zone, day 0 is 1970-01-01. Pure.

A robot whose time zone this machine does not know lives in UTC.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
QUARTER_S = 900  # every offset from UTC since 2000 is a multiple: a quarter of an hour lies in one local hour
WEEK_DAYS = 7
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
WEEKDAY_0 = 3  # 1970-01-01 was a Thursday
_ORIGIN = date(1970, 1, 1)
DAY_MIN, DAY_MAX = 0, (date(9998, 12, 31) - _ORIGIN).days

_UTC = ZoneInfo("UTC")


@lru_cache(maxsize=512)
def known_zone(name: str) -> ZoneInfo | None:
    """The time zone of that name, None when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder's name an OSError
        return None


def zone(name: str | None) -> ZoneInfo:
    """The time zone of that name; UTC when it is missing or unknown."""
    return (known_zone(name) if name else None) or _UTC


def number(day: date) -> int:
    return (day - _ORIGIN).days


def as_date(day: int) -> date:
    return _ORIGIN + timedelta(days=day)


def weekday(day: int) -> int:
    """Monday 0 … Sunday 6."""
    return (day + WEEKDAY_0) % WEEK_DAYS


def working_day(day: int, after: int) -> int:
    """The day that is `after` working days (Monday to Friday) after `day`; a weekend itself is moved to Monday."""
    while True:
        if weekday(day) < SATURDAY:
            if after == 0:
                return day
            after -= 1
        day += 1


def iso(day: int) -> str:
    return as_date(day).isoformat()


def parse(text: str) -> int:
    """`2026-05-01` as a day number. Raises ValueError with the remedy."""
    try:
        day = number(date.fromisoformat(text.strip()))
    except ValueError as error:
        raise ValueError(f"{text.strip()[:40]!r} is not a day: write it as 2026-05-01") from error
    if not DAY_MIN <= day <= DAY_MAX:
        raise ValueError(f"{text.strip()[:40]!r} lies before 1970 or after 9998: correct the year")
    return day


def span(from_day: int | None, to_day: int | None, today: int, length: int = 14) -> tuple[int, int]:
    """First and last day of a question. Without a last one it ends today, without a first it has `length` days."""
    if to_day is None:
        to_day = today if from_day is None else max(today, from_day)
    return (to_day - length + 1 if from_day is None else from_day), to_day


def of(at_s: float, timezone: str | None) -> int:
    """The day that it is in `timezone` at a moment."""
    return number(datetime.fromtimestamp(at_s, tz=zone(timezone)).date())


@lru_cache(maxsize=4096)
def hour_starts(day: int, timezone: str | None) -> tuple[int, ...]:
    """The 25 boundaries (unix seconds) of the local hours 0..23 of a day.

    An hour that a clock change skips is empty, one that it repeats is twice as long.
    """
    here = zone(timezone)
    at = as_date(day)
    starts = [int(datetime(at.year, at.month, at.day, h, tzinfo=here).timestamp()) for h in range(24)]
    after = at + timedelta(days=1)
    starts.append(int(datetime(after.year, after.month, after.day, tzinfo=here).timestamp()))
    for i in range(1, 25):
        starts[i] = max(starts[i], starts[i - 1])
    return tuple(starts)


def is_overfull(day: int, timezone: str | None, vouched_s: int) -> bool:
    """More seconds than the day has are vouched for: nobody knows which of them were.

    A clock that was put right may tell an hour twice.
    """
    if vouched_s <= DAY_S:  # of a short day, too: it may have an hour more
        return False
    starts = hour_starts(day, timezone)
    return vouched_s > starts[24] - starts[0] + HOUR_S


def clock(at_s: float, timezone: str | None) -> str:
    """A moment as people of that place read it: `2026-05-01 14:03:22`."""
    return datetime.fromtimestamp(at_s, tz=zone(timezone)).strftime("%Y-%m-%d %H:%M:%S")


def rfc3339(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, tz=UTC).isoformat().replace("+00:00", "Z")


def day_hour(at_s: int, timezone: str) -> tuple[int, int]:
    """(days since 1970, hour 0..23) in that time zone; UTC when it is unknown."""
    return _of_quarter(at_s // QUARTER_S, timezone)


@lru_cache(maxsize=4096)
def hours_of(utc_day: int, timezone: str) -> tuple[tuple[int, tuple[int, int]], ...]:
    """Where local hours begin within a day of UTC: (unix seconds, (day, hour)), from the day's first second on."""
    first = utc_day * DAY_S // QUARTER_S
    found: list[tuple[int, tuple[int, int]]] = []
    for quarter in range(first, first + DAY_S // QUARTER_S):
        here = _of_quarter(quarter, timezone)
        if not found or found[-1][1] != here:
            found.append((quarter * QUARTER_S, here))
    return tuple(found)


@lru_cache(maxsize=65_536)
def _of_quarter(quarter: int, timezone: str) -> tuple[int, int]:
    at_s = quarter * QUARTER_S
    here = known_zone(timezone)
    offset = datetime.fromtimestamp(at_s, here).utcoffset() if here else None
    local_s = at_s + (int(offset.total_seconds()) if offset else 0)
    return local_s // DAY_S, local_s % DAY_S // HOUR_S
