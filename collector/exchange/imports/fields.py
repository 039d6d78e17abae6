"""The columns of a kind: how each field's cells are read, whether it may be empty, what may stand in it. Pure."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from collector.accounts.ledger.checks import NAMES
from collector.accounts.ledger.kinds import fields as types
from collector.accounts.ledger.kinds import noted
from collector.accounts.ledger.kinds.registry import Kind
from collector.accounts.ledger.kinds.who import Clock, Weekdays
from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.heading_units import PLAIN_UNIT, Unit
from collector.exchange.imports.headings import RECORDED

Form = Literal[
    "text", "key", "day", "moment", "amount", "number", "share", "flag", "choice", "clock", "weekdays", "currency",
    "language", "count", "counter",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `required`: a row without it is no fact of its kind.

    `whole`: its numbers have no fraction.
    `decimal`, `day_order`: how the column writes decimals and days, where it is known.
    `mixed`: it holds days that the spreadsheet understood beside days of text that it did not.
    `unit`: what its heading says of its cells.
    """

    name: str
    form: Form
    required: bool
    choices: tuple[str, ...] = ()
    whole: bool = False
    decimal: str | None = None
    day_order: DayOrder | None = None
    mixed: bool = False
    unit: Unit = PLAIN_UNIT


_FORMS: tuple[tuple[Any, Form], ...] = (
    (types.Day, "day"),
    (types.Moment, "moment"),
    (types.Amount, "amount"),
    (types.Share, "share"),
    (types.Key, "key"),
    (types.PaperKey, "key"),
    (types.Currency, "currency"),
    (types.LanguageTag, "language"),
    (types.Timezone, "text"),
    (types.Name, "text"),
    (types.Word, "text"),
    (types.Note, "text"),
    (noted.Said, "text"),
    (noted.TagWord, "text"),
    (noted.FieldText, "text"),
    (noted.Digest, "text"),
    (Clock, "clock"),
    (Weekdays, "weekdays"),
    (bool, "flag"),
)


@cache
def fields_of(kind: Kind) -> Mapping[str, Field]:
    """Every column of the kind by its field's name, in the model's order; at last the day of recording."""
    hints = get_type_hints(kind.model, include_extras=True)
    found = {
        name: _field(name, hints[name], required=spec.default is MISSING and name not in kind.from_base)
        for name, spec in kind.model.__dataclass_fields__.items()
    }
    return MappingProxyType({**found, RECORDED: Field(RECORDED, "day", required=False)})


def _field(name: str, hint: Any, *, required: bool) -> Field:
    if get_origin(hint) in {Union, UnionType}:
        hint = next(part for part in get_args(hint) if part is not NoneType)
    if get_origin(hint) is Literal:
        return Field(name, "choice", required, tuple(str(choice) for choice in get_args(hint)))
    form: Form = next((form for known, form in _FORMS if hint == known), "number")
    return Field(name, form, required, whole=form == "number" and int in {hint, *get_args(hint)})


CALLED: Mapping[str, tuple[str, ...]] = MappingProxyType({"account": ("name",), "csm": ("name", "email")})
"""Kinds that a file may name by something else than the id -> their fields that it may be."""


@cache
def called_by_name(kind: Kind) -> Mapping[str, str]:
    """Fields of the kind -> which kind of `CALLED` they name."""
    fields = kind.model.__dataclass_fields__
    return MappingProxyType({field: of for field, of in NAMES.items() if of in CALLED and field in fields})
