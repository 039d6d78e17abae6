"""What an account's contracts say on a day: which stand, until when, which is due next, whether all have lapsed. Pure.

A contract runs in terms. Its first one is what it says; it goes on for another one as long when it renews by itself and
nobody stopped it, or when a renewal was recorded without a new contract. A contract that another one continues ends
where that one starts, also when that is early (nothing counts twice) or late inside the grace (nothing falls between).
What continues what is said by a link, or, where nobody said it, by their days: `continued` is the one rule of it.

`as_of` is the day of whoever asks: what was signed, decided or said after it has not happened. `grace_days`: a renewal
this late is late; after it, the customer was lost and may be won back.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from collector.accounts.ledger.kinds.money import Contract, Renewal
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.values.money import Hundredths

TERMS_MAX = 100  # of one contract: a day's contract that renews itself for ever ends somewhere
RENEWED = ("renewed", "partial")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a contract, `first` to `last` in force, both counting; `due` is when it had to be renewed.

    `renewal` is the recorded renewal at its due day, as known. `agreed` (an amount a year and its currency)
    stands in place of the lines where a renewal without a new contract said so. `asked`: the day and the grace of
    whoever asked for it: a line of it that another one follows so late goes on between them.
    """

    contract: Contract
    first: int
    last: int
    due: int
    renewal: Renewal | None = None
    agreed: tuple[Hundredths, str] | None = None
    asked: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The next contract to renew. `days_left` is negative inside the grace; `steps` are those taken, in order of day.

    `renewal` tells only what had happened by the day that was asked for.
    """

    contract: Contract
    due_day: int
    days_left: int
    auto_renews: bool
    renewal: Renewal | None = None
    steps: tuple[str, ...] = ()

    @property
    def noticed(self) -> bool:
        """The customer has said that it leaves."""
        return self.renewal is not None and (self.renewal.notice_day is not None or self.renewal.outcome == "lost")


def is_signed(contract: Contract, as_of: int) -> bool:
    """A contract without a day of signing was signed when it started."""
    return (contract.starts if contract.signed_day is None else contract.signed_day) <= as_of


def decided_day(renewal: Renewal) -> int:
    """A decision without a day was made when it was due."""
    return renewal.due_day if renewal.decided_day is None else renewal.decided_day


def renewal_as_of(renewal: Renewal, as_of: int) -> Renewal:
    """What of a renewal had happened by then: a later decision is pending, a later notice is not there."""
    if renewal.notice_day is not None and renewal.notice_day > as_of:
        renewal = replace(renewal, notice_day=None)
    if renewal.outcome != "pending" and decided_day(renewal) > as_of:
        return replace(
            renewal, outcome="pending", decided_day=None, amount=None, currency=None, new_contract=None, reason=""
        )
    return renewal


def continued(ledger: AccountLedger, as_of: int, grace_days: int) -> Mapping[str, Sequence[Contract]]:
    """By the id of each contract the signed ones that continue it, the earliest first: those linked to it, else one
    that was not linked to any and begins about when this one ends (`_unlinked`). What nothing continues is not in it.
    """
    if len(ledger.contracts) <= 1:
        return {}
    linked = _linked(ledger, as_of)
    return {**linked, **{old: [new] for old, new in _unlinked(ledger, linked, as_of, grace_days).items()}}


def _linked(ledger: AccountLedger, as_of: int) -> dict[str, list[Contract]]:
    named: dict[str, set[str]] = {}
    for each in ledger.renewals:
        if each.new_contract is not None and decided_day(each) <= as_of:
            named.setdefault(each.new_contract, set()).add(each.contract)
    found: dict[str, list[Contract]] = {}
    for new in ledger.contracts:
        olds = named.get(new.id, set()) if new.renews is None else {new.renews, *named.get(new.id, ())}
        if olds and is_signed(new, as_of):
            for old in olds - {new.id}:
                found.setdefault(old, []).append(new)
    for news in found.values():
        if len(news) > 1:
            news.sort(key=lambda each: (each.starts, each.id))
    return found


def _unlinked(
    ledger: AccountLedger, linked: Mapping[str, Sequence[Contract]], as_of: int, grace_days: int
) -> dict[str, Contract]:
    """By the id of a contract the one that renews it without a link: it begins at most `grace_days` before or after the
    day after one of the old one's terms, and outlasts that term.

    Both recur, and sell some product in common. Not where either was linked, or where that term was recorded as lost.
    A term after which the old one goes on by itself gives way only to what begins on the very next day: else that is
    beside it. Each contract renews one other and is renewed by one, the nearest in days first.
    """
    named = {each.new_contract for each in ledger.renewals if decided_day(each) <= as_of}
    signed = [each for each in ledger.contracts if is_signed(each, as_of)]
    free = [each for each in signed if each.renews is None and each.moved_from is None and each.id not in named]
    olds = _begun_before(free, signed, linked)
    if not olds:
        return {}  # most accounts, before their lines are looked at
    free = [each for each in free if recurs(ledger, each)]
    olds = [each for each in _begun_before(free, olds, linked) if recurs(ledger, each)]
    latest = max((each.starts for each in free), default=0)
    sold = _recurring_products(ledger)
    pairs: list[tuple[int, int, int, str, str]] = []
    for old in olds:
        ends = _ends(ledger, old, as_of, latest + grace_days, grace_days)
        for new in free:
            if new.starts > old.starts and _sells_alike(sold, old, new):
                apart = _days_apart(ends, new, as_of, grace_days)
                if apart is not None:
                    pairs.append((apart, new.starts, old.starts, new.id, old.id))
    by_id = {each.id: each for each in free}
    found: dict[str, Contract] = {}
    for *_, new_id, old_id in sorted(pairs):
        if old_id not in found and new_id in by_id:
            found[old_id] = by_id.pop(new_id)
    return found


def _begun_before(
    free: Sequence[Contract], signed: Iterable[Contract], linked: Mapping[str, Sequence[Contract]]
) -> list[Contract]:
    latest = max((each.starts for each in free), default=0)
    return [each for each in signed if each.starts < latest and each.id not in linked]


def _recurring_products(ledger: AccountLedger) -> dict[str, set[str]]:
    """By the id of a contract; those that recur in nothing are not in it."""
    found: dict[str, set[str]] = {}
    for line in ledger.lines:
        if line.recurring:
            found.setdefault(line.contract, set()).add(line.product)
    return found


def _sells_alike(sold: Mapping[str, set[str]], old: Contract, new: Contract) -> bool:
    """They have a product in common. A contract without any line is one whose lines nobody entered."""
    return old.id not in sold or new.id not in sold or not sold[old.id].isdisjoint(sold[new.id])


@dataclass(frozen=True, slots=True)
class _Ends:
    """The last days of a contract's terms that were not lost, as its own facts have them.

    `final`: what begins about then may continue it. `passing`: it goes on by itself; only what begins the next day may.
    """

    final: frozenset[int]
    passing: frozenset[int]


def _ends(ledger: AccountLedger, contract: Contract, as_of: int, horizon: int, grace_days: int) -> _Ends:
    renewals = [renewal_as_of(each, as_of) for each in ledger.renewals if each.contract == contract.id]
    final: set[int] = set()
    passing: set[int] = set()
    for term in _terms(contract, renewals, [], [], as_of, horizon, grace_days):
        outcome = "pending" if term.renewal is None else term.renewal.outcome
        if outcome == "lost":
            continue
        goes_on = term.last == term.due and outcome not in RENEWED and _goes_on(contract, renewals, term.due, as_of)
        (passing if goes_on else final).add(term.last)
    return _Ends(frozenset(final), frozenset(passing))


def _days_apart(ends: _Ends, new: Contract, as_of: int, grace_days: int) -> int | None:
    """The days between the nearest of these ends and the start of the new one, which outlasts it; None: too many."""
    before, outlasts = new.starts - 1, _last_signed(new, as_of)
    if before in ends.passing and outlasts > before:
        return 0
    apart = min((abs(before - end) for end in ends.final if end < outlasts), default=grace_days + 1)
    return apart if apart <= grace_days else None


def _last_signed(contract: Contract, as_of: int) -> int:
    ended = contract.terminated_day
    return contract.ends if ended is None or ended > as_of else min(contract.ends, ended)


def recurs(ledger: AccountLedger, contract: Contract) -> bool:
    """It has something to renew. A contract without any line is one whose lines nobody entered."""
    lines = [line.recurring for line in ledger.lines if line.contract == contract.id]
    return not lines or any(lines)


def is_merged(ledger: AccountLedger, old: Contract, new: Contract, as_of: int, grace_days: int) -> bool:
    """The old contract goes on in one that ran already when that was decided: it stood until its own end."""
    if new.renews == old.id:
        return False
    return any(
        new.starts <= old.starts or decided_day(each) > new.starts + grace_days
        for each in ledger.renewals
        if each.contract == old.id and each.new_contract == new.id and decided_day(each) <= as_of
    )


def terms_of(
    ledger: AccountLedger, contract: Contract, after: Sequence[Contract], as_of: int, *, until: int, grace_days: int
) -> list[Term]:
    """The terms of a signed contract that begin by `until`, in order. `after`: what continues it (`continued`)."""
    renewals = [renewal_as_of(each, as_of) for each in ledger.renewals if each.contract == contract.id]
    if not (after or renewals or contract.auto_renews or contract.terminated_day is not None):
        ends = contract.ends  # most contracts, and much the fastest
        return [Term(contract, contract.starts, ends, ends, asked=(as_of, grace_days))]
    follows = [each for each in after if not is_merged(ledger, contract, each, as_of, grace_days)]
    return _terms(contract, renewals, after, follows, as_of, until, grace_days)


def _terms(
    contract: Contract, renewals: Sequence[Renewal], after: Sequence[Contract], follows: Sequence[Contract],
    as_of: int, horizon: int, grace_days: int,
) -> list[Term]:  # fmt: skip
    """`after`: all that continue it; `follows`: without what it was merged into."""
    found: list[Term] = []
    first, agreed = contract.starts, None
    due = contract.ends
    while len(found) < TERMS_MAX:
        renewal = _renewal_at(renewals, contract, due, grace_days)
        is_renewed = renewal is not None and renewal.outcome in RENEWED and not (after and renewal.new_contract)
        goes_on = is_renewed or _goes_on(contract, renewals, due, as_of)
        next_due = _next_end(contract, due) if goes_on else None
        # what begins after a further term has run continues that one
        last = _last_in_force(contract, due, _near(follows, next_due), as_of, grace_days)
        near = _near(after, next_due)
        found.append(Term(contract, first, last, due, renewal, agreed, (as_of, grace_days)))
        is_continued = bool(near) and near[0].starts - 1 <= due + grace_days
        if last != due or is_continued or due >= horizon or next_due is None:
            break
        if is_renewed and renewal is not None and renewal.amount is not None:
            agreed = (renewal.amount, renewal.currency or contract.currency)
        first, due = due + 1, next_due
    return found


def _near(after: Sequence[Contract], next_due: int | None) -> Sequence[Contract]:
    return after if next_due is None else [each for each in after if each.starts - 1 < next_due]


def _last_in_force(contract: Contract, due: int, after: Sequence[Contract], as_of: int, grace_days: int) -> int:
    last = due
    if contract.terminated_day is not None and contract.terminated_day <= as_of:
        last = min(last, contract.terminated_day)
    if after and after[0].starts - 1 <= last + grace_days:
        last = after[0].starts - 1
    return last


def _goes_on(contract: Contract, renewals: Sequence[Renewal], due: int, as_of: int) -> bool:
    """It renews by itself at this due day: nobody has given notice, ended it or decided otherwise."""
    stops = [each.due_day for each in renewals if each.outcome == "lost"]
    stops += [each.notice_day for each in renewals if each.notice_day is not None]
    if contract.terminated_day is not None and contract.terminated_day <= as_of:
        stops.append(contract.terminated_day)
    return contract.auto_renews and not any(stop <= due for stop in stops)


def _renewal_at(renewals: Sequence[Renewal], contract: Contract, due: int, grace_days: int) -> Renewal | None:
    """The recorded renewal of that due day: the nearest within half a term; of equals a decided one, then the id."""
    if not renewals:
        return None
    reach = max((contract.ends - contract.starts) // 2, grace_days)
    near = [each for each in renewals if abs(each.due_day - due) <= reach]
    return min(near, key=lambda r: (abs(r.due_day - due), r.outcome == "pending", r.id), default=None)


def _next_end(contract: Contract, due: int) -> int:
    """The end of a further term as long as the first one: in whole months where that one was."""
    start, after_end = days.as_date(contract.starts), days.as_date(contract.ends + 1)
    months = (after_end.year - start.year) * _MONTHS + after_end.month - start.month
    if start.day != after_end.day or months < 1:
        return due + max(contract.ends - contract.starts + 1, 1)
    after_due = days.as_date(due + 1)
    year, month = divmod(after_due.year * _MONTHS + after_due.month - 1 + months, _MONTHS)
    if year > date.max.year - 1:
        return days.DAY_MAX
    return days.number(_day_in(year, month + 1, start.day)) - 1


def _day_in(year: int, month: int, day: int) -> date:
    """That day of the month, or the month's last."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def all_terms(
    ledger: AccountLedger, as_of: int, until: int, grace_days: int, *, since: int | None = None,
    after: Mapping[str, Sequence[Contract]] | None = None,
) -> list[Term]:  # fmt: skip
    """The terms of every signed contract that begin by `until`: made once, asked for several days.

    With `since`, contracts that were over and continued before that day are left out. `after` spares looking again for
    what continues them: `continued`, of the same day and grace.
    """
    if after is None:
        after = continued(ledger, as_of, grace_days)
    return [
        term
        for contract in ledger.contracts
        if contract.starts <= until
        and is_signed(contract, as_of)
        and not (since is not None and _is_past(ledger, contract, as_of, since - grace_days))
        for term in terms_of(ledger, contract, after.get(contract.id, ()), as_of, until=until, grace_days=grace_days)
    ]


