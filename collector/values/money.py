"""Money: the decimals of each currency (ISO 4217), amounts as text, and the one way of rounding. Pure, without floats.

Two numbers are called money. An *amount* is what a person stated in some currency: hundredths of its unit, a whole
number except where a currency has more than two decimals (12.345 KWD is Decimal("1234.5")). A *sum* is computed, in
one base currency: a whole number of which `scale(base)` make one unit. Rounding is half to even, to the currency's
smallest unit.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType

from collector.values.sentence import Sentence

Hundredths = int | Decimal

HUNDRED = 100
SUM_MOST = 10**30  # the largest stated amount at the largest stated rate is below; millions of them fit in a float
DECIMALS_MOST = 4  # of any currency in ISO 4217
_DECIMALS_USUAL = 2
# ISO 4217, list one, by decimals. CLDR's digits (Babel) are for showing: it has none for IQD, ISO has three.
_OF_TWO = re.findall(
    "[A-Z]{3}",
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY
    COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
    """,
)
_DECIMALS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        (
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ),
        0,
    )
    | dict.fromkeys(_OF_TWO, _DECIMALS_USUAL)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)  # fmt: skip
# List three, of this century's second decade and later: an imported past may be told in them. BYR had no decimals.
_WITHDRAWN: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        ("ANG", "BGN", "CUC", "EEK", "HRK", "LTL", "LVL", "MRO", "SLL", "STD", "VEF", "ZMK", "ZWL"), _DECIMALS_USUAL
    )
    | {"BYR": 0}
)
CURRENCIES: Mapping[str, int] = MappingProxyType({**_DECIMALS, **_WITHDRAWN})
"""Every currency that amounts may be in, with its decimals. Metals, funds of settlement and test codes are none."""
_NEAR_MOST, _NEAR_LEAST = 3, 0.6
DECIMAL_TEXT = re.compile(rf"-?[0-9]{{1,13}}(\.[0-9]{{1,{DECIMALS_MOST}}})?")


def decimals(currency: str) -> int:
    """How many decimals its amounts have. Of a word of an older store that is no currency, the usual two."""
    return CURRENCIES.get(currency, _DECIMALS_USUAL)


def is_currency(text: str) -> bool:
    """ISO 4217 knows it."""
    return text in CURRENCIES


def no_currency(text: str) -> tuple[str, str]:
    """Why a text is not taken as a currency, and what to write instead."""
    word = text.strip().upper()
    near = [word] if word in CURRENCIES else get_close_matches(word, sorted(CURRENCIES), _NEAR_MOST, _NEAR_LEAST)
    remedy = (
        Sentence("did you mean {names}?", names=" / ".join(near))
        if near
        else Sentence("write its three letters: CNY, EUR, USD")
    )
    return Sentence("{text} is no currency of ISO 4217", text=text.strip()[:40] or repr(text[:40])), remedy


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


def amount_text(amount: Hundredths, currency: str | None) -> str:
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


def within(total: int) -> int:
    """The sum, if it is one: nothing that is added up can overflow. Raises ValueError."""
    if abs(total) > SUM_MOST:
        raise ValueError("an amount is more than any amount can be")
    return total


def half_even(over: int, under: int) -> int:
    """Over / under as a whole number; a half goes to the even one. `under` is above 0."""
    whole, rest = divmod(over, under)
    return whole + (2 * rest > under or (2 * rest == under and whole % 2 == 1))


def _whole(hundredths: Decimal) -> Hundredths:
    whole = int(hundredths)
    return whole if whole == hundredths else hundredths.normalize()
