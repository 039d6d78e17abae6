"""Stores for tests: a SQLite file on the test's own path, a private PostgreSQL cluster, both real.

`private_postgresql` starts one cluster for the test session as user `postgres` (initdb refuses root), with its
socket in a temporary directory, no TCP port at all, and fsync on: what is proved here is durability.

`store_url`          fixture: an empty store's URL, the test runs once on each database. Loaded by tests/conftest.py.
`store`              fixture: that store, opened
`postgresql_server`  fixture: the session's cluster
`own_postgresql`     a cluster that a test stops, starts and copies
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import create_engine, text

from collector.store import schema
from collector.store.engine import Store, open_store
from collector.store.engine import store_url as parsed

_START_S = 30


def postgresql_programs() -> Path | None:
    """The newest Debian-packaged server's programs, or None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    return found[-1].parent if found else None


@contextmanager
def private_postgresql() -> Iterator[str]:
    """A running cluster; yields the URL of its `postgres` database."""
    with own_postgresql() as server:
        yield server.url


class OwnPostgresql:
    """A cluster that a test may stop and start. `home` is the folder of its socket, and its host in an address."""

    def __init__(self, programs: Path) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="fwpg"))  # short: a socket's path has 107 bytes at most
        self.programs, self.run, self.data = programs, _as_postgres(self.home), self.home / "data"
        self.is_running = False

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.home}"

    def make(self) -> None:
        self.run(
            [
                *(self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8"),
                *("--locale=C", "--no-sync"),
            ]
        )
        self._configure()

    def copy_of(self, primary: "OwnPostgresql") -> None:
        """Become a standby of `primary`, which runs."""
        self.run(
            [
                *(self.programs / "pg_basebackup", "-h", primary.home, "-U", "postgres", "-D", self.data, "-R"),
                *("-c", "fast", "--no-sync"),
            ]
        )
        self._configure()

    def _configure(self) -> None:
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.home}'\nfsync = on\n"
                "shared_buffers = 64MB\nmax_connections = 60\n"
            )

    def set(self, name: str, value: str) -> None:
        """A parameter, from the next start on."""
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"{name} = {value}\n")

    def start(self) -> None:
        self._control("-l", self.home / "log", "-t", str(_START_S), "start")
        self.is_running = True

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")
        self.is_running = False

    def promote(self) -> None:
        """A standby becomes a primary."""
        self._control("promote")

    def _control(self, *arguments: object) -> None:
        self.run([self.programs / "pg_ctl", "-D", self.data, "-w", *arguments])


@contextmanager
def own_postgresql(standby_of: OwnPostgresql | None = None) -> Iterator[OwnPostgresql]:
    """A cluster of its own, started; a standby of another one where that is given."""
    programs = postgresql_programs()
    assert programs, "PostgreSQL is not installed: apt-get install postgresql"
    server = OwnPostgresql(programs)
    try:
        server.make() if standby_of is None else server.copy_of(standby_of)
        server.start()
        yield server
    finally:
        if server.is_running:
            server.stop()
        shutil.rmtree(server.home, ignore_errors=True)


@contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """A database on that server, empty or a copy of `template`; yields its URL and drops it afterwards."""
    name = f"t{uuid4().hex[:12]}"
    engine = create_engine(server_url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        yield server_url.replace("/postgres?", f"/{name}?")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def _as_postgres(home: Path):
    """A function that runs a program as the owner of `home`: postgres when we are root, else ourselves."""
    owner = None
    if os.geteuid() == 0:
        owner = "postgres"
        shutil.chown(home, owner, pwd.getpwnam(owner).pw_gid)

    def run(arguments: list) -> None:
        done = subprocess.run(
            [str(a) for a in arguments], user=owner, cwd=home, capture_output=True, text=True, check=False, env={}
        )
        assert done.returncode == 0, f"{arguments[0]}: {done.stderr or done.stdout}"

    return run


@contextmanager
def older_store(kind: str, folder: Path, server_url: str | None, revision: str, rows: Sequence[str]) -> Iterator[str]:
    """The URL of a store with the schema of an earlier migration and some rows. `kind`: sqlite or postgresql."""
    with ExitStack() as open_things:
        url = f"sqlite:///{folder}/old.db"
        if kind == "postgresql":
            assert server_url is not None
            url = open_things.enter_context(fresh_database(server_url))
        engine = create_engine(parsed(url))
        with engine.begin() as connection:
            config = schema._config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            for row in rows:
                connection.exec_driver_sql(row)
        engine.dispose()
        yield url


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    if postgresql_programs() is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    with private_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema and nothing in it: copying it is five times as fast as migrating."""
    path = tmp_path_factory.mktemp("migrated") / "fleet.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    """The name of a database with the newest schema and nothing in it, to be copied."""
    with fresh_database(postgresql_server) as url:
        open_store(url).close()
        yield url.split("@/")[1].split("?")[0]


class EmptiedDatabase:
    """One database for many tests, one after the other: emptied between them, made anew where one changed its schema.

    Emptying it takes a tenth of what making and dropping a database of some hundred files takes.
    """

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url, self._template = server_url, template
        self._made = ExitStack()
        self._make()

    def _make(self) -> None:
        self._made.close()
        self.url = self._made.enter_context(fresh_database(self._server_url, self._template))
        with psycopg.connect(self.url, autocommit=True) as connection:
            self._schema = connection.execute(_SCHEMA).fetchone()
            self._tables = [name for (name,) in connection.execute(_TABLES)]
            self._first = {name: self._rows(connection, name) for name in self._filled(connection)}

    def close(self) -> None:
        self._made.close()

    def empty(self) -> None:
        """As it was made. Whoever is still connected is sent away."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_OTHERS)
            if connection.execute(_SCHEMA).fetchone() == self._schema:
                with connection.transaction():
                    self._put_back(connection)
                return
        self._make()

    def _put_back(self, connection: psycopg.Connection) -> None:
        connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no foreign key
        for name in self._filled(connection):
            connection.execute(f'DELETE FROM "{name}"')
        connection.execute(_NUMBERED)
        for name, rows in self._first.items():
            with connection.cursor().copy(f'COPY "{name}" FROM STDIN') as copy:
                copy.write(rows)

    def _filled(self, connection: psycopg.Connection) -> list[str]:
        each = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in self._tables)
        asked = " UNION ALL ".join(each)
        return [name for (name,) in connection.execute(asked)]

    def _rows(self, connection: psycopg.Connection, name: str) -> bytes:
        with connection.cursor().copy(f'COPY "{name}" TO STDOUT') as copy:
            return b"".join(bytes(part) for part in copy)


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_NUMBERED = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences"
    " WHERE last_value IS NOT NULL"
)
_SCHEMA = """
    SELECT md5(string_agg(said, '|' ORDER BY said)) FROM (
        SELECT format('%s %s %s %s', oid, relname, relkind, relacl) AS said FROM pg_class
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s %s %s %s', attrelid, attname, atttypid, attnotnull, atthasdef) FROM pg_attribute
            JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s %s', tgrelid, tgname, tgenabled) FROM pg_trigger
        UNION ALL SELECT format('%s %s', conrelid, pg_get_constraintdef(oid)) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s', proname, md5(prosrc)) FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s %s', setdatabase, setrole, setconfig) FROM pg_db_role_setting
            WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL SELECT format('%s %s %s', nspname, nspowner, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_'
    ) all_of_it
"""


@pytest.fixture(scope="session")
def emptied_postgresql(postgresql_server: str, migrated_postgresql: str) -> Iterator[EmptiedDatabase]:
    database = EmptiedDatabase(postgresql_server, migrated_postgresql)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "fleet.db")
        yield f"sqlite:///{tmp_path}/fleet.db"
        return
    database = request.getfixturevalue("emptied_postgresql")
    yield database.url
    database.empty()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = open_store(store_url)
    yield store
    store.close()
