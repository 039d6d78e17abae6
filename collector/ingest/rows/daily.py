"""The packed row of one robot-day: what is stored, plus what a transaction adds. Pure.

totals   {counter: n}
hours    {counter: [24 integers]}; null once retention has taken it, and then it stays null
covered  [24 integers]: seconds of each hour that windows vouch for
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from collector.ingest.state import DayState
from protocol.counters import ROBOT_DAY_MAX

NAMES_MAX = 4_000  # counters of one robot-day: as many as an agent keeps; its row is read and written with each batch
COLUMNS = ("day", "robot_id", "totals", "hours", "covered", "covered_s", "estimated_s")


@dataclass(slots=True)
class StoredDay:
    totals: str
    hours: str | None
    covered: str | None
    covered_s: int
    estimated_s: int


def added(
    key: tuple[int, int], stored: StoredDay | None, day: DayState, oldest_hours_day: int = 0,
    spilled: Callable[[str, int, int], None] = lambda _counter, _hour, _n: None,
    crowded: Callable[[str, int, int], None] = lambda _counter, _hour, _n: None,
) -> tuple[Any, ...]:  # fmt: skip
    """The row's new content, as COLUMNS; a new row before `oldest_hours_day` gets no hours.

    A total stays within ROBOT_DAY_MAX, so that no sum of totals can overflow: an amount that would pass it is not
    added, `spilled` is told (counter, hour, n). A counter beyond NAMES_MAX of the day is not added, `crowded` is told.
    """
    totals: dict[str, int] = orjson.loads(stored.totals) if stored else {}
    keep_hours = stored.hours is not None if stored else key[0] >= oldest_hours_day
    hours: dict[str, list[int]] = orjson.loads(stored.hours) if stored and stored.hours else {}
    covered: list[int] = orjson.loads(stored.covered) if stored and stored.covered else [0] * 24
    for hour, counts in day.counts.items():
        fits = len(totals) + len(counts) <= NAMES_MAX
        for counter, n in counts.items():
            if not fits and counter not in totals and len(totals) >= NAMES_MAX:
                crowded(counter, hour, n)
                continue
            total = totals.get(counter, 0) + n
            if total > ROBOT_DAY_MAX:
                spilled(counter, hour, n)
                continue
            totals[counter] = total
            if keep_hours and n:
                if counter in hours:
                    hours[counter][hour] += n
                else:
                    hours[counter] = [0] * 24
                    hours[counter][hour] = n
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
    return orjson.dumps(value).decode()
