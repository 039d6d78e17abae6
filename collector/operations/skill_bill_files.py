"""A closed bill as a file, and its use as events of other billing systems."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from io import TextIOWrapper
from typing import BinaryIO, Literal

import orjson
from sqlalchemy import Connection

from collector.access.caller import BILLERS, SEES_BILLS
from collector.calendar import days
from collector.context import Context
from collector.exchange.errors import ExchangeError
from collector.exchange.imports.spelling import safe
from collector.exchange.spreadsheet import XlsxBook
from collector.notifications import destinations
from collector.operations.operation import operation
from collector.operations.skill_bills import closed_bill, text_of
from collector.skillstore.billing import usage_events as shapes
from collector.skillstore.billing.months import name_of
from collector.skillstore.billing.usage_events import CountedLine, EventForm
from collector.skillstore.bills import closed, sink
from collector.skillstore.bills.closed import MadeBill
from collector.skillstore.bills.sink import EventsSent
from collector.values.refusal import Refused
from collector.values.sentence import Sentence

LINES = (
    "bill", "account", "month", "line", "skill", "contract_line", "charge", "of_month", "quantity", "amount",
    "currency", "expected_robot_h", "missing_robot_h",
)  # fmt: skip
DAYS = ("bill", "line", "robot", "day", "count")


@dataclass(frozen=True, slots=True)
class ExportBill:
    """A closed bill by its number, written to `out`."""

    bill: int
    form: Literal["csv", "xlsx"]
    out: BinaryIO


@dataclass(frozen=True, slots=True)
class UsageEventsOf:
    """A closed bill by its number; JSON lines are written to `out`."""

    bill: int
    form: EventForm
    out: BinaryIO


@dataclass(frozen=True, slots=True)
class SendUsageEvents:
    """Where to: the address of the billing system, without a path. `secret` is its key."""

    bill: int
    form: EventForm
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class BillWritten:
    """How many lines, robot-days or events were written."""

    rows: int


@operation(roles=SEES_BILLS, long=True)
def export_skill_bill(context: Context, wanted: ExportBill) -> BillWritten | Refused:
    """A bill's lines as CSV; as XLSX with a second sheet of robots and days. Refuses more rows than a sheet holds."""
    bill = context.read(lambda connection: closed_bill(context, connection, wanted.bill))
    lines = [_row(bill, at) for at in range(len(bill.lines))]
    if wanted.form == "csv":
        text = TextIOWrapper(wanted.out, "utf-8-sig", newline="")
        writer = csv.writer(text)
        writer.writerow(LINES)
        writer.writerows([safe(cell) for cell in line] for line in lines)
        text.flush()
        text.detach()
        return BillWritten(len(lines))
    book = XlsxBook()
    counted = [
        (bill.id, at, robot, days.iso(day), count)
        for at, each in enumerate(bill.lines)
        for (robot, day), count in sorted(each.evidence.counts.items())
    ]
    try:
        book.sheet("lines", LINES, lines)
        book.sheet("days", DAYS, counted)
    except ExchangeError as error:
        return Refused(error.said, "take the lines as CSV and each line's days from the API", "too_large")
    book.save(wanted.out)
    return BillWritten(len(lines) + len(counted))


@operation(roles=SEES_BILLS, long=True)
def usage_events(context: Context, wanted: UsageEventsOf) -> BillWritten:
    """Each robot's day of each line of use as an event of Lago, OpenMeter or Stripe, one a line."""
    counted = context.read(lambda connection: _counted(connection, closed_bill(context, connection, wanted.bill)))
    rows = 0
    for event in shapes.events(counted, wanted.form, context.now_s()):
        wanted.out.write(orjson.dumps(event) + b"\n")
        rows += 1
    return BillWritten(rows)


@operation(roles=BILLERS, long=True)
def send_usage_events(context: Context, wanted: SendUsageEvents) -> EventsSent | Refused:
    """Send them to a billing system. Refuses an address that this collector may not ask, and what it did not take."""
    private = context.settings.deliver_to_private_networks
    complaint = destinations.url_complaint(wanted.url, private=private)
    if complaint is not None:
        return Refused(complaint, "name the https:// address of the billing system", "invalid")
    counted = context.read(lambda connection: _counted(connection, closed_bill(context, connection, wanted.bill)))
    found = sink.postings(shapes.events(counted, wanted.form, context.now_s()), wanted.form)
    done = sink.send(wanted.url, wanted.secret, found, private=private)
    if done.refused:
        reason = Sentence("{events} events were taken, then {refused}", events=done.events, refused=done.refused)
        return Refused(reason, "send them again: what was taken is not counted twice", "unavailable")
    return done


def _counted(connection: Connection, bill: MadeBill) -> list[CountedLine]:
    """Lines of use: others rest on no counter.

    A line that takes back what a subscription had that is gone has no hours any more; the line that it corrects has.
    """
    used = {
        (each.line.subscription, each.line.charge)
        for one in closed.of_accounts(connection, [bill.account_id]).get(bill.account_id, [])
        for each in one.lines
        if each.expected_s is not None
    }
    assert bill.id is not None  # it is closed
    assert bill.closed_at is not None
    return [
        CountedLine(
            bill.id, at, bill.account, each.line.subscription, each.sold.skill, each.line.charge, each.evidence.counts,
            bill.closed_at,
        )
        for at, each in enumerate(bill.lines)
        if (each.line.subscription, each.line.charge) in used
    ]  # fmt: skip


def _row(bill: MadeBill, place: int) -> tuple[object, ...]:
    made = bill.lines[place]
    line, expected, arrived = made.line, made.expected_s, made.arrived_s
    hours = None if expected is None else round(expected / days.HOUR_S, 1)
    missing = None if expected is None or arrived is None else round((expected - arrived) / days.HOUR_S, 1)
    return (
        bill.id, bill.account, name_of(bill.period), place, made.sold.skill, made.sold.contract_line, line.charge,
        name_of(line.period), Decimal(f"{line.quantity.normalize():f}"), Decimal(text_of(line.amount, bill.currency)),
        bill.currency, hours, missing,
    )  # fmt: skip
