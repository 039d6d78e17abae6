"""What a workflow does by the clock. Pure: entries and seconds of the robot's own day."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

DAY_S = 86_400.0


def second_of(at: str) -> float:
    """`09:30` as a second of the day. Raises ValueError."""
    hours, _, minutes = at.partition(":")
    second = int(hours) * 3600 + int(minutes) * 60
    if not (len(hours) == len(minutes) == 2 and 0 <= second < DAY_S and int(minutes) < 60):  # noqa: PLR2004 digits
        raise ValueError(f"write a time as HH:MM, not {at!r}")
    return float(second)


def seconds_of(entry: Mapping[str, Any]) -> list[float]:
    """Every second of the day at which an entry is due: once, or again and again until its end."""
    first = second_of(entry["at"])
    if not entry.get("every_min"):
        return [first]
    last = second_of(entry["until"]) if entry.get("until") else DAY_S - 1
    step = entry["every_min"] * 60.0
    return [first + step * n for n in range(int(max(0.0, last - first) // step) + 1)]


def went_back(after_s: float, until_s: float) -> bool:
    """The clock was put back; over midnight it only begins anew."""
    return 0 < after_s - until_s < DAY_S / 2


def due(schedule: Iterable[Mapping[str, Any]], after_s: float, until_s: float) -> Iterator[Mapping[str, Any]]:
    """Entries of a span of the day, `after_s` itself not; a span over midnight begins the new day.

    A clock that was put back (less than half a day) makes nothing due again.
    """
    if went_back(after_s, until_s):
        return
    if until_s < after_s:
        after_s = -1.0
    for entry in schedule:
        if any(after_s < second <= until_s for second in seconds_of(entry)):
            yield entry


def seconds_until_next(schedule: Iterable[Mapping[str, Any]], now_s: float) -> float:
    """At least one second, so that a due entry is not asked for again and again."""
    later = [second - now_s for entry in schedule for second in seconds_of(entry) if second > now_s]
    return max(1.0, min(later, default=DAY_S))
