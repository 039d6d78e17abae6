"""Which accounts are billed for what: entitlements that a contract line pays for, with their prices and time zone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from collector.accounts.contracts.arr import currency_of
from collector.accounts.ledger import book as books
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.skillstore.billing.rating import Subscription
from collector.skillstore.billing.sold import LeftOff, SoldSkill, sound
from collector.skillstore.catalogue.prices import price_on
from collector.skillstore.catalogue.reading import prices_of
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.store.lists import among
from collector.store.tables.fleet import account
from collector.store.tables.ledger import fact
from collector.store.tables.skill_bills import skill_bill
from collector.store.tables.skill_store import skill_entitlement

_OF_LEDGER = ("contract", "line")


@dataclass(slots=True)
class BilledAccount:
    """`id` is its row. `timezone`: whose midnight ends its months. `sold` in order of first day."""

    id: int
    external_id: str
    name: str
    timezone: str
    sold: list[SoldSkill] = field(default_factory=list)
    left_off: list[LeftOff] = field(default_factory=list)


def billed_ids(connection: Connection) -> list[int]:
    """Row ids of all accounts that bought a skill by a contract line, or were billed before."""
    bought = select(skill_entitlement.c.account_id).where(skill_entitlement.c.origin == EntitledBy.CONTRACT_LINE.value)
    query = bought.union(select(skill_bill.c.account_id))
    return sorted(row[0] for row in connection.execute(query))


def read(connection: Connection, account_ids: Sequence[int]) -> dict[int, BilledAccount]:
    """These accounts, by row id. One that was withdrawn is billed up to that day; what goes on after it is left off."""
    named = select(account.c.id, account.c.external_id, account.c.name, account.c.withdrawn).where(
        among(connection, account.c.id, account_ids)
    )
    rows = connection.execute(named).all()
    book = books.read_book(connection, _OF_LEDGER, NOW, account_ids=account_ids)
    zones: dict[int, str] = {}
    currencies: dict[int, dict[str, str]] = {}
    for ledger in book.ledgers():
        zones[ledger.row_id] = ledger.account.timezone
        contracts = {one.id: one for one in ledger.contracts}
        currencies[ledger.row_id] = {
            line.id: currency_of(line, contracts[line.contract]) for line in ledger.lines if line.contract in contracts
        }
    ended = _withdrawals(connection, [row.id for row in rows if row.withdrawn])
    zones |= {account_id: one.timezone for account_id, one in ended.items()}
    found = {row.id: BilledAccount(row.id, row.external_id, row.name, zones.get(row.id, "UTC")) for row in rows}
    for account_id, (sold, unpriced) in _sold(connection, list(found)).items():
        one = found[account_id]
        until = ended.get(account_id)
        within, after = (sold, []) if until is None else _up_to(until.day, sold)
        one.sold, left = sound(within, currencies.get(account_id, {}))
        one.left_off = sorted([*left, *unpriced, *after])
    return found


@dataclass(frozen=True, slots=True)
class _Withdrawal:
    """`day`: when it was said that the account never was, in its zone."""

    timezone: str
    day: int


def _withdrawals(connection: Connection, account_ids: Collection[int]) -> dict[int, _Withdrawal]:
    query = select(fact.c.account_id, fact.c.body, fact.c.arrived_at).where(
        fact.c.account_id.in_(account_ids), fact.c.kind == "account", fact.c.withdrawn, fact.c.replaced_at.is_(None)
    )
    found = {}
    for row in connection.execute(query) if account_ids else ():
        zone = KINDS["account"].load(row.body).timezone
        found[row.account_id] = _Withdrawal(zone, days.of(row.arrived_at, zone))
    return found


def _up_to(day: int, sold: Sequence[SoldSkill]) -> tuple[list[SoldSkill], list[LeftOff]]:
    """What was sold up to that day, and what goes on after it: robots that used it owe it, whatever is said later."""
    within, after = [], []
    for one in sold:
        its = one.subscription
        if its.to_day is not None and its.to_day <= day + 1:
            within.append(one)
            continue
        after.append(LeftOff(one.contract_line, one.skill, "withdrawn", "", one.entitlement))
        if its.from_day <= day:
            within.append(replace(one, subscription=replace(its, to_day=day + 1)))
    return within, after


def _sold(connection: Connection, account_ids: Sequence[int]) -> dict[int, tuple[list[SoldSkill], list[LeftOff]]]:
    table = skill_entitlement
    query = (
        select(table)
        .where(among(connection, table.c.account_id, account_ids), table.c.origin == EntitledBy.CONTRACT_LINE.value)
        .order_by(table.c.account_id, table.c.from_day, table.c.id)
    )
    rows = connection.execute(query).all()
    prices = prices_of(connection, sorted({row.skill for row in rows}))
    found: dict[int, tuple[list[SoldSkill], list[LeftOff]]] = {}
    for row in rows:
        if row.to_day is not None and row.to_day < row.from_day:
            continue  # it was taken back before it began: nothing of it is owed, and nothing is to be mended
        sold, unpriced = found.setdefault(row.account_id, ([], []))
        line = row.contract_line or ""
        price = price_on(prices.get(row.skill, ()), row.from_day)
        if price is None:  # it is not free: nobody has said what it costs
            unpriced.append(LeftOff(line, row.skill, "no_price", "", row.id))
            continue
        ends = None if row.to_day is None else row.to_day + 1
        subscription = Subscription(f"{row.skill}/{row.id}", price, row.from_day, ends)
        sold.append(SoldSkill(subscription, row.skill, line, row.robots_most, row.id))
    return found
