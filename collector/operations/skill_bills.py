"""Bills for skills: closed ones, drafts, what a line rests on; and the monthly closing."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, select

from collector.access.caller import BILLERS, SEES_BILLS
from collector.calendar import days
from collector.context import Context
from collector.operations.clock import require_clock
from collector.operations.operation import account_row, operation
from collector.skillstore.billing.evidence import Disputed
from collector.skillstore.billing.months import month_of, name_of
from collector.skillstore.billing.rating import BillPeriod
from collector.skillstore.billing.sold import LeftOff
from collector.skillstore.bills import closed, closing, credit_notes, disputes, drafts
from collector.skillstore.bills.closed import BillRow, MadeBill, MadeLine
from collector.skillstore.bills.closing import Turns
from collector.skillstore.bills.credit_notes import StoredNote
from collector.skillstore.bills.disputes import StoredDispute
from collector.store.tables.fleet import account
from collector.store.tables.skill_bills import skill_bill_left_off
from collector.values.money import decimals
from collector.values.paging import Page
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence

BillState = Literal["draft", "closed"]
LIST = Remedy("list them", "bills list", "GET /api/v1/skill-bills", "/bills")
LEFT_OFF_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSkillBills:
    """`account` is an external id, `month` `2026-05`; None: all."""

    account: str | None = None
    month: str | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLineOf:
    """A line by its place: of a closed bill by its number, of a draft by account, month and currency.

    Of several drafts that fit the newest is meant.
    """

    line: int
    bill: int | None = None
    account: str | None = None
    month: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SkillBill:
    """`amount`, what was `credited` and `rest` are decimal text in `currency`. `id` and `closed_at` null: a draft."""

    id: int | None
    state: BillState
    account: str
    account_name: str
    currency: str
    month: str
    amount: str
    credited: str
    rest: str
    closed_at: str | None


@dataclass(frozen=True, slots=True)
class AmountInDispute:
    """An amount that no robot can plausibly have counted: it is on no bill. `state`: waiting or refused."""

    robot: str
    day: str
    counter: str
    amount: str
    state: str


@dataclass(frozen=True, slots=True)
class SkillBillLine:
    """One charge in one month. `is_delta`: of an earlier month than the bill's, which became known later.

    `robots`: how many robots, or holders of seats, it rests on. Of the `expected_robot_h` of the robots that it is
    about so many `missing_robot_h` have not arrived; null where the charge rests on no robot's counts. `beyond_robots`:
    had the skill on days on which it was on more robots than were sold; their days are on the line.
    """

    place: int
    skill: str
    contract_line: str
    charge: str
    month: str
    is_delta: bool
    quantity: str
    amount: str
    robots: int
    expected_robot_h: float | None
    missing_robot_h: float | None
    in_dispute: list[AmountInDispute]
    beyond_robots: list[str]


@dataclass(frozen=True, slots=True)
class CreditNoteShown:
    """Money given back for a line. `state`: proposed, approved or refused; `line` is the place of the line."""

    id: int
    bill: int
    account: str
    line: int
    amount: str
    currency: str
    reason: str
    state: Literal["proposed", "approved", "refused"]
    proposed_by: str
    proposed_at: str
    decided_by: str | None
    decided_at: str | None


@dataclass(frozen=True, slots=True)
class BillDispute:
    """A contested line. `settled_at` null: it is open, and what the line rests on is kept."""

    id: int
    bill: int
    line: int
    reason: str
    opened_by: str
    opened_at: str
    settled_at: str | None
    settled_by: str | None
    settled_why: str | None


@dataclass(frozen=True, slots=True)
class LineLeftOff:
    """A contract line that is on no bill. `reason`: no_price, overlaps, other_currency (`other` says with what),
    withdrawn (the account; it is billed up to that day).

    `entitlement` is the number of what was sold on it.
    """

    account: str
    contract_line: str
    skill: str
    reason: str
    other: str
    entitlement: int


@dataclass(frozen=True, slots=True)
class SkillBillSheet:
    """A bill with its lines. `timezone`: whose midnight ends the month.

    `left_off`: what was sold to the account and is on none of its bills, as it is now; not told to customers.
    """

    bill: SkillBill
    timezone: str
    lines: list[SkillBillLine]
    credit_notes: list[CreditNoteShown]
    disputes: list[BillDispute]
    left_off: list[LineLeftOff] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SkillBillDrafts:
    """The bills of months that are not closed, as they would be now; and what could not be billed."""

    account: str
    drafts: list[SkillBillSheet]
    left_off: list[LineLeftOff]


@dataclass(frozen=True, slots=True)
class CountedOnDay:
    """What a robot counted on its day (or that the holder of a seat had it): a change, where the line is a delta."""

    robot: str
    day: str
    count: int


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """The counts came in records of this stream: up to number `to`; where the line is a delta, after number `after`."""

    robot: str
    epoch: str
    after: int
    to: int


@dataclass(frozen=True, slots=True)
class BillLineEvidence:
    """A line, and what it rests on."""

    bill: SkillBill
    line: SkillBillLine
    days: list[CountedOnDay]
    positions: list[StreamPosition]


@dataclass(frozen=True, slots=True)
class BillsDone:
    """What a closing did: `bills` closed; `failed`: accounts that could not be billed, with why; it tries again."""

    bills: int
    accounts: int
    failed: dict[str, str]


@operation(roles=SEES_BILLS)
def list_skill_bills(context: Context, wanted: ListSkillBills) -> Page[SkillBill]:
    """Closed bills, the newest first. Refuses an unknown account and a month that is none."""
    month = None if wanted.month is None else month_named(wanted.month)

    def read(connection: Connection) -> Page[SkillBill]:
        row_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        rows, following = closed.page(
            connection, context.caller.scope, account_id=row_id, month=month, limit=wanted.limit, cursor=wanted.cursor
        )
        notes = credit_notes.of_bills(connection, [row.id for row in rows])
        return Page([_of_row(row, notes.get(row.id, [])) for row in rows], following)

    return context.read(read)


@operation(roles=SEES_BILLS)
def one_skill_bill(context: Context, bill: int) -> SkillBillSheet:
    """A closed bill with its lines, credit notes and disputes."""

    def read(connection: Connection) -> SkillBillSheet:
        found = closed_bill(context, connection, bill)
        left = skills_left_off_in(context, connection, found.account_id) if context.caller.scope.is_everything else []
        return replace(sheet_of(context, connection, found), left_off=left)

    return context.read(read)


@operation(roles=SEES_BILLS)
def skill_bill_drafts(context: Context, external_id: str) -> SkillBillDrafts:
    """The bills of an account's months that are not closed yet, from all that is known now."""

    def read(connection: Connection) -> SkillBillDrafts:
        made, left = _drafts(context, connection, external_id)
        told = left if context.caller.scope.is_everything else []
        sheets = [replace(sheet_of(context, connection, one), left_off=told) for one in made]
        return SkillBillDrafts(external_id, sheets, left)

    return context.read(read)


