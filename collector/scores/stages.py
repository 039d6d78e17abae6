"""The history of lifecycle stages in the store: what stands, what a closed day enters, appended and never changed.

The closing of a day calls `standing` before its first pass, `entered` for each account and `append` at its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, insert, select, update

from collector.accounts.ledger.facts import ACCOUNTS_AT_ONCE
from collector.accounts.lifecycle.policy import LifecyclePolicy
from collector.accounts.lifecycle.stage import Entered, Signs, entry
from collector.health.model import AccountInputs, Reading
from collector.store.tables.fleet import account
from collector.store.tables.health import lifecycle


@dataclass(frozen=True, slots=True)
class CurrentStage:
    """The stage that an account is in, since when, and by which rule."""

    account: str
    name: str
    day: int
    stage: str
    rule: str


def signs_of(inputs: AccountInputs, momentum: Reading | None) -> Signs:
    """What the counts say. `momentum` is the reading of B2, where there is one."""
    told = [each for each in inputs.days if each.heard > each.untold or each.active]
    active = sum(each.active > 0 for each in told) if told else None
    is_judged = momentum is not None and momentum.state == "present"
    return Signs(active, momentum.value if momentum is not None and is_judged else None)


def entered(
    inputs: AccountInputs, momentum: Reading | None, last: Entered | None, policy: LifecyclePolicy, grace_days: int
) -> Entered | None:
    """The stage that the account enters on the closed day, if it enters one."""
    return entry(inputs.ledger, inputs.day, signs_of(inputs, momentum), policy, grace_days=grace_days, last=last)


def standing(connection: Connection, account_ids: Sequence[int], through_day: int) -> dict[int, Entered]:
    """The newest stage of each of these accounts, entered by that day; an account without history is left out."""
    found: dict[int, Entered] = {}
    for start in range(0, len(account_ids), ACCOUNTS_AT_ONCE):
        wanted = (
            select(lifecycle)
            .where(
                lifecycle.c.account_id.in_(account_ids[start : start + ACCOUNTS_AT_ONCE]),
                lifecycle.c.day <= through_day,
                lifecycle.c.withdrawn_at.is_(None),
            )
            .order_by(lifecycle.c.account_id, lifecycle.c.day, lifecycle.c.arrived_at)
        )
        for row in connection.execute(wanted):
            found[row.account_id] = Entered(row.day, row.stage, row.rule)
    return found


def append(connection: Connection, made: Mapping[int, Entered], now_s: int) -> int:
    """Write what was entered; what stands already is left as it is. How many rows were new.

    One that was withdrawn, because its day was not over, and is entered now after all, stands again.
    """
    for account_id, each in made.items():
        this = and_(
            lifecycle.c.account_id == account_id, lifecycle.c.day == each.day, lifecycle.c.stage == each.stage,
            lifecycle.c.withdrawn_at.is_not(None),
        )  # fmt: skip
        stands_again = {"rule": each.rule, "arrived_at": now_s, "withdrawn_at": None}
        connection.execute(update(lifecycle).where(this).values(stands_again))
    known = {
        (row.account_id, row.day, row.stage)
        for start in range(0, len(made), ACCOUNTS_AT_ONCE)
        for row in connection.execute(
            select(lifecycle.c.account_id, lifecycle.c.day, lifecycle.c.stage).where(
                lifecycle.c.account_id.in_(list(made)[start : start + ACCOUNTS_AT_ONCE])
            )
        )
    }
    rows = [
        {"account_id": account_id, "day": each.day, "stage": each.stage, "rule": each.rule, "arrived_at": now_s}
        for account_id, each in made.items()
        if (account_id, each.day, each.stage) not in known
    ]
    if rows:
        connection.execute(insert(lifecycle), rows)
    return len(rows)


def history(connection: Connection, account_id: int) -> list[Entered]:
    """Every stage of one account, the oldest first."""
    wanted = select(lifecycle).where(lifecycle.c.account_id == account_id, lifecycle.c.withdrawn_at.is_(None))
    rows = connection.execute(wanted.order_by(lifecycle.c.day, lifecycle.c.arrived_at))
    return [Entered(row.day, row.stage, row.rule) for row in rows]


def listed(connection: Connection, through_day: int) -> list[CurrentStage]:
    """Every account with the stage that it is in, by id; accounts without history are left out."""
    wanted = (
        select(account.c.external_id, account.c.name, lifecycle)
        .join(account, account.c.id == lifecycle.c.account_id)
        .where(lifecycle.c.day <= through_day, lifecycle.c.withdrawn_at.is_(None), ~account.c.withdrawn)
        .order_by(account.c.external_id, lifecycle.c.day, lifecycle.c.arrived_at)
    )
    found = {row.external_id: row for row in connection.execute(wanted)}
    return [CurrentStage(key, row.name, row.day, row.stage, row.rule) for key, row in found.items()]


def tally(found: Iterable[CurrentStage]) -> dict[str, int]:
    """Accounts in each stage."""
    counted: dict[str, int] = {}
    for each in found:
        counted[each.stage] = counted.get(each.stage, 0) + 1
    return counted
