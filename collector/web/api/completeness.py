"""API: what arrived, and the cause of every hole."""

from typing import Annotated

from pydantic import Field

from collector.fleet.holes import Figures, RobotCompleteness
from collector.operations import completeness
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Query, Route

_TAG = "completeness"


class CompletenessQuery(Query):
    days: Annotated[int, Field(ge=1, le=31, description="today and the days before it, by the robot's clock")] = 14


class CompletenessPageQuery(Paged, CompletenessQuery):
    limit: Annotated[int, Field(ge=1, le=200)] = 50


async def robot_completeness(call: Call, query: CompletenessQuery) -> RobotCompleteness:
    wanted = completeness.CompletenessOf(robot=call.robot_name, days=query.days)
    return await call.do(completeness.robot_completeness, wanted)


async def fleet_completeness(call: Call, query: CompletenessPageQuery) -> Page[RobotCompleteness]:
    return await call.do(completeness.list_completeness, completeness.ListCompleteness(**query.model_dump()))


async def fleet_completeness_total(call: Call, query: CompletenessQuery) -> Figures:
    wanted = completeness.TotalCompleteness(days=query.days)
    return await call.recent(completeness.total_completeness, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/robots/{robot}/completeness", _TAG, "What arrived, and the cause of every hole", RobotCompleteness,
          robot_completeness, CompletenessQuery, operation=completeness.robot_completeness),
    Route("GET", "/completeness", _TAG, "Completeness robot by robot", Page[RobotCompleteness], fleet_completeness,
          CompletenessPageQuery, operation=completeness.list_completeness),
    Route("GET", "/completeness/total", _TAG,
          "Completeness of all robots together (kept for a moment on large fleets)", Figures, fleet_completeness_total,
          CompletenessQuery, operation=completeness.total_completeness),
)  # fmt: skip
