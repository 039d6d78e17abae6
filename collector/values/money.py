"""Money: the decimals of each currency (ISO 4217), amounts as text, and the one way of rounding. Pure, without floats.

Two numbers are called money. An *amount* is what a person stated in some currency: hundredths of its unit, a whole
number except where a currency has more than two decimals (12.345 KWD is Decimal("1234.5")). A *sum* is computed, in
one base currency: a whole number of which `scale(base)` make one unit. Rounding is half to even, to the currency's
smallest unit.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType

Hundredths = int | Decimal

HUNDRED = 100
DECIMALS_MOST = 4  # of any currency in ISO 4217
_DECIMALS_USUAL = 2
# ISO 4217, list one, where it is not two. CLDR's digits (Babel) are for showing: it has none for IQD, ISO has three.
_DECIMALS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        (
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ),
        0,
    )
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)  # fmt: skip
DECIMAL_TEXT = re.compile(rf"-?[0-9]{{1,13}}(\.[0-9]{{1,{DECIMALS_MOST}}})?")


def decimals(currency: str) -> int:
    """How many decimals its amounts have."""
    return _DECIMALS.get(currency, _DECIMALS_USUAL)


@cache
def scale(currency: str) -> int:
    """How many of a sum in this base currency make one unit: 100, more where the currency has more decimals."""
    return int(10 ** max(decimals(currency), _DECIMALS_USUAL))


def amount_of(text: str) -> Hundredths:
    """The amount that decimal text says. Raises ValueError."""
    if not DECIMAL_TEXT.fullmatch(text):
        raise ValueError(
            f'write an amount as text with at most {DECIMALS_MOST} decimals, without separators: "12000.00"'
        )
    return _whole(Decimal(text).scaleb(2))


def amount_text(amount: Hundredths, currency: str | None = None) -> str:
    """1200050 -> "12000.50": with the currency's decimals, two where the currency is not known.

    What was stated finer is never hidden: half a yen of an older store is shown as "0.50".
    """
    stated = Decimal(amount).scaleb(-2).normalize()
    least = _DECIMALS_USUAL if currency is None else decimals(currency)
    exponent = stated.as_tuple().exponent
    assert isinstance(exponent, int)  # it is a number
    return f"{stated:.{least if -exponent <= least else max(-exponent, _DECIMALS_USUAL)}f}"


def fits(amount: Hundredths, currency: str) -> bool:
    """It has no more decimals than the currency."""
    at_most = decimals(currency)
    if isinstance(amount, int) and at_most >= _DECIMALS_USUAL:
        return True
    return Decimal(amount).scaleb(at_most - 2) % 1 == 0


def sum_of(amount: Hundredths, currency: str) -> int:
    """An amount as a part of a sum in its own currency."""
    if isinstance(amount, int):
        return amount * scale(currency) // HUNDRED
    over, under = amount.as_integer_ratio()
    return half_even(over * scale(currency), under * HUNDRED)


def converted(amount: Hundredths, over: int, under: int, base: str) -> int:
    """An amount as a part of a sum in `base`, when one unit is worth over / under, rounded to the base's decimals."""
    stated, parts = (amount, 1) if isinstance(amount, int) else amount.as_integer_ratio()
    smallest = int(10 ** decimals(base))  # units of the base that make one
    return half_even(stated * over * smallest, parts * under * HUNDRED) * (scale(base) // smallest)


def sum_text(total: int, base: str) -> str:
    """A sum as text with the base currency's decimals."""
    return amount_text(_whole(Decimal(total) * HUNDRED / scale(base)), base)


def half_even(over: int, under: int) -> int:
    """Over / under as a whole number; a half goes to the even one. `under` is above 0."""
    whole, rest = divmod(over, under)
    return whole + (2 * rest > under or (2 * rest == under and whole % 2 == 1))


def _whole(hundredths: Decimal) -> Hundredths:
    whole = int(hundredths)
    return whole if whole == hundredths else hundredths.normalize()
