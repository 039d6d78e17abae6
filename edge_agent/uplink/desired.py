"""The desired document of this robot: judged by hand (the agent cannot afford pydantic), kept, answered.

Pure: bytes in, a decision out; the uplink keeps and publishes. The robot converges to the newest
revision it has seen; an older one (a broker that forgot, a replayed message) changes nothing. What becomes
of the settings is decided in edge_agent/desired.
What runs of the desired skills is told by edge_agent/skills; where the agent runs none, the report says so for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from edge_agent.deferred import Sentence
from protocol import codec
from protocol.limits import CODE_MAX_CHARS, DESIRED_MAX_BYTES, DESIRED_MAX_SKILLS, SEQ_MAX
from protocol.skill_proof import proof

NO_RUNTIME = "this robot runs no skills: set skills in the agent's file"


@dataclass(frozen=True, slots=True)
class Refused:
    """The document is not followed, and why. `revision`: the report's, where there is something new to answer."""

    reason: Sentence
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """Nothing new: the revision is not above the one that is kept."""

    revision: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What to keep."""

    document: dict[str, Any]


def judge(payload: bytes, kept: Mapping[str, Any] | None) -> Accepted | Stale | Refused:
    """Decide about a desired document; `kept` is the one in force."""
    try:
        if len(payload) > DESIRED_MAX_BYTES:
            return Refused(Sentence("{n} bytes, {most} allowed", n=len(payload), most=DESIRED_MAX_BYTES))
        document = codec.decode(payload)
    except codec.Undecodable as error:
        return Refused(Sentence("it cannot be read: {detail}", detail=str(error)))
    if complaint := _complaint(document):
        revision = document.get("revision")
        newer = _is_revision(revision) and (kept is None or revision > kept["revision"])
        return Refused(complaint, revision if newer else None)
    if kept is not None and document["revision"] <= kept["revision"]:
        return Stale(document["revision"])
    known = ("v", "revision", "skills", "settings", "sealed")
    return Accepted({key: document[key] for key in known if key in document})


def report(
    robot: str,
    desired: Mapping[str, Any],
    settings: Sequence[Mapping[str, str]] = (),
    skills: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """What this robot runs of what is desired, and what became of each of its settings. `skills` None: it runs none."""
    told_skills = (
        [dict(skill) for skill in skills]
        if skills is not None
        else [
            {"skill": skill["skill"], "desired": skill["version"], "reason": NO_RUNTIME}
            for skill in desired.get("skills", ())
        ]
    )
    told = {"v": 1, "robot": robot, "revision": desired["revision"], "skills": told_skills}
    if skills is not None:
        told["proof"] = proof(told_skills)
    return told | {"settings": list(settings)} if settings else told


def refusal(robot: str, revision: int, reason: str) -> dict[str, Any]:
    """Nothing of this document is followed: the one before stays in force."""
    return {"v": 1, "robot": robot, "revision": revision, "skills": [], "refused": reason}


def _is_revision(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SEQ_MAX


def _complaint(document: Mapping[str, Any]) -> Sentence | None:
    """The first thing that is wrong with the document, if any."""
    revision, skills = document.get("revision"), document.get("skills", [])
    if not _is_revision(revision):
        return Sentence("revision: a whole number from 0 on was expected")
    objects = {"settings": document.get("settings", {}), "sealed": document.get("sealed") or {}}
    if odd := [name for name, value in objects.items() if not isinstance(value, dict)]:
        return Sentence("{name}: an object was expected", name=odd[0])
    if not isinstance(skills, list) or len(skills) > DESIRED_MAX_SKILLS:
        return Sentence("skills: a list of at most {most} was expected", most=DESIRED_MAX_SKILLS)
    names = []
    for skill in skills:
        if not isinstance(skill, dict) or not isinstance(skill.get("settings", {}), dict):
            return Sentence("skills: each is an object whose settings are an object")
        for key in ("skill", "version", "digest"):
            value = skill.get(key)
            if not isinstance(value, str) or not 0 < len(value) <= CODE_MAX_CHARS:
                return Sentence("skills: {key} is a text of 1 to {most} characters", key=key, most=CODE_MAX_CHARS)
        names.append(skill["skill"])
    return Sentence("skills: the same skill is named twice") if len(set(names)) != len(names) else None
