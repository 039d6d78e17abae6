"""Long lists of values in a statement. PostgreSQL takes an array as one value; a placeholder for each would cost more
in the driver than the statement does in the server. SQLite takes placeholders at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    Table,
    any_,
    cast,
    func,
    insert,
    literal,
    select,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from collector.values.paging import page_of, read_cursor

ROWS_AT_ONCE = 5_000


def newest_first(
    connection: Connection, query: Select[Any], row_id: ColumnElement[int], limit: int, cursor: str | None
) -> tuple[Sequence[Row[Any]], str | None]:
    """One page of the query's rows by their falling `id`, with the cursor of the next one. Raises BadCursor."""
    if after := read_cursor(cursor, int):
        query = query.where(row_id < after[0])
    rows = connection.execute(query.order_by(row_id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.id,))


def among(connection: Connection, column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """SQL: the column has one of these values."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(column.type)))
    return column.in_(values)


def number_in(connection: Connection, body: ColumnElement[str], name: str) -> ColumnElement[int]:
    """SQL: the whole number of that name in a column of JSON; null where the object has none."""
    if connection.dialect.name == "postgresql":
        return cast(cast(body, JSONB)[name].astext, BigInteger)
    return func.json_extract(body, f"$.{name}")


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns."""
    for some in _some(rows):
        if connection.dialect.name == "postgresql":
            connection.execute(_from_arrays(table, some))
        else:
            connection.execute(insert(table), some)


def insert_numbered(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: str
) -> dict[Any, int]:
    """The same; the ids that the rows were given, by their value of `key`."""
    found: dict[Any, int] = {}
    for some in _some(rows):
        returned = table.c.id, table.c[key]
        written = (
            connection.execute(_from_arrays(table, some).returning(*returned))
            if connection.dialect.name == "postgresql"
            else connection.execute(insert(table).returning(*returned), some)
        )
        found.update((value, row_id) for row_id, value in written)
    return found


def _from_arrays(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    """One array for each column."""
    names = list(rows[0])
    arrays = [literal([row[name] for row in rows], ARRAY(table.c[name].type)) for name in names]
    lines = func.unnest(*arrays).table_valued(*names).render_derived()
    return insert(table).from_select(names, select(*(lines.c[name] for name in names)), include_defaults=False)


def _some(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield [dict(row) for row in rows[start : start + ROWS_AT_ONCE]]
