"""API: messages and records that could not be taken."""

from typing import Annotated

from pydantic import Field

from collector.fleet.records import Parked, ParkedTally, ParkedWithBytes
from collector.operations import parked
from collector.values.paging import Page
from collector.values.texts import ROBOT_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Query, Route

_TAG = "parked"


class ParkedQuery(Paged):
    robot: Annotated[str | None, Field(json_schema_extra={"maxLength": ROBOT_MAX_CHARS})] = None


async def list_parked(call: Call, query: ParkedQuery) -> Page[Parked]:
    return await call.do(parked.list_parked, parked.ListParked(**query.model_dump()))


async def parked_tallies(call: Call, _: Query) -> list[ParkedTally]:
    return await call.do(parked.parked_tallies, None)


async def one_parked(call: Call, _: Query) -> ParkedWithBytes:
    return await call.do(parked.one_parked, call.number("parked"))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/parked", _TAG, "Messages and records that could not be taken", Page[Parked], list_parked,
          ParkedQuery, operation=parked.list_parked),
    Route("GET", "/parked/tallies", _TAG, "How many, by robot and reason", list[ParkedTally], parked_tallies,
          operation=parked.parked_tallies),
    Route("GET", "/parked/{parked}", _TAG, "One of them with its bytes", ParkedWithBytes, one_parked,
          operation=parked.one_parked),
)  # fmt: skip
