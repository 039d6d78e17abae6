"""API: fault episodes of one robot and of all."""

from typing import Annotated

from pydantic import Field

from collector.fleet.faults import Episode
from collector.operations import faults
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Route

_TAG = "faults"


class FaultsQuery(Paged):
    open: Annotated[bool | None, Field(description="true: only open episodes; false: only closed ones")] = None
    family: Annotated[str | None, Field(max_length=96, examples=["navigation"])] = None

    def wanted(self, robot: str | None) -> faults.ListEpisodes:
        return faults.ListEpisodes(
            robot=robot, still_open=self.open, family=self.family, limit=self.limit, cursor=self.cursor
        )


async def robot_faults(call: Call, query: FaultsQuery) -> Page[Episode]:
    return await call.do(faults.list_episodes, query.wanted(call.robot_name))


async def fleet_faults(call: Call, query: FaultsQuery) -> Page[Episode]:
    return await call.do(faults.list_episodes, query.wanted(None))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/robots/{robot}/faults", _TAG, "Fault episodes of one robot", Page[Episode], robot_faults,
          FaultsQuery, operation=faults.list_episodes),
    Route("GET", "/faults", _TAG, "Fault episodes, newest first", Page[Episode], fleet_faults, FaultsQuery,
          operation=faults.list_episodes),
)  # fmt: skip
