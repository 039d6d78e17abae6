"""A bill: a draft while its month is open, closed after a grace, and never changed again. Pure.

What becomes known later is a delta on the next bill: each month is rated anew from all that is known, and what earlier
bills said of it is taken away. So all closed bills together are always the rating of all that was known at the last. A
month in which nothing was sold has no bill; what is said of it later is a delta as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from collector.skillstore.billing.rating import BillPeriod, Counts, Day, Known, RatedLine, Subscription, rated

Charged = tuple[str, str]  # subscription and charge
Given = Mapping[tuple[str, str, BillPeriod], int]
"""What approved credit notes gave back, by subscription, charge and month, in the currency's smallest unit."""


@dataclass(frozen=True)
class BillLine:
    """A part of a bill. `period` is the month it is of: an earlier one than the bill's where it is a delta.

    `counts` are changes: what the line adds to the counts that earlier bills rest on; they may be negative.
    """

    subscription: str
    charge: str
    period: BillPeriod
    quantity: Decimal
    amount: int
    counts: Counts


@dataclass(frozen=True)
class Bill:
    """Of one account, in one currency. `amount` in its smallest unit; a bill below zero is a credit."""

    period: BillPeriod
    lines: tuple[BillLine, ...]

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)


def drafted(
    months: Sequence[BillPeriod], earlier: Sequence[Bill], subscriptions: Iterable[Subscription],
    known: Mapping[str, Known], given: Given | None = None,
) -> Bill:  # fmt: skip
    """The bill of the last of `months`, were it closed now. `earlier` are the account's closed bills in this currency.

    `months` follow each other, from the first in which something was sold or billed. Lines of the bill's own month
    stand also where they are zero; of earlier months only what has changed. What was given back by credit notes is not
    taken away a second time: a charge's bills together never fall below it. Raises ValueError where the last month is
    closed already or an earlier bill is of none of the months, and where two subscriptions have one key, or two
    currencies.
    """
    subscriptions = tuple(subscriptions)
    _can_be(months, earlier, subscriptions)
    period = months[-1]
    lines = [_line(line, period) for each in subscriptions for line in rated(each, period, known[each.key])]
    for past in months[:-1]:
        said = _said(earlier, past)
        now = {
            (line.subscription, line.charge): line
            for each in subscriptions
            for line in rated(each, past, known[each.key])
        }
        for charged in sorted(said.keys() | now.keys()):
            least = given.get((*charged, past), 0) if given else 0
            delta = _delta(charged, past, now.get(charged), said.get(charged), least)
            if delta.amount or delta.quantity or delta.counts:
                lines.append(delta)
    return Bill(period, tuple(lines))


def _can_be(months: Sequence[BillPeriod], earlier: Sequence[Bill], subscriptions: Sequence[Subscription]) -> None:
    """What lies between two months would be on no bill."""
    if any(month.from_day != before.to_day for before, month in pairwise(months)):
        raise ValueError("a month begins where the one before it ended")
    if not {bill.period for bill in earlier} <= set(months[:-1]):
        raise ValueError("this month is closed, or an earlier bill is of none of these months")
    if len({each.key for each in subscriptions}) < len(subscriptions):
        raise ValueError("each subscription has a key of its own")
    if len({each.price.currency for each in subscriptions}) > 1:
        raise ValueError("a bill has one currency")


def _line(line: RatedLine, period: BillPeriod) -> BillLine:
    return BillLine(line.subscription, line.charge, period, line.quantity, line.amount, line.counts)


def _said(bills: Iterable[Bill], period: BillPeriod) -> dict[Charged, BillLine]:
    """What all earlier bills together say of a period."""
    said: dict[Charged, BillLine] = {}
    for bill in bills:
        for line in bill.lines:
            if line.period == period:
                at = (line.subscription, line.charge)
                before = said.get(at)
                said[at] = line if before is None else _sum(before, line)
    return said


def _sum(one: BillLine, other: BillLine) -> BillLine:
    counts = _changed(one.counts, {at: -count for at, count in other.counts.items()})
    return BillLine(
        one.subscription, one.charge, one.period, one.quantity + other.quantity, one.amount + other.amount, counts
    )


def _delta(charged: Charged, period: BillPeriod, now: RatedLine | None, said: BillLine | None, least: int) -> BillLine:
    """`least`: what was given back already. It takes no amount below that, and raises none because of it."""
    billed = said.amount if said else 0
    quantity = (now.quantity if now else Decimal(0)) - (said.quantity if said else Decimal(0))
    amount = max(now.amount if now else 0, min(least, billed)) - billed
    counts = _changed(now.counts if now else {}, said.counts if said else {})
    return BillLine(*charged, period, quantity, amount, counts)


def _changed(now: Counts, before: Counts) -> dict[Day, int]:
    """By how much each count differs; those that do not are left out."""
    differences = {at: now.get(at, 0) - before.get(at, 0) for at in now.keys() | before.keys()}
    return {at: count for at, count in sorted(differences.items()) if count}
