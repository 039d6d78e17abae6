"""The store itself: one writer on SQLite, readers that cannot write, one schema on both databases."""

import asyncio
import contextlib
import os
import stat
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from collector.errors import ConfigurationError, StoreAway, StoreError, StoreLocked, StoreSchema
from collector.store.engine import open_reader, open_store
from collector.store.engine import store_url as parsed
from collector.store.tables import fleet as t
from collector.store.tables import whole_schema

ACCOUNT = {"external_id": "c-1", "name": "Museum", "created_at": 1}


def test_the_migrations_make_exactly_the_tables(store):
    with store.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, whole_schema()) == []


def test_what_is_written_is_read_and_survives_reopening(store, store_url):
    with store.write() as connection:
        connection.execute(insert(t.account).values(ACCOUNT))
    with store.read() as connection:
        assert connection.scalar(select(t.account.c.name)) == "Museum"
    store.close()
    reader = open_reader(store_url)
    with reader.read() as connection:
        assert connection.scalar(select(t.account.c.name)) == "Museum"
    reader.close()


def test_a_write_that_fails_leaves_nothing(store):
    def half(connection):
        connection.execute(insert(t.account).values(ACCOUNT))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.write() as connection:
        half(connection)
    with store.read() as connection:
        assert connection.scalar(select(t.account.c.name)) is None


def test_a_reader_cannot_write(store):
    with pytest.raises(DBAPIError, match=r"readonly|read-only"), store.read() as connection:
        connection.execute(insert(t.account).values(ACCOUNT))


def test_a_reader_sees_one_moment_also_while_another_writes(store):
    def names(connection):
        wanted = select(t.store_fact.c.name).where(t.store_fact.c.name.like("moment%"))
        return sorted(connection.execute(wanted).scalars())

    def note(name):
        with store.write() as connection:
            connection.execute(insert(t.store_fact).values(name=name, value="1"))

    note("moment-1")
    with store.read() as reader:
        assert names(reader) == ["moment-1"]
        note("moment-2")
        assert names(reader) == ["moment-1"]
    with store.read() as reader:
        assert names(reader) == ["moment-1", "moment-2"]


async def test_writes_from_the_event_loop_run_one_after_the_other(store):
    def add(name):
        with store.write() as connection:
            connection.execute(insert(t.account).values(ACCOUNT | {"external_id": name}))
        return name

    loop = asyncio.get_running_loop()
    names = await asyncio.gather(*(loop.run_in_executor(store.pool, add, str(n)) for n in range(20)))
    with store.read() as connection:
        assert set(connection.scalars(select(t.account.c.external_id))) == set(names)


def test_a_second_writer_of_a_file_is_refused_with_a_remedy(tmp_path):
    url = f"sqlite:///{tmp_path}/fleet.db"
    store = open_store(url)
    with pytest.raises(StoreLocked, match="--url"):
        open_store(url)
    code = f"from collector.store.engine import open_store; open_store({url!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "being written by process" in other.stderr
    store.close()
    open_store(url).close()


def test_a_store_from_a_newer_release_is_refused(store, store_url):
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    for open_ in (open_store, open_reader):
        with pytest.raises(StoreSchema, match="newer than this program"):
            open_(store_url)


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "fleet.db").write_text("this is a text file, and rather long for one" * 50)
    with pytest.raises(StoreError, match="is this a collector's database"):
        open_store(f"sqlite:///{tmp_path}/fleet.db")


def modes(folder):
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


def test_nobody_else_on_the_machine_reads_a_store(tmp_path):
    before = os.umask(0o022)
    try:
        with contextlib.closing(open_store(f"sqlite:///{tmp_path}/fleet.db")) as store:
            with store.write() as connection:
                connection.execute(insert(t.account).values(ACCOUNT))
            assert modes(tmp_path) == dict.fromkeys(
                ("fleet.db", "fleet.db-wal", "fleet.db-shm", "fleet.db.lock"), 0o600
            )
    finally:
        os.umask(before)


def test_a_store_that_others_could_read_is_closed_to_them(tmp_path):
    url = f"sqlite:///{tmp_path}/fleet.db"
    open_store(url).close()
    (tmp_path / "fleet.db").chmod(0o644)
    with contextlib.closing(open_store(url)):
        assert modes(tmp_path)["fleet.db"] == 0o600


def test_a_store_in_a_folder_that_is_not_there_is_refused_and_no_folder_made(tmp_path):
    with pytest.raises(StoreError, match="mkdir -p"):
        open_store(f"sqlite:///{tmp_path}/mistyped/fleet.db")
    assert list(tmp_path.iterdir()) == []


def test_a_new_store_is_announced_and_an_old_one_is_not(tmp_path, caplog):
    url = f"sqlite:///{tmp_path}/fleet.db"
    open_store(url).close()
    assert f"new store {tmp_path}/fleet.db" in caplog.text
    caplog.clear()
    open_store(url).close()
    assert "new store" not in caplog.text


def test_reading_a_store_that_does_not_exist_says_how_to_make_it(tmp_path):
    with pytest.raises(StoreError, match="collector serve"):
        open_reader(f"sqlite:///{tmp_path}/none.db")


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(StoreError, match="check that the server runs"):
        open_store("postgresql://nobody:secret@127.0.0.1:1/fleet?connect_timeout=2")


def test_each_host_that_nobody_knows_is_named_in_one_line_without_the_password():
    """A start waits for them, since a name may come; the control is an address whose hosts answer."""
    known = "127.0.0.1:1"
    with pytest.raises(StoreAway) as caught:
        open_store(f"postgresql://fleet:secret@a.invalid,{known},c.invalid/db?connect_timeout=2")
    said = str(caught.value)
    assert said.startswith("store postgresql://fleet@a.invalid,127.0.0.1:1,c.invalid/db: no address is known of ")
    assert "of a.invalid, c.invalid: check the spelling" in said
    assert "secret" not in said
    assert "\n" not in said
    with pytest.raises(StoreAway, match="check that the server runs"):
        open_store(f"postgresql://fleet:secret@{known},{known}/db?connect_timeout=2")


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "fleet.db"])
def test_an_address_that_is_no_store_says_what_to_write(url):
    with pytest.raises(ConfigurationError, match="write sqlite:///"):
        parsed(url)


def test_a_sqlite_store_is_durable_at_commit(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    with store.write() as connection:
        pragmas = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    store.close()
