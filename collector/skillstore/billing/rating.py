"""What a month of a subscription costs, from all that is known of its use. Pure, in exact fractions.

The same history gives the same lines, in whatever order it arrived: bills rest on that. Only a line is rounded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from collector.skillstore.billing.price import MINIMUM, Counting, FixedCharge, Mode, OneOffCharge, Price, UseCharge
from collector.values.money import decimals

QUANTITY_SHOWN = Decimal("0.000001")

Day = tuple[str, int]
"""A robot (or the holder of a seat) and a day since 1970, both by their names on the bill."""
Counts = Mapping[Day, int]


@dataclass(frozen=True)
class BillPeriod:
    """A month as days: `from_day` up to but without `to_day`, days since 1970 in the account's calendar."""

    from_day: int
    to_day: int

    @property
    def days(self) -> int:
        return self.to_day - self.from_day


@dataclass(frozen=True)
class Subscription:
    """`to_day` is the first day after it; None while it goes on. `key` names it on bills.

    `trial_to_day`: the first day after the trial; None: the price's, from its own beginning. `is_renewal`: it goes on
    with what another one began, which had the one-off charges.
    """

    key: str
    price: Price
    from_day: int
    to_day: int | None
    trial_to_day: int | None = None
    is_renewal: bool = False

    @property
    def paid_from_day(self) -> int:
        if self.trial_to_day is None:
            return self.from_day + self.price.trial_days
        return max(self.from_day, self.trial_to_day)


@dataclass(frozen=True)
class Known:
    """All that is known of one subscription. `use` by counter; `robots` and `seats` are 1 on each day they were there.

    Counts that are disputed are not among `use`: they are on no bill until a person releases them.
    """

    use: Mapping[str, Counts]
    robots: Counts
    seats: Counts


@dataclass(frozen=True)
class RatedLine:
    """One charge in one period. `amount` in the currency's smallest unit; `quantity` as it stands on the bill.

    `counts` is what a line of use, of robots or of seats rests on, by day: the door from a bill to a counter.
    """

    subscription: str
    charge: str
    quantity: Decimal
    amount: int
    counts: Counts


def rated(subscription: Subscription, period: BillPeriod, known: Known) -> tuple[RatedLine, ...]:
    """The lines of a period, also those of zero. No line where the subscription has no paid day in it."""
    paid = paid_days(subscription, period)
    if not paid.days:
        return ()
    price, key = subscription.price, subscription.key
    lines = []
    for charge in price.charges:
        counts: Counts = {}
        if isinstance(charge, UseCharge):
            counts = _within(known.use.get(charge.counter, {}), paid)
            quantity = Fraction(sum(counts.values()), charge.per)
            cost = _tiered(charge, quantity)
        else:
            if isinstance(charge, FixedCharge) and charge.each != "account":
                counts = _within(known.robots if charge.each == "robot" else known.seats, paid)
            quantity = _fixed_quantity(charge, subscription, period, paid, counts)
            cost = quantity * Fraction(charge.amount)
        lines.append(RatedLine(key, charge.name, _shown(quantity), _smallest(cost, price), counts))
    if price.minimum:
        least = _smallest(Fraction(price.minimum) * Fraction(paid.days, period.days), price)
        missing = max(0, least - sum(line.amount for line in lines))
        lines.append(RatedLine(key, MINIMUM, Decimal(1 if missing else 0), missing, {}))
    return tuple(lines)


def paid_days(subscription: Subscription, period: BillPeriod) -> BillPeriod:
    """The days of a period on which the subscription runs and is no trial; of no days where there is none."""
    begins = max(period.from_day, subscription.paid_from_day)
    ends = period.to_day if subscription.to_day is None else min(period.to_day, subscription.to_day)
    return BillPeriod(begins, max(begins, ends))


def _within(counts: Counts, paid: BillPeriod) -> Counts:
    return {at: count for at, count in counts.items() if paid.from_day <= at[1] < paid.to_day and count}


def _fixed_quantity(
    charge: OneOffCharge | FixedCharge, subscription: Subscription, period: BillPeriod, paid: BillPeriod, counts: Counts
) -> Fraction:
    if isinstance(charge, OneOffCharge):
        return Fraction(1 if paid.from_day == subscription.paid_from_day and not subscription.is_renewal else 0)
    if charge.each == "account":
        return Fraction(paid.days, period.days)
    if charge.counting is Counting.AVERAGE:
        return Fraction(sum(counts.values()), period.days)
    of_days: dict[int, int] = {}
    for (_, day), there in counts.items():
        of_days[day] = of_days.get(day, 0) + there
    return Fraction(max(of_days.values(), default=0) * paid.days, period.days)


def _tiered(charge: UseCharge, quantity: Fraction) -> Fraction:
    if not quantity:
        return Fraction(0)
    if charge.mode is Mode.VOLUME:
        tier = next(tier for tier in charge.tiers if tier.up_to is None or quantity <= tier.up_to)
        return quantity * Fraction(tier.unit) + Fraction(tier.flat)
    cost, begin = Fraction(0), Fraction(0)
    for tier in charge.tiers:
        end = quantity if tier.up_to is None else min(quantity, Fraction(tier.up_to))
        if end <= begin:
            break
        cost += (end - begin) * Fraction(tier.unit) + Fraction(tier.flat)
        begin = end
    return cost


def _shown(quantity: Fraction) -> Decimal:
    """As it stands on the bill. The amount does not rest on what is rounded here."""
    return (Decimal(quantity.numerator) / quantity.denominator).quantize(QUANTITY_SHOWN, rounding=ROUND_HALF_EVEN)


def _smallest(amount: Fraction, price: Price) -> int:
    """In whole smallest units of the currency, half to even."""
    scale: int = 10 ** decimals(price.currency)
    return round(amount * scale)


def total(lines: Iterable[RatedLine]) -> int:
    return sum(line.amount for line in lines)
