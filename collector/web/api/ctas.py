"""API: calls to action, their tasks and precision, and the playbooks behind them."""

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field

from collector.calendar import days
from collector.operations import ctas
from collector.success.acts import Outcome
from collector.success.ctas import Cta, CtaWithHistory, Precision
from collector.values.paging import Page
from collector.values.texts import ACCOUNT_MAX_CHARS, NAME_MAX_CHARS, NOTE_MAX_CHARS, RULE_MAX_CHARS, TITLE_MAX_CHARS
from collector.web.api.parameters import Day, Paged, day_number
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "calls to action"
# What is too long or empty is refused by the operation, with the words that a command gets.
Note = Annotated[str, Field(json_schema_extra={"maxLength": NOTE_MAX_CHARS})]
Title = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": TITLE_MAX_CHARS})]
CsmId = Annotated[str, Field(json_schema_extra={"maxLength": NAME_MAX_CHARS}, description="a CSM's id")]


class CtasQuery(Paged):
    state: Annotated[
        Literal["digest", "open", "snoozed", "closed"] | None, Field(description="default: all that are not closed")
    ] = None
    owner: CsmId | None = None
    account: str | None = None
    rule: Annotated[str | None, Field(json_schema_extra={"maxLength": RULE_MAX_CHARS}, examples=["SILENT"])] = None


class CtaBody(Body):
    """`due_day` left out: as the playbook says. `owner` left out: the account's CSM."""

    account: Annotated[str, Field(json_schema_extra={"maxLength": ACCOUNT_MAX_CHARS})]
    title: Title
    owner: CsmId | None = None
    due_day: Day | None = None
    severity: Annotated[float | None, Field(json_schema_extra={"minimum": 0, "maximum": 1})] = None


class CloseBody(Body):
    """`useful`: was it right that this was called for? It makes the rule's precision."""

    outcome: Outcome
    useful: bool
    note: Note = ""


class SnoozeBody(Body):
    until: Annotated[Day, Field(description="it comes back on this day")]
    note: Note = ""


class AssignBody(Body):
    owner: CsmId


async def list_ctas(call: Call, query: CtasQuery) -> Page[Cta]:
    return await call.do(ctas.list_ctas, ctas.ListCtas(**query.model_dump()))


async def add_cta(call: Call, _: Query, body: CtaBody) -> CtaWithHistory:
    """One that a person sets: it is open at once, and counts against nobody's limit of a day."""
    due_day = day_number(body.due_day)
    wanted = ctas.AddCta(
        account=body.account, title=body.title, owner=body.owner, due_day=due_day, severity=body.severity
    )
    return await call.do(ctas.add_cta, wanted)


async def one_cta(call: Call, _: Query) -> CtaWithHistory:
    return await call.do(ctas.one_cta, call.number("cta"))


async def close_cta(call: Call, _: Query, body: CloseBody) -> CtaWithHistory:
    """Say what came of it, and whether it was useful."""
    return await call.do(ctas.close_cta, ctas.CloseCta(cta=call.number("cta"), **body.model_dump()))


async def snooze_cta(call: Call, _: Query, body: SnoozeBody) -> CtaWithHistory:
    """Put it away until a day; it comes back by itself."""
    wanted = ctas.SnoozeCta(cta=call.number("cta"), until_day=days.parse(body.until), note=body.note)
    return await call.do(ctas.snooze_cta, wanted)


async def take_back_cta(call: Call, _: Query) -> CtaWithHistory:
    """It is as it was before the caller closed or snoozed it. Refused once somebody did something else with it."""
    return await call.do(ctas.take_back_cta, call.number("cta"))


async def assign_cta(call: Call, _: Query, body: AssignBody) -> CtaWithHistory:
    """Give it to a CSM; one that waits in the digest is opened by that."""
    return await call.do(ctas.assign_cta, ctas.AssignCta(cta=call.number("cta"), owner=body.owner))


async def finish_task(call: Call, _: Query) -> CtaWithHistory:
    """Tick a step of the playbook off."""
    return await call.do(ctas.finish_task, ctas.FinishTask(cta=call.number("cta"), step=call.number("step")))


async def cta_precision(call: Call, _: Query) -> list[Precision]:
    return await call.do(ctas.cta_precision, None)


async def list_playbooks(call: Call, _: Query) -> list[ctas.Playbook]:
    return await call.do(ctas.list_playbooks, None)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/ctas", _TAG, "Calls to action, the most urgent first", Page[Cta], list_ctas, CtasQuery,
          operation=ctas.list_ctas),
    Route("POST", "/ctas", _TAG, "Set one by hand", CtaWithHistory, add_cta, body=CtaBody, operation=ctas.add_cta,
          status=HTTPStatus.CREATED),
    Route("GET", "/ctas/precision", _TAG, "How often each rule was useful; flagged below half", list[Precision],
          cta_precision, operation=ctas.cta_precision),
    Route("GET", "/ctas/{cta}", _TAG, "One of them with its tasks and history", CtaWithHistory, one_cta,
          operation=ctas.one_cta),
    Route("POST", "/ctas/{cta}/close", _TAG, "Close one: its outcome, and whether it was useful", CtaWithHistory,
          close_cta, body=CloseBody, operation=ctas.close_cta),
    Route("POST", "/ctas/{cta}/snooze", _TAG, "Put one away until a day", CtaWithHistory, snooze_cta,
          body=SnoozeBody, operation=ctas.snooze_cta),
    Route("POST", "/ctas/{cta}/take-back", _TAG, "Undo one's own closing or snoozing", CtaWithHistory,
          take_back_cta, operation=ctas.take_back_cta),
    Route("POST", "/ctas/{cta}/assign", _TAG, "Give one to a CSM", CtaWithHistory, assign_cta,
          body=AssignBody, operation=ctas.assign_cta),
    Route("POST", "/ctas/{cta}/tasks/{step}/done", _TAG, "Tick a step of the playbook off", CtaWithHistory,
          finish_task, operation=ctas.finish_task),
    Route("GET", "/playbooks", _TAG, "The rules of calls to action and their steps", list[ctas.Playbook],
          list_playbooks, operation=ctas.list_playbooks),
)  # fmt: skip
