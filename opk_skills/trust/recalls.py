"""The list of releases that must not run any more. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from opk_skills.trust.errors import NotTrusted

RECALLS = "fleet/recalls.json"
RECALLS_MAX = 1000
Grade = Literal["harmful", "faulty"]
GRADES: tuple[Grade, ...] = get_args(Grade)


@dataclass(frozen=True, slots=True)
class Recall:
    """Releases of one package that must not run. `harmful`: stop at the next safe point; `faulty`: after the task."""

    appid: str
    releases: tuple[int, ...]
    grade: Grade
    reason: Mapping[str, str]  # language -> words for whoever stands before the robot
    since_s: int


def recalls_file(recalls: Iterable[Recall]) -> bytes:
    """The content of RECALLS: all that ever were, since a robot may have been in its box."""
    forms = [
        {
            "appid": one.appid,
            "releases": sorted(one.releases),
            "grade": one.grade,
            "reason": dict(one.reason),
            "since_s": one.since_s,
        }
        for one in recalls
    ]
    return lines({"v": 1, "recalls": forms})


def recalls_of(content: bytes) -> tuple[Recall, ...]:
    """Raises NotTrusted for a list that cannot be read whole: half a recall list is none."""
    forms = object_of(content).get("recalls")
    if not isinstance(forms, list) or len(forms) > RECALLS_MAX:
        raise NotTrusted("the recall list cannot be read", "have it made again: `collector skills draft recall`")
    return tuple(_recall(form) for form in forms)


def _recall(form: object) -> Recall:
    fields = form if isinstance(form, dict) else {}
    appid, releases, grade = fields.get("appid"), fields.get("releases"), fields.get("grade")
    reason, since_s = fields.get("reason"), fields.get("since_s")
    if (
        not isinstance(releases, list)
        or not all(isinstance(one, int) for one in releases)
        or not isinstance(appid, str)
        or grade not in GRADES
        or not isinstance(reason, dict)
        or not isinstance(since_s, int)
    ):
        raise NotTrusted("the recall list cannot be read", "have it made again: `collector skills draft recall`")
    return Recall(appid, tuple(releases), grade, {str(k): str(v) for k, v in reason.items()}, since_s)


def object_of(content: bytes) -> dict[str, Any]:
    """Of JSON. Raises NotTrusted for anything else."""
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise NotTrusted("this is no JSON object", "have it made again")
    return read


def lines(value: Mapping[str, Any]) -> bytes:
    """As JSON that a person can read and compare."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
