"""A bill: a draft while its month is open, closed after a grace, and never changed again. Pure.

What becomes known later is a delta on the next bill: the month is rated anew from all that is known, and what earlier
bills said of it is taken away. So all closed bills together are always the rating of all that was known at the last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from collector.skillstore.billing.rating import BillPeriod, Counts, Known, RatedLine, RobotDay, Subscription, rated

Charged = tuple[str, str]  # subscription and charge


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
    period: BillPeriod, earlier: Sequence[Bill], subscriptions: Iterable[Subscription], known: Mapping[str, Known]
) -> Bill:
    """The bill of a period, were it closed now. `earlier` are the closed bills of the account in this currency.

    Lines of its own period stand also where they are zero; of earlier periods only what has changed. Raises ValueError
    where a period is closed already or one before it is not, where two subscriptions have one key, or two currencies.
    """
    subscriptions = tuple(subscriptions)
    _can_be(period, earlier, subscriptions)
    lines = [_line(line, period) for each in subscriptions for line in rated(each, period, known[each.key])]
    for past in sorted({bill.period for bill in earlier}, key=lambda each: each.from_day):
        said = _said(earlier, past)
        now = {
            (line.subscription, line.charge): line
            for each in subscriptions
            for line in rated(each, past, known[each.key])
        }
        for charged in sorted(said.keys() | now.keys()):
            delta = _delta(charged, past, now.get(charged), said.get(charged))
            if delta.amount or delta.quantity or delta.counts:
                lines.append(delta)
    return Bill(period, tuple(lines))


def _can_be(period: BillPeriod, earlier: Sequence[Bill], subscriptions: Sequence[Subscription]) -> None:
    """Bills follow each other without a gap: what lies between two would be on none."""
    if earlier and period.from_day != max(bill.period.to_day for bill in earlier):
        raise ValueError("a bill begins where the last one ended")
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


def _delta(charged: Charged, period: BillPeriod, now: RatedLine | None, said: BillLine | None) -> BillLine:
    quantity = (now.quantity if now else Decimal(0)) - (said.quantity if said else Decimal(0))
    amount = (now.amount if now else 0) - (said.amount if said else 0)
    counts = _changed(now.counts if now else {}, said.counts if said else {})
    return BillLine(*charged, period, quantity, amount, counts)


def _changed(now: Counts, before: Counts) -> dict[RobotDay, int]:
    """By how much each count differs; those that do not are left out."""
    differences = {at: now.get(at, 0) - before.get(at, 0) for at in now.keys() | before.keys()}
    return {at: count for at, count in sorted(differences.items()) if count}
