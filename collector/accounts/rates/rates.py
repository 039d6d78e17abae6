"""What moved at each account in a period: opening and closing ARR, contracts due, more bought, customers brought. Pure.

The opening cohort C is the customers with ARR on the first day that were customers before it; whoever starts inside the
period is new. Every figure (`figures.py`) is a sum over these movements, so the parts of any split by
segment, reseller or CSM add up to the whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from collector.accounts.contracts.arr import arr_of, currency_of, term_arr
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import Expired, Period, expired_in
from collector.accounts.contracts.terms import Term, all_terms, is_signed, successors
from collector.accounts.ledger.kinds.money import Contract, Opportunity
from collector.accounts.ledger.kinds.relations import Survey
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import AccountLedger


@dataclass(frozen=True, slots=True)
class Bought:
    """More that a customer bought before its contracts expired. `amount` a year; one-off money stands apart."""

    amount: int = 0
    one_off: int = 0
    sources: tuple[str, ...] = ()  # ids of opportunities, lines or contracts


@dataclass(frozen=True, slots=True)
class Referral:
    """A customer that was won by referral. `account` is its id, or "" where it is not in the ledger."""

    account: str
    amount: int
    source: str  # the id of the account or of the opportunity


@dataclass(frozen=True, slots=True)
class Movement:
    """One account in one period, money a year as the rates convert it. `opening` is 0 outside the cohort."""

    account: str
    name: str
    opening: int = 0
    closing: int = 0
    is_opening: bool = False
    is_new: bool = False
    started: int | None = None  # the day of its first contract
    first_arr: int = 0  # on that day
    expired: tuple[Expired, ...] = ()
    bought: Bought | None = None
    brought: tuple[Referral, ...] = ()
    refers: bool = False  # named somebody in this period, won or not
    surveys: tuple[Survey, ...] = ()  # sent in this period


def movements(ledgers: Iterable[AccountLedger], period: Period, rates: Rates) -> list[Movement]:
    """Of every account, in order of id. Each ledger is looked at once and let go: a generator may make them."""
    moved: list[Movement] = []
    told = _Told({}, [])
    for ledger in ledgers:
        moved.append(_movement(ledger, period, rates))
        if ledger.account.referred_by:
            told.by[ledger.account.id] = ledger.account.referred_by
        for each in ledger.opportunities:
            if each.kind == "referral" and each.stage == "won" and (each.closed_day or 0) <= period.as_of:
                told.won.append((ledger.account, each))
    moved.sort(key=lambda move: move.account)
    return _with_referrals(moved, told, period, rates)


@dataclass(frozen=True, slots=True)
class _Told:
    """Who says that it was referred by whom, and the referrals that were won."""

    by: dict[str, str]
    won: list[tuple[Account, Opportunity]]


def _movement(ledger: AccountLedger, period: Period, rates: Rates) -> Movement:
    account = ledger.account
    surveys = tuple(_as_of(survey, period.as_of) for survey in ledger.surveys if period.has(survey.day))
    signed = [each.starts for each in ledger.contracts if is_signed(each, period.as_of)]
    if not signed:
        return Movement(account.id, account.name, surveys=surveys)
    started = min(signed)
    until = max(period.through + 1, period.closing)
    terms = all_terms(ledger, period.as_of, until, period.grace_days, since=period.first)
    opening = arr_of(ledger, terms, period.first, rates) if started < period.first else 0
    is_new = period.has(started)
    return Movement(
        account.id,
        account.name,
        opening,
        arr_of(ledger, terms, period.closing, rates),
        opening > 0,
        is_new,
        started,
        arr_of(ledger, terms, started, rates) if is_new else 0,
        expired_in(ledger, period, rates, terms),
        _bought(ledger, period, rates, terms) if opening > 0 else None,
        (),
        any(each.kind == "referral" and period.has(each.opened_day) for each in ledger.opportunities),
        surveys,
    )


def _as_of(survey: Survey, as_of: int) -> Survey:
    """An answer that came later has not come yet."""
    is_later = survey.answered_day is not None and survey.answered_day > as_of
    return replace(survey, score=None, answered_day=None) if is_later else survey


def _bought(ledger: AccountLedger, period: Period, rates: Rates, terms: Sequence[Term]) -> Bought | None:
    """Won upsells that were closed while a contract stood; without any recorded, what was added to the contracts."""
    amount = one_off = 0
    sources = []
    for each in ledger.opportunities:
        if each.kind != "upsell" or each.stage != "won" or not period.has(each.closed_day):
            continue
        if each.closed_day is None or not _running(terms, each.closed_day):
            continue
        worth = rates.convert(each.amount or 0, each.currency or ledger.account.currency) or 0
        amount, one_off = (amount + worth, one_off) if each.recurring else (amount, one_off + worth)
        sources.append(each.id)
    if sources:
        return Bought(amount, one_off, tuple(sources))
    return _added(ledger, period, rates, terms)


def _added(ledger: AccountLedger, period: Period, rates: Rates, terms: Sequence[Term]) -> Bought | None:
    """Lines that were added to a running contract, and contracts beside a running one that continue none."""
    amount = one_off = 0
    sources = []
    contracts = {each.id: each for each in ledger.contracts if is_signed(each, period.as_of)}
    for line in ledger.lines:
        contract = contracts.get(line.contract)
        if contract is None or line.starts is None or line.starts <= contract.starts or not period.has(line.starts):
            continue
        worth = rates.convert(line.amount, currency_of(line, contract)) or 0
        amount, one_off = (amount + worth, one_off) if line.recurring else (amount, one_off + worth)
        sources.append(line.id)
    for contract in contracts.values() if len(contracts) > 1 else ():
        if (
            contract.renews is None
            and period.has(contract.starts)
            and _is_beside(ledger, contract, terms, period.as_of)
        ):
            amount += term_arr(
                ledger, Term(contract, contract.starts, contract.ends, contract.ends), contract.starts, rates
            )
            sources.append(contract.id)
    return Bought(amount, one_off, tuple(sources)) if sources and (amount or one_off) else None


def _running(terms: Sequence[Term], day: int) -> list[Term]:
    """In force on that day, without the grace."""
    return [term for term in terms if term.first <= day <= min(term.last, term.due)]


def _is_beside(ledger: AccountLedger, contract: Contract, terms: Sequence[Term], as_of: int) -> bool:
    """Another contract was running when this one started, and this one continues none."""
    starts = contract.starts
    is_more = any(term.contract.starts < starts for term in _running(terms, starts))
    return is_more and not any(
        contract.id == new.id
        for old in ledger.contracts
        if old.starts < starts
        for new in successors(ledger, old, as_of)
    )


def _with_referrals(moved: Sequence[Movement], told: _Told, period: Period, rates: Rates) -> list[Movement]:
    """Each won referral once: at the referrer where it is known, else at the customer that came.

    The account's own word on who referred it stands before an opportunity's; of two of those the first referrer by id.
    """
    by_id = {each.account: each for each in moved}
    won = sorted(told.won, key=lambda pair: (pair[0].id, pair[1].id))
    referrers = {each.referred: referrer.id for referrer, each in reversed(won) if each.referred} | told.by
    brought: dict[str, list[Referral]] = {}
    for new in moved:
        if new.is_new and new.account in referrers:
            by = referrers[new.account]
            found = Referral(new.account, new.first_arr, new.account)
            brought.setdefault(by if by in by_id else new.account, []).append(found)
    for referrer, each in won:
        known = by_id.get(each.referred or "")
        if not period.has(each.closed_day) or (known is not None and known.started is not None):
            continue  # one that is a customer here counts when its first contract starts
        worth = rates.convert(each.amount or 0, each.currency or referrer.currency) or 0
        found = Referral(each.referred or "", worth if each.recurring else 0, each.id)
        brought.setdefault(referrer.id, []).append(found)
    return [
        replace(each, brought=tuple(brought[each.account]), refers=True) if each.account in brought else each
        for each in moved
    ]
