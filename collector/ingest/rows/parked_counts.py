"""Amounts that no robot can plausibly have counted: kept beside the counts, until a person releases or refuses them.

One row waits for each robot-day and counter, whatever the number of windows: `hours` has what was parked by hour.
Amounts are decimal text, because sums of them pass 64 bits. The robot's row is locked by whoever calls.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from collector.ingest.bounds import CountedBefore
from collector.ingest.rows.parked import Statements
from collector.ingest.state import ParkedAmount

ALARM = "absurd_counts"
NAMED = 3  # counters named in an alarm


_COUNTED = "SELECT day, totals, hours FROM usage_day WHERE robot_id = :robot AND day BETWEEN :first AND :last"
_WAITING = """SELECT hours, windows, most FROM parked_count
WHERE robot_id = :robot AND day = :day AND counter = :counter AND state = 'waiting'"""
_INSERT = """INSERT INTO parked_count
(robot_id, day, counter, reason, hours, amount, windows, most, first_at, last_at, state)
VALUES (:robot, :day, :counter, :reason, :hours, :amount, :windows, :most, :at, :at, 'waiting')"""
_UPDATE = """UPDATE parked_count SET hours = :hours, amount = :amount, windows = :windows, most = :most, last_at = :at
WHERE robot_id = :robot AND day = :day AND counter = :counter AND state = 'waiting'"""


def counted_days(rows: Statements, robot_id: int, first: int, last: int) -> dict[int, CountedBefore]:
    """The stored robot-days of that range, as a bound is judged by them."""
    found = rows.query(_COUNTED, {"robot": robot_id, "first": first, "last": last})
    return {
        day: CountedBefore(orjson.loads(totals), orjson.loads(hours) if hours else None) for day, totals, hours in found
    }


def save(rows: Statements, parked: Mapping[tuple[int, int, str], ParkedAmount], at_s: int) -> list[dict[str, Any]]:
    """Add to what waits. Returns an alarm for each robot, as `statements.ALARM` takes it."""
    said: dict[int, list[str]] = {}
    for (day, robot_id, counter), amount in sorted(parked.items()):
        key = {"robot": robot_id, "day": day, "counter": counter}
        waiting = rows.query(_WAITING, key)
        hours, windows, most = hours_of(waiting[0][0]) if waiting else {}, amount.windows, amount.most
        if waiting:
            windows, most = windows + waiting[0][1], max(most, waiting[0][2])
        for hour, n in amount.hours.items():
            hours[hour] = hours.get(hour, 0) + n
        row = key | {
            "reason": amount.reason, "hours": hours_text(hours), "amount": str(sum(hours.values())),
            "windows": windows, "most": most, "at": at_s,
        }  # fmt: skip
        rows.execute_many(_UPDATE if waiting else _INSERT, [row])
        said.setdefault(robot_id, []).append(
            f"{counter} {row['amount']} (at most {most})"
        )  # all that waits, as the page shows it
    return [
        {"robot_id": robot_id, "kind": ALARM, "at": at_s, "detail": _detail(texts)}
        for robot_id, texts in sorted(said.items())
    ]


def hours_of(text: str) -> dict[int, int]:
    return {int(hour): int(n) for hour, n in orjson.loads(text).items()}


def hours_text(hours: Mapping[int, int]) -> str:
    return orjson.dumps({str(hour): str(n) for hour, n in sorted(hours.items())}).decode()


def _detail(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more
