"""What a customer bought more before its contracts expired: won upsells, else what was added to its contracts. Pure.

What was added counts net of what ended on the same contract. A line that takes another's place, the same thing in the
same number, is a price: a ramp is no upsell. What moved from another contract was bought before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from collector.accounts.contracts.arr import currency_of, replacements, term_parts
from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.renewed import Period
from collector.accounts.contracts.terms import Term, is_merged, is_signed
from collector.accounts.ledger.kinds.money import Contract, ContractLine, Opportunity
from collector.accounts.ledger.view import AccountLedger


@dataclass(frozen=True, slots=True)
class Bought:
    """More that a customer bought before its contracts expired. `amount` a year; one-off money stands apart.

    An amount without a stated rate is in neither, nor is a won opportunity whose amount nobody stated: that one tells
    that more was bought, not how much. `unstated`: such ones of recurring money, where the contracts do not tell it
    either; `amount` is a part then.
    """

    amount: int = 0
    one_off: int = 0
    sources: tuple[str, ...] = ()  # ids of opportunities, lines or contracts
    sources_one_off: tuple[str, ...] = ()
    sources_unpriced: tuple[str, ...] = ()
    unstated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    """What one contract gained and lost in the period; None: no rate is stated for some of it."""

    added: tuple[int | None, ...]
    ended: tuple[int | None, ...]
    sources: tuple[str, ...]

    @property
    def gain(self) -> int | None:
        """What was added beyond what ended; never below nothing. None: not known."""
        if None in self.added or None in self.ended:
            return None
        return max(0, _known(self.added) - _known(self.ended))


def bought(
    ledger: AccountLedger, period: Period, rates: Rates, terms: Sequence[Term], after: Mapping[str, Sequence[Contract]]
) -> Bought | None:
    """Recurring and one-off money each by the won opportunities, or where none are recorded by the contracts.

    Where one of the recurring ones has no amount, the others are a part, and so are the contracts: the larger is right.
    `after`: what continues each contract (`continued`).
    """
    won = _won(ledger, period, terms)
    priced = [each for each in won if each.amount is not None]
    recurring, one_off = (
        [
            rates.convert(each.amount or 0, each.currency or ledger.account.currency)
            for each in priced
            if each.recurring is recurs
        ]
        for recurs in (True, False)
    )
    sources, once = ([each.id for each in priced if each.recurring is recurs] for recurs in (True, False))
    unstated = [each.id for each in won if each.amount is None and each.recurring]
    contracts = {each.id: each for each in ledger.contracts if is_signed(each, period.as_of)}
    changes = [_change(ledger, contract, period, rates, terms) for contract in contracts.values()]
    if recurring:  # what these lines say of the same business took the place of what ended
        recurring.append(-_replaced(changes, _known(recurring)))
    if not recurring or unstated:
        gains = [each for each in changes if each.gain != 0]
        beside = _beside(ledger, contracts.values(), period, rates, terms, after)
        told = [*(each.gain for each in gains), *(amount for _, amounts in beside for amount in amounts)]
        if not recurring or _known(told) > _known(recurring):
            recurring = told
            sources = [*(source for each in gains for source in each.sources), *(source for source, _ in beside)]
            unstated = [] if told else unstated
    if not one_off:
        lines = _one_off(ledger, contracts, period)
        one_off = [rates.convert(each.amount, currency_of(each, contracts[each.contract])) for each in lines]
        once += [each.id for each in lines]
    unpriced = tuple(each.id for each in won if each.amount is None)
    found = Bought(
        max(0, _known(recurring)), _known(one_off), tuple(sources), tuple(once), unpriced, tuple(unstated)
    )  # fmt: skip
    has_money = found.amount or found.one_off or None in recurring or None in one_off
    return found if has_money or unpriced else None


def _won(ledger: AccountLedger, period: Period, terms: Sequence[Term]) -> list[Opportunity]:
    """Upsells that were closed in the period while a contract stood."""
    return [
        each
        for each in ledger.opportunities
        if each.kind == "upsell" and each.stage == "won" and period.has(each.closed_day)
        if each.closed_day is not None and running(terms, each.closed_day)
    ]


def _replaced(changes: Iterable[_Change], sold: int) -> int:
    """How much of what was sold took the place of something on its own contract.

    A sale names no contract: it is taken to be what was added where nothing ended, and only the rest of it elsewhere.
    """
    both = [(_known(each.added), _known(each.ended)) for each in changes]
    rest = sold - sum(added for added, ended in both if not ended)
    return max(0, min(rest, sum(min(added, ended) for added, ended in both)))


def running(terms: Sequence[Term], day: int) -> list[Term]:
    """In force on that day, without the grace."""
    return [term for term in terms if term.first <= day <= min(term.last, term.due)]


def _change(ledger: AccountLedger, contract: Contract, period: Period, rates: Rates, terms: Sequence[Term]) -> _Change:
    """Recurring lines of one contract that began or ended while it ran, and what was merged into it."""
    lines = [each for each in ledger.lines if each.contract == contract.id and each.recurring]
    started = [
        each for each in lines if each.starts is not None and each.starts > contract.starts and period.has(each.starts)
    ]
    last = contract.ends if contract.terminated_day is None else min(contract.ends, contract.terminated_day)
    ended = [each for each in lines if each.ends is not None and each.ends < last and period.has(each.ends + 1)]
    moves = bool(started or ended)  # most contracts stand still, and need no look at what replaces what
    replaced = replacements(lines, contract, period.as_of, period.grace_days) if moves else {}
    added: list[int | None] = []
    lost = [rates.convert(each.amount, currency_of(each, contract)) for each in ended if each.id not in replaced]
    place_of = {new.id: old for old in lines if (new := replaced.get(old.id)) is not None}
    for new in started:
        old = place_of.get(new.id)
        worth = rates.convert(new.amount, currency_of(new, contract))
        if old is None:
            added.append(worth)
        elif new.quantity > old.quantity:
            added.append(None if worth is None else worth * (new.quantity - old.quantity) // new.quantity)
        elif new.quantity < old.quantity:
            before = rates.convert(old.amount, currency_of(old, contract))
            lost.append(None if before is None else before * (old.quantity - new.quantity) // old.quantity)
    for term in terms:
        is_other = term.contract.id != contract.id and period.has(term.last + 1)
        if is_other and is_merged(ledger, term.contract, contract, period.as_of, period.grace_days):
            known, is_all = term_parts(ledger, term, term.last, rates)
            lost += [known] if is_all else [known, None]
    return _Change(tuple(added), tuple(lost), tuple(each.id for each in started))


def _one_off(ledger: AccountLedger, contracts: dict[str, Contract], period: Period) -> list[ContractLine]:
    """One-off lines that were added to a running contract."""
    return [
        each
        for each in ledger.lines
        if not each.recurring
        and each.contract in contracts
        and each.starts is not None
        and each.starts > contracts[each.contract].starts
        and period.has(each.starts)
    ]


def _beside(
    ledger: AccountLedger, contracts: Iterable[Contract], period: Period, rates: Rates, terms: Sequence[Term],
    after: Mapping[str, Sequence[Contract]],
) -> list[tuple[str, list[int | None]]]:  # fmt: skip
    """Contracts beside a running one that continue none, and that came from no other account."""
    found: list[tuple[str, list[int | None]]] = []
    for contract in contracts if len(ledger.contracts) > 1 else ():
        if contract.renews is not None or contract.moved_from is not None or not period.has(contract.starts):
            continue
        if _is_beside(ledger, contract, terms, after):
            term = Term(contract, contract.starts, contract.ends, contract.ends)
            known, is_all = term_parts(ledger, term, contract.starts, rates)
            found.append((contract.id, [known] if is_all else [known, None]))
    return found


def _is_beside(
    ledger: AccountLedger, contract: Contract, terms: Sequence[Term], after: Mapping[str, Sequence[Contract]]
) -> bool:
    """Another contract was running when this one started, and this one continues none. `after`: what continues each."""
    starts = contract.starts
    is_more = any(term.contract.starts < starts for term in running(terms, starts))
    return is_more and not any(
        contract.id == new.id for old in ledger.contracts if old.starts < starts for new in after.get(old.id, ())
    )


def _known(amounts: Iterable[int | None]) -> int:
    """The sum of what converts; `unconverted` names the account for the rest."""
    return sum(amount for amount in amounts if amount is not None)
