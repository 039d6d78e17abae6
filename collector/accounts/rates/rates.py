"""What moved at each account in a period: opening and closing ARR, contracts due, more bought, customers brought. Pure.

The opening cohort C is the customers with ARR on the first day that were customers before it; whoever starts inside the
period is new. Every figure (`figures.py`) is a sum over these movements, so the parts of any split by
segment, reseller or CSM add up to the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from collector.accounts.contracts.arr import has_money, parts_of
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import Expired, Period, expired_in
from collector.accounts.contracts.terms import Term, all_terms, continued, is_signed
from collector.accounts.ledger.kinds.money import Contract, Opportunity
from collector.accounts.ledger.kinds.relations import Survey
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.rates.bought import Bought, bought
from collector.values.money import Hundredths


@dataclass(frozen=True, slots=True)
class Referral:
    """A customer that was won by referral. `account` is its id, or "" where it is not in the ledger.

    `amount` None: it is not in the ledger, and nobody stated what it recurs at.
    """

    account: str
    amount: int | None
    source: str  # the id of the account or of the opportunity


@dataclass(frozen=True, slots=True)
class Movement:
    """One account in one period, money a year as the rates convert it. `opening` is 0 outside the cohort.

    An amount without a stated rate is left out of `opening`, `closing` and `first_arr` and stands in `unknown`, in its
    own currency, of the opening and the closing day: it too tells who is a customer, stays or grows.
    """

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
    unknown: tuple[Mapping[str, Hundredths], Mapping[str, Hundredths]] | None = None

    @property
    def stays(self) -> bool:
        """It has ARR at the end."""
        return self.closing != 0 or (self.unknown is not None and has_money(self.unknown[1]))

    @property
    def grew(self) -> bool | None:
        """It has more ARR at the end. None: more of one currency, less of another, and no rate weighs them."""
        if self.unknown is None:
            return self.closing > self.opening
        rises = [self.closing - self.opening, *self._unknown_rises()]
        if any(rise > 0 for rise in rises) and any(rise < 0 for rise in rises):
            return None
        return any(rise > 0 for rise in rises)

    @property
    def is_comparable(self) -> bool:
        """What is known of its ARR at both ends can be compared: no known money may have become unknown, or the other
        way round.
        """
        if self.unknown is None:
            return True
        rises = self._unknown_rises()
        is_changed = any(rise < 0 for rise in rises) and self.closing > self.opening
        return not is_changed and not any(rise > 0 for rise in rises)

    def _unknown_rises(self) -> list[Hundredths]:
        opening, closing = self.unknown or ({}, {})
        return [closing.get(currency, 0) - opening.get(currency, 0) for currency in {*opening, *closing}]


@dataclass(frozen=True, slots=True)
class Ended:
    """A contract that ended in the period and that no contract of its account continues, as it stood at the opening."""

    contract: str
    last: int
    opening: int
    unknown: Mapping[str, Hundredths]


@dataclass(frozen=True, slots=True)
class Moved:
    """One account's own part: how it moved, and what it says of referrals. `won`: with the amount of a year.

    `ended`: its contracts that may go on at another account. `came`: those of other accounts that go on here, with the
    day; `is_moved`: the account began with one.
    """

    movement: Movement
    referred_by: str | None
    won: tuple[tuple[Opportunity, int], ...]
    ended: tuple[Ended, ...] = ()
    came: tuple[tuple[str, int], ...] = ()
    is_moved: bool = False


def movements(ledgers: Iterable[AccountLedger], period: Period, rates: Rates) -> list[Movement]:
    """Of every account, in order of id. Each ledger is looked at once and let go: a generator may make them."""
    return together((moved(ledger, period, rates) for ledger in ledgers), period)


def moved(ledger: AccountLedger, period: Period, rates: Rates) -> Moved:
    """What one account alone says."""
    won = tuple(
        (each, _known(rates.convert(each.amount or 0, each.currency or ledger.account.currency)))
        for each in ledger.opportunities
        if each.kind == "referral" and each.stage == "won" and (each.closed_day or 0) <= period.as_of
    )
    signed = [each for each in ledger.contracts if is_signed(each, period.as_of)]
    first = min(signed, key=lambda each: (each.starts, each.id), default=None)
    until = max(period.through + 1, period.closing)
    after = continued(ledger, period.as_of, period.grace_days)
    terms = all_terms(ledger, period.as_of, until, period.grace_days, since=period.first, after=after) if signed else []
    return Moved(
        _movement(ledger, period, rates, first, terms, after), ledger.account.referred_by or None, won,
        _ended(ledger, period, rates, terms),
        tuple((each.moved_from, each.starts) for each in signed if each.moved_from),
        first is not None and first.moved_from is not None,
    )  # fmt: skip


def _ended(ledger: AccountLedger, period: Period, rates: Rates, terms: Sequence[Term]) -> tuple[Ended, ...]:
    found = []
    for term in terms:
        if period.first <= term.last <= period.through and term.first <= period.first:
            known, unknown = parts_of(ledger, [term], period.first, rates)
            found.append(Ended(term.contract.id, term.last, known, unknown))
    return tuple(found)


def together(each_moved: Iterable[Moved], period: Period) -> list[Movement]:
    """All accounts' movements in order of id, each with the customers that it brought."""
    found: list[Movement] = []
    told = _Told({}, [])
    for each in _with_transfers(list(each_moved), period):
        account = each.movement.account
        found.append(each.movement)
        if each.referred_by:
            told.by[account] = each.referred_by
        told.won.extend((account, *won) for won in each.won)
    found.sort(key=lambda move: move.account)
    return _with_referrals(found, told, period)


