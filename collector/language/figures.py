"""Numbers, shares, money, days, ages and lists as each language writes them, by Babel (CLDR).

The API's JSON keeps plain numbers and ISO days; this is what people read.
"""

import math
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_decimal, format_percent, get_currency_symbol

from collector.calendar import days
from collector.calendar.days import DAY_S, HOUR_S, MINUTE_S
from collector.language.catalogue import SOURCE, gettext, pgettext
from collector.values.money import decimals

_DAY = "d MMM y"  # whoever reads English here is not only American
_AHEAD_DAYS = 300
_NOW_S = 5
NAMES_SHOWN = 3  # of a list in a sentence; the rest is counted


def number(value: float, language: str, digits: int = 0) -> str:
    """With so many decimals: `1,234.50`."""
    return format_decimal(round(value, digits), format=f"#,##0.{'0' * digits}".rstrip("."), locale=language)


def score(value: float, language: str, digits: int = 0) -> str:
    """A health score, cut and never rounded up: what is below a border is written below it, whatever its band."""
    over = 10**digits
    return number(math.floor(value * over + 1e-6) / over, language, digits)


def short(value: float, language: str, digits: int = 1) -> str:
    """With at most so many decimals: `1,234.5`, `12`."""
    return format_decimal(round(value, digits), format=f"#,##0.{'#' * digits}", locale=language)


def signed(value: float, language: str, digits: int = 1) -> str:
    """`+3.1`, `−27.3`, `0.0`."""
    written = number(abs(value), language, digits)
    if round(value, digits) == 0:
        return written
    return f"{'−' if value < 0 else '+'}{written}"


def percent(share: float, language: str, digits: int = 0) -> str:
    """`62 %`."""
    pattern = f"#,##0.{'0' * digits}".rstrip(".") + " %"
    return format_percent(round(share, digits + 2), format=pattern, locale=language)


def amount(value: float, currency: str, language: str) -> str:
    """With the decimals that ISO 4217 gives its currency: `1,234.50`, `1,234.500`. No currency: two decimals."""
    return number(value, language, decimals(currency))


def billed(text: str, currency: str, language: str) -> str:
    """Decimal text as an amount of a bill, with the decimals of its currency: `¥1,234.50`, `−¥0.05`."""
    said = Decimal(text)
    places = decimals(currency)
    written = format_decimal(abs(said), format=f"#,##0.{'0' * places}".rstrip("."), locale=language)
    return f"{'−' if said < 0 else ''}{_sign(currency, language)}{written}"


def month(text: str, language: str) -> str:
    """`2026-05` in words: `May 2026`; anything else as it is."""
    try:
        return format_skeleton("yMMMM", date.fromisoformat(f"{text}-01"), locale=language)
    except ValueError:
        return text


def day(number_of_day: int, language: str) -> str:
    """A day in a sentence: `1 Oct 2026` in English, in Chinese with its own words for year, month and day."""
    return _written(days.as_date(number_of_day), language)


def period(first_day: int, last_day: int, language: str) -> str:
    """The days from one to another, both counted in; one day where they are the same."""
    first, last = day(first_day, language), day(last_day, language)
    return first if first_day == last_day else pgettext(language, "days", "{first} to {last}", first=first, last=last)


def iso_day(text: str, language: str) -> str:
    """The same of an ISO day; anything else is shown as it is."""
    try:
        return _written(date.fromisoformat(text), language)
    except ValueError:
        return text


def moment(text: str, language: str, zone: tzinfo | None) -> str:
    """A moment of the API in the zone of whoever reads it: `1 Oct 2026, 08:00`. No zone: this machine's."""
    when = datetime.fromisoformat(text).astimezone(zone)
    between = pgettext(language, "between a day and a time", ", ")
    return f"{_written(when.date(), language)}{between}{when:%H:%M}"


def _written(when: date, language: str) -> str:
    return format_date(when, _DAY if language == SOURCE else "long", locale=language)


