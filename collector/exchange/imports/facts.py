"""Rows as facts of one kind, or what is wrong with them. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from collector.accounts.ledger.kinds.fields import NAME_MAX_CHARS
from collector.accounts.ledger.kinds.registry import Base, Kind
from collector.calendar import days
from collector.exchange.imports.amounts import money
from collector.exchange.imports.body import TableBody, bad_row, body_of
from collector.exchange.imports.columns import Columns
from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.fields import Field, called_by_name
from collector.exchange.imports.headings import RECORDED
from collector.exchange.imports.layouts import layout_of
from collector.exchange.imports.problems import BadRow
from collector.exchange.imports.row_ids import KEYS
from collector.exchange.imports.spelling import plain
from collector.exchange.imports.table import Cell, Formatted, TableFile, TableRow
from collector.values.complaints import words_of
from collector.values.sentence import Sentence

_ANY_ID = "-"
_YUAN = frozenset({"CNY", "JPY"})  # both write ¥


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a file is read. `base`: of facts that do not say their currency or time zone; `timezone`: of moments.

    `decimal`, `day_order`: how the file writes decimals and days with slashes; None: each column shows its own.
    """

    base: Base
    mapping: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    decimal: str | None = None
    day_order: DayOrder | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A row that is a fact. `recorded_at`: since when the source knew it, where the file says so.

    `states_currency`: by a sign or a heading of its amount, where no column does.

    The id of a row that has none is `unnamed(row)` until the accounts and CSMs that it names are known (row_ids).
    """

    row: int
    said: Any
    recorded_at: int | None = None
    states_currency: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A file's columns and its rows to come. `absent`: fields that it has no column for."""

    columns: Columns
    absent: tuple[str, ...]
    facts: Iterator[Fact | BadRow]


def table_of(kind: Kind, source: TableFile, reading: ReadingOptions) -> Table:
    """Read the heading; the rows are read as they are asked for. Raises BadTable."""
    body = body_of(layout_of(kind), source, reading.mapping, reading.decimal, reading.day_order)
    fields = kind.model.__dataclass_fields__
    absent = tuple(name for name in fields if name != "id" and name not in body.columns.headings)
    return Table(body.columns, absent, _facts(kind, body, reading))


def _facts(kind: Kind, body: TableBody, reading: ReadingOptions) -> Iterator[Fact | BadRow]:
    for row in body.rows:
        yield row if isinstance(row, BadRow) else _fact(kind, body, row, reading)


def _fact(kind: Kind, body: TableBody, row: TableRow, reading: ReadingOptions) -> Fact | BadRow:
    said, wrong = body.values(row, reading.timezone, reading.timezone or reading.base.timezone)
    is_stated = said.get("currency") is not None
    wrong += _signs(kind, body.fields, row, said, reading.base)
    is_stated = not is_stated and said.get("currency") is not None
    recorded = said.pop(RECORDED, None)
    if not wrong:
        try:
            fact = _validated(kind, row.number, kind.with_base(said, reading.base))
            recorded_at = None if recorded is None else days.parse(recorded) * days.DAY_S
            return Fact(row.number, fact, recorded_at, is_stated)
        except ValidationError as error:
            wrong = list(_complaints(error))
    return bad_row(row, wrong)


def unnamed(row: int) -> str:
    """Stands for the id of a row without one: no id has a slash."""
    return f"/{row}"


def is_unnamed(fact: Fact) -> bool:
    return bool(fact.said.id == unnamed(fact.row))


def _validated(kind: Kind, row: int, said: dict[str, Any]) -> Any:
    """The fact. A name with a comma, which is no id, waits in its place to be looked up. Raises ValidationError."""
    waiting = {name: value for name in called_by_name(kind) if _is_no_id(value := said.get(name))}
    if kind.key in KEYS and said.get("id") is None:
        waiting["id"] = unnamed(row)
    if not waiting:
        return kind.adapter.validate_python(said)
    return replace(kind.adapter.validate_python({**said, **dict.fromkeys(waiting, _ANY_ID)}), **waiting)


def _is_no_id(value: Any) -> bool:
    return isinstance(value, str) and bool(set(value) & set(",/")) and len(value) <= NAME_MAX_CHARS


def _signs(kind: Kind, fields: Mapping[int, Field], row: TableRow, said: dict[str, Any], base: Base) -> Iterator[str]:
    """A currency's sign beside an amount must not contradict the currency; where none is given it is the currency.

    ¥ is of two currencies: it decides none, and contradicts a base that is neither.
    """
    for index, spec in fields.items():
        if spec.form != "amount" or spec.name not in said:
            continue
        sign, sure = _sign(row.cells[index], spec.decimal)
        unit = spec.unit
        if unit.currency is not None:
            if sign is not None and sign != unit.currency and (sure or unit.sure or not {sign, unit.currency} <= _YUAN):
                yield Sentence(
                    "{name}: its sign says {sign} and its heading {given}; correct one of them",
                    name=spec.name,
                    sign=sign,
                    given=unit.currency,
                )
            sign, sure = unit.currency, unit.sure
        if sign is None:
            continue
        given = said.get("currency")
        if given is None and sure:
            said["currency"] = given = sign
        elif given is None and "currency" in kind.from_base:
            given = base.currency
        if given is not None and given != sign and (sure or not {given, sign} <= _YUAN):
            yield Sentence(
                "{name}: its sign says {sign} and the currency {given}; correct one of them",
                name=spec.name,
                sign=sign,
                given=given,
            )


def _sign(cell: Cell, decimal: str | None) -> tuple[str | None, bool]:
    """The currency that a text's sign or a number's format says, and whether it is the sign of that one only."""
    if isinstance(cell, Formatted):
        return cell.format.currency, cell.format.sure
    sign = money(cell, decimal)[1]
    return sign, "¥" not in plain(str(cell))


def _complaints(error: ValidationError) -> Iterator[str]:
    for complaint in error.errors(include_url=False, include_input=True):
        where = ".".join(str(part) for part in complaint["loc"])
        reason, remedy = words_of(complaint)
        remedy = _REMEDIES.get(complaint["type"], remedy)
        value = str(complaint["input"])[:40]
        is_named = complaint["type"] == "missing" or reason.startswith((value, repr(value)))
        said = reason if is_named else Sentence("{value!r}: {reason}", value=value, reason=reason)
        yield (
            Sentence("{where}: {said}; {remedy}", where=where, said=said, remedy=remedy)
            if remedy
            else Sentence("{where}: {said}", where=where, said=said)
        )


_REMEDIES = {
    "string_pattern_mismatch": "write an id of at most 120 characters, without comma or slash (the number of a paper "
    "may have slashes inside)"
}
