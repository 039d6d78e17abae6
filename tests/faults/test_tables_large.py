"""Files of 200 MB: read in bounded memory or refused, never half taken."""

import io
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook

from collector.accounts.ledger.kinds.registry import KINDS
from collector.exchange.imports import tray as trays
from collector.exchange.imports.arriving import fill
from collector.exchange.imports.facts import ReadingOptions
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.tray import Tray
from tests.plain_facts import BASE

LARGE_BYTES = 200_000_000
PEAK_BYTES = 60_000_000  # far below the file, whatever is in it
TOUCH = KINDS["touch"]


@pytest.fixture
def peak():
    """Bytes that Python took at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def test_a_file_of_200_mb_is_read_through_a_tray_in_bounded_memory(tmp_path, peak, monkeypatch):
    monkeypatch.setattr(trays, "ROWS_MAX", 5_000)
    path, note = tmp_path / "touches.csv", "客户说机器人走得太慢" * 100
    row = f"T-%d,C-1,2026-05-01,out,phone,{note}\n".encode("gbk")
    with path.open("wb") as file:
        file.write(b"id,account,day,direction,channel,summary\n")
        for n in range(LARGE_BYTES // len(row)):
            file.write(row.replace(b"%d", str(n).encode()))
    with path.open("rb") as file, Tray(TOUCH) as tray:
        fill(tray, file, ReadingOptions(BASE))
        assert tray.rows == 5_001
        assert "more than 5,000 rows; split it" in tray.complaints[0].text
        assert sum(len(chunk) for chunk in tray.chunks()) == 5_000
    assert peak() < PEAK_BYTES


def test_a_line_of_200_mb_is_refused(tmp_path, peak):
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"a" * (LARGE_BYTES // 200))
    with path.open("rb") as file, Tray(TOUCH) as tray, pytest.raises(BadTable, match="save the sheet as CSV again"):
        fill(tray, file, ReadingOptions(BASE))
    assert peak() < PEAK_BYTES


def test_a_quotation_mark_that_never_closes_is_a_bad_row_and_not_the_whole_file(tmp_path, peak):
    path = tmp_path / "open.csv"
    with path.open("wb") as file:
        file.write(b'id,account,day,direction,channel,summary\nT-0,C-1,2026-05-01,out,phone,"open\n')
        file.write(b"T-1,C-1,2026-05-01,out,phone,x\n" * 10_000)
    with path.open("rb") as file, Tray(TOUCH) as tray:
        fill(tray, file, ReadingOptions(BASE))
        assert tray.complaints[0].row == 2
        assert "field larger than field limit" in tray.complaints[0].text
    assert peak() < PEAK_BYTES


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path, peak):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/workbook.xml", "<workbook/>")
        with parts.open("xl/sharedStrings.xml", "w") as strings:
            for _ in range(200):
                strings.write(b" " * 1_000_000)
    assert path.stat().st_size < 1_000_000
    with path.open("rb") as file, Tray(TOUCH) as tray, pytest.raises(BadTable, match="unpacks to 200,000,000 bytes"):
        fill(tray, file, ReadingOptions(BASE))
    assert peak() < PEAK_BYTES


def test_a_file_of_nothing_but_empty_lines_is_refused(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_bytes(b"id,account,day,direction,channel\n" + b"\n" * 1_100_000)
    with path.open("rb") as file, Tray(TOUCH) as tray, pytest.raises(BadTable, match="more than 1,048,576 rows"):
        fill(tray, file, ReadingOptions(BASE))


_HEAD = (
    b'<row r="1">'
    + b"".join(
        b'<c t="inlineStr"><is><t>%s</t></is></c>' % name
        for name in (b"id", b"account", b"day", b"direction", b"channel")
    )
    + b"</row>"
)
_HOSTILE = {
    "a row numbered in the billions": (_HEAD + b'<row r="2000000000"><c r="A2"><v>1</v></c></row>', "numbers a row"),
    "rows whose one cell stands in the last column": (_HEAD + b'<row><c r="XFD2"/></row>' * 3_000, "empty cells"),
    "a cell of megabytes": (
        _HEAD + b'<row><c t="inlineStr"><is><t>' + b"a" * 5_000_000 + b"</t></is></c></row>", "characters",
    ),
    "elements in elements": (b"<a>" * 100 + b"</a>" * 100, "nested too deeply"),
    "elements that mean nothing": (b"<a/>" * 600_000, "500,000 elements"),
    "an attribute of megabytes": (b'<a b="' + b"c" * 9_000_000 + b'"/>', "megabytes"),
}  # fmt: skip


@pytest.mark.parametrize("what", _HOSTILE)
def test_a_sheet_that_would_keep_its_reader_busy_is_refused_before_it_is_read(what, tmp_path, peak):
    sheet, why = _HOSTILE[what]
    path = _workbook(tmp_path / "hostile.xlsx", b"", sheet)
    assert path.stat().st_size < 100_000
    with path.open("rb") as file, Tray(TOUCH) as tray, pytest.raises(BadTable, match=why):
        fill(tray, file, ReadingOptions(BASE))
    assert peak() < PEAK_BYTES


def test_a_document_type_is_refused_wherever_it_stands(tmp_path):
    late = b"<!--" + b" " * 5_000 + b'--><!DOCTYPE a [<!ENTITY b "cc">]>'
    path = _workbook(tmp_path / "type.xlsx", late, _HEAD)
    with path.open("rb") as file, Tray(TOUCH) as tray, pytest.raises(BadTable, match="document type"):
        fill(tray, file, ReadingOptions(BASE))


def test_a_sheet_is_weighed_whatever_its_part_is_called(tmp_path):
    path = _workbook(tmp_path / "named.xlsx", b"", b"<row/>" * 600_000, part="xl/media/picture.png")
    with path.open("rb") as file, Tray(TOUCH) as tray, pytest.raises(BadTable, match=r"picture\.png"):
        fill(tray, file, ReadingOptions(BASE))


def _workbook(path, before, rows, part="xl/worksheets/sheet1.xml"):
    """A workbook whose only sheet has these rows, kept as `part`."""
    plain = io.BytesIO()
    Workbook().save(plain)
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData>'
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name).replace(b"xl/worksheets/sheet1.xml", part.encode()))
        new.writestr(part, before + sheet % rows + b"</worksheet>")
    return path
