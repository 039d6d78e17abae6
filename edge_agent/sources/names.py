"""Names that come from outside: which are counters, which can be made a gauge's name. Pure.

A counter is one of the registry, or a skill's own, which carries a dot (`<skill>.<counter>`).
Anything else would be a typing mistake that counts into nowhere, so it is refused with its reason.
"""

import re

from protocol.counters import COUNTERS
from protocol.limits import COUNTER_KEY

KEY_MAX_CHARS = 64  # as the wire's model has it
_FOREIGN = re.compile(r"[^a-z0-9_]+")


class NameRefused(ValueError):
    """The text is no counter. The message says what would be."""


def counter_key(text: str) -> str:
    """`text`, when it names a counter. Raises NameRefused."""
    if text in COUNTERS:
        return text
    if len(text) > KEY_MAX_CHARS or not COUNTER_KEY.fullmatch(text):
        raise NameRefused(f"{shown(text)} is not a counter's name: lower case, digits and _, at most {KEY_MAX_CHARS}")
    if "." not in text:
        raise NameRefused(f"{shown(text)} is not in the registry: a skill's own counter is named <skill>.<counter>")
    return text


def gauge_name(text: str) -> str:
    """`text` as a gauge's name: folded to lower case, foreign characters to _. Raises NameRefused."""
    parts = (_FOREIGN.sub("_", part).strip("_") for part in text.lower().split("."))
    name = ".".join(part for part in parts if part)
    if len(name) > KEY_MAX_CHARS or not COUNTER_KEY.fullmatch(name):
        raise NameRefused(f"{shown(text)} cannot be made a gauge's name: begin with a letter, at most 4 parts")
    return name


def shown(text: object, most: int = 40) -> str:
    """Foreign text for a message: quoted, printable, short."""
    quoted = ascii(text)
    return quoted if len(quoted) <= most else f"{quoted[: most - 3]}...'"
