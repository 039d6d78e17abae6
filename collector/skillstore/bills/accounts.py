"""Which accounts are billed for what: entitlements that a contract line pays for, with their prices and time zone."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from collector.accounts.contracts.arr import currency_of
from collector.accounts.ledger import book as books
from collector.accounts.ledger.facts import NOW
from collector.skillstore.billing.rating import Subscription
from collector.skillstore.billing.sold import LeftOff, SoldSkill, sound
from collector.skillstore.catalogue.prices import price_on
from collector.skillstore.catalogue.reading import prices_of
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.store.lists import among
from collector.store.tables.fleet import account
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
    """These accounts, by row id. One that never was (it is withdrawn) is left out."""
    named = select(account.c.id, account.c.external_id, account.c.name).where(
        among(connection, account.c.id, account_ids), ~account.c.withdrawn
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
    found = {row.id: BilledAccount(row.id, row.external_id, row.name, zones.get(row.id, "UTC")) for row in rows}
    for account_id, (sold, unpriced) in _sold(connection, list(found)).items():
        one = found[account_id]
        one.sold, left = sound(sold, currencies.get(account_id, {}))
        one.left_off = sorted([*left, *unpriced])
    return found


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
