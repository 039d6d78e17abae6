"""Which hosts of a PostgreSQL's address do not answer, said while libpq still tries one after the other.

libpq says what it met when all have failed: ten seconds for each host that is gone without a word, and more for a name
whose name service is. So whoever waits for longer than a moment is told what a bare connection to each of them meets.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL

from collector.store import postgresql

PATIENCE_S = 2.0  # a database that is there has answered by then
ASKED_S = 3.0  # how long the hosts have to answer a bare connection before it is said what they did

log = logging.getLogger(__name__)


@contextmanager
def told_of(url: URL, patience_s: float = PATIENCE_S, asked_s: float = ASKED_S) -> Iterator[None]:
    """Whatever connects to `url` within: if it takes longer than a moment, one line says what each host does."""
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(url, done, patience_s, asked_s), name="store-hosts", daemon=True)
    watch.start()
    try:
        yield
    finally:
        done.set()


def _watch(url: URL, done: threading.Event, patience_s: float, asked_s: float) -> None:
    if done.wait(patience_s):
        return
    found: dict[str, str] = {}
    for host, port in postgresql.hosts(url):
        place = f"{host}:{port}"
        found[place] = "its name is still being looked up"
        threading.Thread(target=_ask, args=(host, port, place, found), name="store-host", daemon=True).start()
    if done.wait(asked_s):
        return
    hosts = "; ".join(f"{place}: {what}" for place, what in list(found.items()))
    extra = {"action": "store_tried", "store": postgresql.shown(url), "hosts": hosts}
    log.warning("PostgreSQL has not answered yet, still trying: %s", hosts, extra=extra)


def _ask(host: str, port: int, place: str, found: dict[str, str]) -> None:
    """What a bare connection to that host meets, as far as it has come."""
    try:
        family: int = socket.AF_UNIX
        address: Any = f"{host}/.s.PGSQL.{port}"
        if not host.startswith("/"):
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found[place] = "no answer"
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(postgresql.CONNECT_TIMEOUT_S)
            connection.connect(address)
        found[place] = "a connection is taken, PostgreSQL does not answer on it"
    except socket.gaierror:
        found[place] = "no address is known of that name"
    except OSError as error:
        found[place] = os.strerror(error.errno).lower() if error.errno else str(error)
