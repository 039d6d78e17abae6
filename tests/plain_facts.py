"""Facts of the kinds that take a currency or a time zone from the settings, made in those of the tests."""

from typing import Any

from collector.accounts.ledger.kinds.money import Contract, Cost
from collector.accounts.ledger.kinds.registry import Base
from collector.accounts.ledger.kinds.who import Account, Csm
from tests.policies import CURRENCY, ZONE

BASE = Base(CURRENCY, ZONE)


def an_account(**fields: Any) -> Account:
    return Account(**{"currency": CURRENCY, "timezone": ZONE, **fields})


def a_contract(**fields: Any) -> Contract:
    return Contract(**{"currency": CURRENCY, **fields})


def a_csm(**fields: Any) -> Csm:
    return Csm(**{"currency": CURRENCY, **fields})


def a_cost(**fields: Any) -> Cost:
    return Cost(**{"currency": CURRENCY, **fields})
