"""API: lifecycle stages and their history, handovers, activation clocks, time to value."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.accounts.ledger.book import read_book
from collector.accounts.lifecycle import activation_reads
from collector.accounts.lifecycle.activation import ActivationClock
from collector.accounts.lifecycle.handover import handover_steps
from collector.accounts.lifecycle.stage import NAMES, Entered, rule_text
from collector.accounts.rates.survival import TimeToValue
from collector.calendar import days
from collector.scores import first_value, stages
from collector.values.paging import Page, page_of, read_cursor
from collector.web.api.parameters_rates import (
    YEAR,
    ActivationQuery,
    HandoversQuery,
    HistoryQuery,
    StagesQuery,
    SurvivalQuery,
)
from collector.web.api.rates import today_of
from collector.web.api.routing import Call

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
    """`seen_by`: person, robot or survey; empty while it is open."""

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
    """The activation clock of one deployment: what is due, done, late or overdue, and who must act next."""

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
    next_step: str | None
    next_who: str | None


async def account_lifecycle(call: Call, query: HistoryQuery) -> list[StageEntered]:
    """Every stage that the account entered, the oldest first. Rows are added when days are closed, never changed."""

    def read(connection: Connection) -> list[Entered]:
        row_id = call.account(connection, call.request.match_info["account"])
        return [] if row_id is None else stages.history(connection, row_id)

    return [_entered(each, query.language) for each in await call.read(read)]


def _entered(each: Entered, language: str) -> StageEntered:
    name = NAMES[each.stage][1 if language == "zh" else 0]
    return StageEntered(each.stage, name, days.iso(each.day), each.rule, rule_text(each.rule, language))


async def lifecycle_stages(call: Call, query: StagesQuery) -> Page[AccountStage]:
    """The stage of each account, by id. An account appears when the first day with it is closed."""
    today = today_of(call)
    found = await call.read(lambda connection: stages.listed(connection, today))
    after = read_cursor(query.cursor, str)
    rest = [
        each
        for each in found
        if (query.stage is None or each.stage == query.stage) and (after is None or each.account > after[0])
    ]
    items, following = page_of(rest[: query.limit + 1], query.limit, lambda each: (each.account,))
    shown = []
    for each in items:
        said = _entered(Entered(each.day, each.stage, each.rule), query.language)  # type: ignore[arg-type]  # a word out of the store
        shown.append(
            AccountStage(
                each.account, each.name, said.stage, said.name, said.since, today - each.day, said.rule, said.why
            )
        )
    return Page(shown, following)


async def handover_clocks(call: Call, query: HandoversQuery) -> Page[HandoverShown]:
    """Handovers from sales by account and id: each step with its due day, what was done late, who must act."""
    today = today_of(call)
    after = read_cursor(query.cursor, str, str)
    policy = call.context.policies.lifecycle

    def read(connection: Connection) -> list[HandoverShown]:
        only = call.account(connection, query.account)
        book = read_book(connection, ("handover",), account_ids=None if only is None else [only])
        return [
            HandoverShown(
                fact.id,
                known.account.id,
                days.iso(fact.shipped_day),
                [
                    HandoverStepShown(
                        step.step, step.name, step.who, days.iso(step.due_day),
                        None if step.done_day is None else days.iso(step.done_day), step.state,
                    )
                    for step in handover_steps(fact, today, policy, chinese=query.language == "zh")
                ],
            )
            for known in book.ledgers()
            for fact in known.handovers
        ]  # fmt: skip

    found = sorted(await call.read(read), key=lambda each: (each.account, each.id))
    rest = [
        each
        for each in found
        if (after is None or (each.account, each.id) > tuple(after))
        and (not query.is_open or any(step.done_day is None for step in each.steps))
    ]
    items, following = page_of(rest[: query.limit + 1], query.limit, lambda each: (each.account, each.id))
    return Page(list(items), following)


async def activation_clocks(call: Call, query: ActivationQuery) -> Page[ClockShown]:
    """Activation clocks of deployments that began lately, the newest first."""
    today = today_of(call)
    after = read_cursor(query.cursor, int, str)
    policy = call.context.policies.lifecycle

    def read(connection: Connection) -> tuple[list[ActivationClock], str | None]:
        only = call.account(connection, query.account)
        found = activation_reads.deployed_since(
            connection, today - query.days + 1, today + AHEAD_DAYS, None if only is None else [only]
        )
        rest = [pair for pair in found if after is None or (-pair[1].from_day, pair[1].id) > (-after[0], after[1])]
        part, following = page_of(rest[: query.limit + 1], query.limit, lambda pair: (pair[1].from_day, pair[1].id))
        return (
            activation_reads.clocks(connection, part, call.now_s, policy, chinese=query.language == "zh"),
            following,
        )

    found, following = await call.read(read)
    return Page([_clock(each) for each in found], following)


def _clock(each: ActivationClock) -> ClockShown:
    return ClockShown(
        each.deployment, each.account, each.robot, days.iso(each.from_day), days.rfc3339(each.started_at),
        [
            ClockStepShown(
                step.step, step.name, step.who, days.rfc3339(step.due_at),
                None if step.done_at is None else days.rfc3339(step.done_at), step.state, step.seen_by,
            )
            for step in each.steps
        ],
        [ActiveOnShown(on.after_days, days.iso(on.day), on.state) for on in each.active_on],
        each.interactions, each.wake_ups, each.conversion, each.answers, each.satisfaction, each.next_step,
        each.next_who,
    )  # fmt: skip


async def survival(call: Call, query: SurvivalQuery) -> TimeToValue:
    """Kaplan-Meier curve of the days from the first robot to the first value event; not yet there is censored."""
    closed = today_of(call) - 1
    last = days.parse(query.to) if query.to else closed
    first = days.parse(query.from_) if query.from_ else last - YEAR + 1
    policies = call.context.policies
    return await call.read(
        lambda connection: first_value.waits(
            connection, first, last, closed, scene=query.scene, segment=query.segment, policy=policies.lifecycle,
            grace_days=policies.health.renewal.grace_days,
        )
    )  # fmt: skip
