"""API: the portfolio as a table with its sums, and every row of it as a file."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from collector.operations import portfolio, stated
from collector.operations.calls import Whose
from collector.operations.portfolio import ExportPortfolio, ListPortfolio, PortfolioChoices, PortfolioOf
from collector.operations.stated import PortfolioStated
from collector.success.portfolio import BANDS, Sort
from collector.values.paging import LIMIT_DEFAULT, LIMIT_MAX
from collector.values.texts import NAME_MAX_CHARS, none_of
from collector.web.api.routing import Call, Query, Route
from collector.web.api.uploads import CSV, XLSX, sent, spooled
from collector.web.errors import BadRequest

_TAG = "portfolio"
Days = Annotated[int, Field(ge=1, le=10**6)]


class PortfolioQuery(Query):
    whose: Whose = "all"
    band: Annotated[str, Field(description=f"of {', '.join(BANDS)}; several separated by commas")] = ""
    csm: Annotated[
        str, Field(json_schema_extra={"maxLength": NAME_MAX_CHARS}, description="a CSM's id; -: of nobody")
    ] = ""
    search: Annotated[
        str, Field(json_schema_extra={"maxLength": NAME_MAX_CHARS}, description="part of the name or of the id")
    ] = ""
    due_in: Annotated[Days | None, Field(description="a contract is due within so many days")] = None
    quiet: Annotated[Days | None, Field(description="not spoken with for so many days")] = None
    watermelons: Annotated[bool, Field(description="only accounts that a cap keeps from green")] = False
    tag: Annotated[str, Field(json_schema_extra={"maxLength": NAME_MAX_CHARS}, description="only with this tag")] = ""
    field: Annotated[
        str,
        Field(json_schema_extra={"maxLength": 2 * NAME_MAX_CHARS}, description="a field's id=value: tier=gold"),
    ] = ""
    fields: Annotated[
        str, Field(json_schema_extra={"maxLength": 2000}, description="custom fields to show: ids, commas between")
    ] = ""
    sort: Sort = "score"
    falling: bool = False

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in self.fields.split(",") if one))

    def of(self) -> PortfolioOf:
        """Raises BadRequest."""
        bands = tuple(band for band in self.band.split(",") if band)
        if unknown := [band for band in bands if band not in BANDS]:
            raise BadRequest(*none_of(unknown[0], BANDS))
        return PortfolioOf(
            whose=self.whose, bands=bands, csm=self.csm, text=self.search, due_in=self.due_in, quiet=self.quiet,
            melon=self.watermelons, tag=self.tag, field=self.field,
        )  # fmt: skip


class PortfolioRowsQuery(PortfolioQuery):
    offset: Annotated[int, Field(ge=0, le=10**6, description="rows to leave out at the start")] = 0
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT


class PortfolioFileQuery(PortfolioQuery):
    format: Literal["csv", "xlsx"] = "csv"


async def list_portfolio(call: Call, query: PortfolioRowsQuery) -> PortfolioStated:
    """Rows by offset: they stand in the order of figures that every closing changes."""
    wanted = ListPortfolio(
        of=query.of(), sort=query.sort, falling=query.falling, offset=query.offset, limit=query.limit,
        fields=query.shown,
    )  # fmt: skip
    return stated.portfolio(await call.do(portfolio.list_portfolio, wanted))


async def portfolio_choices(call: Call, _: Query) -> PortfolioChoices:
    return await call.do(portfolio.portfolio_choices, None)


async def export_portfolio(call: Call, query: PortfolioFileQuery) -> web.StreamResponse:
    """Every row that the filter finds; text that would run as a formula gets an apostrophe."""
    with spooled() as file:
        wanted = ExportPortfolio(of=query.of(), sort=query.sort, falling=query.falling, form=query.format, out=file,
                                 fields=query.shown)  # fmt: skip
        await call.do(portfolio.export_portfolio, wanted)
        return await sent(call, file, "portfolio", query.format)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/portfolio", _TAG, "Accounts as the last closing left them, with sums by band and renewals ahead",
          PortfolioStated, list_portfolio, PortfolioRowsQuery, operation=portfolio.list_portfolio),
    Route("GET", "/portfolio/choices", _TAG, "Tags in use, and custom fields that the portfolio can show",
          PortfolioChoices, portfolio_choices, operation=portfolio.portfolio_choices),
    Route("GET", "/portfolio/file", _TAG, "The same rows as CSV or XLSX, with formulas escaped", str, export_portfolio,
          PortfolioFileQuery, operation=portfolio.export_portfolio, files=(CSV, XLSX)),
)  # fmt: skip
