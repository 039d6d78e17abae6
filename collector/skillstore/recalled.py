"""Packages that people took from every robot, as the store remembers them."""

from sqlalchemy import Connection, select

from collector.store.tables.rollouts import recalled_package


def recalled_by_people(connection: Connection) -> frozenset[str]:
    """Packages of which `recall_package` was asked; what a transaction that offers a package looks at."""
    return frozenset(connection.execute(select(recalled_package.c.digest)).scalars())
