"""A CSV of values, read row by row: `robot,day,counter,value`, and `account` where history is imported.

UTF-8 with or without BOM; columns by their names in the first line, in any order, more are ignored. A bad row is
named by its number as a spreadsheet shows it (the header is row 1), with what to write instead.
"""

import csv
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from collector.calendar import days
from protocol.counters import COUNTERS
from protocol.limits import COUNT_MAX, COUNTER_KEY, ROBOT_ID

TRUTH_COLUMNS = ("robot", "day", "counter", "value")
HISTORY_COLUMNS = ("account", *TRUTH_COLUMNS)
ACCOUNT_MAX_CHARS = 120
_WHOLE = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class UsageValue:
    """One value. `row` is its number in the file; `account` is "" where the file has no such column."""

    row: int
    account: str
    robot: str
    day: int
    counter: str
    value: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: what is wrong, and what to write."""

    row: int
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.text}"


class BadHeader(ValueError):
    """The file is not such a sheet at all."""


def read(lines: Iterable[str], columns: Sequence[str]) -> Iterator[UsageValue | BadRow]:
    """Every row in order. Raises BadHeader."""
    rows = csv.reader(_without_bom(lines), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
    except csv.Error as error:
        raise BadHeader(f"row 1: {error}; save the sheet as CSV (comma separated, UTF-8)") from error
    missing = [name for name in columns if name not in header]
    if missing:
        raise BadHeader(
            f"row 1: no column {', '.join(missing)}; the first line has to be {','.join(columns)} "
            "(comma separated, UTF-8)"
        )
    where = {name: header.index(name) for name in columns}
    number = 1
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(number, f"{error}; quote cells that hold a comma or a quotation mark")
            continue
        if any(cell.strip() for cell in cells):
            yield _value(number, cells, where, len(header))


def _without_bom(lines: Iterable[str]) -> Iterator[str]:
    for i, line in enumerate(lines):
        yield line.removeprefix("\ufeff") if i == 0 else line


def _value(number: int, cells: list[str], where: dict[str, int], width: int) -> UsageValue | BadRow:
    if len(cells) < width:
        return BadRow(number, f"{len(cells)} cells where the header has {width}; fill every column")
    text = {name: cells[index].strip() for name, index in where.items()}
    complaint = _complaint(text)
    if complaint is not None:
        return BadRow(number, complaint)
    return UsageValue(
        number, text.get("account", ""), text["robot"], days.parse(text["day"]), text["counter"], int(text["value"])
    )


def _complaint(text: dict[str, str]) -> str | None:
    """What is wrong with the first bad cell of a row, and what to write instead."""
    account, counter, complaint = text.get("account"), text["counter"], None
    if account is not None and (not account or len(account) > ACCOUNT_MAX_CHARS or set(account) & set(",/\n")):
        complaint = f"account {account[:40]!r}: write the customer's number, without comma or slash"
    elif not ROBOT_ID.fullmatch(text["robot"]):
        complaint = f"robot {text['robot'][:70]!r}: write the robot's id (letters, digits, _ . : -, at most 64)"
    elif not COUNTER_KEY.fullmatch(counter) or (counter not in COUNTERS and "." not in counter):
        complaint = f"counter {counter[:64]!r} is not known; {_nearest(counter)}"
    elif not _WHOLE.fullmatch(text["value"]):
        complaint = f"value {text['value'][:40]!r}: write a whole number without separators, not below zero"
    elif int(text["value"]) > COUNT_MAX:
        complaint = f"value {text['value'][:40]}: a count lies between 0 and 2^53"
    else:
        try:
            days.parse(text["day"])
        except ValueError as error:
            complaint = f"day {error}"
    return complaint


def _nearest(counter: str) -> str:
    near = difflib.get_close_matches(counter, COUNTERS, n=1)
    return f"did you mean {near[0]}?" if near else "a skill's counter is written <skill>.<counter>"
