"""Cells as text, in the letters of a keyboard, and what is said of a cell that cannot be taken. Pure.

An apostrophe before a text says that the rest is meant as it stands: before what a spreadsheet would run as a formula,
before a note's `#`, and before an id that would be read as something else (`none`, full-width letters). Our own
exports write it so, and reading takes one apostrophe away, so both are inverse.
"""

import re
import unicodedata
from datetime import datetime, time
from typing import Any

from collector.exchange.imports.headings import INVISIBLE
from collector.exchange.imports.table import Cell
from collector.values.sentence import Sentence

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x00A0: 0x20, 0xFFE5: 0xA5}


EMPTY = frozenset({"", "-", "--", "—", "——", "/", "无", "n/a", "na", "null", "none", "#n/a"})
SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_APOSTROPHE = "'"
# What begins a formula, also in full width (spreadsheets of East Asia take both), and a note.
_MEANT = re.compile(r"'*[=+\-@＝＋－＠\t\r\n#]")


EMPTY_CELL = Sentence("it is empty; fill it (a merged cell fills only its first row)")


class BadCell(ValueError):
    """What is wrong, and what to write."""


def plain(text: str) -> str:
    """Full-width letters, digits and spaces as the ones on a keyboard."""
    return text.translate(_HALF_WIDTH).strip()


def plain_key(text: str) -> str:
    """An id in plain letters, composed and without characters of no width: what looks the same is one id."""
    return plain(unicodedata.normalize("NFC", INVISIBLE.sub("", text)))


def shown(cell: Cell) -> str:
    return repr(str(cell)[:40])


def written(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell)


def safe(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe; numbers stay, nothing becomes empty text."""
    if cell is None:
        return ""
    return _APOSTROPHE + cell if isinstance(cell, str) and _MEANT.match(cell) else cell


def safe_key(text: str) -> str:
    """An id that would be read as something else gets one too; what `safe` will see to is left to it."""
    return _APOSTROPHE + text if _is_misread(text) and not _MEANT.match(text) else text


def meant(text: str, *, key: bool = False) -> str | None:
    """What stands behind an apostrophe of ours; None: there is none."""
    rest = text[1:]
    if text.startswith(_APOSTROPHE) and (_MEANT.match(rest) or (key and _is_misread(rest))):
        return rest
    return None


def _is_misread(text: str) -> bool:
    bare = text.removeprefix(_APOSTROPHE)
    return bare.casefold() in EMPTY or plain_key(bare) != bare or bool(SHORTENED.fullmatch(bare))
