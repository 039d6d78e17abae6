"""Rows of cells from a CSV or XLSX file, one after the other, in bounded memory.

A CSV is read in the encoding that its bytes show or somebody names, separated by comma, semicolon, tab or bar. A row
is numbered as a spreadsheet shows it. What a workbook computes is not taken: a formula is a cell that the row is
refused for. A hidden sheet is read only where it is named.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from functools import partial
from io import SEEK_END, TextIOWrapper
from typing import BinaryIO

from collector.exchange.imports import encodings, workbook
from collector.exchange.imports.encodings import CODECS, encoding_of
from collector.exchange.imports.headings import is_chinese_heading
from collector.exchange.imports.number_formats import NumberFormat
from collector.exchange.imports.problems import BadRow, BadTable, FileTooLarge
from collector.exchange.imports.table import Cell, Formatted, TableFile, TableRow, Unusable
from collector.values.sentence import Sentence, listed

FILE_MAX_BYTES = 512 * 1024 * 1024
RECORDS_MAX = 1_048_576  # empty ones among them: what a spreadsheet can show
LINE_MAX_CHARS = 1_000_000  # a longer line is no row of a table; csv itself takes cells of 131,072
COLUMNS_MAX = 500
_CHUNK_BYTES = 1024 * 1024
_SEPARATORS = ",;\t|"
_NAME_IT = Sentence("name its encoding, or save the sheet as CSV UTF-8 or XLSX")
_SAVE_IT = Sentence("save the sheet as CSV UTF-8 or XLSX, or name its encoding if it is another")
_ONE_LINE = (
    "the file is one line without an end, so that it has no rows; if they were lost on the way (curl -d takes line ends"
    " away), send it with --data-binary"
)
_SAMPLES_SHOWN = 4
_STANDS_FOR_NOTHING = re.compile("[\x80-\x9f\ue000-\uf8ff\U000f0000-\U0010fffd]")  # controls, private use
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@contextmanager
def opened(
    file: BinaryIO, names: Iterable[str] = (), sheet: str | None = None, *, encoding: str | None = None,
    records_max: int = RECORDS_MAX,
) -> Iterator[TableFile]:  # fmt: skip
    """The rows of a seekable file. Of a workbook: of `sheet`, else of one called as in `names`, else of the first.

    `encoding` names that of a CSV; None: its bytes show it, or it is asked for. Raises BadTable with the remedy, also
    for what is found while the rows are read.
    """
    if file.seek(0, SEEK_END) > FILE_MAX_BYTES:
        raise FileTooLarge(
            Sentence(
                "the file has more than {file_max_bytes} bytes; split it, by year for example",
                file_max_bytes=FILE_MAX_BYTES,
            )
        )
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if head.startswith(_OLE):
        raise BadTable(
            Sentence("this is an old .xls file or one with a password; save it as XLSX without a password, or as CSV")
        )
    if head.startswith(_ZIP):
        if encoding is not None:
            raise BadTable(Sentence("a workbook has no encoding to name; leave it away, or give a CSV file"))
        with workbook.opened(file) as book:
            title = workbook.chosen(book, names, sheet)

            def sheet_rows() -> Iterator[TableRow | BadRow]:
                return _sheet_rows(workbook.rows_of(book, title, COLUMNS_MAX))

            yield TableFile(
                sheet_rows(), sheet_rows, since_1904=workbook.counts_from_1904(book), sheet=title,
                merged=partial(workbook.merged_cells, book, title),
            )  # fmt: skip
        return
    if sheet is not None:
        raise BadTable(Sentence("a CSV file has one sheet; leave the sheet's name away, or give an XLSX file"))
    found = _found(file, head) if encoding is None else _named(encoding, head)
    file.seek(0)
    text = TextIOWrapper(file, CODECS[found], newline="")

    def csv_rows() -> Iterator[TableRow | BadRow]:
        text.seek(0)
        return _csv_rows(text, found, records_max)

    try:
        yield TableFile(csv_rows(), csv_rows, separated=True, encoding=found)
    finally:
        text.detach()  # the file stays the caller's


def shown_sheets(file: BinaryIO) -> list[str]:
    """Those of a seekable workbook that a person sees. Raises BadTable."""
    file.seek(0)
    is_book = file.read(8).startswith(_ZIP)
    file.seek(0)
    if not is_book:
        raise BadTable(Sentence("this is no workbook; give an XLSX file, or import a CSV by its kind"))
    with workbook.opened(file) as book:
        return workbook.shown_sheets(book)


def _found(file: BinaryIO, head: bytes) -> str:
    """The encoding that the file's bytes show."""
    found = encoding_of(iter(lambda: file.read(_CHUNK_BYTES), b""), is_chinese_heading)
    if isinstance(found, str):
        return found
    if encodings.marked(head) is not None or not found.samples:
        raise BadTable(Sentence("this is no text in an encoding that is known here; {name_it}", name_it=_NAME_IT))
    said = listed(
        [Sentence("as {name} it says {word!r}", name=name, word=word) for name, word in found.samples[:_SAMPLES_SHOWN]]
    )
    if found.unread:
        raise BadTable(
            Sentence(
                "the file's encoding cannot be told: {said}, and {unread} is not read here; {save_it}",
                said=said,
                unread=found.unread,
                save_it=_SAVE_IT,
            )
        )
    raise BadTable(Sentence("the file's encoding cannot be told: {said}; {name_it}", said=said, name_it=_NAME_IT))


