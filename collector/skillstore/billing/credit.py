"""A credit note: money given back for one line of a closed bill, proposed by one person and approved by another. Pure.

The bill is not changed. A credit is no correction of counts either: those are deltas, made by themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from collector.skillstore.billing.bill import Bill

REASON_MOST = 500


class CreditRefused(ValueError):
    """A credit note that may not be, with why."""


@dataclass(frozen=True)
class CreditNote:
    """`line` is the place of a line in its bill. `amount` is what is given back, in the currency's smallest unit.

    `proposed_by` and `approved_by` are ids of people: a name can be written in two ways, and two people can share one.
    """

    line: int
    amount: int
    reason: str
    proposed_by: int
    approved_by: int | None


def proposed(
    bill: Bill, later: Iterable[Bill], line: int, amount: int, reason: str, by: int, standing: Iterable[CreditNote]
) -> CreditNote:
    """A note that waits for approval. `standing` are all notes of the bill, those that wait among them.

    What `later` bills took back of the line cannot be given back again.

    Raises CreditRefused.
    """
    if not 0 <= line < len(bill.lines):
        raise CreditRefused(f"the bill has no line {line}: it has {len(bill.lines)}")
    of = bill.lines[line]
    deltas = sum(
        each.amount
        for other in later
        for each in other.lines
        if (each.subscription, each.charge, each.period) == (of.subscription, of.charge, of.period)
    )
    left = of.amount + min(0, deltas) - sum(note.amount for note in standing if note.line == line)
    if not 0 < amount <= left:
        raise CreditRefused(f"between 1 and {max(left, 0)} can be given back for this line")
    if not reason.strip() or len(reason) > REASON_MOST:
        raise CreditRefused(f"a credit note says why, in at most {REASON_MOST} characters")
    return CreditNote(line, amount, reason.strip(), by, None)


def approved(note: CreditNote, by: int) -> CreditNote:
    """The note, valid from now. Raises CreditRefused where one person would do both."""
    if note.approved_by is not None:
        raise CreditRefused("this note is approved already")
    if by == note.proposed_by:
        raise CreditRefused("who proposed a credit note does not approve it: ask a second person")
    return CreditNote(note.line, note.amount, note.reason, note.proposed_by, by)
