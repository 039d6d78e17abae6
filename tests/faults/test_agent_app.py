"""Counting through faults: a clock in 1970, a disk that refuses. Real outbox and broker; the clock is handed in."""

import asyncio
import contextlib
import threading
import time
from types import SimpleNamespace

import pytest

from edge_agent.app import progress
from edge_agent.clock import Clock, ClockSample
from edge_agent.config import load
from edge_agent.counting.count_task import Counting
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.readings import Condition, Increment, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.errors import DiskFull, StorageFull
from edge_agent.outbox import Outbox
from edge_agent.outbox.flapping import Flapping
from edge_agent.outbox.values import OutboxSettings
from edge_agent.status.offline import held_records
from edge_agent.uplink.link import Link
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.uplink import Uplink
from protocol import records
from tests.collectors import TinyCollector
from tests.waiting import DEADLINE_S

TRUE_TIME_S = 1_800_000_000
CHECKPOINT_S = 60.0
DESCRIPTION = records.description(agent="1", timezone="UTC", configuration={}, supported=[])


class Board:
    """The robot's clocks, moved by the test."""

    def __init__(self, wall_s, *, disciplined):
        self.mono_s, self.wall_s, self.disciplined = 100.0, float(wall_s), disciplined

    def read(self):
        return ClockSample("boot-1", self.mono_s, self.wall_s, self.disciplined)

    def pass_s(self, seconds):
        self.mono_s += seconds
        self.wall_s += seconds


@contextlib.asynccontextmanager
async def opened(tmp_path):
    outbox = await Outbox.open(
        tmp_path / "outbox.db", settings=OutboxSettings("r1"), hardware="", boot_id="boot-1", now_s=0, mono_s=100
    )
    try:
        yield outbox
    finally:
        await outbox.close()


async def counting_on(outbox, board, window_s=10, checkpoint_s=CHECKPOINT_S):
    clock = Clock(outbox.boot, outbox.last_seen_s)
    restored = await outbox.restore()
    sampler = Sampler(clock.stamp(board.read()), window_s=window_s, totals=restored.totals, window=restored.window)
    flapping = Flapping(outbox._file.path.parent, outbox)
    tracker = EpisodeTracker(flapping.known(restored.episodes))
    rhythm = {"tick_s": 1, "window_s": window_s, "checkpoint_s": checkpoint_s}
    counting = Counting(outbox, clock, board.read, sampler, tracker, **rhythm)
    counting.flap_notes.keep = flapping.keep
    return counting


async def count(counting, board, amount):
    """One window of it."""
    counting.take_for("test")(Increment("guided_tour", amount))
    board.pass_s(10)
    await counting.tick()


def held(outbox, tmp_path):
    """What the file holds, read beside it: asking the outbox for a batch would count as having sent it."""
    assert outbox.held == 1
    return list(held_records(load({"state_dir": str(tmp_path)}, {})))


def windows(found):
    return [record for record in found if record["kind"] == "window"]


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port, now_ms=lambda: TRUE_TIME_S * 1000).start()
    yield tiny
    tiny.stop()


async def deliver(outbox, counting, url, collector, *, learns=True):
    """Connect, hand everything over, leave."""

    async def ignore(_now_ms):
        return None

    settings = load({"robot": "r1", "mqtt_url": url, "upload_s": "1"}, {})
    learn = counting.learn if learns else ignore
    senses = Senses(time.monotonic, time.time, lambda: 1, lambda: 0, learn, lambda: DESCRIPTION)
    uplink = Uplink(settings, outbox, Link(settings, now=time.time, floor_s=lambda: 0.0), senses, lambda: 0.001)
    task = asyncio.create_task(uplink.run())
    await collector.until(lambda: collector.marks.get(outbox.epoch) == outbox.newest)
    uplink.leave()
    await asyncio.wait_for(task, DEADLINE_S)


async def test_what_was_counted_in_1970_leaves_with_the_collectors_time(tmp_path, mosquitto, collector):
    board = Board(wall_s=5, disciplined=False)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        for _ in range(3):
            await count(counting, board, 1)
        assert [window["at"] < 1000 for window in windows(held(outbox, tmp_path))] == [True] * 3
        await deliver(outbox, counting, mosquitto.url, collector)
    assert collector.total("guided_tour") == 3
    stamps = [(window["at"], window["sync"]) for window in windows(collector.records())]
    assert [sync for _, sync in stamps] == ["restamped"] * 3
    assert all(TRUE_TIME_S - 40 < at <= TRUE_TIME_S for at, _ in stamps)


async def test_without_the_collectors_time_they_would_leave_as_1970(tmp_path, mosquitto, collector):
    """The control: it is the hello's answer that mends them."""
    board = Board(wall_s=5, disciplined=False)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        await count(counting, board, 1)
        await deliver(outbox, counting, mosquitto.url, collector, learns=False)
    assert [(w["at"] < 1000, w["sync"]) for w in windows(collector.records())] == [(True, "unsynced")]


