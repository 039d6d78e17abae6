"""How fast batches become committed and acked rows, through a real Mosquitto; the raw broker beside it.

One collector process, one publisher process and the broker share the machine, so every figure is a lower bound
for a collector that has cores of its own. Batches are compressed as robots send them, 20 counters a window.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import Absent
from tests.brokers import BINARY, Mosquitto
from tests.databases import fresh_database, postgresql_programs, private_postgresql

BROKER_LINES = ("max_inflight_messages 5000", "max_queued_messages 0")
IN_FLIGHT = 4_000  # batches under way in the whole fleet: 1,000 robots with four each
ONE = (2_000, 30, 1)  # robots, rounds, windows in a batch
TWELVE = (2_000, 6, 12)
BACKLOG = (1_000, 3, 96)  # 288 windows of each robot: a day
PACED = (1_000, 8, 1)
PACED_RATE = 1_000


@contextmanager
def collector(url: str, store: str, part: str = "1/1") -> Iterator[dict[str, Any]]:
    """A running collector; its figures are in the dict when the block has ended."""
    command = [sys.executable, "-m", "tests.bench.ingest_only", url, store, part]
    figures: dict[str, Any] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the collector did not start"
        try:
            yield figures
        finally:
            process.terminate()
            figures.update(json.loads(process.stdout.readline() or "{}"))


def load(mode: str, port: int, shape: tuple[int, int, int], in_flight: int = IN_FLIGHT) -> float:
    """Batches per second from the first sent to the last acked (or received)."""
    result = generate(mode, port, shape, in_flight)
    return float(result["batches"] / result["seconds"])


def generate(mode: str, port: int, shape: tuple[int, int, int], in_flight: int) -> dict[str, Any]:
    """Run the load generator; in mode `paced`, `in_flight` is the rate in batches a second."""
    command = [sys.executable, "-m", "tests.bench.loadgen", mode, str(port), *map(str, shape), str(in_flight)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write("go\n")
        process.stdin.flush()
        result: dict[str, Any] = json.loads(process.stdout.readline())
    assert result["batches"] == shape[0] * shape[1], f"only {result} of {shape[0] * shape[1]} came"
    return result


def run() -> list[dict[str, Any]]:
    """All rows: raw broker, SQLite with one and twelve windows a batch, PostgreSQL with one and two collectors."""
    if not Path(BINARY).exists():
        raise Absent("mosquitto is not installed: apt-get install mosquitto")
    with tempfile.TemporaryDirectory() as folder:
        rows = _sqlite(Path(folder))
        if postgresql_programs():
            rows += _postgresql(Path(folder), rows)
    return rows


@contextmanager
def broker(folder: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(folder, lines=BROKER_LINES).start()
    try:
        yield running
    finally:
        running.stop()


def _sqlite(folder: Path) -> list[dict[str, Any]]:
    with broker(folder / "broker") as mosquitto:
        raw = load("raw", mosquitto.port, ONE)
        with collector(mosquitto.url, f"sqlite:///{folder}/one.db") as ones:
            one = load("publish", mosquitto.port, ONE)
        with collector(mosquitto.url, f"sqlite:///{folder}/twelve.db"):
            twelve = load("publish", mosquitto.port, TWELVE)
        with collector(mosquitto.url, f"sqlite:///{folder}/backlog.db"):
            backlog = generate("publish", mosquitto.port, BACKLOG, IN_FLIGHT)["seconds"]
        with collector(mosquitto.url, f"sqlite:///{folder}/paced.db"):
            latency = generate("paced", mosquitto.port, PACED, PACED_RATE)
    windows = twelve * TWELVE[2]
    return [
        {"name": "raw broker, publisher to trivial subscriber", "value": raw, "unit": "messages/s"},
        {
            "name": "ingest on SQLite, one window a batch, durable and acked", "value": one, "unit": "batches/s",
            "target": "≥ 8,000", "met": one >= 8_000, "baseline": raw, "ratio": one / raw,
        },
        {"name": "its CPU", "value": ones["cpu_s"] * 1e6 / (ONE[0] * ONE[1]), "unit": "µs a batch"},
        {"name": "its memory", "value": ones["rss_mb"], "unit": "MB", "target": "≤ 300", "met": ones["rss_mb"] <= 300},
        {
            "name": "ingest on SQLite, twelve windows a batch", "value": windows, "unit": "windows/s",
            "target": "≥ 40,000", "met": windows >= 40_000, "baseline": raw, "ratio": twelve / raw,
        },
        {
            "name": "backlog of 1,000 robots after 24 h (288,000 windows) drained", "value": backlog, "unit": "s",
            "target": "≤ 30", "met": backlog <= 30,
        },
        {
            "name": "ack latency at 1,000 windows/s, p99, sent to acked", "value": latency["p99"] * 1000, "unit": "ms",
            "target": "≤ 250", "met": latency["p99"] <= 0.25,
        },
        {"name": "ack latency at 1,000 windows/s, median", "value": latency["p50"] * 1000, "unit": "ms"},
    ]  # fmt: skip


def _postgresql(folder: Path, sqlite: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with private_postgresql() as server, broker(folder / "broker-pg") as mosquitto:
        with fresh_database(server) as url, collector(mosquitto.url, url):
            one = load("publish", mosquitto.port, ONE)
        with fresh_database(server) as url, collector(mosquitto.url, url):
            twelve = load("publish", mosquitto.port, TWELVE) * TWELVE[2]
        with (
            fresh_database(server) as url,
            collector(mosquitto.url, url, "1/2"),
            collector(mosquitto.url, url, "2/2"),
        ):
            two = load("publish", mosquitto.port, ONE)
    of_sqlite, windows_of_sqlite = sqlite[1]["value"], sqlite[4]["value"]
    return [
        {
            "name": "ingest on PostgreSQL, one window a batch", "value": one, "unit": "batches/s",
            "target": "≥ half of SQLite", "met": one >= of_sqlite / 2, "baseline": of_sqlite, "ratio": one / of_sqlite,
        },
        {
            "name": "ingest on PostgreSQL, twelve windows a batch", "value": twelve, "unit": "windows/s",
            "target": "≥ half of SQLite", "met": twelve >= windows_of_sqlite / 2, "baseline": windows_of_sqlite,
            "ratio": twelve / windows_of_sqlite,
        },
        {
            "name": "two collectors on one PostgreSQL, by shards", "value": two, "unit": "batches/s",
            "target": "≥ 1.5 × one", "met": two >= 1.5 * one, "baseline": one, "ratio": two / one,
        },
    ]  # fmt: skip
