"""When a day is closed, which days are, and that only one collector closes at a time."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, delete, insert, select, text

from collector.accounts.ledger import facts
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.scores.errors import ClosingBusy
from collector.store import fence
from collector.store.engine import Store
from collector.store.fence import Failed
from collector.store.tables.fleet import deployment, robot, store_fact

MARK = "scores_closed_day"
_ADVISORY_LOCK = 0x73636F72
_BUSY = "days are being closed already, by this collector or another one", "wait until that is done"
_here = threading.Lock()  # one store has one writing process on SQLite, and one process has one store


def cutoff_s(day: int, timezone: str, settle_h: int) -> int:
    """When a day is over in that time zone and late uploads have had their time."""
    return days.hour_starts(day, timezone)[24] + settle_h * days.HOUR_S


def newest_over(now_s: int, timezones: Iterable[str], settle_h: int) -> int | None:
    """The newest day that is over and settled in all of these time zones; None without any."""
    return min((days.of(now_s - settle_h * days.HOUR_S, timezone) - 1 for timezone in set(timezones)), default=None)


def next_cutoff_s(connection: Connection, accounts: Sequence[int], base_timezone: str, settle_h: int) -> int | None:
    """When the next day can be closed; None: none was closed yet, and the first closing comes by itself."""
    closed = closed_through(connection)
    if closed is None:
        return None
    zones = {*timezones(connection, accounts, base_timezone), *robot_zones(connection), base_timezone}
    return max(cutoff_s(closed + 1, zone, settle_h) for zone in zones)


def timezones(connection: Connection, accounts: Sequence[int], base_timezone: str) -> Mapping[str, list[int]]:
    """Time zone -> accounts that live in it. An account without facts lives in the base time zone.

    So does one whose own fact cannot be read: its scoring says so by its name.
    """
    known: dict[int, AccountLedger] = {}
    failed: Failed = {}
    for start in range(0, len(accounts), facts.ACCOUNTS_AT_ONCE):
        chunk = accounts[start : start + facts.ACCOUNTS_AT_ONCE]
        fence.each(chunk, lambda some: known.update(facts.known(connection, some, facts.NOW, kinds=())), failed)
    found: dict[str, list[int]] = {}
    for account_id in accounts:
        zone = known[account_id].account.timezone if account_id in known else base_timezone
        found.setdefault(zone, []).append(account_id)
    return found


def robot_zones(connection: Connection) -> set[str]:
    """Time zones of deployed robots that have sent: their day may end hours after their account's."""
    here = select(deployment.c.robot_id).where(deployment.c.to_day.is_(None))
    return set(
        connection.execute(
            select(robot.c.timezone).where(robot.c.id.in_(here), robot.c.epoch.is_not(None)).distinct()
        ).scalars()
    )


def closed_through(connection: Connection) -> int | None:
    """The newest day whose closing came to its end."""
    value = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == MARK))
    return None if value is None else int(value)


def mark_closed(connection: Connection, day: int) -> None:
    before = closed_through(connection)
    if before is None or before < day:
        connection.execute(delete(store_fact).where(store_fact.c.name == MARK))
        connection.execute(insert(store_fact).values(name=MARK, value=str(day)))


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Nobody else closes meanwhile, in this process or (PostgreSQL) any other. Raises ClosingBusy."""
    if not _here.acquire(blocking=False):
        raise ClosingBusy(*_BUSY)
    try:
        if store.dialect == "sqlite":
            yield
            return
        with store.writer.connect() as connection:  # its own: the lock lives as long as this session
            key = {"key": _ADVISORY_LOCK}
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
                raise ClosingBusy(*_BUSY)
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)
                connection.commit()
    finally:
        _here.release()
