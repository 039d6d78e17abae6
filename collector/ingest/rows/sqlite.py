"""An ingest transaction on SQLite: prepared single-row statements, which beat joins on a list of keys here."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from collector.ingest.rows import daily
from collector.ingest.rows.base import (
    PAST,
    SET_STREAM,
    STREAM,
    STREAM_COLUMNS,
    DayMarks,
    Row,
    StateRows,
    day_marks_of,
    stream_of,
)
from collector.ingest.rows.statements import DAY_MARKS
from collector.ingest.state import RobotState

_ROBOT_AND_STREAM = (
    f"SELECT id, timezone, robot.epoch, about, started_at, data_from_s, {STREAM}, {PAST}"  # noqa: S608 - our own column names
    " FROM robot LEFT JOIN stream ON stream.robot_id = id AND stream.epoch = ?1"
    " LEFT JOIN stream_past ON stream_past.robot_id = id AND stream_past.epoch = ?1 WHERE name = ?2"
)


class SqliteRows(StateRows):
    """One process, one connection: nobody else writes between our reading and our writing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._cursor = connection.cursor()

    def execute_many(self, sql: str, rows: Sequence[Row]) -> int:
        return self._cursor.executemany(sql, rows).rowcount

    def query(self, sql: str, values: Row) -> list[Any]:
        return self._cursor.execute(sql, values).fetchall()

    def read_states(self, wanted: Mapping[str, set[str]]) -> dict[str, RobotState]:
        robots: dict[str, RobotState] = {}
        for name, epochs in wanted.items():
            for epoch in epochs or ("",):
                self._look_up(name, epoch, robots)
            robot = robots.get(name)
            if robot is not None and robot.epoch is not None and robot.epoch not in epochs:
                self._look_up(name, robot.epoch, robots)
        self.add_twins(robots.values())
        return robots

    def _look_up(self, name: str, epoch: str, robots: dict[str, RobotState]) -> None:
        row = self._cursor.execute(_ROBOT_AND_STREAM, (epoch, name)).fetchone()
        if row is not None:
            robot = robots.setdefault(name, RobotState(row[0], name, *row[1:6]))
            if row[6] is not None:
                robot.streams[epoch] = stream_of(epoch, row[6:])

    def days(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], daily.StoredDay]:
        execute = self._cursor.execute
        sql = "SELECT totals, hours, covered, covered_s, estimated_s FROM usage_day WHERE day = ? AND robot_id = ?"
        found = {}
        for key in keys:
            row = execute(sql, key).fetchone()
            if row is not None:
                found[key] = daily.StoredDay(*row)
        return found

    def save_days(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._cursor.executemany(
            "INSERT INTO usage_day (day, robot_id, totals, hours, covered, covered_s, estimated_s)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, robot_id) DO UPDATE SET totals = excluded.totals,"
            " hours = excluded.hours, covered = excluded.covered, covered_s = excluded.covered_s,"
            " estimated_s = excluded.estimated_s",
            rows,
        )

    def save_late(self, keys: Sequence[tuple[int, int]]) -> None:
        sql = "INSERT INTO late_day (day, robot_id) VALUES (?, ?) ON CONFLICT (day, robot_id) DO NOTHING"
        self._cursor.executemany(sql, keys)

    def day_marks(self) -> DayMarks:
        return day_marks_of(self._cursor.execute(DAY_MARKS))

    def save_pasts(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._cursor.executemany(
            "INSERT INTO stream_past (robot_id, epoch, runs, counted) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (robot_id, epoch) DO UPDATE SET runs = excluded.runs, counted = excluded.counted",
            rows,
        )

    def save_streams(self, rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * (2 + len(STREAM_COLUMNS)))
        self._cursor.executemany(
            f"INSERT INTO stream (robot_id, epoch, {STREAM}) VALUES ({marks})"  # noqa: S608 - constants of this module
            f" ON CONFLICT (robot_id, epoch) DO UPDATE SET {SET_STREAM}",
            rows,
        )
