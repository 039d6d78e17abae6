"""The routes of import, templates and export."""

from collector.access.caller import INSIDE, WRITERS
from collector.exchange.imports.bringing import ImportResult
from collector.exchange.imports.marks import Mark
from collector.exchange.imports.undoing import Undone
from collector.values.paging import Page
from collector.web.api import exchange
from collector.web.api import parameters_exchange as p
from collector.web.api.exchange import CSV, JSON_LINES, XLSX
from collector.web.api.parameters import Paged
from collector.web.api.routing import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/import/{table}",
        "exchange",
        "Import a table of facts (CSV or XLSX): all or nothing, repeatable by id",
        ImportResult,
        exchange.import_table,
        p.ImportQuery,
        raw_body=CSV,
        roles=WRITERS,
    ),
    Route(
        "POST",
        "/import/{table}/preview",
        "exchange",
        "What an import would do, and its bad rows by name",
        ImportResult,
        exchange.preview_import,
        p.ImportQuery,
        raw_body=CSV,
        roles=WRITERS,
    ),
    Route(
        "GET",
        "/imports",
        "exchange",
        "Imports of tables, newest first",
        Page[Mark],
        exchange.list_imports,
        Paged,
        roles=INSIDE,
    ),
    Route(
        "POST",
        "/imports/{import}/undo",
        "exchange",
        "Take an import back by new versions",
        Undone,
        exchange.undo_import,
        roles=WRITERS,
    ),
    Route(
        "GET",
        "/templates/{table}",
        "exchange",
        "An empty table of a kind, or `all`: headings, an example, choices",
        str,
        exchange.template,
        p.TemplateQuery,
        roles=INSIDE,
        files=(XLSX, CSV),
    ),
    Route(
        "GET",
        "/export/{list}",
        "exchange",
        "A list as CSV, XLSX or JSON lines, with formulas escaped",
        str,
        exchange.export_list,
        p.ExportQuery,
        roles=INSIDE,
        files=(CSV, XLSX, JSON_LINES),
    ),
)
