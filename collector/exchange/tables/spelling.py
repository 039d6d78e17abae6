"""Cells as text, in the letters of a keyboard, and what is said of a cell that cannot be taken. Pure."""

from datetime import datetime, time

from collector.exchange.tables.rows import Cell

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x00A0: 0x20, 0xFFE5: 0xA5}


class BadCell(ValueError):
    """What is wrong, and what to write."""


def plain(text: str) -> str:
    """Full-width letters, digits and spaces as the ones on a keyboard."""
    return text.translate(_HALF_WIDTH).strip()


def shown(cell: Cell) -> str:
    return repr(str(cell)[:40])


def written(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell)
