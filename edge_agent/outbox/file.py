"""The one SQLite connection of the outbox: pragmas, rows, and one kind of transaction. Runs on one thread.

A `Change` says everything that a transaction does; `commit` does it durably or not at all, and turns SQLite's
errors into the agent's. What the documents say is kept in memory, so that a commit writes only those that differ.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from edge_agent.errors import DiskFull, OutboxDamaged, OutboxError, OutboxFull, OutboxUnwritable
from edge_agent.outbox.place import free_bytes
from edge_agent.outbox.rows import Accounting, Row, StateRow, Stream, digests

PAGE_BYTES = 1024  # a commit writes whole pages: a third less than with 4096
CHECKPOINT_PAGES = 64  # a short log recovers fast and leaves little to write on a full disk
LOG_BYTES = 256 * 1024  # a merge may grow the log; afterwards it is cut to this
CACHE_KIB = 512
SCHEMA_VERSION = 1
FULL_BYTES = 64 * 1024  # a disk with less left is full; with more, it was our own cap
PAGES_LEAST = 64
LINK_PAGES = 128  # beyond the cap: for notes, marks and merging, so that what frees room never lacks it
WITNESS_NUMBERS = 32  # how many numbers a loss may be overstated by, when a page of each of two tables is gone
_PAGES_MOST = 2**31 - 2
_ROWS_AT_ONCE = 500  # a transaction is held in memory
_SCHEMA = Path(__file__).with_name("schema.sql")
_ROW = "seq, kind, body, first, windows, rev, crc"

DocumentKey = tuple[str, str]  # (kind, name)


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction. `documents` maps to the new body, None deletes."""

    insert: Sequence[Row] = ()
    update: Sequence[Row] = ()
    delete: Sequence[int] = ()
    documents: Mapping[DocumentKey, str | None] = field(default_factory=dict)


