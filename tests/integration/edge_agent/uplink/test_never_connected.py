"""A robot that never connected, with an outbox that open faults have filled: what frees the room must fit in it.

The control, without the pages that are kept for the link, is in integration/edge_agent/outbox/test_full_of_faults.py.
"""

import contextlib

import pytest

from edge_agent.counting.episodes import OPEN_MAX
from edge_agent.errors import OutboxFull
from edge_agent.outbox import Outbox, OutboxSettings
from protocol import records
from tests.collectors import TinyCollector
from tests.integration.edge_agent.uplink.test_uplink import ROBOT, running
from tests.waiting import until_async

BEGIN = 1_800_000_000
SIZE = 512 * 1024


async def _opened(folder):
    settings = OutboxSettings(robot=ROBOT, max_bytes=SIZE, reserve_bytes=0)
    return await Outbox.open(folder / "outbox.db", settings=settings, hardware="board-1", boot_id="boot-1", now_s=BEGIN)


async def _filled(folder):
    """OPEN_MAX open faults, and counts until nothing more is taken; how many were."""
    outbox = await _opened(folder)
    stamp = {"boot": 1, "mono": 0, "at": BEGIN}
    for number in range(OPEN_MAX):
        fault = records.fault(**stamp, state="open", family="touch", code=f"c{number}", detail="d" * 300)
        await outbox.append([fault])
    taken = 0
    with contextlib.suppress(OutboxFull):
        while True:
            at = {"boot": 1, "mono": 3600 * taken, "at": BEGIN + 86_400 * taken}  # a day each: none can be merged
            names = {f"skill.s{taken * 7919}_{part}": 1 for part in range(60)}
            await outbox.append([records.window(**at, span=1, counts={"guided_tour": 1, **names})])
            taken += 1
    await outbox.close()
    return taken


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port).start()
    yield tiny
    tiny.stop()


async def test_a_full_robot_connects_and_delivers_everything_once(tmp_path, mosquitto, collector):
    taken = await _filled(tmp_path)
    assert taken > 100
    async with running(tmp_path, mosquitto.url, max_bytes=SIZE) as robot:
        await until_async(lambda: collector.total("guided_tour") == taken)
        await until_async(lambda: robot.outbox.held == robot.outbox.newest + 1)
    opened = [record["code"] for record in collector.records() if record.get("state") == "open"]
    assert sorted(opened) == sorted(f"c{number}" for number in range(OPEN_MAX))
    assert collector.holes == []
    assert robot.uplink.standing.failures == 0
