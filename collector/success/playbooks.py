"""The rules of calls to action, their playbooks and their limits: playbooks.toml, checked. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from collector.language import names
from collector.success.errors import BadPlaybooks
from collector.success.sections import (
    BriefRules,
    Limits,
    PlaybookSections,
    PriorityRules,
    ProposalRules,
    SuggestionRules,
)
from collector.values import complaints

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


@dataclass(frozen=True, slots=True)
class Playbooks(Mapping[str, Rule]):
    """The rules by key, and the numbers that hold for all of them."""

    rules: Mapping[str, Rule]
    sections: PlaybookSections

    def __getitem__(self, key: str) -> Rule:
        return self.rules[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    @property
    def limits(self) -> Limits:
        return self.sections.limits

    @property
    def priority(self) -> PriorityRules:
        return self.sections.priority

    @property
    def proposals(self) -> ProposalRules:
        return self.sections.proposals

    @property
    def brief(self) -> BriefRules:
        return self.sections.brief

    @property
    def suggestions(self) -> SuggestionRules:
        return self.sections.suggestions


def parse(text: str, missing: PlaybookSections | None) -> Playbooks:
    """The file as it is; `missing` has the sections that it may leave out.

    Raises BadPlaybooks, naming the rule or the section, and what to write.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadPlaybooks(f"playbooks: not TOML: {error}") from error
    own = {name: tables.pop(name) for name in PlaybookSections.model_fields if name in tables}
    instead = {} if missing is None else {name: getattr(missing, name) for name in PlaybookSections.model_fields}
    rules = {key: _rule(key, table) for key, table in tables.items()}
    try:
        return Playbooks(rules, PlaybookSections.model_validate(instead | own))
    except ValidationError as error:
        raise BadPlaybooks(f"playbooks: {_of_section(error)}") from error


def _of_section(error: ValidationError) -> str:
    """The first problem: the section, the entry, what is wrong."""
    first = error.errors(include_url=False)[0]
    section, *entry = (str(part) for part in first["loc"])
    return ": ".join([f"[{section}]", *([".".join(entry)] if entry else []), complaints.sentence_of(first)])


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


def load(text: str, built_in: Playbooks) -> Playbooks:
    """An installation's rules. A section that its file leaves out is the built-in one.

    Raises BadPlaybooks, also where a rule is missing that the built-in file has.
    """
    found = parse(text, built_in.sections)
    missing = [key for key in built_in if key not in found]
    if missing:
        raise BadPlaybooks(f"playbooks: [{missing[0]}] is missing: copy it from the built-in playbooks.toml")
    return found


def rule_of(key: str, playbooks: Playbooks) -> Rule:
    """The rule of that key; one that has gone from the file is shown by its key."""
    return playbooks.get(key) or Rule(key, key, key, None, playbooks[MANUAL].due_in_days, "data_driven", ())
