"""Which skills run: what to start, stop and put aside, decided skill by skill. Pure.

    idle ──start──▶ starting ──hello──▶ active ──drain──▶ draining   it is to go and is on a task: no other begins
     ▲                 │                  │                  │
     ├── stopping ◀────┴──────────────────┴──────────────────┘     at once where it is on none, or must not run on
     │                 │                  │
     └── pause ◀── ended by itself ◀──────┘                        1 s, doubling to a minute
                       │ CRASHES within CRASHES_WITHIN_S
                       ▼
                 quarantined                                       until another package or other settings come

A skill that does not say hello within HELLO_S is stopped: it counts as one that ended by itself. Nothing that one skill
does enters the decision about another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from edge_agent.deferred import deferred

HELLO_S = 30.0  # a start takes a tenth of a second, on a robot that boots some seconds
CRASHES = 5
CRASHES_WITHIN_S = 600.0
PAUSE_FIRST_S, PAUSE_MOST_S = 1.0, 60.0
STEADY_S = 300.0  # after so long what ended before counts no more for the pause
EX_CONFIG = 78

Phase = Literal["idle", "starting", "active", "draining", "stopping", "quarantined"]

WHY = {
    "starting": deferred("it is starting"),
    "pause": deferred("it ended and is started again in a moment"),
    "no_body": deferred("no body is set on this robot: set skills_body"),
    "body_away": deferred("the robot's body does not answer"),
    "exited": deferred("it ended by itself"),
    "fault": deferred("it ended with a fault of its own"),
    "not_given": deferred("it cannot use what it was given, such as its settings"),
    "killed": deferred("it was killed by a signal"),
    "memory": deferred("it took more memory than its package declares"),
    "processes": deferred("it started more processes than its package declares"),
    "silent": deferred("it does not answer"),
    "not_started": deferred("it could not be started"),
    "unusable": deferred("its package cannot run on this robot"),
    "draining": deferred("it ends when its task is done; no other begins"),
    "stopping": deferred("it is being stopped"),
    "not_installed": deferred("it is not installed"),
}
"""Why a skill is not active, by the word that programs read; status and page say it in a person's language."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to run: this package with these settings. `settings` is a digest: other ones are another wish."""

    sha256: str
    version: str
    settings: str = ""


@dataclass(frozen=True, slots=True)
class SkillEnd:
    """A process that ended. `why` is a word of WHY, `detail` what can be said more of it."""

    why: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SkillSeen:
    """What is seen of one skill now. `heard`: it said hello since it was started; `busy`: it is on a task."""

    running: bool = False
    heard: bool = False
    ended: SkillEnd | None = None  # news: since the last look
    busy: bool = False


@dataclass(frozen=True, slots=True)
class SkillStanding:
    """Where one skill stands. Moments are monotonic seconds; `crashes` are those of this package and these settings."""

    phase: Phase = "idle"
    runs: Wanted | None = None
    since_s: float = 0.0
    again_s: float = 0.0
    crashes: tuple[float, ...] = ()
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done now. A stop asks for the end; that it has ended is seen later."""

    do: Literal["start", "drain", "stop"]
    key: str


@dataclass(frozen=True, slots=True)
class Event:
    """What a person should find in the history."""

    key: str
    version: str
    state: Literal["active", "crashed", "quarantined", "stopped"]
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The next standings; those of skills that are neither wanted nor running are gone."""

    standings: Mapping[str, SkillStanding]
    acts: tuple[Act, ...]
    events: tuple[Event, ...]


def restarted(now: SkillStanding, now_s: float) -> SkillStanding:
    """As a person wishes: it is stopped, what ended before weighs no more, and the next looks start it again."""
    if now.phase in {"starting", "active"}:
        return replace(now, phase="stopping", why="stopping", detail="", since_s=now_s, crashes=())
    if now.phase == "stopping":
        return now
    return SkillStanding(since_s=now_s)


def decided(
    wanted: Mapping[str, Wanted],
    standings: Mapping[str, SkillStanding],
    seen: Mapping[str, SkillSeen],
    now_s: float,
    urgent: frozenset[str] = frozenset(),
) -> Decision:
    """One look at all of them. `urgent`: skills that must not run on; their task is broken off."""
    after: dict[str, SkillStanding] = {}
    acts: list[Act] = []
    events: list[Event] = []
    for key in sorted(wanted.keys() | standings.keys() | seen.keys()):
        before = standings.get(key, SkillStanding(since_s=now_s))
        sight = seen.get(key, SkillSeen())
        standing, event = _looked(key, before, wanted.get(key), sight, now_s)
        if event is not None:
            events.append(event)
        lets_end = sight.running and sight.busy and key not in urgent
        standing, act = _acted(standing, wanted.get(key), now_s, running=sight.running, lets_end=lets_end)
        if act is not None:
            acts.append(Act(act, key))
        if key in wanted or sight.running or standing.phase == "stopping":
            after[key] = standing
    return Decision(after, tuple(acts), tuple(events))


