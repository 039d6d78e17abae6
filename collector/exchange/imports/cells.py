"""What one cell says, as the ledger's border reads it: days as 2026-05-01, money as decimal text. Pure.

People write the same day, amount or id in many ways; each is either understood for certain or refused with what to
write. A day that could be two days (03/04/2026) goes by its column, or is refused; never guessed.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from collector.calendar import days
from collector.exchange.imports.amounts import SIGNS, decimal_of, money, twice_scaled
from collector.exchange.imports.choices import LANGUAGES, choice_of
from collector.exchange.imports.day_orders import SLASHED, DayOrder, is_swappable, month_and_day, unswapped
from collector.exchange.imports.fields import Field
from collector.exchange.imports.heading_units import PLAIN_UNIT
from collector.exchange.imports.headings import COUNTER_NAMES, folded
from collector.exchange.imports.number_formats import TEN_THOUSAND
from collector.exchange.imports.separators import with_point
from collector.exchange.imports.spelling import EMPTY, SHORTENED, BadCell, meant, plain, plain_key, shown, written
from collector.exchange.imports.table import Cell, Formatted, Unusable
from collector.values.sentence import Sentence
from protocol.counters import COUNTERS, ROBOT_DAY_MAX
from protocol.limits import COUNTER_KEY

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_COMMAND = re.compile(r"^[+\-].*[|!]")  # +cmd|' /C calc'!A0

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_DOT = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_DAY_NAME = re.compile(r"(\d{1,2})[-\s]+([a-z]{3,9})\.?[-\s,]+(\d{4})")
_NAME_DAY = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})")
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2})(\.\d+)?)?\s*((?P<half>[ap])\.?m\.?)?"
_REST_OF_DAY = re.compile(rf"(?<=\d|日)(,\s*|[\sT]+)({_TIME})?\s*(星期.|周.)?$", re.IGNORECASE)
_WITH_OFFSET = re.compile(
    r"\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)", re.IGNORECASE
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Serial 60 is 1900-02-29, which never was: from 1900-03-01 on, serial 1 is 1899-12-31.
_EPOCH_1900, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_SERIAL_MAX = 2_958_465  # 9999-12-31
_NOON = 12

_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(:\d{2})?")
_FLAGS = {"1": True, "true": True, "0": False, "false": False}


def value_of(cell: Cell, field: Field, *, timezone: str | None, since_1904: bool = False) -> Any:
    """The border's form of a cell; None where it is empty. Raises BadCell.

    `timezone` is that of moments which do not say theirs.
    """
    if isinstance(cell, Unusable):
        raise BadCell(Sentence("the cell holds {what}", what=cell.what))
    if isinstance(cell, str):
        if _CONTROL.search(cell):
            raise BadCell(Sentence("it holds characters that are no text; type it again"))
        text = cell.strip()
        if not text or (field.form != "text" and text.casefold() in EMPTY):
            return None
        cell = text
    if cell is None:
        return None
    if isinstance(cell, Formatted):
        if field.form == "share" and cell.format.percent is not None:
            field = replace(field, unit=PLAIN_UNIT)  # the format says it
        if field.form in {"amount", "number"} and cell.format.scale is not None and field.unit.factor != 1:
            raise twice_scaled(cell)
        cell = _as_shown(cell, field)
    return _READERS[field.form](cell, field, timezone, since_1904)


def _as_shown(cell: Formatted, field: Field) -> Cell:
    """The number as its format shows it, so far as the field takes it. Raises BadCell."""
    number, said = cell
    if field.form in {"text", "key"}:
        return said.shown_text(number) or number
    if field.form == "share":
        return float(Decimal(str(number)) / 100) if said.percent == "literal" else number
    if field.form not in {"amount", "number", "count"}:
        return number
    if said.percent is not None:
        raise BadCell(
            Sentence(
                "{cell} is shown as a share of a hundred (%), and this is none; write the number itself",
                cell=shown(cell),
            )
        )
    if said.wrong is not None and field.form == "amount":
        raise BadCell(
            Sentence(
                "{cell}: {wrong}; say the currency in a column and format the cell as a number",
                cell=shown(cell),
                wrong=said.wrong,
            )
        )
    if said.scale == TEN_THOUSAND:
        number = float(Decimal(str(number)) * 10_000)
        return int(number) if number.is_integer() else number
    if said.scale is not None:
        raise BadCell(
            Sentence(
                "{cell} is shown with {scale!r} behind it; write the number in full", cell=shown(cell), scale=said.scale
            )
        )
    return number


def _text(cell: Cell, *_: Any) -> str:
    text = written(cell)
    said = meant(text)
    return _harmless(text) if said is None else said


def _key(cell: Cell, *_: Any) -> str:
    text = written(cell)
    said = meant(text, key=True)
    if said is not None:
        return said
    text = plain_key(_harmless(text))
    if SHORTENED.fullmatch(text):
        raise BadCell(
            Sentence(
                "{text} is a number that a spreadsheet shortened; format the column as text and enter the id again",
                text=text,
            )
        )
    return text


def _harmless(text: str) -> str:
    bare = plain(text)
    if bare.startswith(("=", "@")) or _COMMAND.match(bare):
        raise BadCell(
            Sentence("{text} would run as a formula in a spreadsheet; remove its first character", text=shown(text))
        )
    return text


def _day(cell: Cell, field: Field, timezone: str | None, since_1904: bool) -> str:  # noqa: FBT001 - one signature for all readers
    if field.mixed and is_swappable(cell):
        raise unswapped(cell)
    if isinstance(cell, datetime):
        return _checked(cell.date(), cell)
    if isinstance(cell, date):
        return _checked(cell, cell)
    if isinstance(cell, bool | time):
        raise _no_day(cell)
    text = plain(written(cell))
    if found := _COMPACT.fullmatch(text):
        return _built(int(found[1]), int(found[2]), int(found[3]), cell)
    if _SERIAL.fullmatch(text) or (isinstance(cell, int | float) and 1 <= cell <= _SERIAL_MAX):
        epoch = _EPOCH_1904 if since_1904 else _EPOCH_1900
        return _checked(days.as_date(days.number(epoch) + int(float(text))), cell)
    if _WITH_OFFSET.fullmatch(text):
        return _day_of_moment(text, timezone, cell)
    return _written_day(_REST_OF_DAY.sub("", text), cell, field.day_order)


def _day_of_moment(text: str, timezone: str | None, cell: Cell) -> str:
    """The day on which the moment was in the zone: 22:00 UTC is the next day in Shanghai."""
    if timezone is None:
        raise BadCell(
            Sentence("{cell} is a moment, and no time zone says whose day; write the day: 2026-05-01", cell=shown(cell))
        )
    try:
        moment = datetime.fromisoformat(text.upper().replace("/", "-").replace(" +", "+").replace(" Z", "Z"))
        return _checked(moment.astimezone(days.zone(timezone)).date(), cell)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadCell):
            raise
        raise _no_day(cell) from None


def _written_day(text: str, cell: Cell, order: DayOrder | None) -> str:
    if found := _YEAR_FIRST.fullmatch(text):
        return _built(int(found[1]), int(found[2]), int(found[3]), cell)
    if found := _DAY_DOT.fullmatch(text):
        return _built(int(found[3]), int(found[2]), int(found[1]), cell)
    if found := _DAY_NAME.fullmatch(text.casefold()):
        return _built(int(found[3]), _month(found[2], cell), int(found[1]), cell)
    if found := _NAME_DAY.fullmatch(text.casefold()):
        return _built(int(found[3]), _month(found[1], cell), int(found[2]), cell)
    if found := SLASHED.fullmatch(text):
        year = int(found[3])
        return _built(year, *month_and_day(int(found[1]), int(found[2]), year, order, cell), cell)
    raise _no_day(cell)


def _month(name: str, cell: Cell) -> int:
    for number, month in enumerate(_MONTHS, 1):
        if name.startswith(month):
            return number
    raise _no_day(cell)


def _built(year: int, month: int, day: int, cell: Cell) -> str:
    try:
        built = date(year, month, day)
    except ValueError:
        raise BadCell(Sentence("{cell} is a day that no calendar has; correct it", cell=shown(cell))) from None
    return _checked(built, cell)


def _checked(day: date, cell: Cell) -> str:
    if not days.DAY_MIN <= days.number(day) <= days.DAY_MAX:
        raise BadCell(Sentence("{cell} lies before 1970 or after 9998; correct the year", cell=shown(cell)))
    return day.isoformat()


def _no_day(cell: Cell) -> BadCell:
    return BadCell(Sentence("{cell} is not a day; write it as 2026-05-01", cell=shown(cell)))


def _moment(cell: Cell, field: Field, timezone: str | None, *__: Any) -> str:
    remedy = Sentence("write it with its time zone: 2026-05-01T09:30:00+08:00")
    if field.mixed and is_swappable(cell):
        raise unswapped(cell)
    if isinstance(cell, datetime):
        moment = cell
    else:
        text = plain(written(cell))
        try:
            moment = _stamp(text, cell, field) or datetime.fromisoformat(text.replace("/", "-"))
        except ValueError as error:
            raise (
                error
                if isinstance(error, BadCell)
                else BadCell(Sentence("{cell} is not a moment; {remedy}", cell=shown(cell), remedy=remedy))
            ) from None
    if moment.tzinfo is None:
        if timezone is None:
            raise BadCell(
                Sentence(
                    "{cell} says no time zone; {remedy}, or name the file's time zone", cell=shown(cell), remedy=remedy
                )
            )
        moment = moment.replace(tzinfo=days.zone(timezone))
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:
        raise BadCell(Sentence("{cell} is not a moment; {remedy}", cell=shown(cell), remedy=remedy)) from None


def _stamp(text: str, cell: Cell, field: Field) -> datetime | None:
    """`5/13/2026, 3:04 PM` in the file's zone; None: it is written otherwise. Raises BadCell, ValueError."""
    rest = _REST_OF_DAY.search(text)
    if rest is None or rest["hour"] is None or not (rest["half"] or SLASHED.match(text)):
        return None
    day = _written_day(text[: rest.start()], cell, field.day_order)
    hour, half = int(rest["hour"]), (rest["half"] or "").casefold()
    if half and not 1 <= hour <= _NOON:
        raise _no_day(cell)
    hour = hour if not half else hour % _NOON + (_NOON if half == "p" else 0)
    return datetime.combine(date.fromisoformat(day), time(hour, int(rest["minute"]), int(rest["second"] or 0)))


