"""A collector that dies at any step, or whose database does: what was not acked comes again, and counts once."""

import signal
import sqlite3
import subprocess
import sys

import psycopg
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from collector.ingest.transaction import Failure, Transient, failure_of
from collector.store.engine import open_store
from collector.store.tables import fleet as t
from tests.batches import DAY, NOON, message, rows_of, totals, window
from tests.databases import fresh_database
from tests.groups import groups_of

STEPS = ("standing", "written", "committed", "answering")
BATCH = [message("r1", [window(1, {"faces": 5})]), message("r1", [window(2, {"faces": 7})])]
WHOLE = {("r1", DAY, "faces"): 12}


class Died(BaseException):
    """Not an Exception: nothing may catch it and go on."""


def dies_at(step):
    def at_step(here):
        if here == step:
            raise Died

    return at_step


@pytest.mark.parametrize("step", STEPS[:3])
def test_a_crash_at_any_step_loses_and_doubles_nothing(store, step):
    with pytest.raises(Died):
        groups_of(store, at_step=dies_at(step)).commit(dict(enumerate(BATCH)), NOON)
    assert totals(store) == (WHOLE if step == "committed" else {})
    outcome = groups_of(store).commit(dict(enumerate(BATCH)), NOON)
    assert [answer.mark for answer in outcome.answers.values()] == [2]
    assert totals(store) == WHOLE


def test_control_without_the_mark_in_the_same_transaction_a_crash_doubles(store):
    """The protection turned off: a mark that is not stored with its counts."""
    groups_of(store).commit(dict(enumerate(BATCH)), NOON)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE stream SET mark = 0")
    groups_of(store).commit(dict(enumerate(BATCH)), NOON)
    assert totals(store) != WHOLE


KILLED = """
import os, signal, sys
from collector.store import tables as t
from collector.store.engine import open_store
from tests.batches import NOON, message, window
from tests.groups import groups_of

def at_step(here):
    if here == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

groups = groups_of(open_store(sys.argv[1]), at_step=at_step)
groups.commit({0: message("r1", [window(1, {"faces": 5}), window(2, {"faces": 7})])}, NOON)
"""


@pytest.mark.parametrize("step", STEPS[1:3])
def test_a_killed_process_leaves_all_of_a_group_or_nothing(store_url, step):
    done = subprocess.run([sys.executable, "-c", KILLED, store_url, step], check=False)
    assert done.returncode == -signal.SIGKILL
    store = open_store(store_url)
    assert totals(store) == (WHOLE if step == "committed" else {})
    groups_of(store).commit({0: message("r1", [window(1, {"faces": 5}), window(2, {"faces": 7})])}, NOON)
    assert totals(store) == WHOLE
    store.close()


def test_a_full_disk_is_waited_for_and_nothing_is_acked(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    group = {i: message(f"r{i}", [window(1, {"faces": 5})]) for i in range(300)}
    groups = groups_of(store)
    with pytest.raises(Transient, match="full"):
        groups.commit(group, NOON)
    assert totals(store) == {}
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert len(groups.commit(group, NOON).answers) == 300
    assert sum(totals(store).values()) == 1500
    store.close()


def test_a_database_that_drops_the_connection_is_tried_again(postgresql_server, migrated_postgresql):
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        store = open_store(url)
        groups = groups_of(store)
        groups.commit({0: BATCH[0]}, NOON)

        def cut(step):
            if step == "standing":
                groups.at_step = lambda _: None
                with psycopg.connect(postgresql_server) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                        (store.url.database,),
                    )

        groups.at_step = cut
        with pytest.raises(Transient):
            groups.commit({0: BATCH[1]}, NOON)
        assert [a.mark for a in groups.commit({0: BATCH[1]}, NOON).answers.values()] == [2]
        assert totals(store) == WHOLE
        store.close()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (sqlite3.OperationalError("disk I/O error"), Failure.AWAY),
        (sqlite3.OperationalError("database is locked"), Failure.AWAY),
        (psycopg.errors.DeadlockDetected(), Failure.AWAY),
        (psycopg.errors.SerializationFailure(), Failure.AWAY),
        (psycopg.errors.AdminShutdown(), Failure.AWAY),
        (psycopg.errors.DiskFull(), Failure.AWAY),
        (psycopg.OperationalError("server closed the connection"), Failure.AWAY),
        (OSError("no space"), Failure.AWAY),
        (sqlite3.DatabaseError("file is not a database"), Failure.FAULT),
        (psycopg.errors.ReadOnlySqlTransaction(), Failure.FAULT),
        (psycopg.errors.IdleInTransactionSessionTimeout(), Failure.FAULT),
        (psycopg.errors.TransactionTimeout(), Failure.FAULT),
        (psycopg.errors.UndefinedColumn(), Failure.FAULT),
        (psycopg.errors.UndefinedTable(), Failure.FAULT),
        (psycopg.errors.InsufficientPrivilege(), Failure.FAULT),
        (psycopg.errors.FeatureNotSupported("cached plan must not change result type"), Failure.FAULT),
        (PoolTimeout("QueuePool limit"), Failure.FAULT),
        (MemoryError(), Failure.FAULT),
        (psycopg.errors.NumericValueOutOfRange(), Failure.MESSAGE),
        (sqlite3.DataError("string or blob too big"), Failure.MESSAGE),
        (sqlite3.IntegrityError("not null"), Failure.BUG),
        (psycopg.errors.NotNullViolation(), Failure.BUG),
        (psycopg.errors.CardinalityViolation(), Failure.BUG),
        (psycopg.ProgrammingError("cannot adapt type"), Failure.BUG),
        (OverflowError("int too large"), Failure.BUG),
        (KeyError("r1"), Failure.BUG),
    ],
)
def test_whose_matter_a_failure_is(error, failure):
    assert failure_of(error) is failure


@pytest.mark.parametrize(
    ("break_it", "mend_it"),
    [
        (
            "ALTER TABLE usage_day RENAME COLUMN estimated_s TO est_s",
            "ALTER TABLE usage_day RENAME est_s TO estimated_s",
        ),
        ("ALTER DATABASE {db} SET default_transaction_read_only = on", "ALTER DATABASE {db} RESET ALL"),
    ],
    ids=["schema-ahead", "read-only"],
)
def test_a_database_that_is_not_as_expected_costs_robots_no_record(
    postgresql_server, migrated_postgresql, break_it, mend_it
):
    with fresh_database(postgresql_server, migrated_postgresql) as url:
        store = open_store(url)
        groups = groups_of(store)
        groups.commit({0: BATCH[0]}, NOON)
        store.writer.dispose()
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SET default_transaction_read_only = off")
            other.execute(break_it.format(db=store.url.database))
            with pytest.raises(Transient) as waits:
                groups.commit({0: BATCH[1], 1: message("r2", [window(1, {"faces": 1})])}, NOON)
            assert waits.value.fault
            assert rows_of(store, t.parked) == []
            other.execute(mend_it.format(db=store.url.database))
        assert len(groups.commit({0: BATCH[1]}, NOON).answers) == 1
        assert totals(store) == WHOLE
        store.close()
