"""Files out: every list as CSV, XLSX or JSON lines, or all of them as one database."""

import sqlite3
from dataclasses import dataclass
from importlib import metadata
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from collector.access.caller import INSIDE
from collector.context import Context
from collector.exchange import export, lists
from collector.exchange.errors import ExchangeError
from collector.exchange.lists import ListRequest
from collector.operations import ranges
from collector.operations.operation import account_row, operation
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence

if TYPE_CHECKING:
    from collector.exchange.portable import Written

Form = Literal["csv", "xlsx", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportList:
    """`list` is one of lists.NAMES, written to `out` in `form`; the days bound lists that have a day."""

    list: str
    form: Form
    out: BinaryIO
    from_day: int | None = None
    to_day: int | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """How many rows were written, the heading not counted."""

    rows: int


@operation(long=True)
def export_list(context: Context, wanted: ExportList) -> Exported | Refused:
    """Every row of a list that the caller may see; text that would run as a formula gets an apostrophe.

    A customer takes out the lists of the fleet, of its own robots. Refuses an unknown list or account, and more rows
    than a sheet holds.
    """
    if wanted.list not in lists.NAMES:
        return Refused(
            Sentence("there is no list {list!r}", list=wanted.list[:60]),
            Sentence("lists: {names}", names=", ".join(lists.NAMES)),
            "not_found",
        )
    if wanted.list not in export.COLUMNS and not context.caller.may(INSIDE):
        role = context.caller.role.value
        return Refused(
            Sentence("a token with the role {role} may not take out {list}", role=role, list=wanted.list),
            Sentence("lists: {names}", names=", ".join(export.COLUMNS)),
            "forbidden",
        )
    if wanted.account is not None:  # an unknown one is no empty list
        account = wanted.account
        context.read(lambda connection: account_row(context, connection, account))
    ranges.in_order(wanted.from_day, wanted.to_day)
    chosen = ListRequest(wanted.list, wanted.from_day, wanted.to_day, wanted.account)
    try:
        listed = lists.listed(context.store, chosen, context.now_s(), context.today(), context.caller.scope)
        return Exported(_written(wanted, listed))
    except ExchangeError as error:
        return Refused(error.said, "write CSV, or narrow it with from, to or account", "unprocessable")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDatabase:
    """`path` is a new file, or one that is replaced. `views`: only what BI reads, the SQL views."""

    path: Path
    views: bool = False


@operation(roles=INSIDE, long=True)
def export_database(context: Context, wanted: ExportDatabase) -> "Written":
    """Every list as a table of one SQLite file, with keys, indexes and full-text search. No secret is in it."""
    from collector.exchange import portable  # noqa: PLC0415 - its library is loaded by nothing else

    def listed(name: str) -> lists.Listed:
        chosen = ListRequest(name, plain=True)
        return lists.listed(context.store, chosen, context.now_s(), context.today(), context.caller.scope)

    names = portable.VIEWS if wanted.views else lists.NAMES
    try:
        return portable.write(wanted.path, names, listed, context.now_s(), metadata.version("fleetward"))
    except (OSError, sqlite3.Error) as error:
        remedy = "choose a file that may be written, on a disk with room"
        raise Refusal(
            Sentence("{name} cannot be written: {error}", name=wanted.path.name, error=error), remedy, "unprocessable"
        ) from error


def _written(wanted: ExportList, listed: lists.Listed) -> int:
    if wanted.form == "xlsx":
        return export.write_xlsx(wanted.list, listed.columns, listed.rows, wanted.out)
    # A spreadsheet takes a CSV without a BOM for one in the encoding of its country.
    text = TextIOWrapper(wanted.out, "utf-8-sig" if wanted.form == "csv" else "utf-8", newline="")
    try:
        return export.write_table(wanted.form, listed.columns, listed.rows, text)
    finally:
        text.detach()  # flushed; the file stays the caller's
