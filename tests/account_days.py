"""Accounts with plain days, as tests of anomalies and of the back-test make them."""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.accounts.ledger.view import AccountLedger
from collector.health.model import AccountDay, AccountInputs, Fleet
from tests.plain_facts import an_account

LAST = 20_003  # a Saturday
ROBOTS = 2
NO_FLEET = Fleet()


def day_of(day: int, interactions: int | None, **fields: Any) -> AccountDay:
    """A day of two robots that were heard; None: nobody counted interactions."""
    counts: Mapping[str, int] = {} if interactions is None else {"interaction": interactions}
    given = {"robots": ROBOTS, "heard": ROBOTS, "active": ROBOTS, "counts": counts} | fields
    return AccountDay(day=day, **given)


def inputs(
    name: str, days: Sequence[AccountDay], fleet: Fleet = NO_FLEET, day: int = LAST, **account: str
) -> AccountInputs:
    ledger = AccountLedger(row_id=sum(name.encode()), account=an_account(id=name, name=name, **account))
    return AccountInputs(day=day, ledger=ledger, days=tuple(days), fleet=fleet)


def counted(values: Sequence[int | None], **fields: Any) -> list[AccountDay]:
    """Days that end on LAST with these interactions."""
    first = LAST - len(values) + 1
    return [day_of(first + at, value, **fields) for at, value in enumerate(values)]
