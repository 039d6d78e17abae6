"""What an alarm says of one robot, in the language that is asked for. Pure.

Ingest writes it in English: it is kept so, and the robot is told so. Its forms stand here, and are read back: a text of
a form is said by the catalogue, any other as it is.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from collector.language import figures
from collector.language.catalogue import deferred, gettext, in_every_language

FORMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "two_epochs": (
            deferred("{one} and {other} take turns"),
            deferred(
                "{one} and {other} take turns; {kept} keeps the name {name} (if it is the copy, swap it with {twin});"
                " {new} counts as {twin} from now on"
            ),
            deferred("{one} was replaced and still sends"),
        ),
        "clock_ahead": (
            deferred(
                "its clock is {days} days ahead of this collector, which other robots agree with; its times are"
                " estimated"
            ),
        ),
        "epochs": (deferred("{n} outbox files in a day, more than {most}: further ones wait. Is its state_dir kept?"),),
        "zone_unknown": (
            deferred("its days are counted in {zone} until its agent says its zone: at its next start, or updated"),
        ),
        "record_stuck": (
            deferred(
                "record {number} (window of {n} counters, {at}, {size} bytes) does not pass the broker: raise its limit"
            ),
            deferred("record {number} (fault, {at}, {size} bytes) does not pass the broker: raise its limit"),
            deferred("record {number} (skill, {at}, {size} bytes) does not pass the broker: raise its limit"),
            deferred("{record} does not pass the broker: raise its limit"),
        ),
        "went_back": (
            deferred("{epoch} went back from {mark} to {to}; nothing delivered is counted twice"),
            deferred("{epoch} went back from {mark} to {to}; pushed counts in between may be lost"),
        ),
        "openings_lost": (
            deferred("faults of a lost part of its outbox may have opened more often than is counted: {names}"),
        ),
        "readings_refused": (
            deferred("{n} readings refused from {day} {begin} to {end}, more than {most}: {names}"),
            deferred("{n} readings refused from {day} {begin} to {end}, more than {most}"),
        ),
        "licences_untold": (
            deferred(
                "with its licences its document has {size} bytes, more than {most}: it goes by what it was told before"
            ),
            deferred(
                "it moved, and with the licences of its account its document is too large: it is told to run nothing"
            ),
            deferred("it moved, and the licences of its account alone are too large: it runs what it was told before"),
        ),
        "drift_inputs": (deferred("shares of accounts moved: {names}"),),
        "drift_outcomes": (deferred("shares of accounts moved: {names}"),),
        "ahead": (
            deferred("1 robot holds acknowledgements this store does not know, from {begin} to {end}"),
            deferred("{n} robots hold acknowledgements this store does not know, from {begin} to {end}"),
        ),
    }
)
_LONGEST_FIRST = {kind: sorted(forms, key=len, reverse=True) for kind, forms in FORMS.items()}
_SWAP_BEFORE = re.compile(r"\(if it is the copy: collector robot swap (\S+)\)")  # what releases before 1.0 wrote
_BEFORE = deferred("before this store knew them")
_ABSURD = re.compile(r"(?P<counter>\S+) (?P<n>\d+) \(at most (?P<most>\d+)\)")
_MORE = re.compile(r"(?P<first>.*) and (?P<n>\d+) more")


def detail(kind: str, text: str, language: str) -> str:
    """The text of an alarm of that kind."""
    if kind == "absurd_counts":
        return _absurd(text, language)
    text = _SWAP_BEFORE.sub(r"(if it is the copy, swap it with \1)", text)
    for form in _LONGEST_FIRST.get(kind, ()):
        if found := _pattern(form).fullmatch(text):
            slots = found.groupdict()
            if slots.get("begin") == _BEFORE:
                slots["begin"] = gettext(language, _BEFORE)
            if "names" in slots:
                slots["names"] = _and_more(slots["names"], language)
            return gettext(language, form, **slots)
    return text


def in_all(kind: str, text: str) -> dict[str, str]:
    """The same by language."""
    return in_every_language(lambda language: detail(kind, text, language))


def _absurd(text: str, language: str) -> str:
    more = _MORE.fullmatch(text)
    parts = [_ABSURD.fullmatch(part) for part in (more["first"] if more else text).split(", ")]
    said = [
        gettext(language, "{counter} {n} (at most {most})", **part.groupdict()) for part in parts if part is not None
    ]
    if len(said) < len(parts):
        return text
    listed = figures.phrases(said, language)
    return _with_more(listed, int(more["n"]), language) if more else listed


def _and_more(names: str, language: str) -> str:
    found = _MORE.fullmatch(names)
    return _with_more(found["first"], int(found["n"]), language) if found else names


def _with_more(listed: str, n: int, language: str) -> str:
    return gettext(language, "{listed} and {n} more", listed=listed, n=n)


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """What a text of this form looks like; a slot that comes twice is the same both times."""
    seen: set[str] = set()
    parts = []
    for place, part in enumerate(re.split(r"\{(\w+)\}", form)):
        if place % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in seen else f"(?P<{part}>.+)")
            seen.add(part)
    return re.compile("".join(parts))
