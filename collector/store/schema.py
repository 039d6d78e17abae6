"""Bringing a store's schema up to date with Alembic, on both databases.

Migrations are numbered files in `migrations/versions`. A store that is newer than this program is refused:
downgrades would have to throw data away.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from collector.errors import StoreSchema

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
COPY = "copy"  # the row of `store_fact` that stands while a copy into this store is not finished
_ADVISORY_LOCK = 0x666C6565  # several collectors may start at once: one migrates, the others wait


def migrate(engine: Engine) -> None:
    """Create or upgrade everything in one transaction. Raises StoreSchema."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        revision = _revision(connection)
        if revision == head():
            return
        from alembic import command  # noqa: PLC0415 - most starts find the schema that they need

        config = _config()
        _refuse_newer(config, revision)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(engine: Engine) -> None:
    """Raise StoreSchema unless the store has exactly this program's schema."""
    with engine.connect() as connection:
        revision = _revision(connection)
    if revision == head():
        return
    _refuse_newer(_config(), revision)
    raise StoreSchema(f"the store's schema is {revision or 'missing'}: start `collector serve` on it once to migrate")


def require_new(engine: Engine) -> None:
    """Raise StoreSchema where a store has another schema than this program's. A database without one is new."""
    with engine.connect() as connection:
        revision = _revision(connection)
    if revision in {None, head()}:
        return
    _refuse_newer(_config(), revision)
    raise StoreSchema(
        f"the store's schema {revision} is older than this program: name a new file or an empty database, or "
        "migrate it with `collector store migrate`"
    )


def refuse_unfinished(engine: Engine) -> None:
    """Raise StoreSchema where `collector store copy` has brought only a part of a store."""
    with engine.connect() as connection:
        said = connection.execute(text("SELECT 1 FROM store_fact WHERE name = :name"), {"name": COPY}).first()
    if said is not None:
        raise StoreSchema("the store is an unfinished copy: run the same `collector store copy` again, it goes on")


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see migrate

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def head() -> str:
    """The newest migration's number, by the names of the files: Alembic would load all of them at each start."""
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _refuse_newer(config: "Config", revision: str | None) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see migrate

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreSchema(f"the store's schema {revision} is newer than this program: install the release that made it")