def _with_transfers(every: list[Moved], period: Period) -> list[Moved]:
    """A contract that goes on at another account was that one's from the opening on: neither churn nor new there."""
    came = {old: (each.movement.account, starts) for each in every for old, starts in each.came}
    if not came:
        return every
    gone: dict[str, list[Ended]] = {}
    gained: dict[str, list[Ended]] = {}
    for each in every:
        for one in each.ended:
            to, starts = came.get(one.contract, ("", 0))
            if to and to != each.movement.account and one.last < starts <= one.last + 1 + period.grace_days:
                gone.setdefault(each.movement.account, []).append(one)
                gained.setdefault(to, []).append(one)
    return [
        replace(each, movement=_transferred(each, gone.get(account, []), gained.get(account, [])))
        if (account := each.movement.account) in gone or account in gained or each.is_moved
        else each
        for each in every
    ]


def _transferred(each: Moved, gone: Sequence[Ended], gained: Sequence[Ended]) -> Movement:
    move = each.movement
    opening = move.opening + sum(one.opening for one in gained) - sum(one.opening for one in gone)
    at_first, at_last = ({}, {}) if move.unknown is None else (dict(move.unknown[0]), move.unknown[1])
    for sign, some in ((1, gained), (-1, gone)):
        for currency, amount in ((c, a) for one in some for c, a in one.unknown.items()):
            at_first[currency] = at_first.get(currency, 0) + sign * amount
    moved_on = {one.contract for one in gone}
    return replace(
        move, opening=opening, is_opening=opening > 0 or has_money(at_first),
        is_new=move.is_new and not each.is_moved, first_arr=0 if each.is_moved else move.first_arr,
        bought=move.bought if opening > 0 or has_money(at_first) else None,
        unknown=(at_first, at_last) if at_first or at_last else None,
        expired=tuple(
            replace(one, fate="transferred", renewed=one.expiring) if one.contract in moved_on else one
            for one in move.expired
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """Who says that it was referred by whom; the referrals that were won: referrer, its opportunity, worth."""

    by: dict[str, str]
    won: list[tuple[str, Opportunity, int]]


def _movement(
    ledger: AccountLedger, period: Period, rates: Rates, begun_by: Contract | None, terms: Sequence[Term],
    after: Mapping[str, Sequence[Contract]],
) -> Movement:  # fmt: skip
    account = ledger.account
    surveys = tuple(_as_of(survey, period.as_of) for survey in ledger.surveys if period.has(survey.day))
    if begun_by is None:
        return Movement(account.id, account.name, surveys=surveys)
    started = begun_by.starts
    is_old = started < period.first or (begun_by.moved_from is not None and started == period.first)
    opening, at_first = parts_of(ledger, terms, period.first, rates) if is_old else (0, {})
    closing, at_last = parts_of(ledger, terms, period.closing, rates)
    is_opening = opening > 0 or has_money(at_first)
    is_new = period.has(started) and not is_old
    return Movement(
        account.id,
        account.name,
        opening,
        closing,
        is_opening,
        is_new,
        started,
        parts_of(ledger, terms, started, rates)[0] if is_new else 0,
        expired_in(ledger, period, rates, terms, after),
        bought(ledger, period, rates, terms, after) if is_opening else None,
        (),
        any(each.kind == "referral" and period.has(each.opened_day) for each in ledger.opportunities),
        surveys,
        (at_first, at_last) if at_first or at_last else None,
    )


def _as_of(survey: Survey, as_of: int) -> Survey:
    """An answer that came later has not come yet."""
    is_later = survey.answered_day is not None and survey.answered_day > as_of
    return replace(survey, score=None, answered_day=None) if is_later else survey


def _known(amount: int | None) -> int:
    """What converts; `unconverted` names the account for the rest."""
    return 0 if amount is None else amount


def _with_referrals(found: Sequence[Movement], told: _Told, period: Period) -> list[Movement]:
    """Each won referral once: at the referrer where it is known, else at the customer that came.

    The account's own word on who referred it stands before an opportunity's; of two of those the first referrer by id.
    """
    by_id = {each.account: each for each in found}
    won = sorted(told.won, key=lambda one: (one[0], one[1].id))
    referrers = {each.referred: referrer for referrer, each, _ in reversed(won) if each.referred} | told.by
    brought: dict[str, list[Referral]] = {}
    for new in found:
        if new.is_new and new.account in referrers:
            by = referrers[new.account]
            referral = Referral(new.account, new.first_arr, new.account)
            brought.setdefault(by if by in by_id else new.account, []).append(referral)
    for referrer, each, worth in won:
        known = by_id.get(each.referred or "")
        if not period.has(each.closed_day) or (known is not None and known.started is not None):
            continue  # one that is a customer here counts when its first contract starts
        amount = None if each.amount is None else worth
        referral = Referral(each.referred or "", amount if each.recurring else 0, each.id)
        brought.setdefault(referrer, []).append(referral)
    return [
        replace(each, brought=tuple(brought[each.account]), refers=True) if each.account in brought else each
        for each in found
    ]