def _looked(
    key: str, now: SkillStanding, wish: Wanted | None, seen: SkillSeen, now_s: float
) -> tuple[SkillStanding, Event | None]:
    """What became of it since the last look."""
    version = now.runs.version if now.runs else ""
    if seen.running and now.phase in {"idle", "quarantined"}:  # it outlived the agent that started it
        return replace(now, phase="starting", runs=now.runs or wish, since_s=now_s), None
    if not seen.running and now.phase in {"stopping", "draining"}:
        if now.why in {"stopping", "draining"}:
            return SkillStanding(since_s=now_s), Event(key, version, "stopped")
        return replace(now, phase=_phase(now.crashes), since_s=now_s), None
    if not seen.running and now.phase in {"starting", "active"}:
        return _crashed(key, now, seen.ended or SkillEnd("exited"), now_s)
    if now.phase != "starting":
        return now, None
    return _begun(key, now, now_s, heard=seen.heard)


def _begun(key: str, now: SkillStanding, now_s: float, *, heard: bool) -> tuple[SkillStanding, Event | None]:
    """Of one that is starting: it said hello, or has not for too long."""
    if heard:
        version = now.runs.version if now.runs else ""
        return replace(now, phase="active", since_s=now_s, why="", detail=""), Event(key, version, "active")
    if now_s - now.since_s < HELLO_S:
        return now, None
    silent, event = _crashed(key, now, SkillEnd("silent"), now_s)
    return replace(silent, phase="stopping"), event


def _crashed(key: str, now: SkillStanding, ended: SkillEnd, now_s: float) -> tuple[SkillStanding, Event]:
    version = now.runs.version if now.runs else ""
    steady = now.phase == "active" and now_s - now.since_s >= STEADY_S
    crashes = (*(at for at in now.crashes if now_s - at < CRASHES_WITHIN_S and not steady), now_s)
    pause_s = min(PAUSE_MOST_S, PAUSE_FIRST_S * 2.0 ** (len(crashes) - 1))
    after = replace(
        now,
        phase=_phase(crashes),
        since_s=now_s,
        again_s=now_s + pause_s,
        crashes=crashes,
        why=ended.why,
        detail=ended.detail,
    )
    state: Literal["quarantined", "crashed"] = "quarantined" if after.phase == "quarantined" else "crashed"
    return after, Event(key, version, state, ended.why, ended.detail)


def _phase(crashes: tuple[float, ...]) -> Phase:
    return "quarantined" if len(crashes) >= CRASHES else "idle"


def _acted(
    now: SkillStanding, wish: Wanted | None, now_s: float, *, running: bool, lets_end: bool
) -> tuple[SkillStanding, Literal["start", "drain", "stop"] | None]:
    """What to do about it. `lets_end`: it is on a task, which may be ended."""
    if now.phase == "stopping":
        return now, "stop" if running else None
    if now.phase in {"starting", "active", "draining"}:
        return _left(now, wish, now_s, lets_end=lets_end)
    other = now.runs is not None and now.runs != wish
    if wish is None or (now.phase == "quarantined" and not other):
        return now, None
    if other:
        now = replace(now, crashes=(), again_s=0.0)
    if now_s < now.again_s:
        return replace(now, phase="idle"), None
    return replace(now, phase="starting", runs=wish, since_s=now_s), "start"


def _left(
    now: SkillStanding, wish: Wanted | None, now_s: float, *, lets_end: bool
) -> tuple[SkillStanding, Literal["drain", "stop"] | None]:
    """Of one that runs: it stays, or it is to go, at once or after its task."""
    draining = now.phase == "draining"
    if not draining and wish is not None and (now.runs is None or now.runs.sha256 == wish.sha256):
        return replace(now, runs=wish), None  # other settings are given to it while it runs
    if draining and lets_end:
        return now, None
    if lets_end:
        return replace(now, phase="draining", why="draining", detail="", since_s=now_s, crashes=()), "drain"
    return replace(now, phase="stopping", why="stopping", detail="", since_s=now_s, crashes=()), "stop"
