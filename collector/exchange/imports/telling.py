"""A fact as the cells of a table, so that what is written is read back as the same fact. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from collector.accounts.ledger.kinds.registry import Kind
from collector.calendar import days
from collector.exchange.imports.fields import fields_of
from collector.exchange.imports.headings import RECORDED
from collector.exchange.imports.spelling import safe_key


def columns_of(kind: Kind) -> list[str]:
    return [name for name in fields_of(kind) if name != RECORDED]


def cells_of(kind: Kind, said: Any) -> Sequence[Any]:
    """Days as dates, amounts and fractions as decimals, moments as text; None where a field is empty."""
    return [_cell(getattr(said, name), field.form) for name, field in fields_of(kind).items() if name != RECORDED]


def _cell(value: Any, form: str) -> Any:
    if value is None:
        return None
    match form:
        case "day":
            return days.as_date(value)
        case "moment":
            return days.rfc3339(value)
        case "amount":
            return Decimal(value).scaleb(-2)
        case "key":
            return safe_key(value)
        case _:
            return Decimal(repr(value)) if isinstance(value, float) else value