async def test_a_clock_that_is_set_by_hand_is_told_and_nothing_is_counted_twice(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        await count(counting, board, 1)
        board.wall_s += 400 * 86_400
        await counting.tick()
        board.wall_s -= 3600
        await counting.tick()
        await count(counting, board, 1)
        found = held(outbox, tmp_path)
    steps = [record["detail"]["step_s"] for record in found if record.get("event") == "clock"]
    assert steps == [400 * 86_400, -3600]
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 2
    assert sum(window["span"] for window in windows(found)) == 20


async def through_a_full_disk(tmp_path, *, takes_back=True):
    """Five counts and a fault, three of them while nothing can be stored; what the file holds afterwards."""
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        if not takes_back:
            counting.sampler.reopen = lambda _closed: None
        await count(counting, board, 1)
        real_append, real_checkpoint = outbox.append, outbox.checkpoint

        async def refuse(*_arguments, **_options):
            raise DiskFull("no room: free some space")

        outbox.append = outbox.checkpoint = refuse
        counting.take_for("test")(Condition("touch", "no_response", active=True))
        for _ in range(3):
            await count(counting, board, 1)
        assert "no room" in counting.trouble
        with pytest.raises(StorageFull):
            await counting.commit()
        outbox.append, outbox.checkpoint = real_append, real_checkpoint
        await count(counting, board, 1)
        assert counting.trouble == ""
        return held(outbox, tmp_path)


async def test_a_disk_that_refuses_keeps_the_window_open_and_loses_nothing(tmp_path):
    found = await through_a_full_disk(tmp_path)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 5
    assert [record["state"] for record in found if record["kind"] == "fault"] == ["open"]
    assert sum(window["span"] for window in windows(found)) == 50


async def test_without_taking_back_what_was_not_stored_counts_would_be_gone(tmp_path):
    """The control."""
    found = await through_a_full_disk(tmp_path, takes_back=False)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 2


async def test_pushed_counts_are_durable_when_commit_returns_and_one_write_serves_many(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        commits = outbox.figures().commits
        take = counting.take_for("local")

        async def push():
            take(Increment("guided_tour", 1))
            await counting.commit()

        await asyncio.gather(*(push() for _ in range(50)))
        assert outbox.figures().commits <= commits + 2
        restored = await outbox.restore()
    assert restored.window["counts"]["guided_tour"] == 50


async def test_pushed_counts_nobody_asked_to_commit_are_durable_within_the_checkpoint_period(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board, window_s=300)
        counting.take_for("statsd")(Increment("guided_tour", 7))
        board.pass_s(1)
        await counting.tick()
        assert (await outbox.restore()).window is None
        board.pass_s(CHECKPOINT_S)
        await counting.tick()
        assert (await outbox.restore()).window["counts"]["guided_tour"] == 7


async def test_a_total_that_was_counted_before_a_crash_is_not_counted_again(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        take = counting.take_for("meter")
        take(Total("distance_m", 100.0, "life-1", from_zero=True))
        board.pass_s(10)
        await counting.tick()
        take(Total("distance_m", 150.0, "life-1", from_zero=True))  # in the open window: lost with the process
        again = await counting_on(outbox, board)
        again.take_for("meter")(Total("distance_m", 170.0, "life-1", from_zero=True))
        board.pass_s(10)
        await again.tick()
        found = held(outbox, tmp_path)
    assert sum(window["counts"].get("distance_m", 0) for window in windows(found)) == 170


async def test_a_fault_is_stored_at_once_and_the_uplink_is_told(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board, window_s=300)
        told = []
        counting.on_fault = lambda: told.append(True)
        counting.take_for("test")(Condition("navigation", "lidar", active=True, ref="front"))
        await counting.commit()
        found = held(outbox, tmp_path)
    assert told
    assert [(r["family"], r["ref"], r["state"]) for r in found if r["kind"] == "fault"] == [
        ("navigation", "front", "open")
    ]


async def test_a_stop_closes_the_window_and_says_so_last(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board, window_s=300)
        counting.take_for("test")(Increment("dance", 2))
        board.pass_s(30)
        now = counting.now()
        await counting.finish(records.stop(boot=now.boot, mono=now.mono, at=now.at))
        found = held(outbox, tmp_path)
    assert [record.get("event", record["kind"]) for record in found] == ["window", "stop"]
    assert found[0]["counts"]["dance"] == 2


async def test_the_watchdog_is_not_pinged_while_the_outbox_or_the_counting_is_stuck(tmp_path):
    settings = load({"sample_s": "1"}, {})
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, Board(TRUE_TIME_S, disciplined=True))
        agent = SimpleNamespace(outbox=outbox, counting=counting, settings=settings)
        assert await progress(agent, 1.0)
        release = threading.Event()
        outbox._thread.submit(release.wait)
        assert not await progress(agent, 0.1)
        release.set()
        assert await progress(agent, 5.0)
        counting.ticked_at_s -= 60
        assert not await progress(agent, 1.0)
