"""A broker that was too small and is made larger, and documents beside the records that it does not take."""

import asyncio
import time
from dataclasses import replace

import pytest

from edge_agent.status import doctor_link, said, text
from edge_agent.uplink import link
from edge_agent.uplink.backoff import Backoff
from tests.collectors import TinyCollector
from tests.integration.edge_agent.uplink.test_limits import _backlog, _large
from tests.integration.edge_agent.uplink.test_uplink import DESCRIPTION, running
from tests.waiting import until_async


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(Backoff, "failed", lambda *_: 0.05)


@pytest.fixture
def small(start_mosquitto):
    """Starts a broker of those lines, with a collector."""
    collectors = []

    def start(*lines):
        broker = start_mosquitto(lines=list(lines))
        collectors.append(TinyCollector(broker.port).start())
        return broker, collectors[-1]

    yield start
    for tiny in collectors:
        tiny.stop()


def findings(robot, language="en"):
    """What the doctor says of that link."""
    standing = robot.uplink.standing
    shown = {"connected": True, "refusal": "", "ack_age_s": 1.0, "mqtt": standing.version, "stuck": standing.stuck}
    shown |= {"lost_tries": standing.lost_tries, "too_large": standing.documents.too_large()}
    if standing.owed_since_s is not None:
        shown |= {"owed_s": time.monotonic() - standing.owed_since_s}
    return list(doctor_link.running_link(shown, language)), text.hampered(shown, language)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("option", "version"), [("message_size_limit", "5"), ("max_packet_size", "3.1.1")])
async def test_a_limit_that_is_raised_while_the_robot_is_away_lets_the_record_pass_at_once(
    tmp_path, small, option, version
):
    """The broker ended the connection over it: the next one waits with it, unless the broker was away in between."""
    broker, collector = small(f"{option} 1300")
    await _backlog(tmp_path, 20)
    await _large(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version=version) as robot:
        await until_async(lambda: robot.uplink._sender.stuck)
        broker.stop()
        failures = robot.uplink.standing.failures
        await until_async(lambda: robot.uplink.standing.failures > failures + 1)
        broker.lines = []
        broker.start()
        await collector.until(lambda: collector.total("guided_tour") == 21)
        await until_async(lambda: robot.uplink.standing.stuck == "")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("reserved", [None, 256])
async def test_a_limit_that_is_raised_to_what_the_documentation_says_of_the_record_is_enough(
    tmp_path, small, monkeypatch, reserved
):
    """A person reads its size and allows 64 bytes beside it. The control reserves more than a packet needs."""
    if reserved:
        monkeypatch.setattr(link, "PACKET_HEAD_BYTES", reserved)
    broker, collector = small("max_packet_size 1300")
    seq = await _large(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version="5") as robot:
        await until_async(lambda: robot.uplink.standing.stuck and robot.uplink.standing.connected)
        size = int(robot.uplink.standing.stuck.removesuffix(" bytes)").rpartition(" ")[2])
        connects = robot.uplink.standing.connects
        broker.stop()
        broker.lines = [f"max_packet_size {size + 64}"]
        broker.start()
        await until_async(lambda: robot.uplink.standing.connects > connects)
        if reserved:
            await until_async(robot.uplink._sender.stuck_until_s)
            assert robot.uplink.standing.stuck.startswith(f"record {seq} ")
            assert collector.total("guided_tour") == 0
        else:
            await collector.until(lambda: collector.total("guided_tour") == 1)
            await until_async(lambda: robot.uplink.standing.stuck == "")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("asks", [True, False])
async def test_a_record_that_is_dropped_in_silence_is_found_by_asking_behind_it(tmp_path, small, monkeypatch, asks):
    """MQTT 3.1.1: it is acknowledged and dropped. The control waits for the time-outs of a slow collector."""
    monkeypatch.setattr("edge_agent.uplink.conversation.PROBE_S", 0.1 if asks else 60.0)
    broker, collector = small("message_size_limit 1300")
    seq = await _large(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version="3.1.1") as robot:
        if not asks:
            await until_async(lambda: robot.uplink._sender.under_way_since_s() is not None)
            robot.uplink.ask()
            await collector.until(lambda: collector.hellos > 1)
            assert (robot.uplink._sender.lost_tries, findings(robot)[0][0].grade) == (0, "ok")
            return
        await until_async(lambda: robot.uplink.standing.lost_tries >= said.LOST_SUSPECT)
        [finding], [line] = findings(robot)
        assert (finding.grade, finding.text) == ("warn", line)
        assert "times in a row" in line
        assert findings(robot, "zh")[1] != [line]
        await until_async(lambda: robot.uplink.standing.stuck)
        assert robot.uplink.standing.stuck.startswith(f"record {seq} ")


