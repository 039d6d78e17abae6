"""Why there is no link, or why nothing is stored, in the language that is asked for.

The link's causes stand in uplink/causes.py. What neither table knows is said in the error's own words.
"""

from collections.abc import Mapping
from typing import Any

from edge_agent.status.catalogue import gettext, unpacked
from edge_agent.status.catalogue import sentence as in_language
from edge_agent.uplink.causes import CAUSES


def said(link: Mapping[str, Any], language: str) -> tuple[str, str]:
    """(what is the matter, what can be done about it). The second may be empty."""
    cause = CAUSES.get(link.get("cause", ""))
    if cause is None:
        return told(link.get("sentence"), link["text"] or link["reason"], language), ""
    slots = link.get("slots", {})
    try:
        return gettext(language, cause.text, **slots), gettext(language, cause.remedy, **slots)
    except KeyError:  # the running agent is of another release than this command
        return link["text"] or link["reason"], ""


def told(packed: Mapping[str, Any] | None, english: str, language: str) -> str:
    """A sentence as the running agent hands it on; where it hands on none, its English words."""
    try:
        return in_language(language, unpacked(packed)) if packed else english
    except (KeyError, ValueError):  # the running agent is of another release than this command
        return english


def sentence(link: Mapping[str, Any], language: str) -> str:
    """Both in one."""
    what, remedy = said(link, language)
    return gettext(language, "{what}: {remedy}", what=what, remedy=remedy) if remedy else what


def not_stored(outbox: Mapping[str, Any], language: str) -> tuple[str, str]:
    """(what is the matter with the disk, what can be done about it)."""
    kind, detail = outbox.get("trouble_kind", ""), outbox["trouble"]
    if kind == "disk_full":
        return gettext(language, "the disk is full ({detail})", detail=detail), gettext(
            language, "delete something on it; what is counted waits in memory until then"
        )
    if kind == "read_only":
        return gettext(language, "the disk can only be read ({detail})", detail=detail), gettext(
            language,
            "mount it read-write; where the kernel made it read-only, the card fails (dmesg): replace it",
        )
    if kind == "outbox_full":
        return gettext(language, "the outbox is full ({detail})", detail=detail), gettext(
            language, "connect the robot, or raise outbox_max_mb"
        )
    return gettext(language, "the disk refuses to store ({detail})", detail=detail), gettext(
        language, "check the disk and that it is mounted read-write"
    )
