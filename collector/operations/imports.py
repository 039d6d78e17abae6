"""Files in: tables of facts and usage, their preview, the list of imports, an import taken back, empty tables."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import BinaryIO, Literal

from sqlalchemy import Connection

from collector.access.caller import IMPORTERS, INSIDE
from collector.accounts.ledger.kinds.registry import Kind
from collector.context import Context
from collector.exchange.imports import bringing, marks, undoing, usage_history
from collector.exchange.imports.arriving import fill, headings_of, kind_of, reading_of
from collector.exchange.imports.bringing import Sent
from collector.exchange.imports.day_orders import DayOrder
from collector.exchange.imports.marks import Mark
from collector.exchange.imports.problems import BadTable, FileTooLarge
from collector.exchange.imports.results import ImportResult
from collector.exchange.imports.templates import every_kind, template_csv, template_xlsx
from collector.exchange.imports.tray import Tray
from collector.exchange.imports.undoing import NoImport, NotUndone, Undone
from collector.exchange.imports.usage_history import Imported, RefusedFile
from collector.exchange.imports.usage_sheet import ReadAs
from collector.exchange.imports.usage_staging import Staging
from collector.notifications import announcements
from collector.operations import following
from collector.operations.operation import operation
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import ENCODING_MAX_CHARS, FILE_NAME_MAX_CHARS, SHEET_MAX_CHARS, ZONE_MAX_CHARS, bounded

CORRECT_OR_PARTIAL = Remedy(
    "correct these rows and send the whole file again, or have the good rows taken", "--partial", "partial=true"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTable:
    """`table` is a kind's path or key, `file` can be sought. `name`: the file's own, for the list of imports.

    `mapping` is {heading: field}. `sheet` None: the one that is called as the kind, else the first one that is shown.
    `encoding`: of a CSV; None: as its bytes show it. `timezone`: of moments that do not say theirs.
    `decimal`: `,` or `.`, `day_order`: of days with slashes; None: each column shows its own.
    `partial`, `history`, `new_robots`: see `Sent`.
    """

    table: str
    file: BinaryIO
    name: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    encoding: str | None = None
    timezone: str | None = None
    decimal: str | None = None
    day_order: DayOrder | None = None
    partial: bool = False
    history: bool = False
    new_robots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportUsage:
    """`file` can be sought. `mapping`, `sheet` and `encoding` as in an ImportTable.

    `without_account`: a row may name none.
    """

    file: BinaryIO
    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    encoding: str | None = None
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


@operation(roles=IMPORTERS, long=True)
def preview_import(context: Context, wanted: ImportTable) -> ImportResult:
    """The first rows as they were understood, what each would do, and every bad row with its remedy. Writes nothing."""
    with Tray(kind_called(wanted.table)) as tray:
        sent = filled(context, tray, wanted)
        return context.read(lambda connection: bringing.preview(connection, tray, sent))


@operation(roles=IMPORTERS, long=True, needs_store=False)
def table_headings(_: Context, wanted: ImportTable) -> dict[str, str]:
    """The headings of a file, and what each means by itself: "" for nothing. For a person who matches them."""
    try:
        return headings_of(wanted.file, kind_called(wanted.table))
    except (BadTable, ValueError) as error:
        raise no_table(error) from error


@operation(roles=IMPORTERS, writes=True, long=True, makes_store=True)
def import_table(context: Context, wanted: ImportTable) -> ImportResult:
    """All of the file or, unless `partial`, nothing: then the refusal names the bad rows, as where no row is good.

    The webhooks are told.
    """
    with Tray(kind_called(wanted.table)) as tray:
        sent = filled(context, tray, wanted)

        def change(connection: Connection) -> ImportResult | Refused:
            done = bringing.bring(connection, tray, sent)
            if done.refused and not (wanted.partial and done.created + done.corrected + done.unchanged):
                return bad_rows(done.refused, tuple(done.problems), CORRECT_OR_PARTIAL)
            announce(context, connection, done, sent)
            return done

        return context.write(change)


@operation(roles=IMPORTERS, writes=True, long=True, makes_store=True)
def import_usage(context: Context, wanted: ImportUsage) -> Imported | Refused:
    """Usage from before the collector: all of the file, or nothing and the bad rows by name.

    Missing accounts, robots and deployments are made; the robots' own counts always stand.
    """
    _bounded_source(wanted)
    read_as = ReadAs()
    with Staging() as staging:
        try:
            staged = usage_history.stage(
                wanted.file, staging, context.today(), wanted.mapping, wanted.sheet,
                encoding=wanted.encoding, without_account=wanted.without_account, found=read_as,
            )  # fmt: skip
        except BadTable as error:
            raise no_table(error) from error
        if staged is not None:
            return bad_usage(staged)

        def change(connection: Connection) -> Imported | Refused:
            done = usage_history.commit(connection, staging, context.now_s(), context.base)
            if isinstance(done, RefusedFile):
                return bad_usage(done)
            announcements.usage_imported(connection, context.caller.name, asdict(done), context.now_s())
            return replace(done, encoding=read_as.encoding, sheet=read_as.sheet)

        return context.write(change)


@operation(roles=INSIDE)
def list_imports(context: Context, wanted: ListImports) -> Page[Mark]:
    """Imports of tables, newest first."""
    return context.read(lambda connection: marks.page(connection, limit=wanted.limit, cursor=wanted.cursor))


@operation(roles=IMPORTERS, writes=True)
def undo_import(context: Context, import_id: int) -> Undone:
    """What it created is withdrawn, what it corrected says again what it said before. Nothing is deleted.

    It is refused, with the names, where later corrections or facts stand on the import. The webhooks are told.
    """

    def change(connection: Connection) -> Undone | Refused:
        csms = following.csms_of_import(connection, import_id)
        done = undoing.undo(connection, import_id, context.caller.name, context.now_s())
        if isinstance(done, NotUndone):
            return Refused(done.why, done.remedy, "not_found" if isinstance(done, NoImport) else "conflict")
        following.import_undone(context, connection, import_id, csms)
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
    kind = kind_called(wanted.table)
    return template_csv(kind) if wanted.form == "csv" else template_xlsx([kind])


def template_name(word: str) -> str:
    """What the file of a template is called. Raises Refusal."""
    return "fleetward" if word == "all" else kind_called(word).path


def kind_called(word: str) -> Kind:
    """The kind of facts with that path or key. Raises Refusal."""
    found = kind_of(word)
    if found is None:
        known = ", ".join(one.path for one in every_kind())
        raise Refusal(
            Sentence("there is no table {word!r}", word=word[:60]),
            Sentence("tables: {known}", known=known),
            "not_found",
        )
    return found


def filled(context: Context, tray: Tray, wanted: ImportTable) -> Sent:
    """The file's facts in the tray, and what is to become of them. Raises Refusal."""
    bounded("name", wanted.name, FILE_NAME_MAX_CHARS)
    bounded("timezone", wanted.timezone, ZONE_MAX_CHARS)
    _bounded_source(wanted)
    try:
        reading = reading_of(context.base, wanted.mapping, wanted.timezone, wanted.decimal, wanted.day_order)
        digest = fill(tray, wanted.file, reading, wanted.sheet, wanted.encoding)
    except (BadTable, ValueError) as error:
        raise no_table(error) from error
    return Sent(
        name=wanted.name or tray.kind.path, sha256=digest, author=context.caller.name, now_s=context.now_s(),
        rules=context.policies.fact_rules, today=context.today(), mapping=wanted.mapping, history=wanted.history,
        partial=wanted.partial, new_robots=wanted.new_robots,
    )  # fmt: skip


