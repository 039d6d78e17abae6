"""The contract of an account that people look at, with what recurs by it. Pure."""

from dataclasses import dataclass

from collector.accounts.ledger.kinds.money import Contract, ContractLine
from collector.accounts.ledger.view import AccountLedger


@dataclass(frozen=True, slots=True)
class CurrentContract:
    """`lines`: what recurs by it. `notice_until`: the last day to give notice; None where it states no period.

    `owed`: how many invoices of the account are not paid.
    """

    contract: Contract
    lines: tuple[ContractLine, ...]
    notice_until: int | None
    owed: int


def current_contract(ledger: AccountLedger, due: str, today: int) -> CurrentContract | None:
    """The one with the id `due`, which is due next; where none is due ("" or gone), the one that ends last."""
    if not ledger.contracts:
        return None
    found = next(
        (one for one in ledger.contracts if one.id == due),
        max(ledger.contracts, key=lambda one: (one.ends, one.id)),
    )
    return CurrentContract(
        contract=found,
        lines=tuple(one for one in ledger.lines if one.contract == found.id and one.recurring),
        notice_until=found.notice_until(found.ends) if found.notice_days else None,
        owed=sum(one.is_owed(today) for one in ledger.invoices),
    )
