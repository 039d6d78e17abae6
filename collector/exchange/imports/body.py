"""The rows of a table below its heading, and what their cells say. Pure.

A row whose first cell begins with `#` is a note and an empty row is nothing. A cell of a merged block below its first
one is empty: the row says so. Everything wrong with a row is told at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from collector.exchange.imports.cells import value_of
from collector.exchange.imports.columns import HEADING_ROWS_MAX, Columns, columns_of
from collector.exchange.imports.fields import Field
from collector.exchange.imports.layouts import Layout
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.rows import Cell, TableFile, TableRow
from collector.exchange.imports.spelling import EMPTY_CELL, BadCell

NOTE = "#"
COMPLAINTS_OF_A_ROW = 4


@dataclass(frozen=True, slots=True)
class TableBody:
    """A table's columns, and its rows to come. `fields`: column index -> how its cells are read."""

    columns: Columns
    fields: Mapping[int, Field]
    rows: Iterator[TableRow | BadRow]
    since_1904: bool

    def values(self, row: TableRow, timezone: str | None) -> tuple[dict[str, Any], list[str]]:
        """What the row's cells say, by field, and what is wrong with them. An empty cell says nothing."""
        said: dict[str, Any] = {}
        wrong: list[str] = []
        for index, spec in self.fields.items():
            cell = row.cells[index] if index < len(row.cells) else None
            try:
                value = value_of(cell, spec, timezone=timezone, since_1904=self.since_1904)
            except BadCell as error:
                wrong.append(f"{spec.name}: {error}")
                continue
            if value is not None:
                said[spec.name] = value
            elif spec.required:
                wrong.append(f"{spec.name}: {EMPTY_CELL}")
        return said, wrong


def bad_row(row: TableRow, wrong: list[str]) -> BadRow:
    return BadRow(row.number, "; ".join(wrong[:COMPLAINTS_OF_A_ROW]))


def body_of(layout: Layout, source: TableFile, mapping: Mapping[str, str]) -> TableBody:
    """Read the heading; the rows are read as they are asked for. Raises BadTable."""
    first = list(islice(source.rows, HEADING_ROWS_MAX))
    columns = columns_of(layout, first, mapping)
    rest: Iterator[TableRow | BadRow] = chain(
        (row for row in first if (row.row if isinstance(row, BadRow) else row.number) > columns.rows), source.rows
    )
    width = None
    if source.separated:
        width = max(len(row.cells) for row in first if isinstance(row, TableRow) and row.number <= columns.rows)
    fields = {index: layout.field(name) for index, name in columns.fields.items()}
    return TableBody(columns, fields, _rows(rest, width), source.since_1904)


def _rows(rows: Iterator[TableRow | BadRow], width: int | None) -> Iterator[TableRow | BadRow]:
    """Without notes. A row with more cells than the heading has a separator inside a cell: 1,234.50 would be 1."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        cells = row.cells
        if _is_note(cells):
            continue
        if width is not None and len(cells) > width and any(_written(cell) for cell in cells[width:]):
            said = f"{len(cells)} cells where the heading has {width}"
            yield BadRow(row.number, f"{said}; put cells that hold a separator (1,234.50) into quotation marks")
        else:
            yield row


def _is_note(cells: tuple[Cell, ...]) -> bool:
    """A note, or an empty row."""
    first = cells[0] if cells else None
    if isinstance(first, str) and (text := first.lstrip()):
        return text.startswith(NOTE)
    return not any(_written(cell) for cell in cells)


def _written(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))
