"""The packed row of one robot-day: what is stored, plus what a transaction adds. Pure.

totals   {counter: n}
hours    {counter: [24 integers]}; null once retention has taken it, and then it stays null
covered  [24 integers]: seconds of each hour that windows vouch for
"""

from dataclasses import dataclass
from typing import Any

import orjson

from collector.ingest.state import DayState
from protocol.limits import COUNT_MAX

COLUMNS = ("day", "robot_id", "totals", "hours", "covered", "covered_s", "estimated_s")


@dataclass(slots=True)
class StoredDay:
    totals: str
    hours: str | None
    covered: str | None
    covered_s: int
    estimated_s: int


def added(key: tuple[int, int], stored: StoredDay | None, day: DayState, oldest_hours_day: int = 0) -> tuple[Any, ...]:
    """The row's new content, as COLUMNS; a new row before `oldest_hours_day` gets no hours.

    Sums stay at COUNT_MAX when they would pass 64 bits: no robot counts that far.
    """
    totals: dict[str, int] = orjson.loads(stored.totals) if stored else {}
    keep_hours = stored.hours is not None if stored else key[0] >= oldest_hours_day
    hours: dict[str, list[int]] = orjson.loads(stored.hours) if stored and stored.hours else {}
    covered: list[int] = orjson.loads(stored.covered) if stored and stored.covered else [0] * 24
    for hour, counts in day.counts.items():
        for counter, n in counts.items():
            totals[counter] = totals.get(counter, 0) + n
            if keep_hours and n:
                by_hour = hours.get(counter)
                if by_hour is None:
                    by_hour = hours[counter] = [0] * 24
                by_hour[hour] += n
    covered_s = stored.covered_s if stored else 0
    for hour, seconds in day.covered.items():
        covered[hour] += seconds
        covered_s += seconds
    return (
        *key,
        _packed(totals),
        _packed(hours) if keep_hours else None,
        _packed(covered) if keep_hours else None,
        min(covered_s, 2**31 - 1),
        min((stored.estimated_s if stored else 0) + day.estimated_s, 2**31 - 1),
    )


def _packed(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # beyond 64 bits: a thousand windows at the limit of one
        return orjson.dumps(_bounded(value)).decode()


def _bounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bounded(n) for key, n in value.items()}
    return [_bounded(n) for n in value] if isinstance(value, list) else min(value, COUNT_MAX)