def _is_past(ledger: AccountLedger, contract: Contract, as_of: int, day: int) -> bool:
    """It was to end before that day, and a contract that names it goes on from there at once."""
    if contract.ends >= day:
        return False
    key, after = contract.id, contract.ends + 1
    return any(
        each.renews == key and each.id != key and each.starts <= after and is_signed(each, as_of)
        for each in ledger.contracts
    )


def standing_terms(ledger: AccountLedger, day: int, *, as_of: int | None = None, grace_days: int) -> list[Term]:
    """The term of every contract that is in force on `day`, as known on `as_of` (default: that day)."""
    known = day if as_of is None else as_of
    return [term for term in all_terms(ledger, known, day, grace_days) if term.first <= day <= term.last]


def standing_contracts(ledger: AccountLedger, day: int, *, grace_days: int, as_of: int | None = None) -> list[Contract]:
    """The contracts in force on `day`."""
    return [term.contract for term in standing_terms(ledger, day, as_of=as_of, grace_days=grace_days)]


def next_due(ledger: AccountLedger, day: int, *, grace_days: int) -> Due | None:
    """The contract that has to be renewed next; None when there is none, or all are renewed or given up.

    One whose due day has passed undecided stays until the grace is over. One that the customer has said to leave stays
    until its due day: `Due.noticed` tells.
    """
    found: list[Due] = []
    after = continued(ledger, day, grace_days)
    for contract in ledger.contracts:
        if contract.id in after or not is_signed(contract, day):
            continue
        if contract.terminated_day is not None and contract.terminated_day <= day:
            continue
        term = terms_of(ledger, contract, (), day, until=day, grace_days=grace_days)[-1]
        if term.renewal is not None and term.renewal.outcome in RENEWED:  # early: the one after it is next
            term = terms_of(ledger, contract, (), day, until=term.due + 1, grace_days=grace_days)[-1]
        due = Due(contract, term.due, term.due - day, contract.auto_renews, term.renewal, _steps(ledger, term, day))
        if due.days_left >= (0 if due.noticed else -grace_days):
            found.append(due)
    return min(found, key=lambda due: (due.due_day, due.contract.id), default=None)


