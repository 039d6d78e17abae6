"""The day it is where an account is: what is done for an account happened on its own day."""

from sqlalchemy import Connection, select

from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.store.tables.ledger import fact


def own_today(connection: Connection, account_id: int, now_s: int, base_timezone: str) -> int:
    """By the account's time zone; one without facts lives in the base time zone."""
    said = select(fact.c.body).where(
        fact.c.account_id == account_id, fact.c.kind == "account", fact.c.replaced_at.is_(None)
    )
    body = connection.execute(said).scalar_one_or_none()
    return days.of(now_s, base_timezone if body is None else KINDS["account"].load(body).timezone)
