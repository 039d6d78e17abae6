"""Amounts of several currencies in one base currency, at stated rates. Pure.

A report converts everything at the rates of one day, so that a currency's move never looks like a customer's. An
amount without a stated rate is not guessed: it is None, and whoever sums says which currencies were left out. A
currency without a rate to the base is crossed where one other currency, and no more, has a stated rate to both. Each
converted amount is rounded half to even to the base currency's smallest unit, once (docs/adr/0020).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from math import inf
from typing import TypeVar

from collector.accounts.ledger.kinds.money import ExchangeRate
from collector.values import money
from collector.values.money import Hundredths

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Stated:
    """The rate that is used for one currency, and since when it was stated; of a crossed one, since the older of both.

    `via`: the currency it is crossed through, "" where it was stated itself.
    """

    currency: str
    worth: float  # of one unit, in the base currency
    day: int
    source: str = ""
    turned: float | None = None  # the rate was stated the other way round, as this
    via: str = ""
    crossed: tuple[int, int] | None = None  # over and under the line, of the two rates together

    @property
    def ratio(self) -> tuple[int, int]:
        """What one unit is worth, exactly as it was stated: over and under the line."""
        if self.crossed is not None:
            return self.crossed
        if self.turned is None:
            return _ratio(self.worth)
        over, under = _ratio(self.turned)
        return under, over


@cache
def _ratio(stated: float) -> tuple[int, int]:
    """The decimal number that was written, not the binary one next to it."""
    return Decimal(repr(stated)).as_integer_ratio()


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of one day. The base currency is worth 1."""

    base: str
    stated: Mapping[str, Stated] = field(default_factory=dict)

    @property
    def scale(self) -> int:
        """How many of a sum make one unit of the base currency."""
        return money.scale(self.base)

    def hundredths(self, total: int | None) -> int | None:
        """A sum in hundredths of the base currency, as scores and back-tests hold it. None stays None."""
        if total is None:
            return None
        return total if self.scale == money.HUNDRED else money.half_even(total * money.HUNDRED, self.scale)

    def convert(self, amount: Hundredths, currency: str) -> int | None:
        """An amount in `currency` as a part of a sum in the base (`scale`); None without a stated rate.

        Nothing is nothing in every currency. Raises ValueError for what no amount can be.
        """
        if currency == self.base:
            return money.within(money.sum_of(amount, currency))
        rate = self.stated.get(currency)
        if rate is None:
            return None if amount else 0
        return money.within(money.converted(amount, *rate.ratio, self.base))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Money that is in no amount, because no rate is stated for its currency: whose it is, by id."""

    currency: str
    accounts: list[str]
    costs: list[str] = field(default_factory=list)
    csms: list[str] = field(default_factory=list)


def left_out(
    accounts: Iterable[tuple[str, str]], costs: Iterable[tuple[str, str]] = (), csms: Iterable[tuple[str, str]] = ()
) -> list[LeftOut]:
    """By currency, each once, in order, from (currency, id) of what was left out."""
    found: dict[str, tuple[set[str], set[str], set[str]]] = {}
    for at, pairs in enumerate((accounts, costs, csms)):
        for currency, name in pairs:
            found.setdefault(currency, (set(), set(), set()))[at].add(name)
    return [LeftOut(currency, *(sorted(names) for names in of)) for currency, of in sorted(found.items())]


def known_sum(parts: Iterable[Number | None]) -> Number | None:
    """The sum of what is known; None where something is not known and all the rest is nothing."""
    every = list(parts)
    known = sum(part for part in every if part is not None)
    return None if not known and None in every else known


def is_rate(fact: ExchangeRate) -> bool:
    """It can be reckoned with."""
    return isinstance(fact.worth, int | float) and 0 < fact.worth < inf and 0 < 1.0 / fact.worth < inf


def rates_on(facts: Iterable[ExchangeRate], base: str, day: int) -> Rates:
    """The newest rates stated by `day`. A rate that was stated the other way round is turned over.

    What an older store took for a currency and is none has no rate: its decimals would be guessed.
    """
    newest: dict[str, dict[str, tuple[tuple[int, bool, str], Stated]]] = {}  # by what it is worth it in, by currency
    for fact in facts:
        if fact.day > day or fact.currency == fact.base or not is_rate(fact):
            continue
        if not (money.is_currency(fact.currency) or money.is_currency(fact.base)):
            continue
        for currency, worth_in, worth, turned in (
            (fact.currency, fact.base, fact.worth, None), (fact.base, fact.currency, 1.0 / fact.worth, fact.worth),
        ):  # fmt: skip
            if not money.is_currency(currency):
                continue
            rank = (fact.day, turned is None, fact.id)  # of one day the direct one, then the later id: never row order
            of = newest.setdefault(worth_in, {})
            if currency not in of or rank > of[currency][0]:
                of[currency] = (rank, Stated(currency, worth, fact.day, fact.source, turned))
    stated = {worth_in: {currency: one for currency, (_, one) in of.items()} for worth_in, of in newest.items()}
    return Rates(base, dict(sorted((stated.get(base, {}) | _crossed(stated, base)).items())))


def _crossed(stated: Mapping[str, Mapping[str, Stated]], base: str) -> dict[str, Stated]:
    """Rates of currencies that have none to the base, through the one currency that has a rate to both.

    Two such currencies may say two rates, and nobody said which is right: then there is none.
    """
    direct = stated.get(base, {})
    ways: dict[str, list[Stated]] = {}
    for middle, to_base in direct.items():
        for currency, to_middle in stated.get(middle, {}).items():
            if currency == base or currency in direct:
                continue
            over, under = (first * second for first, second in zip(to_middle.ratio, to_base.ratio, strict=True))
            worth = to_middle.worth * to_base.worth
            source = to_middle.source if to_middle.source == to_base.source else ""
            since = min(to_middle.day, to_base.day)
            ways.setdefault(currency, []).append(
                Stated(currency, worth, since, source, via=middle, crossed=(over, under))
            )
    return {
        currency: found[0]
        for currency, found in ways.items()
        if len(found) == 1 and 0 < found[0].worth < inf and 0 < 1.0 / found[0].worth < inf
    }
