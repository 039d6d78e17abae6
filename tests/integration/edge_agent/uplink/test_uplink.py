"""The uplink with a real outbox, a real Mosquitto and a collector of a hundred lines."""

import asyncio
import contextlib
import random
import time

import pytest
from paho.mqtt import client as paho

from edge_agent.config import load
from edge_agent.outbox import Outbox, OutboxSettings
from edge_agent.uplink import conversation
from edge_agent.uplink import uplink as uplink_module
from edge_agent.uplink.link import Link
from edge_agent.uplink.senses import Senses
from edge_agent.uplink.uplink import Uplink
from protocol import codec, records, topics
from tests.collectors import TinyCollector
from tests.waiting import DEADLINE_S, until_async

ROBOT = "r1"
DESCRIPTION = records.description(agent="1", timezone="Asia/Shanghai", configuration={}, supported=["guided_tour"])


@pytest.fixture
def collector(mosquitto):
    tiny = TinyCollector(mosquitto.port).start()
    yield tiny
    tiny.stop()


class Robot:
    """An outbox and its uplink, as app.py wires them."""

    def __init__(self, outbox, uplink, faults):
        self.outbox, self.uplink, self.faults = outbox, uplink, faults
        self.counted = 0

    async def count(self, amount, windows=1):
        for _ in range(windows):
            self.counted += amount
            at = int(time.time())
            await self.outbox.append(
                [records.window(boot=self.outbox.boot, mono=1, at=at, span=1, counts={"guided_tour": amount})]
            )


@contextlib.asynccontextmanager
async def running(tmp_path, url, *, times=None, max_bytes=None, **settings):
    chosen = load({"robot": ROBOT, "mqtt_url": url, "upload_s": "1", **settings}, {})
    outbox = await Outbox.open(
        tmp_path / "outbox.db",
        settings=OutboxSettings(robot=ROBOT, **({} if max_bytes is None else {"max_bytes": max_bytes})),
        hardware="board-1",
        boot_id="boot-1",
        now_s=int(time.time()),
    )
    faults = []

    async def collector_time(now_ms):
        if times is not None:
            times.append(now_ms)

    senses = Senses(time.monotonic, time.time, lambda: 1, lambda: len(faults), collector_time, lambda: DESCRIPTION)
    link = Link(chosen, now=time.time, floor_s=lambda: 0.0)
    uplink = Uplink(chosen, outbox, link, senses, lambda: 0.001)  # waits a thousandth of what a robot would
    task = asyncio.create_task(uplink.run())
    try:
        yield Robot(outbox, uplink, faults)
        if not task.done():
            uplink.leave()
            await asyncio.wait_for(task, DEADLINE_S)
    finally:
        while not task.done():  # `wait_for` of Python 3.11 swallows a cancellation that meets an event
            task.cancel()
            await asyncio.wait({task}, timeout=1.0)
        await asyncio.gather(task, return_exceptions=True)
        await outbox.close()


async def test_every_count_arrives_and_is_forgotten_here(tmp_path, mosquitto, collector):
    async with running(tmp_path, mosquitto.url) as robot:
        await robot.count(3, windows=25)
        await collector.until(lambda: collector.total("guided_tour") == robot.counted)
        await collector.until(lambda: robot.outbox.held == robot.outbox.newest + 1)


@pytest.mark.parametrize(("ahead", "writes"), [(uplink_module.SESSIONS_AHEAD, 0), (0, 5)])
async def test_connecting_again_and_again_does_not_wear_out_the_flash(
    tmp_path, mosquitto, collector, monkeypatch, ahead, writes
):
    """A broker without a collector is connected to every few minutes for ever. The control keeps each number."""
    monkeypatch.setattr(uplink_module, "SESSIONS_AHEAD", ahead)
    async with running(tmp_path, mosquitto.url) as robot:
        await collector.until(lambda: robot.uplink.standing.ack_at_s is not None)
        before, kept = robot.outbox.figures().commits, []
        for _ in range(5):
            robot.uplink._session = max(robot.uplink._session + 1, int(time.time()))
            await robot.uplink._keep_session(None)
            kept.append((await robot.outbox.note("session"))["session"] - robot.uplink._session)
        assert robot.outbox.figures().commits - before == writes
        assert min(kept) >= 0
        session = robot.uplink._session
    async with running(tmp_path, mosquitto.url):
        await collector.until(lambda: collector.presences[-1].session > session)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_the_robot_says_online_and_stopped(tmp_path, mosquitto, collector, version):
    async with running(tmp_path, mosquitto.url, mqtt_version=version):
        await collector.until(lambda: collector.presences)
    await collector.until(lambda: collector.presences[-1].state == "stopped")
    assert [p.state for p in collector.presences] == ["online", "stopped"]
    assert collector.presences[0].session > 0


