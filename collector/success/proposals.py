"""What a day's score and ledger give reason to do: proposals, from which calls to action are opened. Pure.

A proposal is not yet work for anybody: `decisions` says which become calls to action, `store.update` keeps them.

    exceptions of the health model that hold   one each; severity from their cap
    the ledger's own dates                      RENEWAL, NOTICE, PROMISE, REVIEW, TICKET
    objectives and measures                     OBJECTIVE behind, LOW_USE, RED (by points, without an exception)
    what should be known and is not             NO_DATA, where it leaves no number
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collector.accounts import objectives
from collector.accounts.contracts import terms
from collector.accounts.ledger.view import AccountLedger
from collector.calendar.days import working_day
from collector.health.measures.registry import LOW_USE
from collector.health.model import AccountDay, Cap, Scored
from collector.success.playbooks import Playbooks, rule_of

SEVERITY_SPAN = 80.0  # points: the hardest exception caps at 20
NO_DATA = frozenset({"no_file", "never_heard"})  # causes without an exception of their own; of `dark` DARK speaks
NEXT_WORKING_DAY = frozenset({"contact_left", "contact_bounced", "left", "bounced"})  # reasons of SINGLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something to do for an account. Account, rule and reason together are one call to action, however often seen."""

    row_id: int
    account: str  # its id
    rule: str  # a Code of the health model (SILENT, DROP, …) or one of this package's own (RENEWAL, PROMISE, …)
    reason: str  # a stable word, or the id of the fact that it is about
    severity: float  # 0..1
    due_day: int | None = None  # where the rule itself has a day; else the playbook's
    evidence: Mapping[str, Any] = field(default_factory=dict)  # facts, robots, days, measures; JSON


def of(
    scored: Scored,
    ledger: AccountLedger,
    days: Sequence[AccountDay],
    day: int,
    *,
    playbooks: Playbooks,
    grace_days: int,
    before: Scored | None = None,
) -> list[Proposal]:
    """Everything that `day` gives reason to do for this account, at most one per rule and reason.

    `days` are the score's own (for objectives), `grace_days` its policy's, `before` is the score of the day before
    (for a fall of the band).
    """

    def proposal(rule: str, reason: str, evidence: Mapping[str, Any], due_day: int | None = None) -> Proposal:
        severity = rule_of(rule, playbooks).severity
        return Proposal(
            row_id=ledger.row_id,
            account=ledger.account.id,
            rule=rule,
            reason=reason,
            severity=0.5 if severity is None else severity,
            due_day=due_day,
            evidence=evidence,
        )

    found = [_of_cap(cap, ledger, day) for cap in scored.caps if cap.code != "OVERRIDE" and cap.bound == "cap"]
    found += [proposal(*wanted) for wanted in _no_data(scored)]
    found += [proposal(*wanted) for wanted in _renewals(ledger, day, grace_days, playbooks.proposals.renewal_days)]
    found += [proposal(*wanted) for wanted in _promises(ledger, day)]
    found += [proposal(*wanted) for wanted in _reviews(ledger, day, playbooks.proposals.review_days)]
    found += [proposal(*wanted) for wanted in _tickets(ledger, day)]
    found += [proposal(*wanted) for wanted in _objectives(ledger, days, day)]
    found += [proposal(*wanted) for wanted in _measures(scored, before, playbooks.proposals.low_use_score)]
    return list({(one.rule, one.reason): one for one in reversed(found)}.values())[::-1]


Wanted = tuple[str, str, Mapping[str, Any], int | None]


def severity_of(cap: Cap) -> float:
    """What an exception takes away, as a share of the most that one does: cap 20 -> 1, cap 60 -> 0.5."""
    return min(1.0, max(0.0, (100.0 - cap.value) / SEVERITY_SPAN))


def _of_cap(cap: Cap, ledger: AccountLedger, day: int) -> Proposal:
    at_once = cap.code == "CHAMPION_LEFT" or (cap.code == "SINGLE" and cap.reason in NEXT_WORKING_DAY)
    return Proposal(
        row_id=ledger.row_id,
        account=ledger.account.id,
        rule=cap.code,
        reason=cap.reason,
        severity=severity_of(cap),
        due_day=working_day(day + 1, 0) if at_once else None,
        evidence={"cap": cap.value, **({"tag": cap.tag} if cap.tag else {}), **cap.evidence},
    )


