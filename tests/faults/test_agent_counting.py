"""Counting while nothing can be stored: more records than one append takes, and failures nobody foresaw."""

import asyncio
import logging

import pytest

from edge_agent.counting import series
from edge_agent.counting.count_task import WAITING_MAX, fitting
from edge_agent.counting.readings import Condition, Increment, SkillState, Total
from edge_agent.errors import DiskFull
from edge_agent.outbox.values import APPEND_MAX_RECORDS
from protocol import records
from tests.faults.test_agent_app import TRUE_TIME_S, Board, counting_on, held, opened, windows


class Disk:
    """What the outbox stands on: `error` is what every append and checkpoint meets, after `passes` that work."""

    def __init__(self, outbox, error):
        self.error, self.passes = error, 0
        self._append, self._checkpoint = outbox.append, outbox.checkpoint
        outbox.append, outbox.checkpoint = self.append, self.checkpoint

    def _meet(self):
        self.passes -= 1
        if self.error and self.passes < 0:
            raise self.error

    async def append(self, *given, **named):
        self._meet()
        return await self._append(*given, **named)

    async def checkpoint(self, *given):
        self._meet()
        await self._checkpoint(*given)


AN_HOUR = 250  # openings of all faults beyond some 300 an hour are counted, not stored


def flap(counting, board, times, code="offline"):
    """A fault that opens and closes."""
    for _ in range(times):
        for active in (True, False):
            board.pass_s(0.01)
            counting.take_for("test")(Condition("network", code, active=active))


def many(counting, board, times):
    """So many episodes: as many an hour as stay episodes of their own, each of another code."""
    for n in range(times):
        if n % AN_HOUR == 0:
            board.pass_s(3600)
        flap(counting, board, 1, f"offline_{n % AN_HOUR}")


def faults(found):
    return [record for record in found if record["kind"] == "fault"]


