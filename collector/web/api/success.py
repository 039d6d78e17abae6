"""API: calls to action, their tasks and precision; briefs, success plans and suggestions of an account."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from collector.calendar import days
from collector.fleet.accounts import Refused
from collector.notifications import announcements
from collector.success import acts, ctas, reads
from collector.success.acts import ByHand, Missing
from collector.success.brief import Brief
from collector.success.ctas import Cta, CtaFilter, CtaWithHistory, Precision
from collector.success.plans import Plans
from collector.success.playbooks import PLAYBOOKS, Text
from collector.success.store import Updated
from collector.success.suggestions import Suggestions
from collector.values.paging import Page
from collector.web.api import parameters_success as p
from collector.web.api.accounts import number
from collector.web.api.routing import Call, Query
from collector.web.errors import ConflictProblem, NotFound

T = TypeVar("T")
_LIST = "list them with GET /api/v1/ctas"
_NO_FACTS = "write the account's facts first: PUT /api/v1/accounts/{account}"


@dataclass(frozen=True, slots=True)
class PlaybookStep:
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
    steps: list[PlaybookStep]


async def list_ctas(call: Call, query: p.CtasQuery) -> Page[Cta]:
    def read(connection: Connection) -> Page[Cta]:
        chosen = CtaFilter(query.state, query.owner, call.account(connection, query.account), query.rule)
        return ctas.page(connection, chosen, limit=query.limit, cursor=query.cursor)

    return await call.read(read)


async def add_cta(call: Call, _: Query, body: p.CtaBody) -> CtaWithHistory:
    """One that a person sets: it is open at once, and counts against nobody's five a day."""

    def change(connection: Connection) -> CtaWithHistory | Refused:
        account_id = call.account(connection, body.account)
        assert account_id is not None
        due_day = None if body.due_day is None else days.parse(body.due_day)
        wanted = ByHand(account_id, body.title, body.owner, due_day, body.severity)
        made = acts.add(connection, wanted, call.caller.name, call.now_s)
        if isinstance(made, Refused):
            return made
        announcements.opened(connection, Updated((made,)), call.now_s)
        return _one(connection, made)

    return _or_conflict(await call.write(change))


async def one_cta(call: Call, _: Query) -> CtaWithHistory:
    cta_id = number(call, "cta")
    return await call.read(lambda connection: _one(connection, cta_id))


async def close_cta(call: Call, _: Query, body: p.CloseBody) -> CtaWithHistory:
    """Say what came of it, and whether it was useful."""

    def change(connection: Connection, cta_id: int) -> Refused | Missing | None:
        done = acts.close(connection, cta_id, body.outcome, body.note, call.caller.name, call.now_s, useful=body.useful)
        if done is None:
            announcements.closed(connection, _one(connection, cta_id), call.now_s)
        return done

    return await _changed(call, change)


async def snooze_cta(call: Call, _: Query, body: p.SnoozeBody) -> CtaWithHistory:
    """Put it away until a day; it comes back by itself."""
    until = days.parse(body.until)
    return await _changed(
        call,
        lambda connection, cta_id: acts.snooze(connection, cta_id, until, body.note, call.caller.name, call.now_s),
    )


async def assign_cta(call: Call, _: Query, body: p.AssignBody) -> CtaWithHistory:
    """Give it to a CSM; one that waits in the digest is opened by that."""
    return await _changed(
        call, lambda connection, cta_id: acts.assign(connection, cta_id, body.owner, call.caller.name, call.now_s)
    )


async def finish_task(call: Call, _: Query) -> CtaWithHistory:
    """Tick a step of the playbook off."""
    step = number(call, "step")
    return await _changed(
        call, lambda connection, cta_id: acts.finish(connection, cta_id, step, call.caller.name, call.now_s)
    )


async def cta_precision(call: Call, _: Query) -> list[Precision]:
    return await call.read(ctas.precision)


async def list_playbooks(call: Call, _: Query) -> list[Playbook]:  # noqa: ARG001 - the form of every route
    return [
        Playbook(
            rule.key,
            rule.title,
            rule.severity,
            rule.due_in_days,
            rule.occasion,
            [PlaybookStep(step.in_days, Text(step.en, step.zh)) for step in rule.steps],
        )
        for rule in PLAYBOOKS.values()
    ]


async def account_brief(call: Call, query: p.DayQuery) -> Brief:
    """Before a touch: what changed since the customer last spoke, what was promised, what to ask."""
    return await _of_account(call, query, reads.brief)


async def account_plans(call: Call, query: p.DayQuery) -> Plans:
    """Objectives agreed with the customer, tracked from what the robots counted."""
    return await _of_account(call, query, reads.plans)


async def account_suggestions(call: Call, query: p.DayQuery) -> Suggestions:
    """What places of the same industry and scene with high use have and use, and this account lacks."""
    return await _of_account(call, query, reads.suggestions_for)


async def _of_account(
    call: Call, query: p.DayQuery, answer: Callable[[Connection, int, int, int | None], T | None]
) -> T:
    def read(connection: Connection) -> T:
        name = call.request.match_info["account"]
        account_id = call.account(connection, name)
        assert account_id is not None
        day = None if query.day is None else days.parse(query.day)
        found = answer(connection, account_id, call.now_s, day)
        if found is None:
            raise NotFound(f"nothing but the name of account {name} is known", _NO_FACTS)
        return found

    return await call.read(read)


async def _changed(call: Call, change: Callable[[Connection, int], Refused | Missing | None]) -> CtaWithHistory:
    cta_id = number(call, "cta")

    def act(connection: Connection) -> CtaWithHistory | Refused:
        refused = change(connection, cta_id)
        if isinstance(refused, Missing):
            raise NotFound(f"there is no {refused.what}", _LIST)
        return _one(connection, cta_id) if refused is None else refused

    return _or_conflict(await call.write(act))


def _one(connection: Connection, cta_id: int) -> CtaWithHistory:
    found = ctas.one(connection, cta_id)
    if found is None:
        raise NotFound(f"there is no call to action {cta_id}", _LIST)
    return found


def _or_conflict(made: CtaWithHistory | Refused) -> CtaWithHistory:
    if isinstance(made, Refused):
        raise ConflictProblem(made.why, made.remedy)
    return made
