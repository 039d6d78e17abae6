"""The portfolio of the head of customer success: the table with its figures, and the same rows as a file."""

from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO, Literal

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.calendar import days
from collector.context import Context
from collector.exchange import export
from collector.exchange.errors import ExchangeError
from collector.operations.calls import Whose, own_csm, owners_of
from collector.operations.exports import Exported
from collector.operations.operation import operation
from collector.scores import closed_days
from collector.scores.reads import account_ids
from collector.success import newcomers
from collector.success import portfolio as reads
from collector.success.newcomers import Newcomers
from collector.success.portfolio import PortfolioFilter, PortfolioRow, PortfolioSummary, Sort
from collector.values.refusal import Refused
from collector.values.texts import NAME_MAX_CHARS, bounded

AHEAD = (30, 60, 90)
NEWCOMERS = 20  # that are listed; their number is told
COLUMNS = (
    "account", "name", "csm", "band", "score", "raw", "exceptions", "change_28_days", "arr", "currency", "renewal",
    "last_contact", "stage", "robots",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioOf:
    """What is looked for. `melon`: only watermelons; see PortfolioFilter for the others."""

    whose: Whose
    bands: tuple[str, ...] = ()
    csm: str = ""
    text: str = ""
    due_in: int | None = None
    quiet: int | None = None
    melon: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPortfolio:
    of: PortfolioOf
    sort: Sort
    falling: bool
    offset: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPortfolio:
    of: PortfolioOf
    sort: Sort
    falling: bool
    form: Literal["csv", "xlsx"]
    out: BinaryIO


@dataclass(frozen=True, slots=True)
class PortfolioAnswer:
    """`figures`: of everybody's portfolio that the caller asks for, whatever else narrows the rows.

    `newcomers`: not scored yet, and in no figure; empty where figures narrow the rows. `next_closing` in unix seconds.
    """

    rows: list[PortfolioRow]
    total: int
    figures: PortfolioSummary
    csm: str | None
    newcomers: Newcomers
    next_closing: int | None


@operation(roles=INSIDE)
def list_portfolio(context: Context, wanted: ListPortfolio) -> PortfolioAnswer:
    """One page of the table with the figures of the last closing. Refuses a name that is too long."""
    bounded("search", wanted.of.text, NAME_MAX_CHARS)
    bounded("csm", wanted.of.csm, NAME_MAX_CHARS)
    today, green_from = context.today(), context.policies.health.bands.green_from

    def read(connection: Connection) -> PortfolioAnswer:
        chosen = _filter(context, connection, wanted.of)
        rows, total = reads.page(
            connection, chosen, today, sort=wanted.sort, falling=wanted.falling, offset=wanted.offset,
            limit=wanted.limit,
        )  # fmt: skip
        whole = PortfolioFilter(owners=chosen.owners)
        new = _newcomers(connection, chosen)
        figures = reads.figures(connection, whole, today, AHEAD, green_from)
        closing = _next_closing(context, connection) if new.items else None
        return PortfolioAnswer(rows, total, figures, own_csm(context, connection), new, closing)

    return context.read(read)


@operation(roles=INSIDE, long=True)
def export_portfolio(context: Context, wanted: ExportPortfolio) -> Exported | Refused:
    """Every row that the filter finds, in all columns; text that would run as a formula gets an apostrophe."""

    def read(connection: Connection) -> int:
        found = reads.every(
            connection, _filter(context, connection, wanted.of), context.today(), sort=wanted.sort,
            falling=wanted.falling,
        )  # fmt: skip
        rows = (_cells(row) for row in found)
        if wanted.form == "xlsx":
            return export.write_xlsx("portfolio", COLUMNS, rows, wanted.out)
        text = TextIOWrapper(wanted.out, "utf-8-sig", newline="")
        try:
            return export.write_table("csv", COLUMNS, rows, text)
        finally:
            text.detach()

    try:
        return Exported(context.read(read))
    except ExchangeError as error:
        return Refused(str(error), "narrow it by band, CSM or renewal", "unprocessable")


def _newcomers(connection: Connection, chosen: PortfolioFilter) -> Newcomers:
    """None of them has the figures that a row could be chosen by."""
    if chosen != PortfolioFilter(owners=chosen.owners, text=chosen.text):
        return Newcomers([], 0)
    return newcomers.listed(connection, chosen.owners, chosen.text, NEWCOMERS)


def _next_closing(context: Context, connection: Connection) -> int | None:
    settle_h = context.policies.health.clock.settle_h
    ids = account_ids(connection)
    return closed_days.next_cutoff_s(connection, ids, context.settings.base_timezone, settle_h)


def _filter(context: Context, connection: Connection, wanted: PortfolioOf) -> PortfolioFilter:
    owners = owners_of(connection, wanted.whose, own_csm(context, connection))
    melon = context.policies.health.bands.green_from if wanted.melon else None
    return PortfolioFilter(
        None if owners is None else tuple(owners), wanted.bands, wanted.csm, wanted.text, wanted.due_in, wanted.quiet,
        melon,
    )  # fmt: skip


def _cells(row: PortfolioRow) -> list[object]:
    return [
        row.account, row.name, row.csm, row.band, row.final, row.raw, " ".join(row.caps), row.change,
        None if row.arr is None else row.arr / 100, row.currency,
        None if row.due_day is None else days.iso(row.due_day),
        None if row.contact_day is None else days.iso(row.contact_day), row.stage, row.robots,
    ]  # fmt: skip
