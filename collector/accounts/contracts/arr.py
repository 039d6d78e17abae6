"""Annual recurring revenue of an account on a day, in the base currency. Pure. One-off money never enters it."""

from collections.abc import Iterable, Iterator, Mapping

from collector.accounts.contracts.exchange_rates import Number, Rates
from collector.accounts.contracts.terms import Term, standing_terms
from collector.accounts.ledger.kinds.money import Contract, ContractLine
from collector.accounts.ledger.view import AccountLedger
from collector.values.money import Hundredths


def arr_on(ledger: AccountLedger, day: int, rates: Rates, *, as_of: int | None = None, grace_days: int) -> int | None:
    """A year's revenue of all contracts in force on `day`; `rates.scale` of it make one unit.

    None: no rate is stated for the currency of some of it (`unconverted` names it), so how much it is is not known.
    """
    return arr_of(ledger, standing_terms(ledger, day, as_of=as_of, grace_days=grace_days), day, rates)


def arr_of(ledger: AccountLedger, terms: Iterable[Term], day: int, rates: Rates) -> int | None:
    """As `arr_on`, from terms that the caller has made already (terms.all_terms)."""
    known, unknown = parts_of(ledger, terms, day, rates)
    return None if unknown else known


def parts_of(
    ledger: AccountLedger, terms: Iterable[Term], day: int, rates: Rates
) -> tuple[int, Mapping[str, Hundredths]]:
    """What recurs on `day`: the sum of what converts, and by its own currency what does not."""
    known = 0
    unknown: dict[str, Hundredths] = {}
    for term in terms:
        for amount, currency in _recurring(ledger, term, day) if term.first <= day <= term.last else ():
            worth = rates.convert(amount, currency)
            if worth is None:
                unknown[currency] = unknown.get(currency, 0) + amount
            else:
                known += worth
    return known, unknown


def term_parts(ledger: AccountLedger, term: Term, day: int, rates: Rates) -> tuple[int, bool]:
    """What one term recurs at on `day`, and whether that is all of it: false where no rate is stated for the rest.

    A day after the due day (the grace before a late successor) counts as the due day.
    """
    parts = [rates.convert(amount, currency) for amount, currency in _recurring(ledger, term, day)]
    return sum(part for part in parts if part is not None), None not in parts


def term_arr(ledger: AccountLedger, term: Term, day: int, rates: Rates) -> int | None:
    """What one term recurs at. None: no rate is stated for some of it."""
    known, is_all = term_parts(ledger, term, day, rates)
    return known if is_all else None


def has_money(own: Mapping[str, Hundredths]) -> bool:
    """There is recurring money of some currency: it is a customer, whatever that money is worth."""
    return any(amount > 0 for amount in own.values())


def summed(parts: Iterable[Number | None]) -> Number | None:
    """The sum; None where a part is not known."""
    total: Number = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def _recurring(ledger: AccountLedger, term: Term, day: int) -> Iterator[tuple[Hundredths, str]]:
    """The amounts of one term that recur on `day`, each with its currency."""
    if term.agreed is not None:
        yield term.agreed
        return
    at = min(day, term.due)
    contract = term.contract
    for line in ledger.lines:
        if line.contract != contract.id or not line.recurring or (line.starts is not None and line.starts > at):
            continue
        # a line that ends with its contract goes on with it
        if line.ends is None or line.ends >= at or line.ends >= contract.ends or _goes_on(ledger, term, line, at):
            yield line.amount, line.currency or contract.currency


def _goes_on(ledger: AccountLedger, term: Term, ended: ContractLine, at: int) -> bool:
    """On `at` it has ended, and the line that takes its place begins later: inside the grace, by the day asked for."""
    if term.asked is None or ended.ends is None:
        return False
    as_of, grace_days = term.asked
    if ended.ends + grace_days < at:
        return False
    own = [each for each in ledger.lines if each.contract == ended.contract and each.recurring]
    new = replacements(own, term.contract, as_of, grace_days).get(ended.id)
    return new is not None and new.starts is not None and new.starts > at


def replacements(
    lines: Iterable[ContractLine], contract: Contract, as_of: int, grace_days: int
) -> dict[str, ContractLine]:
    """{id of a recurring line of one contract that ended: the one that takes its place}: the same thing goes on at
    another price, or in another number, from the day after it or at most `grace_days` later.

    Each takes the place of one, the nearest in days first; what begins after `as_of` has not begun.
    """
    own = sorted(lines, key=lambda each: each.id)
    pairs = sorted(
        (new.starts - old.ends, new.starts, old.id, at)
        for old in own
        if old.ends is not None and old.ends < contract.ends
        for at, new in enumerate(own)
        if new.starts is not None
        and old.ends < new.starts <= min(old.ends + 1 + grace_days, as_of)
        and _is_same(old, new, contract)
    )
    found: dict[str, ContractLine] = {}
    taken: set[int] = set()
    for *_, old_id, at in pairs:
        if old_id not in found and at not in taken:
            found[old_id] = own[at]
            taken.add(at)
    return found


def _is_same(old: ContractLine, new: ContractLine, contract: Contract) -> bool:
    return (new.product, new.skill, currency_of(new, contract)) == (old.product, old.skill, currency_of(old, contract))


def currency_of(line: ContractLine, contract: Contract) -> str:
    return line.currency or contract.currency


def unconverted(ledger: AccountLedger, rates: Rates) -> frozenset[str]:
    """Currencies without a stated rate of this account's recurring money and of what it bought or referred."""
    said = {line.currency for line in ledger.lines} | {renewal.currency for renewal in ledger.renewals}
    said |= {sale.currency for sale in ledger.opportunities} | {ledger.account.currency}
    if said | {contract.currency for contract in ledger.contracts} <= {None, rates.base, *rates.stated}:
        return frozenset()
    contracts = {contract.id: contract for contract in ledger.contracts}
    used = {
        currency_of(line, contracts[line.contract])
        for line in ledger.lines
        if line.recurring and line.amount and line.contract in contracts
    }
    used |= {
        renewal.currency or contracts[renewal.contract].currency
        for renewal in ledger.renewals
        if renewal.amount and renewal.contract in contracts
    }
    used |= {
        sale.currency or ledger.account.currency
        for sale in ledger.opportunities
        if sale.amount and sale.recurring and sale.stage == "won" and sale.kind in {"upsell", "referral"}
    }
    return frozenset(currency for currency in used if currency != rates.base and currency not in rates.stated)
