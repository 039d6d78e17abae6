"""What the running agent says in English, in the language that is asked for: refused readings and refused settings.

What is not known here, as the text of another release, is shown as it is.
"""

import re
from collections.abc import Mapping
from typing import Any

from edge_agent.deferred import deferred
from edge_agent.desired import plan
from edge_agent.status.catalogue import SOURCE, gettext, ngettext, pgettext
from protocol.refused import REFUSED_READINGS
from protocol.stream import ACK_TIMEOUT_S

LOST_SUSPECT = 2  # tries in a row that do not pass: one may be chance
ALARMS = {
    "two_epochs": deferred("another machine sends under this robot's name"),
    "went_back": deferred("this robot's outbox was put back from a copy"),
    "openings_lost": deferred("how often this robot's faults opened is not known in full"),
    "zone_unknown": deferred("it does not know this robot's time zone"),
    "record_stuck": deferred("the broker does not let one of this robot's records pass"),
    "epochs": deferred("this robot makes new outbox files without end: is its state_dir kept?"),
    "readings_refused": deferred("this robot's sources refuse many readings"),
    "clock_ahead": deferred("this robot's clock is days ahead of all others"),
    "absurd_counts": deferred("this robot reports more than a robot can count"),
    "licences_untold": deferred("this robot's settings leave no room for its licences"),
    "unknown_robot": deferred("nobody has registered this robot there"),
}
REFUSALS = {
    "unknown_robot": ALARMS["unknown_robot"],
    "epochs": ALARMS["epochs"],
    "robot": deferred("messages name another robot than their topic: is the robot's name right?"),
    "version": deferred("the collector is older than this agent: update it"),
    "dictionary": deferred("the collector is older than this agent: update it"),
    "format": deferred("the collector cannot read these messages"),
    "envelope": deferred("the collector cannot read these messages"),
    "topic": deferred("the collector knows no such topic"),
}
OF_SETTINGS = (
    plan.ONLY_OWN_FILE, plan.NOT_NAMED, plan.UNKNOWN, plan.NOT_A_SWITCH, plan.NO_TABLE, plan.NO_NUMBER, plan.NOT_WHOLE
)  # fmt: skip


def refusal(text: str, language: str) -> str:
    """Why a reading was refused: the word that programs read, and its sentence."""
    for word, sentence in REFUSED_READINGS.items():
        text = text.replace(f"{word}: {sentence}", f"{word}: {gettext(language, sentence)}")
    return text


def of_setting(reason: str, language: str) -> str:
    """Why a wished setting is not followed."""
    return gettext(language, reason) if reason in OF_SETTINGS else reason


def alarm(text: str, language: str) -> str:
    """What the collector's people should look at: its own words, in another language those of its kind."""
    return _by_word(ALARMS, text, language)


def collectors_refusal(text: str, language: str) -> str:
    """Why the collector does not read this robot, likewise."""
    return _by_word(REFUSALS, text, language)


def _by_word(sentences: Mapping[str, str], text: str, language: str) -> str:
    known = sentences.get(text.partition(":")[0])
    return text if known is None or language == SOURCE else gettext(language, known)


_RECORD = re.compile(r"record (\d+) \((\w+)(?: of (\d+) counters)?, (.+), (\d+) bytes\)")


def record(text: str, language: str) -> str:
    """Which record the broker does not let pass, as the uplink names it in English."""
    if language == SOURCE or (found := _RECORD.fullmatch(text)) is None:
        return text
    number, kind, counters, at, size = found.groups()
    kinds = {
        "window": gettext(language, "window"),
        "fault": gettext(language, "fault"),
        "skill": gettext(language, "state of a skill"),
    }
    what = kinds.get(kind, kind)
    if counters:
        what = ngettext(language, "window of {n} counter", "window of {n} counters", int(counters))
    return gettext(language, "record {number} ({what}, {at}, {size} bytes)", number=number, what=what, at=at, size=size)


def too_large(link: Mapping[str, Any], language: str) -> list[str]:
    """Which documents of this robot the broker does not let pass, each with its size."""
    sentences = {
        "report": deferred("the broker does not let the report of settings and skills pass ({size} bytes)"),
        "description": deferred("the broker does not let this robot's description pass ({size} bytes)"),
    }
    found = link.get("too_large") or {}
    return [gettext(language, sentences[kind], size=size) for kind, size in found.items() if kind in sentences]


def overdue_s(link: Mapping[str, Any]) -> float:
    """How long the collector has owed an answer, where that is too long for one that runs; else 0."""
    owed_s = float(link.get("owed_s") or 0.0)
    return owed_s if link.get("connected") and owed_s >= ACK_TIMEOUT_S else 0.0


def lost_tries(link: Mapping[str, Any], language: str) -> str:
    """That what is sent does not arrive, again and again; "" where it does, or where it was once: by chance.

    A collector that answers nothing shows no loss.
    """
    if overdue_s(link) or link.get("stuck") or (n := link.get("lost_tries", 0)) < LOST_SUSPECT:
        return ""
    return ngettext(
        language,
        "what was sent has not arrived, {n} time in a row: smaller messages are tried",
        "what was sent has not arrived, {n} times in a row: smaller messages are tried",
        n,
    )


def severity(word: str, language: str) -> str:
    known = {
        "warning": pgettext(language, "severity", "warning"),
        "urgent": pgettext(language, "severity", "urgent"),
        "critical": pgettext(language, "severity", "critical"),
        "fatal": pgettext(language, "severity", "fatal"),
    }
    return known.get(word, word)
