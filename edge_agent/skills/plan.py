"""From what is wished and what is there to what is done, skill by skill, and why something is not done. Pure.

Whatever can be known before a download is judged before it: what a release needs stands beside its hash in what its
publisher signed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from edge_agent.deferred import deferred
from edge_agent.skills.wish import Wish, WishedSkill, recalled
from opk_skills.manifest.manifest import core_number
from opk_skills.trust.recalls import Recall
from opk_skills.trust.releases import Release

ROOM_BYTES = 8 * 1024 * 1024  # stays free: the robot's own business

NOT_OFFERED = deferred("nobody who may offers release {release} of it: ask your supplier to publish it again")
OTHER_BYTES = deferred("what was wished is not what its publisher signed: wish it again")
RECALLED = deferred("it was recalled: {reason}")
WRONG_MODEL = deferred("it does not run on {model}: it is made for {models}")
CORE_TOO_OLD = deferred("it needs core {core}, this robot has {has}: update the robot first")
NO_CAPABILITY = deferred("this robot cannot {capability}, which it needs")
SAME_INTENT = deferred("{other} answers to {intent} already: remove one of the two")
ROLLED_BACK = deferred(
    "release {release} ended again and again on this robot, which went back to the one before: "
    "wish another release, or other settings"
)
MOVING = deferred("it was another customer's robot: what its skills kept is removed first")
LICENCE_OVER = deferred("its licence has ended: whoever runs this robot's account can have it again")
LICENCE_UNHEARD = deferred(
    "the centre has not been heard for too long to go on without it: connect the robot, and it runs again"
)
NO_ROOM = deferred("it needs {needs} MB, {free} MB are free: remove a skill or make room")


@dataclass(frozen=True, slots=True)
class RobotFacts:
    """What the robot is. `model` and `core` empty: not known, and then not judged."""

    model: str
    core: str
    capabilities: frozenset[str]
    free_bytes: int


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a wish is not followed. `code` is one word for reports; the message is of the catalogue."""

    code: str
    message: str
    slots: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """What this robot has seen of releases. `recalled`: skills whose installed release was recalled.

    `rolled_back`: (key, sha256) of releases that did not stand their trial here under the settings that are wished.
    """

    recalled: frozenset[str] = frozenset()
    rolled_back: frozenset[tuple[str, str]] = frozenset()


NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class SkillPlan:
    """`keep`: as it stands. `fetch`: to get, then to switch to. `remove`: to take away. `refused`: by key, why."""

    keep: tuple[str, ...]
    fetch: tuple[Release, ...]
    remove: tuple[str, ...]
    refused: Mapping[str, WhyNot]


def planned(
    wish: Wish,
    offered: Mapping[str, Release | None],
    present: Mapping[str, str],
    recalls: tuple[Recall, ...],
    robot: RobotFacts,
    past: Past = NO_PAST,
) -> SkillPlan:
    """`offered`: of each wished key the release as its publisher signed it, None: nobody offers it.

    `present`: key -> sha256 of what is installed. A wished release that is refused leaves the one that stands, unless
    that one was recalled.
    """
    refused: dict[str, WhyNot] = {}
    keep, fetch, free_bytes = [], [], robot.free_bytes
    for one in wish.skills:
        release = offered.get(one.key)
        cause = _cause(one, release, recalls, robot, past) or _clash(one, release, wish, offered, refused)
        if cause is None and release is not None and present.get(one.key) != release.sha256:
            needs_bytes = release.length + release.needs.disk_bytes
            if free_bytes - needs_bytes < ROOM_BYTES:
                slots = {"needs": _mb(needs_bytes), "free": _mb(max(0, free_bytes - ROOM_BYTES))}
                cause = WhyNot("no_room", NO_ROOM, slots)
            else:
                free_bytes -= needs_bytes
                fetch.append(release)
        if cause is not None:
            refused[one.key] = cause
        stands = present.get(one.key)
        if stands and one.key not in past.recalled and not (stands == one.sha256 and recalled_cause(cause)):
            keep.append(one.key)
    kept = frozenset(keep)
    return SkillPlan(tuple(keep), tuple(fetch), tuple(sorted(present.keys() - kept)), refused)


def recalled_cause(cause: WhyNot | None) -> bool:
    """Whether it was recalled."""
    return cause is not None and cause.code == "recalled"


def _cause(
    one: WishedSkill, release: Release | None, recalls: tuple[Recall, ...], robot: RobotFacts, past: Past
) -> WhyNot | None:
    """The first thing that stands against it."""
    if recall := recalled(recalls, one.appid, one.release):
        return WhyNot("recalled", RECALLED, {"reason": recall.reason})
    if (one.key, one.sha256) in past.rolled_back:
        return WhyNot("rolled_back", ROLLED_BACK, {"release": one.release})
    if release is None:
        return WhyNot("not_offered", NOT_OFFERED, {"release": one.release})
    if release.sha256 != one.sha256 or release.key != one.key:
        return WhyNot("other_bytes", OTHER_BYTES)
    return next(_lacking(release, robot), None)


def _lacking(release: Release, robot: RobotFacts) -> Iterator[WhyNot]:
    needs = release.needs
    if robot.model and needs.models and robot.model not in needs.models:
        yield WhyNot("wrong_model", WRONG_MODEL, {"model": robot.model, "models": ", ".join(needs.models)})
    if robot.core and core_number(robot.core) < core_number(needs.core):
        yield WhyNot("core_too_old", CORE_TOO_OLD, {"core": needs.core, "has": robot.core})
    for capability in needs.capabilities:
        if capability not in robot.capabilities:
            yield WhyNot("no_capability", NO_CAPABILITY, {"capability": capability})


def _clash(
    one: WishedSkill,
    release: Release | None,
    wish: Wish,
    offered: Mapping[str, Release | None],
    refused: Mapping[str, WhyNot],
) -> WhyNot | None:
    """An intent that a skill named before it has: the vendor's robot would let one of the two be silently dead."""
    for other in wish.skills:
        if other.key == one.key:
            return None
        theirs = offered.get(other.key)
        if release is None or theirs is None or other.key in refused:
            continue
        for intent in release.needs.intents:
            if intent in theirs.needs.intents:
                return WhyNot("same_intent", SAME_INTENT, {"other": other.key, "intent": intent})
    return None


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.1f}"
