"""What to know before a touch: what changed since the last one, what was promised, what to ask. Pure.

A brief is made of facts that are there, each point with the fact or measure that it stands on; it advises nothing that
nobody can check. The sentences are those of `language.brief`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from collector.accounts import objectives
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.health.model import AccountDay, Scored
from collector.language import brief as said
from collector.language import names
from collector.language.catalogue import in_every_language
from collector.success.playbooks import Playbooks, rule_of
from collector.success.priority import contact_day
from collector.success.sections import BriefRules

ROLES_WANTED = ("sponsor", "champion")


@dataclass(frozen=True, slots=True)
class Point:
    """One thing. `about` is the kind of what it stands on (score, measure, ticket, …), `fact` its id."""

    about: str
    fact: str
    day: str | None
    text: dict[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Brief:
    """Before a touch with this account on `day`. `since_day` is the day of the newest two-way contact."""

    account: str
    day: str
    since_day: str
    changed: tuple[Point, ...]
    promised: tuple[Point, ...]
    ask: tuple[Point, ...]


def brief(
    ledger: AccountLedger,
    counted: Sequence[AccountDay],
    day: int,
    *,
    now: Scored | None,
    before: Scored | None,
    rules: Sequence[str],
    playbooks: Playbooks,
    today: int,
) -> Brief:
    """`now` and `before` are the scores of `day` and of the day of the last contact; `rules` those of the account's

    open calls to action, the most urgent first. What was promised is counted to `today`.
    """
    limits = playbooks.brief
    since = since_day(ledger, day, limits)
    return Brief(
        account=ledger.account.id,
        day=days.iso(day),
        since_day=days.iso(since),
        changed=(*_score(now, before), *_measures(now, before, limits), *_tickets(ledger, since, day)),
        promised=tuple(_promised(ledger, counted, day, today)),
        ask=tuple(_ask(ledger, day, rules, playbooks))[: limits.questions_max],
    )


def since_day(ledger: AccountLedger, day: int, limits: BriefRules) -> int:
    """The day that "what changed" counts from."""
    spoken = contact_day(ledger, day)
    return day - limits.look_back_days if spoken is None else min(spoken, day - 1)


def _score(now: Scored | None, before: Scored | None) -> Iterator[Point]:
    if now is None or now.final is None:
        return
    if before is None or before.final is None:
        text = in_every_language(said.score_is, now.final, now.band)
    else:
        text = in_every_language(said.score_went, before.final, before.band, now.final, now.band)
    yield Point("score", "", days.iso(now.day), text)
    stood = {cap.code for cap in before.caps} if before is not None else set()
    for cap in now.caps:
        if cap.code in stood or cap.code not in names.PHRASES:
            continue
        if before is None:
            text = in_every_language(said.signal_holds, cap.code)
        else:
            text = in_every_language(said.new_signal, cap.code, before.day)
        yield Point("exception", cap.code, days.iso(now.day), text)


def _measures(now: Scored | None, before: Scored | None, limits: BriefRules) -> Iterator[Point]:
    """The measures that changed most, losses before gains."""
    if now is None or before is None:
        return
    changes = []
    for key, measure in now.measures.items():
        old = before.measures.get(key)
        if measure.score is not None and old is not None and old.score is not None:
            changes.append((measure.score - old.score, key, old.score, measure.score))
    losses = sorted(change for change in changes if change[0] <= -limits.change_min)[: limits.measures_max]
    gains = sorted((change for change in changes if change[0] >= limits.change_min), reverse=True)[
        : limits.measures_max
    ]
    for _, key, was, score in [*losses, *gains]:
        yield Point("measure", key, days.iso(now.day), in_every_language(said.measure_went, key, was, score))


def _tickets(ledger: AccountLedger, since: int, day: int) -> Iterator[Point]:
    for one in ledger.tickets:
        if since < one.opened_day <= day:
            is_closed = one.closed_day is not None and one.closed_day <= day
            sentence = said.closed_ticket if is_closed else said.open_ticket
            yield Point("ticket", one.id, days.iso(one.opened_day), in_every_language(sentence, one.subject))


def _promised(ledger: AccountLedger, counted: Sequence[AccountDay], day: int, today: int) -> Iterator[Point]:
    """What we owe, the oldest first; then what was agreed as a target, and how it stands."""
    for one in sorted(ledger.promises, key=lambda each: (each.due_day, each.id)):
        if one.made_day <= today and (one.kept_day is None or one.kept_day > today):
            yield Point(
                "promise", one.id, days.iso(one.due_day), in_every_language(said.promise, one.text, today - one.due_day)
            )
    for found in objectives.on_track(ledger.objectives, counted, day).progress:
        target = found.objective
        if target.to_day >= day and found.reached is not None:
            text = in_every_language(
                said.objective, target.text, target.counter, found.reached, target.target, target.per, found.status
            )
            yield Point("objective", target.id, days.iso(target.to_day), text)


def _ask(ledger: AccountLedger, day: int, rules: Sequence[str], playbooks: Playbooks) -> Iterator[Point]:
    """One question for each open call to action, then what the ledger does not know yet."""
    for rule in dict.fromkeys(rules):
        if rule in said.QUESTIONS:
            yield Point("cta", rule_of(rule, playbooks).key, None, in_every_language(said.question, rule))
    present = {one.role for one in ledger.contacts if one.left_day is None or one.left_day > day}
    for role in ROLES_WANTED:
        if role not in present:
            yield Point("contact", role, None, in_every_language(said.who_is, role))
    if not any(one.from_day <= day <= one.to_day for one in ledger.objectives):
        yield Point("objective", "", None, in_every_language(said.which_target))
