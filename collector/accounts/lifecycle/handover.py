"""The handover from sales to customer success: its internal clock, which starts when robots ship. Pure."""

from dataclasses import dataclass
from typing import Literal

from collector.accounts.ledger.kinds.care import Handover
from collector.accounts.lifecycle.policy import HandoverRule, LifecyclePolicy

ClockState = Literal["waiting", "due", "overdue", "done", "late"]


@dataclass(frozen=True, slots=True)
class HandoverStep:
    """One step: due until the end of `due_day`; the rule's `who` must act while it is open."""

    rule: HandoverRule
    due_day: int
    done_day: int | None
    state: ClockState


def handover_steps(fact: Handover, day: int, policy: LifecyclePolicy) -> list[HandoverStep]:
    """The clock as it stood on a day: what was done later is open."""
    found = []
    for rule in policy.handover:
        done: int | None = getattr(fact, f"{rule.key}_day")
        if done is not None and done > day:
            done = None
        due = fact.shipped_day + rule.limit_days
        state: ClockState
        if done is not None:
            state = "done" if done <= due else "late"
        else:
            state = "waiting" if day < fact.shipped_day else "due" if day <= due else "overdue"
        found.append(HandoverStep(rule, due, done, state))
    return found
