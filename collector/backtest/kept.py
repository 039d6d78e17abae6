"""The newest back-test of a store, kept as the JSON of its report, so that a page shows it at once.

One row of `store_fact`; the next back-test replaces it.
"""

from sqlalchemy import Connection, delete, insert, select

from collector.store.tables.fleet import store_fact

NAME = "backtest"


def read(connection: Connection) -> str | None:
    """None: none was kept."""
    return connection.scalar(select(store_fact.c.value).where(store_fact.c.name == NAME))


def keep(connection: Connection, text: str) -> None:
    connection.execute(delete(store_fact).where(store_fact.c.name == NAME))
    connection.execute(insert(store_fact).values(name=NAME, value=text))
