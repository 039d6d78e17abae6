"""The alarm that a robot refuses many readings: raised once in an hour, when that hour's number passes the limit.

The hour's number is what the robot counted as `readings_refused`; the names are its open faults agent.reading_refused,
read after this transaction's own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from collector.calendar import days
from collector.ingest.rows.parked import Statements
from collector.ingest.state import DayState

ALARM = "readings_refused"
COUNTER = "readings_refused"
NAMED = 3  # refused names in an alarm

_NAMES = """SELECT ref, detail FROM fault_episode WHERE robot_id = :robot AND closed_at IS NULL
AND family = 'agent' AND code = 'reading_refused' ORDER BY id DESC"""


def passed(adds: DayState, hours_text: str | None, most_per_h: int) -> tuple[int, int] | None:
    """(hour, number) of the newest hour that passes the limit by what is added to it; None: there is none. Pure.

    `hours_text` is the robot-day with it; null where its hours are no longer kept: nobody can say then.
    """
    if not most_per_h or hours_text is None:
        return None
    added = {hour: counts[COUNTER] for hour, counts in adds.counts.items() if counts.get(COUNTER)}
    if not added:
        return None
    by_hour: Sequence[int] = orjson.loads(hours_text).get(COUNTER, [0] * 24)
    over = [hour for hour, n in added.items() if by_hour[hour] > most_per_h >= by_hour[hour] - n]
    return (max(over), by_hour[max(over)]) if over else None


def alarms(
    rows: Statements, over: Mapping[int, tuple[int, int, int]], most_per_h: int, at_s: int
) -> list[dict[str, Any]]:
    """An alarm for each robot (id) of `over`, {id: (day, hour, number)}, as `statements.ALARM` takes it."""
    return [
        {"robot_id": robot_id, "kind": ALARM, "at": at_s, "detail": _said(rows, robot_id, passing, most_per_h)}
        for robot_id, passing in sorted(over.items())
    ]


def _said(rows: Statements, robot_id: int, passing: tuple[int, int, int], most_per_h: int) -> str:
    day, hour, number = passing
    named = [f"{ref} ({detail.partition(':')[0]})" for ref, detail in rows.query(_NAMES, {"robot": robot_id})]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    names = f": {', '.join(named[:NAMED])}{more}" if named else ""
    return f"{number} readings refused from {days.iso(day)} {hour:02}:00 to {hour:02}:59, more than {most_per_h}{names}"
