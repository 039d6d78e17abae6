"""The portfolio of the head of customer success: the table with its figures, and the same rows as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO, Literal

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.calendar import days
from collector.context import Context
from collector.exchange import export
from collector.exchange.errors import ExchangeError
from collector.operations import filters
from collector.operations.calls import Whose, own_csm, owners_of
from collector.operations.exports import Exported
from collector.operations.noted import TagUsed, custom_fields, used_tags
from collector.operations.operation import operation
from collector.scores import closed_days
from collector.scores.reads import account_ids
from collector.success import newcomers
from collector.success import portfolio as reads
from collector.success.newcomers import Newcomers
from collector.success.portfolio import PortfolioFilter, PortfolioRow, PortfolioSummary, Sort
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import ACCOUNT_MAX_CHARS, NAME_MAX_CHARS, bounded

AHEAD = (30, 60, 90)
_NOBODY = "-"  # as the CSM of accounts that have none
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
    tag: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPortfolio:
    """`fields`: ids of fields of one's own whose values the rows say too."""

    of: PortfolioOf
    sort: Sort
    falling: bool
    offset: int
    limit: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPortfolio:
    """`fields`: as of ListPortfolio; a column for each, by the field's name."""

    of: PortfolioOf
    sort: Sort
    falling: bool
    fields: tuple[str, ...] = ()
    form: Literal["csv", "xlsx"]
    out: BinaryIO


@dataclass(frozen=True, slots=True)
class PortfolioAnswer:
    """`figures`: of everybody's portfolio that the caller asks for, whatever else narrows the rows.

    `newcomers`: not scored yet, and in no figure; empty where figures narrow the rows. `next_closing` in unix seconds.
    `is_compared`: any of the rows, also those of other pages, has a `change`.
    `surely_green_from`: an account with that number that is yellow without an exception is known too little for green.
    """

    rows: list[PortfolioRow]
    total: int
    figures: PortfolioSummary
    csm: str | None
    newcomers: Newcomers
    next_closing: int | None
    surely_green_from: float
    is_compared: bool


@dataclass(frozen=True, slots=True)
class FieldNamed:
    """A field of one's own."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class PortfolioChoices:
    """What the table can be narrowed by and show: tags, the most used first; fields of accounts, by name."""

    tags: list[TagUsed]
    fields: list[FieldNamed]


@operation(roles=INSIDE)
def portfolio_choices(context: Context, _: None) -> PortfolioChoices:
    """Tags that accounts have, and fields of one's own that accounts can have."""

    def read(connection: Connection) -> PortfolioChoices:
        fields = [FieldNamed(one.id, one.name) for one in custom_fields(connection) if one.of == "account"]
        return PortfolioChoices(used_tags(connection), fields)

    return context.read(read)


@operation(roles=INSIDE)
def list_portfolio(context: Context, wanted: ListPortfolio) -> PortfolioAnswer:
    """One page of the table with the figures of the last closing. Refuses too long a name, an unknown field."""
    bounded("search", wanted.of.text, NAME_MAX_CHARS)
    bounded("csm", wanted.of.csm, NAME_MAX_CHARS)
    bounded("tag", wanted.of.tag, NAME_MAX_CHARS)
    bounded("field", wanted.of.field, ACCOUNT_MAX_CHARS + NAME_MAX_CHARS)
    today, bands = context.today(), context.policies.health.bands

    def read(connection: Connection) -> PortfolioAnswer:
        chosen = _filter(context, connection, wanted.of)
        _names_of_fields(connection, wanted.fields)
        rows, total = reads.page(
            connection, chosen, today, sort=wanted.sort, falling=wanted.falling, offset=wanted.offset,
            limit=wanted.limit, base=context.settings.base_currency, fields=wanted.fields,
        )  # fmt: skip
        whole = PortfolioFilter(owners=chosen.owners)
        new = _newcomers(connection, chosen)
        base = context.settings.base_currency
        figures = reads.figures(connection, whole, today, AHEAD, bands.green_from, base)
        closing = _next_closing(context, connection) if new.items else None
        surely_green_from = bands.green_from + bands.margin  # no band waits for another day beyond it
        is_compared = any(row.change is not None for row in rows) or reads.is_compared(connection, chosen, today)
        return PortfolioAnswer(
            rows, total, figures, own_csm(context, connection), new, closing, surely_green_from, is_compared
        )

    return context.read(read)


@operation(roles=INSIDE, long=True)
def export_portfolio(context: Context, wanted: ExportPortfolio) -> Exported | Refused:
    """Every row that the filter finds, in all columns; text that would run as a formula gets an apostrophe.

    Refuses a field that there is not.
    """

    def read(connection: Connection) -> int:
        heads = (*COLUMNS, *_names_of_fields(connection, wanted.fields))
        found = reads.every(
            connection, _filter(context, connection, wanted.of), context.today(), sort=wanted.sort,
            falling=wanted.falling, base=context.settings.base_currency, fields=wanted.fields,
        )  # fmt: skip
        rows = ([*_cells(row), *(row.values.get(one, "") for one in wanted.fields)] for row in found)
        if wanted.form == "xlsx":
            return export.write_xlsx("portfolio", heads, rows, wanted.out)
        text = TextIOWrapper(wanted.out, "utf-8-sig", newline="")
        try:
            return export.write_table("csv", heads, rows, text)
        finally:
            text.detach()

    try:
        return Exported(context.read(read))
    except ExchangeError as error:
        return Refused(error.said, "write CSV, or narrow it by band, CSM or renewal", "unprocessable")


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
    filters.csm(connection, wanted.csm if wanted.csm != _NOBODY else None)
    filters.tag(connection, wanted.tag.strip())
    filters.own_field(connection, wanted.field.strip())
    owners = owners_of(connection, wanted.whose, own_csm(context, connection))
    melon = context.policies.health.bands.green_from if wanted.melon else None
    return PortfolioFilter(
        None if owners is None else tuple(owners), wanted.bands, wanted.csm, wanted.text, wanted.due_in, wanted.quiet,
        melon, wanted.tag.strip(), wanted.field.strip(),
    )  # fmt: skip


def _names_of_fields(connection: Connection, fields: Sequence[str]) -> list[str]:
    """Raises Refusal."""
    if not fields:
        return []
    known = {one.id: one.name for one in custom_fields(connection) if one.of == "account"}
    if unknown := [one for one in fields if one not in known]:
        remedy = Remedy("list them", "field list", "GET /api/v1/custom-fields")
        raise Refusal(
            Sentence("accounts have no field {unknown}", unknown=unknown[0][:NAME_MAX_CHARS]), remedy, "unprocessable"
        )
    return [known[one] for one in fields]


def _cells(row: PortfolioRow) -> list[object]:
    return [
        row.account, row.name, row.csm, row.band, row.final, row.raw, " ".join(row.caps), row.change,
        None if row.arr is None else row.arr / 100, row.currency,
        None if row.due_day is None else days.iso(row.due_day),
        None if row.contact_day is None else days.iso(row.contact_day), row.stage, row.robots,
    ]  # fmt: skip
