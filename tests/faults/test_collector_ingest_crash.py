"""A collector that dies at any step, or whose database does: what was not acked comes again, and counts once."""

import signal
import sqlite3
import subprocess
import sys

import psycopg
import pytest

from collector.group import Groups, Transient, is_transient
from collector.store.engine import open_store
from tests.batches import DAY, NOON, message, totals, window
from tests.databases import fresh_database

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
        Groups(store, at_step=dies_at(step)).commit(dict(enumerate(BATCH)), NOON)
    assert totals(store) == (WHOLE if step == "committed" else {})
    outcome = Groups(store).commit(dict(enumerate(BATCH)), NOON)
    assert [answer.mark for answer in outcome.answers.values()] == [2]
    assert totals(store) == WHOLE


def test_control_without_the_mark_in_the_same_transaction_a_crash_doubles(store):
    """The protection turned off: a mark that is not stored with its counts."""
    Groups(store).commit(dict(enumerate(BATCH)), NOON)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE stream SET mark = 0")
    Groups(store).commit(dict(enumerate(BATCH)), NOON)
    assert totals(store) != WHOLE


KILLED = """
import os, signal, sys
from collector.group import Groups
from collector.store.engine import open_store
from tests.batches import NOON, message, window

def at_step(here):
    if here == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

groups = Groups(open_store(sys.argv[1]), at_step=at_step)
groups.commit({0: message("r1", [window(1, {"faces": 5}), window(2, {"faces": 7})])}, NOON)
"""


@pytest.mark.parametrize("step", STEPS[1:3])
def test_a_killed_process_leaves_all_of_a_group_or_nothing(store_url, step):
    done = subprocess.run([sys.executable, "-c", KILLED, store_url, step], check=False)
    assert done.returncode == -signal.SIGKILL
    store = open_store(store_url)
    assert totals(store) == (WHOLE if step == "committed" else {})
    Groups(store).commit({0: message("r1", [window(1, {"faces": 5}), window(2, {"faces": 7})])}, NOON)
    assert totals(store) == WHOLE
    store.close()


def test_a_full_disk_is_waited_for_and_nothing_is_acked(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    with store.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    group = {i: message(f"r{i}", [window(1, {"faces": 5})]) for i in range(300)}
    groups = Groups(store)
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
        groups = Groups(store)
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
    ("error", "waits"),
    [
        (sqlite3.OperationalError("disk I/O error"), True),
        (sqlite3.OperationalError("database is locked"), True),
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.OperationalError("server closed the connection"), True),
        (OSError("no space"), True),
        (sqlite3.IntegrityError("not null"), False),
        (psycopg.errors.NumericValueOutOfRange(), False),
        (OverflowError("int too large"), False),
    ],
)
def test_which_failures_are_waited_for(error, waits):
    assert is_transient(error) is waits
