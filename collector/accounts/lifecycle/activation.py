"""The activation clock of one deployment: each step with its due time, what was done and seen, who must act. Pure.

A person's word stands before the robot's: `done_at` of the ledger, else what the robot showed by itself (it connected,
it was configured, a counter moved). What a robot showed on a day counts as done at that day's end: never too early.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from collector.accounts.ledger.kinds.care import Onboarding
from collector.accounts.ledger.kinds.who import Deployment
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.handover import ClockState
from collector.accounts.lifecycle.policy import LifecyclePolicy, StepRule
from collector.calendar import days as local_days
from protocol.counters import COUNTERS

SATISFIED = 4
SeenBy = Literal["", "person", "robot", "guests", "survey"]
Voice = Literal["", "guests", "survey"]
Activity = Literal["active", "idle", "unknown", "ahead"]


def is_work(counter: str) -> bool:
    """An interaction or a task of a skill: what makes a day an active one."""
    known = COUNTERS.get(counter)
    if known is None:
        return "." in counter
    return counter == "interaction" or known.group == "skill"


@dataclass(frozen=True, slots=True)
class RobotSeen:
    """What the store knows of a robot: when it connected and was configured, and its counts by local day.

    A day that is absent has not arrived.
    """

    connected_at: int | None = None
    configured_at: int | None = None
    counts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClockStep:
    """One step. `state`: waiting (for the step before it), due, overdue, done, late. Moments in unix seconds."""

    rule: StepRule
    due_at: int
    done_at: int | None
    state: ClockState
    seen_by: SeenBy = ""


@dataclass(frozen=True, slots=True)
class ActiveOn:
    after_days: int
    day: int
    state: Activity


@dataclass(frozen=True, slots=True)
class ActivationClock:
    """The clock of one robot at one account. `conversion`, `satisfaction` with what they are counted of, and whose
    answers those are.
    """

    deployment: str
    account: str
    robot: str
    from_day: int
    started_at: int
    steps: list[ClockStep]
    active_on: list[ActiveOn]
    interactions: int
    wake_ups: int
    conversion: float | None
    answers: int
    satisfaction: float | None
    satisfaction_by: Voice
    next_step: str | None  # the first that is open
    next_who: str | None


def clock(
    ledger: AccountLedger, deployment: Deployment, seen: RobotSeen, now_s: int, policy: LifecyclePolicy,
) -> ActivationClock:  # fmt: skip
    """The clock as it stands at `now_s`: what is dated later has not happened."""
    zone = ledger.account.timezone
    facts = _facts(ledger, deployment)
    begins = [fact.started_at for fact in facts.values()]
    started = min(begins, default=local_days.hour_starts(deployment.from_day, zone)[0])
    today = local_days.of(now_s, zone)
    converted = _conversion(seen, deployment.from_day, today, policy)
    voice, satisfied = _voice(ledger, seen, deployment.from_day, today, policy)
    steps: list[ClockStep] = []
    for rule in policy.step:
        fact = facts.get(rule.key)
        done, by = _done(rule, fact, seen, deployment.from_day, zone, now_s)
        if done is None and rule.key in {"conversion", "satisfaction"}:
            told: SeenBy = "robot" if rule.key == "conversion" else voice
            reached = converted.reached_day if rule.key == "conversion" else satisfied.reached_day
            done, by = (None, by) if reached is None else (local_days.hour_starts(reached, zone)[-1], told)
        due = (started if fact is None else fact.started_at) + round(rule.limit_h * local_days.HOUR_S)
        state = _state(rule, due, done, now_s, steps)
        steps.append(ClockStep(rule, due, done, state, by))
    following = next((step for step in steps if step.done_at is None), None)
    return ActivationClock(
        deployment.id, ledger.account.id, deployment.robot, deployment.from_day, started, steps,
        [_active(seen, deployment.from_day, after, today) for after in policy.first_week.active_on],
        converted.above, converted.below, converted.share, satisfied.below, satisfied.share, voice,
        None if following is None else following.rule.key, None if following is None else following.rule.who,
    )  # fmt: skip


def _facts(ledger: AccountLedger, deployment: Deployment) -> dict[str, Onboarding]:
    """The steps written down for that robot; one without a robot holds for all of the account."""
    found: dict[str, Onboarding] = {}
    for fact in ledger.onboarding:
        if fact.robot in {None, deployment.robot} and (fact.step not in found or fact.robot is not None):
            found[fact.step] = fact
    return found


def _done(
    rule: StepRule, fact: Onboarding | None, seen: RobotSeen, from_day: int, zone: str, now_s: int
) -> tuple[int | None, SeenBy]:
    if fact is not None and fact.done_at is not None and fact.done_at <= now_s:
        return fact.done_at, "person"
    shown: int | None = None
    begin = local_days.hour_starts(from_day, zone)[0]
    if rule.sees == "connected":
        shown = seen.connected_at
    elif rule.sees == "configured":
        shown = seen.configured_at
    elif rule.sees:
        moved = [day for day, counts in seen.counts.items() if day >= from_day and counts.get(rule.sees, 0) > 0]
        shown = local_days.hour_starts(min(moved), zone)[-1] if moved else None
    if shown is None or shown > now_s:
        return None, ""
    return max(shown, begin), "robot"  # a robot that was used elsewhere before begins here


def _state(rule: StepRule, due: int, done: int | None, now_s: int, before: Sequence[ClockStep]) -> ClockState:
    if done is not None:
        return "done" if done <= due else "late"
    if now_s > due:
        return "overdue"
    waits = any(step.rule.key == rule.after and step.done_at is None for step in before)
    return "waiting" if waits else "due"


@dataclass(frozen=True, slots=True)
class _Reached:
    above: int
    below: int
    share: float | None
    reached_day: int | None


def _conversion(seen: RobotSeen, from_day: int, today: int, policy: LifecyclePolicy) -> _Reached:
    """Over the first days together; reached on the first day on which it stood at the target."""
    rules = policy.first_week
    above = below = 0
    reached = None
    for day in range(from_day, min(from_day + rules.days, today + 1)):
        counts = seen.counts.get(day, {})
        above += counts.get("interaction", 0)
        below += counts.get("wake_up", 0)
        if reached is None and day < today and below >= rules.conversion_of and above >= rules.conversion * below:
            reached = day
    return _Reached(above, below, above / below if below else None, reached)


def _voice(
    ledger: AccountLedger, seen: RobotSeen, from_day: int, today: int, policy: LifecyclePolicy
) -> tuple[Voice, _Reached]:
    """What guests told this robot, once enough of them did; else what the customer's people answered."""
    guests = _guests(seen, from_day, today, policy)
    if guests.below >= policy.first_week.satisfaction_of:
        return "guests", guests
    answers = _satisfaction(ledger, from_day, today, policy)
    return ("survey" if answers.below else ""), answers


