"""Rows of a sheet sorted on disk, so that a file of any size is compared or imported in bounded memory.

A private SQLite file in the system's temporary directory, removed when closed. Nothing here is worth keeping.
"""

import sqlite3
import tempfile
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from collector.exchange.imports.problems import BAD_MAX, BadRow, not_read
from collector.exchange.imports.usage_sheet import UsageValue
from collector.values.sentence import Sentence

_ROWS_AT_ONCE = 10_000
COMPLAINTS_MAX = 20  # more would not be read; the number of all is said

_TABLE = (
    "CREATE TABLE value (robot TEXT, day INTEGER, counter TEXT, account TEXT, value INTEGER, line INTEGER,"
    " PRIMARY KEY (robot, day, counter)) WITHOUT ROWID"
)
# in the order of a UsageValue
_INSERT = "INSERT OR IGNORE INTO value (line, account, robot, day, counter, value) VALUES (?, ?, ?, ?, ?, ?)"
RobotDayValues = tuple[str, int, dict[str, int]]


class Staging:
    """Use as a context manager. `complaints` holds the first bad rows, `bad` how many there are of those read.

    `ended` is the row at which reading ended, because too many before it were bad.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fleetward-")
        self._file = sqlite3.connect(Path(self._folder.name) / "rows.db", isolation_level=None, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode=OFF",
            "PRAGMA synchronous=OFF",
            "PRAGMA cache_size=-32768",
            _TABLE,
        ):
            self._file.execute(statement)
        self.rows = 0
        self.bad = 0
        self.complaints: list[BadRow] = []
        self.ended: BadRow | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._folder.cleanup()

    def take(self, rows: Iterable[UsageValue | BadRow]) -> None:
        """Sort everything in. The same value given twice is one; two different ones are a bad row."""
        self._file.execute("BEGIN")
        waiting: list[UsageValue] = []
        for row in rows:
            if self.bad >= BAD_MAX:
                self.ended = BadRow(row.row, not_read(BAD_MAX))
                break
            if isinstance(row, BadRow):
                self.complain(row)
                continue
            waiting.append(row)
            if len(waiting) == _ROWS_AT_ONCE:
                self._add(waiting)
                waiting.clear()
                self._file.execute("COMMIT")
                self._file.execute("BEGIN")
        self._add(waiting)
        self._file.execute("COMMIT")

    def said(self) -> tuple[str, ...]:
        """The bad rows as they are told."""
        ended = [] if self.ended is None else [self.ended]
        return tuple(row.sentence for row in [*ended, *self.complaints])

    def complain(self, row: BadRow) -> None:
        """Count a bad row. The first of the file are kept with their text."""
        self.bad += 1
        insort(self.complaints, row, key=lambda complaint: complaint.row)
        del self.complaints[COMPLAINTS_MAX:]

    def _add(self, values: Sequence[UsageValue]) -> None:
        """Rows that say of a robot, day and counter what stands already add nothing; others are complaints."""
        before = self._file.total_changes
        self._file.executemany(_INSERT, values)
        added = self._file.total_changes - before
        self.rows += added
        if added == len(values):
            return
        for row in values:
            value, account, line = self._file.execute(
                "SELECT value, account, line FROM value WHERE robot = ? AND day = ? AND counter = ?",
                (row.robot, row.day, row.counter),
            ).fetchone()
            if (value, account) != (row.value, row.account):
                said = Sentence(
                    "says otherwise than row {line} about the same robot, day and counter; keep one of them", line=line
                )
                self.complain(BadRow(row.row, said))

    def robots(self) -> Iterator[str]:
        """Every robot, in order of its name's bytes."""
        for (robot,) in self._file.execute("SELECT DISTINCT robot FROM value ORDER BY robot"):
            yield robot

    def robot_days(self, first: str = "", last: str | None = None) -> Iterator[RobotDayValues]:
        """(robot, day, {counter: value}) in order, of the robots first..last."""
        query = "SELECT robot, day, counter, value FROM value WHERE robot >= ?"
        bounds: tuple[str, ...] = (first,)
        if last is not None:
            query, bounds = f"{query} AND robot <= ?", (first, last)
        rows = self._file.execute(f"{query} ORDER BY robot, day, counter", bounds)
        for (robot, day), group in groupby(rows, key=lambda row: (row[0], row[1])):
            yield robot, day, {row[2]: row[3] for row in group}

    def stays(self) -> Iterator[tuple[str, int, str, int]]:
        """(robot, day, account, first row of the file) once per robot-day and account, in order."""
        yield from self._file.execute(
            "SELECT robot, day, account, min(line) FROM value GROUP BY robot, day, account ORDER BY robot, day, account"
        )

    def line_of(self, robot: str, day: int, counter: str) -> int:
        """The row of the file that a value came from."""
        found = self._file.execute(
            "SELECT line FROM value WHERE robot = ? AND day = ? AND counter = ?", (robot, day, counter)
        ).fetchone()
        return int(found[0])