@operation(roles=SEES_BILLS)
def skill_bill_line(context: Context, wanted: BillLineOf) -> BillLineEvidence:
    """What one line rests on: robots, days, and up to which record of which stream they were counted."""

    def read(connection: Connection) -> BillLineEvidence:
        bill, before = _bill_of(context, connection, wanted)
        line = line_at(bill, wanted.line)
        counted = sorted(line.evidence.counts.items())
        found = [CountedOnDay(robot, days.iso(day), count) for (robot, day), count in counted]
        robots = {robot for robot, _ in line.evidence.counts}
        is_delta = line.line.period != bill.period
        earlier = before.positions if before is not None and is_delta else {}
        positions = [
            StreamPosition(robot, epoch, earlier.get(robot, {}).get(epoch, 0), to)
            for robot in sorted(robots)
            for epoch, to in sorted(bill.positions.get(robot, {}).items())
        ]
        return BillLineEvidence(_bill(bill, []), _line(bill, wanted.line), found, positions)

    return context.read(read)


@operation(roles=SEES_BILLS)
def skills_left_off(context: Context, _: None) -> list[LineLeftOff]:
    """Contract lines that the newest closing could not bill, by account, with the reason. At most a thousand."""
    return context.read(lambda connection: skills_left_off_in(context, connection))


