"""Calls to action: list, show, close, snooze, assign, add, finish a task; playbooks and their precision."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import INSIDE, WRITERS
from collector.context import Context
from collector.notifications import announcements
from collector.operations import filters
from collector.operations.operation import account_row, operation
from collector.success import acts, ctas
from collector.success.acts import ByHand, Outcome
from collector.success.ctas import Cta, CtaFilter, CtaWithHistory, Precision
from collector.success.playbooks import Text
from collector.success.store import Updated
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import (
    NAME_MAX_CHARS,
    NOTE_MAX_CHARS,
    RULE_MAX_CHARS,
    TITLE_MAX_CHARS,
    bounded,
    taken,
    within,
)

AT_ONCE_MAX = 100  # calls to action of one account: more were never open
_LIST = Remedy("list them", "cta list", "GET /api/v1/ctas", "/")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCtas:
    """`state` None: all that are not closed. `account` is its external id."""

    state: str | None = None
    owner: str | None = None
    account: str | None = None
    rule: str | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCta:
    """`owner` None: the account's CSM. `due_day` None: as the playbook says. `severity` None: the rule's."""

    account: str
    title: str
    owner: str | None = None
    due_day: int | None = None
    severity: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCta:
    """`useful`: was it right that this was called for? It makes the rule's precision."""

    cta: int
    outcome: Outcome
    useful: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeCta:
    cta: int
    until_day: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCalls:
    """As a CloseCta, of several."""

    ctas: tuple[int, ...]
    outcome: Outcome
    useful: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeCalls:
    ctas: tuple[int, ...]
    until_day: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCta:
    cta: int
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishTask:
    cta: int
    step: int


@dataclass(frozen=True, slots=True)
class PlaybookTask:
    in_days: int
    text: Text


@dataclass(frozen=True, slots=True)
class Playbook:
    """A rule of calls to action with its steps. `severity` null: the health model's cap says it."""

    rule: str
    title: Text
    severity: float | None
    due_in_days: int
    occasion: str
    steps: list[PlaybookTask]


@operation(roles=INSIDE)
def list_ctas(context: Context, wanted: ListCtas) -> Page[Cta]:
    """The most urgent first. Refuses an unknown account, owner or rule."""
    bounded("rule", wanted.rule, RULE_MAX_CHARS)
    bounded("owner", wanted.owner, NAME_MAX_CHARS)

    def read(connection: Connection) -> Page[Cta]:
        account_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        filters.owner(connection, wanted.owner)
        filters.rule(connection, wanted.rule, context.policies.playbooks)
        chosen = CtaFilter(wanted.state, wanted.owner, account_id, wanted.rule)
        return ctas.page(connection, chosen, context.policies.playbooks, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)


@operation(roles=INSIDE)
def one_cta(context: Context, cta: int) -> CtaWithHistory:
    """One of them with its evidence, tasks and history."""
    return context.read(lambda connection: _one(context, connection, cta))


@operation(roles=WRITERS, writes=True)
def add_cta(context: Context, wanted: AddCta) -> CtaWithHistory:
    """One that a person sets: it is open at once, and counts against nobody's limit of a day."""
    title = taken("title", wanted.title, TITLE_MAX_CHARS)
    owner = None if wanted.owner is None else taken("owner", wanted.owner, NAME_MAX_CHARS)
    if wanted.severity is not None:
        within("severity", wanted.severity, 0, 1)

    def change(connection: Connection) -> CtaWithHistory | Refused:
        account_id = account_row(context, connection, wanted.account)
        by_hand = ByHand(account_id, title, owner, wanted.due_day, wanted.severity)
        made = acts.add(
            connection,
            by_hand,
            context.caller.name,
            context.now_s(),
            context.settings.base_timezone,
            context.policies.playbooks,
        )
        if isinstance(made, Refused):
            return made
        announcements.opened(connection, Updated((made,)), context.now_s(), context.policies.playbooks)
        return _one(context, connection, made)

    return context.write(change)


@operation(roles=WRITERS, writes=True)
def close_cta(context: Context, wanted: CloseCta) -> CtaWithHistory:
    """Say what came of it, and whether it was useful; the webhooks are told."""
    note = taken("note", wanted.note, NOTE_MAX_CHARS, may_be_empty=True)

    return _changed(context, wanted.cta, lambda connection: _close(context, connection, wanted, note))


@operation(roles=WRITERS, writes=True)
def snooze_cta(context: Context, wanted: SnoozeCta) -> CtaWithHistory:
    """Put it away until a day; it comes back by itself. Refuses a day beyond the limit of the playbooks."""
    note = taken("note", wanted.note, NOTE_MAX_CHARS, may_be_empty=True)
    return _changed(
        context, wanted.cta,
        lambda c: acts.snooze(
            c, wanted.cta, wanted.until_day, note, context.caller.name, context.now_s(), _zone(context),
            context.policies.playbooks,
        ),
    )  # fmt: skip


@operation(roles=WRITERS, writes=True)
def take_back_cta(context: Context, cta: int) -> CtaWithHistory:
    """Undo the caller's own closing or snoozing, while nothing was done with it since."""
    return _changed(context, cta, lambda c: _take_back(context, c, cta))


