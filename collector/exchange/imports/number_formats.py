"""What a workbook's number format shows beside a number: its currency, its zeros and signs, a percent sign. Pure.

A spreadsheet keeps 123 and shows `0000123`, keeps 1200 and shows `$1,200.00`: what only the format shows is part of
what a person wrote. A format that says two things of one number is told as such, never chosen from.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from collector.values.money import is_currency
from collector.values.sentence import Sentence

_PART = re.compile(
    r"""\[(?P<bracket>[^\]]*)\] | "(?P<quoted>[^"]*)" | [\\!](?P<escaped>.) | _. | \*. | (?P<general>General)
    | (?P<digit>[0#?]) | (?P<active>[.,%/@]|[Ee][+-]) | (?P<bare>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_WORDS = re.compile(r"[^\W\d_]+\$?|[^\w\s()\-.,:]")
# What one sign means where nothing says whose it is: as in a text amount.
_SIGNS: Mapping[str, str] = MappingProxyType(
    {"$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "元": "CNY", "人民币": "CNY"}
    | {"rmb": "CNY", "円": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₫": "VND", "฿": "THB", "₪": "ILS", "₺": "TRY"}
    | {"₴": "UAH", "₦": "NGN", "₱": "PHP", "r$": "BRL", "hk$": "HKD", "nt$": "TWD", "a$": "AUD", "c$": "CAD"}
    | {"ca$": "CAD", "s$": "SGD", "nz$": "NZD", "mx$": "MXN", "zł": "PLN", "kč": "CZK", "ft": "HUF", "sfr": "CHF"}
    | {"fr": "CHF", "rp": "IDR", "rm": "MYR", "港元": "HKD", "港币": "HKD", "美元": "USD", "欧元": "EUR"}
)
# Signs of several currencies, by the locale that the format names: Windows' number, or its name's region.
_BY_LOCALE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "$": MappingProxyType(
            {"409": "USD", "1009": "CAD", "c0c": "CAD", "c09": "AUD", "1409": "NZD", "1004": "SGD", "4809": "SGD"}
            | {"c04": "HKD", "3c09": "HKD", "404": "TWD", "80a": "MXN", "2c0a": "ARS", "340a": "CLP", "240a": "COP"}
            | {"540a": "USD", "300a": "USD", "440a": "USD", "500a": "USD", "2009": "JMD", "2c09": "TTD", "2809": "BZD"}
            | {"us": "USD", "ca": "CAD", "au": "AUD", "nz": "NZD", "sg": "SGD", "hk": "HKD", "tw": "TWD", "mx": "MXN"}
            | {"ar": "ARS", "cl": "CLP", "co": "COP", "ec": "USD", "pr": "USD", "sv": "USD", "jm": "JMD", "tt": "TTD"}
        ),
        "¥": MappingProxyType({"804": "CNY", "478": "CNY", "411": "JPY", "cn": "CNY", "jp": "JPY"}),
        "kr": MappingProxyType(
            {"406": "DKK", "41d": "SEK", "414": "NOK", "814": "NOK", "40f": "ISK", "dk": "DKK", "se": "SEK"}
            | {"no": "NOK", "is": "ISK"}
        ),
        "£": MappingProxyType({"809": "GBP", "452": "GBP", "gb": "GBP", "c01": "EGP", "eg": "EGP"}),
    }
)
_LEFT_OPEN = frozenset({"", "0", "400", "800", "1000", "f400", "f800"})  # the reader's own locale
_LOCALE_MASK = 0xFFFF  # above it stand the calendar and the shapes of digits
_HEX = re.compile(r"[0-9a-f]{3,8}", re.IGNORECASE)
_SCALES = frozenset({"k", "m", "mn", "mio", "mrd", "bn", "tsd", "千", "百万", "亿"})
TEN_THOUSAND = "万"
_DIGITS_OF_EXACT = 15
_PLAIN = frozenset({"General", "@", "", "0", "0.00", "#,##0", "#,##0.00"})


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a format says of its numbers.

    currency  None: no sign of one          sure      the sign is of one currency only (¥ alone is of two)
    percent   `active`: 0.35 is shown as 35%; `literal`: 35 is shown so
    scale     a word that multiplies (万, K), `numbers` are shown without it
    wrong     why the format cannot be understood
    """

    code: str
    currency: str | None = None
    sure: bool = True
    percent: Literal["active", "literal"] | None = None
    scale: str | None = None
    wrong: str | None = None

    def shown_text(self, value: float) -> str | None:
        """The number as the format shows it, where it is written digit by digit; None: as the number itself."""
        if self.percent == "active":
            return f"{(Decimal(str(value)) * 100).normalize():f}%"
        if self.currency is not None or value != int(value) or abs(value) >= 10**_DIGITS_OF_EXACT:
            return None
        section = _section(self.code, value)
        return None if section is None else _digit_by_digit(section, int(value))


def number_format(code: str) -> NumberFormat | None:
    """None: the format adds nothing to a number."""
    if code in _PLAIN:
        return None
    said = [_said_by(section) for section in _sections(code)]
    currencies = sorted({one.currency for one in said if one.currency is not None})
    wrong = next((one.wrong for one in said if one.wrong), None)
    if len(currencies) > 1:
        wrong = Sentence("its format shows several currencies ({names})", names=", ".join(currencies))
    found = NumberFormat(
        code,
        currencies[0] if currencies else None,
        all(one.sure for one in said),
        said[0].percent,
        said[0].scale,
        wrong,
    )
    adds = found.currency or found.percent or found.scale or found.wrong or _is_template(code)
    return found if adds else None


def _sections(code: str) -> list[str]:
    """For numbers above zero, below, and zero, or by their conditions; the fourth is of texts."""
    sections = [""]
    for part in _PART.finditer(code):
        if part["bare"] == ";":
            sections.append("")
        else:
            sections[-1] += part[0]
    return sections[:3]


def _said_by(section: str) -> NumberFormat:
    """What one section says."""
    literal, sign, locale = "", "", ""
    is_percent = after_digit = is_scaled = False
    for part in _PART.finditer(section):
        bracket, active = part["bracket"] or "", part["active"]
        if bracket.startswith("$") and not bracket.startswith("$-"):
            sign, _, locale = bracket[1:].partition("-")
        is_percent = is_percent or active == "%"
        is_scaled = is_scaled or (after_digit and active == "," and _ends_digits(section[part.end() :]))
        after_digit = bool(part["digit"]) or (after_digit and active == ",")
        literal += part["quoted"] or part["escaped"] or part["bare"] or " "
    scale = None
    for word in _WORDS.findall(literal):
        if word[0] == TEN_THOUSAND or word.casefold() in _SCALES:
            scale = TEN_THOUSAND if word[0] == TEN_THOUSAND else word
        bare = word.removeprefix(TEN_THOUSAND)
        if bare.casefold() in _SIGNS or bare.casefold() in _BY_LOCALE or is_currency(bare):
            sign, locale = bare, ""
    percent: Literal["active", "literal"] | None = "active" if is_percent else "literal" if "%" in literal else None
    scale = None if is_scaled else scale  # the format divides, the number is in full
    if not sign.strip():
        return NumberFormat(section, percent=percent, scale=scale)
    currency, sure = _currency(sign.strip(), locale.strip())
    wrong = None
    if not currency:
        wrong = Sentence("the currency of its format's sign {sign!r} is not known here", sign=sign.strip())
    return NumberFormat(section, currency, sure, percent, scale, wrong)


def _ends_digits(rest: str) -> bool:
    """No digit follows: a comma there divides by a thousand."""
    return not any(part["digit"] for part in _PART.finditer(rest))


def _currency(sign: str, locale: str) -> tuple[str | None, bool]:
    """The currency, None where it is not known; whether the sign is of that one only."""
    if is_currency(sign.upper()):
        return sign.upper(), True
    known = sign.casefold().rstrip(".").replace("￥", "¥")
    place = _place(locale)
    if known in _BY_LOCALE and place not in _LEFT_OPEN:
        return _BY_LOCALE[known].get(place), True
    return _SIGNS.get(known), known != "¥"


def _place(locale: str) -> str:
    if _HEX.fullmatch(locale):
        return f"{int(locale, 16) & _LOCALE_MASK:x}"
    return locale.casefold().split(",")[0].split("-")[-1]


def _section(code: str, value: float) -> str | None:
    """The section of the format that a number is shown by."""
    sections = _sections(code)
    conditions = [_condition(section) for section in sections]
    if any(conditions):
        return next((s for s, c in zip(sections, conditions, strict=True) if c is None or _holds(c, value)), None)
    if value < 0:
        return None  # an id, a phone number and a postcode are never negative
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]  # noqa: PLR2004 - the third is of zero


def _condition(section: str) -> tuple[str, float] | None:
    found = next((c for part in _PART.finditer(section) if (c := _CONDITION.fullmatch(part["bracket"] or ""))), None)
    return None if found is None else (found[1], float(found[2]))


def _holds(condition: tuple[str, float], value: float) -> bool:
    sign, bound = condition
    less, equal = value < bound, value == bound
    return {"<": less, "<=": less or equal, "=": equal, "<>": not equal, ">": not (less or equal), ">=": not less}[sign]


def _is_template(code: str) -> bool:
    return any(_template(section) is not None for section in _sections(code))


def _template(section: str) -> list[tuple[bool, str]] | None:
    """Whether it is a digit's place, and the place or the sign; None where numbers are shown as numbers are."""
    parts: list[tuple[bool, str]] = []
    for part in _PART.finditer(section):
        if part["active"] or part["general"]:
            return None
        said = part["digit"] or part["quoted"] or part["escaped"] or part["bare"]
        if said:
            parts.append((bool(part["digit"]), said))
    zeros = sum(is_place and said == "0" for is_place, said in parts)
    has_signs = any(said.strip() for is_place, said in parts if not is_place)
    is_one = any(is_place for is_place, _ in parts) and (zeros > 1 or has_signs)
    return parts if is_one else None


def _digit_by_digit(section: str, value: int) -> str | None:
    parts = _template(section)
    if parts is None or value < 0:
        return None
    digits = str(value) if value else ""
    places = sum(is_place for is_place, _ in parts)
    shown = ""
    for is_place, said in parts:
        if not is_place:
            shown += said
            continue
        here = max(0, len(digits) - places + 1)  # the first place takes what is too much
        shown += digits[:here] or ("0" if said == "0" else "")
        digits, places = digits[here:], places - 1
    return shown.strip()
