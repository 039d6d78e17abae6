"""Reports over the portfolio, from the store: rates of a period, the accounts behind one, segments, capacity, cost.

Each is one read of the ledger and one pure computation. A day is what was known at its end, in UTC: contracts have no
time zone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy import Connection

from collector.accounts.contracts.arr import unconverted
from collector.accounts.contracts.exchange_rates import LeftOut, Rates, left_out, rates_on
from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger import book as books
from collector.accounts.ledger.book import Ledgers
from collector.accounts.ledger.facts import NOW, Basis, Knowledge
from collector.accounts.ledger.kinds.money import Cost, Product
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.rates.answer import AccountPart, PeriodFigures, behind, grouped, period_figures
from collector.accounts.rates.economics import CustomerWorth, economics, spent_in
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.product import of_product
from collector.accounts.rates.rates import Moved, Movement, moved, together
from collector.accounts.segments.segments import Placed, SegmentPolicy, place, size
from collector.calendar.days import DAY_S

By = Literal["", "segment", "tier", "reseller", "csm", "team", "industry", "region"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which accounts: an empty word is everybody. `segment` is the account's at the period's start.

    `product`: of their contracts only what is of that product; None: all of it.
    """

    segment: str = ""
    reseller: str = ""
    csm: str = ""
    product: Product | None = None


@dataclass(frozen=True, slots=True)
class RatesQuestion:
    """A report on rates. `as_of` is also when the ledger is read as of, unless `is_now`."""

    period: Period
    currency: str
    basis: Basis
    by: By = ""
    selection: Selection = Selection()
    is_now: bool = True

    @property
    def knowledge(self) -> Knowledge:
        return NOW if self.is_now else Knowledge((self.period.as_of + 1) * DAY_S - 1, self.basis)


@dataclass(frozen=True, slots=True)
class PeriodRates:
    """The rates, and what a customer costs and is worth."""

    rates: PeriodFigures
    economics: list[CustomerWorth] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What a question selects, with the words that its accounts are grouped by."""

    book: Ledgers
    accounts: Mapping[str, Account]
    fx: Rates
    moves: list[Movement]
    placed: Mapping[str, Placed]
    unconverted: Mapping[str, frozenset[str]]  # by account
    costs: Sequence[Cost]


def rates_report(connection: Connection, question: RatesQuestion, policy: SegmentPolicy) -> PeriodRates:
    """The report that was asked for."""
    chosen = _chosen(connection, question, policy)
    groups = {"": chosen.moves} if not question.by else grouped(chosen.moves, _word_of(chosen, question.by))
    period, segment = question.period, question.selection.segment
    chosen_by = question.selection
    is_everybody = not (chosen_by.reseller or chosen_by.csm or chosen_by.product)
    worth = economics(
        chosen.moves, chosen.costs, period, chosen.fx, segment=segment, is_everybody=is_everybody,
    )  # fmt: skip
    missing = _left_out(chosen, spent_in(chosen.costs, period, segment) if is_everybody else ())
    figures = period_figures(
        groups, period, chosen.fx, by=question.by, left_out=missing, unread=sorted(chosen.book.unread)
    )
    return PeriodRates(figures, worth)


def accounts_behind(
    connection: Connection, question: RatesQuestion, figure: str, policy: SegmentPolicy
) -> list[AccountPart]:
    """The accounts that one figure is made of. `figure` is a key of FIGURES."""
    chosen = _chosen(connection, question, policy)
    return behind(FIGURES[figure], chosen.moves, chosen.fx)


def _chosen(connection: Connection, question: RatesQuestion, policy: SegmentPolicy) -> _Chosen:
    period = question.period
    book = books.read_book(connection, books.RATES, question.knowledge, touched=(period.first, period.through))
    fx = rates_on(book.exchange_rates, question.currency, period.through)
    accounts: dict[str, Account] = {}
    missing: dict[str, frozenset[str]] = {}

    def read(ledger: AccountLedger) -> Moved:
        asked = ledger if product is None else of_product(ledger, product, fx)
        made, currencies = moved(asked, period, fx), unconverted(asked, fx)
        if by_place:  # an account's size is that of all its business
            whole = made if product is None else moved(ledger, period, fx)
            arr_of[ledger.account.id] = _arr_of(whole.movement)
            sized = size(ledger.account, arr_of[ledger.account.id], fx, policy)
            if sized.potential is None:
                currencies |= {ledger.account.currency}
        accounts[ledger.account.id] = ledger.account
        if currencies:
            missing[ledger.account.id] = currencies
        return made

    product = question.selection.product
    arr_of: dict[str, int | None] = {}
    by_place = bool(question.selection.segment) or question.by in {"segment", "tier"}
    moves = together(book.of_each(read), period)
    placed: dict[str, Placed] = {}
    if by_place:
        placed = place(((account, arr_of[key]) for key, account in accounts.items()), fx, policy)
    costs = book.sound("cost", book.costs, lambda cost: fx.convert(cost.amount, cost.currency))
    chosen = _Chosen(book, accounts, fx, moves, placed, missing, costs)
    for name, wanted in (
        ("segment", question.selection.segment),
        ("reseller", question.selection.reseller),
        ("csm", question.selection.csm),
    ):
        if wanted:
            word_of = _word_of(chosen, name)
            moves = [move for move in moves if word_of(move.account) == wanted]
    return replace(chosen, moves=moves)


def _arr_of(move: Movement) -> int | None:
    """Its size: what it opened with, of a new customer what it closes with. None: no rate is stated for some of it."""
    at_first, at_last = move.unknown or ({}, {})
    if move.opening or at_first:
        return None if at_first else move.opening
    return None if at_last else move.closing


def _word_of(chosen: _Chosen, by: str) -> Callable[[str], str]:
    if by == "segment":
        return lambda account: chosen.placed[account].segment
    if by == "tier":
        return lambda account: chosen.placed[account].tier
    if by == "team":
        team_of = {csm.id: csm.team for csm in chosen.book.csms}
        words = {key: team_of.get(account.csm or "", "") for key, account in chosen.accounts.items()}
    else:
        words = {key: getattr(account, by) or "" for key, account in chosen.accounts.items()}
    return words.__getitem__


def _left_out(chosen: _Chosen, costs: Iterable[Cost]) -> list[LeftOut]:
    asked = {move.account for move in chosen.moves}
    return left_out(
        (
            (currency, account)
            for account, currencies in chosen.unconverted.items()
            for currency in (currencies if account in asked else ())
        ),
        ((cost.currency, cost.id) for cost in costs if chosen.fx.convert(cost.amount, cost.currency) is None),
    )
