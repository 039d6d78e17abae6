"""A workflow as people write it becomes the settings of the orchestrator and of the skills: what robots read, as JSON.

    home, intents, schedule, limits  ─▶  settings of `workflow`
    skills                           ─▶  settings of each skill, by key

Everything is checked against the skills that ship: their intents, their settings, one skill for each intent and
priority. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from opk_skills.manifest import Manifest
from opk_skills.problems import deferred
from opk_skills.settings.values import misfits
from opk_skills.workflow.schedule import second_of
from opk_skills.workflows.yaml_text import Path, Written

ORCHESTRATOR = "workflow"
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Workflow of a service robot",
    "type": "object",
    "additionalProperties": False,
    "required": ["format", "scene", "name", "home", "intents"],
    "properties": {
        "format": {"type": "integer", "minimum": 1, "maximum": 1},
        "scene": {"type": "string", "pattern": "^[a-z][a-z_]{1,39}$", "maxLength": 40},
        "name": {
            "type": "object", "additionalProperties": False, "required": ["en", "zh"],
            "properties": {language: {"type": "string", "minLength": 1, "maxLength": 80} for language in ("en", "zh")},
        },
        "home": {"type": "string", "minLength": 3, "maxLength": 64,
                 "description": "What the robot does when nobody wants anything: an intent."},
        "intents": {
            "type": "array", "minItems": 1, "maxItems": 100,
            "description": "1 interrupts 2 and 3, 2 interrupts 3; what is equal waits, what is lower is refused.",
            "items": {
                "type": "object", "additionalProperties": False, "required": ["intent", "priority"],
                "properties": {
                    "intent": {"type": "string", "minLength": 3, "maxLength": 64},
                    "priority": {"type": "integer", "minimum": 1, "maximum": 3},
                    "skill": {"type": "string", "minLength": 1, "maxLength": 64,
                              "description": "Who does it; without it the skill named before the &."},
                    "at_once": {"type": "boolean", "description": "For the skill that is busy, without a turn."},
                    "yields": {"type": "boolean", "description": "What is equal interrupts it, too."},
                    "asks": {"type": "boolean", "description": "A guest is asked afterwards whether it helped."},
                },
            },
        },
        "schedule": {
            "type": "array", "maxItems": 100,
            "items": {
                "type": "object", "additionalProperties": False, "required": ["at", "intent"],
                "properties": {
                    "at": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "maxLength": 5},
                    "until": {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "maxLength": 5},
                    "every_min": {"type": "integer", "minimum": 1, "maximum": 1440},
                    "intent": {"type": "string", "minLength": 3, "maxLength": 64},
                },
            },
        },
        "limits": {
            "type": "object", "additionalProperties": False,
            "properties": {
                "charge_below": {"type": "number", "minimum": 0.05, "maximum": 0.9},
                "charged": {"type": "number", "minimum": 0.1, "maximum": 1},
                "queue": {"type": "integer", "minimum": 0, "maximum": 20},
                "wait_s": {"type": "integer", "minimum": 10, "maximum": 3600},
                "resume_s": {"type": "integer", "minimum": 0, "maximum": 3600},
                "mission_s": {"type": "integer", "minimum": 60, "maximum": 36000},
                "ask_guests": {"type": "boolean", "description": "Whether guests are asked whether it helped."},
            },
        },
        "skills": {"type": "object", "description": "Settings by skill; what is not set has its default."},
    },
}  # fmt: skip
"""What editors complete and check by; `opk workflow schema` prints it."""

Settings = dict[str, dict[str, Any]]


def compiled(written: Written, skills: Sequence[Manifest]) -> Settings:
    """Settings by skill. What is wrong is added to the problems of `written`; with any, the settings are not whole."""
    known = {skill.key: skill for skill in skills}
    table = _checked(written)
    if table is None:
        return {}
    offers = _offers(table, written, known)
    _schedule(table, written, {offer["intent"] for offer in offers})
    home = str(table["home"])
    _intent(written, ("home",), home, home.partition("&")[0], known)
    if any(offer["intent"] == home and offer.get("at_once") for offer in offers):
        written.problem(
            ("home",), deferred("{intent} is done at once: name what the robot stays with"), {"intent": home}
        )
    own = {
        "home": {"intent": home, "skill": home.partition("&")[0]},
        "offers": offers, "schedule": table.get("schedule", []), **table.get("limits", {}),
    }  # fmt: skip
    return {ORCHESTRATOR: own, **_skills(table, written, known)}


def _checked(written: Written) -> dict[str, Any] | None:
    """The table, when it has the form of a workflow as far as its own words go."""
    before = len(written.problems)
    value = written.value
    outer = {**SCHEMA, "properties": {n: s for n, s in SCHEMA["properties"].items() if n != "skills"}}
    rest = {n: v for n, v in value.items() if n != "skills"} if isinstance(value, dict) else value
    _fit(written, outer, rest, ())
    if isinstance(value, dict) and not isinstance(value.get("skills", {}), dict):
        written.problem(("skills",), deferred("a table of skills and their settings is expected"))
    return value if len(written.problems) == before and isinstance(value, dict) else None


def _fit(written: Written, schema: Mapping[str, Any], value: object, at: Path) -> None:
    for misfit in misfits(schema, value):
        words = misfit.at.replace(".", " ").split()
        parts: list[str | int] = [int(word) if word.isdecimal() and word.isascii() else word for word in words]
        written.problem((*at, *parts), misfit.message, misfit.slots)


def _offers(table: Mapping[str, Any], written: Written, known: Mapping[str, Manifest]) -> list[dict[str, Any]]:
    offers: list[dict[str, Any]] = []
    claimed: dict[tuple[str, int], str] = {}
    for number, entry in enumerate(table["intents"], 1):
        path: Path = ("intents", number)
        skill = entry.get("skill") or entry["intent"].partition("&")[0]
        _intent(written, path, entry["intent"], skill, known)
        first = claimed.setdefault((entry["intent"], entry["priority"]), skill)
        if first != skill:
            message = deferred("{one} and {other} take {intent} with one priority: change one of them")
            written.problem(path, message, {"one": first, "other": skill, "intent": entry["intent"]})
        flags = {flag: True for flag in ("at_once", "yields", "asks") if entry.get(flag)}
        offers.append({"intent": entry["intent"], "skill": skill, "priority": entry["priority"], **flags})
    return offers


def _intent(written: Written, path: Path, intent: str, skill: str, known: Mapping[str, Manifest]) -> None:
    if skill not in known or skill == ORCHESTRATOR:
        slots = {"skill": skill, "known": ", ".join(key for key in known if key != ORCHESTRATOR)}
        written.problem(path, deferred("there is no skill {skill}: one of {known}"), slots)
    elif intent not in known[skill].intents:
        slots = {"skill": skill, "intent": intent, "known": ", ".join(known[skill].intents)}
        written.problem(path, deferred("{skill} does not take {intent}: one of {known}"), slots)


def _schedule(table: Mapping[str, Any], written: Written, taken: set[str]) -> None:
    for number, entry in enumerate(table.get("schedule", []), 1):
        path: Path = ("schedule", number)
        try:
            first, last = second_of(entry["at"]), second_of(entry.get("until", "23:59"))
        except ValueError:
            written.problem(path, deferred("a time runs from 00:00 to 23:59"))
            continue
        if last < first:
            written.problem((*path, "until"), deferred("is before the beginning: write two entries around midnight"))
        if entry["intent"] not in taken:
            slots = {"intent": entry["intent"]}
            written.problem((*path, "intent"), deferred("nobody takes {intent}: name it under intents"), slots)


def _skills(table: Mapping[str, Any], written: Written, known: Mapping[str, Manifest]) -> Settings:
    found: Settings = {}
    for key, values in table.get("skills", {}).items():
        path: Path = ("skills", key)
        if key not in known or key == ORCHESTRATOR:
            slots = {"skill": key, "known": ", ".join(known)}
            written.problem(path, deferred("there is no skill {skill}: one of {known}"), slots)
            continue
        _fit(written, known[key].settings, values, path)
        found[key] = values if isinstance(values, dict) else {}
    return found
