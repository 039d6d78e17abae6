"""Who waits for a PostgreSQL of several hosts is told within seconds which of them does what."""

import logging
import socket
import threading

import pytest

from collector.errors import StoreAway
from collector.store import postgresql, tried_hosts
from collector.store.engine import open_reader, open_store
from tests.brokers import free_port
from tests.waiting import until


@pytest.fixture
def silent():
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def tried(caplog):
    return [record.hosts for record in caplog.records if getattr(record, "action", "") == "store_tried"]


def test_each_host_is_named_with_what_it_does_while_the_connection_still_waits(silent, caplog):
    caplog.set_level(logging.WARNING)
    dead = free_port()
    url = postgresql.address(
        f"postgresql://u:secret@127.0.0.1:{silent},127.0.0.1:{dead},nowhere.invalid,[::1]:{dead}/db"
    )
    with tried_hosts.told_of(url, patience_s=0.0, asked_s=2.0):
        until(lambda: tried(caplog))
    (said,) = tried(caplog)
    assert f"127.0.0.1:{silent}: a connection is taken, PostgreSQL does not answer on it" in said
    assert f"127.0.0.1:{dead}: connection refused" in said
    assert "nowhere.invalid:5432: no address is known of that name" in said
    assert f"::1:{dead}: " in said
    assert "secret" not in caplog.text


def test_a_database_that_answers_in_time_is_not_spoken_of(caplog):
    caplog.set_level(logging.WARNING)
    with tried_hosts.told_of(postgresql.address(f"postgresql://u@127.0.0.1:{free_port()},b.invalid/db")):
        pass
    until(lambda: not any(thread.name == "store-hosts" for thread in threading.enumerate()))
    assert tried(caplog) == []


@pytest.mark.parametrize("opening", [open_store, open_reader])
def test_the_end_names_every_host_with_its_own_reason(opening, silent):
    dead = free_port()
    with pytest.raises(StoreAway) as caught:
        opening(f"postgresql://u:secret@127.0.0.1:{silent},127.0.0.1:{dead},nowhere.invalid/db?connect_timeout=2")
    said = str(caught.value)
    assert "no address is known of nowhere.invalid" in said
    assert f"127.0.0.1:{silent}: connection timeout expired" in said
    assert f"127.0.0.1:{dead}: Connection refused" in said
    assert "\n" not in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("address", "hosts"),
    [
        ("postgresql://u@db1/x", [("db1", 5432)]),
        ("postgresql://u@db1:6000/x", [("db1", 6000)]),
        ("postgresql://a,b:1,c/x", [("a", 5432), ("b", 1), ("c", 5432)]),
        ("postgresql://u@/x?host=a,b&port=7", [("a", 7), ("b", 7)]),
        ("postgresql://u@/x?host=/run/pg&port=7", [("/run/pg", 7)]),
        ("postgresql://u@[::1]:7,b/x", [("::1", 7), ("b", 5432)]),
    ],
)
def test_hosts_stand_in_the_order_of_the_address(address, hosts):
    assert postgresql.hosts(postgresql.address(address)) == hosts
