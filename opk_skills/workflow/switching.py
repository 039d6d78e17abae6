"""Which mission a robot is busy with: what begins, waits, interrupts, is refused, goes on. Pure.

Priority 1 interrupts 2 and 3, 2 interrupts 3. What is equal waits its turn, what is lower is refused: a guest hears at
once that the robot is busy. What `yields` gives way to what is equal, too. What a skill asks for is part of what it
does: it waits where a guest would be refused. What was interrupted goes on where it was, when nothing of its priority
or above is left; after `resume_s` nobody waits for it any more. When nothing is left, the robot is at home.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

HOME_PRIORITY = 9  # anything interrupts it, and it is never resumed: it begins anew
STOP = "&stop"
FRESH: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Offer:
    """A skill takes an intent. `at_once`: without a mission of its own, also while one is on. `yields`: to what is
    equal; `asks`: a guest is asked afterwards whether it helped.
    """

    intent: str
    skill: str
    priority: int
    at_once: bool = False
    yields: bool = False
    asks: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody or something wants this. `source`: voice, touch, time, person, battery, colleague or skill."""

    intent: str
    slots: Mapping[str, str]
    source: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Mission:
    """What the robot is busy with, was, or will be. `tried`: skills that failed to answer for this wish."""

    skill: str
    priority: int
    wish: Wish
    begun_s: float = 0.0
    tried: tuple[str, ...] = ()
    yields: bool = False
    asks: bool = False

    @property
    def is_home(self) -> bool:
        return self.priority == HOME_PRIORITY

    @property
    def holds(self) -> float:
        """What has a lower number than this interrupts it."""
        return self.priority + 0.5 * self.yields


@dataclass(frozen=True, slots=True)
class Rules:
    """`offers` by intent, the best first. A wish waits at most `wait_s`, and at most `queue` wait at a time."""

    offers: Mapping[str, tuple[Offer, ...]]
    home: Offer
    queue: int
    wait_s: float
    resume_s: float
    mission_s: float


