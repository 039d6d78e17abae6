"""API: every list as a file."""

import tempfile
from pathlib import Path
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from collector.operations import exports
from collector.values.texts import ACCOUNT_MAX_CHARS
from collector.web.api.parameters import Day, day_number
from collector.web.api.routing import Call, Query, Route
from collector.web.api.uploads import CSV, JSON_LINES, SQLITE, XLSX, sent, spooled


class ExportQuery(Query):
    format: Literal["csv", "xlsx", "json"] = "csv"
    account: Annotated[
        str | None, Field(json_schema_extra={"maxLength": ACCOUNT_MAX_CHARS}, description="only of this account")
    ] = None
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


async def export_database(call: Call, _: Query) -> web.StreamResponse:
    """Every list as a table of one SQLite file, with keys, indexes and full-text search. No secret is in it."""
    with tempfile.TemporaryDirectory(prefix="fleetward-") as folder:
        path = Path(folder) / "fleetward.sqlite"
        await call.do(exports.export_database, exports.ExportDatabase(path=path))
        with path.open("rb") as file:
            return await sent(call, file, "fleetward", "sqlite")


ROUTES: tuple[Route, ...] = (
    Route("GET", "/export/all", "exchange", "Every list as a table of one SQLite database", str, export_database,
          operation=exports.export_database, files=(SQLITE,)),
    Route("GET", "/export/{list}", "exchange", "A list as CSV, XLSX or JSON lines, with formulas escaped", str,
          export_list, ExportQuery, operation=exports.export_list, files=(CSV, XLSX, JSON_LINES)),
)  # fmt: skip