def _bounded_source(wanted: ImportTable | ImportUsage) -> None:
    bounded("sheet", wanted.sheet, SHEET_MAX_CHARS)
    bounded("encoding", wanted.encoding, ENCODING_MAX_CHARS)


def announce(context: Context, connection: Connection, done: ImportResult, sent: Sent) -> None:
    """What follows from an import that wrote something: accounts go to their CSMs, the webhooks are told."""
    if done.import_id is None:
        return
    following.import_brought(context, connection, done.import_id)
    rows = {
        "rows": done.rows, "skipped": done.refused, "created": done.created,
        "corrected": done.corrected, "unchanged": done.unchanged,
    }  # fmt: skip
    announcements.imported(connection, done.import_id, done.kind, sent.author, rows, sent.now_s)


def no_table(error: Exception) -> Refusal:
    """What a file that cannot be read is to who sent it."""
    if isinstance(error, FileTooLarge):
        return Refusal(error.args[0], "send a smaller file", "too_large")
    return Refusal(error.args[0], "correct the file or the mapping and send it again", "unprocessable")


def bad_usage(file: RefusedFile) -> Refused:
    """Nothing of a file of usage was imported."""
    return bad_rows(file.bad_rows, file.complaints, "correct these rows and send the whole file again")


def bad_rows(count: int, problems: tuple[str, ...], remedy: Remedy | str) -> Refused:
    """Nothing was imported; `problems` are the first bad rows."""
    return Refused(
        Sentence("{count} bad rows, nothing was imported", count=count)
        if count > 1
        else Sentence("1 bad row, nothing was imported"),
        remedy,
        "unprocessable",
        problems,
    )
