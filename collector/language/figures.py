"""Numbers, shares, money, days, ages and lists as each language writes them, by Babel (CLDR).

The API's JSON keeps plain numbers and ISO days; this is what people read.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent

from collector.calendar import days
from collector.calendar.days import DAY_S, HOUR_S, MINUTE_S
from collector.language.catalogue import SOURCE, gettext, pgettext
from collector.values.money import decimals

_ISO = "yyyy-MM-dd"
_NOW_S = 5
NAMES_SHOWN = 3  # of a list in a sentence; the rest is counted


def number(value: float, language: str, digits: int = 0) -> str:
    """With so many decimals: `1,234.50`."""
    return format_decimal(round(value, digits), format=f"#,##0.{'0' * digits}".rstrip("."), locale=language)


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


def day(number_of_day: int, language: str) -> str:
    """A day in a sentence: `2026-10-01` in English, in Chinese with its own words for year, month and day."""
    return _written(days.as_date(number_of_day), language)


def iso_day(text: str, language: str) -> str:
    """The same of an ISO day; anything else is shown as it is."""
    try:
        return _written(date.fromisoformat(text), language)
    except ValueError:
        return text


def _written(when: date, language: str) -> str:
    return format_date(when, _ISO if language == SOURCE else "long", locale=language)


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
