"""Closes the bills of months whose grace is over: chunk by chunk, each account for itself.

Reading goes beside other work; only what was made is written in the writer's turn. An account that cannot be billed is
named with the reason, and the others are.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from collector.calendar import days
from collector.skillstore.billing.months import newest_due
from collector.skillstore.bills import accounts, closed, credit_notes, drafts
from collector.skillstore.bills.closed import ClosedMonth
from collector.skillstore.bills.drafts import Drafts
from collector.store import fence
from collector.store.lists import among, insert_all
from collector.store.tables.skill_bills import skill_bill_left_off, skill_bill_mark

log = logging.getLogger(__name__)
T = TypeVar("T")
ACCOUNTS_AT_ONCE = 250
"""Read together: so many that statements cost nothing, so few that a year of their robot-days fits into memory."""
ZONE_MOST_DAYS = 1  # how far a zone's calendar is ahead of UTC's


@dataclass(slots=True)
class BillsClosed:
    """What a closing did. `failed`: account row -> why it could not be billed; the next closing tries again."""

    bills: int = 0
    accounts: int = 0
    failed: dict[int, str] = field(default_factory=dict)


class Read(Protocol):
    """The answer to a question, from one view of one moment."""

    def __call__(self, question: Callable[[Connection], T], /) -> T: ...


@dataclass(frozen=True, slots=True)
class Turns:
    """How a closing reaches the store: `read` looks, `write` changes it in one transaction."""

    read: Read
    write: Callable[[Callable[[Connection], int]], int]


def close_due(turns: Turns, now_s: int, grace_days: int) -> BillsClosed:
    """Close every month that is due, of every account."""
    done = BillsClosed()
    newest = newest_due(days.of(now_s, "UTC") + ZONE_MOST_DAYS, grace_days).to_day
    waiting = turns.read(lambda connection: _waiting(connection, newest))
    failed: fence.Failed = {}

    def close(some: Sequence[int]) -> None:
        made = turns.read(lambda connection: drafts.read(connection, some, now_s, grace_days))
        written = turns.write(lambda connection: _write(connection, made, now_s, grace_days))
        done.bills += written
        done.accounts += len(made)

    for start in range(0, len(waiting), ACCOUNTS_AT_ONCE):
        fence.each(waiting[start : start + ACCOUNTS_AT_ONCE], close, failed)
    done.failed = {row_id: reason for (_, row_id), reason in failed.items()}
    for row_id, reason in done.failed.items():
        extra = {"action": "bill_failed", "account_id": row_id, "reason": reason}
        log.warning("an account could not be billed; the next closing tries again", extra=extra)
    return done


def _waiting(connection: Connection, newest_to_day: int) -> list[int]:
    """Accounts whose months up to there have not been looked at."""
    looked = select(skill_bill_mark.c.account_id).where(skill_bill_mark.c.to_day >= newest_to_day)
    seen = {row[0] for row in connection.execute(looked)}
    return [row_id for row_id in accounts.billed_ids(connection) if row_id not in seen]


def _write(connection: Connection, made: dict[int, Drafts], now_s: int, grace_days: int) -> int:
    """Bills, marks and what was left off, of these accounts. Another collector that was faster has closed them."""
    bills = [bill for one in made.values() for bill in one.due]
    already = closed.months_closed(connection, list(made))
    if any(ClosedMonth(bill.account_id, bill.currency, bill.period.from_day) in already for bill in bills):
        return 0  # what was read is no longer so: the next closing reads it again
    if credit_notes.given(connection, list(made)) != {id_: dict(one.given) for id_, one in made.items() if one.given}:
        return 0  # a note was approved meanwhile: a delta must not take the same money back
    closed.write(connection, bills, now_s)
    for account_id, one in made.items():
        to_day = newest_due(days.of(now_s, one.account.timezone), grace_days).to_day
        _mark(connection, account_id, to_day, now_s)
    connection.execute(
        delete(skill_bill_left_off).where(among(connection, skill_bill_left_off.c.account_id, list(made)))
    )
    left = [
        {
            "account_id": account_id, "entitlement_id": each.entitlement, "contract_line": each.contract_line,
            "skill": each.skill, "reason": each.reason, "other": each.other, "since": now_s,
        }
        for account_id, one in made.items()
        for each in one.account.left_off
    ]  # fmt: skip
    if left:
        insert_all(connection, skill_bill_left_off, left)
    return len(bills)


def _mark(connection: Connection, account_id: int, to_day: int, now_s: int) -> None:
    values = {"to_day": to_day, "looked_at": now_s}
    changed = connection.execute(
        update(skill_bill_mark).where(skill_bill_mark.c.account_id == account_id).values(values)
    ).rowcount
    if not changed:
        connection.execute(insert(skill_bill_mark).values(account_id=account_id, **values))
