"""API: briefs, success plans and suggestions of an account."""

from typing import Annotated

from pydantic import Field

from collector.access.portal_use import PortalUse
from collector.operations import briefs, portal
from collector.operations.briefs import AccountOnDay
from collector.operations.portal import PortalUseOf
from collector.success.brief import Brief
from collector.success.plans import Plans
from collector.success.suggestions import Suggestions
from collector.web.api.parameters import Day, day_number
from collector.web.api.routing import Call, Query, Route

_TAG = "success"


class DayQuery(Query):
    day: Annotated[Day | None, Field(description="default: the newest scored day")] = None


def _wanted(call: Call, query: DayQuery) -> AccountOnDay:
    day = day_number(query.day)
    return AccountOnDay(account=call.request.match_info["account"], day=day)


async def account_brief(call: Call, query: DayQuery) -> Brief:
    """Before a touch: what changed since the customer last spoke, what was promised, what to ask."""
    return await call.do(briefs.brief, _wanted(call, query))


async def account_plans(call: Call, query: DayQuery) -> Plans:
    """Objectives agreed with the customer, tracked from what the robots counted."""
    return await call.do(briefs.plans, _wanted(call, query))


async def account_suggestions(call: Call, query: DayQuery) -> Suggestions:
    """What places of the same industry and scene with high use have and use, and this account lacks."""
    return await call.do(briefs.suggestions, _wanted(call, query))


class PortalUseQuery(Query):
    days: Annotated[int, Field(ge=1, le=400, description="up to today")] = 28


async def account_portal_use(call: Call, query: PortalUseQuery) -> PortalUse:
    """How the customer's people used their portal: sign-ins and reports opened."""
    wanted = PortalUseOf(account=call.request.match_info["account"], days=query.days)
    return await call.do(portal.portal_use_of, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/accounts/{account}/brief", _TAG, "Before a touch: what changed, what was promised, what to ask",
          Brief, account_brief, DayQuery, operation=briefs.brief),
    Route("GET", "/accounts/{account}/plans", _TAG, "Success plans, tracked from what the robots counted", Plans,
          account_plans, DayQuery, operation=briefs.plans),
    Route("GET", "/accounts/{account}/suggestions", _TAG,
          "What places like this one with high use have and use, and it lacks", Suggestions, account_suggestions,
          DayQuery, operation=briefs.suggestions),
    Route("GET", "/accounts/{account}/portal-use", _TAG, "How the customer's people used their portal", PortalUse,
          account_portal_use, PortalUseQuery, operation=portal.portal_use_of),
)  # fmt: skip
