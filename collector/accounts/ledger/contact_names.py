"""What contacts are called: people see names where evidence holds ids."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from collector.accounts.ledger.facts import NOW, version_of
from collector.accounts.ledger.kinds.registry import KINDS
from collector.store.lists import among
from collector.store.tables.ledger import fact


def contact_names(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Name by id; who has none is not in it."""
    wanted, kind = sorted(set(keys)), KINDS["contact"]
    if not wanted:
        return {}
    query = select(fact).where(fact.c.kind == kind.key, NOW.holds(), among(connection, fact.c.key, wanted))
    said = [version_of(kind, row).said for row in connection.execute(query)]
    return {one.id: one.name for one in said if one.name}
