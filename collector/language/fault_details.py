"""What the agent itself says of a fault as its detail, in the language that is asked for. Pure.

The agent writes English, and it is stored so: its sentences stand here and are read back. Any other detail is free text
of a source and is shown as it is. A closing's detail stands behind the opening's, after a semicolon.
"""

from collections.abc import Mapping
from types import MappingProxyType

from collector.language.catalogue import deferred, gettext
from protocol.refused import REFUSED_READINGS

CLOSINGS: Mapping[str, str] = MappingProxyType(
    {
        "off": deferred("switched off by the desired settings"),
        "left": deferred("its source is no longer in this robot's configuration"),
        "quiet": deferred("nothing was refused under this name for an hour"),
    }
)
OPENINGS: Mapping[str, str] = MappingProxyType(
    {
        "openings_unknown": deferred(
            "it flapped when the agent ended: it may have opened more often than it says, and healed or opened since"
        ),
        "process_missing": deferred("no process of this name runs"),
        "vehicle_connection_broken": deferred("the vehicle's last will"),
    }
)
_BEHIND = "; "  # as ingest puts them together


def said(code: str, detail: str, language: str) -> str:
    """The detail of a fault of that code."""
    for closing in CLOSINGS.values():
        if detail == closing:
            return gettext(language, closing)
        if detail.endswith(_BEHIND + closing):
            opening = detail.removesuffix(_BEHIND + closing)
            why = gettext(language, closing)
            return gettext(language, "{opening}; {closing}", opening=_opening(code, opening, language), closing=why)
    return _opening(code, detail, language)


def _opening(code: str, detail: str, language: str) -> str:
    if code == "reading_refused":
        return _refused(detail, language)
    return gettext(language, detail) if detail and OPENINGS.get(code) == detail else detail


def _refused(detail: str, language: str) -> str:
    """`word: sentence`, perhaps behind the name that is meant; the agent cuts what is too long."""
    for word, sentence in REFUSED_READINGS.items():
        before, found, after = detail.partition(f"{word}: ")
        if found and after and sentence.startswith(after) and (not before or before.endswith(": ")):
            return f"{before}{gettext(language, sentence)}"
    return detail
