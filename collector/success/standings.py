"""How accounts stood at the last closing: one row each, for lists and sums that read no ledger.

Figures are of the closed day `day`, and say so. An account that has left has no row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, or_, select, true, update

from collector.fleet.accounts import is_there
from collector.scores import scores
from collector.store.lists import among
from collector.store.tables.fleet import account
from collector.store.tables.health import account_day
from collector.store.tables.success import standing
from collector.success import currencies
from collector.success.currencies import SumCurrency, whole
from collector.success.priority import Situation

AT_ONCE = 500


def keep(
    connection: Connection, day: int, situations: Sequence[Situation], left: Collection[int], currency: str
) -> None:
    """Replace the rows of these accounts by what the closed `day` says; again with the same day changes nothing."""
    for start in range(0, len(situations), AT_ONCE):
        some = situations[start : start + AT_ONCE]
        ids = [one.row_id for one in some]
        now, before = scores.lines_of(connection, ids, day), scores.lines_of(connection, ids, day - 1)
        rows = [
            {
                "account_id": one.row_id, "day": day, "csm": one.csm, "arr": one.arr, "currency": currency,
                "due_day": one.due_day, "auto_renews": one.auto_renews, "noticed": one.noticed,
                "contract": one.contract, "notice_day": one.notice_day, "steps": one.steps,
                "contact_day": one.contact_day, "cadence_days": one.cadence_days,
                "final": line.final, "raw": line.raw, "band": line.band, "caps": ",".join(line.caps),
                "stage": line.stage, "coverage": line.coverage,
                "band_before": was.band if (was := before.get(one.row_id)) is not None else None,
                "raw_before": was.raw if was is not None else None,
            }
            for one in some
            if (line := now.get(one.row_id)) is not None
        ]  # fmt: skip
        connection.execute(delete(standing).where(among(connection, standing.c.account_id, ids)))
        if rows:
            connection.execute(insert(standing), rows)
    for start in range(0, len(left), AT_ONCE):
        gone = sorted(left)[start : start + AT_ONCE]
        connection.execute(delete(standing).where(among(connection, standing.c.account_id, gone)))


def spoke(connection: Connection, account_id: int, contact_day: int | None) -> None:
    """The newest day on which the customer spoke, as the ledger says it now."""
    connection.execute(update(standing).where(standing.c.account_id == account_id).values(contact_day=contact_day))


def given_to(connection: Connection, account_id: int, csm: str) -> None:
    """Another CSM looks after it from now on."""
    connection.execute(update(standing).where(standing.c.account_id == account_id).values(csm=csm))


@dataclass(frozen=True, slots=True)
class PortfolioSums:
    """Sums over accounts, as the last closing left them. Money in hundredths of `currency`.

    `arr` leaves out `arr_unknown` accounts whose currency has no rate, and those that `currency` names. A sum is
    None where no account of it has a known amount, of what is at risk also where none of its accounts has a band.
    `quiet`: not spoken with for 30 days; `contact_day` of the one that was not for longest, None: never.
    """

    accounts: int
    bands: dict[str, int]
    arr: int | None
    arr_at_risk: int | None
    arr_unknown: int
    currency: SumCurrency
    renewals: int
    renewals_arr: int | None
    renewals_at_risk: int | None
    quiet: int
    oldest_contact_day: int | None
    never_spoken: int
    day: int | None


@dataclass(frozen=True, slots=True)
class RenewalAhead:
    """One contract that is due. `arr` None: not known."""

    account: str
    name: str
    due_day: int
    arr: int | None
    currency: str
    band: str
    final: float | None
    steps: int
    notice_day: int | None
    noticed: bool
    auto_renews: bool


@dataclass(frozen=True, slots=True)
class MovedAccount:
    """An account whose band or number changed over the newest closed day."""

    account: str
    name: str
    band_before: str
    band: str
    raw_before: float | None
    raw: float | None


def sums(
    connection: Connection, owners: Sequence[str] | None, today: int, *, ahead: int, quiet: int, base: str
) -> PortfolioSums:
    """`owners`: CSMs; None: all. `ahead`: days within which a renewal is counted; `quiet`: days without contact.

    `base`: the currency that the setting names now.
    """
    c = standing.c
    currency = currencies.of_sums(connection, [_of(owners)], base)
    soon = c.due_day.between(today, today + ahead)
    silent = or_(c.contact_day.is_(None), c.contact_day <= today - quiet)

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    def money(condition: ColumnElement[bool]) -> ColumnElement[int | None]:
        return currencies.money_of(condition, currency.code)

    def at_risk(condition: ColumnElement[bool]) -> ColumnElement[int | None]:
        return currencies.at_risk_of(condition, currency.code)

    row = connection.execute(
        select(
            func.count().label("accounts"),
            *(count(c.band == band).label(band) for band in ("green", "yellow", "red", "grey")),
            money(true()).label("arr"), at_risk(true()).label("at_risk"), count(c.arr.is_(None)).label("unknown"),
            count(soon).label("renewals"), money(soon).label("soon"),
            at_risk(soon).label("soon_at_risk"), count(silent).label("quiet"),
            func.min(c.contact_day).label("oldest"), count(c.contact_day.is_(None)).label("never"),
            func.max(c.day).label("day"),
        ).where(_of(owners))
    ).one()  # fmt: skip
    bands = {band: getattr(row, band) for band in ("green", "yellow", "red", "grey")}
    return PortfolioSums(
        row.accounts, bands, whole(row.arr), whole(row.at_risk), row.unknown, currency, row.renewals,
        whole(row.soon), whole(row.soon_at_risk), row.quiet, row.oldest, row.never, row.day,
    )  # fmt: skip


def renewals(
    connection: Connection, owners: Sequence[str] | None, from_day: int, to_day: int, limit: int
) -> list[RenewalAhead]:
    """The nearest first."""
    c = standing.c
    wanted = (
        select(standing, account.c.external_id, account.c.name)
        .join(account, account.c.id == c.account_id)
        .where(_of(owners), c.due_day.between(from_day, to_day))
        .order_by(c.due_day, c.account_id)
        .limit(limit)
    )
    return [
        RenewalAhead(
            row.external_id, row.name, row.due_day, row.arr, row.currency, row.band, row.final, row.steps,
            row.notice_day, row.noticed, row.auto_renews,
        )
        for row in connection.execute(wanted)
    ]  # fmt: skip


def moved(
    connection: Connection, owners: Sequence[str] | None, limit: int
) -> tuple[list[MovedAccount], list[MovedAccount]]:
    """Who changed band, and whose raw number moved most (by half a point or more), over the newest closed day."""
    c = standing.c
    base = select(standing, account.c.external_id, account.c.name).join(account, account.c.id == c.account_id)
    chosen = base.where(_of(owners), c.band_before.is_not(None))
    bands = chosen.where(c.band != c.band_before).order_by(c.final, c.account_id).limit(limit)
    size = func.abs(c.raw - c.raw_before)
    raws = chosen.where(size >= 0.5).order_by(size.desc(), c.account_id).limit(limit)  # noqa: PLR2004 - seen when rounded
    return _moved(connection, bands), _moved(connection, raws)


def of_account(connection: Connection, account_id: int) -> tuple[Situation, str] | None:
    """How one account stood, and the currency of its ARR."""
    its = and_(standing.c.account_id == account_id, is_there(standing.c.account_id))
    row = connection.execute(select(standing).where(its)).one_or_none()
    if row is None:
        return None
    found = Situation(
        row_id=account_id, account="", csm=row.csm, arr=row.arr, due_day=row.due_day, auto_renews=row.auto_renews,
        contact_day=row.contact_day, contract=row.contract, notice_day=row.notice_day, noticed=row.noticed,
        steps=row.steps, cadence_days=row.cadence_days,
    )  # fmt: skip
    return found, row.currency


def of_accounts(connection: Connection, account_ids: Sequence[int]) -> dict[int, tuple[int | None, str, int | None]]:
    """(ARR, its currency, day of the next renewal) of each of these that has a row."""
    wanted = select(standing).where(among(connection, standing.c.account_id, list(account_ids)))
    return {row.account_id: (row.arr, row.currency, row.due_day) for row in connection.execute(wanted)}


def _moved(connection: Connection, wanted: object) -> list[MovedAccount]:
    return [
        MovedAccount(row.external_id, row.name, row.band_before, row.band, row.raw_before, row.raw)
        for row in connection.execute(wanted)  # type: ignore[call-overload]  # one of our own selects
    ]


def _of(owners: Sequence[str] | None) -> ColumnElement[bool]:
    here = is_there(standing.c.account_id)
    return here if owners is None else and_(here, standing.c.csm.in_(owners))


def owned_of(connection: Connection, owners: Sequence[str] | None, external_ids: Sequence[str]) -> int:
    """How many of these accounts belong to those CSMs."""
    wanted = (
        select(func.count())
        .select_from(standing)
        .join(account, account.c.id == standing.c.account_id)
        .where(_of(owners), account.c.external_id.in_(list(external_ids)[:AT_ONCE]))
    )
    return int(connection.execute(wanted).scalar_one())


@dataclass(frozen=True, slots=True)
class Heard:
    """Of the robots that were expected on a closed day, those of which anything has arrived."""

    robots: int
    heard: int


def heard_on(connection: Connection, owners: Sequence[str] | None, day: int) -> Heard:
    newest = (
        select(account_day.c.account_id, func.max(account_day.c.version).label("version"))
        .join(standing, standing.c.account_id == account_day.c.account_id)
        .where(account_day.c.day == day, _of(owners))
        .group_by(account_day.c.account_id)
        .subquery()
    )
    its = and_(account_day.c.account_id == newest.c.account_id, account_day.c.version == newest.c.version)
    sums_of = select(func.sum(account_day.c.robots), func.sum(account_day.c.heard)).join(newest, its)
    robots, heard = connection.execute(sums_of.where(account_day.c.day == day)).one()
    return Heard(robots or 0, heard or 0)
