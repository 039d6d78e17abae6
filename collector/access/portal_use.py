"""What customers do in their portal, counted by account, person and day: whether their admins come at all."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, distinct, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from collector.access.caller import CUSTOMERS, Caller
from collector.calendar import days
from collector.store.tables.people import portal_use

Did = Literal["signed_in", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalUse:
    """Of one account over some days. `last_day` null: nobody of the customer ever signed in, as far as is kept."""

    people: int
    days: int
    sign_ins: int
    reports: int
    last_day: str | None


def is_customers(caller: Caller) -> bool:
    """Whether what this caller opens is the customer's own use."""
    return bool(caller.holds & CUSTOMERS) and caller.scope.accounts is not None


def note(connection: Connection, caller: Caller, accounts: Collection[int], did: Did, day: int) -> None:
    """Once more, at each of these accounts (row ids)."""
    columns, person = portal_use.c, caller.person_id or 0
    for account_id in sorted(accounts):
        its = (columns.account_id == account_id) & (columns.person_id == person)
        its &= (columns.day == day) & (columns.did == did)
        more = update(portal_use).values(times=columns.times + 1).where(its)
        if connection.execute(more).rowcount:
            continue
        values = {"account_id": account_id, "person_id": person, "day": day, "did": did, "times": 1}
        try:
            with connection.begin_nested():
                connection.execute(insert(portal_use).values(values))
        except IntegrityError:  # another collector was the first of the day
            connection.execute(more)


def of_account(connection: Connection, account_id: int, from_day: int, to_day: int) -> PortalUse:
    """Both days count; `last_day` looks at all days."""
    columns = portal_use.c
    its = columns.account_id == account_id
    within = its & columns.day.between(from_day, to_day)
    people, seen_days = connection.execute(
        select(func.count(distinct(columns.person_id)), func.count(distinct(columns.day))).where(within)
    ).one()
    rows = connection.execute(select(columns.did, func.sum(columns.times)).where(within).group_by(columns.did))
    times = {did: int(n) for did, n in rows}
    last = connection.scalar(select(func.max(columns.day)).where(its, columns.did == "signed_in"))
    return PortalUse(
        people=people,
        days=seen_days,
        sign_ins=times.get("signed_in", 0),
        reports=times.get("report", 0),
        last_day=None if last is None else days.iso(last),
    )
