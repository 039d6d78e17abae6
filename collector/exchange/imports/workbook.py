"""XLSX files, opened with suspicion: their parts are weighed before anything is unpacked, and rows are streamed.

An XLSX is a ZIP of XML. A few kilobytes may unpack to gigabytes, so every part that the library opens, whatever it is
called, is weighed first: its bytes, and what it asks of a reader (weighing).
"""

import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from collector.exchange.imports import weighing
from collector.exchange.imports.number_formats import NumberFormat, number_format
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.table import MergedCells
from collector.values.sentence import Sentence

STRINGS_MAX_BYTES = 64 * 1024 * 1024  # held in memory while the file is read
SHEET_MAX_BYTES = 512 * 1024 * 1024  # streamed
PART_MAX_BYTES = 32 * 1024 * 1024  # styles and the like, held in memory
WHOLE_MAX_BYTES = 768 * 1024 * 1024  # all sheets together: the library looks into each
PARTS_MAX = 2_000
FORMULA, ERROR, NUMBER = "f", "e", "n"
MERGED_MAX = 5_000  # of a heading
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]*?\bref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)
_EMPTY_ROWS_GIVEN = 100
_CHUNK_BYTES = 256 * 1024
_NOT_XLSX = "this is no XLSX file, or a damaged one; open it in a spreadsheet program and save it as XLSX or CSV"
_SPLIT = Sentence("save the sheet as CSV, or split it")

Raw = tuple[Any, str, NumberFormat | None]  # a cell's value, its kind (FORMULA and ERROR among them), its format
_NOTHING: Raw = (None, NUMBER, None)


class _Weighed(zipfile.ZipFile):
    """Parts are weighed when they are first opened. Raises BadTable."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self._known: set[str] = set()
        self._bytes = 0

    def open(self, name: str | zipfile.ZipInfo, *arguments: Any, **named: Any) -> IO[bytes]:
        info = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if info.filename not in self._known:
            self._weigh(info)
            self._known.add(info.filename)
        return super().open(info, *arguments, **named)

    def _weigh(self, info: zipfile.ZipInfo) -> None:
        _weigh_bytes(info)
        self._bytes += info.file_size
        if self._bytes > WHOLE_MAX_BYTES:
            raise BadTable(
                Sentence(
                    "the workbook unpacks to more than {whole_max_bytes:,} bytes; {split}",
                    whole_max_bytes=WHOLE_MAX_BYTES,
                    split=_SPLIT,
                )
            )
        try:
            with super().open(info) as part:
                weighing.weigh(iter(lambda: part.read(_CHUNK_BYTES), b""), _limits(info)[1])
        except weighing.TooHeavy as error:
            raise BadTable(
                Sentence("{filename}: {error}; {split}", filename=info.filename, error=error.args[0], split=_SPLIT)
            ) from error


def _weigh_bytes(info: zipfile.ZipInfo) -> None:
    limit, _ = _limits(info)
    if info.file_size > limit:
        raise BadTable(
            Sentence(
                "{filename} unpacks to {file_size:,} bytes, at most {limit:,} are read; {split}",
                filename=info.filename,
                file_size=info.file_size,
                limit=limit,
                split=_SPLIT,
            )
        )


def _limits(info: zipfile.ZipInfo) -> tuple[int, weighing.Form]:
    if info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml"):
        return SHEET_MAX_BYTES, weighing.SHEET
    if info.filename == "xl/sharedStrings.xml":
        return STRINGS_MAX_BYTES, weighing.STRINGS
    return PART_MAX_BYTES, weighing.OTHER


@contextmanager
def opened(file: BinaryIO) -> Iterator[Workbook]:
    """Raises BadTable, also for what turns out to be damaged while its rows are read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that we do not look at
            book = _loaded(file)
    except BadTable:
        raise
    except Exception as error:  # the library raises whatever the damage leads to
        raise BadTable(_NOT_XLSX) from error
    try:
        yield book
    finally:
        book.close()


def _loaded(file: BinaryIO) -> Workbook:
    """What `openpyxl.load_workbook` does, with an archive that weighs."""
    archive = _Weighed(file)
    if len(archive.infolist()) > PARTS_MAX or "xl/workbook.xml" not in archive.namelist():
        raise BadTable(_NOT_XLSX)
    for info in archive.infolist():
        if info.filename.endswith(".xml"):  # pictures are never opened
            _weigh_bytes(info)
    file.seek(0)
    reader = ExcelReader(file, read_only=True, data_only=False, keep_links=False)
    reader.archive = archive
    reader.read()
    return reader.wb


