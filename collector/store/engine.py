"""Opening a store: SQLite (one file, one writer) or PostgreSQL (several collectors).

A `Store` has one way to write and one to read:

    with store.write() as connection: ...    one transaction, committed at the end of the block
    with store.read() as connection: ...     a read-only connection

On SQLite there is one writing connection in the whole process, it alone checkpoints, and one thread at
a time uses it; readers are opened read-only. Nothing is stored before COMMIT has synced the WAL.
"""

import logging
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from collector.errors import ConfigurationError, StoreAway, StoreError
from collector.store import postgresql, tried_hosts
from collector.store.lock import WriterLock
from collector.store.schema import migrate, refuse_unfinished, require_current, require_new

READERS = postgresql.POOL  # pages and API calls at once; more wait
WAL_MAX_BYTES = 128 * 1024 * 1024  # the file is cut back to this after a checkpoint
# A robot-day with its hours is just below 2 kB, and a commit writes whole pages: with the usual 4 kB, a large fleet,
# whose robots share no page, would write twice as much. Only a new file takes it.
PAGE_BYTES = 2_048
CHECKPOINT_PAGES = 32_768  # 64 MB: a robot-day is written to the WAL often, to the file once
BUSY_MS = 10_000
_EACH_HOST = re.compile(
    r"^- host: '(?P<name>[^']*)', port: '?(?P<port>\w*)'?, hostaddr: (?:None|'[^']*'): "
    r"(?:connection failed: |connection is bad: )?(?:connection to server .*? failed: )?(?P<answer>.*)$",
    re.MULTILINE,
)
_PRIVATE = 0o600  # the store holds the key of sessions and what every account did: no other user reads it

log = logging.getLogger(__name__)


@dataclass
class Store:
    """An open store. `dialect` is `sqlite` or `postgresql`. `is_new`: its SQLite file was made by opening it."""

    url: URL
    writer: Engine
    reader: Engine
    lock: WriterLock | None
    turn: threading.RLock = field(default_factory=threading.RLock)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="store"))
    is_new: bool = False

    @property
    def dialect(self) -> str:
        return self.writer.dialect.name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction. Blocks while another one runs in this process (SQLite)."""
        if self.dialect == "sqlite":
            with self.turn, self.writer.begin() as connection:
                yield connection
        else:
            with self.writer.begin() as connection:
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only view of one moment."""
        with self.reader.connect() as connection:
            yield connection

    def close(self) -> None:
        """Checkpoint (SQLite) and let go of everything."""
        self.pool.shutdown()
        self.reader.dispose()
        self.writer.dispose()
        if self.lock:
            self.lock.release()

    def take_back(self) -> None:
        """Close a SQLite store that was made just now, and remove its files: nothing is in it. Others are kept."""
        if self.is_new and self.lock:
            self.pool.shutdown()
            self.reader.dispose()
            self.writer.dispose()
            path = Path(self.url.database or "")
            for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", ".lock"))):
                file.unlink(missing_ok=True)
            log.warning("removed again: %s", path.absolute(), extra={"action": "store_removed", "path": str(path)})
        self.close()