async def test_a_collector_that_is_silent_is_not_taken_for_a_small_broker(tmp_path, small, monkeypatch):
    """It answers the hello behind the batch no more than the batch."""
    monkeypatch.setattr("edge_agent.uplink.conversation.PROBE_S", 0.05)
    broker, collector = small()
    async with running(tmp_path, broker.url) as robot:
        await until_async(lambda: robot.uplink.standing.ack_at_s is not None)
        collector.silent = True
        before = len(collector.payloads)
        await robot.count(1)
        await collector.until(lambda: len(collector.payloads) >= before + 2)
        assert robot.uplink._conversation.sender.lost_tries == 0
        collector.silent = False
        robot.uplink.ask()
        await collector.until(lambda: robot.outbox.held == robot.outbox.newest + 1)


@pytest.mark.usefixtures("impatient")
async def test_a_collector_that_was_stopped_is_named_over_the_connections_that_end_over_it(
    tmp_path, small, monkeypatch
):
    """The controls: it is not named once it answers, nor for the time in which the broker was away."""
    monkeypatch.setattr("edge_agent.uplink.conversation.LIVENESS_S", 1.0)
    monkeypatch.setattr(said, "ACK_TIMEOUT_S", 0.5)
    broker, collector = small()
    async with running(tmp_path, broker.url) as robot:
        standing = robot.uplink.standing
        await until_async(lambda: standing.ack_at_s is not None)
        robot.uplink._conversation.sender.ack_timeout_s = 0.3
        collector.silent = True
        await robot.count(1)
        connects = standing.connects
        await until_async(lambda: standing.connects > connects + 1 and standing.connected)
        [finding], [line] = findings(robot)
        assert (finding.grade, finding.remedy) == ("fail", "is the collector running?")
        assert line == f"{finding.text}: {finding.remedy}"
        assert standing.owed_since_s < standing.connected_at_s - 1.0
        assert standing.lost_tries == 0
        collector.silent = False
        await until_async(lambda: standing.owed_since_s is None)
        assert findings(robot)[0][0].grade == "ok"
        collector.silent = True
        await robot.count(1)
        await until_async(lambda: standing.owed_since_s is not None)
        broker.stop()
        await until_async(lambda: standing.reason != "silent" and not standing.connected)
        assert standing.owed_since_s is None
        broker.start()
        collector.silent = False
        await collector.until(lambda: collector.total("guided_tour") == 2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("version", ["5", "3.1.1"])
@pytest.mark.parametrize("option", ["max_packet_size", "message_size_limit"])
async def test_a_description_that_does_not_pass_is_named_with_its_size_and_holds_up_nothing(
    tmp_path, small, monkeypatch, option, version
):
    """The control is the small one: nothing is named."""
    monkeypatch.setattr("edge_agent.uplink.conversation.DESCRIBE_EVERY_S", 0.1)
    broker, collector = small(f"{option} 1300")
    collector.describe = True
    large = DESCRIPTION | {"supported": [f"s{n * 7919}_{n * 104_729:x}" for n in range(400)]}
    async with running(tmp_path, broker.url, mqtt_version=version) as robot:
        await collector.until(lambda: collector.descriptions)
        assert robot.uplink.standing.documents.too_large() == {}
        robot.uplink._senses = replace(robot.uplink._senses, description=lambda: large)
        robot.uplink._conversation._senses = robot.uplink._senses
        collector.descriptions.clear()
        while not (robot.uplink.standing.documents.too_large() and robot.uplink.standing.connected):
            await robot.count(1)
            robot.uplink.ask()
            await asyncio.sleep(0.1)  # each answer asks for the description
        connects = robot.uplink.standing.connects
        await robot.count(3, windows=2)
        await collector.until(lambda: collector.total("guided_tour") == robot.counted)
        assert robot.uplink.standing.connects == connects, "it ends no connection any more"
        [finding], [line] = ([each for each in told if "description" in str(each)] for told in findings(robot))
        size = robot.uplink.standing.documents.too_large()["description"]
        assert (finding.grade, f"({size} bytes)" in finding.text, line.startswith(finding.text)) == ("warn", True, True)
        assert size > 1300