def _steps(ledger: AccountLedger, term: Term, day: int) -> tuple[str, ...]:
    """The steps taken in this term by that day, in order of day."""
    of_contract = (step for step in ledger.renewal_steps if step.contract == term.contract.id)
    return tuple(
        step.step
        for step in of_contract
        if step.done_day <= day and (step.done_day >= term.first or term.first == term.contract.starts)
    )


def lapsed(ledger: AccountLedger, day: int, grace_days: int) -> bool:
    """Every contract has ended, none was renewed, and the grace is over too."""
    signed = [each for each in ledger.contracts if is_signed(each, day)]
    if not signed or any(each.starts > day for each in signed):
        return False
    after = continued(ledger, day, grace_days)
    ends = [
        terms_of(ledger, each, after.get(each.id, ()), day, until=day, grace_days=grace_days)[-1].last
        for each in signed
    ]
    return max(ends) + grace_days < day


def first_deployed(ledger: AccountLedger, day: int | None = None) -> int | None:
    """The day of the first robot; None when there was none by `day`."""
    found = [each.from_day for each in ledger.deployments if day is None or each.from_day <= day]
    return min(found, default=None)


def robots_on(ledger: AccountLedger, day: int) -> tuple[str, ...]:
    """The robots that were with the account on that day, by name."""
    return tuple(
        sorted(
            {
                each.robot
                for each in ledger.deployments
                if each.from_day <= day and (each.to_day is None or day <= each.to_day)
            }
        )
    )
