"""How one skill stands on one robot, from its three histories: the facts, since when, why not, and whose turn. Pure.

wished ──▶ desired ──▶ downloaded and verified ──▶ installed ──▶ active
centre     the robot has the signed wish            …             its process runs
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collector.calendar import days

Actor = Literal["", "robot", "site", "engineer", "wisher", "publisher"]
Step = Literal["desired", "downloaded", "installed", "active"]
STEPS: tuple[Step, ...] = ("desired", "downloaded", "installed", "active")
COLUMN = {"desired": "desired", "downloaded": "verified", "installed": "installed", "active": "active"}
"""People see four facts: what was downloaded counts when it is verified."""

NOT_HEARD, NOT_TOLD = "not_heard", "not_told"
_TURN: Mapping[str, Actor] = {
    "starting": "robot", "stopping": "robot", "draining": "robot", "pause": "robot", "waits": "robot",
    "unreachable": "robot", NOT_TOLD: "robot", NOT_HEARD: "site", "body_away": "site", "licence_unheard": "site",
    "licence_over": "wisher",
    "no_body": "engineer", "not_started": "engineer", "no_room": "engineer", "core_too_old": "engineer",
    "no_capability": "wisher", "wrong_model": "wisher", "same_intent": "wisher", "other_bytes": "wisher",
    "not_given": "wisher", "recalled": "wisher", "priority": "wisher",
    "not_offered": "publisher", "not_trusted": "publisher", "unusable": "publisher", "fault": "publisher",
    "memory": "publisher", "processes": "publisher", "silent": "publisher", "exited": "publisher",
    "killed": "publisher",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FactSince:
    """One of the four facts. `package`: hash, or ""; `since`: when the centre first heard of it as it is now.

    `as_wished`: it is the package that is wished.
    """

    step: Step
    package: str
    version: str
    since: str | None
    as_wished: bool


@dataclass(frozen=True, slots=True)
class TrackedSkill:
    """`wished_package` "": it is to go, or was never wished here. `code` "": everything is as wished.

    `state`: the newest that its skill told in the counted stream. `turn`: who must act; "": nobody, it is done.
    """

    skill: str
    wished_version: str
    wished_package: str
    wished_since: str | None
    facts: list[FactSince]
    code: str
    reason: str
    turn: Actor
    state: str
    state_version: str
    state_since: str | None


@dataclass(frozen=True, slots=True)
class WishRow:
    at: int
    revision: int
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class FactRow:
    """`verified`, not what merely lies there, is what people call downloaded."""

    at: int
    revision: int
    desired: str
    downloaded: str
    verified: str
    installed: str
    active: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class EventRow:
    at: int
    version: str
    digest: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Histories:
    """Of one skill on one robot, each oldest first."""

    wishes: Sequence[WishRow] = ()
    facts: Sequence[FactRow] = ()
    events: Sequence[EventRow] = ()


def tracked(skill: str, of: Histories, *, answered: int, is_online: bool) -> TrackedSkill | None:
    """None: nothing of it is wished, reported or running. `answered`: the revision that the robot reported last."""
    wish, fact = (of.wishes[-1] if of.wishes else None), (of.facts[-1] if of.facts else None)
    event = of.events[-1] if of.events else None
    digest = wish.digest if wish else ""
    there = fact is not None and any(getattr(fact, column) for column in COLUMN.values())
    if not digest and not there and (event is None or event.state == "stopped"):
        return None
    names = _versions(of)
    facts = [_since(step, of.facts, digest, names) for step in STEPS]
    code, reason = _why(wish, fact, facts, answered=answered, is_online=is_online)
    return TrackedSkill(
        skill=skill,
        wished_version=wish.version if wish and digest else "",
        wished_package=digest,
        wished_since=days.rfc3339(_began([(one.at, one.digest) for one in of.wishes])) if wish else None,
        facts=facts,
        code=code,
        reason=reason,
        turn=turn_of(code),
        state=event.state if event else "",
        state_version=event.version if event else "",
        state_since=days.rfc3339(event.at) if event else None,
    )


def turn_of(code: str) -> Actor:
    """Whose turn it is. What is not known here is an engineer's."""
    return _TURN.get(code, "engineer") if code else ""


def _why(
    wish: WishRow | None, fact: FactRow | None, facts: Iterable[FactSince], *, answered: int, is_online: bool
) -> tuple[str, str]:
    """(word, text) of what stands between the wish and what runs."""
    if wish is not None and wish.revision > answered:
        return (NOT_TOLD if is_online else NOT_HEARD), ""
    if fact is not None and fact.code:
        return fact.code, fact.reason.partition(": ")[2]
    if wish is None or not wish.digest or all(one.as_wished for one in facts):
        return "", ""
    return ("starting" if is_online else NOT_HEARD), ""


def _since(step: Step, rows: Sequence[FactRow], wished: str, names: Mapping[str, str]) -> FactSince:
    told = [(row.at, str(getattr(row, COLUMN[step]))) for row in rows]
    package = told[-1][1] if told else ""
    since = days.rfc3339(_began(told)) if package else None
    return FactSince(step, package, names.get(package, ""), since, bool(package) and package == wished)


def _began(told: Sequence[tuple[int, str]]) -> int:
    """Since when the last value stands without a break."""
    began, last = told[-1]
    for at, value in reversed(told):
        if value != last:
            break
        began = at
    return began


def _versions(of: Histories) -> dict[str, str]:
    """What each package calls itself."""
    said = [(one.digest, one.version) for one in of.events] + [(one.digest, one.version) for one in of.wishes]
    return {digest: version for digest, version in said if digest}
