"""The facts of a file on disk, in order, so that a file of any size is imported in bounded memory.

A private SQLite file in the system's temporary directory, removed when closed. Nothing here is worth keeping.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from collector.accounts.ledger.kinds.registry import Kind
from collector.exchange.imports.facts import Fact, Table
from collector.exchange.imports.problems import BAD_MAX, BadRow, not_read
from collector.exchange.imports.row_ids import KEYS
from collector.values.sentence import Sentence

FACTS_AT_ONCE = 500
ROWS_MAX = 200_000  # one transaction writes them all, and robots' counts wait meanwhile: a minute or so
COMPLAINTS_MAX = 200  # more would not be read; the number of all is said

_TABLE = (
    "CREATE TABLE fact (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, recorded_at INTEGER,"
    " states_currency INTEGER NOT NULL)"
)


class Tray:
    """Use as a context manager. `complaints` holds the first bad rows, `bad` how many there are."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.headings: Mapping[str, str] = {}
        self.ignored: Sequence[str] = ()
        self.absent: Sequence[str] = ()
        self.encoding: str | None = None
        self.sheet: str | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="fleetward-")
        self._file = sqlite3.connect(
            Path(self._folder.name) / "facts.db", isolation_level=None, check_same_thread=False
        )
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-8192", _TABLE):
            self._file.execute(statement)
        self.rows = 0
        self.named = 0  # rows whose ids were made here
        self.complaints: list[BadRow] = []
        self._bad: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._folder.cleanup()

    @property
    def bad(self) -> int:
        return len(self._bad)

    def take(self, table: Table) -> None:
        """Everything in, once per id. A row beyond ROWS_MAX, or after BAD_MAX bad ones, is a complaint, and the end.

        Each row that is refused costs what its sentences cost: 300,000 of them held an import up for half a minute.
        """
        columns = table.columns
        self.headings, self.ignored, self.absent = columns.headings, columns.ignored, table.absent
        self._file.execute("BEGIN")
        for fact in table.facts:
            self.rows += 1
            if self.rows > ROWS_MAX or self.bad >= BAD_MAX:
                self._end(fact.row)
                break
            if isinstance(fact, BadRow):
                self.complain(fact)
            else:
                self._add(fact)
        self._file.execute("COMMIT")

    def _end(self, row: int) -> None:
        if self.rows > ROWS_MAX:
            said: str = Sentence(
                "the file has more than {rows_max:,} rows; split it, and import the parts one after the other",
                rows_max=ROWS_MAX,
            )
        else:
            said = not_read(BAD_MAX)
        self.complain(BadRow(row, said), first=True)

    def _add(self, fact: Fact) -> None:
        done = self._file.execute(
            "INSERT OR IGNORE INTO fact VALUES (?, ?, ?, ?, ?)",
            (fact.row, fact.said.id, self.kind.dump(fact.said), fact.recorded_at, fact.states_currency),
        )
        if not done.rowcount:
            first = self._file.execute("SELECT row FROM fact WHERE id = ?", (fact.said.id,)).fetchone()[0]
            said = Sentence(
                "id: {id} stands in row {first} already; keep one of the two rows", id=fact.said.id, first=first
            )
            self.complain(BadRow(fact.row, said))

    def name(self, row: int, said: Any) -> None:
        """A row without an id is this fact, with an id; it is a complaint where another row is the same one."""
        try:
            self._file.execute("UPDATE fact SET id = ?, body = ? WHERE row = ?", (said.id, self.kind.dump(said), row))
        except sqlite3.IntegrityError:
            first = self._file.execute("SELECT row FROM fact WHERE id = ?", (said.id,)).fetchone()[0]
            key = ", ".join(KEYS[self.kind.key].fields)
            said_twice = Sentence(
                "id: row {first} says the same {key}; keep one of the two, or give each an id of its own",
                first=first,
                key=key,
            )
            self.complain(BadRow(row, said_twice))
            self.drop([row])
        else:
            self.named += 1

    def complain(self, row: BadRow, *, first: bool = False) -> None:
        """A row is bad once, however much is wrong with it."""
        if row.row in self._bad:
            return
        self._bad.add(row.row)
        if first:
            self.complaints.insert(0, row)
        elif len(self.complaints) < COMPLAINTS_MAX:
            self.complaints.append(row)

    def drop(self, rows: Iterable[int]) -> None:
        """Leave these rows out."""
        self._file.executemany("DELETE FROM fact WHERE row = ?", ((row,) for row in rows))

    def ids(self) -> frozenset[str]:
        return frozenset(one for (one,) in self._file.execute("SELECT id FROM fact"))

    def chunks(self) -> Iterator[list[Fact]]:
        """The good rows in the file's order, some at a time."""
        after = -1
        while True:
            found = self._file.execute(
                "SELECT row, body, recorded_at, states_currency FROM fact WHERE row > ? ORDER BY row LIMIT ?",
                (after, FACTS_AT_ONCE),
            ).fetchall()
            if not found:
                return
            yield [Fact(row, self.kind.load(body), at, bool(stated)) for row, body, at, stated in found]
            after = found[-1][0]
