"""A workbook of several tables: every sheet that is called as a table, in the order in which they name each other."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from sqlalchemy import Connection

from collector.access.caller import IMPORTERS
from collector.context import Context
from collector.exchange.imports import bringing, usage_history
from collector.exchange.imports.arriving import sheets_of
from collector.exchange.imports.bringing import Sent
from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.results import ImportResult
from collector.exchange.imports.tray import Tray
from collector.exchange.imports.usage_history import Imported, RefusedFile
from collector.exchange.imports.usage_staging import Staging
from collector.operations.imports import (
    CORRECT_OR_PARTIAL,
    ImportTable,
    announce,
    bad_rows,
    bad_usage,
    filled,
    kind_called,
    no_table,
)
from collector.operations.operation import operation
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWorkbook:
    """`file` can be sought. Each sheet is read and taken as in an ImportTable, whose fields these are."""

    file: BinaryIO
    name: str = ""
    timezone: str | None = None
    decimal: str | None = None
    day_order: DayOrder | None = None
    partial: bool = False
    history: bool = False
    new_robots: bool = False


@dataclass(frozen=True, slots=True)
class WorkbookResult:
    """`sheets` in the order in which they were taken, `usage` of a sheet of usage. `refused`: bad rows of all sheets.

    `ignored`: sheets whose name says no table.
    """

    sheets: list[ImportResult]
    usage: Imported | None
    refused: int
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class _Book:
    """What the sheets say, on disk."""

    tables: list[tuple[Tray, Sent]]
    usage: Staging | None
    usage_sheet: str | None
    ignored: list[str]


class _TakenBack(Exception):
    """Rolls everything back; carries what would have become of it."""

    def __init__(self, result: WorkbookResult) -> None:
        super().__init__()
        self.result = result


@operation(roles=IMPORTERS, writes=True, long=True, makes_store=True)
def import_workbook(context: Context, wanted: ImportWorkbook) -> WorkbookResult:
    """Every sheet that is called as a table, in the order of the kinds, usage last: all of it in one transaction or,
    unless `partial`, nothing. Hidden sheets are left out. The webhooks are told.
    """

    def change(connection: Connection) -> WorkbookResult | Refused:
        result = _taken(context, connection, book)
        if result.refused and not wanted.partial:
            return bad_rows(result.refused, _problems(result), CORRECT_OR_PARTIAL)
        return result

    with _opened(context, wanted) as book:
        return context.write(change)


@operation(roles=IMPORTERS, writes=True, long=True)
def preview_workbook(context: Context, wanted: ImportWorkbook) -> WorkbookResult:
    """What `import_workbook` would do, and every bad row. It is done and taken back: sheets name each other's rows."""

    def change(connection: Connection) -> WorkbookResult:
        raise _TakenBack(_taken(context, connection, book))

    with _opened(context, wanted) as book:
        try:
            return context.write(change)
        except _TakenBack as taken:
            sheets = [replace(sheet, import_id=None) for sheet in taken.result.sheets]
            return replace(taken.result, sheets=sheets)


@contextmanager
def _opened(context: Context, wanted: ImportWorkbook) -> Iterator[_Book]:
    """Every sheet read. Raises Refusal, also for bad rows of a sheet of usage, which is taken as a whole."""
    with ExitStack() as stack:
        try:
            sheets = sheets_of(wanted.file)
        except BadTable as error:
            raise no_table(error) from error
        tables = []
        for kind, title in sheets.of_kinds.items():
            tray = stack.enter_context(Tray(kind_called(kind)))
            tables.append((tray, replace(_of_sheet(context, tray, wanted, title), partial=True)))
        staging = None
        if sheets.usage is not None:
            staging = stack.enter_context(Staging())
            _stage_usage(context, staging, wanted.file, sheets.usage)
        yield _Book(tables, staging, sheets.usage, list(sheets.ignored))


def _of_sheet(context: Context, tray: Tray, wanted: ImportWorkbook, title: str) -> Sent:
    table = ImportTable(
        table=tray.kind.key, file=wanted.file, name=f"{wanted.name or 'workbook'}: {title}"[:200], sheet=title,
        timezone=wanted.timezone, decimal=wanted.decimal, day_order=wanted.day_order,
        history=wanted.history, new_robots=wanted.new_robots,
    )  # fmt: skip
    try:
        return filled(context, tray, table)
    except Refusal as refusal:
        raise _of(title, refusal.refused) from refusal


def _stage_usage(context: Context, staging: Staging, file: BinaryIO, title: str) -> None:
    file.seek(0)
    try:
        refused = usage_history.stage(file, staging, context.today(), sheet=title)
    except BadTable as error:
        raise _of(title, no_table(error).refused) from error
    if refused is not None:
        raise _of(title, bad_usage(refused))


def _of(title: str, refused: Refused) -> Refusal:
    return Refusal(
        Sentence("sheet {title}: {reason}", title=title, reason=refused.reason),
        refused.remedy,
        refused.kind,
        refused.details,
    )


def _taken(context: Context, connection: Connection, book: _Book) -> WorkbookResult:
    """The good rows of all sheets into the ledger; those that name a refused one are refused too."""
    results = []
    for tray, sent in book.tables:
        done = bringing.bring(connection, tray, sent)
        announce(context, connection, done, sent)
        results.append(done)
    usage = None
    if book.usage is not None:
        found = usage_history.commit(connection, book.usage, context.now_s(), context.base)
        if isinstance(found, RefusedFile):
            raise _of(book.usage_sheet or "", bad_usage(found))
        usage = replace(found, sheet=book.usage_sheet)
    return WorkbookResult(results, usage, sum(done.refused for done in results), book.ignored)


def _problems(result: WorkbookResult) -> tuple[str, ...]:
    return tuple(
        Sentence("{sheet} {problem}", sheet=sheet.sheet, problem=problem)
        for sheet in result.sheets
        for problem in sheet.problems
    )