@operation(roles=WRITERS, writes=True)
def close_calls(context: Context, wanted: CloseCalls) -> list[CtaWithHistory]:
    """Close several of one account together, all or none: one call has several reasons."""
    note = taken("note", wanted.note, NOTE_MAX_CHARS, may_be_empty=True)
    return _all_changed(
        context, wanted.ctas,
        lambda c, one: _close(context, c, CloseCta(cta=one, outcome=wanted.outcome, useful=wanted.useful), note),
    )  # fmt: skip


@operation(roles=WRITERS, writes=True)
def snooze_calls(context: Context, wanted: SnoozeCalls) -> list[CtaWithHistory]:
    """Put several away until a day, all or none."""
    note = taken("note", wanted.note, NOTE_MAX_CHARS, may_be_empty=True)
    return _all_changed(
        context, wanted.ctas,
        lambda c, one: acts.snooze(
            c, one, wanted.until_day, note, context.caller.name, context.now_s(), _zone(context),
            context.policies.playbooks,
        ),
    )  # fmt: skip


@operation(roles=WRITERS, writes=True)
def take_back_calls(context: Context, ctas: tuple[int, ...]) -> list[CtaWithHistory]:
    """Undo what the caller did with several together, all or none."""
    return _all_changed(context, ctas, lambda c, one: _take_back(context, c, one))


@operation(roles=WRITERS, writes=True)
def assign_cta(context: Context, wanted: AssignCta) -> CtaWithHistory:
    """Give it to a CSM; one that waits in the digest is opened by that. Refuses an unknown CSM."""
    owner = taken("owner", wanted.owner, NAME_MAX_CHARS)
    playbooks = context.policies.playbooks

    def act(connection: Connection) -> Refused | None:
        done = acts.assign(
            connection, wanted.cta, owner, context.caller.name, context.now_s(), _zone(context), playbooks
        )
        if isinstance(done, Refused):
            return done
        announcements.opened(connection, done, context.now_s(), playbooks)
        return None

    return _changed(context, wanted.cta, act)


@operation(roles=WRITERS, writes=True)
def finish_task(context: Context, wanted: FinishTask) -> CtaWithHistory:
    """Tick a step of its playbook off; again changes nothing."""
    return _changed(
        context, wanted.cta,
        lambda c: acts.finish(c, wanted.cta, wanted.step, context.caller.name, context.now_s(), _zone(context)),
    )  # fmt: skip


@operation(roles=INSIDE)
def cta_precision(context: Context, _: None) -> list[Precision]:
    """How often each rule was useful, as those say who closed its calls to action."""
    return context.read(lambda connection: ctas.precision(connection, context.policies.playbooks))


@operation(roles=INSIDE)
def list_playbooks(context: Context, _: None) -> list[Playbook]:
    """The rules of calls to action and their steps."""
    return [
        Playbook(
            rule.key, rule.title, rule.severity, rule.due_in_days, rule.occasion,
            [PlaybookTask(step.in_days, Text(step.en, step.zh)) for step in rule.steps],
        )
        for rule in context.policies.playbooks.values()
    ]  # fmt: skip


def _zone(context: Context) -> str:
    """Of an account without facts."""
    return context.settings.base_timezone


def _changed(context: Context, cta: int, act: Callable[[Connection], Refused | None]) -> CtaWithHistory:
    def change(connection: Connection) -> CtaWithHistory | Refused:
        refused = act(connection)
        return _one(context, connection, cta) if refused is None else refused

    return context.write(change)


def _all_changed(
    context: Context, wanted: tuple[int, ...], act: Callable[[Connection, int], Refused | None]
) -> list[CtaWithHistory]:
    if len(wanted) > AT_ONCE_MAX:
        raise Refusal(
            Sentence("{count} are too many at once", count=len(wanted)),
            Sentence("send at most {at_once_max}", at_once_max=AT_ONCE_MAX),
            "unprocessable",
        )

    chosen = tuple(dict.fromkeys(wanted))  # one that is named twice is one

    def change(connection: Connection) -> list[CtaWithHistory] | Refused:
        for one in chosen:
            refused = act(connection, one)
            if refused is not None:
                return refused
        return [_one(context, connection, one) for one in chosen]

    return context.write(change)


def _close(context: Context, connection: Connection, wanted: CloseCta, note: str) -> Refused | None:
    refused = acts.close(
        connection, wanted.cta, wanted.outcome, note, context.caller.name, context.now_s(), _zone(context),
        useful=wanted.useful,
    )  # fmt: skip
    if refused is None:
        announcements.closed(connection, _one(context, connection, wanted.cta), context.now_s())
    return refused


def _take_back(context: Context, connection: Connection, cta: int) -> Refused | None:
    was = ctas.one(connection, cta, context.policies.playbooks)
    refused = acts.take_back(connection, cta, context.caller.name, context.now_s())
    if refused is None and was is not None and was.cta.state == "closed":
        announcements.taken_back(connection, cta, context.now_s(), context.policies.playbooks)
    return refused


def _one(context: Context, connection: Connection, cta: int) -> CtaWithHistory:
    found = ctas.one(connection, cta, context.policies.playbooks)
    if found is None:
        raise Refusal(Sentence("there is no call to action {cta}", cta=cta), _LIST, "not_found")
    return found
