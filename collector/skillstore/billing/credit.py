"""A credit note: money given back for one line of a closed bill, proposed by one person and approved by another. Pure.

The bill is not changed. A credit is no correction of counts either: those are deltas, made by themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from collector.skillstore.billing.bill import Bill
from collector.values.money import decimals
from collector.values.sentence import Sentence

REASON_MOST = 500


class CreditRefused(ValueError):
    """A credit note that may not be, with why."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


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


@dataclass(frozen=True, slots=True)
class Billed:
    """A closed bill, and the notes of it that wait or are approved."""

    bill: Bill
    standing: tuple[CreditNote, ...]


def left(of: Billed, line: int, others: Iterable[Billed]) -> int:
    """What can still be given back for a line: no more than it was, and no more than its charge was in that month.

    That is the sum over all bills, `others` among them: a delta that takes back, and a note on another bill's line of
    the same subscription, charge and month leave less. Raises CreditRefused where there is no such line.
    """
    if not 0 <= line < len(of.bill.lines):
        raise CreditRefused(
            Sentence("the bill has no line {line}: it has {lines}", line=line, lines=len(of.bill.lines))
        )
    its = of.bill.lines[line]
    own = its.amount - sum(note.amount for note in of.standing if note.line == line)
    charge = own
    for other in others:
        for at, each in enumerate(other.bill.lines):
            if (each.subscription, each.charge, each.period) == (its.subscription, its.charge, its.period):
                charge += each.amount - sum(note.amount for note in other.standing if note.line == at)
    return max(0, min(own, charge))


def proposed(
    of: Billed, others: Iterable[Billed], line: int, amount: int, currency: str, reason: str, by: int
) -> CreditNote:
    """A note that waits for approval. Raises CreditRefused."""
    most = left(of, line, others)
    if not 0 < amount <= most:
        raise CreditRefused(_at_most(most, currency))
    if not reason.strip() or len(reason) > REASON_MOST:
        raise CreditRefused(Sentence("a credit note says why, in at most {most} characters", most=REASON_MOST))
    return CreditNote(line, amount, reason.strip(), by, None)


def approved(note: CreditNote, by: int, most: int, currency: str) -> CreditNote:
    """The note, valid from now. `most`: what is left for its line beside it, now, in the currency's smallest unit.

    Raises CreditRefused where one person would do both, and where more would be given back than was paid.
    """
    if note.approved_by is not None:
        raise CreditRefused("this note is approved already")
    if by == note.proposed_by:
        raise CreditRefused("who proposed a credit note does not approve it: ask a second person")
    if note.amount > most:
        raise CreditRefused(_at_most(most, currency))
    return CreditNote(note.line, note.amount, note.reason, note.proposed_by, by)


def _at_most(most: int, currency: str) -> Sentence:
    amount = Decimal(most).scaleb(-decimals(currency))
    return Sentence("at most {amount} {currency} can be given back for this line", amount=amount, currency=currency)