def _named(word: str, head: bytes) -> str:
    """The encoding that somebody names."""
    name = encodings.named(word)
    if name is None:
        raise BadTable(
            Sentence(
                "the encoding {word!r} is not read here; name one of {names}", word=word[:40], names=", ".join(CODECS)
            )
        )
    stated = encodings.marked(head)
    if stated is not None and not name.startswith(stated or "?"):
        raise BadTable(
            Sentence(
                "the file begins with the mark of {value} and not of {name}; {name_it}",
                value=stated or "UTF-32",
                name=name,
                name_it=_NAME_IT,
            )
        )
    return name


def _csv_rows(text: TextIOWrapper, encoding: str, records_max: int) -> Iterator[TableRow | BadRow]:
    lines = _lines(text, encoding)
    first = next(lines, "")
    if first and not first.endswith(("\n", "\r")):
        raise BadTable(_ONE_LINE)
    if first.lower().startswith("sep="):  # what Excel writes for itself
        separator, number = first[4:5], 1
        records = csv.reader(lines, delimiter=separator if separator in _SEPARATORS and separator else ",", strict=True)
    else:
        separator, number = max(_SEPARATORS, key=lambda one: _outside_quotes(first).count(one)), 0
        records = csv.reader(_with_first(first, lines), delimiter=separator, strict=True)
    while True:
        number += 1
        if number > records_max:
            raise BadTable(
                Sentence(
                    "the file has more than {records_max:,} rows; remove the empty ones, or split it",
                    records_max=records_max,
                )
            )
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(
                number,
                Sentence(
                    "{error}; put cells that hold a separator or a quotation mark into quotation marks",
                    error=error.args[0],
                ),
            )
            continue
        if len(cells) > COLUMNS_MAX:
            yield BadRow(
                number,
                Sentence(
                    "{count} columns; a table has at most {columns_max}", count=len(cells), columns_max=COLUMNS_MAX
                ),
            )
        else:
            yield TableRow(number, tuple(cells))


def _lines(text: TextIOWrapper, encoding: str) -> Iterator[str]:
    is_legacy = encodings.is_legacy(encoding)
    number = 0
    try:
        while line := text.readline(LINE_MAX_CHARS):
            number += 1
            if len(line) == LINE_MAX_CHARS:
                raise BadTable(
                    Sentence(
                        "a line has {line_max_chars:,} characters or more; save the sheet as CSV again",
                        line_max_chars=LINE_MAX_CHARS,
                    )
                )
            if is_legacy and not line.isascii() and (strange := _STANDS_FOR_NOTHING.search(line)):
                sign = f"U+{ord(strange[0]):04X}"
                why = Sentence("line {line} would hold {sign}, which stands for nothing", line=number, sign=sign)
                raise _not_in(encoding, why)
            yield line
    except UnicodeDecodeError as error:
        why = Sentence("after line {line} stand bytes that are no text in it", line=number)
        raise _not_in(encoding, why) from error


def _not_in(encoding: str, why: Sentence) -> BadTable:
    return BadTable(
        Sentence("the file is not in {encoding}: {why}; {name_it}", encoding=encoding, why=why, name_it=_NAME_IT)
    )


def _with_first(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _sheet_rows(rows: Iterator[tuple[int, tuple[workbook.Raw, ...] | int]]) -> Iterator[TableRow | BadRow]:
    for number, raw in rows:
        if isinstance(raw, int):
            yield BadRow(
                number, Sentence("{raw} columns; a table has at most {columns_max}", raw=raw, columns_max=COLUMNS_MAX)
            )
        else:
            yield TableRow(number, tuple(None if one[0] is None else _cell(*one) for one in raw))


def _cell(value: object, kind: str, form: NumberFormat | None) -> Cell:
    if form is not None and isinstance(value, int | float):
        return Formatted(value, form)
    if kind == workbook.FORMULA:
        return Unusable(Sentence("a formula; copy the column and paste it as values"))
    if kind == workbook.ERROR:
        return Unusable(Sentence("the error {value}; correct it in the sheet", value=str(value)[:20]))
    if value is None or isinstance(value, str | int | float | datetime | date | time):
        return value
    return str(value)  # a duration, a rich text
