"""Prices by day. What was sold on a day is paid at the price of that day: a later price is for later sales. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from collector.skillstore.billing.price import Price


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """`valid_from_day`: days since 1970-01-01; in force until the next one begins."""

    valid_from_day: int
    price: Price


def price_on(prices: Iterable[DatedPrice], day: int) -> Price | None:
    """The price in force on a day; None: nothing was priced yet, which is unknown and not free."""
    begun = [one for one in prices if one.valid_from_day <= day]
    return max(begun, key=lambda one: one.valid_from_day).price if begun else None
