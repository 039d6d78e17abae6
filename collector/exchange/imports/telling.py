"""A fact as the cells of a table, so that what is written is read back as the same fact. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from collector.accounts.ledger.kinds.registry import Kind
from collector.calendar import days
from collector.exchange.imports.fields import fields_of
from collector.exchange.imports.headings import RECORDED
from collector.exchange.imports.spelling import safe_key
from collector.values.money import amount_text

_THREE_DECIMALS = -3


def columns_of(kind: Kind) -> list[str]:
    return [name for name in fields_of(kind) if name != RECORDED]


def cells_of(kind: Kind, said: Any, *, plain: bool) -> Sequence[Any]:
    """Days as dates, amounts and fractions as decimals, moments as text; None where a field is empty.

    `plain`: ids as they are, else as an import reads them back.
    """
    currency = getattr(said, "currency", None)
    return [
        getattr(said, name) if plain and field.form == "key" else _cell(getattr(said, name), field.form, currency)
        for name, field in fields_of(kind).items()
        if name != RECORDED
    ]


def _cell(value: Any, form: str, currency: str | None) -> Any:
    if value is None:
        return None
    match form:
        case "day":
            return days.as_date(value)
        case "moment":
            return days.rfc3339(value)
        case "amount":
            return _unmistakable(Decimal(amount_text(value, currency)))
        case "key":
            return safe_key(value)
        case _:
            return _unmistakable(Decimal(repr(value))) if isinstance(value, float) else value


def _unmistakable(number: Decimal) -> Decimal:
    """Three decimals could be thousands: a fourth one says that they are not."""
    return number.quantize(Decimal("0.0001")) if number.as_tuple().exponent == _THREE_DECIMALS else number
