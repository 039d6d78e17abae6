"""Rows as facts of one kind, or what is wrong with them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from collector.accounts.ledger.kinds.registry import Base, Kind
from collector.calendar import days
from collector.exchange.imports.amounts import money
from collector.exchange.imports.body import TableBody, bad_row, body_of
from collector.exchange.imports.columns import Columns
from collector.exchange.imports.fields import Field
from collector.exchange.imports.headings import RECORDED
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.rows import Cell, TableFile, TableRow

_YUAN = frozenset({"CNY", "JPY"})  # both write ¥


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a file is read. `base`: of facts that do not say their currency or time zone; `timezone`: of moments."""

    base: Base
    mapping: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A row that is a fact. `recorded_at`: since when the source knew it, where the file says so."""

    row: int
    said: Any
    recorded_at: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns and its rows to come. `absent`: fields that it has no column for."""

    columns: Columns
    absent: tuple[str, ...]
    facts: Iterator[Fact | BadRow]


def table_of(kind: Kind, source: TableFile, reading: ReadingOptions) -> Table:
    """Read the heading; the rows are read as they are asked for. Raises BadTable."""
    body = body_of(layout_of(kind), source, reading.mapping)
    absent = tuple(name for name in kind.model.__dataclass_fields__ if name not in body.columns.headings)
    return Table(body.columns, absent, _facts(kind, body, reading))


def _facts(kind: Kind, body: TableBody, reading: ReadingOptions) -> Iterator[Fact | BadRow]:
    for row in body.rows:
        yield row if isinstance(row, BadRow) else _fact(kind, body, row, reading)


def _fact(kind: Kind, body: TableBody, row: TableRow, reading: ReadingOptions) -> Fact | BadRow:
    said, wrong = body.values(row, reading.timezone)
    wrong += _signs(kind, body.fields, row, said, reading.base)
    recorded = said.pop(RECORDED, None)
    if not wrong:
        try:
            fact = kind.adapter.validate_python(kind.with_base(said, reading.base))
            return Fact(row.number, fact, None if recorded is None else days.parse(recorded) * days.DAY_S)
        except ValidationError as error:
            wrong = list(_complaints(error))
    return bad_row(row, wrong)


def _signs(kind: Kind, fields: Mapping[int, Field], row: TableRow, said: dict[str, Any], base: Base) -> Iterator[str]:
    """A currency's sign beside an amount must not contradict the currency; where none is given it is the currency.

    ¥ is of two currencies: it decides none, and contradicts a base that is neither.
    """
    for index, spec in fields.items():
        if spec.form != "amount" or spec.name not in said:
            continue
        sign = _sign(row.cells[index])
        if sign is None:
            continue
        given = said.get("currency")
        if given is None and sign not in _YUAN:
            said["currency"] = given = sign
        elif given is None and "currency" in kind.from_base:
            given = base.currency
        if given is not None and given != sign and not {given, sign} <= _YUAN:
            yield f"{spec.name}: its sign says {sign} and the currency {given}; correct one of them"


def _sign(cell: Cell) -> str | None:
    return money(cell)[1]


def _complaints(error: ValidationError) -> Iterator[str]:
    for complaint in error.errors(include_url=False, include_input=True):
        where = ".".join(str(part) for part in complaint["loc"])
        said = complaint["msg"].removeprefix("Value error, ")
        value = str(complaint["input"])[:40]
        is_named = complaint["type"] == "missing" or said.startswith((value, repr(value)))
        shown = "" if is_named else f"{value!r}: "
        yield f"{where}: {shown}{said}{_REMEDIES.get(complaint['type'], '')}"


_REMEDIES = {
    "string_pattern_mismatch": "; write an id of at most 120 characters, without comma or slash",
    "string_too_long": "; shorten it",
    "string_too_short": "; fill it",
    "missing": "; fill it",
}
