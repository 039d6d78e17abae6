"""Closed bills in the store: written once, read whole. The database refuses to change one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, select

from collector.fleet.scope import Scope
from collector.skillstore.billing.bill import Bill, BillLine
from collector.skillstore.billing.evidence import LineEvidence, Positions
from collector.skillstore.billing.rating import BillPeriod
from collector.store.lists import among, insert_all, insert_numbered, newest_first
from collector.store.tables.fleet import account
from collector.store.tables.skill_bills import skill_bill, skill_bill_line

AMOUNT_MOST = 2**63 - 1
"""Of a bill or a line, in the smallest unit: more does not fit into the store, and is no bill of this world."""


@dataclass(frozen=True, slots=True)
class LineSold:
    """What a line is of: the skill and the contract line behind its subscription."""

    skill: str
    contract_line: str


@dataclass(frozen=True, slots=True)
class MadeLine:
    """A line with all that is kept of it. `expected_s` None: the charge rests on no robot's counts."""

    line: BillLine
    sold: LineSold
    evidence: LineEvidence
    expected_s: int | None
    arrived_s: int | None


@dataclass(frozen=True, slots=True)
class MadeBill:
    """A bill of an account, closed (`id` and `closed_at` are there) or not yet."""

    account_id: int
    account: str
    account_name: str
    currency: str
    timezone: str
    period: BillPeriod
    lines: tuple[MadeLine, ...]
    positions: Positions
    id: int | None = None
    closed_at: int | None = None

    @property
    def amount(self) -> int:
        return sum(each.line.amount for each in self.lines)

    @property
    def bill(self) -> Bill:
        return Bill(self.period, tuple(each.line for each in self.lines))


def write(connection: Connection, bills: Sequence[MadeBill], now_s: int) -> None:
    """Close them. Raises IntegrityError where one of the months is closed already, ValueError beyond AMOUNT_MOST."""
    for bill in bills:
        if any(abs(amount) > AMOUNT_MOST for amount in (bill.amount, *(each.line.amount for each in bill.lines))):
            raise ValueError("a bill is more than any bill can be: look at its price")
    by_currency: dict[str, list[MadeBill]] = {}
    for bill in bills:
        by_currency.setdefault(f"{bill.currency} {bill.period.from_day}", []).append(bill)
    for some in by_currency.values():  # of one account one bill each, so that the account names its id
        rows = [
            {
                "account_id": bill.account_id, "currency": bill.currency, "from_day": bill.period.from_day,
                "to_day": bill.period.to_day, "timezone": bill.timezone, "amount": bill.amount, "closed_at": now_s,
                "positions": orjson.dumps(bill.positions, option=orjson.OPT_SORT_KEYS).decode(),
                "lines": len(bill.lines),
            }
            for bill in some
        ]  # fmt: skip
        ids = insert_numbered(connection, skill_bill, rows, "account_id")
        lines = [_row(ids[bill.account_id], at, each) for bill in some for at, each in enumerate(bill.lines)]
        if lines:
            insert_all(connection, skill_bill_line, lines)


def _row(bill_id: int, place: int, made: MadeLine) -> dict[str, Any]:
    line = made.line
    return {
        "bill_id": bill_id, "place": place, "subscription": line.subscription, "skill": made.sold.skill,
        "contract_line": made.sold.contract_line, "charge": line.charge, "from_day": line.period.from_day,
        "to_day": line.period.to_day, "quantity": f"{line.quantity.normalize():f}", "amount": line.amount,
        "expected_s": made.expected_s, "arrived_s": made.arrived_s, "evidence": made.evidence.packed(),
    }  # fmt: skip


def of_accounts(connection: Connection, account_ids: Sequence[int]) -> dict[int, list[MadeBill]]:
    """All closed bills of these accounts, whole, by month."""
    query = _bills().where(among(connection, skill_bill.c.account_id, account_ids)).order_by(skill_bill.c.from_day)
    found: dict[int, list[MadeBill]] = {}
    for bill in _whole(connection, connection.execute(query).all()):
        found.setdefault(bill.account_id, []).append(bill)
    return found


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """That a month of an account is closed, in one currency."""

    account_id: int
    currency: str
    from_day: int


