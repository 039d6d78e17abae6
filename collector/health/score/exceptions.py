"""The exceptions that bound a score, of the ledger and of the robots, with their evidence. Pure.

Each names the facts, robots and days that it rests on. ZOMBIE also needs good use, SINGLE of a small account that it is
of the top tier: these are `pending` until the score is known. DROP comes from the anomaly rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collector.accounts.contracts import terms
from collector.accounts.contracts.terms import Due
from collector.accounts.ledger.kinds.care import Override
from collector.calendar import days as local_days
from collector.health.measures.commercial import overdue_days
from collector.health.measures.conversation import Conversation, listed
from collector.health.measures.relation import COMPANY_POLICY, active_contacts, gone_day
from collector.health.model import HISTORY_DAYS, AccountDay, AccountInputs, Cap
from collector.health.open_days import OpenDays
from collector.health.policy.file import Policy
from collector.health.score.zombie import zombie

KEY_ROLES = ("champion", "sponsor")  # whose leaving is a matter of its own
TOP_TIER_ONLY = "top_tier_only"  # in the evidence of a pending SINGLE


@dataclass(frozen=True, slots=True)
class Observed:
    """What readings have already found out about an account on T."""

    inputs: AccountInputs
    opened: OpenDays
    said: Conversation
    due: Due | None
    robots: int
    policy: Policy
    is_closed: bool  # for so long that telemetry is muted


def found(seen: Observed) -> tuple[tuple[Cap, ...], tuple[Cap, ...]]:
    """Exceptions that hold, and those that hold if the score agrees."""
    holding = [
        cap
        for cap in (
            silent(seen), champion_left(seen), ref_refuse(seen), dark(seen), fault(seen), stall(seen), overdue(seen),
            lapsed(seen),
        )
        if cap is not None
    ]  # fmt: skip
    pending = [cap for cap in (zombie(seen.inputs, seen.said, seen.due, seen.policy),) if cap is not None]
    one = single(seen)
    if one is not None:
        (pending if one.evidence.get(TOP_TIER_ONLY) else holding).append(one)
    return tuple(holding), tuple(pending)


def silent(seen: Observed) -> Cap | None:
    """Messages over weeks, by two channels, and no person replied to any of them nor wrote by themselves."""
    rules, day = seen.policy.silent, seen.inputs.day
    last_reply = max((each.day for each in seen.said.replies), default=None)
    streak = [
        each
        for each in seen.said.outreach
        if each.answered_day is None
        and each.day > day - rules.look_back_days
        and (last_reply is None or each.day > last_reply)
    ]
    if len(streak) < rules.outreach or day - streak[0].day < rules.days:
        return None
    channels = sorted({each.channel for each in streak})
    if len(channels) < rules.channels:
        return None
    is_near = seen.due is not None and seen.due.days_left <= rules.renewal_days
    is_long = day - streak[0].day >= rules.long_days
    reason = "long" if is_long else "renewal" if is_near else "outreach"
    evidence = {
        **listed(streak), "messages": len(streak), "channels": channels, "since_day": streak[0].day,
        "last_reply_day": last_reply,
    }  # fmt: skip
    value = rules.hard_cap if is_long or is_near else rules.cap
    return Cap(code="SILENT", value=value, reason=reason, evidence=evidence)


def single(seen: Observed) -> Cap | None:
    """One person carries the account, or the last one who did is gone and nobody has come instead."""
    rules, inputs = seen.policy.single, seen.inputs
    ledger, day, within = inputs.ledger, inputs.day, seen.policy.contacts.active_days
    spoken = active_contacts(ledger, seen.said, day, within)
    gone = {name: when for name in spoken if (when := gone_day(ledger, name, day)) is not None}
    here = sorted(set(spoken) - set(gone))
    if not spoken:
        gone = _last_gone(seen)
    evidence: dict[str, Any] = {} if seen.robots >= rules.robots_from else {TOP_TIER_ONLY: True}
    evidence["robots_n"] = seen.robots
    if len(here) == 1:
        evidence |= {"contacts": here, "last_day": spoken[here[0]]}
        return Cap(code="SINGLE", value=rules.cap, reason="one_contact", evidence=evidence)
    if here or not gone:
        return None
    newest = max(gone, key=lambda name: (gone[name], name))
    bounced = next((each.bounced_day for each in ledger.contacts if each.id == newest), None)
    reason = "contact_bounced" if bounced == gone[newest] else "contact_left"
    evidence |= {"contacts": sorted(gone), "since_day": gone[newest]}
    return Cap(code="SINGLE", value=rules.left_cap, reason=reason, evidence=evidence)


def _last_gone(seen: Observed) -> dict[str, int]:
    """Contacts who were active when they left, where nobody has been active since."""
    rules, inputs = seen.policy.single, seen.inputs
    last: dict[str, int] = {}
    for each in seen.said.replies:
        if each.contact:
            last[each.contact] = each.day
    left: dict[str, int] = {}
    for person in inputs.ledger.contacts:
        when = gone_day(inputs.ledger, person.id, inputs.day)
        if when is None or when <= inputs.day - rules.left_days or person.id not in last:
            continue
        if last[person.id] > when - seen.policy.contacts.active_days:
            left[person.id] = when
    if not left or any(spoke > max(left.values()) for name, spoke in last.items() if name not in left):
        return {}
    return left


def champion_left(seen: Observed) -> Cap | None:
    """The sponsor or the champion is gone, and nobody of that role is there who has spoken since or shortly before."""
    rules, ledger, day = seen.policy.champion_left, seen.inputs.ledger, seen.inputs.day
    last = {each.contact: each.day for each in seen.said.replies if each.contact}
    lost: dict[str, tuple[int, str]] = {}
    waiting: list[str] = []
    for role in KEY_ROLES:
        people = [each for each in ledger.contacts if each.role == role]
        gone = [(when, each.id) for each in people if (when := gone_day(ledger, each.id, day)) is not None]
        newest = max(gone, default=None)
        if newest is None or newest[0] <= day - rules.days:
            continue
        here = [each.id for each in people if (each.since_day or 0) <= day and gone_day(ledger, each.id, day) is None]
        since_day = newest[0] - seen.policy.contacts.active_days
        if not any(last.get(each, since_day) > since_day for each in here):
            lost[role] = newest
            waiting += here
    if not lost:
        return None
    is_both = len(lost) == len(KEY_ROLES)
    evidence = {
        "contacts": sorted(name for _, name in lost.values()), "roles": sorted(lost),
        "since_day": max(when for when, _ in lost.values()), "unanswered": sorted(waiting),
    }  # fmt: skip
    return Cap(
        code="CHAMPION_LEFT", value=rules.both_cap if is_both else rules.cap, reason="both" if is_both else min(lost),
        evidence=evidence,
    )  # fmt: skip


def ref_refuse(seen: Observed) -> Cap | None:
    """Asked to speak for us and declined lately, or took back a yes; company policy says nothing about us."""
    rules, day = seen.policy.ref_refuse, seen.inputs.day
    refused, withdrawn = [], []
    for each in seen.inputs.ledger.references:
        when = each.asked_day if each.outcome_day is None else each.outcome_day
        if each.kind == "certificate" or not day - rules.days < when <= day or each.reason == COMPANY_POLICY:
            continue
        if each.outcome == "withdrawn" and each.accepted_day is not None and each.accepted_day <= when:
            withdrawn.append((when, each.id))
        elif each.outcome in ("declined", "withdrawn"):
            refused.append((when, each.id))
    both = sorted(refused + withdrawn)
    if not both:
        return None
    evidence = {"references": [name for _, name in both], "since_day": both[-1][0]}
    value, reason = (rules.withdrawn_cap, "withdrawn") if withdrawn else (rules.cap, "declined")
    return Cap(code="REF_REFUSE", value=value, reason=reason, evidence=evidence)


def dark(seen: Observed) -> Cap | None:
    """Half of the robots are not heard of on each of the last open days."""
    rules, recent = seen.policy.dark, seen.opened.open[-seen.policy.dark.open_days :]
    if seen.is_closed or not seen.opened.here or len(recent) < rules.open_days or not recent[-1].robots:
        return None
    robots = set(recent[0].dark).intersection(*(each.dark for each in recent[1:]))
    if not robots or len(robots) / recent[-1].robots < rules.share:
        return None
    evidence = {
        "robots": sorted(robots), "of": recent[-1].robots, "from_day": recent[0].day, "to_day": recent[-1].day,
        "last_heard_day": _last_heard_day(seen, robots),
    }  # fmt: skip
    return Cap(code="DARK", value=rules.cap, reason="no_heartbeat", evidence=evidence)


def _last_heard_day(seen: Observed, robots: set[int]) -> int | None:
    """The last day, open or closed, that any of these robots was heard; None: on none of the days that are known."""
    last = None
    for each in reversed(seen.opened.all):
        if each.robots and not robots <= set(each.dark):
            last = each.day
            break
    return last


def fault(seen: Observed) -> Cap | None:
    """Severe faults have been open for days on a part of the robots."""
    rules = seen.policy.fault
    if seen.is_closed or not seen.opened.here or not seen.opened.open:
        return None
    last = seen.opened.open[-1]
    if not last.stuck or not last.robots or len(last.stuck) / last.robots < rules.share:
        return None
    evidence = {
        "robots": sorted(last.stuck), "of": last.robots, "day": last.day, "open_h": rules.open_h,
        "since_day": _opened_day(seen, last, int(rules.open_h)),
    }  # fmt: skip
    return Cap(code="FAULT", value=rules.cap, reason="stays_open", evidence=evidence)


def _opened_day(seen: Observed, last: AccountDay, open_h: int) -> int | None:
    """The day on which the oldest of these faults opened; None: before the days that are known.

    A robot is stuck from the end of the day on at which its fault had been open for so long.
    """
    by_day = {each.day: each for each in seen.opened.all}
    first = []
    for robot in last.stuck:
        day = last.day
        while day - 1 in by_day and robot in by_day[day - 1].stuck:
            day -= 1
        if day - 1 not in by_day:
            return None
        first.append(day)
    return min(first) - open_h * local_days.HOUR_S // local_days.DAY_S


def stall(seen: Observed) -> Cap | None:
    """The first robot came weeks ago, and robots have not worked on enough days since.

    Days of which nobody can say whether robots worked are no days without work: with too many of them it holds nothing.
    """
    rules, day = seen.policy.stall, seen.inputs.day
    first = terms.first_deployed(seen.inputs.ledger, day)
    if first is None or not seen.opened.here or not rules.first_day <= day - first < HISTORY_DAYS:
        return None
    worked = sum(1 for each in seen.opened.all if each.active > 0)
    told = sum(1 for each in seen.opened.open if each.heard > each.untold)
    if worked >= rules.active_days or told < max(1.0, rules.known_share * len(seen.opened.open)):
        return None
    is_second = day - first >= rules.second_day
    end_s = local_days.hour_starts(day, seen.inputs.ledger.account.timezone)[-1]
    undone = sorted(
        each.id
        for each in seen.inputs.ledger.onboarding
        if each.started_at < end_s and (each.done_at is None or each.done_at >= end_s)
    )
    evidence = {
        "since_day": first, "active_days": worked, "known_days": told, "open_days": len(seen.opened.open),
        "onboarding": undone,
    }  # fmt: skip
    return Cap(
        code="STALL",
        value=rules.second_cap if is_second else rules.first_cap,
        reason="day_30" if is_second else "day_14",
        evidence=evidence,
    )


def overdue(seen: Observed) -> Cap | None:
    """An invoice is overdue for longer than anybody forgets."""
    rules = seen.policy.overdue
    late = {name: n for name, n in overdue_days(seen.inputs.ledger, seen.inputs.day).items() if n > rules.days}
    if not late:
        return None
    evidence: Mapping[str, Any] = {"invoices": sorted(late), "days": max(late.values())}
    return Cap(code="OVERDUE", value=rules.cap, reason="invoice", evidence=evidence)


def lapsed(seen: Observed) -> Cap | None:
    """Every contract has ended, none was renewed, and the grace is over."""
    ledger, day, grace = seen.inputs.ledger, seen.inputs.day, seen.policy.renewal.grace_days
    if not ledger.contracts or not terms.lapsed(ledger, day, grace):
        return None
    after = terms.continued(ledger, day, grace)
    contracts = sorted(each.id for each in ledger.contracts if each.starts <= day and each.id not in after)
    return Cap(
        code="LAPSED", value=seen.policy.lapsed.cap, reason="grace_over",
        evidence={"contracts": contracts, "grace_days": grace},
    )  # fmt: skip


def overrides(seen: Observed) -> Iterator[Cap]:
    """A person's caps and floors that stand on T; each for a limited time, whatever it says.

    Of a cap and a floor above it, the one that began later stands; of two that began on one day, the cap.
    """
    day, longest = seen.inputs.day, seen.policy.people.override_days
    standing = [
        (each, min(each.to_day, each.from_day + longest - 1))
        for each in seen.inputs.ledger.overrides
        if each.from_day <= day <= min(each.to_day, each.from_day + longest - 1)
    ]
    standing.sort(key=lambda one: (-one[0].from_day, one[0].bound != "cap", one[0].id))
    kept: list[Override] = []
    replaced: dict[str, list[str]] = {}
    for each, _ in standing:
        against = next((one for one in kept if _contradict(one, each)), None)
        if against is None:
            kept.append(each)
        else:
            replaced.setdefault(against.id, []).append(each.id)
    for each, until in standing:
        if each in kept:
            evidence = {"overrides": [each.id], "text": each.reason, "by": each.by}
            if each.id in replaced:
                evidence["replaced"] = sorted(replaced[each.id])
            yield Cap(
                code="OVERRIDE", bound=each.bound, value=each.value, reason="by_person", evidence=evidence,
                until_day=until,
            )  # fmt: skip


def _contradict(one: Override, other: Override) -> bool:
    """A floor above a cap: no number is over the one and under the other."""
    if one.bound == other.bound:
        return False
    floor, cap = (one, other) if one.bound == "floor" else (other, one)
    return floor.value > cap.value
