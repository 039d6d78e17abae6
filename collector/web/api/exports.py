"""API: every list as a file."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from collector.operations import exports
from collector.web.api.parameters import Day, day_number
from collector.web.api.routing import Call, Query, Route
from collector.web.api.uploads import CSV, JSON_LINES, XLSX, sent, spooled


class ExportQuery(Query):
    format: Literal["csv", "xlsx", "json"] = "csv"
    account: Annotated[str | None, Field(max_length=120, description="only of this account")] = None
    from_: Annotated[Day | None, Field(alias="from", description="first day, where the list has days")] = None
    to: Annotated[Day | None, Field(description="last day, it counts")] = None


async def export_list(call: Call, query: ExportQuery) -> web.StreamResponse:
    """Every row of a list as CSV, XLSX or JSON lines; text that would run as a formula gets an apostrophe."""
    name = call.request.match_info["list"]
    first, last = day_number(query.from_), day_number(query.to)
    with spooled() as file:
        wanted = exports.ExportList(
            list=name, form=query.format, out=file, from_day=first, to_day=last, account=query.account
        )
        await call.do(exports.export_list, wanted)
        return await sent(call, file, name, query.format)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/export/{list}", "exchange", "A list as CSV, XLSX or JSON lines, with formulas escaped", str,
          export_list, ExportQuery, operation=exports.export_list, files=(CSV, XLSX, JSON_LINES)),
)  # fmt: skip
