"""API: amounts that no robot can plausibly have counted."""

from typing import Annotated

from pydantic import Field

from collector.fleet.parked_counts import ParkedCount, ParkedState
from collector.operations import parked_counts
from collector.values.paging import Page
from collector.values.texts import ROBOT_MAX_CHARS, WHY_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "parked"


class ParkedCountsQuery(Paged):
    robot: Annotated[str | None, Field(json_schema_extra={"maxLength": ROBOT_MAX_CHARS})] = None
    state: ParkedState | None = None


class DecisionBody(Body):
    """`why` is kept with the amount, beside who decided and when."""

    why: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": WHY_MAX_CHARS})]


async def list_parked_counts(call: Call, query: ParkedCountsQuery) -> Page[ParkedCount]:
    wanted = parked_counts.ListParkedCounts(**query.model_dump())
    return await call.do(parked_counts.list_parked_counts, wanted)


async def one_parked_count(call: Call, _: Query) -> ParkedCount:
    return await call.do(parked_counts.one_parked_count, call.number("parked"))


async def release_parked_count(call: Call, _: Query, body: DecisionBody) -> ParkedCount:
    """It is added to its robot-day, once, and its account-day follows."""
    wanted = parked_counts.DecideParkedCount(parked=call.number("parked"), why=body.why)
    return await call.do(parked_counts.release_parked_count, wanted)


async def refuse_parked_count(call: Call, _: Query, body: DecisionBody) -> ParkedCount:
    """It stays visible as refused, and its counter stays not known there."""
    wanted = parked_counts.DecideParkedCount(parked=call.number("parked"), why=body.why)
    return await call.do(parked_counts.refuse_parked_count, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/parked-counts", _TAG, "Amounts that no robot can plausibly have counted", Page[ParkedCount],
          list_parked_counts, ParkedCountsQuery, operation=parked_counts.list_parked_counts),
    Route("GET", "/parked-counts/{parked}", _TAG, "One of them", ParkedCount, one_parked_count,
          operation=parked_counts.one_parked_count),
    Route("POST", "/parked-counts/{parked}/release", _TAG, "Count it after all", ParkedCount, release_parked_count,
          body=DecisionBody, operation=parked_counts.release_parked_count),
    Route("POST", "/parked-counts/{parked}/refuse", _TAG, "Say that it was never counted", ParkedCount,
          refuse_parked_count, body=DecisionBody, operation=parked_counts.refuse_parked_count),
)  # fmt: skip
