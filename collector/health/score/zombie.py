"""ZOMBIE: the signs that a customer who uses its robots well is already leaving. Pure; nothing after T counts.

Each sign counts once, however often it was seen. Whether use is good is for the score to say.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from collector.accounts.contracts.terms import Due
from collector.health.measures.conversation import Conversation
from collector.health.measures.relation import COMPANY_POLICY
from collector.health.model import AccountInputs, Cap
from collector.health.policy.file import Policy

_ROLES = ("sponsor", "champion")
_ROUNDING = 1e-9  # 1 - 0.8 is not 0.2
_IN_A_ROW = 2  # windows that an edit's fall is seen by: the last one and the one before


def zombie(inputs: AccountInputs, said: Conversation, due: Due | None, policy: Policy) -> Cap | None:
    """The exception as it would hold if use is good; None with fewer signs than it needs."""
    rules = policy.zombie
    signs: dict[str, Any] = {}
    for name, evidence in _signs(inputs, said, due, policy):
        signs.setdefault(name, evidence)
    if len(signs) < rules.signals:
        return None
    is_many = len(signs) >= rules.many_signals
    evidence = {"signs": sorted(signs), **_merged(signs)}
    return Cap(
        code="ZOMBIE",
        value=rules.many_cap if is_many else rules.cap,
        reason="three_signals" if is_many else "two_signals",
        evidence=evidence,
    )


def _merged(signs: Mapping[str, Mapping[str, list[str]]]) -> dict[str, list[str]]:
    """The facts behind all signs, by the ledger's field."""
    merged: dict[str, set[str]] = {}
    for facts in signs.values():
        for name, ids in facts.items():
            merged.setdefault(name, set()).update(ids)
    return {name: sorted(ids) for name, ids in sorted(merged.items())}


def _signs(
    inputs: AccountInputs, said: Conversation, due: Due | None, policy: Policy
) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    rules = policy.zombie
    is_near = due is not None and due.days_left <= rules.renewal_days and not due.steps
    if due is not None and is_near and (due.noticed or not due.auto_renews):
        yield "no_renewal_step", {"contracts": [due.contract.id]}
    yield from _unanswered(inputs, said, rules.unanswered_days)
    if inputs.ledger.signals:
        yield from _seen(inputs, policy)
    declined = [
        each.id
        for each in inputs.ledger.references
        if each.outcome in ("declined", "withdrawn")
        and each.reason != COMPANY_POLICY
        and _recent(each.asked_day if each.outcome_day is None else each.outcome_day, inputs.day, rules.signal_days)
    ]
    if declined:
        yield "reference_declined", {"references": declined}


def _unanswered(inputs: AccountInputs, said: Conversation, days: int) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    """A sponsor or champion who has not answered the oldest message since the last word for so long."""
    for person in inputs.ledger.contacts:
        if person.role not in _ROLES:
            continue
        last = max((each.day for each in said.replies if each.contact == person.id), default=-1)
        waiting = [
            each
            for each in said.outreach
            if each.contact == person.id and each.day > last and each.answered_day is None
        ]
        if waiting and inputs.day - waiting[0].day >= days:
            yield "no_answer", {"contacts": [person.id], waiting[0].fact: [waiting[0].id]}


def _seen(inputs: AccountInputs, policy: Policy) -> Iterator[tuple[str, Mapping[str, list[str]]]]:
    """Signs among the recorded signals."""
    rules, day = policy.zombie, inputs.day
    by_signal: dict[str, list[tuple[int, int, str]]] = {}
    for each in inputs.ledger.signals:
        if each.day <= day:
            by_signal.setdefault(each.signal, []).append((each.day, each.count, each.id))

    def recent(signal: str) -> list[tuple[int, int, str]]:
        return [each for each in by_signal.get(signal, ()) if _recent(each[0], day, rules.signal_days)]

    edits = by_signal.get("config_edit", [])
    if _edits_fell(edits, day, policy):
        yield (
            "edits_fell",
            {"signals": [name for when, _, name in edits if _recent(when, day, rules.edits_before_days)]},
        )
    updates = recent("update_declined")
    if sum(count for _, count, _ in updates) >= rules.declined_updates:
        yield "updates_declined", {"signals": [name for _, _, name in updates]}
    for signal in ("skill_uninstalled", "competitor"):
        if recent(signal):
            yield signal, {"signals": [name for _, _, name in recent(signal)]}
    exports = by_signal.get("data_export", [])
    if exports and _export_rose(exports, day, policy):
        yield "data_export", {"signals": [name for when, _, name in exports if _recent(when, day, rules.export_days)]}


def _recent(when: int, day: int, days: int) -> bool:
    return day - days < when <= day


def _sum(seen: list[tuple[int, int, str]], after: int, until: int) -> int:
    return sum(count for when, count, _ in seen if after < when <= until)


def _edits_fell(edits: list[tuple[int, int, str]], day: int, policy: Policy) -> bool:
    """So much fewer than in the window before, or none while there were some within the year."""
    rules = policy.zombie
    now = _sum(edits, day - rules.edits_days, day)
    before = _sum(edits, day - _IN_A_ROW * rules.edits_days, day - rules.edits_days)
    if before and now / before <= 1 - rules.edits_fall + _ROUNDING:
        return True
    return now == 0 and _sum(edits, day - rules.edits_before_days, day - rules.edits_days) > 0


def _export_rose(exports: list[tuple[int, int, str]], day: int, policy: Policy) -> bool:
    """Exports of a month against the mean month before; a base below one export counts as one."""
    rules = policy.zombie
    now = _sum(exports, day - rules.export_days, day)
    before = _sum(exports, day - rules.export_days - rules.export_base_days, day - rules.export_days)
    base = max(before * rules.export_days / rules.export_base_days, 1.0)
    return now >= rules.export_ratio * base
