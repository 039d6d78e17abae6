"""Ledgers of made-up accounts for tests of the account side. Days are numbers; `on("2026-05-01")` is one."""

from typing import Any

from collector.accounts.contracts.exchange_rates import Rates, Stated
from collector.accounts.ledger.kinds.money import Contract, ContractLine, Renewal
from collector.accounts.ledger.kinds.who import Account
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from tests.plain_facts import a_contract, an_account

FX = Rates("CNY", {"EUR": Stated("EUR", 8.0, 0), "USD": Stated("USD", 7.0, 0)})
YUAN = 100  # hundredths


def on(text: str) -> int:
    return days.parse(text)


def account(key: str = "ACME", **fields: Any) -> Account:
    return an_account(id=key, **{"name": key.title(), **fields})


def contract(key: str, starts: str, ends: str, **fields: Any) -> Contract:
    for name in ("signed_day", "terminated_day"):
        if isinstance(fields.get(name), str):
            fields[name] = on(fields[name])
    return a_contract(id=key, account="ACME", starts=on(starts), ends=on(ends), **fields)


def line(of: str, amount: int, key: str = "", **fields: Any) -> ContractLine:
    """`amount` in whole units of the currency."""
    for name in ("starts", "ends"):
        if isinstance(fields.get(name), str):
            fields[name] = on(fields[name])
    return ContractLine(id=key or f"{of}-{amount}", account="ACME", contract=of, amount=amount * YUAN, **fields)


def renewal(of: str, due: str, outcome: str = "renewed", **fields: Any) -> Renewal:
    for name in ("decided_day", "notice_day"):
        if isinstance(fields.get(name), str):
            fields[name] = on(fields[name])
    if isinstance(fields.get("amount"), int):
        fields["amount"] *= YUAN
    made: Any = {"id": f"R-{of}-{due}", "account": "ACME", "contract": of, "due_day": on(due), "outcome": outcome}
    return Renewal(**made, **fields)


def ledger(*facts: Any, who: Account | None = None) -> AccountLedger:
    """Sorts contracts, lines, renewals and other kinds into their fields by type."""
    fields: dict[str, tuple[Any, ...]] = {}
    for fact in facts:
        name = {
            "Contract": "contracts", "ContractLine": "lines", "Renewal": "renewals", "RenewalStep": "renewal_steps",
            "Opportunity": "opportunities", "Deployment": "deployments", "Survey": "surveys", "Review": "reviews",
            "Touch": "touches", "Onboarding": "onboarding", "Handover": "handovers", "StageSet": "stages",
            "Reference": "references", "Contact": "contacts", "Promise": "promises",
        }[type(fact).__name__]  # fmt: skip
        fields[name] = (*fields.get(name, ()), fact)
    return AccountLedger(row_id=1, account=who or account(), **fields)
