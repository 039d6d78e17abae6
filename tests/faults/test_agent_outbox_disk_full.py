"""A full disk: nothing stored is lost, nothing half-stored, acks still free room, and counting goes on after."""

import asyncio
import os
import subprocess
from contextlib import contextmanager

import pytest

from edge_agent.errors import DiskFull
from edge_agent.outbox import Outbox, OutboxSettings, SourceTotal
from edge_agent.outbox.start import peek
from protocol import records

BEGIN = 1_800_000_000


@contextmanager
def _small_disk(folder):
    """4 MB of tmpfs."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a tmpfs: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(folder):
    """Somebody else's data up to the last block."""
    with (folder / "other").open("ab", buffering=0) as file:
        block = bytes(4096)
        try:
            while True:
                file.write(block)
        except OSError:
            return


async def _open(folder, reserve_bytes=1024 * 1024):
    return await Outbox.open(
        folder / "outbox.db",
        settings=OutboxSettings("robot", reserve_bytes=reserve_bytes),
        hardware="h",
        boot_id="b",
        now_s=BEGIN,
    )


def _fault(i):
    return records.fault(boot=1, mono=i, at=BEGIN + i, state="open", family="touch", code=f"c{i}", detail="d" * 350)


async def _until_full(outbox, first=0):
    """Append records that cannot be merged; how many were stored."""
    for i in range(first, 100_000):
        try:
            await outbox.append([_fault(i)], totals={("s", "c"): SourceTotal("c", i + 1, "e")})
        except DiskFull:
            return i
    raise AssertionError("the disk did not become full")


async def _note_often(outbox):
    """Small commits that need no more room than they had."""
    for i in range(100):
        await outbox.set_note("session", {"number": 1000 + i})


async def test_a_full_disk_loses_nothing_and_acks_still_free_room(tmp_path):
    with _small_disk(tmp_path):
        outbox = await _open(tmp_path)
        for i in range(300):
            await outbox.append([_fault(i)], totals={("s", "c"): SourceTotal("c", i + 1, "e")})
        _fill(tmp_path)
        stored = await _until_full(outbox, 300)
        _fill(tmp_path)
        assert outbox.figures().full
        assert outbox.newest == stored
        assert (await outbox.restore()).totals["s", "c"].value == stored
        await _note_often(outbox)
        outgoing = await outbox.batch(1, 200)
        await outbox.forget(outgoing.last)
        assert len(peek(tmp_path / "outbox.db").rows) == stored - outgoing.last, "deleted at 100 % full"
        more = await _until_full(outbox, stored)
        assert more > stored, "counting went on in the room that the ack freed"
        (tmp_path / "other").unlink()
        await outbox.append([_fault(more)])
        assert not outbox.figures().full
        assert (tmp_path / "outbox.reserve").stat().st_size == 1024 * 1024
        await outbox.close()
        outbox = await _open(tmp_path)
        assert outbox.newest == more + 1
        assert not peek(tmp_path / "outbox.db").losses
        await outbox.close()


async def test_windows_are_merged_on_a_full_disk_before_anything_is_refused(tmp_path):
    with _small_disk(tmp_path):
        outbox = await _open(tmp_path)
        for i in range(600):
            await outbox.append([_window(i)])
        _fill(tmp_path)
        for i in range(600, 3000):
            await outbox.append([_window(i)])
        assert outbox.figures().merged > 1000
        rows = peek(tmp_path / "outbox.db").rows
        assert sum(row.record["counts"]["touches"] for row in rows) == 3000
        await outbox.close()


async def test_without_the_reserve_a_full_disk_cannot_be_relieved(tmp_path):
    """The control."""
    with _small_disk(tmp_path):
        outbox = await _open(tmp_path, reserve_bytes=0)
        for i in range(300):
            await outbox.append([_fault(i)])
        _fill(tmp_path)
        await _until_full(outbox, 300)
        _fill(tmp_path)
        with pytest.raises(DiskFull):
            await _note_often(outbox)
        await outbox.close()


async def test_an_agent_starts_on_a_full_disk(tmp_path):
    with _small_disk(tmp_path):
        outbox = await _open(tmp_path)
        await outbox.append([_fault(0)])
        await outbox.close()
        _fill(tmp_path)
        outbox = await _open(tmp_path)
        assert outbox.newest == 1
        await outbox.append([_fault(1)])
        await outbox.close()


def _window(i):
    return records.window(boot=1, mono=300 * i, at=BEGIN + 300 * i, span=300, counts={"touches": 1})


def test_the_reserve_is_room_and_not_a_promise(tmp_path):
    """A sparse file would hold nothing back."""
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("no posix_fallocate here")

    async def look():
        outbox = await _open(tmp_path)
        blocks = (tmp_path / "outbox.reserve").stat().st_blocks
        await outbox.close()
        return blocks

    assert asyncio.run(look()) * 512 >= 1024 * 1024