@dataclass(frozen=True, slots=True)
class Stage:
    """`next` begins when `now` has stopped. `interrupted`: the last one at the end, each with where it was."""

    now: Mission | None = None
    next: Mission | None = None
    interrupted: tuple[Mission, ...] = ()
    waiting: tuple[Mission, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now. `pass_on`: an intent for the skill that is busy; `say`: a text of the orchestrator."""

    do: Literal["begin", "interrupt", "pass_on", "refuse", "wait", "unhandled", "nothing"]
    mission: Mission | None = None
    say: str = ""


def offers_of(offers: list[Offer]) -> tuple[dict[str, tuple[Offer, ...]], list[tuple[str, str, str]]]:
    """By intent, the best first; and where two skills take one intent with one priority: the intent and both."""
    by_intent: dict[str, tuple[Offer, ...]] = {}
    twice = []
    for offer in sorted(offers, key=lambda each: each.priority):
        others = by_intent.get(offer.intent, ())
        twice += [(offer.intent, other.skill, offer.skill) for other in others if other.priority == offer.priority]
        by_intent[offer.intent] = (*others, offer)
    return by_intent, twice


def wished(stage: Stage, wish: Wish, rules: Rules) -> tuple[Stage, Step]:
    """Somebody wants something."""
    offer = next(iter(rules.offers.get(wish.intent, ())), None)
    if offer is None:
        return stage, Step("unhandled", say="unhandled")
    mission = _mission(offer, wish)
    if offer.at_once:
        return _at_once(stage, mission)
    ahead = stage.next or stage.now
    if wish.intent == rules.home.intent and (ahead is None or ahead.is_home or ahead.wish.intent == wish.intent):
        return stage, Step("nothing")  # it is at home, or goes there
    if ahead is None:
        return _begun(stage, mission, wish.at_s)
    return _ahead(stage, mission) if mission.priority < ahead.holds else _behind(stage, mission, ahead, rules)


def _behind(stage: Stage, mission: Mission, ahead: Mission, rules: Rules) -> tuple[Stage, Step]:
    """It waits, or is refused."""
    of_a_skill = mission.wish.source == "skill"
    room = max(1, rules.queue) if of_a_skill else rules.queue
    if (mission.priority > ahead.holds and not of_a_skill) or len(stage.waiting) >= room:
        return stage, Step("refuse", mission, "busy")
    said = "" if of_a_skill else "in_a_moment"  # the guest hears the skill that asks
    return replace(stage, waiting=(*stage.waiting, mission)), Step("wait", mission, said)


def ended(
    stage: Stage, state: str, resume: Mapping[str, str], rules: Rules, at_s: float, *, gone: bool
) -> tuple[Stage, Step]:
    """The mission has ended. `resume`: slots with which it goes on; `gone`: its skill did not answer or has crashed."""
    was, stage = stage.now, replace(stage, now=None)
    if was is not None and not was.is_home:
        if state == "stopped" and stage.next is not None and was.wish.intent != rules.home.intent:
            slots = {**was.wish.slots, **resume}
            again = replace(was, wish=replace(was.wish, slots=slots, at_s=at_s))
            stage = replace(stage, interrupted=(*stage.interrupted, again))
        elif gone and state == "failed":
            return _other_skill(stage, was, rules, at_s)
    return _next(stage, rules, at_s)


def leaves_nobody(stage: Stage) -> bool:
    """With the mission that is on the robot's visit is over: nothing else waits or goes on."""
    return stage.next is None and not stage.interrupted and not stage.waiting


def overdue(stage: Stage, rules: Rules, at_s: float) -> bool:
    """The mission takes longer than any may."""
    return stage.now is not None and not stage.now.is_home and at_s - stage.now.begun_s > rules.mission_s


def _mission(offer: Offer, wish: Wish) -> Mission:
    return Mission(offer.skill, offer.priority, wish, yields=offer.yields, asks=offer.asks)


def _at_once(stage: Stage, mission: Mission) -> tuple[Stage, Step]:
    """For the skill that is busy. Stop also means a mission of the skill that waits to go on."""
    if stage.now is not None and stage.now.skill == mission.skill:
        return stage, Step("pass_on", mission)
    if mission.wish.intent.endswith(STOP):
        stage = replace(stage, interrupted=tuple(each for each in stage.interrupted if each.skill != mission.skill))
    return stage, Step("nothing")


def _begun(stage: Stage, mission: Mission, at_s: float) -> tuple[Stage, Step]:
    mission = replace(mission, begun_s=at_s)
    return replace(stage, now=mission, next=None), Step("begin", mission)


def _ahead(stage: Stage, mission: Mission) -> tuple[Stage, Step]:
    """It comes first. What was to come first waits; what is on is interrupted, once."""
    if stage.next is not None:
        return replace(stage, next=mission, waiting=(stage.next, *stage.waiting)), Step("wait", mission)
    return replace(stage, next=mission), Step("interrupt", stage.now)


def _other_skill(stage: Stage, was: Mission, rules: Rules, at_s: float) -> tuple[Stage, Step]:
    """Another skill takes the wish, or the guest is told that nobody can."""
    tried = (*was.tried, was.skill)
    offers = rules.offers.get(was.wish.intent, ())
    other = next((offer for offer in offers if offer.skill not in tried and not offer.at_once), None)
    if other is not None:
        again = replace(_mission(other, was.wish), tried=tried)
        if stage.next is None:
            return _begun(stage, again, at_s)
        return _next(replace(stage, waiting=(again, *stage.waiting)), rules, at_s)  # after what is more urgent
    stage, step = _next(stage, rules, at_s)
    return stage, replace(step, say="cannot_now")


def _next(stage: Stage, rules: Rules, at_s: float) -> tuple[Stage, Step]:
    """What comes first, then the best of what was interrupted and what waits; in doubt what was interrupted."""
    if stage.next is not None:
        return _begun(stage, stage.next, at_s)
    interrupted = tuple(each for each in stage.interrupted if at_s - each.wish.at_s <= rules.resume_s)
    waiting = tuple(each for each in stage.waiting if at_s - each.wish.at_s <= rules.wait_s)
    stage = replace(stage, interrupted=interrupted, waiting=waiting)
    first = min(waiting, key=lambda each: each.priority, default=None)
    last = interrupted[-1] if interrupted else None
    if last is not None and (first is None or last.priority <= first.priority):
        return _begun(replace(stage, interrupted=interrupted[:-1]), last, at_s)
    if first is not None:
        left = tuple(each for each in waiting if each is not first)
        return _begun(replace(stage, waiting=left), first, at_s)
    home = Mission(rules.home.skill, HOME_PRIORITY, Wish(rules.home.intent, FRESH, "home", at_s))
    return _begun(stage, home, at_s)