def _guests(seen: RobotSeen, from_day: int, today: int, policy: LifecyclePolicy) -> _Reached:
    """Those who said that it helped, of those who said anything; reached on the first day on which they stood there."""
    rules = policy.first_week
    above = below = 0
    reached = None
    for day in range(from_day, min(from_day + rules.days, today + 1)):
        counts = seen.counts.get(day, {})
        above += counts.get("guest.satisfied", 0)
        below += counts.get("guest.satisfied", 0) + counts.get("guest.dissatisfied", 0)
        if reached is None and day < today and below >= rules.satisfaction_of and above >= rules.satisfaction * below:
            reached = day
    return _Reached(above, below, above / below if below else None, reached)


def _satisfaction(ledger: AccountLedger, from_day: int, today: int, policy: LifecyclePolicy) -> _Reached:
    """CSAT answers of the first days; reached on the day of the answer that brought it there."""
    rules = policy.first_week
    answers = sorted(
        (survey.day if survey.answered_day is None else survey.answered_day, survey.id, survey.score)
        for survey in ledger.surveys
        if survey.kind == "csat" and survey.score is not None
    )
    above = below = 0
    reached = None
    for day, _, score in answers:
        if from_day <= day < from_day + rules.days and day <= today:
            above, below = above + (score >= SATISFIED), below + 1
            if reached is None and day < today and above >= rules.satisfaction * below:
                reached = day
    return _Reached(above, below, above / below if below else None, reached)


def _active(seen: RobotSeen, from_day: int, after: int, today: int) -> ActiveOn:
    day = from_day + after
    counts = seen.counts.get(day)
    state: Activity = "unknown"
    if day >= today:
        state = "ahead"
    elif counts is not None:
        state = "active" if any(n > 0 and is_work(key) for key, n in counts.items()) else "idle"
    return ActiveOn(after, day, state)
