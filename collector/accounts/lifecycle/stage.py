"""The seven stages of an account: which one the rules say for a day, and when a new one is entered. Pure.

    signing ─▶ activation ─▶ growth ─▶ maturity
                                          decline · renewal · churn

The first rule that holds decides: churn, renewal, decline, signing, activation, growth, maturity. A stage that somebody
sets stands until the rules say another one than they said on the day it was set.
"""

from dataclasses import dataclass
from typing import Literal

from collector.accounts.contracts.terms import first_deployed, is_signed, lapsed, next_due, robots_on, standing_terms
from collector.accounts.ledger.kinds.care import Stage
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.policy import LifecyclePolicy

STAGES: tuple[Stage, ...] = ("signing", "activation", "growth", "maturity", "decline", "renewal", "churn")
Rule = Literal[
    "lapsed", "left", "in_grace", "due_soon", "notice", "use_fell", "use_not_back", "no_robot_yet", "not_active_yet",
    "first_year", "expanded", "settled",
]  # fmt: skip
"""Why an account is in a stage."""
BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the counts say on that day. `momentum`: use of the last 28 open days over what was expected; None: unknown.

    `active_days`: closed days with a working robot among those that are read; None: nothing is known of the robots.
    """

    active_days: int | None = None
    momentum: float | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """A stage that was entered on `day`, by which rule. `by_hand:STAGE` names what the rules said when it was set."""

    day: int
    stage: Stage
    rule: str


def entry(
    ledger: AccountLedger, day: int, signs: Signs, policy: LifecyclePolicy, *, grace_days: int,
    last: Entered | None = None,
) -> Entered | None:  # fmt: skip
    """The stage that is entered on this day, or None where the last one goes on.

    History is appended to only: a day before the last entry enters nothing.
    """
    if last is not None and day < last.day:
        return None
    said, rule = stage_by_rules(
        ledger, day, signs, policy, grace_days=grace_days, last=None if last is None else last.stage
    )
    set_by_hand = [each for each in ledger.stages if each.day <= day]
    newest = max(set_by_hand, key=lambda each: (each.day, each.id), default=None)
    if newest is not None and (last is None or last.day < newest.day):
        return Entered(day, newest.stage, f"{BY_HAND}:{said}")
    if last is not None and last.rule == f"{BY_HAND}:{said}":
        return None
    return None if last is not None and last.stage == said else Entered(day, said, rule)


def stage_by_rules(
    ledger: AccountLedger, day: int, signs: Signs, policy: LifecyclePolicy, *, grace_days: int,
    last: Stage | None = None,
) -> tuple[Stage, Rule]:  # fmt: skip
    """The stage and the rule that decided. `grace_days`: a renewal this late is late and not lost."""
    first = first_deployed(ledger, day)
    return (
        _leaving(ledger, day, grace_days)
        or _renewing(ledger, day, policy, grace_days)
        or _declining(ledger, day, signs, last, policy, grace_days)
        or (("signing", "no_robot_yet") if first is None else None)
        or _activating(first or day, day, signs, last, policy)
        or _growing(ledger, first or day, day, policy)
        or ("maturity", "settled")
    )


def has_left(ledger: AccountLedger, day: int, stage: str) -> bool:
    """Nothing is left to look after: the stage is churn and no robot stands there any more."""
    return stage == "churn" and not robots_on(ledger, day)


def _activating(
    first: int, day: int, signs: Signs, last: Stage | None, policy: LifecyclePolicy
) -> tuple[Stage, Rule] | None:
    """Robots are there and have not worked on enough days. Long after the first robot it is not asked again."""
    rules = policy.stages
    is_young = day - first <= rules.activation_days
    too_few = is_young if signs.active_days is None else signs.active_days < rules.active_days
    is_asked = is_young or last in {None, "signing", "activation"}
    return ("activation", "not_active_yet") if too_few and is_asked else None


def _growing(ledger: AccountLedger, first: int, day: int, policy: LifecyclePolicy) -> tuple[Stage, Rule] | None:
    if day - first < policy.stages.growth_days:
        return "growth", "first_year"
    return ("growth", "expanded") if _expanded(ledger, day, policy.stages.expanded_days) else None


def _leaving(ledger: AccountLedger, day: int, grace_days: int) -> tuple[Stage, Rule] | None:
    begun = [each for each in ledger.contracts if each.starts <= day and is_signed(each, day)]
    if not begun or standing_terms(ledger, day, grace_days=grace_days):
        return None
    if lapsed(ledger, day, grace_days):
        return "churn", "lapsed"
    if any(is_signed(each, day) and each.starts > day for each in ledger.contracts):
        return None
    due = next_due(ledger, day, grace_days=grace_days)
    return ("churn", "left") if due is None or due.noticed else ("renewal", "in_grace")


def _renewing(ledger: AccountLedger, day: int, policy: LifecyclePolicy, grace_days: int) -> tuple[Stage, Rule] | None:
    due = next_due(ledger, day, grace_days=grace_days)
    if due is not None and due.days_left <= policy.stages.renewal_days:
        return "renewal", "due_soon"
    return None


def _declining(
    ledger: AccountLedger, day: int, signs: Signs, last: Stage | None, policy: LifecyclePolicy, grace_days: int
) -> tuple[Stage, Rule] | None:
    due = next_due(ledger, day, grace_days=grace_days)
    if due is not None and due.noticed:
        return "decline", "notice"
    if signs.momentum is None:
        return ("decline", "use_not_back") if last == "decline" else None
    if signs.momentum <= policy.stages.fell_below:
        return "decline", "use_fell"
    if last == "decline" and signs.momentum < policy.stages.back_above:
        return "decline", "use_not_back"
    return None


def _expanded(ledger: AccountLedger, day: int, within_days: int) -> bool:
    """A won upsell, or a line added to a running contract, not long ago."""
    sold = (
        each.closed_day
        for each in ledger.opportunities
        if each.kind == "upsell" and each.stage == "won" and each.closed_day is not None
    )
    starts = {each.id: each.starts for each in ledger.contracts if is_signed(each, day)}
    added = (
        line.starts
        for line in ledger.lines
        if line.starts is not None and line.contract in starts and line.starts > starts[line.contract]
    )
    return any(day - within_days < bought <= day for bought in (*sold, *added))
