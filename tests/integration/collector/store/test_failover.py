"""A primary and its standby, both real: an address with several hosts writes to whichever takes changes."""

from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from collector.errors import StoreError
from collector.store.engine import open_reader, open_store
from collector.store.tables.fleet import store_fact
from tests.databases import own_postgresql, postgresql_programs
from tests.waiting import until

pytestmark = pytest.mark.skipif(postgresql_programs() is None, reason="no PostgreSQL here")


def note(store, name):
    with store.write() as connection:
        connection.execute(insert(store_fact).values(name=name, value="1"))


def notes(store):
    with store.read() as connection:
        return set(connection.scalars(select(store_fact.c.name)))


def is_noted(store, name):
    """Whether it was taken, tried as ingest does."""
    try:
        note(store, name)
    except DBAPIError:
        return False
    return True


def test_a_failover_is_followed_and_a_standby_alone_is_not_written_to():
    with own_postgresql() as first, own_postgresql(standby_of=first) as second:
        only_second = f"postgresql://postgres@/postgres?host={second.home}"
        standby_first = f"postgresql://postgres@/postgres?host={second.home},{first.home}"
        store = open_store(standby_first)
        try:
            note(store, "before")
            assert "before" in notes(store)
            until(lambda: is_there(only_second, "before"))
            lone = open_store(only_second)
            with pytest.raises(DBAPIError, match="read-only"):  # the control: one host is not asked for the other
                note(lone, "nobody takes this")
            first.stop()
            assert not is_noted(store, "nobody takes this")
            second.promote()
            until(lambda: is_noted(store, "after"))
            assert {"before", "after"} <= notes(store)
            lone.close()
        finally:
            store.close()
        again = open_store(f"postgresql://postgres@/postgres?host={first.home}&host={second.home}")
        assert "after" in notes(again), "the first host is down"
        again.close()


def test_a_primary_that_takes_no_changes_any_more_is_left():
    """What is in the pool answers as before; only a new connection asks every host."""
    with own_postgresql() as first, own_postgresql(standby_of=first) as second:
        store = open_store(f"postgresql://postgres@/postgres?host={first.home},{second.home}")
        try:
            until(lambda: is_there(f"postgresql://postgres@/postgres?host={second.home}", None))
            second.promote()
            with store.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("ALTER SYSTEM SET default_transaction_read_only = on")
                connection.exec_driver_sql("SELECT pg_reload_conf()")
            until(lambda: not is_noted(store, f"first-{uuid4()}"))
            until(lambda: is_noted(store, "second"))
        finally:
            store.close()


def is_there(url, name):
    """Whether the standby has it by now."""
    try:
        reader = open_reader(url)
    except StoreError:
        return False
    try:
        return name is None or name in notes(reader)
    finally:
        reader.close()
