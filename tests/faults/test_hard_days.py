"""Clocks, disks, files and queues that fail under a running system; every count still arrives once."""

import contextlib
import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.field import Field, field, missing
from tests.waiting import until

pytestmark = [
    pytest.mark.skipif(missing("mosquitto") is not None, reason=str(missing("mosquitto"))),
    pytest.mark.timeout(600),
]
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


def count_for(it: Field, seconds: float, dice: random.Random) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        it.count(4, dice)
        time.sleep(0.05)  # the pace of counting, not a wait for anything


def equal(it: Field, verdict: "subprocess.CompletedProcess[str]") -> None:
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr + it.log("agent-0") + it.log("collector-0")


@pytest.mark.skipif(FAKETIME is None, reason="no libfaketime here: apt-get install faketime")
@pytest.mark.parametrize("clock", ["@1970-01-01 00:00:10", "-1h", "+400d"])
def test_counts_arrive_on_the_right_day_from_a_robot_with_a_wrong_clock(tmp_path: Path, clock: str) -> None:
    with field(tmp_path) as it:
        it.environment_of = lambda name: (
            {"LD_PRELOAD": str(FAKETIME), "FAKETIME": clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            if name.startswith("agent")
            else {}
        )
        it.start("broker", "agent-0")  # nobody tells the robot the time at first
        it.start()
        count_for(it, 5, random.Random(1))
        equal(it, it.settle())


@pytest.mark.skipif(FAKETIME is None, reason="no libfaketime here: apt-get install faketime")
def test_counts_arrive_from_a_robot_whose_clock_jumps_while_it_runs(tmp_path: Path) -> None:
    jumps = tmp_path / "faketime"
    jumps.write_text("+0")
    with field(tmp_path) as it:
        it.environment_of = lambda name: (
            {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(jumps),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
            if name.startswith("agent")
            else {}
        )
        it.start()
        dice = random.Random(2)
        for offset in ("+0", "-1h", "+400d", "+0"):
            jumps.write_text(offset)
            count_for(it, 2.5, dice)
        equal(it, it.settle())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, to be filled."""
    place = tmp_path / "small"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("no small disk here: mounting needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_loses_nothing_and_is_recovered_from(tmp_path: Path, small_disk: Path) -> None:
    with field(tmp_path) as it:
        (tmp_path / "agent-0").symlink_to(small_disk)
        it.start()
        dice = random.Random(3)
        count_for(it, 3, dice)
        filler = small_disk / "filler"
        _fill(filler)
        it.kill("collector-0")  # nothing is acked, so nothing may be deleted
        count_for(it, 5, dice)
        assert "disk_full" in it.log("agent-0")
        filler.unlink()
        equal(it, it.settle())


def test_a_broker_killed_with_its_queue_overflowing_loses_nothing(tmp_path: Path) -> None:
    with field(tmp_path) as it:
        it.broker.lines = ["max_queued_messages 5"]
        it.start()
        dice = random.Random(4)
        count_for(it, 2, dice)
        it.kill("collector-0")
        count_for(it, 6, dice)
        it.kill("broker")
        count_for(it, 1, dice)
        equal(it, it.settle())


def test_a_frozen_agent_and_a_frozen_collector_double_nothing(tmp_path: Path) -> None:
    with field(tmp_path) as it:
        it.start()
        dice = random.Random(5)
        for name in ("agent-0", "collector-0"):
            count_for(it, 2, dice)
            it.freeze(name)
            count_for(it, 4, dice)
            it.thaw(name)
        equal(it, it.settle())


def test_a_damaged_outbox_loses_at_most_what_the_robot_itself_reports(tmp_path: Path) -> None:
    with field(tmp_path) as it:
        it.start()
        dice = random.Random(6)
        count_for(it, 3, dice)
        it.kill("collector-0")  # a backlog grows that is nowhere else
        count_for(it, 4, dice)
        it.kill("agent-0")
        outbox = max((tmp_path / "agent-0").glob("*.db"), key=lambda path: path.stat().st_size)
        log = outbox.with_name(outbox.name + "-wal")
        _damage(log if log.exists() and log.stat().st_size else outbox, dice)
        it.start()
        until(lambda: it.settle(5).returncode == 0 or it.reported_lost(), lambda: it.log("agent-0"))


def _fill(path: Path) -> None:
    """Write until the disk takes no more."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        for size in (65_536, 1024, 1):
            with contextlib.suppress(OSError):
                while os.write(handle, b"x" * size):
                    pass
    finally:
        os.close(handle)


def _damage(path: Path, dice: random.Random) -> None:
    image = bytearray(path.read_bytes())
    for _ in range(40):
        image[dice.randrange(len(image))] ^= 0xFF
    path.write_bytes(image)
