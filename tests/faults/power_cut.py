"""Power cuts of the real collector and the real agent: every rebuilt disk must hold what was acked, exactly.

Used by the short tests and by `make soak`. See powercut.py for the disk model.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.outbox import Outbox, OutboxSettings
from tests.faults import powercut

MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # thousands of disks a minute


@dataclass
class Verdict:
    """How many disks were rebuilt, and what was wrong with which."""

    states: int = 0
    lost: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.states} disks, {len(self.lost)} with acked records lost, {len(self.broken)} broken"


Check = Callable[[Path, int], str | None]


def cut(module: str, arguments: list[str], file: str, check: Check, *, seed: int, subsets: int, most: int) -> Verdict:
    """Record `python -m module FOLDER/file …`, rebuild at most `most` disks after its first ack, judge each."""
    verdict = Verdict()
    folder = Path(tempfile.mkdtemp(dir=MEMORY))
    try:
        disk, again = folder / "disk", folder / "again"
        disk.mkdir()
        argv = [sys.executable, "-m", module, str(disk / file), *arguments]
        events = powercut.record(argv, disk, folder / "trace", env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        first = next(number for number, event in enumerate(events) if event.kind == "ack")
        for state in powercut.states(events, seed, subsets=subsets, after=first):
            if verdict.states >= most:
                break
            shutil.rmtree(again, ignore_errors=True)
            again.mkdir()
            for name, image in state.files.items():
                (again / name).parent.mkdir(parents=True, exist_ok=True)
                (again / name).write_bytes(image)
            verdict.states += 1
            _judge(verdict, state, check, again / file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return verdict


def _judge(verdict: Verdict, state: powercut.State, check: Check, file: Path) -> None:
    where = f"event {state.event}, {state.variant}"
    acked = int(state.acks[-1].split()[1])
    try:
        lost = check(file, acked)
    except (sqlite3.DatabaseError, AssertionError) as error:
        verdict.broken.append(f"{where}: {error}")
        return
    if lost:
        verdict.lost.append(f"{where}: {lost}")


def collector_holds(file: Path, acked: int) -> str | None:
    """None when every robot's mark covers what was acked and its counts are those of its mark."""
    connection = sqlite3.connect(file)
    try:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        marks = dict(connection.execute("SELECT robot_id, mark FROM stream"))
        counted: dict[int, int] = {}
        for robot, totals in connection.execute("SELECT robot_id, totals FROM usage_day"):
            counted[robot] = counted.get(robot, 0) + json.loads(totals)["wake_up"]
    finally:
        connection.close()
    wrong = {robot: (mark, counted.get(robot)) for robot, mark in marks.items() if counted.get(robot) != 2 * mark}
    assert not wrong, f"counts do not belong to their marks: {wrong}"
    behind = [robot for robot, mark in marks.items() if mark < acked]
    return f"acked {acked}, robots {behind} are behind" if behind or not marks else None


def agent_holds(file: Path, acked: int) -> str | None:
    """None when the reopened outbox is the same epoch, whole, and holds every acked window that was not forgotten."""
    return asyncio.run(_agent_holds(file, acked))


async def _agent_holds(file: Path, acked: int) -> str | None:
    outbox = await Outbox.open(
        file, settings=OutboxSettings("cut-robot", reserve_bytes=0), hardware="h", boot_id="b2", now_s=1_800_000_000
    )
    try:
        assert not list(file.parent.glob("*damaged*")), "a power cut was taken for damage"
        batch = await outbox.batch(outbox.held, 1000)
        found = json.loads(batch.text)["records"] if batch else []
        lost = [r["detail"]["records"] for r in found if r["kind"] == "lifecycle"]
        assert not any(lost), f"the outbox says it lost {lost} records"
        # a full disk merges windows: such a one stands for all its numbers
        windows = [(r.get("first", r["seq"]), r["seq"], r["counts"]["wake_up"]) for r in found if r["kind"] == "window"]
        newest, held = (windows[-1][1], windows[0][0]) if windows else (0, 1)
        if newest < acked or held > max(1, acked // 3 * 3):
            return f"acked {acked}, the outbox holds {held}..{newest}"
        assert sum(last - first + 1 for first, last, _ in windows) == newest - held + 1, f"windows {windows}"
        assert all(n == sum(range(first, last + 1)) for first, last, n in windows), f"windows {windows}"
        totals = (await outbox.restore()).totals
        assert totals["skill", "wake_up"].value == newest * (newest + 1) // 2, "totals do not belong to the records"
    finally:
        await outbox.close()
    return None
