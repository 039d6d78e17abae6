"""A policy file with other numbers: what a person may change by a form, and the file's text with it changed. Pure.

Only the numbers change. Units, reasons, sources and remarks stay as they are written, because the text is kept and one
number in it replaced; an entry that is not written on a line of its own is refused by its name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.health.errors import PolicyInvalid
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.policy.file import PROFILES, Policy
from collector.values.sentence import Sentence

_SECTION = re.compile(r"^\[(\w+)\]\s*(#.*)?$")
_NUMBER = r"[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
_HUNDRED = 100.0
_NEAR = 0.005  # what a person types has two decimals
_LONGEST = 12  # characters of a number
BORDERS = ("bands.yellow_from", "bands.green_from", "coverage.grey_below", "coverage.green_from")


@dataclass(frozen=True, slots=True)
class PolicyNumber:
    """`key`: `measures.B1.weight`, `profiles.growth.B`, `bands.green_from`, `drop.cap`. `of`: which form it is in."""

    key: str
    of: str  # measures, profiles, borders, caps
    value: float


@dataclass(frozen=True, slots=True)
class DraftProblem:
    """What has to be written otherwise. `of`: the key that is no number, or the profile whose weights sum to `total`
    and not to 100; "" where the whole file is refused.
    """

    why: Literal["no_number", "no_hundred", "invalid"]
    of: str = ""
    total: float = _HUNDRED


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy with what a person typed in place of its numbers.

    `numbers`: the policy's own, in the order of the file. `typed`: by key; what is no number is in `wrong`. `changes`:
    by key, what differs. `text`: the file with them; "" with a problem.
    """

    hash: str
    numbers: Sequence[PolicyNumber]
    typed: Mapping[str, float]
    wrong: frozenset[str]
    changes: Mapping[str, float]
    problem: DraftProblem | None
    text: str


def draft(policy: Policy, typed: Mapping[str, str]) -> PolicyDraft:
    """`typed`: by key, as it was typed: digits with a point or a comma. Keys that no form shows are passed over."""
    shown = list(numbers(policy))
    found = {one.key: _number(text) for one in shown if (text := typed.get(one.key, "").strip())}
    wrong = [key for key, value in found.items() if value is None]
    known = {key: value for key, value in found.items() if value is not None}
    changes = {one.key: known[one.key] for one in shown if known.get(one.key, one.value) != one.value}
    problem = DraftProblem("no_number", wrong[0]) if wrong else _no_hundred(policy, changes)
    text = ""
    if problem is None:
        try:
            text = edited(policy.text, changes)
            Policy.load(text)
        except PolicyInvalid:
            problem, text = DraftProblem("invalid"), ""
    return PolicyDraft(policy.hash, shown, known, frozenset(wrong), changes, problem, text)


def _number(text: str) -> float | None:
    text = text.replace(",", ".")
    whole, _, rest = text.partition(".")
    is_number = whole.isdecimal() and (not rest or rest.isdecimal()) and len(text) <= _LONGEST
    return float(text) if is_number else None


def _no_hundred(policy: Policy, changes: Mapping[str, float]) -> DraftProblem | None:
    for profile in PROFILES:
        weights = policy.profiles.weights[profile]
        total = sum(changes.get(f"profiles.{profile}.{group}", weight) for group, weight in weights.items())
        if abs(total - _HUNDRED) > _NEAR:
            return DraftProblem("no_hundred", profile, total)
    return None


def numbers(policy: Policy) -> Iterator[PolicyNumber]:
    """What a form shows, in the order of the file."""
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
        raise PolicyInvalid(
            Sentence("policy: {name} is not on a line of its own: change it in the file", name=min(wanted))
        )
    return "".join(lines)


def _replaced(line: str, key: str, value: float) -> str:
    *_, inner = key.split(".") if key.count(".") > 1 else (key, "value")
    pattern = rf"(\b{re.escape(inner)}\s*=\s*){_NUMBER}"
    made, count = re.subn(pattern, lambda found: f"{found[1]}{value!r}", line, count=1)
    if not count:
        raise PolicyInvalid(
            Sentence("policy: {name} is not written as a number on its line: change it in the file", name=key)
        )
    return made
