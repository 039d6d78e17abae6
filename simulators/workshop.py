"""Programs on this machine that really do something and count it, for the demo. A process of its own.

visitor   fetches the collector's health page twice a second. What it fetched stands on an OpenMetrics
          endpoint (prometheus_client); each visit is also told over StatsD, by a thread of its own.

The endpoint is open from the start; the visiting begins when `begin` is there, the agent's socket, so that
nothing is told that nobody hears. On SIGTERM it stops visiting, leaves the endpoint open for a last scrape,
and writes what it counted.
"""

import json
import queue
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, start_http_server
from prometheus_client.metrics_core import Metric

EVERY_S = 0.5
BEGIN_POLL_S = 0.05
LAST_SCRAPE_S = 60.0  # the demo's agent scrapes every second; a busy machine takes longer


class Scrapes:
    """Counts how often the endpoint was read: it is part of the registry and has no metric of its own."""

    def __init__(self) -> None:
        self.count = 0

    def collect(self) -> Iterable[Metric]:
        self.count += 1
        return ()


@dataclass(slots=True)
class Visitor:
    """Counts what it fetched; the totals are the truth that the demo checks against."""

    url: str
    told: "queue.SimpleQueue[bytes | None]"
    totals: dict[str, int] = field(default_factory=dict)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    pages: Counter = field(init=False)
    bytes: Counter = field(init=False)

    def __post_init__(self) -> None:
        self.pages = Counter("workshop_pages", "Pages fetched", registry=self.registry)
        self.bytes = Counter("workshop_page_bytes", "Bytes of the pages fetched", registry=self.registry)

    def visit(self) -> None:
        began_s = time.monotonic()
        try:
            with urllib.request.urlopen(self.url, timeout=5) as page:  # noqa: S310 - the collector's own address
                size = len(page.read())
        except (urllib.error.URLError, OSError):
            self._tell("visits_failed")
            return
        self.pages.inc()
        self.bytes.inc(size)
        self._add("pages", 1)
        self._add("page_bytes", size)
        self._tell("visits")
        self.told.put(f"workshop.visit_ms:{(time.monotonic() - began_s) * 1000:.1f}|g".encode())

    def _tell(self, name: str) -> None:
        self._add(name, 1)
        self.told.put(f"workshop.{name}:1|c".encode())

    def _add(self, name: str, n: int) -> None:
        key = f"workshop.{name}"
        self.totals[key] = self.totals.get(key, 0) + n


def statsd_client(port: int, told: "queue.SimpleQueue[bytes | None]") -> None:
    """Sends what it is handed to StatsD, until None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        while (line := told.get()) is not None:
            out.sendto(line, ("127.0.0.1", port))


def main(url: str, metrics_port: int, statsd_port: int, begin: Path, counted: Path) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    visitor = Visitor(url, queue.SimpleQueue())
    scrapes = Scrapes()
    visitor.registry.register(scrapes)
    start_http_server(metrics_port, "127.0.0.1", registry=visitor.registry)
    teller = threading.Thread(target=statsd_client, args=(statsd_port, visitor.told), name="statsd client")
    teller.start()
    # The agent listens, and what its first scrape found is its baseline: what counts begins behind both.
    while not (begin.exists() and scrapes.count) and not stop.wait(BEGIN_POLL_S):
        pass
    while not stop.wait(EVERY_S):
        visitor.visit()
    visitor.told.put(None)
    teller.join()
    counted.write_text(json.dumps(visitor.totals), encoding="utf-8")
    # The first scrape from now on may have begun before the last visit; the one after it has everything, and has been
    # read to its end when a third one comes.
    all_read, last_s = scrapes.count + 3, time.monotonic() + LAST_SCRAPE_S
    while scrapes.count < all_read and time.monotonic() < last_s:
        time.sleep(BEGIN_POLL_S)
    time.sleep(EVERY_S)  # what is being answered is answered to its end


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
