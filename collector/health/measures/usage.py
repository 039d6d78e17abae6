"""Deployment and use (A1, A2, B1, B3, B4): raw values of the window of open days. Pure.

A counter that nobody counted on the known days is unsupported, not zero. What an unknown day counts for: `window`.
"""

import math
from typing import TYPE_CHECKING

from collector.accounts.contracts import terms
from collector.accounts.ledger.kinds.care import Onboarding
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days as local_days
from collector.health.measures.measure import Measure, missing_use
from collector.health.measures.window import Sums
from collector.health.model import AccountInputs, Reading

if TYPE_CHECKING:  # the policy checks its weights against the measures
    from collector.health.policy.file import Policy


def a1(inputs: AccountInputs, policy: "Policy") -> Reading:
    """On-time share of the onboarding steps that are done or due; late counts `late_share`."""
    rules, ledger = policy.onboarding, inputs.ledger
    recent_from = inputs.day - rules.recent_days
    recent = [each.robot for each in ledger.deployments if recent_from < each.from_day <= inputs.day]
    if not recent:
        return Reading(measure="A1", value=None, state="na", why="no_deployment")
    timezone = ledger.account.timezone
    end_s = local_days.hour_starts(inputs.day, timezone)[-1]
    points, counted, newest = 0.0, 0, None
    late: list[str] = []
    overdue: list[str] = []
    for step in ledger.onboarding:
        if step.started_at >= end_s or local_days.of(step.started_at, timezone) <= recent_from:
            continue
        credit = _credit(step, end_s, rules.due_h.get(step.step, 0.0), rules.late_share)
        if credit is None:
            continue
        counted += 1
        points += credit
        newest = max(newest or 0, local_days.of(step.started_at, timezone))
        if credit < 1:
            (late if credit else overdue).append(step.id)
    if not counted:
        has_any = any(step.started_at < end_s for step in ledger.onboarding)
        why = "too_early" if has_any else "not_recorded"
        return Reading(measure="A1", value=None, state="na", why=why)
    detail = {"onboarding": [*late, *overdue], "late": len(late), "overdue": len(overdue)}
    return Reading(
        measure="A1", value=points / counted, count=points, exposure=counted, newest_day=newest, detail=detail
    )


def _credit(step: Onboarding, end_s: int, due_h: float, late_share: float) -> float | None:
    """What a step is worth at the end of the day; None while it may still be in time."""
    due_s = step.started_at + due_h * local_days.HOUR_S
    if step.done_at is not None and step.done_at < end_s:
        return 1.0 if step.done_at <= due_s else late_share
    return None if due_s >= end_s else 0.0


def a2(sums: Sums) -> Reading:
    """Robot-days with work over robot-days that were heard of."""
    if not sums.robot_days:
        return Reading(measure="A2", value=None, state="na", why="not_arrived")
    if not sums.judged:
        return Reading(measure="A2", value=None, state="na", why="unsupported")
    detail: dict[str, object] = {"heard": sums.robot_days, "deployed": sums.deployed}
    if sums.judged < sums.robot_days:
        detail["untold"] = sums.robot_days - sums.judged
    if sums.conflicts:
        detail["conflicts"] = sorted(sums.conflicts)
    return Reading(
        measure="A2",
        value=sums.active / sums.judged,
        count=sums.active,
        exposure=sums.judged,
        known=sums.known(sums.activity_weight),
        newest_day=sums.newest,
        detail=detail,
    )


def b1(sums: Sums, core: str, target: float | None) -> Reading:
    """Core counter per active robot-day; where no robot worked on a known day, it is zero over the days heard."""
    missing = missing_use("B1", sums)
    if missing:
        return missing
    exposure = sums.core_active or sums.core_robot_days
    return Reading(
        measure="B1",
        value=sums.core / exposure,
        count=sums.core,
        exposure=exposure,
        known=sums.known(sums.core_known),
        newest_day=sums.core_newest,
        target=target,
        detail={"counter": core},
    )


def licensed_skills(ledger: AccountLedger, day: int, grace_days: int) -> list[str]:
    """Skills that a line of a standing contract licenses, in order of name."""
    lines = [each for each in ledger.lines if each.skill and each.product == "opk"]
    if not lines:
        return []
    standing = {contract.id for contract in terms.standing_contracts(ledger, day, grace_days=grace_days)}
    return sorted(
        {
            each.skill
            for each in lines
            if each.skill
            and each.contract in standing
            and (each.starts is None or each.starts <= day)
            and (each.ends is None or day <= each.ends)
        }
    )


def b3(sums: Sums, inputs: AccountInputs, policy: "Policy") -> Reading:
    """Skills used over skills licensed. A skill that is installed and counted by nobody is left out."""
    licensed = licensed_skills(inputs.ledger, inputs.day, policy.renewal.grace_days)
    if not licensed:
        return Reading(measure="B3", value=None, state="na", why="no_skills")
    if not sums.known_days:
        return Reading(measure="B3", value=None, state="na", why="not_arrived")
    used: list[str] = []
    unused: list[str] = []
    counters, uses_min = policy.skills, policy.usage.skill_uses_min
    for skill in licensed:
        core = counters.get(skill, ())
        own = f"{skill}."
        found = [count for key, count in sums.counts.items() if key in core or key.startswith(own)]
        if found:
            (used if sum(found) >= uses_min else unused).append(skill)
        elif inputs.fleet.skills and skill not in inputs.fleet.skills:
            unused.append(skill)  # not even installed
    judged = len(used) + len(unused)
    if not judged:
        return Reading(measure="B3", value=None, state="na", why="unsupported")
    detail = {"used": used, "unused": unused}
    return Reading(
        measure="B3", value=len(used) / judged, count=len(used), exposure=judged, known=sums.known(sums.known_weight),
        newest_day=sums.newest, detail=detail,
    )  # fmt: skip


def b4(sums: Sums, policy: "Policy") -> Reading:
    """Wilson's lower bound of interactions over wake-ups. The bound takes at most one interaction per wake-up."""
    if not sums.known_days:
        return Reading(measure="B4", value=None, state="na", why="not_arrived")
    if sums.funnel_newest is None:
        return Reading(measure="B4", value=None, state="na", why="unsupported")
    if not sums.woken:
        return Reading(measure="B4", value=None, state="na", why="no_opportunity")
    rate = sums.answered / sums.woken
    return Reading(
        measure="B4",
        value=wilson_lower(min(rate, 1.0), sums.woken, policy.usage.wilson_z),
        count=sums.answered,
        exposure=sums.woken,
        known=sums.known(sums.funnel_weight),
        newest_day=sums.funnel_newest,
        detail={"rate": round(rate, 4)},
    )


def wilson_lower(share: float, n: float, z: float) -> float:
    """The lower end of Wilson's interval of a share seen in n trials."""
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (share + z * z / (2 * n) - spread) / (1 + z * z / n))


MEASURES = (
    Measure("A1", lambda of: a1(of.inputs, of.policy)),
    Measure("A2", lambda of: a2(of.sums), ages_with="telemetry", is_telemetry=True, is_in_files=True),
    Measure(
        "B1", lambda of: b1(of.sums, of.scene.counter, of.scene.target), ages_with="telemetry", is_telemetry=True,
        is_count_rate=True, is_of_scene=True, is_in_files=True, is_low_use=True,
    ),
    Measure(
        "B3", lambda of: b3(of.sums, of.inputs, of.policy), ages_with="telemetry", is_telemetry=True, is_low_use=True
    ),
    Measure("B4", lambda of: b4(of.sums, of.policy), ages_with="telemetry", is_telemetry=True, is_in_files=True),
)  # fmt: skip
