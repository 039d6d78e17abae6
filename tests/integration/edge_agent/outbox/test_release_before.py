"""The release before (0.1.0) beside this one: its outbox opens here, and either end counts with the other as it did.

outbox_0_1_0.sql is a file that the agent of that release wrote; then it was switched off, with a window open, a fault
open, and the first five records acknowledged. That release knew no runs, no series and no zone in its messages.
"""

import asyncio
import contextlib
import json
import random
import sqlite3
from pathlib import Path

import pytest

from edge_agent.outbox.start import peek
from edge_agent.uplink.link import Arrived
from protocol import codec, topics
from tests.faults.put_back import Shelf
from tests.faults.restored import EXPORTED, Held, Restored, Step, Wire

FILE = Path(__file__).with_name("outbox_0_1_0.sql")
COUNTED = 26  # by each of the three programs, 7 of it in the window that was open
SENT = 9
ENVELOPE = {"v", "robot", "epoch", "first", "last", "held", "records"}
RECORD_NEW = {"series", "anew", "untold", "pushed"}
ACK = {"v", "epoch", "mark", "now_ms", "gap", "pause_s", "refused", "reason"}


class OldHeld(Held):
    """A collector of the release before: it reads what it knew of a message, and answers as it did."""

    def publish(self, topic, payload, **options):
        if topics.robot_of(topic)[0] != "up":
            return
        told = {name: value for name, value in codec.decode(payload).items() if name in ENVELOPE}
        told["records"] = [
            {name: value for name, value in record.items() if name not in RECORD_NEW} for record in told["records"]
        ]
        inner = Held(self.wire)
        inner.publish(topic, codec.compress(codec.encode(told)), **options)
        while not inner.events.empty():
            arrived = inner.events.get_nowait()
            answer = {name: value for name, value in codec.decode(arrived.payload).items() if name in ACK}
            if told["records"]:
                answer.pop("now_ms", None)
            self.events.put_nowait(Arrived(arrived.topic, codec.encode(answer)))


class OldWire(Wire):
    async def connect(self, _will, _subscriptions):
        return OldHeld(self)


@contextlib.contextmanager
def a_robot(folder, seed, *, old_file):
    """With the old file in its state folder, or with none."""
    robot = Restored(folder, f"sqlite:///{folder / 'collector.db'}", random.Random(f"before/{seed}"))
    robot.exporter.born_s = 1e9  # after the agent, whenever that starts
    if old_file:
        with contextlib.closing(sqlite3.connect(robot.state / "outbox.db")) as connection:
            connection.executescript(FILE.read_text())
        for counter, live in (*robot.live.items(), (EXPORTED, robot.exporter)):
            live.value = COUNTED
            robot.truth[counter] = COUNTED
        robot.steps = [Step("dance.n0", 2), Step("dance.n1", 9)]
        robot.here = frozenset({0, 1})
    try:
        yield robot
    finally:
        robot.close()


def sent_by_the_old_robot(robot, through, *, epoch=None):
    """A hello and the records up to there, in the words of that release."""
    file = peek(robot.state / "outbox.db")
    held = Held(robot.wire)
    for last in {0, through}:
        rows = [json.loads(row.text) for row in file.rows if row.seq <= last]
        told = {"v": 1, "robot": "r1", "epoch": epoch or file.stream.epoch, "first": 1, "last": last, "held": 1}
        held.publish(topics.up("r1"), codec.compress(codec.encode(told | {"records": rows})))
    answers = [codec.decode(held.events.get_nowait().payload) for _ in range(held.events.qsize())]
    assert {"epoch", "mark"} <= answers[-1].keys()
    assert answers[-1]["mark"] == through


async def goes_on(robot, times=3):
    """Lives of this release: counted, pushed, killed, delivered."""
    for n in range(times):
        await robot.start()
        robot.count(5)
        await robot.push(3)
        await robot.window()
        if n % 2 == 0:
            await robot.deliver()
        robot.count(2)
        await robot.stop(clean=n == 1)
    await robot.start()
    await robot.all_heard()
    await robot.deliver()
    await robot.stop(clean=True)


@pytest.mark.parametrize("through", [0, 5, 7, SENT])
def test_an_outbox_of_the_release_before_opens_and_delivers_everything_once(tmp_path, through):
    """`through`: how far the old robot had come; the collector may have more than was acknowledged."""
    with a_robot(tmp_path, through, old_file=True) as robot:
        sent_by_the_old_robot(robot, through)
        asyncio.run(goes_on(robot))
        assert robot.stored() == robot.expected(), robot.seen()
        assert robot.said_lost() == 0
        assert robot.rows("SELECT count(*) FROM fault_episode WHERE closed_at IS NULL") == [(1,)], "its open fault"


def test_what_came_under_another_epoch_comes_twice(tmp_path):
    """The control of the test above."""
    with a_robot(tmp_path, 0, old_file=True) as robot:
        sent_by_the_old_robot(robot, SENT, epoch="0123456789abcdef")
        asyncio.run(goes_on(robot))
        assert robot.stored()["guided_tour"] > robot.expected()["guided_tour"]


def test_an_outbox_of_the_release_before_that_is_put_back_doubles_nothing(tmp_path):
    """Its copy has no runs. What the programs count is exact, what was pushed since is gone and said."""
    with a_robot(tmp_path, 0, old_file=True) as robot:
        shelf = Shelf(robot)
        shelf.copy()
        asyncio.run(goes_on(robot))
        shelf.put_back("outbox", shelf.copies[0])
        asyncio.run(goes_on(robot))
        assert robot.stored() == robot.expected(), robot.seen()


@pytest.mark.parametrize("old_file", [True, False])
def test_a_collector_of_the_release_before_counts_what_this_release_sends(tmp_path, old_file):
    with a_robot(tmp_path, 1, old_file=old_file) as robot:
        robot.wire = OldWire(robot.store, robot.collector_s)
        asyncio.run(goes_on(robot))
        assert robot.stored() == robot.expected(), robot.seen()
        assert robot.said_lost() == 0


def test_a_robot_that_meets_the_new_collector_later_counts_on(tmp_path):
    """First its collector is of the release before, then it is upgraded."""
    with a_robot(tmp_path, 2, old_file=True) as robot:
        robot.wire = OldWire(robot.store, robot.collector_s)
        asyncio.run(goes_on(robot))
        robot.wire = Wire(robot.store, robot.collector_s)
        asyncio.run(goes_on(robot))
        assert robot.stored() == robot.expected(), robot.seen()
        assert robot.said_lost() == 0
