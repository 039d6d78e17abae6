"""Reports over the portfolio, from the store: rates of a period, the accounts behind one, segments, capacity, cost.

Each is one read of the ledger and one pure computation. A day is what was known at its end, in UTC: contracts have no
time zone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection

from collector.accounts.contracts.arr import unconverted
from collector.accounts.contracts.exchange_rates import Rates, rates_on
from collector.accounts.contracts.renewed import Period
from collector.accounts.ledger import book as books
from collector.accounts.ledger.book import Ledgers
from collector.accounts.ledger.facts import NOW, Basis, Knowledge
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.rates.answer import AccountPart, PeriodFigures, behind, grouped, period_figures
from collector.accounts.rates.economics import CustomerWorth, economics
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.rates import Movement, movements
from collector.accounts.segments.segments import Placed, SegmentPolicy, place
from collector.calendar.days import DAY_S

By = Literal["", "segment", "tier", "reseller", "csm", "team", "industry", "region"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which accounts: an empty word is everybody. `segment` is the account's at the period's start."""

    segment: str = ""
    reseller: str = ""
    csm: str = ""


@dataclass(frozen=True, slots=True)
class RatesQuestion:
    """A report on rates. `as_of` is also when the ledger is read as of, unless `is_now`."""

    period: Period
    currency: str
    by: By = ""
    selection: Selection = Selection()
    is_now: bool = True
    basis: Basis = "arrived"

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


def rates_report(connection: Connection, question: RatesQuestion, policy: SegmentPolicy) -> PeriodRates:
    """The report that was asked for."""
    chosen = _chosen(connection, question, policy)
    groups = {"": chosen.moves} if not question.by else grouped(chosen.moves, _word_of(chosen, question.by))
    left_out = _left_out(chosen)
    period = question.period
    worth = economics(
        chosen.moves, chosen.book.costs, period, chosen.fx, segment=question.selection.segment,
        is_everybody=not (question.selection.reseller or question.selection.csm),
    )  # fmt: skip
    return PeriodRates(period_figures(groups, period, chosen.fx, by=question.by, left_out=left_out), worth)


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

    def seen() -> Iterator[AccountLedger]:
        for ledger in book.ledgers():
            accounts[ledger.account.id] = ledger.account
            if currencies := unconverted(ledger, fx):
                missing[ledger.account.id] = currencies
            yield ledger

    moves = movements(seen(), period, fx)
    placed: dict[str, Placed] = {}
    if question.selection.segment or question.by in {"segment", "tier"}:
        arr_of = {move.account: move.opening or move.closing for move in moves}
        placed = place(((account, arr_of[key]) for key, account in accounts.items()), fx, policy)
    chosen = _Chosen(book, accounts, fx, moves, placed, missing)
    for name, wanted in (
        ("segment", question.selection.segment),
        ("reseller", question.selection.reseller),
        ("csm", question.selection.csm),
    ):
        if wanted:
            word_of = _word_of(chosen, name)
            moves = [move for move in moves if word_of(move.account) == wanted]
    return _Chosen(book, accounts, fx, moves, placed, missing)


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


def _left_out(chosen: _Chosen) -> Mapping[str, Sequence[str]]:
    asked = {move.account for move in chosen.moves}
    found: dict[str, list[str]] = {}
    for account, currencies in chosen.unconverted.items():
        for currency in currencies if account in asked else ():
            found.setdefault(currency, []).append(account)
    return found