def whole(found):
    """Whether every episode in it opens, then closes."""
    states = [record["state"] for record in faults(found)]
    return states == ["open", "close"] * (len(states) // 2)


@pytest.mark.parametrize("flaps", [3, 300, 800])
async def test_a_full_disk_and_many_faults_lose_no_count(tmp_path, flaps):
    """3: the control. 300: two appends. 800: more than may wait."""
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        disk = Disk(outbox, DiskFull("no room"))
        counting.take_for("test")(Increment("guided_tour", 7))
        many(counting, board, flaps)
        for _ in range(3):
            board.pass_s(10)
            await counting.tick()
        assert counting.trouble == "no room"
        disk.error = None
        board.pass_s(10)
        await counting.tick()
        assert not counting.trouble
        found = held(outbox, tmp_path)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 7
    kept = min(2 * flaps, WAITING_MAX)
    assert (len(faults(found)), whole(found)) == (kept, True)
    lost = [record["detail"]["records"] for record in found if record.get("event") == "lost"]
    assert sum(lost) == 2 * flaps - kept


async def test_a_full_disk_and_a_flapping_fault_keep_a_few_records_and_every_opening(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        disk = Disk(outbox, DiskFull("no room"))
        counting.take_for("test")(Increment("guided_tour", 7))
        flap(counting, board, 800)
        board.pass_s(10)
        await counting.tick()
        disk.error = None
        board.pass_s(3600)  # the episode of a flapping fault ends with its hour
        await counting.tick()
        board.pass_s(10)
        await counting.tick()
        found = held(outbox, tmp_path)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 7
    assert whole(found)
    assert len(faults(found)) <= 2 * 11
    assert sum(record.get("openings", 1) for record in faults(found) if record["state"] == "close") == 800


async def test_what_the_second_append_refuses_is_stored_later_and_the_window_once(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        disk = Disk(outbox, DiskFull("no room"))
        counting.take_for("test")(Increment("guided_tour", 7))
        many(counting, board, APPEND_MAX_RECORDS)
        disk.passes = 1
        board.pass_s(10)
        await counting.tick()
        assert counting.trouble
        assert outbox.newest == APPEND_MAX_RECORDS
        disk.error = None
        board.pass_s(10)
        await counting.tick()
        found = held(outbox, tmp_path)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 7
    assert (len(faults(found)), whole(found)) == (2 * APPEND_MAX_RECORDS, True)


async def test_a_failure_inside_the_group_commit_is_logged_and_nothing_is_lost(tmp_path, caplog):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        disk = Disk(outbox, RuntimeError("nobody foresaw this"))
        counting.take_for("test")(Increment("guided_tour", 7))
        with caplog.at_level(logging.ERROR):
            flap(counting, board, 2)
            with pytest.raises(RuntimeError):
                await counting.commit()
        assert "commit_failed" in {record.action for record in caplog.records}
        disk.error = None
        board.pass_s(10)
        await counting.tick()
        found = held(outbox, tmp_path)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 7
    assert (len(faults(found)), whole(found)) == (4, True)


async def test_a_tick_that_fails_has_taken_nothing_away(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        disk = Disk(outbox, RuntimeError("nobody foresaw this"))
        counting.take_for("test")(Increment("guided_tour", 7))
        board.pass_s(10)
        with pytest.raises(RuntimeError):
            await counting.tick()
        disk.error = None
        board.pass_s(10)
        await counting.tick()
        found = held(outbox, tmp_path)
    assert [window["counts"].get("guided_tour") for window in windows(found)] == [7]


async def test_a_tick_that_is_cancelled_while_it_stores_ends_and_counts_once(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        begun, go_on, append = asyncio.Event(), asyncio.Event(), outbox.append

        async def slow(*given, **named):
            begun.set()
            await go_on.wait()
            return await append(*given, **named)

        outbox.append = slow
        counting.take_for("test")(Increment("guided_tour", 7))
        board.pass_s(10)
        task = asyncio.create_task(counting.tick())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        board.pass_s(10)
        await counting.tick()
        found = held(outbox, tmp_path)
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 7


async def test_what_is_given_up_is_the_oldest_whole_episode_then_the_oldest_skill_state(tmp_path):
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        Disk(outbox, DiskFull("no room"))
        take = counting.take_for("test")
        take(SkillState("guide", "1", "running"))
        take(Condition("network", "stays", active=True))
        flap(counting, board, 1, "early")
        flap(counting, board, 1, "late")
        waiting = counting._waiting
        shown = [[r.get("code", r.get("skill")) for r in fitting(waiting, most)] for most in (6, 5, 4, 2, 1)]
    assert shown == [
        ["guide", "stays", "early", "early", "late", "late"],
        ["guide", "stays", "late", "late"],
        ["guide", "stays", "late", "late"],
        ["guide", "stays"],
        ["stays"],
    ]


async def test_a_series_that_made_room_is_gone_from_the_outbox_too(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "SERIES_MAX", 2)
    board = Board(TRUE_TIME_S, disciplined=True)
    async with opened(tmp_path) as outbox:
        counting = await counting_on(outbox, board)
        disk = Disk(outbox, None)
        for number in range(4):
            counting.take_for("meter")(Total("guided_tour", 5, from_zero=True, series=f"s{number}"))
            disk.error = DiskFull("no room") if number == 2 else None
            board.pass_s(series.EVICT_AFTER_S)
            await counting.tick()
        totals = (await outbox.restore()).totals
        found = held(outbox, tmp_path)
    assert set(totals) == {("meter", "guided_tour|s2"), ("meter", "guided_tour|s3"), ("meter", "")}
    assert sum(window["counts"].get("guided_tour", 0) for window in windows(found)) == 15, "a fourth is doubted"


async def test_what_is_given_up_while_an_append_is_under_way_is_reported_by_the_next(tmp_path):
    async with opened(tmp_path) as outbox:
        commit = outbox._stream._room.commit

        def slow(*given, **named):
            commit(*given, **named)
            outbox._stream._room.commit = commit
            outbox.dropped(5)

        outbox._stream._room.commit = slow
        outbox.dropped(2)
        stop = records.stop(boot=1, mono=100, at=TRUE_TIME_S)
        await outbox.append([stop])
        await outbox.append([stop])
        found = held(outbox, tmp_path)
    assert [record["detail"]["records"] for record in found if record.get("event") == "lost"] == [2, 5]
