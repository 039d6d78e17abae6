"""Whether a package was recalled. There are two ways to do that, and whoever asks is answered here of both."""

from sqlalchemy import Connection, select

from collector.context import Context
from collector.operations.skill_repository import listed_recalls
from collector.store.tables.rollouts import recalled_package


def recalled_digests(context: Context) -> frozenset[str]:
    """Packages that the signed list names, or that people took from every robot. Raises Refusal."""
    return listed_recalls(context) | context.read(recalled_by_people)


def recalled_by_people(connection: Connection) -> frozenset[str]:
    """Packages of which `recall_package` was asked; what a transaction that offers a package looks at."""
    return frozenset(connection.execute(select(recalled_package.c.digest)).scalars())
