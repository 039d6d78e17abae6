"""What could not be taken is parked: its bytes and the reason, bounded, the oldest dropped first and counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from collector.calendar.days import iso
from collector.ingest.state import ParkedRow

ROBOT_MAX_ROWS = 100
ROBOT_MAX_BYTES = 1024 * 1024
TOTAL_MAX_ROWS = 20_000
TOTAL_MAX_BYTES = 64 * 1024 * 1024
PAYLOAD_MAX_BYTES = 64 * 1024  # the beginning of a larger one is kept; `size` tells the whole
CHECK_EVERY_ROWS = 500  # the total is looked at when so many rows were added, and by the retention job


class Statements(Protocol):
    """What runs statements in the ingest transaction: the rows of either database."""

    def execute_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> int: ...
    def query(self, sql: str, values: Mapping[str, Any]) -> list[Any]: ...


_PARK = """INSERT INTO parked (received_at, topic, robot, reason, text, epoch, seq, size, payload)
VALUES (:received_at, :topic, :robot, :reason, :text, :epoch, :seq, :size, :payload)"""
_TALLY = """INSERT INTO parked_tally (robot, reason, parked, dropped, last_at)
VALUES (:robot, :reason, :parked, :dropped, :at) ON CONFLICT (robot, reason) DO UPDATE SET
parked = parked_tally.parked + excluded.parked, dropped = parked_tally.dropped + excluded.dropped,
last_at = CASE WHEN excluded.last_at > parked_tally.last_at THEN excluded.last_at ELSE parked_tally.last_at END"""
_OVER = """SELECT id, robot, reason FROM (SELECT id, robot, reason, row_number() OVER (ORDER BY id DESC) AS place,
sum(length(payload)) OVER (ORDER BY id DESC) AS held FROM parked {where}) AS newest
WHERE place > :max_rows OR held > :max_bytes"""
_OVER_OF_ROBOT = _OVER.format(where="WHERE robot = :robot")
_OVER_IN_TOTAL = _OVER.format(where="")


def names_beyond(
    robot: str, day: int, counts: Mapping[int, Mapping[str, int]], names_max: int, received_s: int
) -> ParkedRow:
    """Counts of one robot-day, by hour, of more counters than a robot-day holds: one row, whatever their number."""
    amount = len({name for by_name in counts.values() for name in by_name})
    text = f"{iso(day)} has {names_max} counters already; {amount} more were not counted"
    payload = orjson.dumps({"day": iso(day), "counts": {str(hour): by_name for hour, by_name in counts.items()}})
    return ParkedRow(received_s, "", robot, "names", text, None, None, payload)


def park(rows: Statements, parked: Sequence[ParkedRow]) -> None:
    """Add rows and keep each of their robots within its bounds. Counting them is the caller's (`count`)."""
    rows.execute_many(
        _PARK,
        [
            {
                "received_at": p.received_at, "topic": p.topic, "robot": p.robot, "reason": p.reason, "text": p.text,
                "epoch": p.epoch, "seq": p.seq, "size": len(p.payload), "payload": p.payload[:PAYLOAD_MAX_BYTES],
            }
            for p in parked
        ],
    )  # fmt: skip
    for robot in {p.robot for p in parked}:
        limits = {"robot": robot, "max_rows": ROBOT_MAX_ROWS, "max_bytes": ROBOT_MAX_BYTES}
        _drop(rows, rows.query(_OVER_OF_ROBOT, limits))


def count(rows: Statements, parked: Counter[tuple[str, str]], at_s: int) -> None:
    """Count by (robot, reason), also what is not stored again because its twin is parked already."""
    rows.execute_many(
        _TALLY,
        [
            {"robot": robot, "reason": reason, "parked": n, "dropped": 0, "at": at_s}
            for (robot, reason), n in sorted(parked.items())
        ],
    )


def bound_total(rows: Statements) -> int:
    """Drop the oldest rows beyond the total's bounds; returns how many."""
    return _drop(rows, rows.query(_OVER_IN_TOTAL, {"max_rows": TOTAL_MAX_ROWS, "max_bytes": TOTAL_MAX_BYTES}))


def _drop(rows: Statements, over: Sequence[tuple[int, str, str]]) -> int:
    if over:
        rows.execute_many("DELETE FROM parked WHERE id = :id", [{"id": row[0]} for row in over])
        dropped = Counter((robot, reason) for _, robot, reason in over)
        rows.execute_many(
            _TALLY,
            [
                {"robot": robot, "reason": reason, "parked": 0, "dropped": n, "at": 0}
                for (robot, reason), n in sorted(dropped.items())
            ],
        )
    return len(over)
