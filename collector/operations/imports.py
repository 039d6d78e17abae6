"""Files in: tables of facts and usage, their preview, the list of imports, an import taken back, empty tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from sqlalchemy import Connection

from collector.access.caller import INSIDE, WRITERS
from collector.accounts.ledger.kinds.registry import Kind
from collector.context import Context
from collector.exchange.imports import bringing, marks, undoing, usage_history
from collector.exchange.imports.arriving import fill, kind_of, reading_of
from collector.exchange.imports.bringing import ImportResult, Sent
from collector.exchange.imports.marks import Mark
from collector.exchange.imports.problems import BadTable, FileTooLarge
from collector.exchange.imports.templates import every_kind, template_csv, template_xlsx
from collector.exchange.imports.tray import Tray
from collector.exchange.imports.undoing import NoImport, NotUndone, Undone
from collector.exchange.imports.usage_history import Imported, RefusedFile
from collector.exchange.imports.usage_staging import Staging
from collector.notifications import announcements
from collector.operations.operation import operation
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTable:
    """`table` is a kind's path or key, `file` can be sought. `name`: the file's own, for the list of imports.

    `mapping` is {heading: field}. `sheet` None: the one that is called as the kind, else the first. `timezone`: of
    moments that do not say theirs. `partial`, `history`, `new_robots`: see `Sent`.
    """

    table: str
    file: BinaryIO
    name: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    timezone: str | None = None
    partial: bool = False
    history: bool = False
    new_robots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUsage:
    """`file` can be sought. `mapping` and `sheet` as in an ImportTable. `without_account`: a row may name none."""

    file: BinaryIO
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    without_account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImports:
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTemplate:
    """`table` is a kind's path or key, or `all`: a workbook with a sheet for each kind."""

    table: str
    form: Literal["csv", "xlsx"] = "xlsx"


@operation(roles=WRITERS, long=True)
def preview_import(context: Context, wanted: ImportTable) -> ImportResult:
    """The first rows as they were understood, what each would do, and every bad row with its remedy. Writes nothing."""
    with Tray(_kind(wanted.table)) as tray:
        sent = _filled(context, tray, wanted)
        return context.read(lambda connection: bringing.preview(connection, tray, sent))


@operation(roles=WRITERS, writes=True, long=True, makes_store=True)
def import_table(context: Context, wanted: ImportTable) -> ImportResult:
    """All of the file or, unless `partial`, nothing: then the refusal names the bad rows. The webhooks are told."""
    with Tray(_kind(wanted.table)) as tray:
        sent = _filled(context, tray, wanted)

        def change(connection: Connection) -> ImportResult | Refused:
            done = bringing.bring(connection, tray, sent)
            if done.refused and not wanted.partial:
                remedy = "correct these rows and send the whole file again, or send it with partial=true (--partial)"
                return _bad_rows(done.refused, tuple(done.problems), remedy)
            if done.import_id is not None:
                rows = {
                    "rows": done.rows, "skipped": done.refused, "created": done.created,
                    "corrected": done.corrected, "unchanged": done.unchanged,
                }  # fmt: skip
                announcements.imported(connection, done.import_id, done.kind, sent.author, rows, sent.now_s)
            return done

        return context.write(change)


@operation(roles=WRITERS, writes=True, long=True, makes_store=True)
def import_usage(context: Context, wanted: ImportUsage) -> Imported | Refused:
    """Usage from before the collector: all of the file, or nothing and the bad rows by name.

    Missing accounts, robots and deployments are made; the robots' own counts always stand.
    """
    with Staging() as staging:
        try:
            staged = usage_history.stage(
                wanted.file, staging, context.today(), wanted.mapping, wanted.sheet,
                without_account=wanted.without_account,
            )  # fmt: skip
        except BadTable as error:
            raise _no_table(error) from error
        if staged is not None:
            return _bad_usage(staged)

        def change(connection: Connection) -> Imported | Refused:
            done = usage_history.commit(connection, staging, context.now_s(), context.base)
            return _bad_usage(done) if isinstance(done, RefusedFile) else done

        return context.write(change)


@operation(roles=INSIDE)
def list_imports(context: Context, wanted: ListImports) -> Page[Mark]:
    """Imports of tables, newest first."""
    return context.read(lambda connection: marks.page(connection, limit=wanted.limit, cursor=wanted.cursor))


@operation(roles=WRITERS, writes=True)
def undo_import(context: Context, import_id: int) -> Undone:
    """What it created is withdrawn, what it corrected says again what it said before. Nothing is deleted.

    It is refused, with the names, where later corrections or facts stand on the import. The webhooks are told.
    """

    def change(connection: Connection) -> Undone | Refused:
        done = undoing.undo(connection, import_id, context.caller.name, context.now_s())
        if isinstance(done, NotUndone):
            return Refused(done.why, done.remedy, "not_found" if isinstance(done, NoImport) else "conflict")
        announcements.import_undone(connection, import_id, context.caller.name, context.now_s())
        return done

    return context.write(change)


@operation(roles=INSIDE, needs_store=False)
def template(_: Context, wanted: WantedTemplate) -> bytes:
    """An empty table of a kind: its headings, an example, choices."""
    if wanted.table == "all":
        if wanted.form == "csv":
            raise Refusal("a CSV file has one sheet", "ask for format=xlsx, or for one kind", "invalid")
        return template_xlsx(every_kind())
    kind = _kind(wanted.table)
    return template_csv(kind) if wanted.form == "csv" else template_xlsx([kind])


def template_name(word: str) -> str:
    """What the file of a template is called. Raises Refusal."""
    return "fleetward" if word == "all" else _kind(word).path


def _kind(word: str) -> Kind:
    found = kind_of(word)
    if found is None:
        known = ", ".join(one.path for one in every_kind())
        raise Refusal(f"there is no table {word[:60]!r}", f"tables: {known}", "not_found")
    return found


def _filled(context: Context, tray: Tray, wanted: ImportTable) -> Sent:
    """The file's facts in the tray, and what is to become of them. Raises Refusal."""
    try:
        reading = reading_of(context.base, wanted.mapping, wanted.timezone)
        digest = fill(tray, wanted.file, reading, wanted.sheet)
    except (BadTable, ValueError) as error:
        raise _no_table(error) from error
    return Sent(
        name=wanted.name or tray.kind.path, sha256=digest, author=context.caller.name, now_s=context.now_s(),
        rules=context.policies.fact_rules, mapping=wanted.mapping,
        history=wanted.history, partial=wanted.partial, new_robots=wanted.new_robots,
    )  # fmt: skip


def _no_table(error: Exception) -> Refusal:
    if isinstance(error, FileTooLarge):
        reason, _, remedy = str(error).partition("; ")
        return Refusal(reason, remedy, "too_large")
    return Refusal(str(error), "correct the file or the mapping and send it again", "unprocessable")


def _bad_usage(file: RefusedFile) -> Refused:
    return _bad_rows(file.bad_rows, file.complaints, "correct these rows and send the whole file again")


def _bad_rows(count: int, problems: tuple[str, ...], remedy: str) -> Refused:
    return Refused(f"{count} bad rows, nothing was imported", remedy, "unprocessable", problems)
