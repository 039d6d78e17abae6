"""What counting writes to the flash while StatsD pushes all day: bytes as the kernel counts them, on a real disk."""

import tempfile
from pathlib import Path

import pytest

from edge_agent.config import Settings
from edge_agent.counting.readings import Increment, Total
from edge_agent.outbox import bytes_written
from tests.faults.test_agent_app import TRUE_TIME_S, Board, counting_on, opened

WINDOW_S, TICK_S, HOURS = 300, 10, 2
DAY_MAX_MB = 8.0
COMMIT_MAX_BYTES = 12_000


async def day_of_statsd(checkpoint_s, *, pushes=True):
    """(MB a day, bytes of one commit, commits): two hours of ticks, after a quarter of an hour that settles."""
    board = Board(TRUE_TIME_S, disciplined=True)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        async with opened(Path(folder)) as outbox:
            counting = await counting_on(outbox, board, window_s=WINDOW_S, checkpoint_s=checkpoint_s)
            counting.before_tick = lambda: counting.sampler.take(
                "agent", Total("agent_bytes_written", board.mono_s * 100, "life", from_zero=True)
            )
            await counting.answered(told=False)
            settled = (0, 0)
            for tick in range((HOURS * 3600 + 900) // TICK_S):
                if tick == 900 // TICK_S:
                    settled = bytes_written() or 0, outbox.figures().commits
                counting.take_for("system")(Total("operating_s", board.mono_s, "boot"))
                if pushes:
                    counting.take_for("statsd")(Increment("guided_tour", TICK_S))
                board.pass_s(TICK_S)
                await counting.tick()
            written = (bytes_written() or 0) - settled[0]
            commits = outbox.figures().commits - settled[1]
    if not written:
        pytest.skip("this file system counts no bytes")
    return written * 24 / HOURS / 1e6, written / commits, commits


async def test_a_day_of_statsd_keeps_within_the_budget_of_the_flash():
    """The control is a write each minute, as before: more than twice the commits, and half as much again in bytes."""
    mb, of_one, commits = await day_of_statsd(Settings().checkpoint_s)
    assert (mb <= DAY_MAX_MB, of_one <= COMMIT_MAX_BYTES, commits) == (True, True, 2 * 12 * HOURS)
    quiet_mb, _, quiet = await day_of_statsd(Settings().checkpoint_s, pushes=False)
    often_mb, often_one, often = await day_of_statsd(60)
    assert (quiet, often) == (12 * HOURS, 5 * 12 * HOURS)
    assert often_one <= COMMIT_MAX_BYTES
    assert quiet_mb < mb < often_mb / 1.5