def _no_data(scored: Scored) -> Iterator[Wanted]:
    """Too little is known for a number, because nothing tells of its robots: somebody has to find out why."""
    for spot in scored.blind_spots if scored.final is None else ():
        if spot.cause in NO_DATA:
            evidence = {
                "days": spot.days, "of_days": spot.of, "from_day": spot.from_day, "to_day": spot.to_day,
                "robots_n": spot.robots, "last_day": spot.last_day,
            }  # fmt: skip
            yield "NO_DATA", spot.cause, evidence, None


def _renewals(ledger: AccountLedger, day: int, grace_days: int, renewal_days: int) -> Iterator[Wanted]:
    """The next contract ends soon without a step towards its renewal; or a notice was given."""
    due = terms.next_due(ledger, day, grace_days=grace_days)
    if due is None:
        return
    evidence = {"contract": due.contract.id, "due_day": due.due_day}
    if due.noticed:
        noticed = due.renewal.notice_day if due.renewal is not None else None
        yield "NOTICE", due.contract.id, {**evidence, "notice_day": noticed}, None
    elif due.days_left <= renewal_days and not due.auto_renews and not due.steps:
        yield "RENEWAL", due.contract.id, evidence, None


def _promises(ledger: AccountLedger, day: int) -> Iterator[Wanted]:
    for one in ledger.promises:
        is_open = one.kept_day is None or one.kept_day > day
        if one.made_day <= day and one.due_day < day and is_open:
            yield "PROMISE", one.id, {"promise": one.id, "due_day": one.due_day, "text": one.text}, None


def _reviews(ledger: AccountLedger, day: int, review_days: int) -> Iterator[Wanted]:
    for one in ledger.reviews:
        is_open = one.held_day is None or one.held_day > day
        if 0 < day - one.due_day <= review_days and is_open:
            yield "REVIEW", one.id, {"review": one.id, "kind": one.kind, "due_day": one.due_day}, None


def _tickets(ledger: AccountLedger, day: int) -> Iterator[Wanted]:
    for one in ledger.tickets:
        is_open = one.opened_day <= day and (one.closed_day is None or one.closed_day > day)
        if is_open and one.urgency == "urgent" and one.sla_day is not None and one.sla_day < day:
            yield "TICKET", one.id, {"ticket": one.id, "sla_day": one.sla_day, "subject": one.subject}, None


def _objectives(ledger: AccountLedger, days: Sequence[AccountDay], day: int) -> Iterator[Wanted]:
    for one in objectives.on_track(ledger.objectives, days, day).progress:
        if one.status == "behind":
            evidence = {
                "objective": one.objective.id,
                "counter": one.objective.counter,
                "reached": one.reached,
                "expected": one.expected,
                "target": one.objective.target,
                "to_day": one.objective.to_day,
            }
            yield "OBJECTIVE", one.objective.id, evidence, None


def _measures(scored: Scored, before: Scored | None, low_use_score: float) -> Iterator[Wanted]:
    """Low use by a measure that tells of it; and a fall to red that no exception explains."""
    low = {
        key: {"value": measure.value, "score": measure.score, "peer_median": measure.peer_median}
        for key in LOW_USE
        if (measure := scored.measures.get(key)) is not None
        and measure.state in {"present", "stale"}
        and measure.score is not None
        and measure.score < low_use_score
    }
    if low:
        yield "LOW_USE", "+".join(low), {"measures": low, "peer_group": scored.peer_group}, None
    has_fallen = before is not None and before.band not in {"red", "grey"}
    if scored.band == "red" and not scored.caps and has_fallen:
        largest = sorted(scored.measures, key=lambda key: -scored.measures[key].lost)[:3]
        lost = {key: round(scored.measures[key].lost, 2) for key in largest}
        yield "RED", "points", {"final": scored.final, "lost": lost}, None
