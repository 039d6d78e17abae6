"""Annual recurring revenue of an account on a day, in the base currency. Pure. One-off money never enters it."""

from collections.abc import Iterable

from collector.accounts.contracts.exchange_rates import Rates
from collector.accounts.contracts.terms import Term, standing_terms
from collector.accounts.ledger.kinds.money import Contract, ContractLine
from collector.accounts.ledger.view import AccountLedger


def arr_on(ledger: AccountLedger, day: int, rates: Rates, *, as_of: int | None = None, grace_days: int) -> int:
    """A year's revenue of all contracts in force on `day`; `rates.scale` of it make one unit.

    Lines in a currency without a stated rate are left out; `unconverted` names them.
    """
    return arr_of(ledger, standing_terms(ledger, day, as_of=as_of, grace_days=grace_days), day, rates)


def arr_of(ledger: AccountLedger, terms: Iterable[Term], day: int, rates: Rates) -> int:
    """As `arr_on`, from terms that the caller has made already (terms.all_terms)."""
    return sum(term_arr(ledger, term, day, rates) for term in terms if term.first <= day <= term.last)


def term_arr(ledger: AccountLedger, term: Term, day: int, rates: Rates) -> int:
    """What one term recurs at on `day`. A day after the due day (the grace before a late successor) counts as the due
    day.
    """
    if term.agreed is not None:
        return rates.convert(*term.agreed) or 0
    at = min(day, term.due)
    contract = term.contract
    arr = 0
    for line in ledger.lines:
        if line.contract != contract.id or not line.recurring or (line.starts is not None and line.starts > at):
            continue
        # a line that ends with its contract goes on with it
        if line.ends is None or line.ends >= at or line.ends >= contract.ends:
            arr += rates.convert(line.amount, line.currency or contract.currency) or 0
    return arr


def currency_of(line: ContractLine, contract: Contract) -> str:
    return line.currency or contract.currency


def unconverted(ledger: AccountLedger, rates: Rates) -> frozenset[str]:
    """Currencies of this account's recurring money that have no stated rate."""
    said = {line.currency for line in ledger.lines} | {renewal.currency for renewal in ledger.renewals}
    if said | {contract.currency for contract in ledger.contracts} <= {None, rates.base, *rates.stated}:
        return frozenset()
    contracts = {contract.id: contract for contract in ledger.contracts}
    used = {
        currency_of(line, contracts[line.contract])
        for line in ledger.lines
        if line.recurring and line.contract in contracts
    }
    used |= {
        renewal.currency or contracts[renewal.contract].currency
        for renewal in ledger.renewals
        if renewal.amount is not None and renewal.contract in contracts
    }
    return frozenset(currency for currency in used if currency != rates.base and currency not in rates.stated)
