"""What a broker puts in the way of the uplink: denied topics, small messages."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from edge_agent.config import load
from edge_agent.outbox import Outbox, OutboxSettings
from edge_agent.status import doctor_link
from edge_agent.uplink.backoff import Backoff
from protocol import codec, records, topics
from tests.collectors import TinyCollector
from tests.integration.edge_agent.uplink.test_uplink import ROBOT, running
from tests.waiting import until_async

BEGIN = 1_800_000_000


# --- a topic that the broker's access rules deny --------------------------------------------------


async def _packet(reader):
    """(first byte, rest) of one MQTT packet."""
    kind, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return kind, await reader.readexactly(length)


@contextlib.asynccontextmanager
async def denying(version, denied):
    """A broker that grants every subscription but those for which `denied(topic)` is true. Mosquitto 2 tells none."""
    five = version == "5"

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, body = await _packet(reader)
                if kind >> 4 == 1:
                    writer.write(bytes([0x20, 3, 0, 0, 0]) if five else bytes([0x20, 2, 0, 0]))
                elif kind >> 4 == 8:
                    codes, at = b"", 3 if five else 2
                    while at < len(body):
                        length = int.from_bytes(body[at : at + 2], "big")
                        topic = body[at + 2 : at + 2 + length].decode()
                        codes += bytes([(0x87 if five else 0x80) if denied(topic) else 0])
                        at += 3 + length
                    rest = body[:2] + (b"\0" if five else b"") + codes
                    writer.write(bytes([0x90, len(rest)]) + rest)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_denied_ack_topic_is_said_as_that_by_status_and_doctor(tmp_path, version):
    async with denying(version, lambda topic: topic == topics.ack(ROBOT)) as url:
        async with running(tmp_path, url, mqtt_version=version) as robot:
            await until_async(lambda: robot.uplink.standing.reason == "refused")
            standing = replace(robot.uplink.standing)  # the next try to connect clears it
        said = standing.text
        assert topics.ack(ROBOT) in said
        assert "where acks arrive: allow this robot to read it" in said
        settings = load({"robot": ROBOT, "mqtt_url": url, "mqtt_version": version, "state_dir": str(tmp_path)}, {})
        findings = await doctor_link._try_link(settings, "en")
        assert (findings[-1].grade, f"{findings[-1].text}: {findings[-1].remedy}") == ("fail", said)
        link = {"connected": False, "text": said, "reason": "refused", "broker": "the hall"}
        link |= {"cause": standing.cause, "slots": standing.slots}
        [running_says] = doctor_link.running_link(link, "en")
        assert f"{running_says.text}: {running_says.remedy}" == f"the hall: {said}"
        [in_chinese] = doctor_link.running_link(link, "zh")
        assert topics.ack(ROBOT) in in_chinese.text
        assert "allow this robot" not in str(in_chinese)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_denied_desired_topic_costs_only_itself(tmp_path, version):
    """The control: it is the ack topic that ends the connection."""
    async with (
        denying(version, lambda topic: topic == topics.desired(ROBOT)) as url,
        running(tmp_path, url, mqtt_version=version) as robot,
    ):
        await until_async(lambda: robot.uplink.standing.desired_refused)
        assert topics.desired(ROBOT) in robot.uplink.standing.desired_refused
        assert robot.uplink.standing.connected
        assert robot.uplink.standing.failures == 0
        standing = robot.uplink.standing
        link = {"connected": True, "refusal": "", "ack_age_s": 1.0, "mqtt": version}
        link |= {"desired_refused": standing.desired_refused, "desired_denied": standing.desired_denied}
        settings = load({"robot": ROBOT, "mqtt_url": url, "mqtt_version": version, "state_dir": str(tmp_path)}, {})
        doctor_link.ANSWER_WAIT_S, waits_s = 1.0, doctor_link.ANSWER_WAIT_S
        tried = await doctor_link._try_link(settings, "en")
        doctor_link.ANSWER_WAIT_S = waits_s
        assert [each.grade for each in tried if topics.desired(ROBOT) in each.text] == ["warn"]
        denied = next(iter(doctor_link.running_link(link, "zh")))
        assert (denied.grade, topics.desired(ROBOT) in denied.text) == ("warn", True)
        assert "allow this robot" not in str(denied)


# --- a limit of message size ----------------------------------------------------------------------


def _wide(number):
    """A window that does not compress well."""
    names = {f"skill.s{number}_{part}": number * 7919 + part for part in range(20)}
    return records.window(boot=1, mono=number, at=BEGIN + number, span=1, counts={"guided_tour": 1, **names})


async def _backlog(folder, size=186):
    outbox = await Outbox.open(
        folder / "outbox.db", settings=OutboxSettings(robot=ROBOT), hardware="board-1", boot_id="boot-1", now_s=BEGIN
    )
    await outbox.append([_wide(number) for number in range(size)])
    await outbox.close()


async def _large(folder):
    """One more, of several kilobytes that cannot be torn; its number."""
    names = {f"skill.s{part * 7919}_{part}": part * 104_729 for part in range(300)}
    large = records.window(boot=1, mono=900, at=BEGIN + 900, span=1, counts={"guided_tour": 1, **names})
    outbox = await Outbox.open(
        folder / "outbox.db", settings=OutboxSettings(robot=ROBOT), hardware="board-1", boot_id="boot-1", now_s=BEGIN
    )
    seq = await outbox.append([large])
    await outbox.close()
    return seq


def behind(broker):
    """The broker with a small collector that is connected to it."""
    tiny = TinyCollector(broker.port).start()
    yield broker, tiny
    tiny.stop()


@pytest.fixture
def narrow(start_mosquitto):
    yield from behind(start_mosquitto(lines=["message_size_limit 1300"]))


async def test_a_backlog_passes_a_broker_that_takes_only_small_messages_over_mqtt_3_1_1(tmp_path, narrow):
    broker, collector = narrow
    await _backlog(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version="3.1.1") as robot:
        robot.uplink._sender.ack_timeout_s = 0.5
        await collector.until(lambda: collector.total("guided_tour") == 186)
        await collector.until(lambda: robot.outbox.held == robot.outbox.newest + 1)
        assert robot.uplink.standing.stuck == ""
    assert collector.holes == []


def told(collector):
    """What hellos said of a record that is stuck, in their order."""
    messages = [codec.decode(payload) for payload in list(collector.payloads)]
    return [message["stuck"] for message in messages if "stuck" in message]


@pytest.mark.usefixtures("impatient")
async def test_a_broker_that_ends_the_connection_in_protest_is_no_second_machine(tmp_path, narrow):
    """Mosquitto announces no `message_size_limit`: over MQTT 5 it ends the connection with "Protocol error"."""
    broker, _ = narrow
    await _backlog(tmp_path, 185)
    await _large(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version="5") as robot:
        most = await most_brief(robot)
        assert robot.uplink.standing.failures > 3, "the control: it is ended again and again"
        assert most == 0


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_one_record_of_a_backlog_that_cannot_pass_is_named_and_what_lies_before_it_arrives(
    tmp_path, narrow, version
):
    """The control is the same backlog without it (above): nothing is stuck."""
    broker, collector = narrow
    await _backlog(tmp_path, 185)
    seq = await _large(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version=version) as robot:
        robot.uplink._sender.ack_timeout_s = 0.5
        await until_async(lambda: robot.uplink.standing.stuck)
        assert robot.uplink.standing.stuck.startswith(f"record {seq} (window of ")
        await collector.until(lambda: collector.total("guided_tour") == 185)  # some were under way beside it
        await collector.until(lambda: told(collector)[-1:] == [robot.uplink.standing.stuck])
        assert told(collector)[0] == "", "the first hello of a process says that there is none"


async def most_brief(robot):
    """How many brief connections in a row were counted at most, until a record is known to be stuck."""
    found, standing = 0, robot.uplink.standing

    def is_stuck():
        nonlocal found
        found = max(found, standing.brief)
        return standing.stuck and standing.connected

    await until_async(is_stuck)
    return found


# --- a limit of packet size: the connection ends over a larger one ---------------------------------


@pytest.fixture
def cutting(start_mosquitto):
    """Over MQTT 3.1.1 it ends without a word."""
    yield from behind(start_mosquitto(lines=["max_packet_size 1300"]))


@pytest.fixture
def impatient(monkeypatch):
    """A robot that connects again at once."""
    monkeypatch.setattr(Backoff, "failed", lambda *_: 0.05)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_backlog_passes_a_broker_that_cuts_the_connection_over_a_large_packet(tmp_path, cutting, version):
    broker, collector = cutting
    await _backlog(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version=version) as robot:
        await collector.until(lambda: collector.total("guided_tour") == 186)
        await collector.until(lambda: robot.outbox.held == robot.outbox.newest + 1)
        assert robot.uplink.standing.stuck == ""
        assert robot.uplink.standing.brief < doctor_link.BRIEF_SUSPECT, "no second machine has this name"
    assert collector.holes == []


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_record_over_which_the_broker_cuts_the_connection_is_named_and_what_lies_before_it_arrives(
    tmp_path, cutting, version
):
    broker, collector = cutting
    await _backlog(tmp_path, 185)
    seq = await _large(tmp_path)
    async with running(tmp_path, broker.url, mqtt_version=version) as robot:
        assert await most_brief(robot) < doctor_link.BRIEF_SUSPECT
        assert robot.uplink.standing.stuck.startswith(f"record {seq} (window of ")
        await collector.until(lambda: collector.total("guided_tour") == 185)  # some were under way beside it
        await collector.until(lambda: told(collector)[-1:] == [robot.uplink.standing.stuck])
        connects = robot.uplink.standing.connects
        await asyncio.sleep(1.0)
        assert robot.uplink.standing.connects == connects, "it waits with what the broker does not take"
        assert robot.uplink.standing.stuck_retry_at_s is not None


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_report_that_does_not_pass_the_broker_holds_up_no_counts(tmp_path, cutting, caplog, version):
    broker, collector = cutting
    skills = [{"skill": f"s{n}", "version": "1", "state": "running", "digest": "0" * 32} for n in range(40)]
    async with running(tmp_path, broker.url, mqtt_version=version) as robot:
        senses = replace(robot.uplink._senses, settings_told=lambda _revision: [], skills_told=lambda: skills)
        robot.uplink._senses = senses
        await robot.count(3, windows=3)
        await collector.until(lambda: collector.total("guided_tour") == 9)
    assert "does not let this robot's report pass" in caplog.text
