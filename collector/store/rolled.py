"""How far roll-ups have read robots' days: the one answer to "is this day rolled up already?".

Whoever writes a robot-day asks `through` right before the end of its transaction and notes the days up to there;
whoever rolls up says so by `begin` before it reads. On PostgreSQL both take a lock that ends with their transaction:
`begin` waits for writers that have asked already, and what they wrote is read; those that ask later see its answer. On
SQLite writers take turns anyway. No clock, time zone or policy has a say, so that any number of collectors agree.
"""

from sqlalchemy import Connection, delete, insert, select, text, update

from collector.store.tables.fleet import store_fact

NAME = "rolled_through_day"
LOCK = 0x726F6C6C


def through(connection: Connection) -> int | None:
    """The newest day that a roll-up has begun to read; None before the first. For writers of robot-days."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": LOCK})
    return _stored(connection)


def begin(connection: Connection, day: int) -> None:
    """A roll-up is about to read the days up to `day`. In a transaction of its own, before the reading."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = _stored(connection)
    if before is None or before < day:
        connection.execute(delete(store_fact).where(store_fact.c.name == NAME))
        connection.execute(insert(store_fact).values(name=NAME, value=str(day)))


def back_to(connection: Connection, day: int) -> None:
    """Roll-ups beyond `day` are taken back."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    before = _stored(connection)
    if before is not None and before > day:
        connection.execute(update(store_fact).where(store_fact.c.name == NAME).values(value=str(day)))


def _stored(connection: Connection) -> int | None:
    value = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == NAME))
    return None if value is None else int(value)