async def test_the_last_counts_leave_with_the_farewell(tmp_path, mosquitto, collector):
    async with running(tmp_path, mosquitto.url, upload_s="86400") as robot:
        await collector.until(lambda: robot.uplink.standing.ack_at_s is not None)
        await robot.count(7)
    assert collector.total("guided_tour") == 7


async def test_a_lost_broker_loses_no_count_and_the_session_grows(tmp_path, mosquitto, collector):
    async with running(tmp_path, mosquitto.url) as robot:
        await robot.count(1, windows=5)
        await collector.until(lambda: collector.total("guided_tour") == 5)
        mosquitto.kill()
        await robot.count(1, windows=5)
        mosquitto.start()
        await collector.until(lambda: collector.total("guided_tour") == 10)
    sessions = [p.session for p in collector.presences if p.state == "online"]
    assert sessions == sorted(set(sessions))


async def test_attempts_at_a_broker_that_is_away_write_nothing_to_the_flash(tmp_path, mosquitto, collector):
    mosquitto.kill()
    async with running(tmp_path, mosquitto.url) as robot:
        await collector.until(lambda: robot.uplink.standing.failures >= 1)
        commits = robot.outbox.figures().commits
        await collector.until(lambda: robot.uplink.standing.failures >= 6)
        assert robot.outbox.figures().commits == commits
        mosquitto.start()
        await collector.until(lambda: robot.uplink.standing.connected)
        assert (await robot.outbox.note("session"))["session"] > 0


async def test_lost_batches_are_sent_again_and_counted_once(tmp_path, mosquitto, collector):
    chance = random.Random(7)  # every third by number would lose the same batch of a window of three for ever
    collector.lose = lambda _number: chance.random() < 0.3
    async with running(tmp_path, mosquitto.url, batch_records="2") as robot:
        robot.uplink._sender.ack_timeout_s = 0.3
        await robot.count(1, windows=20)
        await collector.until(lambda: collector.total("guided_tour") == 20)
    assert collector.holes == []


async def test_a_collector_that_owes_an_answer_costs_the_connection(tmp_path, mosquitto, collector, monkeypatch):
    """PUBACKs go on arriving all the while: the broker is fine, the collector is not."""
    monkeypatch.setattr(conversation, "LIVENESS_S", 0.3)
    collector.silent = True
    async with running(tmp_path, mosquitto.url) as robot:
        await robot.count(2)
        await collector.until(lambda: robot.uplink.standing.failures >= 2)
        assert robot.uplink.standing.reason in {"silent", "connected"}
        await until_async(lambda: robot.uplink.standing.reason == "silent")
        read = topics.ack(ROBOT)
        assert f"the broker lets this robot read {read}" in robot.uplink.standing.text, "no SUBACK says it"
        collector.silent = False
        await collector.until(lambda: collector.total("guided_tour") == 2)


async def test_a_poisoned_record_is_given_up_alone_and_its_neighbours_arrive(tmp_path, mosquitto, collector):
    poison = 5
    collector.refuse = lambda payload: b'"guided_tour":666}' in codec.text_of(payload)
    async with running(tmp_path, mosquitto.url, upload_s="86400") as robot:
        await collector.until(lambda: robot.uplink.standing.ack_at_s is not None)
        for index in range(10):
            await robot.count(666 if index == poison else 1)
    # the farewell hands everything over; what was refused comes as a record that says so
    await collector.until(lambda: collector.total("guided_tour") == 9)
    lost = [r for r in collector.records() if r["kind"] == "lifecycle" and r["event"] == "lost"]
    assert [record["detail"]["cause"] for record in lost] == ["refused"]


async def test_the_hello_brings_the_collectors_time(tmp_path, mosquitto, collector):
    collector.now_ms = lambda: 1_700_000_000_123
    times = []
    async with running(tmp_path, mosquitto.url, times=times):
        await collector.until(lambda: times)
    assert times[0] == 1_700_000_000_123


