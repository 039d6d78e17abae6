"""What the pages of bills show first: bills with what is unknown of them, and what waits for a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from collector.access.caller import SEES_BILLS, SEES_PORTAL
from collector.context import Context
from collector.operations.operation import account_row, operation
from collector.operations.portal import OwnAccount, PortalOf, own_account
from collector.operations.skill_bills import (
    BillDispute,
    CreditNoteShown,
    LineLeftOff,
    SkillBill,
    SkillBillSheet,
    dispute_shown,
    month_named,
    most_missing,
    note_shown,
    sheet_of,
    skills_left_off_in,
    text_of,
)
from collector.skillstore.billing.months import name_of
from collector.skillstore.billing.rating import BillPeriod
from collector.skillstore.bills import closed, credit_notes, disputes, drafts
from collector.skillstore.bills.closed import MadeBill
from collector.store.tables.fleet import account
from collector.store.tables.skill_store import skill_entitlement
from collector.values.paging import page_of, read_cursor

DeskView = Literal["closed", "drafts", "contested", "credits", "left_off"]
WAITING_MAX = 200  # disputes and credit notes of one answer
OWN_BILLS_MAX = 60  # months that a customer's page lists


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDeskOf:
    """`account` is an external id, `month` `2026-05`; None: all. Drafts are paged by account."""

    view: DeskView
    account: str | None = None
    month: str | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class BillStanding:
    """A bill and what a person must know before relying on it.

    Of the `expected_robot_h` of one of its lines so many `missing_robot_h` have not arrived, and of no other more;
    null: it rests on no robot's counts.
    `in_dispute`: amounts that are not on it; `contested`: lines that somebody says are wrong, not settled. `beyond`:
    robots that had a skill on days on which it was on more than were sold.
    """

    bill: SkillBill
    lines: int
    expected_robot_h: float | None
    missing_robot_h: float | None
    in_dispute: int
    contested: int
    credits_waiting: int
    beyond: int


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """All closed bills of a month in one currency."""

    month: str
    currency: str
    bills: int
    amount: str


@dataclass(frozen=True, slots=True)
class ContestedLine:
    """An open dispute with whose bill it is."""

    account: str
    account_name: str
    month: str
    dispute: BillDispute


@dataclass(frozen=True, slots=True)
class BillDesk:
    """One view of the desk; `months`, `contested`, `credits` and `left_off` are whole whatever the view."""

    bills: list[BillStanding]
    next: str | None
    months: list[BilledMonth]
    contested: list[ContestedLine]
    credits: list[CreditNoteShown]
    left_off: list[LineLeftOff]


@dataclass(frozen=True, slots=True)
class OwnBills:
    """A customer's bills: closed ones, the newest first, and what its open months would cost now."""

    account: str
    name: str
    accounts: list[OwnAccount]
    closed: list[BillStanding]
    drafts: list[BillStanding]


@operation(roles=SEES_BILLS)
def bill_desk(context: Context, wanted: BillDeskOf) -> BillDesk:
    """Refuses an unknown account and a month that is none. Whoever sees some accounts sees no proposed credit notes."""
    month = None if wanted.month is None else month_named(wanted.month)

    def read(connection: Connection) -> BillDesk:
        row_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        scope = context.caller.scope
        bills: list[BillStanding] = []
        following = None
        if wanted.view == "closed":
            rows, following = closed.page(
                connection, scope, account_id=row_id, month=month, limit=wanted.limit, cursor=wanted.cursor
            )
            whole = closed.numbered(connection, [row.id for row in rows])
            bills = _standings(context, connection, [whole[row.id] for row in rows])
        elif wanted.view == "drafts":
            ids, following = _sold_to(context, connection, row_id, wanted)
            bills = _standings(context, connection, _drafts_of(context, connection, ids, month))
        notes = credit_notes.page(connection, scope, waiting=True, limit=WAITING_MAX, cursor=None)[0]
        return BillDesk(
            bills,
            following,
            [BilledMonth(name_of(of), currency, n, text_of(amount, currency))
             for of, currency, n, amount in closed.sums(connection, scope, row_id)],
            _contested(context, connection),
            [note_shown(note) for note in notes] if scope.is_everything else [],
            skills_left_off_in(context, connection),
        )  # fmt: skip

    return context.read(read)


