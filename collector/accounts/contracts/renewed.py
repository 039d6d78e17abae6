"""What became of each contract that was due in a period: renewed, and for how much a year. Pure.

A contract counts when it is due, however early it was renewed. Renewed after its due day but inside the grace it is
late, and renewed; after the grace it was lost, and won back where a contract follows. One that was merged into another
contract of the account goes on there: it is transferred. What continues a contract without a link is told by their days
(`terms.continued`). A contract that sells one-off things only is never due.
Where a signed contract and a recorded outcome disagree, the contract is right: somebody put a name under it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from collector.accounts.contracts.arr import summed, term_arr, term_parts
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.terms import (
    RENEWED,
    Term,
    all_terms,
    continued,
    decided_day,
    is_merged,
    is_signed,
    recurs,
)
from collector.accounts.ledger.kinds.money import Contract, Renewal
from collector.accounts.ledger.view import AccountLedger

Fate = Literal["renewed", "early", "auto", "late", "partial", "in_grace", "won_back", "lost", "transferred"]
KEPT: frozenset[Fate] = frozenset({"renewed", "early", "auto", "late", "partial"})


@dataclass(frozen=True, slots=True)
class Period:
    """`first` to `last`, both counting, as seen on the day `as_of`. Days without a time zone: a contract's."""

    first: int
    last: int
    as_of: int
    grace_days: int
    through: int = field(init=False)  # the last day of the period that is over or runs
    # The day whose ARR closes the period: the one after its last day, or the newest there is. A contract that ends on
    # the last day and is not renewed is churn of this period, in which it was due.
    closing: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "through", min(self.last, self.as_of))
        object.__setattr__(self, "closing", self.last + 1 if self.as_of > self.last else self.as_of)

    def has(self, day: int | None) -> bool:
        """The day lies in the period and has come."""
        return day is not None and self.first <= day <= self.through


@dataclass(frozen=True, slots=True)
class Expired:
    """One contract (or one term of it) that was due, money a year as the rates convert it.

    `expiring` is what converts. `renewed` is None where what does not could be the rest of it.
    """

    contract: str
    due_day: int
    expiring: int
    renewed: int | None
    fate: Fate


def expired_in(
    ledger: AccountLedger, period: Period, rates: Rates, terms: Iterable[Term] | None = None,
    after: Mapping[str, Sequence[Contract]] | None = None,
) -> tuple[Expired, ...]:  # fmt: skip
    """Everything of this account that was due inside the period, in order of day, then contract.

    `terms` and `after` (`continued`) spare making them again: of the account, as of the period's `as_of`, the terms
    until the day after it.
    """
    if after is None:
        after = continued(ledger, period.as_of, period.grace_days)
    if terms is None:
        terms = all_terms(ledger, period.as_of, period.through + 1, period.grace_days, after=after)
    every = list(terms)
    found = [
        _expired(
            ledger, term, after.get(term.contract.id, ()), period, rates,
            goes_on=any(_follows(term, each) for each in every),
        )
        for term in every
        if period.first <= term.due <= period.through and recurs(ledger, term.contract)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.due_day, each.contract))) if len(found) > 1 else tuple(found)


def _follows(term: Term, other: Term) -> bool:
    """The same contract went on for another term."""
    return other.first > term.first and other.contract.id == term.contract.id


def _expired(
    ledger: AccountLedger, term: Term, following: Sequence[Contract], period: Period, rates: Rates, *, goes_on: bool
) -> Expired:
    """`following`: what continues its contract. `goes_on`: the contract itself did, for another term."""
    expiring, is_all = term_parts(ledger, term, term.due, rates)
    latest = term.due + period.grace_days
    after = [each for each in following if each.starts - 1 <= latest]
    if any(is_merged(ledger, term.contract, each, period.as_of, period.grace_days) for each in after):
        return Expired(term.contract.id, term.due, expiring, expiring, "transferred")
    after = [] if goes_on else after  # what continues it continues a later term
    fate = _fate(term, after, period)
    if fate == "lost" and _came_back(ledger, latest, period.as_of):
        fate = "won_back"
    renewed = _renewed(ledger, term, after, expiring, period.as_of, rates) if fate in KEPT else 0
    if renewed is not None and renewed > expiring and not is_all:
        renewed = None  # it may have changed its currency, and not have grown
    return Expired(term.contract.id, term.due, expiring, renewed, fate)


