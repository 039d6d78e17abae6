"""The desired document of this robot: judged by hand (the agent cannot afford pydantic), kept, answered.

Pure: bytes in, a decision out; the uplink keeps and publishes. The robot converges to the newest
revision it has seen; an older one (a broker that forgot, a replayed message) changes nothing. What becomes
of the settings is decided in edge_agent/desired.
This release runs no skills: its report says so for each desired skill.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from protocol import codec
from protocol.limits import CODE_MAX_CHARS, SEQ_MAX

SKILLS_MAX = 64  # the catalogue has 14; room for a customer's own
DOCUMENT_MAX_BYTES = 64 * 1024
NO_RUNTIME = "no skill runtime on this robot yet"


@dataclass(frozen=True, slots=True)
class Refused:
    """The document is not followed, and why. `revision`: the report's, where there is something new to answer."""

    reason: str
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
        if len(payload) > DOCUMENT_MAX_BYTES:
            return Refused(f"{len(payload)} bytes, {DOCUMENT_MAX_BYTES} allowed")
        document = codec.decode(payload)
    except codec.Undecodable as error:
        return Refused(str(error))
    if complaint := _complaint(document):
        revision = document.get("revision")
        newer = _is_revision(revision) and (kept is None or revision > kept["revision"])
        return Refused(complaint, revision if newer else None)
    if kept is not None and document["revision"] <= kept["revision"]:
        return Stale(document["revision"])
    known = ("v", "revision", "skills", "settings")
    return Accepted({key: document[key] for key in known if key in document})


def report(robot: str, desired: Mapping[str, Any], settings: Sequence[Mapping[str, str]] = ()) -> dict[str, Any]:
    """What this robot runs of what is desired, and what became of each of its settings."""
    skills = [
        {"skill": skill["skill"], "desired": skill["version"], "reason": NO_RUNTIME}
        for skill in desired.get("skills", ())
    ]
    told = {"v": 1, "robot": robot, "revision": desired["revision"], "skills": skills}
    return told | {"settings": list(settings)} if settings else told


def refusal(robot: str, revision: int, reason: str) -> dict[str, Any]:
    """Nothing of this document is followed: the one before stays in force."""
    return {"v": 1, "robot": robot, "revision": revision, "skills": [], "refused": reason}


def _is_revision(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= SEQ_MAX


def _complaint(document: Mapping[str, Any]) -> str | None:
    """The first thing that is wrong with the document, if any."""
    revision, skills = document.get("revision"), document.get("skills", [])
    if not _is_revision(revision):
        return "revision: a whole number from 0 on was expected"
    if not isinstance(document.get("settings", {}), dict):
        return "settings: an object was expected"
    if not isinstance(skills, list) or len(skills) > SKILLS_MAX:
        return f"skills: a list of at most {SKILLS_MAX} was expected"
    names = []
    for skill in skills:
        if not isinstance(skill, dict) or not isinstance(skill.get("settings", {}), dict):
            return "skills: each is an object whose settings are an object"
        for key in ("skill", "version", "digest"):
            value = skill.get(key)
            if not isinstance(value, str) or not 0 < len(value) <= CODE_MAX_CHARS:
                return f"skills: {key} is a text of 1 to {CODE_MAX_CHARS} characters"
        names.append(skill["skill"])
    return "skills: the same skill is named twice" if len(set(names)) != len(names) else None