@operation(roles=SEES_PORTAL)
def own_bills(context: Context, wanted: PortalOf) -> OwnBills:
    """Refuses an account that is not the caller's, and a caller that has none."""

    def read(connection: Connection) -> OwnBills:
        own, chosen, row_id = own_account(context, connection, wanted)
        rows, _ = closed.page(
            connection, context.caller.scope, account_id=row_id, month=None, limit=OWN_BILLS_MAX, cursor=None
        )
        whole = closed.numbered(connection, [row.id for row in rows])
        name = connection.execute(select(account.c.name).where(account.c.id == row_id)).scalar_one()
        return OwnBills(
            chosen, name, own, _standings(context, connection, [whole[row.id] for row in rows]),
            _standings(context, connection, list(reversed(_drafts_of(context, connection, [row_id], None)))),
        )  # fmt: skip

    return context.read(read)


def _sold_to(
    context: Context, connection: Connection, account_id: int | None, wanted: BillDeskOf
) -> tuple[list[int], str | None]:
    """Row ids of accounts that were ever entitled to a skill, by external id, a page of them."""
    query = select(account.c.id, account.c.external_id).where(
        select(skill_entitlement.c.id).where(skill_entitlement.c.account_id == account.c.id).exists()
    )
    whose = context.caller.scope.narrowed(account_id)
    if whose is not None:
        query = query.where(account.c.id.in_(whose))
    if after := read_cursor(wanted.cursor, str):
        query = query.where(account.c.external_id > after[0])
    rows = connection.execute(query.order_by(account.c.external_id).limit(wanted.limit + 1)).all()
    some, following = page_of(rows, wanted.limit, lambda row: (row.external_id,))
    return [row.id for row in some], following


def _drafts_of(
    context: Context, connection: Connection, account_ids: Sequence[int], month: BillPeriod | None
) -> list[MadeBill]:
    """In the order of the accounts; of one account the oldest month first."""
    found = drafts.read(connection, account_ids, context.now_s(), context.settings.bill_grace_days)
    made = [one for each in account_ids if each in found for one in (*found[each].due, *found[each].open)]
    return [one for one in made if month is None or one.period == month]


def _standings(context: Context, connection: Connection, bills: Sequence[MadeBill]) -> list[BillStanding]:
    return [_standing(bill, sheet_of(context, connection, bill)) for bill in bills]


def _standing(bill: MadeBill, sheet: SkillBillSheet) -> BillStanding:
    """Hours are of the line of its month that misses the most of them."""
    of_month = most_missing(sheet)
    return BillStanding(
        sheet.bill,
        len(bill.lines),
        None if of_month is None else of_month.expected_robot_h,
        None if of_month is None else of_month.missing_robot_h,
        len({(one.robot, one.day, one.counter) for line in sheet.lines for one in line.in_dispute}),
        sum(one.settled_at is None for one in sheet.disputes),
        sum(one.state == "proposed" for one in sheet.credit_notes),
        len({(one.skill, robot) for one in sheet.lines for robot in one.beyond_robots}),
    )


def _contested(context: Context, connection: Connection) -> list[ContestedLine]:
    found = disputes.waiting(connection, context.caller.scope, WAITING_MAX)
    bills = closed.numbered(connection, [one.bill_id for one in found])
    of: Callable[[int], MadeBill] = bills.__getitem__
    return [
        ContestedLine(of(one.bill_id).account, of(one.bill_id).account_name, name_of(of(one.bill_id).period),
                      dispute_shown(one))
        for one in found
    ]  # fmt: skip
