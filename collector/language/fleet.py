"""Fleet and one robot in sentences: what is broken, an incident, a rate, how the clock stands, where the rest is."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from collector.fleet.completeness import EXCUSED
from collector.language import figures, names
from collector.language.catalogue import deferred_in, gettext, ngettext, pgettext
from collector.language.pages import Words

_SHOWN = 3
_EXCUSES: Mapping[str, str] = MappingProxyType(
    {
        "before_deployment": deferred_in("excuse", "not there yet"),
        "not_due": deferred_in("excuse", "not due yet"),
        "off": deferred_in("excuse", "switched off"),
        "place_closed": deferred_in("excuse", "place closed"),
        "file": deferred_in("excuse", "told by a file"),
    }
)


def sentence(incidents: Sequence[str], dark: int, faults: int, alarms: int, online: int, language: str) -> str:
    """What is broken, in one sentence. `incidents`: their titles; `dark`: robots; `faults`: open ones."""
    parts = []
    if dark:
        parts.append(ngettext(language, "{n} robot is dark", "{n} robots are dark", dark, n=_n(dark, language)))
    if faults:
        parts.append(ngettext(language, "{n} fault is open", "{n} faults are open", faults, n=_n(faults, language)))
    if alarms:
        parts.append(ngettext(language, "{n} alarm waits", "{n} alarms wait", alarms, n=_n(alarms, language)))
    said = figures.phrases(parts, language)
    if incidents:
        cause = ngettext(
            language, "One common cause: {what}.", "{n} common causes, the first: {what}.", len(incidents),
            what=incidents[0],
        )  # fmt: skip
        rest = gettext(language, "In all: {what}.", what=said)
        return gettext(language, "{one} {other}", one=cause, other=rest) if parts else cause
    if parts:
        return gettext(language, "No common cause, but single ones: {what}.", what=said)
    if online:
        return gettext(language, "Nothing is broken that a robot has told of.")
    return gettext(language, "No robot is connected.")


def at_robots(robots: int, families: str, language: str) -> str:
    """Below the number of open faults: at how many robots, of which families."""
    if not robots:
        return ""
    at = ngettext(language, "at {n} robot", "at {n} robots", robots, n=_n(robots, language))
    return gettext(language, "{at}: {families}", at=at, families=families)


def incident(cause: str, value: str, of: str, family: str, language: str) -> str:
    """`firmware V6.9: more navigation faults`."""
    named = names.cause_value(cause, value, language)
    what = gettext(language, "{cause} {value}", cause=names.cause(cause, language), value=named)
    if of == "faults":
        return gettext(language, "{what}: more {family} faults", what=what, family=names.family(family, language))
    if of == "silence":
        return gettext(language, "{what}: nothing was counted", what=what)
    return gettext(language, "{what}: use fell", what=what)


def incident_where(accounts: Sequence[str], since: str, others_share: float, language: str) -> str:
    """Since when, at whom, and how many of the others show it."""
    who = figures.listed(accounts, language, _SHOWN)
    at = ngettext(
        language, "Since {day} at {n} account ({who}).", "Since {day} at {n} accounts ({who}).", len(accounts),
        day=since, who=who,
    )  # fmt: skip
    rest = gettext(
        language, "Of the others {share} show it.", share=figures.percent(others_share, language)
    )  # fmt: skip
    return gettext(language, "{one} {other}", one=at, other=rest)


def hot(group: str, family: str, rate: float, others: float, language: str) -> str:
    """`Navigation on V6.9: 15.30 against 0.44 of all others.`"""
    return gettext(
        language, "{family} on {group}: {rate} against {others} of all others.", family=Words(language).family(family),
        group=group, rate=figures.number(rate, language, 2), others=figures.number(others, language, 2),
    )  # fmt: skip


def none_hot(language: str) -> str:
    return gettext(language, "No group has three times the rate of the others.")


def excused(holes: Mapping[str, int], keys: Sequence[str], language: str) -> str:
    """What was not expected and is not drawn: `4 h switched off, 2 h not there yet`."""
    words = Words(language)
    parts = [
        gettext(language, "{time} {cause}", time=words.duration(holes[key]), cause=excuse(key, language))
        for key in keys
        if holes.get(key)
    ]
    return figures.phrases(parts, language)


def excuse(key: str, language: str) -> str:
    """Why nothing was expected, behind words that say that it was not."""
    return pgettext(language, "excuse", _EXCUSES[key])


def rest(holes: Mapping[str, int], language: str) -> str:
    """Where a robot's missing hours are: `3 h still on the robot, 1 h dark`; "" where none is missing."""
    words = Words(language)
    most = sorted(((s, key) for key, s in holes.items() if s and key not in EXCUSED))
    parts = [
        gettext(language, "{time} {cause}", time=words.duration(s), cause=words(key)) for s, key in reversed(most[-2:])
    ]
    return figures.phrases(parts, language)


def usual(value: float | None, days: int, language: str) -> str:
    """Of a counter: what a usual day of the same kind had."""
    if value is None:
        return gettext(language, "no such day to compare with")
    return ngettext(
        language, "{value} on {days} day like this", "{value} on {days} days like this, on average", days,
        value=figures.short(value, language), days=days,
    )  # fmt: skip


def clock(state: str, at: str, language: str) -> str:
    """What is known of a robot's clock: `confidence` of its newest record."""
    if state == "exact":
        return gettext(language, "right at its newest record, {at}", at=at)
    if state == "":
        return gettext(language, "not known yet")
    return gettext(language, "was not trusted at its newest record: its times are placed by estimate")


def shown_rows(first: int, last: int, total: int | None, language: str) -> str:
    """`1–50 of 312`; `1–50` where nobody counted all."""
    row = f"{_n(first, language)}–{_n(last, language)}"
    return row if total is None else pgettext(language, "rows", "{row} of {total}", row=row, total=_n(total, language))


def _n(value: int, language: str) -> str:
    return figures.number(value, language)
