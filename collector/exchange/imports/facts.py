"""Rows as facts of one kind, or what is wrong with them. Pure.

A row whose first cell begins with `#` is a note and an empty row is nothing. A cell of a merged block below its first
one is empty: the row says so. Everything wrong with a row is told at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from collector.accounts.ledger.kinds.registry import Kind
from collector.calendar import days
from collector.exchange.imports.amounts import money
from collector.exchange.imports.cells import value_of
from collector.exchange.imports.columns import HEADING_ROWS_MAX, Columns, columns_of
from collector.exchange.imports.fields import Field, fields_of
from collector.exchange.imports.headings import RECORDED
from collector.exchange.imports.rows import Cell, TableFile, TableRow
from collector.exchange.imports.spelling import BadCell
from collector.exchange.imports.usage_sheet import BadRow

NOTE = "#"
_COMPLAINTS_OF_A_ROW = 4
_YUAN = frozenset({"CNY", "JPY"})  # both write ¥


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a file is read. `timezone`: of moments that do not say theirs."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A row that is a fact. `recorded_at`: since when the source knew it, where the file says so."""

    row: int
    said: Any
    recorded_at: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns and its rows to come. `absent`: fields that it has no column for."""

    columns: Columns
    absent: tuple[str, ...]
    facts: Iterator[Fact | BadRow]


def table_of(kind: Kind, source: TableFile, reading: ReadingOptions) -> Table:
    """Read the heading; the rows are read as they are asked for. Raises BadTable."""
    first = list(islice(source.rows, HEADING_ROWS_MAX))
    columns = columns_of(kind, first, reading.mapping)
    rest: Iterator[TableRow | BadRow] = chain(
        (row for row in first if (row.row if isinstance(row, BadRow) else row.number) > columns.rows), source.rows
    )
    if source.separated:
        heading = [row for row in first if isinstance(row, TableRow) and row.number <= columns.rows]
        rest = _as_wide(rest, max(len(row.cells) for row in heading))
    absent = tuple(name for name in kind.model.__dataclass_fields__ if name not in columns.headings)
    return Table(columns, absent, _facts(kind, columns, rest, reading, since_1904=source.since_1904))


def _as_wide(rows: Iterator[TableRow | BadRow], width: int) -> Iterator[TableRow | BadRow]:
    """A row with more cells than the heading has a separator inside a cell: 1,234.50 would be read as 1."""
    for row in rows:
        if isinstance(row, TableRow) and any(_written(cell) for cell in row.cells[width:]) and not _is_note(row):
            said = f"{len(row.cells)} cells where the heading has {width}"
            yield BadRow(row.number, f"{said}; put cells that hold a separator (1,234.50) into quotation marks")
        else:
            yield row


def _written(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _facts(
    kind: Kind, columns: Columns, rows: Iterator[TableRow | BadRow], reading: ReadingOptions, *, since_1904: bool
) -> Iterator[Fact | BadRow]:
    fields = {index: fields_of(kind)[name] for index, name in columns.fields.items()}
    for row in rows:
        if isinstance(row, BadRow):
            yield row
        elif not _is_note(row):
            yield _fact(kind, fields, row, reading, since_1904=since_1904)


def _is_note(row: TableRow) -> bool:
    """A note, or an empty row."""
    if not any(_written(cell) for cell in row.cells):
        return True
    first = row.cells[0]
    return isinstance(first, str) and first.lstrip().startswith(NOTE)


def _fact(
    kind: Kind, fields: Mapping[int, Field], row: TableRow, reading: ReadingOptions, *, since_1904: bool
) -> Fact | BadRow:
    said: dict[str, Any] = {}
    wrong: list[str] = []
    for index, spec in fields.items():
        cell = row.cells[index] if index < len(row.cells) else None
        try:
            value = value_of(cell, spec, timezone=reading.timezone, since_1904=since_1904)
        except BadCell as error:
            wrong.append(f"{spec.name}: {error}")
            continue
        if value is not None:
            said[spec.name] = value
        elif spec.required:
            wrong.append(f"{spec.name}: it is empty; fill it (a merged cell fills only its first row)")
    wrong += _signs(fields, row, said)
    recorded = said.pop(RECORDED, None)
    if not wrong:
        try:
            fact = kind.adapter.validate_python(said)
            return Fact(row.number, fact, None if recorded is None else days.parse(recorded) * days.DAY_S)
        except ValidationError as error:
            wrong = list(_complaints(error))
    return BadRow(row.number, "; ".join(wrong[:_COMPLAINTS_OF_A_ROW]))


def _signs(fields: Mapping[int, Field], row: TableRow, said: dict[str, Any]) -> Iterator[str]:
    """A currency's sign beside an amount must not contradict the currency; where none is given it is the currency."""
    for index, spec in fields.items():
        if spec.form != "amount" or spec.name not in said:
            continue
        sign = _sign(row.cells[index])
        if sign is None:
            continue
        given = said.get("currency")
        if given is None:
            if sign not in _YUAN:
                said["currency"] = sign
        elif given != sign and not {given, sign} <= _YUAN:
            yield f"{spec.name}: its sign says {sign} and the currency {given}; correct one of them"


def _sign(cell: Cell) -> str | None:
    return money(cell)[1]


def _complaints(error: ValidationError) -> Iterator[str]:
    for complaint in error.errors(include_url=False, include_input=True):
        where = ".".join(str(part) for part in complaint["loc"])
        said = complaint["msg"].removeprefix("Value error, ")
        shown = "" if complaint["type"] == "missing" else f"{str(complaint['input'])[:40]!r}: "
        yield f"{where}: {shown}{said}{_REMEDIES.get(complaint['type'], '')}"


_REMEDIES = {
    "string_pattern_mismatch": "; write an id of at most 120 characters, without comma or slash",
    "string_too_long": "; shorten it",
    "string_too_short": "; fill it",
    "missing": "; fill it",
}
