"""One robot in sentences: whether it lives, what a fault asks for, why a skill is not active, its days and hours."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from collector.language import figures
from collector.language.catalogue import deferred, deferred_in, gettext, ngettext, pgettext
from collector.language.pages import Words

_STATES: Mapping[str, str] = MappingProxyType(
    {
        "online": deferred("It is connected"),
        "offline": deferred("It is dark: it broke off without a word"),
        "stopped": deferred("It is switched off: it said so"),
        "closed": deferred("Its place is closed: nothing is expected of it"),
        "never": deferred("It has never connected"),
    }
)
_SEVERITIES: Mapping[str, str] = MappingProxyType(
    {
        "warning": deferred_in("severity", "warning"),
        "urgent": deferred_in("severity", "urgent"),
        "critical": deferred_in("severity", "critical"),
        "fatal": deferred_in("severity", "fatal"),
    }
)
_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "scrape_failed": deferred("start the exporter, or correct its address on the robot"),
        "vehicle_broker_unreachable": deferred("start the vehicle’s broker, or correct its address on the robot"),
        "vehicle_silent": deferred("look whether the vehicle is on and connected to its broker"),
        "diagnostics_silent": deferred("start what publishes the diagnostics, or correct its address on the robot"),
        "source_memory_failed": deferred("make room on the robot’s disk"),
        "process_missing": deferred("start that program on the robot, or take it out of the list"),
        "reading_refused": deferred("correct what counts under this name"),
        "openings_unknown": deferred(
            "look after the fault itself, or have its program say whether it holds; this closes with it"
        ),
        "source_failed": deferred("do what the detail says; the agent starts the source again by itself"),
    }
)
_OWN = "agent"


def sentence(state: str, data_age_s: int | None, backlog: int, faults: int, language: str) -> str:
    """Whether it lives, in one sentence."""
    parts = [gettext(language, _STATES[state])]
    if data_age_s is None:
        parts.append(gettext(language, "none of its data has arrived"))
    else:
        parts.append(gettext(language, "its newest data came {ago}", ago=figures.ago(data_age_s, language)))
    if backlog:
        n = figures.number(backlog, language)
        parts.append(ngettext(language, "{n} record waits on it", "{n} records wait on it", backlog, n=n))
    if faults:
        n = figures.number(faults, language)
        parts.append(ngettext(language, "{n} fault is open", "{n} faults are open", faults, n=n))
    return gettext(language, "{what}.", what=figures.clauses(parts, language))


def severity(word: str, language: str) -> str:
    return pgettext(language, "severity", _SEVERITIES[word]) if word in _SEVERITIES else word


def remedy(family: str, code: str, language: str) -> str:
    """What can be done about a fault."""
    if family == _OWN:
        return gettext(language, _REMEDIES.get(code, deferred("do what its detail says")))
    return gettext(language, "look after it on the robot; it closes when its source no longer reports it")


def facts_in_words(steps: Sequence[str], language: str) -> str:
    """What the four bars of a skill say."""
    names = (
        pgettext(language, "of a skill", "desired"), pgettext(language, "of a skill", "downloaded"),
        pgettext(language, "of a skill", "installed"), pgettext(language, "of a skill", "active"),
    )  # fmt: skip
    said = {
        "yes": pgettext(language, "of a skill", "yes"), "go": pgettext(language, "of a skill", "under way"),
        "no": pgettext(language, "of a skill", "no"), "bad": pgettext(language, "of a skill", "refused"),
    }  # fmt: skip
    parts = [
        pgettext(language, "of a skill", "{fact} {state}", fact=name, state=said[step])
        for name, step in zip(names, steps, strict=True)
    ]
    return figures.phrases(parts, language)


def day_of_hours(day: str, arrived_s: int, holes: Mapping[str, int], language: str) -> str:
    """A day's strip in words: `28 Nov: 12 h arrived, 42 min power cut or crash`."""
    words = Words(language)
    parts = [gettext(language, "{time} arrived", time=words.duration(arrived_s))]
    parts += [
        gettext(language, "{time} {cause}", time=words.duration(seconds), cause=words(cause))
        for cause, seconds in sorted(holes.items(), key=lambda one: -one[1])
        if seconds
    ]
    return gettext(language, "{day}: {what}", day=day, what=figures.phrases(parts, language))


def counter_of_days(values: Sequence[float | str], language: str) -> str:
    """What a look at a counter's columns says."""
    known = [value for value in values if not isinstance(value, str)]
    if not known:
        if "unsupported" in values:
            return gettext(language, "cannot be counted")
        return gettext(language, "nothing has arrived")
    low, high = figures.short(min(known), language), figures.short(max(known), language)
    parts = [gettext(language, "{low} to {high} a day", low=low, high=high)]
    if zeros := known.count(0):
        n = figures.number(zeros, language)
        parts.append(ngettext(language, "{n} day with a true zero", "{n} days with a true zero", zeros, n=n))
    if gaps := len(values) - len(known):
        n = figures.number(gaps, language)
        parts.append(ngettext(language, "{n} day not known", "{n} days not known", gaps, n=n))
    return figures.phrases(parts, language)


def mean_a_day(values: Sequence[float | str], language: str) -> str:
    known = [value for value in values if not isinstance(value, str)]
    if not known:
        return counter_of_days(values, language)
    mean = figures.short(sum(known) / len(known), language)
    return gettext(language, "mean {mean} a day", mean=mean)
