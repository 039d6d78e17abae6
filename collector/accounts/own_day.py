"""The day it is where an account is: what is done for an account happened on its own day."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.store.lists import among
from collector.store.tables.ledger import fact


def own_today(connection: Connection, account_id: int, now_s: int, base_timezone: str) -> int:
    """By the account's time zone; one without facts lives in the base time zone."""
    return own_todays(connection, [account_id], now_s, base_timezone)[account_id]


def own_todays(connection: Connection, account_ids: Sequence[int], now_s: int, base_timezone: str) -> dict[int, int]:
    """The same of several, by account."""
    said = select(fact.c.account_id, fact.c.body).where(
        among(connection, fact.c.account_id, account_ids), fact.c.kind == "account", fact.c.replaced_at.is_(None)
    )
    zones = {row.account_id: KINDS["account"].load(row.body).timezone for row in connection.execute(said)}
    return {one: days.of(now_s, zones.get(one, base_timezone)) for one in account_ids}