@operation(roles=BILLERS, writes=True, long=True)
def close_skill_bills(context: Context, _: None) -> BillsDone:
    """Close every month whose grace is over, of every account. Refuses while the clock is not followed."""
    require_clock(context)

    def in_turn(change: Callable[[Connection], int]) -> int:
        return context.store.pool.submit(context.write, change).result()

    turns = Turns(context.read, in_turn)
    done = closing.close_due(turns, context.now_s(), context.settings.bill_grace_days)

    def named(connection: Connection) -> dict[str, str]:
        query = select(account.c.id, account.c.external_id).where(account.c.id.in_(done.failed))
        return {row.external_id: done.failed[row.id] for row in connection.execute(query)}

    return BillsDone(done.bills, done.accounts, context.read(named) if done.failed else {})


def skills_left_off_in(context: Context, connection: Connection, account_id: int | None = None) -> list[LineLeftOff]:
    """Of an account (its row), None: of all that the caller may see."""
    table = skill_bill_left_off
    query = select(account.c.external_id, table).join(account, account.c.id == table.c.account_id)
    whose = context.caller.scope.narrowed(account_id)
    if whose is not None:
        query = query.where(table.c.account_id.in_(whose))
    rows = connection.execute(query.order_by(account.c.external_id, table.c.entitlement_id).limit(LEFT_OFF_MAX))
    return [
        LineLeftOff(row.external_id, row.contract_line, row.skill, row.reason, row.other, row.entitlement_id)
        for row in rows
    ]


def month_named(text: str) -> BillPeriod:
    """`2026-05` as a month. Raises Refusal."""
    try:
        found = month_of(days.parse(f"{text}-01"))
    except ValueError:
        found = None
    if found is None or name_of(found) != text:
        raise Refusal(Sentence("{text!r} is no month", text=text[:40]), "write it as 2026-05", "invalid")
    return found


def closed_bill(context: Context, connection: Connection, bill: int) -> MadeBill:
    """A closed bill that the caller may see. Raises Refusal."""
    found = closed.one(connection, bill, context.caller.scope)
    if found is None:
        raise Refusal(Sentence("there is no bill {bill}", bill=bill), LIST, "not_found")
    return found


def line_at(bill: MadeBill, place: int) -> MadeLine:
    """Raises Refusal."""
    if not 0 <= place < len(bill.lines):
        lines = len(bill.lines)
        raise Refusal(
            Sentence("this bill has no line {place}", place=place),
            Sentence("it has {count}, counted from 0", count=lines),
            "not_found",
        )
    return bill.lines[place]


def text_of(amount: int | Decimal, currency: str) -> str:
    """An amount in the currency's smallest unit as decimal text: 1250 CNY is 12.50."""
    return f"{Decimal(amount).scaleb(-decimals(currency)):.{decimals(currency)}f}"


def sheet_of(context: Context, connection: Connection, bill: MadeBill) -> SkillBillSheet:
    """A bill as it is shown. A customer sees approved credit notes, and not who was asked before."""
    notes = [] if bill.id is None else credit_notes.of_bills(connection, [bill.id]).get(bill.id, [])
    contested = [] if bill.id is None else disputes.of_bills(connection, [bill.id]).get(bill.id, [])
    inside = context.caller.scope.is_everything
    shown = [note_shown(note) for note in notes if inside or note.is_approved]
    if not inside:
        shown = [replace(note, proposed_by="", decided_by="") for note in shown]
    return SkillBillSheet(
        _bill(bill, notes), bill.timezone, [_line(bill, at) for at in range(len(bill.lines))], shown,
        [dispute_shown(one) for one in contested],
    )  # fmt: skip


def most_missing(sheet: SkillBillSheet) -> SkillBillLine | None:
    """The line of the bill's own month that misses the most hours of its robots; None: none rests on counts."""
    of_month = [one for one in sheet.lines if not one.is_delta and one.expected_robot_h]
    return max(of_month, key=lambda one: (one.missing_robot_h or 0, one.expected_robot_h or 0), default=None)


def note_shown(note: StoredNote) -> CreditNoteShown:
    state: Literal["proposed", "approved", "refused"] = "proposed"
    if note.is_approved is not None:
        state = "approved" if note.is_approved else "refused"
    return CreditNoteShown(
        note.id, note.bill_id, note.account, note.place, text_of(note.amount, note.currency), note.currency,
        note.reason, state, note.proposed_by, days.rfc3339(note.proposed_at), note.decided_by,
        None if note.decided_at is None else days.rfc3339(note.decided_at),
    )  # fmt: skip


