"""The portfolio as a table: filtered, sorted and paged in the database, from how accounts stood at the last closing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, nulls_last, or_, select, true

from collector.accounts.ledger.facts import version_of
from collector.accounts.ledger.kinds.registry import KINDS
from collector.store.lists import among
from collector.store.tables.fleet import account, deployment
from collector.store.tables.health import score
from collector.store.tables.ledger import fact
from collector.store.tables.success import standing
from collector.success import currencies
from collector.success.currencies import SumCurrency, whole

Sort = Literal["score", "name", "arr", "due", "contact", "csm", "change"]
SORTS: tuple[Sort, ...] = ("score", "name", "arr", "due", "contact", "csm", "change")
COLUMNS_SHOWN = ("change", "why", "arr", "due", "contact", "csm", "robots")
"""Of the table; score and name are always there."""
BANDS = ("red", "yellow", "green", "grey")
MOVED_DAYS = 28
_ESCAPE = "\\"
_AT_ONCE = 1_000
_BAND_ORDER = {band: at for at, band in enumerate(BANDS)}


@dataclass(frozen=True, slots=True)
class PortfolioFilter:
    """`owners`: CSMs, None: all. `due_in`, `quiet`: days. `melon`: at least this number before caps, and no green.

    `tag`: a tag; `field`: a field of one's own with its value, `tier=gold`; both in any letter case.
    `csm`: that one; "-": nobody. `text`: part of the name or of the id.
    """

    owners: tuple[str, ...] | None = None
    bands: tuple[str, ...] = ()
    csm: str = ""
    text: str = ""
    due_in: int | None = None
    quiet: int | None = None
    melon: float | None = None
    tag: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class PortfolioRow:
    """One account. Money in hundredths of `currency`, None: a rate is missing. `change`: of the score in 28 days,
    None where it was not scored then. `robots`: that are there today. `values`: {field of one's own: what it says of
    the account}, of the fields that were asked for; one that says nothing is not in it.
    """

    account: str
    name: str
    csm: str
    band: str
    final: float | None
    raw: float | None
    caps: tuple[str, ...]
    change: float | None
    arr: int | None
    currency: str
    due_day: int | None
    contact_day: int | None
    stage: str
    robots: int
    values: dict[str, str] = field(default_factory=dict)

    def is_known_too_little(self, surely_green_from: float) -> bool:
        """Whether coverage alone keeps it from green: beyond the border and its margin no band waits for a day more."""
        is_green = self.final is not None and self.final >= surely_green_from
        return is_green and self.band == "yellow" and not self.caps


@dataclass(frozen=True, slots=True)
class AheadSum:
    """Contracts that are due within so many days, their ARR, and that of yellow and red accounts. None: not known."""

    days: int
    accounts: int
    arr: int | None
    at_risk: int | None


@dataclass(frozen=True, slots=True)
class PortfolioSummary:
    """Sums over those that are filtered for: ARR, `at_risk` of yellow and red accounts; by band, accounts and ARR;
    renewals ahead; watermelons.

    No amount of ARR has the `arr_unknown` accounts without a rate, and those that `currency` names. A sum is None where
    there are such accounts, and no amount is known of any; `at_risk` also where none of them has a band.
    """

    accounts: int
    arr: int | None
    at_risk: int | None
    bands: dict[str, tuple[int, int | None]]
    currency: SumCurrency
    arr_unknown: int
    ahead: list[AheadSum]
    melons: int
    day: int | None


def page(
    connection: Connection, wanted: PortfolioFilter, today: int, *, sort: Sort, falling: bool, offset: int, limit: int,
    base: str, fields: Sequence[str] = (),
) -> tuple[list[PortfolioRow], int]:  # fmt: skip
    """The rows from `offset` on, and how many there are in all. `fields`: ids of fields of one's own to show.
    `base`: as of `figures`.
    """
    where = _where(wanted, today)
    code = currencies.of_sums(connection, where, base).code
    counted = select(func.count()).select_from(standing.join(account, account.c.id == standing.c.account_id))
    total = int(connection.execute(counted.where(*where)).scalar_one())
    query = _rows().where(*where).order_by(*_order(sort, code, falling=falling)).offset(offset).limit(limit)
    return _shown(connection, connection.execute(query).all(), today, fields), total


def is_compared(connection: Connection, wanted: PortfolioFilter, today: int) -> bool:
    """Whether any of them was scored MOVED_DAYS before too: else no row has a `change`."""
    found = _rows().where(*_where(wanted, today), _change().is_not(None)).limit(1)
    return connection.execute(found).first() is not None


def every(
    connection: Connection, wanted: PortfolioFilter, today: int, *, sort: Sort, falling: bool, base: str,
    fields: Sequence[str] = (),
) -> Iterator[PortfolioRow]:  # fmt: skip
    """All of them in that order, read in pieces. `fields` and `base` as of `page`."""
    where = _where(wanted, today)
    code = currencies.of_sums(connection, where, base).code
    query = _rows().where(*where).order_by(*_order(sort, code, falling=falling))
    offset = 0
    while rows := connection.execute(query.offset(offset).limit(_AT_ONCE)).all():
        yield from _shown(connection, rows, today, fields)
        offset += _AT_ONCE


def figures(
    connection: Connection, wanted: PortfolioFilter, today: int, ahead: Sequence[int], green_from: float, base: str
) -> PortfolioSummary:
    """`ahead`: days within which renewals are counted, ascending. `green_from`: where the green band begins. `base`:
    the currency that the setting names now.
    """
    c = standing.c
    where = _where(wanted, today)
    currency = currencies.of_sums(connection, where, base)

    def money(condition: ColumnElement[bool]) -> ColumnElement[int | None]:
        return currencies.money_of(condition, currency.code)

    def at_risk_of(condition: ColumnElement[bool]) -> ColumnElement[int | None]:
        return currencies.at_risk_of(condition, currency.code)

    columns: list[ColumnElement[Any]] = [func.count(), func.max(c.day), money(true()), at_risk_of(true())]
    columns += [_count(c.arr.is_(None)), _count(_melon(green_from))]
    for band in BANDS:
        columns += [_count(c.band == band), money(c.band == band)]
    for days in ahead:
        soon = c.due_day.between(today, today + days)
        columns += [_count(soon), money(soon), at_risk_of(soon)]
    query = select(*columns).select_from(standing.join(account, account.c.id == c.account_id)).where(*where)
    accounts, day, arr, at_risk, unknown, melons, *rest = connection.execute(query).one()
    of_bands = {band: (rest[2 * at], whole(rest[2 * at + 1])) for at, band in enumerate(BANDS)}
    rest = rest[2 * len(BANDS) :]
    sums = [
        AheadSum(days, rest[3 * at], whole(rest[3 * at + 1]), whole(rest[3 * at + 2])) for at, days in enumerate(ahead)
    ]
    return PortfolioSummary(accounts, whole(arr), whole(at_risk), of_bands, currency, unknown, sums, melons, day)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _melon(green_from: float) -> ColumnElement[bool]:
    return and_(standing.c.raw >= green_from, standing.c.band.in_(["yellow", "red"]), standing.c.caps != "")


def _rows() -> Select[*tuple[Any, ...]]:
    columns = standing, account.c.external_id, account.c.name, _change().label("change")
    return select(*columns).join(account, account.c.id == standing.c.account_id)


def _change() -> ColumnElement[float]:
    """SQL: of the number over MOVED_DAYS, to the closed day that the row is of; null where one of the two is none."""
    before = score.alias()
    then = (
        select(before.c.final)
        .where(
            before.c.account_id == standing.c.account_id, before.c.day == standing.c.day - MOVED_DAYS,
            before.c.basis == "arrived", before.c.withdrawn_at.is_(None),
        )
        .order_by(before.c.version.desc())
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
    return standing.c.final - then


def _where(wanted: PortfolioFilter, today: int) -> list[ColumnElement[bool]]:
    c, found = standing.c, [~account.c.withdrawn]
    if wanted.owners is not None:
        found.append(c.csm.in_(wanted.owners))
    if wanted.bands:
        found.append(c.band.in_(wanted.bands))
    if wanted.csm:
        found.append(c.csm == ("" if wanted.csm == "-" else wanted.csm))
    if wanted.text:
        text = wanted.text
        for special in (_ESCAPE, "%", "_"):
            text = text.replace(special, _ESCAPE + special)
        like = f"%{text}%"
        found.append(or_(account.c.name.ilike(like, escape=_ESCAPE), account.c.external_id.ilike(like, escape=_ESCAPE)))
    if wanted.due_in is not None:
        found.append(c.due_day.between(today, today + wanted.due_in))
    if wanted.quiet is not None:
        found.append(or_(c.contact_day.is_(None), c.contact_day <= today - wanted.quiet))
    found += _kept(wanted)
    if wanted.melon is not None:
        found.append(_melon(wanted.melon))
    return found


def _kept(wanted: PortfolioFilter) -> list[ColumnElement[bool]]:
    """Accounts with a tag, and with a value of a field of one's own: both by the facts' index of words."""
    words = (("tag", wanted.tag), ("custom_value", wanted.field))
    return [
        standing.c.account_id.in_(
            select(fact.c.account_id).where(
                fact.c.kind == kind, fact.c.word == word.casefold(), fact.c.replaced_at.is_(None)
            )
        )
        for kind, word in words
        if word
    ]


def _order(sort: Sort, code: str, *, falling: bool) -> list[ColumnElement[Any]]:
    """Rising, what is not known last; the account decides where two are equal. ARR is compared in the currency `code`:
    one that is in another until the next closing is not known in it.
    """
    c = standing.c
    of: dict[Sort, list[Any]] = {
        "score": [case(_BAND_ORDER, value=c.band, else_=len(BANDS)), c.final],
        "name": [func.lower(account.c.name)],
        "arr": [case((or_(c.currency == code, c.arr == 0), c.arr))],
        "due": [c.due_day],
        "contact": [c.contact_day],
        "csm": [c.csm],
        "change": [_change()],
    }
    ordered = [nulls_last(each.desc() if falling else each.asc()) for each in of[sort]]
    return [*ordered, c.account_id.asc()]


def _shown(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], today: int, fields: Sequence[str]
) -> list[PortfolioRow]:
    ids = [row.account_id for row in rows]
    robots: dict[int, int] = {}
    if ids:
        there = (
            select(deployment.c.account_id, func.count())
            .where(
                deployment.c.account_id.in_(ids), deployment.c.from_day <= today,
                or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
            )
            .group_by(deployment.c.account_id)
        )  # fmt: skip
        robots = {row[0]: row[1] for row in connection.execute(there)}
    values = _values(connection, ids, fields)
    return [
        PortfolioRow(
            row.external_id, row.name, row.csm, row.band, row.final, row.raw,
            tuple(row.caps.split(",")) if row.caps else (), row.change, row.arr,
            row.currency, row.due_day, row.contact_day, row.stage, robots.get(row.account_id, 0),
            values.get(row.account_id, {}),
        )
        for row in rows
    ]  # fmt: skip


def _values(connection: Connection, ids: Sequence[int], fields: Sequence[str]) -> dict[int, dict[str, str]]:
    """{account's row: {field: its value}}; of an account's record none."""
    found: dict[int, dict[str, str]] = {}
    if not ids or not fields:
        return found
    wanted, kind = set(fields), KINDS["custom_value"]
    standing_ones = select(fact).where(
        fact.c.kind == kind.key, among(connection, fact.c.account_id, ids), fact.c.word.is_not(None),
        fact.c.replaced_at.is_(None),
    )  # fmt: skip
    for row in connection.execute(standing_ones):
        said = version_of(kind, row).said
        if said.record is None and said.field in wanted:
            found.setdefault(row.account_id, {})[said.field] = said.value
    return found
