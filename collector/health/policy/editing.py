"""A policy file with other numbers: what a person may change by a form, and the file's text with it changed. Pure.

Only the numbers change. Units, reasons, sources and remarks stay as they are written, because the text is kept and one
number in it replaced; an entry that is not written on a line of its own is refused by its name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collector.health.errors import PolicyInvalid
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.policy.file import PROFILES, Policy

_SECTION = re.compile(r"^\[(\w+)\]\s*(#.*)?$")
_NUMBER = r"[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
BORDERS = ("bands.yellow_from", "bands.green_from", "coverage.grey_below", "coverage.green_from")


@dataclass(frozen=True, slots=True)
class PolicyNumber:
    """`key`: `measures.B1.weight`, `profiles.growth.B`, `bands.green_from`, `drop.cap`. `of`: which form it is in."""

    key: str
    of: str  # measures, profiles, borders, caps
    value: float


def numbers(policy: Policy) -> list[PolicyNumber]:
    """What a form shows, in the order of the file."""
    return list(_numbers(policy))


def _numbers(policy: Policy) -> Iterator[PolicyNumber]:
    for measure in MEASURES:
        yield PolicyNumber(f"measures.{measure}.weight", "measures", policy.measures[measure].weight)
    for profile in PROFILES:
        for group in GROUPS:
            yield PolicyNumber(f"profiles.{profile}.{group}", "profiles", policy.profiles.weights[profile][group])
    for key in BORDERS:
        yield PolicyNumber(key, "borders", float(policy.entries[key].value))
    for key, entry in policy.entries.items():
        if key.endswith("cap") and isinstance(entry.value, int | float):
            yield PolicyNumber(key, "caps", float(entry.value))


def edited(text: str, changes: Mapping[str, float]) -> str:
    """The file's text with these numbers in place of its own. Raises PolicyInvalid for one that cannot be replaced."""
    wanted = dict(changes)
    lines, section = [], ""
    for line in text.splitlines(keepends=True):
        head = _SECTION.match(line.strip())
        section = head[1] if head else section
        name = line.partition("=")[0].strip()
        changed = line
        for key in [key for key in wanted if key.split(".")[:2] == [section, name]]:
            changed = _replaced(changed, key, wanted.pop(key))
        lines.append(changed)
    if wanted:
        raise PolicyInvalid(f"policy: {min(wanted)} is not on a line of its own: change it in the file")
    return "".join(lines)


def _replaced(line: str, key: str, value: float) -> str:
    *_, inner = key.split(".") if key.count(".") > 1 else (key, "value")
    pattern = rf"(\b{re.escape(inner)}\s*=\s*){_NUMBER}"
    made, count = re.subn(pattern, lambda found: f"{found[1]}{value!r}", line, count=1)
    if not count:
        raise PolicyInvalid(f"policy: {key} is not written as a number on its line: change it in the file")
    return made
