"""API: tables into the ledger, the list of imports and their undo, templates, export of every list."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from typing import BinaryIO

from aiohttp import web

from collector.accounts.ledger.kinds.registry import Kind
from collector.calendar import days
from collector.exchange import export, lists
from collector.exchange.errors import ExchangeError
from collector.exchange.imports import bringing, marks, undoing
from collector.exchange.imports.arriving import fill, kind_of, mapping_of, reading_of
from collector.exchange.imports.bringing import ImportResult, Sent
from collector.exchange.imports.marks import Mark
from collector.exchange.imports.problems import BadTable
from collector.exchange.imports.rows import FILE_MAX_BYTES
from collector.exchange.imports.templates import every_kind, template_csv, template_xlsx
from collector.exchange.imports.tray import Tray
from collector.exchange.imports.undoing import NoImport, NotUndone, Undone
from collector.exchange.lists import ListRequest
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.parameters_exchange import ExportQuery, ImportQuery, TemplateQuery
from collector.web.api.routing import Call, Query
from collector.web.errors import BadRequest, ConflictProblem, NotFound, TooLarge, Unprocessable

CSV, XLSX, JSON_LINES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/x-ndjson",
)
_TYPES = {"csv": CSV, "xlsx": XLSX, "json": JSON_LINES}
_CHUNK_BYTES = 256 * 1024
_SPOOL_BYTES = 8 * 1024 * 1024  # larger bodies and answers wait on disk
_PROBLEMS_SHOWN = 20


async def preview_import(call: Call, query: ImportQuery) -> ImportResult:
    """The first rows as they were understood, what each would do, and every bad row with its remedy. Writes nothing."""
    with _spooled() as file, Tray(_kind(call)) as tray:
        sent = await _arrived(call, query, file, tray)
        return await call.read(lambda connection: bringing.preview(connection, tray, sent))


async def import_table(call: Call, query: ImportQuery) -> ImportResult:
    """A CSV or XLSX body. All of it or, unless `partial`, nothing: bad rows are named with their remedy."""
    with _spooled() as file, Tray(_kind(call)) as tray:
        sent = await _arrived(call, query, file, tray)
        done = await call.write(lambda connection: bringing.bring(connection, tray, sent))
    if done.refused and not sent.partial:
        raise Unprocessable(
            f"{done.refused} bad rows, nothing was imported: " + "; ".join(done.problems[:_PROBLEMS_SHOWN]),
            "correct these rows and send the whole file again, or send it with partial=true",
        )
    return done


async def list_imports(call: Call, query: Paged) -> Page[Mark]:
    return await call.read(lambda connection: marks.page(connection, limit=query.limit, cursor=query.cursor))


async def undo_import(call: Call, _: Query) -> Undone:
    """What it created is withdrawn, what it corrected says again what it said before. Nothing is deleted."""
    import_id = call.number("import")
    done = await call.write(lambda connection: undoing.undo(connection, import_id, call.caller.name, call.now_s))
    if isinstance(done, NoImport):
        raise NotFound(done.why, done.remedy)
    if isinstance(done, NotUndone):
        raise ConflictProblem(done.why, done.remedy)
    return done


async def template(call: Call, query: TemplateQuery) -> web.Response:
    """An empty table with its headings and an example; `all` is a workbook with a sheet for each kind."""
    if call.request.match_info["table"] == "all":
        if query.format == "csv":
            raise BadRequest("a CSV file has one sheet", "ask for format=xlsx, or for one kind")
        return _file(await asyncio.to_thread(template_xlsx, every_kind()), "fleetward", "xlsx")
    kind = _kind(call)
    made = template_csv(kind) if query.format == "csv" else await asyncio.to_thread(template_xlsx, [kind])
    return _file(made, kind.path, query.format)


async def export_list(call: Call, query: ExportQuery) -> web.StreamResponse:
    """Every row of a list as CSV, XLSX or JSON lines; text that would run as a formula gets an apostrophe."""
    name = call.request.match_info["list"]
    if name not in lists.NAMES:
        raise NotFound(f"there is no list {name[:60]!r}", f"lists: {', '.join(lists.NAMES)}")
    first, last = (days.parse(day) if day else None for day in (query.from_, query.to))
    await call.read(lambda connection: call.account(connection, query.account))  # an unknown one is no empty list
    wanted = ListRequest(name, first, last, query.account)
    with _spooled() as file:
        try:
            await asyncio.to_thread(_write_list, call, wanted, query.format, file)
        except ExchangeError as error:
            raise Unprocessable(str(error), "narrow it with from, to or account") from error
        response = web.StreamResponse(headers=_headers(name, query.format))
        await response.prepare(call.request)
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            await response.write(chunk)
        await response.write_eof()
    return response


def _write_list(call: Call, wanted: ListRequest, form: str, file: BinaryIO) -> None:
    listed = lists.listed(call.parts.context.store, wanted, call.now_s)
    if form == "xlsx":
        export.write_xlsx(wanted.name, listed.columns, listed.rows, file)
        return
    out = TextIOWrapper(file, "utf-8", newline="")
    export.write_table(form, listed.columns, listed.rows, out)
    out.flush()
    out.detach()


def _kind(call: Call) -> Kind:
    word = call.request.match_info["table"]
    kind = kind_of(word)
    if kind is None:
        known = ", ".join(one.path for one in every_kind())
        raise NotFound(f"there is no table {word[:60]!r}", f"tables: {known}")
    return kind


@contextmanager
def _spooled() -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
        yield file  # type: ignore[misc]  # it has all that BinaryIO has except a few names that nobody asks for


async def _arrived(call: Call, query: ImportQuery, file: BinaryIO, tray: Tray) -> Sent:
    """The body in the tray. Raises TooLarge, Unprocessable."""
    size = 0
    async for chunk in call.request.content.iter_chunked(_CHUNK_BYTES):
        size += len(chunk)
        if size > FILE_MAX_BYTES:
            raise TooLarge(f"the file has more than {FILE_MAX_BYTES} bytes", "split it, by year for example")
        file.write(chunk)
    file.seek(0)
    mapping = mapping_of(query.map)
    try:
        reading = reading_of(mapping, query.timezone)
        digest = await asyncio.to_thread(fill, tray, file, reading, query.sheet)
    except (BadTable, ValueError) as error:
        raise Unprocessable(str(error), "correct the file or the mapping and send it again") from error
    return Sent(
        name=query.name or tray.kind.path,
        sha256=digest,
        author=call.caller.name,
        now_s=call.now_s,
        mapping=mapping,
        history=query.history,
        partial=query.partial,
        new_robots=query.new_robots,
    )


def _file(content: bytes, name: str, form: str) -> web.Response:
    return web.Response(body=content, headers=_headers(name, form))


def _headers(name: str, form: str) -> dict[str, str]:
    """`name` is one of our own words."""
    kind = _TYPES[form]
    return {
        "Content-Type": f"{kind}; charset=utf-8" if form != "xlsx" else kind,
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "Cache-Control": "no-store",
    }
