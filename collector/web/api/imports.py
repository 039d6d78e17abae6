"""API: tables and usage in, the list of imports and their undo, templates."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import AfterValidator, Field

from collector.exchange.imports.arriving import mapping_of
from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.marks import Mark
from collector.exchange.imports.results import ImportResult
from collector.exchange.imports.undoing import Undone
from collector.exchange.imports.usage_history import Imported
from collector.operations import imports, workbooks
from collector.operations.workbooks import ImportWorkbook, WorkbookResult
from collector.values.paging import Page
from collector.values.texts import ENCODING_MAX_CHARS, FILE_NAME_MAX_CHARS, SHEET_MAX_CHARS, ZONE_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Call, Query, Route
from collector.web.api.uploads import CSV, XLSX, headers, uploaded

_TAG = "exchange"


def _mapping(text: str) -> str:
    mapping_of(text)
    return text


HeadingMap = Annotated[
    str,
    AfterValidator(_mapping),
    Field(max_length=20_000, description='JSON: {"heading": "field"}; "" leaves a column out'),
]


Encoding = Annotated[
    str | None,
    Field(
        json_schema_extra={"maxLength": ENCODING_MAX_CHARS},
        description="of a CSV (gb18030, cp1252, …); default: as its bytes show it",
    ),
]


FileName = Annotated[
    str,
    Field(json_schema_extra={"maxLength": FILE_NAME_MAX_CHARS}, description="the file's name, for the list of imports"),
]
FileZone = Annotated[
    str | None, Field(json_schema_extra={"maxLength": ZONE_MAX_CHARS}, description="of moments that do not say theirs")
]
DecimalSign = Annotated[
    Literal[",", "."] | None, Field(description="the file's decimal sign; default: each column shows its own")
]
Days = Annotated[DayOrder | None, Field(description="of days such as 5/3/2026; default: each column shows its own")]
Partial = Annotated[bool, Field(description="take the good rows although others are bad")]
History = Annotated[bool, Field(description="the rows were known when they happened, not only since today")]
NewRobots = Annotated[bool, Field(description="deployments may name robots that have never connected")]


class UsageFileQuery(Query):
    """How a file of usage is read."""

    map: HeadingMap = "{}"
    sheet: Annotated[
        str | None,
        Field(json_schema_extra={"maxLength": SHEET_MAX_CHARS}, description="of a workbook; default: usage or first"),
    ] = None
    encoding: Encoding = None
    without_account: Annotated[bool, Field(description="rows may name no account: those robots are with nobody")] = (
        False
    )


class ImportQuery(Query):
    """How a file is read and taken."""

    name: FileName = ""
    map: HeadingMap = "{}"
    sheet: Annotated[
        str | None,
        Field(
            json_schema_extra={"maxLength": SHEET_MAX_CHARS}, description="of a workbook; default: the kind's or first"
        ),
    ] = None
    encoding: Encoding = None
    timezone: FileZone = None
    decimal: DecimalSign = None
    day_order: Days = None
    partial: Partial = False
    history: History = False
    new_robots: NewRobots = False


class WorkbookQuery(Query):
    """How the sheets of a workbook are read and taken."""

    name: FileName = ""
    timezone: FileZone = None
    decimal: DecimalSign = None
    day_order: Days = None
    partial: Partial = False
    history: History = False
    new_robots: NewRobots = False


class TemplateQuery(Query):
    format: Literal["csv", "xlsx"] = "xlsx"


async def import_usage(call: Call, query: UsageFileQuery) -> Imported:
    """A CSV or XLSX body: account, robot, day, counter, value. All of it or nothing; a bad row is named."""
    async with uploaded(call) as file:
        wanted = imports.ImportUsage(
            file=file, mapping=mapping_of(query.map), sheet=query.sheet, encoding=query.encoding,
            without_account=query.without_account,
        )  # fmt: skip
        return await call.do(imports.import_usage, wanted)


async def import_table(call: Call, query: ImportQuery) -> ImportResult:
    """A CSV or XLSX body. All of it or, unless `partial`, nothing: bad rows are named with their remedy."""
    return await _brought(call, query, preview=False)


async def preview_import(call: Call, query: ImportQuery) -> ImportResult:
    """The first rows as they were understood, what each would do, and every bad row with its remedy. Writes nothing."""
    return await _brought(call, query, preview=True)


async def _brought(call: Call, query: ImportQuery, *, preview: bool) -> ImportResult:
    given = query.model_dump(exclude={"map"})
    async with uploaded(call) as file:
        wanted = imports.ImportTable(
            table=call.request.match_info["table"], file=file, mapping=mapping_of(query.map), **given
        )
        return await call.do(imports.preview_import if preview else imports.import_table, wanted)


async def import_workbook(call: Call, query: WorkbookQuery) -> WorkbookResult:
    """An XLSX body: every sheet that is called as a table, in order; all of it or, unless `partial`, nothing."""
    async with uploaded(call) as file:
        return await call.do(workbooks.import_workbook, ImportWorkbook(file=file, **query.model_dump()))


async def preview_workbook(call: Call, query: WorkbookQuery) -> WorkbookResult:
    """What the import would do with each sheet, and every bad row with its remedy. Writes nothing."""
    async with uploaded(call) as file:
        return await call.do(workbooks.preview_workbook, ImportWorkbook(file=file, **query.model_dump()))


async def list_imports(call: Call, query: Paged) -> Page[Mark]:
    return await call.do(imports.list_imports, imports.ListImports(**query.model_dump()))


async def undo_import(call: Call, _: Query) -> Undone:
    """What it created is withdrawn, what it corrected says again what it said before. Nothing is deleted."""
    return await call.do(imports.undo_import, call.number("import"))


async def template(call: Call, query: TemplateQuery) -> web.Response:
    """An empty table with its headings and an example; `all` is a workbook with a sheet for each kind."""
    table = call.request.match_info["table"]
    made = await call.do(imports.template, imports.WantedTemplate(table=table, form=query.format))
    return web.Response(body=made, headers=headers(imports.template_name(table), query.format))


ROUTES: tuple[Route, ...] = (
    Route("POST", "/import/usage", "usage", "Import history from before the collector: all or nothing", Imported,
          import_usage, UsageFileQuery, raw_body=CSV, operation=imports.import_usage),
    Route("POST", "/import/all", _TAG, "Import a workbook: every sheet that is called as a table, in order",
          WorkbookResult, import_workbook, WorkbookQuery, raw_body=XLSX, operation=workbooks.import_workbook),
    Route("POST", "/import/all/preview", _TAG, "What the import of a workbook would do, and its bad rows by name",
          WorkbookResult, preview_workbook, WorkbookQuery, raw_body=XLSX, operation=workbooks.preview_workbook),
    Route("POST", "/import/{table}", _TAG, "Import a table of facts (CSV or XLSX): all or nothing, repeatable by id",
          ImportResult, import_table, ImportQuery, raw_body=CSV, operation=imports.import_table),
    Route("POST", "/import/{table}/preview", _TAG, "What an import would do, and its bad rows by name", ImportResult,
          preview_import, ImportQuery, raw_body=CSV, operation=imports.preview_import),
    Route("GET", "/imports", _TAG, "Imports of tables, newest first", Page[Mark], list_imports, Paged,
          operation=imports.list_imports),
    Route("POST", "/imports/{import}/undo", _TAG, "Take an import back by new versions", Undone, undo_import,
          operation=imports.undo_import),
    Route("GET", "/templates/{table}", _TAG, "An empty table of a kind, or `all`: headings, an example, choices", str,
          template, TemplateQuery, operation=imports.template, files=(XLSX, CSV)),
)  # fmt: skip
