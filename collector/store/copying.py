"""A whole store into an empty one, SQLite or PostgreSQL on either side: every table of the schema, row by row.

The tables are those of the metadata, so that a new one is copied without a word here. Some rows go over in one
transaction together with the *progress*, a row of `store_fact` that the copy keeps until its end: a copy that was
killed goes on after its newest transaction, and no collector opens the half of a store. At the end both sides are
read again and compared: rows and a digest of each table, the sum of each counter.

A SQLite source is locked meanwhile, PostgreSQL's is read as of one moment. A source that was written between two runs
of one copy differs at the end, and is refused then.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, inspect, literal, select, text, tuple_, update
from sqlalchemy.exc import DataError, IntegrityError

from collector.store.engine import Store
from collector.store.lists import insert_all
from collector.store.refusals import refusal_of
from collector.store.schema import COPY, VERSION_TABLE
from collector.store.tables import whole_schema
from collector.store.tables.fleet import completeness_kept, completeness_stale, store_fact, usage_day
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

ROWS_AT_ONCE = 5_000
_BYTES_AT_ONCE = 8 * 1024 * 1024  # parked messages are large
_READ_AT_ONCE = 200
_DERIVED = (completeness_kept, completeness_stale)  # a collector on the copy makes them anew
_ANEW = Sentence("name a new file or an empty database as TO, and copy again")
_AUTOINCREMENT = "sqlite_sequence"


@dataclass(frozen=True, slots=True)
class Content:
    """What one side holds of a table: two sides are equal when this is. The order of rows has no say."""

    rows: int
    digest: int
    counted: Mapping[str, int]
    """The sum of each counter, of the table of robot-days."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`rows` of every table, verified; `now` of them by this run. `counted`: the sum of each counter.

    `left_out`: tables of the source that this release does not know; they are somebody else's.
    """

    rows: Mapping[str, int]
    now: int
    counted: Mapping[str, int]
    left_out: Sequence[str]


@dataclass(slots=True)
class CopyProgress:
    """How far a copy is: the tables that are done, the one that is not, and the key of its newest row over there."""

    source: str
    done: list[str] = field(default_factory=list)
    table: str = ""
    after: list[Any] = field(default_factory=list)

    def text(self) -> str:
        return json.dumps({"from": self.source, "done": self.done, "table": self.table, "after": self.after})

    @classmethod
    def of(cls, said: str) -> "CopyProgress":
        found = json.loads(said)
        return cls(found["from"], found["done"], found["table"], found["after"])


def every_table() -> list[Table]:
    """All tables of the schema, what is named before what names it, but for those that are made from the others."""
    return [table for table in whole_schema().sorted_tables if table not in _DERIVED]


def copy(source: Store, target: Store, rows_at_once: int = ROWS_AT_ONCE) -> Copied:
    """Every row of `source` in `target`, which is empty or the unfinished copy of the same source.

    Raises Refusal, with the reason and what to do.
    """
    all_of_them = every_table()
    with source.read() as reading:
        name = source.url.render_as_string(hide_password=True)
        progress, before = _begun(target, all_of_them, name)
        now = 0
        for table in all_of_them:
            if table.name in progress.done:
                continue
            if progress.table != table.name:
                progress.table, progress.after = table.name, []
            for rows in _batches(_rows_of(reading, table, progress.after), rows_at_once):
                progress.after = [getattr(rows[-1], column.key) for column in table.primary_key]
                before = _written(target, table, rows, before, progress)
                now += len(rows)
            progress.done.append(table.name)
        contents = verify(reading, target, all_of_them)
        _finished(reading, target, all_of_them)
        known = {table.name for table in whole_schema().sorted_tables} | {VERSION_TABLE}
        left_out = sorted(set(inspect(reading).get_table_names()) - known)
    rows_of = {table.name: contents[table.name].rows for table in all_of_them}
    return Copied(rows_of, now, contents[usage_day.name].counted, left_out)


def verify(reading: Connection, target: Store, all_of_them: Sequence[Table]) -> dict[str, Content]:
    """Read both sides whole. Raises Refusal, with each table that differs and by what."""
    found: dict[str, Content] = {}
    different: list[str] = []
    with target.read() as written:
        for table in all_of_them:
            here, there = content(reading, table), content(written, table)
            found[table.name] = here
            different += _differences(table.name, here, there)
    if different:
        raise Refusal(
            "TO does not hold what FROM holds",
            Sentence("FROM was written since the copy began, or TO was: stop what writes them, {anew}", anew=_ANEW),
            "conflict",
            tuple(different),
        )
    return found


def content(connection: Connection, table: Table) -> Content:
    """Count the rows and add up their hashes."""
    rows, digest, counted = 0, 0, Counter[str]()
    for row in _rows_of(connection, table, []):
        rows += 1
        said = repr([bytes(value) if isinstance(value, memoryview) else value for value in row])
        digest += int.from_bytes(hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest())
        if table is usage_day:
            for counts in (row.totals, row.imported):
                counted.update(json.loads(counts) if counts else {})
    return Content(rows, digest % (1 << 128), dict(counted))


def _differences(name: str, here: Content, there: Content) -> Iterator[str]:
    if here.rows != there.rows:
        yield f"{name}: {here.rows} rows in FROM, {there.rows} in TO"
    elif here.digest != there.digest:
        yield f"{name}: {here.rows} rows in both, not the same"
    for counter in sorted(here.counted.keys() | there.counted.keys()):
        sums = here.counted.get(counter, 0), there.counted.get(counter, 0)
        if sums[0] != sums[1]:
            yield f"{name}: the sum of {counter} is {sums[0]} in FROM, {sums[1]} in TO"


def _begun(target: Store, all_of_them: Sequence[Table], source: str) -> tuple[CopyProgress, str]:
    """The progress of the target, and its text as it stands there. Raises Refusal where it holds something else."""
    with target.write() as connection:
        stands = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == COPY))
        if stands is not None:
            progress = CopyProgress.of(stands)
            if progress.source != source:
                raise Refusal(
                    Sentence("TO is an unfinished copy of {source}", source=progress.source),
                    Sentence("copy from there again, or {anew}", anew=_ANEW), "conflict",
                )  # fmt: skip
            return progress, stands
        held = next((t.name for t in all_of_them if connection.execute(select(literal(1)).select_from(t)).first()), "")
        if held:
            raise Refusal(Sentence("TO is not empty: it has rows in {held}", held=held), _ANEW, "conflict")
        progress = CopyProgress(source)
        connection.execute(insert(store_fact).values(name=COPY, value=progress.text()))
        return progress, progress.text()


def _rows_of(connection: Connection, table: Table, after: Sequence[Any]) -> Iterator[Row[Any]]:
    """The rows in order of their key, those after `after`; the progress of a copy is none of them."""
    key = list(table.primary_key)
    query = select(table).order_by(*key)
    if table is store_fact:
        query = query.where(store_fact.c.name != COPY)
    if after:
        last = (literal(value, column.type) for value, column in zip(after, key, strict=True))
        query = query.where(tuple_(*key) > tuple_(*last) if len(key) > 1 else key[0] > next(last))
    with connection.execute(query.execution_options(yield_per=_READ_AT_ONCE)) as found:
        yield from found


def _batches(rows: Iterator[Row[Any]], rows_at_once: int) -> Iterator[list[Row[Any]]]:
    some: list[Row[Any]] = []
    size = 0
    for row in rows:
        some.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(some) >= rows_at_once or size >= _BYTES_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _written(target: Store, table: Table, rows: Sequence[Row[Any]], before: str, progress: CopyProgress) -> str:
    """Rows and progress in one transaction. `before`: the progress as this copy left it; the text that stands now."""
    said = progress.text()
    values = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented name
    try:
        with target.write() as connection:
            moved = update(store_fact).where(store_fact.c.name == COPY, store_fact.c.value == before)
            if not connection.execute(moved.values(value=said)).rowcount:
                raise Refusal("another copy writes TO", "let it end, or stop it; then copy again", "conflict")
            insert_all(connection, table, values)
    except (DataError, IntegrityError, OverflowError, UnicodeEncodeError) as error:
        raise _not_taken(target, table, values, error) from error
    return said


def _not_taken(target: Store, table: Table, rows: Sequence[dict[str, Any]], error: Exception) -> Refusal:
    """The first row that the other database does not take, by its key."""
    refused = refusal_of(error)
    reason = str(error).splitlines()[0] if refused is None else refused.reason
    where = table.name
    for row in rows:
        if _takes(target, table, row):
            continue
        where = f"{table.name} {', '.join(str(row[column.key]) for column in table.primary_key)}"
        break
    return Refusal(
        Sentence("TO does not take {where}: {reason}", where=where, reason=reason),
        "correct that row in FROM, then copy again",
        "unprocessable",
    )


def _takes(target: Store, table: Table, row: dict[str, Any]) -> bool:
    """Tried, and taken back."""
    try:
        with target.write() as connection, connection.begin_nested() as tried:
            insert_all(connection, table, [row])
            tried.rollback()
    except (DataError, IntegrityError, OverflowError, UnicodeEncodeError):
        return False
    return True


def _finished(reading: Connection, target: Store, all_of_them: Sequence[Table]) -> None:
    """New rows get numbers that were never given; from now on it is a store."""
    numbered = [table for table in all_of_them if table.autoincrement_column is not None]
    given: Callable[[Connection, Table], int] = (
        _given_by_postgresql if reading.dialect.name == "postgresql" else _given_by_sqlite
    )
    newest = {table: given(reading, table) for table in numbered}
    with target.write() as connection:
        for table, number in newest.items():
            if target.dialect == "postgresql":
                column = table.autoincrement_column
                assert column is not None
                sequence = func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(select(func.setval(sequence, max(number, 1), number > 0)))
            elif table.dialect_options["sqlite"]["autoincrement"]:
                connection.execute(text(f"DELETE FROM {_AUTOINCREMENT} WHERE name = :table"), {"table": table.name})  # noqa: S608 - a name of our own
                connection.execute(
                    text(f"INSERT INTO {_AUTOINCREMENT} (name, seq) VALUES (:table, :number)"),  # noqa: S608 - a name of our own
                    {"table": table.name, "number": number},
                )
        connection.execute(delete(store_fact).where(store_fact.c.name == COPY))


def _largest(connection: Connection, table: Table) -> int:
    column = table.autoincrement_column
    assert column is not None
    return connection.scalar(select(func.coalesce(func.max(column), 0))) or 0


def _given_by_sqlite(connection: Connection, table: Table) -> int:
    """The largest number that the table ever gave, where SQLite remembers it."""
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return _largest(connection, table)
    said = text(f"SELECT max(seq) FROM {_AUTOINCREMENT} WHERE name = :table")  # noqa: S608 - a name of our own
    return connection.scalar(said, {"table": table.name}) or 0


def _given_by_postgresql(connection: Connection, table: Table) -> int:
    column = table.autoincrement_column
    assert column is not None
    sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
    last, called = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - a name of our own
    return max(int(last) if called else 0, _largest(connection, table))
