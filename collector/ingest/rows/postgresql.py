"""An ingest transaction on PostgreSQL: one statement for all rows of a kind, as arrays with unnest.

A statement for each row would pay the way to the server each time. COPY is no faster for the few hundred
rows of a group and cannot upsert.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from collector.ingest.rows import daily
from collector.ingest.rows.base import PAST, SET_STREAM, STREAM, DayMarks, Row, StateRows, day_marks_of, stream_of
from collector.ingest.rows.statements import DAY_MARKS, ROLLED_LOCK
from collector.ingest.state import RobotState

if TYPE_CHECKING:
    import psycopg


class PostgresqlRows(StateRows):
    """Several collectors: the robots of the group are locked first, and only then read."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._cursor = connection.cursor()

    def execute_many(self, sql: str, rows: Sequence[Row]) -> int:
        statement = _pyformat(sql)
        if len(rows) == 1:
            self._cursor.execute(statement, rows[0])
        else:
            self._cursor.executemany(statement, rows)
        return self._cursor.rowcount

    def query(self, sql: str, values: Row) -> list[Any]:
        return self._cursor.execute(_pyformat(sql), values).fetchall()

    def read_states(self, wanted: Mapping[str, set[str]]) -> dict[str, RobotState]:
        # NO KEY UPDATE: rows that only refer to a robot (a deployment) need not wait.
        self._cursor.execute(
            "SELECT id, name, timezone, epoch, about, started_at, data_from_s"
            " FROM robot WHERE name = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            (list(wanted),),
        )
        robots = {row[1]: RobotState(*row) for row in self._cursor.fetchall()}
        wants = [(r, epoch) for r in robots.values() for epoch in {*wanted[r.name], r.epoch or ""}]
        self._cursor.execute(
            f"SELECT w.name, s.epoch, {STREAM}, {PAST} FROM unnest(%b::bigint[], %b::text[], %b::text[])"  # noqa: S608 - our names
            " AS w (id, name, epoch) JOIN stream s ON s.robot_id = w.id AND s.epoch = w.epoch"
            " LEFT JOIN stream_past p ON p.robot_id = w.id AND p.epoch = w.epoch",
            ([r.id for r, _ in wants], [r.name for r, _ in wants], [epoch for _, epoch in wants]),
        )
        for name, epoch, *row in self._cursor.fetchall():
            robots[name].streams[epoch] = stream_of(epoch, row)
        self.add_twins(robots.values())
        return robots

    def days(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], daily.StoredDay]:
        self._cursor.execute(
            "SELECT u.day, u.robot_id, totals, hours, covered, covered_s, estimated_s FROM usage_day u"
            " JOIN unnest(%b::int[], %b::bigint[]) AS w (day, robot_id) ON u.day = w.day AND u.robot_id = w.robot_id",
            ([day for day, _ in keys], [robot_id for _, robot_id in keys]),
        )
        return {(row[0], row[1]): daily.StoredDay(*row[2:]) for row in self._cursor.fetchall()}

    def save_days(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._cursor.execute(
            "INSERT INTO usage_day (day, robot_id, totals, hours, covered, covered_s, estimated_s)"
            " SELECT * FROM unnest(%b::int[], %b::bigint[], %b::text[], %b::text[], %b::text[], %b::int[], %b::int[])"
            " ON CONFLICT (day, robot_id) DO UPDATE SET totals = excluded.totals, hours = excluded.hours,"
            " covered = excluded.covered, covered_s = excluded.covered_s, estimated_s = excluded.estimated_s",
            [list(column) for column in zip(*rows, strict=True)],
        )

    def save_late(self, keys: Sequence[tuple[int, int]]) -> None:
        self._cursor.execute(
            "INSERT INTO late_day (day, robot_id) SELECT * FROM unnest(%b::int[], %b::bigint[])"
            " ON CONFLICT (day, robot_id) DO NOTHING",
            ([day for day, _ in keys], [robot_id for _, robot_id in keys]),
        )

    def day_marks(self) -> DayMarks:
        self._cursor.execute(ROLLED_LOCK)  # alone: the next sees what was committed meanwhile
        return day_marks_of(self._cursor.execute(DAY_MARKS).fetchall())

    def save_pasts(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._cursor.execute(
            "INSERT INTO stream_past (robot_id, epoch, runs, counted)"
            " SELECT * FROM unnest(%b::bigint[], %b::text[], %b::text[], %b::text[])"
            " ON CONFLICT (robot_id, epoch) DO UPDATE SET runs = excluded.runs, counted = excluded.counted",
            [list(column) for column in zip(*rows, strict=True)],
        )

    def save_streams(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        self._cursor.execute(
            f"INSERT INTO stream (robot_id, epoch, {STREAM}) SELECT * FROM unnest(%b::bigint[], %b::text[],"  # noqa: S608 - constants of this module
            " %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[],"
            f" %b::bigint[], %b::bool[], %b::bigint[]) ON CONFLICT (robot_id, epoch) DO UPDATE SET {SET_STREAM}",
            [list(column) for column in zip(*rows, strict=True)],
        )


@cache
def _pyformat(sql: str) -> str:
    """`:name` as psycopg writes it."""
    return re.sub(r":(\w+)", r"%(\1)s", sql)
