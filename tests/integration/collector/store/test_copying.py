"""`collector store copy`: a whole store in another database, equal row by row, also after a kill in the middle."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import pairwise

import pytest
from click.testing import CliRunner
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    LargeBinary,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    text,
    update,
)  # fmt: skip

from collector.__main__ import main_group
from collector.commands.door import CommandRefused
from collector.errors import StoreError, StoreLocked, StoreSchema
from collector.store import copying
from collector.store.engine import open_reader, open_store
from collector.store.schema import COPY
from collector.store.tables.fleet import alarm, metadata, robot, store_fact, usage_day
from collector.store.tables.notifications import delivery, webhook
from tests.databases import fresh_database, older_store

ROWS = 7
_KILLED_AFTER = """
import os, signal, sys
from collector.commands.door import Door
from collector.store import copying
from collector.store.engine import open_reader, open_target

written, after = copying._written, int(sys.argv[3])
def killed(*given):
    global after
    said = written(*given)
    after -= 1
    if not after:
        os.kill(os.getpid(), signal.SIGKILL)
    return said
copying._written = killed
copying.copy(open_reader(sys.argv[1]), open_target(sys.argv[2]), rows_at_once=2)
"""


def value_of(column, table, i, ids):  # noqa: PLR0911 - a value for each type
    """A value that this column can hold, another one for each row; None where it may be missing, in some rows."""
    if column.foreign_keys:
        return ids[next(iter(column.foreign_keys)).column.table.name][i]
    if column.nullable and i % 3 == 2:
        return None
    if isinstance(column.type, Boolean):
        return i % 2 == 0
    if isinstance(column.type, Float):
        return i / 3
    if isinstance(column.type, LargeBinary):
        return bytes([0, 255, i])
    if column.name in {"totals", "imported"}:
        return json.dumps({"dance": i, "展": 2**40})
    if isinstance(column.type, Text):
        return f"{table.name}.{column.name} {i} 展厅 'é\"\\"
    return i + 1 if column.primary_key else 2**31 - 100 + i


def filled(store):
    """ROWS rows in every table of the schema, whatever tables it has."""
    ids = {}
    with store.write() as connection:
        for table in copying.every_table():
            rows = [{c.name: value_of(c, table, i, ids) for c in table.columns} for i in range(ROWS)]
            if table is delivery:  # to a webhook or to a channel, not to both
                rows = [row | {("webhook_id", "channel_id")[i % 2]: None} for i, row in enumerate(rows)]
            connection.execute(insert(table), rows)
            ids[table.name] = [next(iter(row.values())) for row in rows]
            if store.dialect == "postgresql" and table.autoincrement_column is not None:
                named = func.pg_get_serial_sequence(table.name, table.autoincrement_column.name)
                connection.execute(select(func.setval(named, ROWS)))


def rows_of(url):
    store = open_reader(url)
    with store.read() as connection:
        found = {t.name: sorted(map(repr, connection.execute(select(t)))) for t in copying.every_table()}
    store.close()
    return found


def copied(source, target, *more):
    return CliRunner().invoke(main_group, ["store", "copy", source, target, *more], catch_exceptions=True)


@pytest.fixture
def source(store, store_url):
    filled(store)
    store.close()
    return store_url


@pytest.fixture
def target(source, tmp_path, request):
    """An empty place in the other database."""
    if source.startswith("postgresql"):
        yield f"sqlite:///{tmp_path}/copy.db"
        return
    migrated = request.getfixturevalue("migrated_postgresql")
    with fresh_database(request.getfixturevalue("postgresql_server"), migrated) as url:
        yield url


def test_every_table_has_rows_in_this_test_and_a_key_to_copy_by(source):
    assert {name: len(rows) for name, rows in rows_of(source).items()} == {t.name: ROWS for t in copying.every_table()}
    assert [t.name for t in copying.every_table() if not list(t.primary_key)] == []


def test_a_store_goes_to_the_other_database_and_back_equal_row_by_row(source, target, tmp_path):
    done = copied(source, target, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["rows"] == {t.name: ROWS for t in copying.every_table()}
    assert said["now"] == sum(said["rows"].values())
    assert said["counted"] == {"dance": 21 + 14, "展": (7 + 5) * 2**40}  # imported is missing in two rows
    assert said["left_out"] == []
    back = f"sqlite:///{tmp_path}/back.db"
    again = copied(target, back)
    assert again.exit_code == 0, again.output
    assert "equal: " in again.stdout
    assert rows_of(source) == rows_of(target) == rows_of(back)


def test_new_rows_of_the_copy_get_numbers_that_were_never_given(source, target):
    """A webhook's receiver drops a delivery whose number it has seen: also the numbers of deleted rows."""
    store = open_store(source)
    with store.write() as connection:
        connection.execute(delete(delivery).where(delivery.c.id >= ROWS - 1))
    store.close()
    assert copied(source, target).exit_code == 0
    store = open_store(target)
    with store.write() as connection:
        new = {"url": "https://x", "secret": "s", "events": "[]", "created_at": 1}
        assert connection.execute(insert(webhook).values(new)).inserted_primary_key[0] == ROWS + 1
        new = {"webhook_id": 1, "body": "", "made_at": 1, "state": "waiting"}
        assert connection.execute(insert(delivery).values(new)).inserted_primary_key[0] == ROWS + 1
    store.close()


