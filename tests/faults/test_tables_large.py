"""Files of 200 MB: read in bounded memory or refused, never half taken."""

import tracemalloc
import zipfile

import pytest

from collector.accounts.kinds.registry import KINDS
from collector.exchange.tables import tray as trays
from collector.exchange.tables.arriving import fill
from collector.exchange.tables.facts import Reading
from collector.exchange.tables.problems import BadTable
from collector.exchange.tables.tray import Tray

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
        fill(tray, file, Reading())
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
        fill(tray, file, Reading())
    assert peak() < PEAK_BYTES


def test_a_quotation_mark_that_never_closes_is_a_bad_row_and_not_the_whole_file(tmp_path, peak):
    path = tmp_path / "open.csv"
    with path.open("wb") as file:
        file.write(b'id,account,day,direction,channel,summary\nT-0,C-1,2026-05-01,out,phone,"open\n')
        file.write(b"T-1,C-1,2026-05-01,out,phone,x\n" * 10_000)
    with path.open("rb") as file, Tray(TOUCH) as tray:
        fill(tray, file, Reading())
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
        fill(tray, file, Reading())
    assert peak() < PEAK_BYTES