def _amount(cell: Cell, field: Field, *_: Any) -> str:
    number, _sign = money(cell, field.decimal, field.unit.factor)
    return number


def _number(cell: Cell, field: Field, *_: Any) -> Any:
    text = plain(written(cell))
    if isinstance(cell, str):
        is_whole = (field.whole or field.form == "count") and field.unit.factor == 1
        text = with_point(text, cell, field.decimal, whole=is_whole)
    if isinstance(cell, bool) or not _NUMBER.fullmatch(text):
        raise BadCell(Sentence("{cell} is not a number; write it in digits", cell=shown(cell)))
    return text if field.unit.factor == 1 else f"{(Decimal(text) * field.unit.factor).normalize():f}"


def _share(cell: Cell, field: Field, *_: Any) -> str:
    text = plain(written(cell))
    if text.endswith("%"):
        number = decimal_of(with_point(text[:-1].strip(), cell, field.decimal), cell)
        return f"{number / 100:f}"
    written_out = str(_number(cell, field))
    return _of_percent(written_out, cell) if field.unit.percent else written_out


def _of_percent(number: str, cell: Cell) -> str:
    """Under a heading in percent: 35 is 0.35, and 0.35 may be either."""
    share = Decimal(number)
    if 0 < abs(share) <= 1:
        raise BadCell(
            Sentence(
                "{cell} under a heading in percent could be a share or a percentage; write it with %", cell=shown(cell)
            )
        )
    return f"{share / 100:f}"