@pytest.mark.parametrize("after", [1, 9, 40, 10_000])
def test_a_copy_that_was_killed_goes_on_and_ends_equal(source, target, after):
    """10,000: after its last row and before its end, which is made of one more transaction."""
    batches = len(copying.every_table()) * 4
    run = [sys.executable, "-c", _KILLED_AFTER, source, target, str(min(after, batches))]
    assert subprocess.run(run, check=False).returncode == -signal.SIGKILL
    with pytest.raises(StoreSchema, match="unfinished copy"):  # no collector opens the half
        open_reader(target)
    with pytest.raises(StoreSchema, match="unfinished copy"):
        open_store(target)
    done = copied(source, target, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["now"] < sum(said["rows"].values())  # it went on, it did not begin again
    assert rows_of(source) == rows_of(target)


def test_a_row_that_is_missing_in_the_copy_is_found(source, target, monkeypatch):
    insert_all = copying.insert_all

    def one_less(connection, table, rows):
        insert_all(connection, table, rows[1:] if table is alarm else rows)

    monkeypatch.setattr(copying, "insert_all", one_less)
    done = copied(source, target)
    assert isinstance(done.exception, CommandRefused)
    assert "alarm: 7 rows in FROM, 6 in TO" in str(done.exception)
    with pytest.raises(StoreSchema, match="unfinished copy"):  # what is wrong never becomes a store
        open_store(target)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (update(alarm).where(alarm.c.robot_id == 1).values(times=9), "alarm: 7 rows in both, not the same"),
        (update(usage_day).where(usage_day.c.robot_id == 2).values(totals="{}"), "usage_day: the sum of dance"),
    ],
)
def test_a_row_that_changed_on_one_side_is_found(source, target, change, said):
    """Also where the numbers of rows are equal: a source that was written between two runs of one copy."""
    last = len(copying.every_table()) * 4
    run = [sys.executable, "-c", _KILLED_AFTER, source, target, str(last)]
    assert subprocess.run(run, check=False).returncode == -signal.SIGKILL
    store = open_store(source)
    with store.write() as connection:
        connection.execute(change)
    store.close()
    done = copied(source, target)
    assert isinstance(done.exception, CommandRefused)
    assert said in str(done.exception)
    assert "FROM was written since the copy began" in str(done.exception)


def test_a_target_with_rows_of_its_own_is_refused_and_keeps_them(source, target):
    store = open_store(target)
    with store.write() as connection:
        connection.execute(insert(robot).values(name="mine", first_seen_at=1))
    store.close()
    done = copied(source, target)
    assert isinstance(done.exception, CommandRefused)
    assert str(done.exception).startswith("TO is not empty: it has rows in robot; name a new file")
    assert [len(rows) for rows in rows_of(target).values() if rows] == [1]