def store_url(text: str) -> URL:
    """`sqlite:///file` or `postgresql://…`. Raises ConfigurationError with what to write instead."""
    if text.partition("://")[0] in postgresql.NAMES:
        return postgresql.address(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError("store: write sqlite:///path/to/file.db or postgresql://user@host/database") from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise ConfigurationError(
        "store: {drivername}:// is not supported, write sqlite:///path/to/file.db or postgresql://user@host/database",
        drivername=url.drivername,
    )


def open_store(text: str) -> Store:
    """Open for writing: takes the writer's lock (SQLite), creates and migrates the schema. Raises StoreError.

    Raises StoreAway where a PostgreSQL does not answer now and may later.

    A new SQLite file is announced, and made in a folder that is there: a misspelt path does not become an empty fleet.
    """
    store = _opened(store_url(text))
    try:
        refuse_unfinished(store.writer)
    except BaseException:
        store.close()
        raise
    return store


def open_target(text: str) -> Store:
    """Open for a copy: a new store, or one with this program's schema, also the part of a copy. Raises StoreError."""
    url = store_url(text)
    if url.drivername != "sqlite" or Path(url.database or "").is_file():
        engine = _sqlite_reader(Path(url.database or "")) if url.drivername == "sqlite" else postgresql.reader(url)
        _checked(engine, url, require_new)
        engine.dispose()
    return _opened(url)


@contextmanager
def held_still(text: str) -> Iterator[None]:
    """No collector writes that SQLite file meanwhile; PostgreSQL shows one moment by itself. Raises StoreError."""
    url = store_url(text)
    if url.drivername != "sqlite":
        yield
        return
    require_store(text)
    try:
        lock = WriterLock(Path(url.database or ""))
    except OSError as error:
        raise StoreError(
            f"store {url.database}: {error.strerror}; its folder must let this user write the lock"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _opened(url: URL) -> Store:
    if url.drivername != "sqlite":
        return _open_postgresql(url)
    path = Path(url.database or "")
    if not path.parent.is_dir():
        raise StoreError(f"store {path}: there is no folder {path.parent}; check --store, or: mkdir -p {path.parent}")
    is_new = not path.exists()
    try:
        lock = WriterLock(path)
        _keep_private(path)
    except OSError as error:
        raise StoreError(
            f"store {path}: {error.strerror}, choose a file and a directory that this user may write"
        ) from error
    if is_new:
        log.warning("new store %s", path.absolute(), extra={"action": "store_created", "path": str(path.absolute())})
    writer = create_engine("sqlite://", creator=lambda: _sqlite_writer(path), poolclass=StaticPool)
    event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        migrate(writer)
    except (SQLAlchemyError, sqlite3.Error) as error:
        _give_up(writer, lock)
        raise StoreError(f"store {path}: {_reason(error)}; is this a collector's database?") from error
    except BaseException:
        _give_up(writer, lock)
        raise
    return Store(url, writer, _sqlite_reader(path), lock, is_new=is_new)


def require_store(text: str) -> None:
    """Raises StoreError where the SQLite file is missing."""
    url = store_url(text)
    path = Path(url.database or "")
    if url.drivername == "sqlite" and not path.is_file():
        raise StoreError(f"store {path} does not exist: start `collector serve` with this --store first")


def open_reader(text: str) -> Store:
    """Open for reading only: no lock, no migration. `write` must not be called. Raises StoreError."""
    url = store_url(text)
    if url.drivername != "sqlite":
        engine = postgresql.reader(url)
        _checked(engine, url)
        return Store(url, engine, engine, None)
    require_store(text)
    engine = _sqlite_reader(Path(url.database or ""))
    _checked(engine, url)
    return Store(url, engine, engine, None)


def unopened(text: str) -> Store:
    """For what asks a store nothing: it is neither looked for nor connected to."""
    url = store_url(text)
    engine = create_engine(url)
    return Store(url, engine, engine, None)


def _give_up(engine: Engine, lock: WriterLock | None = None) -> None:
    engine.dispose()
    if lock is not None:
        lock.release()


def _whole(engine: Engine) -> None:
    require_current(engine)
    refuse_unfinished(engine)


def _checked(engine: Engine, url: URL, check: Callable[[Engine], None] = _whole) -> None:
    try:
        if url.drivername != "sqlite":
            with tried_hosts.told_of(url):
                postgresql.reach(engine)
        check(engine)
    except StoreError:
        _give_up(engine)
        raise
    except SQLAlchemyError as error:
        _give_up(engine)
        if url.drivername == "sqlite":
            raise _refused(f"store {url.render_as_string()}: {_reason(error)}; check --store", error) from error
        why = _why_not(url, error, "check --store")
        raise _refused(f"store {postgresql.shown(url)}: {why}", error) from error


def _reason(error: Exception) -> str:
    """Its first line; of a PostgreSQL with several hosts what each of them answered."""
    said = str(getattr(error, "orig", None) or error).strip()
    each = [f"{host['name']}:{host['port']}: {host['answer'].strip()}" for host in _EACH_HOST.finditer(said)]
    return "; ".join(each) or said.splitlines()[0].strip()


def _refused(text: str, error: SQLAlchemyError) -> StoreError:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return StoreAway(text) if postgresql.is_away(cause) else StoreError(text)


def _keep_private(path: Path) -> None:
    """The file is its owner's from its first byte on, and one that an older release made becomes so.

    SQLite gives -wal and -shm the mode of the database.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE))
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        if file.exists() and file.stat().st_mode & 0o077:
            file.chmod(_PRIVATE)


def _sqlite_writer(path: Path) -> sqlite3.Connection:
    # isolation_level None: the driver adds no BEGIN of its own, the engine's event does (BEGIN IMMEDIATE).
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    try:
        _set_up(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        f"page_size={PAGE_BYTES}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-65536",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"journal_size_limit={WAL_MAX_BYTES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_reader(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        # The first reader of a file whose writer is gone has to rebuild the WAL index; it may not checkpoint.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
        )
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA query_only=ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=READERS, max_overflow=READERS)
    # Several statements see one moment: without a transaction each would see the newest commit.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _why_not(url: URL, error: SQLAlchemyError, remedy: str) -> str:
    """In one line, of each host, with what to look at."""
    unknown = postgresql.without_address(url) if isinstance(error, OperationalError) else []
    if not unknown:
        return f"{_reason(error)}; {remedy}"
    said = f"no address is known of {', '.join(unknown)}: check the spelling, or the name service of this machine"
    return said if len(unknown) == len(postgresql.hosts(url)) else f"{said}; {_reason(error)}; {remedy}"


def _open_postgresql(url: URL) -> Store:
    writer = postgresql.engine(url)
    try:
        with tried_hosts.told_of(url):
            postgresql.reach(writer)
        migrate(writer)
    except StoreError:
        _give_up(writer)
        raise
    except SQLAlchemyError as error:
        _give_up(writer)
        remedy = "check that the server runs, the database exists and this user may create tables in it"
        raise _refused(f"store {postgresql.shown(url)}: {_why_not(url, error, remedy)}", error) from error
    return Store(url, writer, postgresql.reader(url), None)
