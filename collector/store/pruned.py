"""How far back retention has taken rows that roll-ups read: what is added up again from there may know less."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from collector.store.tables.fleet import store_fact

HOURS = "hours_gone_before_day"
FAULTS = "faults_gone_before_s"


@dataclass(frozen=True, slots=True)
class Pruned:
    """0: nothing is gone. Faults that were closed before `faults_before_s` are gone, hours of days before the other."""

    hours_before_day: int = 0
    faults_before_s: int = 0


def read(connection: Connection) -> Pruned:
    wanted = select(store_fact.c.name, store_fact.c.value).where(store_fact.c.name.in_([HOURS, FAULTS]))
    found = {row.name: int(row.value) for row in connection.execute(wanted)}
    return Pruned(found.get(HOURS, 0), found.get(FAULTS, 0))


def reached(connection: Connection, name: str, value: int) -> None:
    """Retention came so far; it never says less than before. In the transaction that removes the rows, or before it."""
    before = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == name))
    if before is None or int(before) < value:
        connection.execute(delete(store_fact).where(store_fact.c.name == name))
        connection.execute(insert(store_fact).values(name=name, value=str(value)))
