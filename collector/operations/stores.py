"""The store itself: bring its schema up to this release, check the whole of it, copy it into another database."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text

from collector.access.caller import ADMINS
from collector.context import Context
from collector.operations.exports import ExportDatabase, export_database
from collector.operations.operation import Done, operation
from collector.store import copying
from collector.store.copying import Copied
from collector.store.engine import held_still, open_reader, open_target, require_store, store_url
from collector.store.tables.fleet import robot, usage_day
from collector.values.refusal import Refusal, Refused
from collector.values.sentence import Sentence

if TYPE_CHECKING:
    from collector.exchange.portable import Written

_REMEDY = "restore it from a backup, robots send the rest"


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """`integrity` is `ok`, or the first thing that the database itself finds wrong."""

    database: str
    integrity: str
    robots: int
    robot_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStore:
    """Two addresses as the setting `store` has them, SQLite or PostgreSQL on either side."""

    source: str
    target: str


@operation(roles=ADMINS, writes=True, makes_store=True)
def migrate_store(_: Context, __: None) -> Done:
    """A store that is opened for writing is made and migrated: there is nothing more to do."""
    return Done()


@operation(roles=ADMINS)
def check_store(context: Context, _: None) -> StoreCheck | Refused:
    """Read the whole store once: the database's own check (SQLite), how much is in it. Refuses a damaged one."""
    found = context.read(lambda connection: _checked(connection, context.store.dialect))
    if found.integrity != "ok":
        return Refused(
            Sentence("the database is damaged: {integrity}", integrity=found.integrity), _REMEDY, "unavailable"
        )
    return found


@operation(roles=ADMINS, writes=True, long=True, needs_store=False)
def copy_store(_: Context, wanted: CopyStore) -> Copied:
    """Every row of one store in another, compared at the end; one that was stopped goes on.

    Refuses a target that holds something else, a source that changed meanwhile, and a row that the other database does
    not take. Raises StoreError where one of the two cannot be opened.
    """
    if store_url(wanted.source) == store_url(wanted.target):
        raise Refusal("FROM and TO are the same store", "name a new file or an empty database as TO", "invalid")
    with held_still(wanted.source):
        source = open_reader(wanted.source)
        try:
            target = open_target(wanted.target)
            try:
                return copying.copy(source, target)
            finally:
                target.close()
        finally:
            source.close()


@operation(roles=ADMINS, long=True, needs_store=False)
def copy_views(context: Context, wanted: CopyStore) -> "Written":
    """The SQL views of one store as tables of a new SQLite file: what BI reads, and nothing that lets anybody in.

    FROM may be written meanwhile. Refuses a TO that is no SQLite file, or is there.
    """
    address = store_url(wanted.target)
    if address.get_backend_name() != "sqlite" or not address.database:
        remedy = "write sqlite:///FILE; in PostgreSQL grant SELECT on the views (docs/views.md)"
        raise Refusal("TO is no SQLite file", remedy, "invalid")
    path = Path(address.database)
    if path.exists():
        raise Refusal(Sentence("TO is there: {name}", name=path.name), "name a new file as TO", "conflict")
    require_store(wanted.source)
    source = open_reader(wanted.source)
    try:
        made = export_database(replace(context, store=source), ExportDatabase(path=path, views=True))
        if isinstance(made, Refused):
            raise Refusal.of(made)
        return made
    finally:
        source.close()


def _checked(connection: Connection, dialect: str) -> StoreCheck:
    if dialect == "sqlite":
        version = f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}"
        integrity = str(connection.execute(text("PRAGMA quick_check")).scalar_one())
    else:
        version = str(connection.execute(text("SELECT version()")).scalar_one()).split(",")[0]
        integrity = "ok"  # PostgreSQL has no such command; its checksums are the server's setting
    robots = connection.execute(select(func.count()).select_from(robot)).scalar_one()
    robot_days = connection.execute(select(func.count()).select_from(usage_day)).scalar_one()
    return StoreCheck(version, integrity, robots, robot_days)
