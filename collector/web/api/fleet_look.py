"""API: what a fleet engineer looks at: robots by what ails them, faults by what robots run."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from collector.fleet.fault_rates import By, RobotKinds
from collector.fleet.presence import State
from collector.fleet.robots import Robot
from collector.operations import fleet_look, stated
from collector.operations.fleet_look import FaultRatesOf, FleetRobots, FleetSheet
from collector.operations.stated import FaultRatesStated
from collector.values.paging import Page
from collector.values.texts import NAME_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Query, Route

_TAG = "fleet"
Word = Annotated[str, Field(max_length=NAME_MAX_CHARS)]


class KindsQuery(Query):
    """Only robots of that model, that firmware, with that version of a skill."""

    model: Word = ""
    rom: Word = ""
    skill: Word = ""
    version: Word = ""

    def kinds(self) -> RobotKinds:
        return RobotKinds(self.model, self.rom, self.skill, self.version)


class FleetRobotsQuery(KindsQuery, Paged):
    account: Annotated[str | None, Field(description="only robots deployed with this account today")] = None
    state: Annotated[
        Literal["online", "offline", "closed", "stopped", "never", ""],
        Field(description="closed: not connected because its place is closed at this hour"),
    ] = ""
    search: Annotated[str, Field(max_length=64, description="part of the name")] = ""
    broken: Annotated[bool, Field(description="with an open fault")] = False
    needs_look: Annotated[bool, Field(description="with anything that an engineer should look at")] = False


class FaultRatesQuery(KindsQuery):
    by: Annotated[By, Field(description="groups by firmware (rom), by model, or by version of a skill")] = "rom"


async def fleet_robots(call: Call, query: FleetRobotsQuery) -> Page[Robot]:
    closed = await call.recent(fleet_look.closed_robots, None)
    wanted = FleetRobots(
        account=query.account, state=query.state, search=query.search, broken=query.broken,
        needs_look=query.needs_look, kinds=query.kinds(), closed=frozenset(closed), limit=query.limit,
        cursor=query.cursor,
    )  # fmt: skip
    return await call.do(fleet_look.fleet_robots, wanted)


async def closed_robots(call: Call, _: Query) -> dict[str, State]:
    closed: Mapping[str, State] = await call.recent(fleet_look.closed_robots, None)
    return dict(closed)


async def rates_of_faults(call: Call, query: FaultRatesQuery) -> FaultRatesStated:
    """Of the last 28 whole days. A rate is null where too few hours arrived to say one."""
    found = await call.recent(fleet_look.fault_rates, FaultRatesOf(by=query.by, kinds=query.kinds()))
    return stated.fault_rates(found)


async def fleet_sheet(call: Call, _: Query) -> FleetSheet:
    return await call.do(fleet_look.fleet_sheet, None)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/fleet/robots", _TAG, "Robots by what ails them and what they run", Page[Robot], fleet_robots,
          FleetRobotsQuery, operation=fleet_look.fleet_robots),
    Route("GET", "/fleet/closed", _TAG, "Robots that are away because their place is closed, with their state",
          dict[str, State], closed_robots, operation=fleet_look.closed_robots),
    Route("GET", "/fleet/fault-rates", _TAG, "Fault episodes per 100 hours by firmware, model or skill version",
          FaultRatesStated, rates_of_faults, FaultRatesQuery, operation=fleet_look.fault_rates),
    Route("GET", "/fleet/sheet", _TAG, "Open incidents, what still alarms, and how much was not taken", FleetSheet,
          fleet_sheet, operation=fleet_look.fleet_sheet),
)  # fmt: skip
