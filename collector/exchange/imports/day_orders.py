"""Days with slashes: `5/13/2026` is one day, `3/4/2026` is two until its column says which number is the month. Pure.

A cell whose first or second number is over 12 shows how its column is written. Where none does, or two contradict each
other, a day that could be two is refused.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal, TypeGuard

from collector.exchange.imports.spelling import BadCell, plain, shown
from collector.exchange.imports.table import Cell
from collector.values.sentence import Sentence

DayOrder = Literal["day-first", "month-first"]
SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_MONTHS = 12


def has_slashes(cells: Iterable[Cell]) -> bool:
    """One of the cells begins with a day that could need its column's order."""
    return any(isinstance(cell, str) and SLASHED.match(plain(cell)) for cell in cells)


def is_swappable(cell: Cell) -> TypeGuard[date]:
    """A real day that would be another one, were its day and month exchanged."""
    return isinstance(cell, date) and cell.day <= _MONTHS and cell.day != cell.month


def unswapped(cell: date) -> BadCell:
    said = f"{cell:%Y-%m-%d}"
    return BadCell(
        Sentence(
            "{said} is a real day in a column that also has days of text such as 25/12/2026, so "
            "that the spreadsheet may have taken the day for the month; write the whole column "
            "as {said}, or say the day order of the file if the real days are right",
            said=said,
        )
    )


def order_shown(cell: Cell) -> DayOrder | None:
    """What the cell says of its column."""
    found = SLASHED.match(plain(cell)) if isinstance(cell, str) else None
    if found is None:
        return None
    first, second = int(found[1]), int(found[2])
    if first > _MONTHS >= second:
        return "day-first"
    return "month-first" if second > _MONTHS >= first else None


def month_and_day(first: int, second: int, year: int, order: DayOrder | None, cell: Cell) -> tuple[int, int]:
    """Raises BadCell where it could be two days."""
    if first == second or second > _MONTHS:
        return first, second
    if first > _MONTHS or order == "day-first":
        return second, first
    if order == "month-first":
        return first, second
    raise BadCell(
        Sentence(
            "{cell} could be {year}-{first:02d}-{second:02d} or {year}-{second:02d}-{first:02d}, "
            "and no other cell of the column says which; write it so, or say the day order of "
            "the file: month-first or day-first",
            cell=shown(cell),
            year=year,
            first=first,
            second=second,
        )
    )