def short_day(text: str, language: str, today: int) -> str:
    """An ISO day in a list: `9 Nov`, and `6 Feb 2025` where the year does not go without saying: it is not this one,

    and not one of the months ahead. In Chinese in its own form; anything else as it is.
    """
    try:
        when = date.fromisoformat(text)
    except ValueError:
        return text
    now = days.as_date(today)
    plain = when.year == now.year or 0 <= (when - now).days < _AHEAD_DAYS
    if language == SOURCE:
        return format_date(when, "d MMM" if plain else "d MMM y", locale=language)
    return format_skeleton("MMMd" if plain else "yMMMd", when, locale=language)


def weekday(text: str, language: str) -> str:
    """An ISO day in the head of a page: `Sunday, 29 November`."""
    when = date.fromisoformat(text)
    if language == SOURCE:
        return format_date(when, "EEEE, d MMMM", locale=language)
    return format_skeleton("MMMMEEEEd", when, locale=language)


def money(hundredths: int, currency: str, language: str) -> str:
    """Whole units with the sign of a currency, where there is one of its own: `¥109,200`; `CHF 1,200`."""
    return f"{'−' if hundredths < 0 else ''}{_sign(currency, language)}{number(abs(hundredths) / 100, language)}"


def arr(hundredths: int | None, due_day: int | None, currency: str, language: str) -> str:
    """An account's ARR; "" where it is not known.

    Where nothing is due either there is no contract, and its zero is not a sum that somebody was told.
    """
    if hundredths is None:
        return ""
    if not hundredths and due_day is None:
        return pgettext(language, "arr", "no contract")
    return money(hundredths, currency, language)


def _sign(currency: str, language: str) -> str:
    """Of a currency that has one of its own; else its letters, with a space that does not break."""
    sign = get_currency_symbol(currency, locale=language)
    return sign[-1] if unicodedata.category(sign[-1]) == "Sc" else f"{sign}\u00a0"


def exact(amount: Decimal, currency: str, language: str) -> str:
    """An amount in units of its currency with its sign, every decimal that was stated: `€20`, `€0.0004`, `¥12.50`."""
    stated = amount.normalize().as_tuple().exponent
    most = -stated if isinstance(stated, int) and stated < 0 else 0
    places = max(most, decimals(currency)) if most else 0
    pattern = f"#,##0.{'0' * places}".rstrip(".")
    return f"{_sign(currency, language)}{format_decimal(amount, format=pattern, locale=language)}"


def duration(seconds: int, language: str) -> str:
    """The two largest units: `3 h 20 min`."""
    minutes, hours = seconds // MINUTE_S, seconds // HOUR_S
    if seconds < MINUTE_S:
        return gettext(language, "{n} s", n=seconds)
    if seconds < HOUR_S:
        return gettext(language, "{n} min", n=minutes)
    if seconds < 2 * DAY_S:
        rest = minutes % 60
        hour = gettext(language, "{n} h", n=hours)
        return (
            gettext(language, "{large} {small}", large=hour, small=duration(rest * MINUTE_S, language))
            if rest
            else hour
        )
    rest = hours % 24
    whole = gettext(language, "{n} d", n=seconds // DAY_S)
    return (
        gettext(language, "{large} {small}", large=whole, small=gettext(language, "{n} h", n=rest)) if rest else whole
    )


def ago(seconds: int, language: str) -> str:
    """How long since then, in the largest unit: `just now`, `5 minutes ago`."""
    if seconds < _NOW_S:
        return gettext(language, "just now")
    unit = DAY_S if seconds >= DAY_S else HOUR_S if seconds >= HOUR_S else MINUTE_S if seconds >= MINUTE_S else 1
    passed = timedelta(seconds=-(seconds - seconds % unit))
    return format_timedelta(passed, add_direction=True, threshold=1, locale=language)


def listed(names: Sequence[str], language: str, shown: int | None = None) -> str:
    """Names in a row, `a, b, c`; with `shown` only so many, and how many more."""
    cut = list(names) if shown is None else list(names[:shown])
    row = pgettext(language, "between names", ", ").join(cut)
    return row if len(cut) == len(names) else f"{row} +{len(names) - len(cut)}"


def phrases(parts: Sequence[str], language: str) -> str:
    """Phrases of one clause in a row: `a, b`."""
    return pgettext(language, "between phrases", ", ").join(parts)


def clauses(parts: Sequence[str], language: str) -> str:
    """Parts of a sentence in a row: `a; b`."""
    return pgettext(language, "between clauses", "; ").join(parts)
