"""XLSX files, opened with suspicion: their parts are weighed before anything is unpacked, and rows are streamed.

An XLSX is a ZIP of XML. A few kilobytes may unpack to gigabytes, and its shared strings are held in memory by whoever
reads it, so every part has a limit. No XLSX has a document type, and one that has is refused.
"""

import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from collector.exchange.tables.problems import BadTable

STRINGS_MAX_BYTES = 64 * 1024 * 1024  # held in memory while the file is read
SHEET_MAX_BYTES = 512 * 1024 * 1024  # streamed
PART_MAX_BYTES = 32 * 1024 * 1024  # styles and the like, held in memory
PARTS_MAX = 2_000
FORMULA, ERROR = "f", "e"
_HEAD_BYTES = 1024
_NOT_XLSX = "this is no XLSX file, or a damaged one; open it in a spreadsheet program and save it as XLSX or CSV"

Raw = tuple[Any, str]  # a cell's value and its kind, FORMULA and ERROR among them


@contextmanager
def opened(file: BinaryIO) -> Iterator[Workbook]:
    """Raises BadTable, also for what turns out to be damaged while its rows are read."""
    _weigh(file)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that we do not look at
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # the library raises whatever the damage leads to
        raise BadTable(_NOT_XLSX) from error
    try:
        yield book
    finally:
        book.close()


def _weigh(file: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(file) as parts:
            infos = parts.infolist()
            if len(infos) > PARTS_MAX or "xl/workbook.xml" not in parts.namelist():
                raise BadTable(_NOT_XLSX)
            for info in infos:
                _weigh_part(parts, info)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise BadTable(_NOT_XLSX) from error


def _weigh_part(parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    if not info.filename.endswith((".xml", ".rels")):
        return  # pictures: never opened
    limit = PART_MAX_BYTES
    if info.filename.startswith("xl/worksheets/"):
        limit = SHEET_MAX_BYTES
    elif info.filename == "xl/sharedStrings.xml":
        limit = STRINGS_MAX_BYTES
    if info.file_size > limit:
        raise BadTable(
            f"{info.filename} unpacks to {info.file_size:,} bytes, at most {limit:,} are read; "
            "save the sheet as CSV, or split it"
        )
    with parts.open(info) as part:
        if b"<!DOCTYPE" in part.read(_HEAD_BYTES).upper():
            raise BadTable(_NOT_XLSX)


def counts_from_1904(book: Workbook) -> bool:
    return bool(book.epoch == CALENDAR_MAC_1904)


def sheets(book: Workbook) -> list[str]:
    return [str(sheet.title) for sheet in book.worksheets]


def chosen(book: Workbook, names: Iterable[str], sheet: str | None) -> Iterator[tuple[Raw, ...]]:
    """The rows of the sheet with that name, else of the first called as one of `names`, else of the first sheet."""
    titles = sheets(book)
    if not titles:
        raise BadTable("this workbook has no sheet with cells; choose another file")
    if sheet is not None:
        if sheet not in titles:
            raise BadTable(f"there is no sheet {sheet!r}; there are: {', '.join(titles[:20])}")
        return _rows(book, sheet)
    wanted = {name.casefold() for name in names}
    return _rows(book, next((title for title in titles if title.strip().casefold() in wanted), titles[0]))


def _rows(book: Workbook, title: str) -> Iterator[tuple[Raw, ...]]:
    page: Any = book[title]
    page.reset_dimensions()  # what the file says of its own size is not to be trusted
    try:
        for row in page.iter_rows():
            yield tuple((cell.value, str(cell.data_type)) for cell in row)
    except BadTable:
        raise
    except Exception as error:  # as above
        raise BadTable(_NOT_XLSX) from error