async def test_a_collector_that_knows_more_than_the_outbox_makes_a_new_epoch(tmp_path, mosquitto, collector):
    """An outbox restored from a backup: its numbers must not be reused for other counts."""
    async with running(tmp_path, mosquitto.url) as robot:
        first = robot.outbox.epoch
        collector.marks[first] = 1000
        await collector.until(lambda: robot.outbox.epoch != first)
        await robot.count(4)
        await collector.until(lambda: collector.total("guided_tour") == 4)
    assert "epoch" in collector.events()


async def test_a_collector_that_asks_while_the_link_stands_is_told_who_the_robot_is(tmp_path, mosquitto, collector):
    async with running(tmp_path, mosquitto.url) as robot:
        await robot.count(1)
        await collector.until(lambda: collector.total("guided_tour") == 1)
        assert collector.descriptions == [], "nobody asked"
        collector.describe = True  # its store was replaced; there is no new connection and no hello
        await robot.count(1)
        await collector.until(lambda: collector.descriptions)
        await robot.count(1)
        await collector.until(lambda: collector.total("guided_tour") == 3)
    assert collector.descriptions == [DESCRIPTION]
    batches = [codec.decode(payload) for payload in collector.payloads]
    assert {batch.get("timezone") for batch in batches if batch["records"]} == {"UTC"}, "the outbox's zone"
    assert {batch["about"] for batch in batches if not batch["records"]} == {codec.digest(codec.encode(DESCRIPTION))}


async def test_what_the_collector_is_alarmed_about_is_kept_for_the_status(tmp_path, mosquitto, collector):
    collector.alarm, collector.now_ms = "two_epochs: a cloned card", lambda: 1_700_000_000_123
    async with running(tmp_path, mosquitto.url) as robot:
        await collector.until(lambda: robot.uplink.standing.alarm)
        assert robot.uplink.standing.alarm == collector.alarm


async def test_another_client_of_this_name_is_suspected_where_the_broker_does_not_say_so(
    tmp_path, mosquitto, collector
):
    async with running(tmp_path, mosquitto.url) as robot:
        await collector.until(lambda: robot.uplink.standing.ack_at_s is not None)
        other = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=ROBOT, protocol=paho.MQTTv5)
        other.connect("127.0.0.1", mosquitto.port)
        other.loop_start()
        try:
            await collector.until(lambda: robot.uplink.standing.brief >= 3)
        finally:
            other.disconnect()
            other.loop_stop()


async def test_a_broker_that_goes_away_is_no_other_client(tmp_path, mosquitto, collector):
    """The control of the test above."""
    async with running(tmp_path, mosquitto.url) as robot:
        await collector.until(lambda: robot.uplink.standing.ack_at_s is not None)
        mosquitto.kill()
        await collector.until(lambda: robot.uplink.standing.failures >= 4)
        mosquitto.start()
        assert (robot.uplink.standing.taken_over, robot.uplink.standing.brief) == (0, 1)


async def test_a_fault_is_told_at_once_by_presence(tmp_path, mosquitto, collector):
    async with running(tmp_path, mosquitto.url, upload_s="3600") as robot:
        await collector.until(lambda: collector.presences)
        robot.faults.append("lidar")
        robot.uplink.urge()
        await collector.until(lambda: collector.presences[-1].open_faults == 1)


async def test_a_desired_document_is_kept_and_answered(tmp_path, mosquitto, collector):
    skill = {"skill": "guide", "version": "1.0", "digest": "sha256:aa"}
    collector.desire(ROBOT, codec.encode({"v": 1, "revision": 3, "skills": [skill]}))
    async with running(tmp_path, mosquitto.url) as robot:
        await collector.until(lambda: collector.reported)
        assert (await robot.outbox.note("desired"))["revision"] == 3
        collector.desire(ROBOT, b"not a document")
        await collector.until(lambda: robot.uplink.standing.desired_refused)
    assert collector.reported[0]["skills"][0]["reason"] == "this robot runs no skills: set skills in the agent's file"
    assert collector.reported[0]["revision"] == 3


async def test_rubbish_on_the_ack_topic_stops_nothing(tmp_path, mosquitto, collector):
    async with running(tmp_path, mosquitto.url) as robot:
        for payload in (
            b"",
            b"\xff",
            b"[]",
            b'{"mark":"x"}',
            b'{"epoch":"%s","mark":-1}' % robot.outbox.epoch.encode(),
        ):
            collector._client.publish(topics.ack(ROBOT), payload)
        await robot.count(2)
        await collector.until(lambda: collector.total("guided_tour") == 2)
