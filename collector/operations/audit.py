"""The audit log: who changed what, and when."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import audit
from collector.access.audit import Act
from collector.access.caller import ADMINS
from collector.context import Context
from collector.operations import filters
from collector.operations.operation import operation
from collector.values.paging import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ListActs:
    """`person`: of one person's acts; `act`: of one kind, by its name."""

    limit: int
    person: int | None = None
    act: str | None = None
    cursor: str | None = None


@operation(roles=ADMINS)
def list_acts(context: Context, wanted: ListActs) -> Page[Act]:
    """Newest first. Nothing is ever changed or removed in it."""

    def read(connection: Connection) -> Page[Act]:
        filters.act(connection, wanted.act)
        return audit.listed(connection, person=wanted.person, act=wanted.act, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)
