"""API: the fleet in one look, what happened to its agents, and what a person should look at."""

from typing import Annotated

from pydantic import Field

from collector.fleet.overview import Overview
from collector.fleet.records import Event
from collector.operations import fleet
from collector.operations.operation import Done
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "fleet"


class AlarmsQuery(Query):
    uncleared: bool = False


class HoldBody(Body):
    kind: Annotated[str, Field(max_length=64)]
    robot: Annotated[str, Field(max_length=80)]


class ClearBody(Body):
    """`robot` "": the alarm `ahead`, which is one for all."""

    kind: Annotated[str, Field(max_length=64)]
    robot: Annotated[str, Field(max_length=80)] = ""


async def fleet_overview(call: Call, _: Query) -> Overview:
    return await call.recent(fleet.fleet_overview, fleet.OverviewOf())


async def fleet_events(call: Call, query: Paged) -> Page[Event]:
    return await call.do(fleet.list_events, fleet.ListEvents(limit=query.limit, cursor=query.cursor))


async def list_alarms(call: Call, query: AlarmsQuery) -> list[fleet.AlarmSaid]:
    return await call.do(fleet.list_alarms, query.uncleared)


async def clear_alarm(call: Call, _: Query, body: ClearBody) -> Done:
    return await call.do(fleet.clear_alarm, fleet.ClearAlarm(kind=body.kind, robot=body.robot))


async def hold_alarm(call: Call, _: Query, body: HoldBody) -> Done:
    """What was cleared by mistake holds again."""
    return await call.do(fleet.hold_alarm, fleet.ClearAlarm(kind=body.kind, robot=body.robot))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/overview", _TAG,
          "States, today's counts, open faults, backlog (kept for a moment on large fleets)", Overview, fleet_overview,
          operation=fleet.fleet_overview),
    Route("GET", "/events", _TAG, "Starts, stops, losses and other events of all agents", Page[Event], fleet_events,
          Paged, operation=fleet.list_events),
    Route("GET", "/alarms", _TAG, "What a person should look at", list[fleet.AlarmSaid], list_alarms, AlarmsQuery,
          operation=fleet.list_alarms),
    Route("POST", "/alarms/clear", _TAG, "Somebody has seen to an alarm", Done, clear_alarm, body=ClearBody,
          operation=fleet.clear_alarm),
    Route("POST", "/alarms/hold", _TAG, "An alarm of a robot that was cleared holds again", Done, hold_alarm,
          body=HoldBody, operation=fleet.hold_alarm),
)  # fmt: skip
