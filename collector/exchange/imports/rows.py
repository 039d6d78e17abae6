"""Rows of cells from a CSV or XLSX file, one after the other, in bounded memory.

A CSV may be UTF-8, UTF-16 or GB18030, with or without BOM, separated by comma, semicolon, tab or bar. A row is numbered
as a spreadsheet shows it. What a workbook computes is not taken: a formula is a cell that the row is refused for.
"""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from io import SEEK_END, TextIOWrapper
from typing import BinaryIO, NamedTuple

from collector.exchange.imports import workbook
from collector.exchange.imports.encodings import encoding_of
from collector.exchange.imports.problems import BadRow, BadTable, FileTooLarge

FILE_MAX_BYTES = 512 * 1024 * 1024
RECORDS_MAX = 1_048_576  # empty ones among them: what a spreadsheet can show
LINE_MAX_CHARS = 1_000_000  # a longer line is no row of a table; csv itself takes cells of 131,072
COLUMNS_MAX = 500
_CHUNK_BYTES = 1024 * 1024
_SEPARATORS = ",;\t|"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell that holds no value: a formula, or a spreadsheet's error."""

    what: str


Cell = str | int | float | bool | datetime | date | time | Unusable | None


class TableRow(NamedTuple):
    """A tuple, because there is one for each row of files of millions."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file's rows. `since_1904`: its day numbers count from 1904 (old Macintosh workbooks).

    `separated`: cells are what stands between separators, so one separator too many moves all cells after it.
    """

    rows: Iterator[TableRow | BadRow]
    since_1904: bool = False
    separated: bool = False


@contextmanager
def opened(
    file: BinaryIO, names: Iterable[str] = (), sheet: str | None = None, *, records_max: int = RECORDS_MAX
) -> Iterator[TableFile]:
    """The rows of a seekable file. Of a workbook: of `sheet`, else of one called as in `names`, else of the first.

    Raises BadTable with the remedy, also for what is found while the rows are read.
    """
    if file.seek(0, SEEK_END) > FILE_MAX_BYTES:
        raise FileTooLarge(f"the file has more than {FILE_MAX_BYTES} bytes; split it, by year for example")
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if head.startswith(_OLE):
        raise BadTable("this is an old .xls file or one with a password; save it as XLSX without a password, or as CSV")
    if head.startswith(_ZIP):
        with workbook.opened(file) as book:
            chosen = workbook.chosen(book, names, sheet)
            yield TableFile(_sheet_rows(chosen), since_1904=workbook.counts_from_1904(book))
        return
    if sheet is not None:
        raise BadTable("a CSV file has one sheet; leave the sheet's name away, or give an XLSX file")
    encoding = encoding_of(iter(lambda: file.read(_CHUNK_BYTES), b""))
    if encoding is None:
        raise BadTable("this is no text in UTF-8, UTF-16 or GB18030; save the sheet as CSV UTF-8 or as XLSX")
    file.seek(0)
    text = TextIOWrapper(file, encoding, newline="")
    try:
        yield TableFile(_csv_rows(text, records_max), separated=True)
    finally:
        text.detach()  # the file stays the caller's


def _csv_rows(text: TextIOWrapper, records_max: int) -> Iterator[TableRow | BadRow]:
    lines = _lines(text)
    first = next(lines, "")
    if first.lower().startswith("sep="):  # what Excel writes for itself
        separator, number = first[4:5], 1
        records = csv.reader(lines, delimiter=separator if separator in _SEPARATORS and separator else ",", strict=True)
    else:
        separator, number = max(_SEPARATORS, key=lambda one: _outside_quotes(first).count(one)), 0
        records = csv.reader(_with_first(first, lines), delimiter=separator, strict=True)
    while True:
        number += 1
        if number > records_max:
            raise BadTable(f"the file has more than {records_max:,} rows; remove the empty ones, or split it")
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(number, f"{error}; put cells that hold a separator or a quotation mark into quotation marks")
            continue
        if len(cells) > COLUMNS_MAX:
            yield BadRow(number, f"{len(cells)} columns; a table has at most {COLUMNS_MAX}")
        else:
            yield TableRow(number, tuple(cells))


def _lines(text: TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LINE_MAX_CHARS):
        if len(line) == LINE_MAX_CHARS:
            raise BadTable(f"a line has {LINE_MAX_CHARS:,} characters or more; save the sheet as CSV again")
        yield line


def _with_first(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _sheet_rows(rows: Iterator[tuple[workbook.Raw, ...]]) -> Iterator[TableRow | BadRow]:
    for number, raw in enumerate(rows, 1):
        if len(raw) > COLUMNS_MAX and any(value is not None for value, _ in raw[COLUMNS_MAX:]):
            yield BadRow(number, f"{len(raw)} columns; a table has at most {COLUMNS_MAX}")
            continue
        yield TableRow(number, tuple(_cell(value, kind) for value, kind in raw[:COLUMNS_MAX]))


def _cell(value: object, kind: str) -> Cell:
    if kind == workbook.FORMULA:
        return Unusable("a formula; copy the column and paste it as values")
    if kind == workbook.ERROR:
        return Unusable(f"the error {str(value)[:20]}; correct it in the sheet")
    if value is None or isinstance(value, str | int | float | datetime | date | time):
        return value
    return str(value)  # a duration, a rich text