def test_the_part_of_another_stores_copy_is_refused(source, target, tmp_path):
    assert subprocess.run([sys.executable, "-c", _KILLED_AFTER, source, target, "3"], check=False).returncode < 0
    other = f"sqlite:///{tmp_path}/other.db"
    open_store(other).close()
    done = copied(other, target)
    assert isinstance(done.exception, CommandRefused)
    assert "TO is an unfinished copy of " in str(done.exception)
    assert copied(source, target).exit_code == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_another_schema_on_either_side_is_refused_with_the_remedy(kind, tmp_path, request):
    server = request.getfixturevalue("postgresql_server") if kind == "postgresql" else None
    new = f"sqlite:///{tmp_path}/new.db"
    open_store(new).close()
    with older_store(kind, tmp_path, server, "0011", []) as old:
        as_source, as_target = copied(old, f"sqlite:///{tmp_path}/to.db"), copied(new, old)
        assert isinstance(as_source.exception, StoreSchema)
        assert "start `collector serve` on it once to migrate" in str(as_source.exception)
        assert isinstance(as_target.exception, StoreSchema)
        assert "is older than this program: name a new file" in str(as_target.exception)
        open_store(old).close()
        with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.commit()
        for pair in ((old, new), (new, old)):
            newer = copied(*pair)
            assert isinstance(newer.exception, StoreSchema)
            assert "install the release that made it" in str(newer.exception)


def test_a_file_that_a_collector_writes_is_no_source(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    done = copied(f"sqlite:///{tmp_path}/fleet.db", f"sqlite:///{tmp_path}/copy.db")
    store.close()
    assert isinstance(done.exception, StoreLocked)
    assert not (tmp_path / "copy.db").exists()


def test_a_missing_source_is_no_empty_store(tmp_path):
    done = copied(f"sqlite:///{tmp_path}/none.db", f"sqlite:///{tmp_path}/copy.db")
    assert isinstance(done.exception, StoreError)
    assert "does not exist" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_comes_with_a_later_release_is_copied_without_a_word_here(tmp_path):
    new = Table("planted_later", metadata, Column("name", Text, primary_key=True), Column("kept", LargeBinary))
    try:
        stores = [open_store(f"sqlite:///{tmp_path}/{name}.db") for name in ("from", "to")]
        for store in stores:
            with store.write() as connection:
                new.create(connection)
        with stores[0].write() as connection:
            connection.execute(insert(new).values([{"name": "é", "kept": b"1"}, {"name": "b", "kept": None}]))
            connection.execute(text("CREATE TABLE of_somebody_else (id INTEGER)"))
        for store in stores:
            store.close()
        done = copied(f"sqlite:///{tmp_path}/from.db", f"sqlite:///{tmp_path}/to.db", "--json")
        assert done.exit_code == 0, done.output
        said = json.loads(done.stdout)
        assert (said["rows"]["planted_later"], said["now"], said["left_out"]) == (2, 2, ["of_somebody_else"])
        assert len(rows_of(f"sqlite:///{tmp_path}/to.db")["planted_later"]) == 2
    finally:
        metadata.remove(new)


def test_a_row_that_the_other_database_does_not_take_is_named(tmp_path, postgresql_server):
    """SQLite holds a NUL in a text, PostgreSQL does not."""
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    names = ["fine", "not\0fine", "fine as well"]
    with store.write() as connection:
        connection.execute(insert(robot).values([{"name": name, "first_seen_at": 1} for name in names]))
    store.close()
    with fresh_database(postgresql_server) as url:
        done = copied(f"sqlite:///{tmp_path}/fleet.db", url)
        assert isinstance(done.exception, CommandRefused)
        assert str(done.exception).startswith("TO does not take robot 2: a text holds characters that cannot be stored")


def test_the_order_of_rows_has_no_say_and_every_batch_notes_how_far_it_came(tmp_path, monkeypatch):
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    filled(store)
    store.close()
    said = []
    written = copying._written

    def noted(target, table, rows, before, progress):
        after = written(target, table, rows, before, progress)
        with target.read() as connection:
            said.append(connection.scalar(select(store_fact.c.value).where(store_fact.c.name == COPY)))
        assert said[-1] == after
        return after

    monkeypatch.setattr(copying, "_written", noted)
    assert copied(f"sqlite:///{tmp_path}/fleet.db", f"sqlite:///{tmp_path}/copy.db").exit_code == 0
    assert len(said) == len(copying.every_table())
    assert all(one != other for one, other in pairwise(said))
