"""How one robot stands in a rollout: what it is waiting for, whose turn it is, when it is asked again. Pure.

A robot that waits for a good moment has been postponed and has not failed. One that is silent has failed only when it
was silent for longer than it usually is. Whatever fails by a cause that passes is asked again, later each time.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from collector.calendar.days import DAY_S
from collector.fleet.skills.standing import NOT_HEARD, NOT_TOLD, TrackedSkill, turn_of

RolloutTurn = Literal["", "rollout", "robot", "site", "engineer", "wisher", "publisher", "csm", "customer"]
"""Who must act: the rollout itself goes on with its waves; "" nobody must any more."""


class RolloutRobotState(StrEnum):
    """`waiting`: for its wave; `offered`: on its way; `postponed`: the robot chooses its moment."""

    LEFT_OUT = "left_out"
    WAITING = "waiting"
    OFFERED = "offered"
    POSTPONED = "postponed"
    SILENT = "silent"
    FAILED = "failed"
    DONE = "done"
    GONE = "gone"  # it has another account by now, or somebody wished something else of it
    TAKEN_BACK = "taken_back"


class RolloutState(StrEnum):
    ASKING = "asking"  # customers are asked until a day
    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"  # by the gate, or because its package was recalled
    ABORTED = "aborted"
    TAKEN_BACK = "taken_back"
    DONE = "done"


MAY_BECOME: dict[RolloutState, frozenset[RolloutState]] = {
    RolloutState.ASKING: frozenset({
        RolloutState.RUNNING, RolloutState.ABORTED, RolloutState.HALTED, RolloutState.DONE,
    }),
    RolloutState.RUNNING: frozenset(RolloutState) - {RolloutState.ASKING, RolloutState.RUNNING},
    RolloutState.PAUSED: frozenset({
        RolloutState.RUNNING, RolloutState.ABORTED, RolloutState.TAKEN_BACK, RolloutState.HALTED,
    }),
    RolloutState.HALTED: frozenset({RolloutState.ABORTED, RolloutState.TAKEN_BACK}),
    RolloutState.ABORTED: frozenset({RolloutState.TAKEN_BACK}),
    RolloutState.TAKEN_BACK: frozenset(),
    RolloutState.DONE: frozenset({RolloutState.TAKEN_BACK}),
}  # fmt: skip
OPEN = frozenset({RolloutState.ASKING, RolloutState.RUNNING, RolloutState.PAUSED})
ON_ITS_WAY = frozenset(
    {RolloutRobotState.OFFERED, RolloutRobotState.POSTPONED, RolloutRobotState.SILENT, RolloutRobotState.FAILED}
)
HAS_IT = ON_ITS_WAY | {RolloutRobotState.DONE}
"""Robots whose desired document names the version."""

_TURNS: dict[str, RolloutTurn] = {
    "later_wave": "rollout", "blackout": "rollout", "paused": "wisher", "renewal_near": "csm", "escalated": "csm",
    "not_approved": "customer", "nobody_has_it": "csm", "wrong_model": "publisher", "core_too_old": "engineer",
    "moved": "", "other_wish": "", "settings_differ": "wisher", "too_many_skills": "wisher",
}  # fmt: skip
_RHYTHMS = 2  # so many of its own longest silences
_SILENCE_MOST_DAYS = 30
_AGAIN = frozenset({"no_room", "not_started", "killed", "memory", "exited", "fault", "silent", "body_away"})
"""Causes that may have passed the next time; others need somebody to change something first."""
FIRST_AGAIN_S, AGAIN_MOST_S, AGAIN_MOST = DAY_S, 8 * DAY_S, 4


def turn_in_rollout(code: str) -> RolloutTurn:
    """Whose turn it is: a rollout's own reasons, and those that robots report."""
    found = _TURNS.get(code)
    return turn_of(code) if found is None else found


def due_at(offered_s: int, rhythm_days: int) -> int:
    """When a robot that says nothing has been silent for longer than it ever is. `rhythm_days`: its longest silence."""
    return offered_s + min(_SILENCE_MOST_DAYS, _RHYTHMS * (rhythm_days + 1)) * DAY_S


def next_try_s(code: str, tries: int, now_s: int) -> int | None:
    """When a cause is tried again by itself; None: it is not, or was often enough. `tries`: with the first one."""
    if code not in _AGAIN or tries > AGAIN_MOST:
        return None
    return now_s + min(AGAIN_MOST_S, FIRST_AGAIN_S << max(0, tries - 1))


@dataclass(frozen=True, slots=True)
class StandsNow:
    """`code` "": nothing is in the way."""

    state: RolloutRobotState
    code: str
    detail: str


def runs(skill: TrackedSkill | None, digest: str) -> bool:
    """Whether its newest report names the package as active."""
    return skill is not None and any(one.step == "active" and one.package == digest for one in skill.facts)


def stands_now(skill: TrackedSkill | None, digest: str, due_s: int, now_s: int) -> StandsNow:
    """Of a robot that was offered the package. `skill` None: nothing of it is wished or known there any more."""
    if skill is None or skill.wished_package != digest:
        return StandsNow(RolloutRobotState.GONE, "other_wish", "")
    if runs(skill, digest) and not skill.code:
        return StandsNow(RolloutRobotState.DONE, "", "")
    code = skill.code or NOT_TOLD
    if code in {NOT_HEARD, NOT_TOLD}:
        return StandsNow(RolloutRobotState.SILENT if now_s > due_s else RolloutRobotState.OFFERED, code, "")
    if turn_of(code) == "robot":
        return StandsNow(RolloutRobotState.POSTPONED, code, skill.reason)
    return StandsNow(RolloutRobotState.FAILED, code, skill.reason)
