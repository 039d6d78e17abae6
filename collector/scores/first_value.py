"""Days from the first robot to the first value event of each customer, from account-days: the input of time to value.

The event is named per scene (lifecycle.toml): so many of one counter, added up since the first robot came.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from collector.accounts.contracts.terms import first_deployed, lapsed
from collector.accounts.ledger.book import CONTRACTS, read_book
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.accounts.rates.survival import TimeToValue, time_to_value
from collector.health.model import AccountDay
from collector.scores import reads

WAIT_DAYS = 180  # who has not arrived by then is counted as waiting since then
ACCOUNTS_AT_ONCE = 250


def waits(
    connection: Connection, from_day: int, to_day: int, through_day: int, *, scene: str = "", segment: str = "",
    policy: LifecyclePolicy, grace_days: int,
) -> TimeToValue:  # fmt: skip
    """Customers whose first robot came between two days, as seen on the closed day `through_day`."""
    book = read_book(connection, (*CONTRACTS, "deployment"), NOW)
    chosen: list[tuple[AccountLedger, int]] = []
    for ledger, first in book.of_each(lambda ledger: (ledger, first_deployed(ledger, through_day))):
        fits = (not scene or ledger.account.scene == scene) and (not segment or ledger.account.segment == segment)
        if first is not None and from_day <= first <= to_day and fits:
            chosen.append((ledger, first))
    found: list[tuple[int, bool]] = []
    for start in range(0, len(chosen), ACCOUNTS_AT_ONCE):
        part = chosen[start : start + ACCOUNTS_AT_ONCE]
        last = min(max(first for _, first in part) + WAIT_DAYS, through_day)
        days = reads.account_days(
            connection, [ledger.row_id for ledger, _ in part], last, NOW, from_day=min(first for _, first in part)
        )
        found += [
            _wait(ledger, first, days.get(ledger.row_id, ()), through_day, policy, grace_days) for ledger, first in part
        ]
    return time_to_value(found)


def _wait(
    ledger: AccountLedger,
    first: int,
    days: Sequence[AccountDay],
    through_day: int,
    policy: LifecyclePolicy,
    grace_days: int,
) -> tuple[int, bool]:
    """(days, arrived). One that left before is waiting until then, and one without an event until today."""
    event = policy.value_of(ledger.account.scene)
    last = min(first + WAIT_DAYS, through_day)
    if lapsed(ledger, through_day, grace_days):
        last = min(last, max(each.ends for each in ledger.contracts))
    reached = 0
    for each in days:
        if first <= each.day <= last:
            reached += each.counts.get(event.counter, 0)
            if reached >= event.at_least:
                return each.day - first, True
    return max(last - first, 0), False