def _flag(cell: Cell, *_: Any) -> bool:
    if isinstance(cell, bool):
        return cell
    text = plain(written(cell)).casefold()
    if text in _FLAGS:
        return _FLAGS[text]
    said = choice_of(text, ("yes", "no"))
    if said is None:
        raise BadCell(Sentence("{cell} is neither yes nor no; write one of them", cell=shown(cell)))
    return said == "yes"


def _choice(cell: Cell, field: Field, *_: Any) -> str:
    if isinstance(cell, bool):
        cell = "yes" if cell else "no"
    said = choice_of(plain(written(cell)), field.choices)
    if said is None:
        raise BadCell(
            Sentence(
                "{cell} is not known; write one of {names}",
                cell=shown(cell),
                names=", ".join(c for c in field.choices if c),
            )
        )
    return said


def _clock(cell: Cell, *_: Any) -> str:
    if isinstance(cell, datetime | time):
        return f"{cell.hour:02d}:{cell.minute:02d}"
    found = _CLOCK.fullmatch(plain(written(cell)))
    if found is None:
        raise BadCell(Sentence("{cell} is not a time of day; write it as 09:00", cell=shown(cell)))
    return f"{int(found[1]):02d}:{found[2]}"


def _currency(cell: Cell, *_: Any) -> str:
    text = plain(written(cell))
    return SIGNS.get(text.casefold(), text.upper())


def _language(cell: Cell, *_: Any) -> str:
    text = plain(written(cell))
    return choice_of(text, LANGUAGES) or text


def _weekdays(cell: Cell, *_: Any) -> str:
    return plain(written(cell)).zfill(7)  # a spreadsheet drops the zeros before a number


def _count(cell: Cell, field: Field, *_: Any) -> int:
    text = str(_number(cell, field))
    count = Decimal(text)
    if not 0 <= count <= ROBOT_DAY_MAX or count != count.to_integral_value():
        raise BadCell(Sentence("{cell} is not a count; write a whole number from 0 to 10^12", cell=shown(cell)))
    return int(count)


def _counter(cell: Cell, *_: Any) -> str:
    text = plain(written(cell))
    if text in COUNTERS or (COUNTER_KEY.fullmatch(text) and "." in text):
        return text
    said = COUNTER_NAMES.get(folded(text))
    if said is None:
        near = difflib.get_close_matches(text, COUNTERS, n=1)
        hint = (
            Sentence("did you mean {names}?", names=near[0])
            if near
            else Sentence("a skill's counter is written <skill>.<counter>")
        )
        raise BadCell(Sentence("{cell} is not known; {hint}", cell=shown(cell), hint=hint))
    return said


_READERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "text": _text,
        "key": _key,
        "day": _day,
        "moment": _moment,
        "amount": _amount,
        "number": _number,
        "share": _share,
        "flag": _flag,
        "choice": _choice,
        "clock": _clock,
        "weekdays": _weekdays,
        "currency": _currency,
        "language": _language,
        "count": _count,
        "counter": _counter,
    }
)