def _came_back(ledger: AccountLedger, latest: int, as_of: int) -> bool:
    """Nothing stood when the grace was over, and a contract that was signed after it started later."""
    signed = [each for each in ledger.contracts if is_signed(each, as_of)]
    if any(each.starts <= latest + 1 and _last(each) > latest for each in signed):
        return False
    return any(each.starts > latest + 1 and each.moved_from is None for each in signed)


def _last(contract: Contract) -> int:
    return contract.ends if contract.terminated_day is None else min(contract.ends, contract.terminated_day)


def _fate(term: Term, after: Sequence[Contract], period: Period) -> Fate:
    outcome = "pending" if term.renewal is None else term.renewal.outcome
    if after or (term.renewal is not None and outcome in RENEWED):
        return _renewed_when(term, after, period.grace_days)
    if _runs_on(term, period.as_of):
        return "auto"
    stopped = outcome == "lost" or (
        term.contract.terminated_day is not None and term.contract.terminated_day <= period.as_of
    )
    return "lost" if stopped or period.as_of > term.due + period.grace_days else "in_grace"


def _runs_on(term: Term, as_of: int) -> bool:
    """It renewed by itself: the due day has passed, and nothing stopped it before."""
    renewal, contract = term.renewal, term.contract
    stopped = renewal is not None and (renewal.outcome == "lost" or _is_noticed(renewal, term.due))
    stopped = stopped or (contract.terminated_day is not None and contract.terminated_day <= min(term.due, as_of))
    return contract.auto_renews and not stopped and term.last == term.due < as_of


def _is_noticed(renewal: Renewal, due: int) -> bool:
    return renewal.notice_day is not None and renewal.notice_day <= due


def _renewed_when(term: Term, after: Sequence[Contract], grace_days: int) -> Fate:
    renewal = term.renewal
    if renewal is not None and renewal.outcome in RENEWED:
        decided = decided_day(renewal)
    else:
        decided = min(max(s.starts - 1, 0) if s.signed_day is None else s.signed_day for s in after)
    if decided > term.due + grace_days:
        return "won_back"
    if renewal is not None and renewal.outcome == "partial":
        return "partial"
    if decided > term.due:
        return "late"
    return "early" if after and after[0].starts <= term.due else "renewed"


def _renewed(
    ledger: AccountLedger, term: Term, after: Sequence[Contract], expiring: int, as_of: int, rates: Rates
) -> int | None:
    """The recurring money a year that goes on: as the renewal says, else what the new contracts carry, else the same.

    A partial renewal that names no amount and no contract counts as nothing: what is not known is not earned.
    """
    renewal = term.renewal
    if renewal is not None and renewal.outcome in RENEWED and renewal.amount is not None:
        return rates.convert(renewal.amount, renewal.currency or term.contract.currency)
    if after:
        return summed(_share(ledger, term.contract, new, as_of, rates) for new in after)
    return 0 if renewal is not None and renewal.outcome == "partial" else expiring


def _share(ledger: AccountLedger, old: Contract, new: Contract, as_of: int, rates: Rates) -> int | None:
    """Its part of a contract that continues several: by what each of them recurred at; the shares sum to the whole.

    None: no rate is stated for the new contract, or for one of several that it continues.
    """
    carried = term_arr(ledger, Term(new, new.starts, new.ends, new.ends), new.starts, rates)
    key = new.id
    named = [each.contract for each in ledger.renewals if each.new_contract == key and decided_day(each) <= as_of]
    if carried is None or (new.renews in {None, old.id} and (not named or named == [old.id])):
        return carried
    olds = [each for each in ledger.contracts if each.id in {*named, old.id, new.renews}]
    known = [term_arr(ledger, Term(each, each.starts, each.ends, each.ends), each.ends, rates) for each in olds]
    sizes = [size for size in known if size is not None]
    if len(sizes) < len(known):
        return None
    if not sum(sizes):
        sizes = [1] * len(olds)
    at = next(index for index, each in enumerate(olds) if each is old)
    before, whole = sum(sizes[:at]), sum(sizes)
    return carried * (before + sizes[at]) // whole - carried * before // whole