class OutboxFile:
    """An open, checked database."""

    def __init__(self, path: Path, *, max_bytes: int) -> None:
        """Open or create. Raises sqlite3.DatabaseError when it is not a database, OutboxUnwritable, DiskFull."""
        self.path = path
        self.commits = 0
        self._max_pages = max(max_bytes // PAGE_BYTES, PAGES_LEAST)
        self._capped = self._max_pages
        self._documents: dict[DocumentKey, tuple[int, StateRow]] = {}
        self._version = 0
        self._witnessed = 0  # numbers that the witness allows for
        self.stream = Stream("")
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, cached_statements=64)
        for pragma in (
            # First of all, or SQLite has made its -shm file already: 8 kB more to the disk with every commit.
            "locking_mode=EXCLUSIVE",
            f"page_size={PAGE_BYTES}",
            f"cache_size=-{CACHE_KIB}",
            "cache_spill=OFF",  # frames in the log always belong to a commit
            "temp_store=MEMORY",
            "mmap_size=0",  # a disk error is an error code, not a signal
            "journal_mode=WAL",
            "synchronous=FULL",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"journal_size_limit={LOG_BYTES}",
            f"max_page_count={self._max_pages}",
        ):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()

    # -- life

    def create(self, stream: Stream, rows: Sequence[Row], state: Sequence[StateRow]) -> None:
        """Fill a new file, without the page cap. Nothing is durable yet: the caller syncs the closed file."""
        connection = self._connection
        connection.execute(f"PRAGMA max_page_count={_PAGES_MOST}").fetchall()
        connection.execute("PRAGMA synchronous=OFF").fetchall()
        connection.executescript(_SCHEMA.read_text())
        for at in range(0, len(rows), _ROWS_AT_ONCE):
            connection.execute("BEGIN IMMEDIATE")
            self._insert(rows[at : at + _ROWS_AT_ONCE])
            connection.execute("COMMIT")
        version = max((row.version for row in state), default=0) + 1
        document = StateRow("stream", "", version, replace(stream, digests=digests(state)).to_body())
        witness = self._witness_of(version, stream)
        connection.execute("BEGIN IMMEDIATE")
        for table, documents in (("state", [document, *state]), ("witness", [witness])):
            connection.executemany(
                f"INSERT INTO {table} (kind, name, version, crc, body) VALUES (?, ?, ?, ?, ?)",  # noqa: S608 -- our own names
                [(d.kind, d.name, d.version, d.crc, d.body) for d in documents],
            )
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")

    def check(self) -> list[StateRow] | None:
        """Every document; or None when SQLite, a checksum or a missing number says that the file is broken."""
        try:
            if self._connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise OutboxUnwritable(f"{self.path.name} was written by a newer agent: install that one again")
            if version < SCHEMA_VERSION:
                return None
            documents = self._load()
            accounting = Accounting(self.stream.held, self.stream.newest)
            for row in self._believed("ORDER BY seq DESC", ()):
                if row.seq > self.stream.newest:
                    return None
                accounting.feed(row)
        except (sqlite3.DatabaseError, ChecksumError, UnicodeDecodeError):
            return None
        return None if accounting.losses() else documents

    def _load(self) -> list[StateRow]:
        found = []
        for table in ("state", "witness"):
            query = f"SELECT id, kind, name, version, body, crc FROM {table}"  # noqa: S608 -- our own names
            for id_, kind, name, version, body, crc in self._connection.execute(query):
                document = StateRow(kind, name, version, body)
                if document.crc != crc:
                    raise ChecksumError(f"{table} {id_}")
                found.append(document)
                if table == "state":
                    self._documents[kind, name] = (id_, document)
                elif kind == "witness":
                    self._witnessed = Stream.from_body(body).newest
                self._version = max(self._version, version)
        if ("stream", "") in self._documents:
            self.stream = Stream.from_body(self._documents["stream", ""][1].body)
        return found

    def close(self) -> None:
        self._connection.close()

    # -- reading

    def rows(self, first: int, limit: int = -1) -> Iterator[Row]:
        """Rows from `first` on. Raises ChecksumError, OutboxError."""
        try:
            yield from self._believed("WHERE seq >= ? ORDER BY seq LIMIT ?", (first, limit))
        except sqlite3.Error as error:
            raise self._translated(error) from error

    def _believed(self, which: str, values: tuple[int, ...]) -> Iterator[Row]:
        query = f"SELECT {_ROW} FROM record {which}"  # noqa: S608 -- our own words
        for seq, kind, body, begin, windows, rev, crc in self._connection.execute(query, values):
            row = Row(seq, kind, body, begin, windows, rev)
            if row.crc != crc:
                raise ChecksumError(str(seq), row)
            yield row

    def document(self, kind: str, name: str) -> str | None:
        found = self._documents.get((kind, name))
        return found[1].body if found else None

    def documents(self, kind: str) -> dict[str, str]:
        return {name: row.body for (of, name), (_, row) in self._documents.items() if of == kind}

    def state(self) -> list[StateRow]:
        """Every document but the stream's own."""
        return [row for (kind, _), (_, row) in self._documents.items() if kind != "stream"]

    def pages(self) -> tuple[int, int, int]:
        """(in the file, of them free, allowed)."""
        count = self._connection.execute("PRAGMA page_count").fetchone()[0]
        free = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
        return count, free, self._max_pages

    # -- writing

    def commit(self, change: Change, stream: Stream) -> None:
        """Durable when it returns; nothing happened when it raises an OutboxError."""
        version = self._version + 1
        changed = {
            key: None if body is None else StateRow(*key, version, body)
            for key, body in change.documents.items()
            if body != self.document(*key)
        }
        held_before = self.stream.held
        stream = replace(stream, digests=self._digests(changed))
        at = StateRow("stream", "", version, stream.to_body())
        witness = None if stream.newest <= self._witnessed else self._witness_of(version, stream)
        try:
            self._cap(change)
            self._connection.execute("BEGIN IMMEDIATE")
            if stream.held > held_before:
                self._connection.execute("DELETE FROM record WHERE seq < ?", (stream.held,))
            self._connection.executemany("DELETE FROM record WHERE seq = ?", [(seq,) for seq in change.delete])
            self._connection.executemany(
                "UPDATE record SET kind = ?, body = ?, first = ?, windows = ?, rev = ?, crc = ? WHERE seq = ?",
                [(r.kind, r.body, r.first, r.windows, r.rev, r.crc, r.seq) for r in change.update],
            )
            self._insert(change.insert)
            ids = self._write_documents({("stream", ""): at, **changed})
            if witness:
                self._connection.execute(
                    "UPDATE witness SET version = ?, crc = ?, body = ? WHERE id = 1",
                    (witness.version, witness.crc, witness.body),
                )
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._translated(error) from error
        self.commits += 1
        self._version, self.stream = version, stream
        if witness:
            self._witnessed = Stream.from_body(witness.body).newest
        for key, document in {("stream", ""): at, **changed}.items():
            if document is None:
                self._documents.pop(key, None)
            else:
                self._documents[key] = (ids[key], document)

    def _cap(self, change: Change) -> None:
        """Records and counts keep within the cap; the link's own notes and what makes room may go beyond it."""
        grows = change.insert or any(body and kind != "note" for (kind, _), body in change.documents.items())
        pages = self._max_pages if grows else self._max_pages + LINK_PAGES
        if pages != self._capped:
            self._connection.execute(f"PRAGMA max_page_count={pages}").fetchall()
            self._capped = pages

    @staticmethod
    def _witness_of(version: int, stream: Stream) -> StateRow:
        """The stream's document once more, with room for the next numbers: written once in WITNESS_NUMBERS."""
        return StateRow(
            "witness", "", version, replace(stream, newest=stream.newest + WITNESS_NUMBERS, digests={}).to_body()
        )

    def checkpoint(self) -> None:
        """Move the log into the database and give its blocks back."""
        with suppress(sqlite3.Error):  # it is tried again by every commit
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _insert(self, rows: Iterable[Row]) -> None:
        self._connection.executemany(
            f"INSERT INTO record ({_ROW}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- our own names
            [(r.seq, r.kind, r.body, r.first, r.windows, r.rev, r.crc) for r in rows],
        )

    def _write_documents(self, changed: Mapping[DocumentKey, StateRow | None]) -> dict[DocumentKey, int]:
        ids: dict[DocumentKey, int] = {}
        for key, document in changed.items():
            known = self._documents.get(key)
            if document is None:
                if known:
                    self._connection.execute("DELETE FROM state WHERE id = ?", (known[0],))
            elif known:
                self._connection.execute(
                    "UPDATE state SET version = ?, crc = ?, body = ? WHERE id = ?",
                    (document.version, document.crc, document.body, known[0]),
                )
                ids[key] = known[0]
            else:
                cursor = self._connection.execute(
                    "INSERT INTO state (kind, name, version, crc, body) VALUES (?, ?, ?, ?, ?)",
                    (document.kind, document.name, document.version, document.crc, document.body),
                )
                ids[key] = int(cursor.lastrowid or 0)
        return ids

    def _digests(self, changed: Mapping[DocumentKey, StateRow | None]) -> dict[str, int]:
        """The stream's digests after the change: out with the old row's number, in with the new one's."""
        after = dict(self.stream.digests)
        for key, document in changed.items():
            known = self._documents.get(key)
            for row in ((known[1] if known else None), document):
                for kind, value in digests([row] if row else []).items():
                    after[kind] = after.get(kind, 0) ^ value
        return {kind: value for kind, value in after.items() if value}

    def _translated(self, error: sqlite3.Error) -> OutboxError:
        """Roll back and say what to do. Lack of room shows as FULL, or as an I/O error on a full disk."""
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return OutboxDamaged(f"{self.path.name} is damaged ({error}): restart the agent, it salvages at the start")
        if code == sqlite3.SQLITE_FULL:
            if free_bytes(self.path) < FULL_BYTES:
                return DiskFull(f"no room on the disk of {self.path.parent}: delete something there")
            return OutboxFull(
                f"the outbox holds {self._max_pages * PAGE_BYTES} bytes and cannot be merged further:"
                " connect the robot, or raise outbox_max_mb"
            )
        return OutboxUnwritable(f"{self.path}: {error}: check the disk and that it is mounted read-write")


class ChecksumError(Exception):
    """A row does not agree with its CRC. `row` is what was read, when it was a record."""

    def __init__(self, where: str, row: Row | None = None) -> None:
        super().__init__(where)
        self.row = row
