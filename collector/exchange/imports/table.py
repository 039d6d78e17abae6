"""What a table file is once it is read: its rows, their numbers and their cells. Pure; `rows` reads the files."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from collector.exchange.imports.number_formats import NumberFormat
from collector.exchange.imports.problems import BadRow

_HEADING_CHARS = 80


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that holds no value: a formula, or a spreadsheet's error."""

    what: str


class Formatted(NamedTuple):
    """A workbook's number whose format says more than the number."""

    number: int | float
    format: NumberFormat

    def __str__(self) -> str:
        return str(self.number)


Cell = str | int | float | bool | datetime | date | time | Formatted | Unusable | None


class TableRow(NamedTuple):
    """A tuple, because there is one for each row of files of millions."""

    number: int
    cells: tuple[Cell, ...]


def written(row: TableRow, index: int) -> str:
    """The beginning of what stands in a cell of a heading; "": nothing."""
    cell = row.cells[index] if index < len(row.cells) else None
    return "" if cell is None or isinstance(cell, Unusable) else str(cell).strip()[:_HEADING_CHARS]


class MergedCells(NamedTuple):
    """A range that a workbook shows as one cell. Rows as numbered, columns from 0; both ends are of it."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


Merged = Callable[[int], Iterable[MergedCells]]
"""The ranges that a file merges, which begin at a row or above it."""


def none_merged(_: int) -> Iterable[MergedCells]:
    """A CSV's: it does not say which cells were one."""
    return ()


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file's rows. `since_1904`: its day numbers count from 1904 (old Macintosh workbooks).

    `separated`: cells are what stands between separators, so one separator too many moves all cells after it.

    `again` reads them from the beginning once more; `rows` is at its end
    then. `encoding` is that of a CSV, `sheet` the one of a workbook that is read; `merged` finds its merged cells.
    """

    rows: Iterator[TableRow | BadRow]
    again: Callable[[], Iterator[TableRow | BadRow]]
    since_1904: bool = False
    separated: bool = False
    encoding: str | None = None
    sheet: str | None = None
    merged: Merged = none_merged
