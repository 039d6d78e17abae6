"""What happened to an agent, in words: the names of events and of what they tell.

An event's detail is the robot's own document. What is known has a label here; what a newer agent adds is shown
with its key, so nothing is hidden. Identities that mean nothing to a reader are left to the JSON.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from collector.language import figures
from collector.language.catalogue import deferred_in, gettext, pgettext
from collector.language.pages import Words

_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "start": deferred_in("event", "Started"),
        "stop": deferred_in("event", "Stopped"),
        "clock": deferred_in("event", "Clock set"),
        "configuration": deferred_in("event", "Settings changed"),
        "counters": deferred_in("event", "Counters declared"),
        "lost": deferred_in("event", "Records lost"),
        "epoch": deferred_in("event", "New data file"),
    }
)
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "agent": deferred_in("event detail", "agent"),
        "clean": deferred_in("event detail", "before that"),
        "timezone": deferred_in("event detail", "time zone"),
        "model": deferred_in("event detail", "model"),
        "rom": deferred_in("event detail", "ROM"),
        "step_s": deferred_in("event detail", "moved by"),
        "sample_s": deferred_in("event detail", "samples every"),
        "window_s": deferred_in("event detail", "window"),
        "upload_s": deferred_in("event detail", "uploads every"),
        "sources": deferred_in("event detail", "sources"),
        "outbox_max_mb": deferred_in("event detail", "keeps at most, MB"),
        "supported": deferred_in("event detail", "can count"),
        "unsupported": deferred_in("event detail", "cannot count"),
        "epoch": deferred_in("event detail", "data file"),
        "closes": deferred_in("event detail", "replaces"),
        "cause": deferred_in("event detail", "cause"),
        "salvaged": deferred_in("event detail", "records saved"),
        "records": deferred_in("event detail", "records"),
        "first": deferred_in("event detail", "from number"),
        "last": deferred_in("event detail", "to number"),
    }
)
_CLEAN: Mapping[bool, str] = MappingProxyType(
    {
        True: deferred_in("event", "stopped cleanly"),
        False: deferred_in("event", "no clean stop"),
    }
)
_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "corrupt": deferred_in("cause of a loss", "damaged file"),
        "full": deferred_in("cause of a loss", "storage full"),
        "refused": deferred_in("cause of a loss", "refused by the collector"),
        "rewound": deferred_in("cause of a loss", "older file restored"),
        "replaced": deferred_in("cause of a loss", "file replaced"),
        "reset": deferred_in("cause of a loss", "factory reset"),
        "foreign_hardware": deferred_in("cause of a loss", "card from another robot"),
    }
)
_SECONDS = frozenset({"sample_s", "window_s", "upload_s"})
_HIDDEN = frozenset({"os_boot"})
_NAMES_SHOWN = 6


def name(event: str, words: Words) -> str:
    return pgettext(words.language, "event", _EVENTS[event]) if event in _EVENTS else _spaced(event)


def details(detail: Mapping[str, Any], words: Words) -> list[tuple[str, str]]:
    """(label, text) of each thing that the event tells; what is empty is left out."""
    told = ((key, _text(key, value, words)) for key, value in detail.items() if key not in _HIDDEN)
    return [(_label(key, words.language), text) for key, text in told if text]


def _label(key: str, language: str) -> str:
    return pgettext(language, "event detail", _LABELS[key]) if key in _LABELS else _spaced(key)


def _spaced(key: str) -> str:
    return key.replace("_", " ")


def _text(key: str, value: Any, words: Words) -> str:
    language = words.language
    if isinstance(value, bool):
        return _flag(key, value, language)
    if isinstance(value, int | float):
        return _figure(key, value, words)
    if isinstance(value, list):
        names = [words.counter(str(one)) if key in {"supported", "unsupported"} else str(one) for one in value]
        return figures.listed(names, language, _NAMES_SHOWN)
    if isinstance(value, dict):
        return figures.listed([f"{inner}: {one}" for inner, one in value.items()], language)
    is_cause = key == "cause" and value in _CAUSES
    return pgettext(language, "cause of a loss", _CAUSES[value]) if is_cause else str(value or "")


def _flag(key: str, value: bool, language: str) -> str:  # noqa: FBT001 - the value is what is shown
    if key == "clean":
        return pgettext(language, "event", _CLEAN[value])
    return gettext(language, "yes") if value else gettext(language, "no")


def _figure(key: str, value: float, words: Words) -> str:
    if key == "step_s":
        return ("−" if value < 0 else "+") + figures.duration(abs(int(value)), words.language)
    return figures.duration(int(value), words.language) if key in _SECONDS else words.number(value)
