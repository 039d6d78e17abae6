"""Lifecycle stages and their history, handovers from sales, activation clocks, time to value."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.accounts.ledger.book import read_book
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.care import Handover, Stage
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle import activation_reads
from collector.accounts.lifecycle.activation import ActivationClock
from collector.accounts.lifecycle.handover import handover_steps
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.accounts.lifecycle.stage import Entered
from collector.accounts.rates.survival import TimeToValue
from collector.calendar import days
from collector.context import Context
from collector.language import lifecycle as words
from collector.language import names
from collector.language.catalogue import Language
from collector.operations import filters, ranges
from collector.operations.operation import account_row, operation
from collector.scores import first_value, stages
from collector.values.paging import Page, page_of, read_cursor

YEAR = 365
AHEAD_DAYS = 365  # deployments that begin later are not shown yet


@dataclass(frozen=True, slots=True)
class StageEntered:
    """A stage and the day it was entered; `rule` is a stable word, `why` says it to people."""

    stage: str
    name: str
    since: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class AccountStage:
    """The stage that an account is in."""

    account: str
    account_name: str
    stage: str
    name: str
    since: str
    days: int
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class HandoverStepShown:
    step: str
    name: str
    who: str
    due_day: str
    done_day: str | None
    state: str


@dataclass(frozen=True, slots=True)
class HandoverShown:
    """One handover from sales; its clock starts when robots ship."""

    id: str
    account: str
    shipped_day: str
    steps: list[HandoverStepShown]


@dataclass(frozen=True, slots=True)
class ClockStepShown:
    """`seen_by`: person, robot, guests or survey; empty while it is open."""

    step: str
    name: str
    who: str
    due_at: str
    done_at: str | None
    state: str
    seen_by: str


@dataclass(frozen=True, slots=True)
class ActiveOnShown:
    after_days: int
    day: str
    state: str


@dataclass(frozen=True, slots=True)
class ClockShown:
    """The activation clock of one deployment: what is due, done, late or overdue, and who must act next.

    `satisfaction_by`: guests (what they told the robot) or survey (CSAT), empty without an answer.
    """

    deployment: str
    account: str
    robot: str
    from_day: str
    started_at: str
    steps: list[ClockStepShown]
    active_on: list[ActiveOnShown]
    interactions: int
    wake_ups: int
    conversion: float | None
    answers: int
    satisfaction: float | None
    satisfaction_by: str
    next_step: str | None
    next_who: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStages:
    stage: Stage | None = None
    language: Language
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StagesOf:
    """`account` is its external id."""

    account: str
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHandovers:
    """`only_open`: with a step that is not done."""

    account: str | None = None
    only_open: bool = False
    language: Language
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListClocks:
    """Of deployments that began within so many `days`."""

    account: str | None = None
    days: int
    language: Language
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstValueOf:
    """Customers first deployed in these days. `last_day` None: yesterday; `first_day` None: a year before the last."""

    first_day: int | None = None
    last_day: int | None = None
    scene: str = ""
    segment: str = ""


@operation(roles=INSIDE)
def account_lifecycle(context: Context, wanted: StagesOf) -> list[StageEntered]:
    """Every stage that the account entered, the oldest first. Rows are added when days are closed, never changed."""

    def read(connection: Connection) -> list[Entered]:
        return stages.history(connection, account_row(context, connection, wanted.account))

    return [_entered(each, wanted.language) for each in context.read(read)]


@operation(roles=INSIDE)
def lifecycle_stages(context: Context, wanted: ListStages) -> Page[AccountStage]:
    """The stage of each account, by id. An account appears when the first day with it is closed."""
    today = context.today()
    after = read_cursor(wanted.cursor, str)
    found = context.read(lambda connection: stages.listed(connection, today))
    rest = [
        each
        for each in found
        if (wanted.stage is None or each.stage == wanted.stage) and (after is None or each.account > after[0])
    ]
    items, following = page_of(rest[: wanted.limit + 1], wanted.limit, lambda each: (each.account,))
    shown = []
    for each in items:
        said = _entered(Entered(each.day, each.stage, each.rule), wanted.language)  # type: ignore[arg-type]  # a word out of the store
        shown.append(
            AccountStage(
                each.account, each.name, said.stage, said.name, said.since, today - each.day, said.rule, said.why
            )
        )
    return Page(shown, following)


@operation(roles=INSIDE)
def handover_clocks(context: Context, wanted: ListHandovers) -> Page[HandoverShown]:
    """Handovers from sales by account and id: each step with its due day, what was done late, who must act."""
    after = read_cursor(wanted.cursor, str, str)
    policy = context.policies.lifecycle

    def read(connection: Connection) -> list[HandoverShown]:
        only = None if wanted.account is None else [account_row(context, connection, wanted.account)]

        def shown(known: AccountLedger) -> list[HandoverShown]:
            today = context.today()
            return [_handover(known.account.id, fact, today, policy, wanted.language) for fact in known.handovers]

        of_accounts = read_book(connection, ("handover",), NOW, account_ids=only).of_each(shown)
        return [each for of_account in of_accounts for each in of_account]

    found = sorted(context.read(read), key=lambda each: (each.account, each.id))
    rest = [
        each
        for each in found
        if (after is None or (each.account, each.id) > tuple(after))
        and (not wanted.only_open or any(step.done_day is None for step in each.steps))
    ]
    items, following = page_of(rest[: wanted.limit + 1], wanted.limit, lambda each: (each.account, each.id))
    return Page(list(items), following)


@operation(roles=INSIDE)
def activation_clocks(context: Context, wanted: ListClocks) -> Page[ClockShown]:
    """Activation clocks of deployments that began lately, the newest first."""
    today, limit = context.today(), wanted.limit
    after = read_cursor(wanted.cursor, int, str)

    def read(connection: Connection) -> tuple[list[ActivationClock], str | None]:
        only = None if wanted.account is None else [account_row(context, connection, wanted.account)]
        found = activation_reads.deployed_since(connection, today - wanted.days + 1, today + AHEAD_DAYS, only)
        rest = [pair for pair in found if after is None or (-pair[1].from_day, pair[1].id) > (-after[0], after[1])]
        part, following = page_of(rest[: limit + 1], limit, lambda pair: (pair[1].from_day, pair[1].id))
        clocks = activation_reads.clocks(connection, part, context.now_s(), context.policies.lifecycle)
        return clocks, following

    found, following = context.read(read)
    return Page([_clock(each, wanted.language) for each in found], following)


@operation(roles=INSIDE)
def survival(context: Context, wanted: FirstValueOf) -> TimeToValue:
    """Kaplan-Meier curve of the days from the first robot to the first value event; not yet there is censored."""
    closed = context.today() - 1
    last = closed if wanted.last_day is None else wanted.last_day
    first = last - YEAR + 1 if wanted.first_day is None else wanted.first_day
    ranges.in_order(first, last)
    policies = context.policies

    def read(connection: Connection) -> TimeToValue:
        filters.scene(connection, wanted.scene)
        filters.segment(connection, wanted.segment, policies.segments.by_key)
        return first_value.waits(
            connection, first, last, closed, scene=wanted.scene, segment=wanted.segment, policy=policies.lifecycle,
            grace_days=policies.health.renewal.grace_days,
        )  # fmt: skip

    return context.read(read)


def _handover(account: str, fact: Handover, today: int, policy: LifecyclePolicy, language: Language) -> HandoverShown:
    steps = [
        HandoverStepShown(
            step.rule.key, names.of(step.rule, language), step.rule.who, days.iso(step.due_day),
            None if step.done_day is None else days.iso(step.done_day), step.state,
        )
        for step in handover_steps(fact, today, policy)
    ]  # fmt: skip
    return HandoverShown(fact.id, account, days.iso(fact.shipped_day), steps)


def _entered(each: Entered, language: str) -> StageEntered:
    name, why = words.stage(each.stage, language), words.rule(each.rule, language)
    return StageEntered(each.stage, name, days.iso(each.day), each.rule, why)


def _clock(each: ActivationClock, language: Language) -> ClockShown:
    return ClockShown(
        each.deployment, each.account, each.robot, days.iso(each.from_day), days.rfc3339(each.started_at),
        [
            ClockStepShown(
                step.rule.key, names.of(step.rule, language), step.rule.who, days.rfc3339(step.due_at),
                None if step.done_at is None else days.rfc3339(step.done_at), step.state, step.seen_by,
            )
            for step in each.steps
        ],
        [ActiveOnShown(on.after_days, days.iso(on.day), on.state) for on in each.active_on],
        each.interactions, each.wake_ups, each.conversion, each.answers, each.satisfaction,
        each.satisfaction_by, each.next_step, each.next_who,
    )  # fmt: skip
