"""Prices by day. What was sold on a day is paid at the price of that day: a later price is for later sales. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from collector.skillstore.billing.price import Charge, Price, UseCharge


class PaidHow(StrEnum):
    """How a skill is paid: once, a month, by use, or not at all. Unpriced: nobody has said, which is not free."""

    FREE = "free"
    ONE_OFF = "one_off"
    FIXED = "fixed"
    USE = "use"
    UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """`valid_from_day`: days since 1970-01-01; in force until the next one begins."""

    valid_from_day: int
    price: Price


def price_on(prices: Iterable[DatedPrice], day: int) -> Price | None:
    """The price in force on a day; None: nothing was priced yet, which is unknown and not free."""
    begun = [one for one in prices if one.valid_from_day <= day]
    return max(begun, key=lambda one: one.valid_from_day).price if begun else None


def costs(price: Price | None) -> frozenset[PaidHow]:
    """All ways in which a price is paid; what is charged with nothing is none."""
    if price is None:
        return frozenset({PaidHow.UNPRICED})
    found = {PaidHow(one.kind) for one in price.charges if _asks(one)} | ({PaidHow.FIXED} if price.minimum else set())
    return frozenset(found or {PaidHow.FREE})


def _asks(one: Charge) -> bool:
    if isinstance(one, UseCharge):
        return any(tier.unit or tier.flat for tier in one.tiers)
    return bool(one.amount)
