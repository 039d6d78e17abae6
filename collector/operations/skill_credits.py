"""What is said of closed bills: credit notes, which two people make, and lines that somebody contests."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlalchemy import Connection

from collector.access.caller import BILLERS, CONTESTS_BILLS
from collector.context import Context
from collector.operations.operation import operation
from collector.operations.skill_bills import (
    BillDispute,
    CreditNoteShown,
    closed_bill,
    dispute_shown,
    line_at,
    note_shown,
)
from collector.skillstore.billing import credit
from collector.skillstore.billing.credit import REASON_MOST, Billed, CreditRefused
from collector.skillstore.bills import closed, credit_notes, disputes
from collector.skillstore.bills.closed import MadeBill
from collector.skillstore.bills.credit_notes import StoredNote
from collector.values import texts
from collector.values.money import decimals
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCreditNotes:
    """`waiting`: only those that nobody has decided."""

    waiting: bool = False
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCredit:
    """`amount` is decimal text in the bill's currency, `line` the place of the line."""

    bill: int
    line: int
    amount: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCredit:
    """`approve` False: the note is refused, and gives nothing back."""

    credit_note: int
    approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestLine:
    """`reason` is kept with the line, beside who and when."""

    bill: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDispute:
    """`why`: what was found."""

    dispute: int
    why: str


@operation(roles=BILLERS)
def list_credit_notes(context: Context, wanted: ListCreditNotes) -> Page[CreditNoteShown]:
    """The newest first."""

    def read(connection: Connection) -> Page[CreditNoteShown]:
        notes, following = credit_notes.page(
            connection, context.caller.scope, waiting=wanted.waiting, limit=wanted.limit, cursor=wanted.cursor
        )
        return Page([note_shown(note) for note in notes], following)

    return context.read(read)


@operation(roles=BILLERS, writes=True)
def propose_credit_note(context: Context, wanted: ProposeCredit) -> CreditNoteShown:
    """Money to give back for one line of a closed bill; it waits for a second person.

    Refuses programs and the command line, more than is left of the line, and a note without a reason.
    """
    person = _person(context)
    reason = texts.taken("reason", wanted.reason, REASON_MOST)

    def change(connection: Connection) -> CreditNoteShown | Refused:
        bill = closed_bill(context, connection, wanted.bill)
        line_at(bill, wanted.line)
        of, others = _billed(connection, bill, None)
        amount = _smallest(wanted.amount, bill.currency)
        try:
            note = credit.proposed(of, others, wanted.line, amount, bill.currency, reason, person)
        except CreditRefused as error:
            return Refused(error.why, "give an amount above 0, up to what the line was worth", "unprocessable")
        made = credit_notes.propose(connection, wanted.bill, note, context.caller.name, context.now_s())
        return note_shown(_note(connection, made))

    return context.write(change)


@operation(roles=BILLERS, writes=True)
def decide_credit_note(context: Context, wanted: DecideCredit) -> CreditNoteShown:
    """Approve or refuse a note. Refuses who proposed it (by the person, not by the name), and one that is decided.

    Refuses as well to give back more than was paid: what is left of the line is asked anew.
    """
    person = _person(context)

    def change(connection: Connection) -> CreditNoteShown | Refused:
        note = _note(connection, wanted.credit_note)
        if note.is_approved is not None:
            done = "approved" if note.is_approved else "refused"
            return Refused(
                Sentence("this note was {done} by {decided_by}", done=done, decided_by=note.decided_by),
                "a decision stands",
                "conflict",
            )
        if wanted.approve:
            bill = closed.numbered(connection, [note.bill_id])[note.bill_id]
            of, others = _billed(connection, bill, note.id)
            most = credit.left(of, note.place, others)
            try:
                credit.approved(note.note, person, most, bill.currency)
            except CreditRefused as error:
                if note.amount > most:
                    remedy = "a later bill or another note took it: refuse this one, and propose what is left"
                else:
                    remedy = "sign in as another person who may decide credit notes"
                return Refused(error.why, remedy, "conflict")
        credit_notes.decide(
            connection, wanted.credit_note, is_approved=wanted.approve, person_id=person, who=context.caller.name,
            now_s=context.now_s(),
        )  # fmt: skip
        return note_shown(_note(connection, wanted.credit_note))

    return context.write(change)