def months_closed(connection: Connection, account_ids: Sequence[int]) -> set[ClosedMonth]:
    """Of these accounts (row ids)."""
    table = skill_bill.c
    query = select(table.account_id, table.currency, table.from_day).where(
        among(connection, table.account_id, account_ids)
    )
    return {ClosedMonth(*row) for row in connection.execute(query)}


def one(connection: Connection, bill_id: int, scope: Scope) -> MadeBill | None:
    """None: there is none, or it is not the caller's."""
    row = connection.execute(_bills().where(skill_bill.c.id == bill_id)).one_or_none()
    if row is None or not scope.sees(row.account_id):
        return None
    return _whole(connection, [row])[0]


def numbered(connection: Connection, bill_ids: Sequence[int]) -> dict[int, MadeBill]:
    """These closed bills, whole, whoever's they are: for ids that came from a query with the caller's scope."""
    query = _bills().where(among(connection, skill_bill.c.id, bill_ids))
    return {bill.id: bill for bill in _whole(connection, connection.execute(query).all()) if bill.id is not None}


@dataclass(frozen=True, slots=True)
class BillRow:
    """A closed bill without its lines."""

    id: int
    account: str
    account_name: str
    currency: str
    period: BillPeriod
    amount: int
    closed_at: int


def page(
    connection: Connection, scope: Scope, *, account_id: int | None, month: BillPeriod | None, limit: int,
    cursor: str | None,
) -> tuple[list[BillRow], str | None]:  # fmt: skip
    """The newest first. Raises BadCursor."""
    query = _bills()
    whose = scope.narrowed(account_id)
    if whose is not None:
        query = query.where(skill_bill.c.account_id.in_(whose))
    if month is not None:
        query = query.where(skill_bill.c.from_day == month.from_day)
    rows, following = newest_first(connection, query, skill_bill.c.id, limit, cursor)
    return [_bill_row(row) for row in rows], following


def sums(connection: Connection, scope: Scope, account_id: int | None) -> list[tuple[BillPeriod, str, int, int]]:
    """By month and currency: how many bills, and their sum. The newest month first."""
    table = skill_bill.c
    query = select(table.from_day, table.to_day, table.currency, func.count(), func.sum(table.amount))
    whose = scope.narrowed(account_id)
    if whose is not None:
        query = query.where(table.account_id.in_(whose))
    rows = connection.execute(
        query.group_by(table.from_day, table.to_day, table.currency).order_by(table.from_day.desc(), table.currency)
    )
    return [(BillPeriod(row[0], row[1]), row[2], row[3], int(row[4])) for row in rows]


def _bills() -> Select[Any]:
    return select(skill_bill, account.c.external_id, account.c.name).join(
        account, account.c.id == skill_bill.c.account_id
    )


def _bill_row(row: Row[Any]) -> BillRow:
    period = BillPeriod(row.from_day, row.to_day)
    return BillRow(row.id, row.external_id, row.name, row.currency, period, row.amount, row.closed_at)


def _whole(connection: Connection, rows: Iterable[Row[Any]]) -> list[MadeBill]:
    bills = list(rows)
    lines: Mapping[int, list[MadeLine]] = {row.id: [] for row in bills}
    query = select(skill_bill_line).where(among(connection, skill_bill_line.c.bill_id, list(lines)))
    for row in connection.execute(query.order_by(skill_bill_line.c.bill_id, skill_bill_line.c.place)):
        evidence = LineEvidence.unpacked(row.evidence)
        line = BillLine(
            row.subscription, row.charge, BillPeriod(row.from_day, row.to_day), Decimal(row.quantity), row.amount,
            evidence.counts,
        )  # fmt: skip
        sold = LineSold(row.skill, row.contract_line)
        lines[row.bill_id].append(MadeLine(line, sold, evidence, row.expected_s, row.arrived_s))
    return [
        MadeBill(
            row.account_id, row.external_id, row.name, row.currency, row.timezone, BillPeriod(row.from_day, row.to_day),
            tuple(lines[row.id]), orjson.loads(row.positions), row.id, row.closed_at,
        )
        for row in bills
    ]  # fmt: skip