def counts_from_1904(book: Workbook) -> bool:
    return bool(book.epoch == CALENDAR_MAC_1904)


def sheets(book: Workbook) -> list[str]:
    """All of them, the hidden ones too."""
    return [str(sheet.title) for sheet in book.worksheets]


def shown_sheets(book: Workbook) -> list[str]:
    """Those that a person sees."""
    return [str(sheet.title) for sheet in book.worksheets if sheet.sheet_state == "visible"]


def chosen(book: Workbook, names: Iterable[str], sheet: str | None) -> str:
    """The sheet with that name, else of those that are shown: the first called as one of `names`, else the first."""
    titles, shown = sheets(book), shown_sheets(book)
    if sheet is not None:
        if sheet not in titles:
            raise BadTable(
                Sentence("there is no sheet {sheet!r}; there are: {names}", sheet=sheet, names=", ".join(titles[:20]))
            )
        return sheet
    if not titles:
        raise BadTable(Sentence("this workbook has no sheet with cells; choose another file"))
    if not shown:
        raise BadTable(
            Sentence(
                "every sheet of this workbook is hidden; name one sheet of it: {names}", names=", ".join(titles[:20])
            )
        )
    wanted = {name.casefold() for name in names}
    return next((title for title in shown if title.strip().casefold() in wanted), shown[0])


def rows_of(book: Workbook, title: str, columns_max: int) -> Iterator[tuple[int, tuple[Raw, ...] | int]]:
    """Each row of a sheet, numbered; of one with something beyond `columns_max` how many columns it has.

    A cell that is not written costs next to nothing: one far to the right makes thousands of them, and one far below a
    million rows. Of many empty rows the first are given.
    """
    page: Any = book[title]
    page.reset_dimensions()  # what the file says of its own size is not to be trusted
    formats = _Formats()
    empty = 0
    try:
        for number, row in enumerate(page.iter_rows(), 1):
            empty = 0 if any(c is not EMPTY_CELL and c.value is not None for c in row) else empty + 1
            if empty > _EMPTY_ROWS_GIVEN:
                continue
            if len(row) > columns_max and any(c is not EMPTY_CELL and c.value is not None for c in row[columns_max:]):
                yield number, len(row)
            else:
                yield number, tuple(_NOTHING if c is EMPTY_CELL else _raw(c, formats) for c in row[:columns_max])
    except BadTable:
        raise
    except Exception as error:  # as above
        raise BadTable(_NOT_XLSX) from error


def merged_cells(book: Workbook, title: str, last_row: int) -> list[MergedCells]:
    """The ranges of a sheet that begin at a row or above it. A sheet lists them behind its cells, so all is read."""
    page: Any = book[title]
    found: list[MergedCells] = []
    rest = b""
    with page._get_source() as part:  # noqa: SLF001 - the library reads them only with the whole sheet in memory
        while chunk := part.read(_CHUNK_BYTES):
            text = rest + chunk
            for left, top, right, bottom in _MERGED.findall(text):
                if int(top) <= last_row and len(found) < MERGED_MAX:
                    found.append(MergedCells(int(top), _column(left), int(bottom), _column(right)))
            cut = text.rfind(b"<")  # a tag that goes on in the next chunk
            rest = text[cut:] if b">" not in text[cut:] else b""
    return found


def _column(letters: bytes) -> int:
    return column_index_from_string(letters.decode("ascii")) - 1


def _raw(cell: Any, formats: "_Formats") -> Raw:
    kind = str(cell.data_type)
    return cell.value, kind, formats.of(cell) if kind == NUMBER and cell.value is not None else None


class _Formats:
    """The number format of each style, understood once."""

    def __init__(self) -> None:
        self._known: dict[int, NumberFormat | None] = {}

    def of(self, cell: Any) -> NumberFormat | None:
        style: int = cell._style_id  # noqa: SLF001 - the library has no other name for it
        if style not in self._known:
            self._known[style] = number_format(str(cell.number_format))
        return self._known[style]