@operation(roles=CONTESTS_BILLS, writes=True)
def contest_bill_line(context: Context, wanted: ContestLine) -> BillDispute:
    """Say that a line is wrong: until that is settled, nothing that it rests on is removed. Refuses a second time."""
    reason = texts.taken("reason", wanted.reason, texts.WHY_MAX_CHARS)

    def change(connection: Connection) -> BillDispute | Refused:
        bill = closed_bill(context, connection, wanted.bill)
        line_at(bill, wanted.line)
        standing = disputes.of_bills(connection, [wanted.bill]).get(wanted.bill, [])
        if any(one.place == wanted.line and one.settled_at is None for one in standing):
            return Refused("this line is contested already", "settle that dispute first", "conflict")
        made = disputes.open_on(connection, bill, wanted.line, reason, context.caller.name, context.now_s())
        found = disputes.one(connection, made)
        assert found is not None
        return dispute_shown(found)

    return context.write(change)


@operation(roles=BILLERS, writes=True)
def settle_bill_dispute(context: Context, wanted: SettleDispute) -> BillDispute:
    """Say what was found. Money goes back by a credit note. Refuses one that is settled, and one without a reason."""
    why = texts.taken("why", wanted.why, texts.WHY_MAX_CHARS)

    def change(connection: Connection) -> BillDispute | Refused:
        found = disputes.one(connection, wanted.dispute)
        if found is None or not context.caller.scope.sees(found.account_id):
            return Refused(
                Sentence("there is no dispute {dispute}", dispute=wanted.dispute),
                "a bill shows its disputes",
                "not_found",
            )
        if not disputes.settle(connection, wanted.dispute, why, context.caller.name, context.now_s()):
            return Refused(
                Sentence("it was settled by {settled_by}", settled_by=found.settled_by),
                "contest the line again",
                "conflict",
            )
        settled = disputes.one(connection, wanted.dispute)
        assert settled is not None
        return dispute_shown(settled)

    return context.write(change)


def _person(context: Context) -> int:
    """Who asks, as a person. Raises Refusal."""
    if context.caller.person_id is None:
        raise Refusal(
            "a credit note is made by two people, and this is a program", "sign in, or use a token of your own",
            "conflict",
        )  # fmt: skip
    return context.caller.person_id


def _smallest(text: str, currency: str) -> int:
    """Decimal text in whole smallest units. Raises Refusal."""
    try:
        amount = Decimal(text.strip()).scaleb(decimals(currency))
    except InvalidOperation:
        amount = Decimal("0.5")
    if not amount.is_finite() or amount != amount.to_integral_value() or abs(amount) > closed.AMOUNT_MOST:
        reason = Sentence("{text!r} is no amount in {currency}", text=text[:40], currency=currency)
        raise Refusal(
            reason,
            Sentence("write a number with at most {count} decimals: 12", count=decimals(currency)),
            "unprocessable",
        )
    return int(amount)


def _billed(connection: Connection, bill: MadeBill, without: int | None) -> tuple[Billed, list[Billed]]:
    """The bill and the account's others in its currency, each with its notes that stand; `without` that note."""
    same = [
        one
        for one in closed.of_accounts(connection, [bill.account_id]).get(bill.account_id, [])
        if one.currency == bill.currency
    ]
    notes = credit_notes.of_bills(connection, [one.id for one in same if one.id is not None])
    found = {
        one.id: Billed(
            one.bill,
            tuple(
                note.note for note in notes.get(one.id or 0, []) if note.is_approved is not False and note.id != without
            ),
        )
        for one in same
    }
    of = found.pop(bill.id)
    return of, list(found.values())


def _note(connection: Connection, note_id: int) -> StoredNote:
    found = credit_notes.one(connection, note_id)
    if found is None:
        remedy = Remedy("list them", "bills credits", "GET /api/v1/skill-credit-notes", "/bills")
        raise Refusal(Sentence("there is no credit note {note_id}", note_id=note_id), remedy, "not_found")
    return found
