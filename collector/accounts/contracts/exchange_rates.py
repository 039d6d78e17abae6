"""Amounts of several currencies in one base currency, at stated rates. Pure.

A report converts everything at the rates of one day, so that a currency's move never looks like a customer's. An
amount without a stated rate is not guessed: it is None, and whoever sums says which currencies were left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collector.accounts.ledger.kinds.money import ExchangeRate


@dataclass(frozen=True, slots=True)
class Stated:
    """The rate that is used for one currency, and since when it was stated."""

    currency: str
    worth: float  # of one unit, in the base currency
    day: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one day. The base currency is worth 1."""

    base: str
    stated: Mapping[str, Stated] = field(default_factory=dict)

    def convert(self, amount: int, currency: str) -> int | None:
        """Hundredths of `currency` in hundredths of the base; None without a stated rate."""
        if currency == self.base:
            return amount
        rate = self.stated.get(currency)
        return None if rate is None else round(amount * rate.worth)


def rates_on(facts: Iterable[ExchangeRate], base: str, day: int) -> Rates:
    """The newest rates stated by `day`. A rate that was stated the other way round is turned over."""
    newest: dict[str, tuple[tuple[int, bool, str], Stated]] = {}
    for fact in facts:
        if fact.day > day or fact.currency == fact.base or base not in {fact.currency, fact.base}:
            continue
        direct = fact.base == base
        currency, worth = (fact.currency, fact.worth) if direct else (fact.base, 1.0 / fact.worth)
        rank = (fact.day, direct, fact.id)  # of one day the direct one, then the later id: never the order of rows
        if currency not in newest or rank > newest[currency][0]:
            newest[currency] = (rank, Stated(currency, worth, fact.day, fact.source))
    return Rates(base, {currency: stated for currency, (_, stated) in sorted(newest.items())})
