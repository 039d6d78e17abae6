"""What accounts and CSMs are called: pages show names where facts hold ids."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from collector.access.caller import INSIDE
from collector.accounts.ledger.csm_names import csm_names
from collector.context import Context
from collector.operations.operation import operation
from collector.store.lists import among
from collector.store.tables.fleet import account


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesOf:
    """External ids of accounts; names of all CSMs come with every answer."""

    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """By id. What has no name here is called by its id."""

    accounts: Mapping[str, str]
    csms: Mapping[str, str]

    def csm(self, key: str | None) -> str:
        """What a CSM is called; nobody is called nothing."""
        return self.csms.get(key, key) if key else ""

    def account(self, key: str) -> str:
        return self.accounts.get(key, key)


@operation(roles=INSIDE)
def names_of(context: Context, wanted: NamesOf) -> Names:
    """What these accounts, and all CSMs, are called."""

    def read(connection: Connection) -> Names:
        named: dict[str, str] = {}
        if wanted.accounts:
            query = select(account.c.external_id, account.c.name)
            query = query.where(among(connection, account.c.external_id, list(wanted.accounts)))
            named = {row.external_id: row.name for row in connection.execute(query)}
        return Names(named, csm_names(connection))

    return context.read(read)
