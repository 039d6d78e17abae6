"""The types of a fact's fields: how each is read at the border and how it is kept. Pure.

Inside, a day is a number (days since 1970-01-01), a moment is seconds of Unix time, and money is hundredths of its
currency's unit (values.money says when that is no whole number); the border reads and writes `2026-05-01`, RFC 3339
and decimal text. Rows of the store are trusted: they are made by `Kind.load`, which validates nothing.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from collector.calendar import days
from collector.values import money, timezones
from collector.values.money import Hundredths
from protocol.limits import TEXT

NAME_MAX_CHARS = 200
NOTE_MAX_CHARS = 4_000
AMOUNT_MAX = 10**15  # hundredths: ten million million of any currency
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_OFFSET = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")


def _day(value: Any) -> Any:
    if isinstance(value, str):
        return days.parse(value)
    raise ValueError("write a day as 2026-05-01")


def _moment(value: Any) -> Any:
    if not isinstance(value, str) or not _OFFSET.search(value.strip()):
        raise ValueError("write a moment with its time zone: 2026-05-01T09:30:00+08:00")
    try:
        at_s = int(datetime.fromisoformat(value.strip()).timestamp())
    except (ValueError, OverflowError) as error:
        raise ValueError("write a moment with its time zone: 2026-05-01T09:30:00+08:00") from error
    if not days.DAY_MIN <= at_s // days.DAY_S <= days.DAY_MAX:
        raise ValueError(f"{value.strip()[:40]!r} lies before 1970 or after 9998; correct the year")
    return at_s


def _amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('write an amount as text: "12000.00"')  # noqa: TRY004 - pydantic's way
    return money.amount_of(str(value).strip())


def _amount_text(amount: Hundredths) -> str:
    return money.amount_text(amount, None)


def _currency(value: str) -> str:
    if not money.is_currency(value):
        raise ValueError("; ".join(money.no_currency(value)))
    return value


def _timezone(value: str) -> str:
    if value not in timezones.known():
        raise ValueError(f"{value[:40]!r} is no time zone: write it as Asia/Shanghai")
    return value


def _language(value: str) -> str:
    """As BCP 47 writes it: zh, pt-BR, zh-Hant-TW."""
    if not value:
        return ""
    if not _LANGUAGE.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is no language: write it as en, zh or pt-BR")
    first, *more = value.lower().split("-")
    written = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in more)  # noqa: PLR2004 - regions and scripts
    return "-".join([first, *written])


def _addressable(key: str) -> str:
    if key in {".", ".."}:
        raise ValueError(f"{key!r} is no id: it cannot stand in an address; add a letter or a digit")
    return key


def _moment_text(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, tz=UTC).isoformat().replace("+00:00", "Z")


Day = Annotated[
    int,
    BeforeValidator(_day),
    PlainSerializer(days.iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-05-01"]}),
]
Moment = Annotated[
    int,
    BeforeValidator(_moment),
    PlainSerializer(_moment_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-01T09:30:00+08:00"]}),
]
Amount = Annotated[
    int | Decimal,
    BeforeValidator(_amount),
    Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX),
    PlainSerializer(_amount_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": money.DECIMAL_TEXT.pattern, "examples": ["12000.00"]}),
]
Currency = Annotated[str, AfterValidator(_currency)]
Timezone = Annotated[str, AfterValidator(_timezone)]
LanguageTag = Annotated[str, StringConstraints(strip_whitespace=True, max_length=35), AfterValidator(_language)]
# The id that the customer's own system has for it: what makes an import repeatable.
Key = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[^,/\s\x00-\x1f][^,/\x00-\x1f]{0,119}$"),
    AfterValidator(_addressable),
]
# The same for papers (invoices, contracts, tickets), whose numbers have slashes in some systems: INV/2026/0001.
PaperKey = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[^,/\s\x00-\x1f][^,\x00-\x1f]{0,119}$"),
    AfterValidator(_addressable),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_MAX_CHARS, pattern=TEXT)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NAME_MAX_CHARS, pattern=TEXT)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=NOTE_MAX_CHARS, pattern=TEXT)]
Count = Annotated[int, Field(ge=0, le=10**9)]
DayCount = Annotated[int, Field(ge=0, le=3_660)]  # ten years: a day less it is still a day of the calendar
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Hours = Annotated[float, Field(ge=0.0, le=100_000.0)]
