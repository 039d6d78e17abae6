"""The demo as a user starts it: real agent, real collector, and at the end everything equal."""

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from simulators.afternoon import afternoon
from simulators.children import free_port
from tests.waiting import DEADLINE_S

Start = Callable[..., Awaitable[asyncio.subprocess.Process]]
COMMAND = (sys.executable, "-m", "simulators", "demo", "--no-stories")


@pytest.fixture
async def demo() -> AsyncIterator[Callable[..., Awaitable[asyncio.subprocess.Process]]]:
    """Starts a demo; one that still runs at the end of the test is stopped, with all its children."""
    started: list[asyncio.subprocess.Process] = []

    async def start(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
        started.append(await _started(folder, *arguments))
        return started[-1]

    yield start
    for process in started:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def _started(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(*COMMAND, "--state", str(folder), "--port", str(free_port()), "--robots", "4", "--days", "1.5", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def children_of(folder: Path) -> set[int]:
    """Processes whose command line names the demo's folder."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes():
                found.add(int(path.parent.name))
        except OSError:
            continue  # it ended while we looked
    return found - {os.getpid()}


def skills_in(folder: Path) -> list[str]:
    """Processes whose working folder lies there: a skill's command line names no folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "cwd").readlink()).startswith(str(folder)):
                found.append(process.name)
    return found


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_everything_that_the_demo_counts_arrives_and_nothing_stays_behind(tmp_path: Path, demo: Start) -> None:
    process = await demo(tmp_path / "state", "--for", "6", "--check")
    said, _ = await asyncio.wait_for(process.communicate(), 200)
    text = said.decode()
    assert process.returncode == 0, text
    assert "This machine: equal: " in text
    assert "The fleet: equal: 4 robots" in text
    seen = re.search(r"The guide, equal to what its body saw: (guided_tour [1-9].*)\n", text)
    assert seen, text
    assert f"at the account This workshop: {seen[1]}\n" in text
    assert "/sign-in#token=fw_" in text
    assert re.search(r"as demo@example.com, password \S{16}\n", text)
    assert children_of(tmp_path) == set()
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    assert "scrape_failed" not in (tmp_path / "state" / "logs" / "agent.log").read_text()
    assert skills_in(tmp_path / "state" / "skills") == []
    for secret in ("passwords", "token", "this-machine.password", "fleet.db"):
        assert (tmp_path / "state" / secret).stat().st_mode & 0o077 == 0


def hours_of(folder: Path) -> dict[tuple[str, int], int]:
    """Seconds that each robot vouches for, by day."""
    with contextlib.closing(sqlite3.connect(folder / "fleet.db")) as store:
        rows = store.execute("SELECT name, day, covered_s FROM usage_day JOIN robot ON robot.id = usage_day.robot_id")
        return {(name, day): covered_s for name, day, covered_s in rows if name != "this-machine"}


async def test_a_demo_that_is_kept_goes_on_with_the_same_robots_and_tells_no_day_again(tmp_path: Path, demo: Start):
    folder = tmp_path / "state"
    for arguments in ((), ("--keep",)):
        process = await demo(folder, "--for", "3", "--check", *arguments)
        said, _ = await asyncio.wait_for(process.communicate(), 200)
        assert process.returncode == 0, said.decode()
        assert b"The fleet: equal: 4 robots" in said
        assert b"The guide, equal to what its body saw: guided_tour 1" in said
        hours = hours_of(folder)
        assert hours
        assert max(hours.values()) <= 86_400, "a day has no more seconds than it has"
        if not arguments:
            first = hours
    ended = max(day for _, day in first)
    assert {key: n for key, n in hours.items() if key[1] < ended} == {k: n for k, n in first.items() if k[1] < ended}
    assert all(hours[key] - n < 900 for key, n in first.items()), "the past was told again"


async def test_a_demo_that_is_kept_refuses_another_fleet_and_says_which_it_has(tmp_path: Path, demo: Start):
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / ".fleetward-demo").touch()
    (folder / "fleet.json").write_text('{"robots": 12, "seed": 1, "zone": "Asia/Tokyo"}')
    process = await demo(folder, "--keep", "--for", "1")
    said, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 1
    assert b"say --robots 12 --seed 1, or leave out --keep" in said


async def test_an_interrupt_ends_all_of_it(tmp_path: Path, demo: Start) -> None:
    process = await demo(tmp_path / "state")
    assert process.stdout is not None
    async with asyncio.timeout(120):
        while b"robots came" not in await process.stdout.readline():
            pass
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 110)
    assert process.returncode == 0
    assert children_of(tmp_path) == set()


async def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path, demo: Start) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    process = await demo(tmp_path)
    said, _ = await asyncio.wait_for(process.communicate(), DEADLINE_S)
    assert process.returncode == 1
    assert b"not a demo's" in said
    assert names_in(tmp_path) == ["thesis.txt"]


@pytest.mark.parametrize("hour", range(24))
def test_it_is_afternoon_somewhere_at_any_hour(hour: int) -> None:
    now = datetime(2026, 6, 1, hour, 30, tzinfo=UTC)
    assert 13 <= now.astimezone(ZoneInfo(afternoon(now))).hour <= 17