def dispute_shown(one: StoredDispute) -> BillDispute:
    return BillDispute(
        one.id, one.bill_id, one.place, one.reason, one.who, days.rfc3339(one.opened_at),
        None if one.settled_at is None else days.rfc3339(one.settled_at), one.settled_by, one.settled_why,
    )  # fmt: skip


def _drafts(context: Context, connection: Connection, external_id: str) -> tuple[list[MadeBill], list[LineLeftOff]]:
    row_id = account_row(context, connection, external_id)
    grace_days = context.settings.bill_grace_days
    one = drafts.read(connection, [row_id], context.now_s(), grace_days).get(row_id)
    if one is None:
        return [], []
    return [*one.due, *one.open], [_left_off(external_id, each) for each in one.account.left_off]


def _left_off(external_id: str, left: LeftOff) -> LineLeftOff:
    return LineLeftOff(external_id, left.contract_line, left.skill, left.reason, left.other, left.entitlement)


def _bill_of(context: Context, connection: Connection, wanted: BillLineOf) -> tuple[MadeBill, MadeBill | None]:
    """The bill and the one closed before it. Raises Refusal."""
    if wanted.bill is not None:
        found = closed_bill(context, connection, wanted.bill)
    else:
        if wanted.account is None:
            raise Refusal("a draft is named by its account", "give account, month and currency", "invalid")
        month = None if wanted.month is None else month_named(wanted.month)
        made, _ = _drafts(context, connection, wanted.account)
        same = [one for one in made if month in {None, one.period} and wanted.currency in {None, one.currency}]
        if not same:
            said = " ".join(each for each in (wanted.month, wanted.currency) if each)[:60]
            reason = f"{wanted.account} has no draft {said}".rstrip()
            remedy = Remedy("list them", "bills drafts", "GET /api/v1/accounts/{account}/skill-bill-drafts", "/bills")
            raise Refusal(reason, remedy, "not_found")
        found = same[-1]
    before = [
        one
        for one in closed.of_accounts(connection, [found.account_id]).get(found.account_id, [])
        if one.currency == found.currency and one.period.from_day < found.period.from_day
    ]
    return found, before[-1] if before else None


def _of_row(row: BillRow, notes: list[StoredNote]) -> SkillBill:
    return SkillBill(
        row.id, "closed", row.account, row.account_name, row.currency, name_of(row.period),
        *_amounts(row.amount, notes, row.currency), days.rfc3339(row.closed_at),
    )  # fmt: skip


def _amounts(amount: int, notes: list[StoredNote], currency: str) -> tuple[str, str, str]:
    """What is billed, what approved notes took off, what is left."""
    credited = sum(note.amount for note in notes if note.is_approved)
    return text_of(amount, currency), text_of(credited, currency), text_of(amount - credited, currency)


def _bill(bill: MadeBill, notes: list[StoredNote]) -> SkillBill:
    closed_at = None if bill.closed_at is None else days.rfc3339(bill.closed_at)
    return SkillBill(
        bill.id, "draft" if bill.id is None else "closed", bill.account, bill.account_name, bill.currency,
        name_of(bill.period), *_amounts(bill.amount, notes, bill.currency), closed_at,
    )  # fmt: skip


def _line(bill: MadeBill, place: int) -> SkillBillLine:
    made = bill.lines[place]
    line, expected, arrived = made.line, made.expected_s, made.arrived_s
    missing = None if expected is None or arrived is None else round((expected - arrived) / days.HOUR_S, 1)
    return SkillBillLine(
        place, made.sold.skill, made.sold.contract_line, line.charge, name_of(line.period), line.period != bill.period,
        f"{line.quantity.normalize():f}", text_of(line.amount, bill.currency), len({name for name, _ in line.counts}),
        None if expected is None else round(expected / days.HOUR_S, 1), missing,
        [_in_dispute(one) for one in made.evidence.disputed], sorted({robot for robot, _ in made.evidence.beyond}),
    )  # fmt: skip


def _in_dispute(one: Disputed) -> AmountInDispute:
    return AmountInDispute(one.robot, days.iso(one.day), one.counter, one.amount, one.state)
