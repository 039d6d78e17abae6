"""The agent as a process on a file system that fills up: it goes on counting, says so, and delivers everything."""

import contextlib
import os
import subprocess
import time

import pytest

from edge_agent.client import Counts
from tests.collectors import TinyCollector
from tests.integration.edge_agent.test_app import Agent, until

DISK = "size=1m"  # the outbox, its log and its reserve just fit
MANY = 350  # counters in every window, so that the disk is full soon


@pytest.fixture
def small_disk(tmp_path):
    """A folder of one megabyte; mounting needs root."""
    folder = tmp_path / "d"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("a small file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def agent(small_disk, mosquitto):
    made = Agent(small_disk, mosquitto.url)
    yield made
    made.kill()


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port, now_ms=lambda: int(time.time() * 1000)).start()
    yield tiny
    tiny.stop()


def fill_up(folder):
    """Leave no byte; called again, take what was freed meanwhile."""
    for name, piece in (("ballast", 4096), ("crumbs", 64)):
        with (folder / name).open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(b"\0" * piece)


def test_what_is_counted_while_the_disk_is_full_arrives_when_there_is_room_again(
    agent, mosquitto, collector, small_disk
):
    agent.start()
    until(agent.listens)
    counts = Counts(agent.state / "count.sock", flush_s=0.1)
    counts.add("guided_tour", 5)
    until(lambda: collector.total("guided_tour") == 5)
    mosquitto.kill()  # with a collector that answers, what is stored makes room again and again
    counted = 0

    def refuses():
        nonlocal counted
        fill_up(small_disk)
        counts.add("guided_tour")
        for number in range(MANY):
            counts.add(f"own.c{number}")
        counted += 1
        time.sleep(0.2)  # not for order: a window of this much is to be made
        return agent.status()["outbox"]["trouble"]

    until(refuses)
    counts.add("guided_tour", 7)
    mosquitto.start()
    for name in ("ballast", "crumbs"):
        (small_disk / name).unlink()
    until(lambda: collector.total("guided_tour") == 12 + counted)
    until(lambda: not agent.status()["outbox"]["trouble"])
    assert counts.close()
    agent.stop()
    assert collector.total("guided_tour") == 12 + counted
    assert collector.total("own.c0") == counted
