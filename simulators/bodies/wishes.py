"""What a simulated robot does of what is wished of it: it runs what suits its model, and reports as an agent does.

It fetches nothing and checks no signature: what it lives was lived with all skills (simulators/lived_days.py), so that
a wish changes what it says that it runs, and not what it counts.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from opk_skills.catalogue import catalogue
from protocol.messages import Desired, DesiredSkill, Reported, ReportedSkill
from protocol.skill_proof import FACTS, proof

WRONG_MODEL = "wrong_model: it is not made for this model of robot"


@cache
def models_of(skill: str) -> tuple[str, ...]:
    """Models that the skill that ships here is made for; none: every model."""
    return next((one.models for one in catalogue() if one.key == skill), ())


def suits(skill: str, model: str) -> bool:
    models = models_of(skill)
    return not models or model in models


@cache
def unsuited(model: str) -> frozenset[str]:
    """Skills that ship here and are not made for that model."""
    return frozenset(one.key for one in catalogue() if not suits(one.key, model))


@dataclass(slots=True)
class Wishes:
    """`runs`: skill -> (version, digest) as it was wished. `revision` of the newest document; -1: none was heard."""

    model: str
    revision: int = -1
    runs: dict[str, tuple[str, str]] = field(default_factory=dict)
    _said: list[ReportedSkill] = field(default_factory=list)

    def follow(self, payload: bytes) -> list[dict[str, Any]]:
        """What it begins and ends to run, as the fields of a skill's records. An older document is not followed."""
        document = Desired.model_validate_json(payload)
        if document.revision <= self.revision:
            return []
        suited = [one for one in document.skills if suits(one.skill, self.model)]
        wished = {one.skill: (one.version, one.digest) for one in suited}
        told = [
            {"skill": key, "version": version, "digest": digest, "state": "stopped"}
            for key, (version, digest) in self.runs.items()
            if key not in wished
        ]
        told += [
            {"skill": key, "version": version, "digest": digest, "state": "active"}
            for key, (version, digest) in wished.items()
            if self.runs.get(key) != (version, digest)
        ]
        self.revision, self.runs = document.revision, wished
        self._said = [_standing(one, self.model) for one in document.skills]
        return told

    def report(self, robot: str) -> bytes:
        """What it says of the newest document."""
        skills = sorted(self._said, key=lambda one: one.skill)
        facts = proof(one.model_dump() for one in skills)
        made = Reported(robot=robot, revision=self.revision, skills=skills, proof=facts)
        return orjson.dumps(made.model_dump(mode="json", exclude_none=True))


def _standing(one: DesiredSkill, model: str) -> ReportedSkill:
    if not suits(one.skill, model):
        return ReportedSkill(skill=one.skill, reason=WRONG_MODEL)
    return ReportedSkill(skill=one.skill, **dict.fromkeys(FACTS, one.digest))
