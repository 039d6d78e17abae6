"""API: whom to call next, what is done with several reasons of one call together, and Today as one answer."""

from typing import Annotated

from pydantic import Field

from collector.calendar import days
from collector.operations import account_handover, calls, ctas, stated
from collector.operations import today as of_today
from collector.operations.account_handover import HandedOver, HandOver
from collector.operations.calls import Whose
from collector.operations.stated import CallsStated, TodayStated
from collector.success.acts import Outcome
from collector.success.ctas import Cta, CtaWithHistory
from collector.web.api.ctas import CsmId, Note
from collector.web.api.parameters import Day, Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "calls"
# How many at once is refused by the operation, with the words that a command gets.
Several = Annotated[tuple[int, ...], Field(json_schema_extra={"maxItems": ctas.AT_ONCE_MAX}, description="their ids")]


class CallsQuery(Paged):
    whose: Annotated[
        Whose | None, Field(description="default: mine, or all where the caller is no CSM", examples=["all"])
    ] = None


class TodayQuery(CallsQuery):
    lines: Annotated[int, Field(ge=1, le=of_today.LINES_MAX, description="of each list beside the calls")] = (
        of_today.LINES
    )


class CloseCallsBody(Body):
    """As of one call to action, for all of them."""

    ctas: Several
    outcome: Outcome
    useful: bool
    note: Note = ""


class SnoozeCallsBody(Body):
    ctas: Several
    until: Annotated[Day, Field(description="they come back on this day")]
    note: Note = ""


class SeveralBody(Body):
    ctas: Several


class HandOverBody(Body):
    """Who looks after the account from now on. `calls` left out: all of the former CSM's that are not closed."""

    csm: CsmId
    calls: Annotated[tuple[int, ...] | None, Field(description="these calls to action alone go along")] = None


async def list_calls(call: Call, query: CallsQuery) -> CallsStated:
    wanted = calls.ListCalls(whose=await _whose(call, query), limit=query.limit, cursor=query.cursor)
    return stated.calls(await call.do(calls.list_calls, wanted))


async def calls_of_account(call: Call, _: Query) -> list[Cta]:
    return stated.reasons(await call.do(calls.calls_of_account, call.request.match_info["account"]))


async def hand_over(call: Call, _: Query, body: HandOverBody) -> HandedOver:
    """The account's calls to action go along; with `before` and `calls` of the answer it is taken back."""
    wanted = HandOver(account=call.request.match_info["account"], csm=body.csm, calls=body.calls)
    return await call.do(account_handover.hand_over, wanted)


async def close_calls(call: Call, _: Query, body: CloseCallsBody) -> list[CtaWithHistory]:
    """Say what came of them, all or none."""
    return await call.do(ctas.close_calls, ctas.CloseCalls(**body.model_dump()))


async def snooze_calls(call: Call, _: Query, body: SnoozeCallsBody) -> list[CtaWithHistory]:
    """Put them away until a day, all or none."""
    wanted = ctas.SnoozeCalls(ctas=body.ctas, until_day=days.parse(body.until), note=body.note)
    return await call.do(ctas.snooze_calls, wanted)


async def take_back_calls(call: Call, _: Query, body: SeveralBody) -> list[CtaWithHistory]:
    """They are as they were before the caller closed or snoozed them, all or none."""
    return await call.do(ctas.take_back_calls, body.ctas)


async def today(call: Call, query: TodayQuery) -> TodayStated:
    """Calls, what is promised and due, and what changed over the last closed day; all of one moment."""
    whose = await _whose(call, query)
    wanted = of_today.TodayOf(whose=whose, limit=query.limit, cursor=query.cursor, lines=query.lines)
    return stated.today(await call.do(of_today.today, wanted))


async def _whose(call: Call, query: CallsQuery) -> Whose:
    if query.whose is not None:
        return query.whose
    return "all" if await call.do(calls.default_whose, None) == "all" else "mine"


ROUTES: tuple[Route, ...] = (
    Route("GET", "/calls", _TAG, "Accounts with open calls to action, the most urgent first", CallsStated, list_calls,
          CallsQuery, operation=calls.list_calls),
    Route("GET", "/accounts/{account}/calls", _TAG, "The open calls to action of one account, whoever owns them",
          list[Cta], calls_of_account, operation=calls.calls_of_account),
    Route("POST", "/accounts/{account}/hand-over", _TAG, "Give an account, with its calls to action, to another CSM",
          HandedOver, hand_over, body=HandOverBody, operation=account_handover.hand_over),
    Route("POST", "/calls/close", _TAG, "Close several calls to action together", list[CtaWithHistory], close_calls,
          body=CloseCallsBody, operation=ctas.close_calls),
    Route("POST", "/calls/snooze", _TAG, "Put several away until a day", list[CtaWithHistory], snooze_calls,
          body=SnoozeCallsBody, operation=ctas.snooze_calls),
    Route("POST", "/calls/take-back", _TAG, "Undo one's own closing or snoozing of several", list[CtaWithHistory],
          take_back_calls, body=SeveralBody, operation=ctas.take_back_calls),
    Route("GET", "/today", _TAG, "Whom to call, what is promised and due, what changed; as the page Today shows it",
          TodayStated, today, TodayQuery, operation=of_today.today),
)  # fmt: skip
