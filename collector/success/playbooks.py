"""The rules of calls to action and their playbooks: playbooks.toml, read once. Pure after that."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from collector.language import names
from collector.success.errors import BadPlaybooks

Occasion = Literal["planned", "data_driven", "reactive"]
_OCCASIONS = ("planned", "data_driven", "reactive")
MANUAL = "MANUAL"


@dataclass(frozen=True, slots=True)
class Text:
    """A name or a step as a file of playbooks carries it: in English and in Chinese."""

    en: str
    zh: str

    def say(self, language: str) -> str:
        return names.of(self, language)


@dataclass(frozen=True, slots=True)
class PlaybookStep:
    """One thing to do, `in_days` working days after the call to action was opened."""

    in_days: int
    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of calls to action. `severity` is None where the health model's cap says it."""

    key: str
    en: str
    zh: str
    severity: float | None
    due_in_days: int
    occasion: Occasion
    steps: tuple[PlaybookStep, ...]

    @property
    def title(self) -> Text:
        return Text(self.en, self.zh)


Playbooks = Mapping[str, Rule]


def parse(text: str) -> Playbooks:
    """Rules by key. Raises BadPlaybooks, naming the rule and what to write."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPlaybooks(f"playbooks: not TOML: {error}") from error
    return {key: _rule(key, table) for key, table in tables.items()}


def _rule(key: str, table: Any) -> Rule:
    if not isinstance(table, dict):
        raise BadPlaybooks(f"playbooks: {key} stands in no rule: put it below one, such as [{MANUAL}]")
    unknown = set(table) - {"en", "zh", "severity", "due_in_days", "occasion", "steps"}
    if unknown:
        raise BadPlaybooks(f"playbooks: {key}: {sorted(unknown)} is unknown: see the head of playbooks.toml")
    severity = table.get("severity")
    if severity is not None and not (isinstance(severity, int | float) and 0 <= severity <= 1):
        raise BadPlaybooks(f"playbooks: {key}: severity {severity}: write a number from 0 to 1")
    if table.get("occasion") not in _OCCASIONS:
        raise BadPlaybooks(f"playbooks: {key}: occasion: write one of {', '.join(_OCCASIONS)}")
    try:
        steps = tuple(PlaybookStep(step["in_days"], step["en"], step["zh"]) for step in table["steps"])
        rule = Rule(key, table["en"], table["zh"], severity, table["due_in_days"], table["occasion"], steps)
    except KeyError as error:
        raise BadPlaybooks(f"playbooks: {key}: {error} is missing: each rule and step says it in en and zh") from error
    except TypeError as error:
        raise BadPlaybooks(f"playbooks: {key}: steps: write a list of {{ in_days = …, en = …, zh = … }}") from error
    days = [rule.due_in_days, *(step.in_days for step in steps)]
    if not all(isinstance(one, int) for one in days):
        raise BadPlaybooks(f"playbooks: {key}: due_in_days and in_days are whole numbers of working days")
    offsets = [step.in_days for step in rule.steps]
    if rule.due_in_days < 0 or any(offset < 0 for offset in offsets) or offsets != sorted(offsets):
        raise BadPlaybooks(f"playbooks: {key}: put the steps in order of in_days, from 0 on")
    return rule


def load(text: str) -> Playbooks:
    """An installation's rules. Raises BadPlaybooks, also where a rule is missing that the built-in file has."""
    found = parse(text)
    missing = [key for key in PLAYBOOKS if key not in found]
    if missing:
        raise BadPlaybooks(f"playbooks: [{missing[0]}] is missing: copy it from the built-in playbooks.toml")
    return found


PLAYBOOKS = parse((Path(__file__).parent / "playbooks.toml").read_text(encoding="utf-8"))


def rule_of(key: str, playbooks: Playbooks) -> Rule:
    """The rule of that key; one that has gone from the file is shown by its key."""
    return playbooks.get(key) or Rule(key, key, key, None, playbooks[MANUAL].due_in_days, "data_driven", ())
