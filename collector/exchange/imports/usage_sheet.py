"""Usage as a table of values: robot, day, counter, value, and account where history is imported.

It is read as every other table is: CSV or XLSX, headings and cells as people write them. Files have millions of rows,
so what repeats in them (a day, a robot) is understood once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from pydantic import TypeAdapter, ValidationError

from collector.accounts.ledger.kinds.fields import Key
from collector.calendar import days
from collector.exchange.imports import rows
from collector.exchange.imports.body import TableBody, bad_row, body_of
from collector.exchange.imports.cells import value_of
from collector.exchange.imports.fields import Field
from collector.exchange.imports.headings import spellings
from collector.exchange.imports.layouts import Layout
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.spelling import EMPTY_CELL, BadCell, shown
from collector.exchange.imports.table import Cell, TableRow
from collector.values.sentence import Sentence
from protocol.counters import ROBOT_DAY_MAX
from protocol.limits import ROBOT_ID

RECORDS_MAX = 32_000_000  # more than a file of the largest size has with a value in each row
_REMEMBERED = 8_192  # different days, robots, counters that are understood once
_PLAIN_DIGITS = len(str(ROBOT_DAY_MAX)) - 1  # so many are a count for certain
_KEY: TypeAdapter[str] = TypeAdapter(Key)
_FIELDS: tuple[Field, ...] = (
    Field("account", "key", required=True), Field("robot", "key", required=True), Field("day", "day", required=True),
    Field("counter", "counter", required=True), Field("value", "count", required=True),
)  # fmt: skip


class UsageValue(NamedTuple):
    """One value. `row` is its number in the file; `account` is "" where the file says none: no such column, or an
    empty cell.
    """

    row: int
    account: str
    robot: str
    day: int
    counter: str
    value: int


@dataclass(slots=True)
class ReadAs:
    """How a file was read: the encoding of a CSV, the sheet of a workbook."""

    encoding: str | None = None
    sheet: str | None = None


def _layout(fields: tuple[Field, ...]) -> Layout:
    by_name = {field.name: field for field in fields}
    headings = spellings(by_name, {"value": ("count", "次数", "数量", "值")})
    return Layout("usage", ("usage", "用量", "使用量"), MappingProxyType(by_name), MappingProxyType(headings))


HISTORY = _layout(_FIELDS)
UNOWNED = _layout((Field("account", "key", required=False), *_FIELDS[1:]))
TRUTH = _layout(_FIELDS[1:])


def read(
    file: BinaryIO, layout: Layout, mapping: Mapping[str, str] | None = None, sheet: str | None = None,
    encoding: str | None = None, found: ReadAs | None = None,
) -> Iterator[UsageValue | BadRow]:  # fmt: skip
    """Every value of a seekable file, in order. `layout`: HISTORY, UNOWNED, TRUTH. Raises BadTable, also later.

    `found` is told how the file was read.
    """
    with rows.opened(file, layout.sheets, sheet, encoding=encoding, records_max=RECORDS_MAX) as source:
        if found is not None:
            found.encoding, found.sheet = source.encoding, source.sheet
        body = body_of(layout, source, mapping or {})
        index_of = {field.name: index for index, field in body.fields.items()}
        indexes = tuple(index_of.get(field.name, -1) for field in _FIELDS)
        for row in body.rows:
            yield row if isinstance(row, BadRow) else _value(row, indexes, body)


def _value(row: TableRow, indexes: tuple[int, ...], body: TableBody) -> UsageValue | BadRow:
    number, cells = row
    account, robot, day, counter, value = indexes
    try:
        return UsageValue(
            number,
            _account(cells[account], body.fields[account].required) if account >= 0 else "",
            _robot(cells[robot]),
            _day(cells[day], body.since_1904),
            _counter(cells[counter]),
            _count(cells[value]),
        )
    except (BadCell, IndexError):  # a row of a CSV may end early
        return bad_row(row, list(_wrong(row, body)))


def _wrong(row: TableRow, body: TableBody) -> Iterator[str]:
    """Everything that is wrong with a row."""
    for index, field in body.fields.items():
        cell = row.cells[index] if index < len(row.cells) else None
        try:
            _readers()[field.name](cell, body.since_1904, field.required)
        except BadCell as error:
            yield Sentence("{field}: {why}", field=field.name, why=error.args[0])


@cache
def _readers() -> Mapping[str, Any]:
    return {
        "account": lambda cell, _, required: _account(cell, required), "robot": lambda cell, *_: _robot(cell),
        "day": lambda cell, since_1904, _: _day(cell, since_1904), "counter": lambda cell, *_: _counter(cell),
        "value": lambda cell, *_: _count(cell),
    }  # fmt: skip


def _said(cell: Cell, field: Field, *, since_1904: bool = False) -> Any:
    found = value_of(cell, field, timezone=None, since_1904=since_1904)
    if found is None:
        raise BadCell(EMPTY_CELL)
    return found


@lru_cache(_REMEMBERED, typed=True)
def _account(cell: Cell, required: bool) -> str:  # noqa: FBT001 - a cache's key
    said = value_of(cell, _FIELDS[0], timezone=None, since_1904=False)
    if said is None and required:
        raise BadCell(Sentence("{empty_cell}, or say that such robots are without account", empty_cell=EMPTY_CELL))
    if said is None:
        return ""
    try:
        return _KEY.validate_python(said)
    except ValidationError as error:
        raise BadCell(
            Sentence("{cell}: write the customer's number, without comma or slash", cell=shown(cell))
        ) from error


@lru_cache(_REMEMBERED, typed=True)
def _robot(cell: Cell) -> str:
    said: str = _said(cell, _FIELDS[1])
    if not ROBOT_ID.fullmatch(said):
        raise BadCell(
            Sentence("{cell}: write the robot's id (letters, digits, `_ . : -`, at most 64)", cell=shown(cell))
        )
    return said


@lru_cache(_REMEMBERED, typed=True)
def _day(cell: Cell, since_1904: bool) -> int:  # noqa: FBT001 - a cache's key
    return days.parse(_said(cell, _FIELDS[2], since_1904=since_1904))


@lru_cache(_REMEMBERED, typed=True)
def _counter(cell: Cell) -> str:
    said: str = _said(cell, _FIELDS[3])
    return said


def _count(cell: Cell) -> int:
    if isinstance(cell, str) and len(cell) <= _PLAIN_DIGITS and cell.isascii() and cell.isdigit():
        return int(cell)
    found: int = _said(cell, _FIELDS[4])
    return found
