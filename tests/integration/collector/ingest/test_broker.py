"""The collector's link against real brokers: Mosquitto with MQTT 5, the embedded one with 3.1.1."""

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import gmqtt
import pytest
from gmqtt.mqtt.constants import MQTTv311

from collector.ingest.broker import Broker
from collector.ingest.broker_url import parse
from collector.ingest.metrics import IngestFigures
from protocol import topics
from simulators import embedded
from tests.brokers import free_port
from tests.waiting import DEADLINE_S, until_async


@dataclass
class Seen:
    arrivals: list = field(default_factory=list)
    full: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, arrival):
        self.arrivals.append(arrival)
        self.changed.set()

    async def until(self, condition):
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                await self.changed.wait()
                self.changed.clear()


@asynccontextmanager
async def linked(url, **options):
    seen = Seen()
    broker = Broker(parse(url), IngestFigures(), **options)
    task = asyncio.create_task(broker.run(seen.take, lambda: seen.full, seen.changed.set))
    try:
        await seen.until(lambda: broker.figures.connected)
        yield broker, seen
    finally:
        await broker.close()
        await task


@asynccontextmanager
async def robot(url, name="r1", version=MQTTv311):
    """A robot's side: (client, acks it got)."""
    parsed, acks = parse(url), asyncio.Queue()
    client = gmqtt.Client(f"robot-{name}", clean_session=True)
    client.on_message = lambda _c, topic, payload, _q, _p: acks.put_nowait((topic, payload))
    subscribed = asyncio.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    await client.connect(parsed.host, parsed.port, version=version)
    client.subscribe([gmqtt.Subscription(topics.ack(name), qos=0), gmqtt.Subscription(topics.desired(name), qos=1)])
    await subscribed.wait()
    try:
        yield client, acks
    finally:
        await client.disconnect()


async def reported_loss(caplog):
    """The fields of the log line that says that there is no broker."""

    def lost():
        return [vars(record) for record in caplog.records if vars(record).get("action") == "broker_lost"]

    return (await until_async(lost))[0]


async def test_a_batch_comes_in_and_its_ack_goes_out(mosquitto):
    async with linked(mosquitto.url) as (broker, seen), robot(mosquitto.url) as (client, acks):
        client.publish(topics.up("r1"), b"batch", qos=1)
        await seen.until(lambda: seen.arrivals)
        [arrival] = seen.arrivals
        assert (arrival.topic, arrival.payload) == (topics.up("r1"), b"batch")
        broker.settle([("r1", b"ack" * 100)], [arrival.token])
        assert await asyncio.wait_for(acks.get(), DEADLINE_S) == (topics.ack("r1"), b"ack" * 100)


async def test_presence_that_was_retained_before_we_came_is_seen(mosquitto):
    async with robot(mosquitto.url) as (client, _):
        client.publish(topics.presence("r1"), b"online", qos=1, retain=True)
        client.publish(topics.reported("r1"), b"report", qos=1, retain=True)
        async with linked(mosquitto.url, part=(1, 2)) as (_, seen):
            await seen.until(lambda: len(seen.arrivals) == 2)
    assert {a.payload for a in seen.arrivals} == {b"online", b"report"}


async def test_a_wish_is_retained_for_a_robot_that_comes_later(mosquitto):
    async with linked(mosquitto.url) as (broker, _):
        assert broker.publish(topics.desired("r1"), b"wish")
        async with robot(mosquitto.url) as (_, got):
            assert await asyncio.wait_for(got.get(), DEADLINE_S) == (topics.desired("r1"), b"wish")


async def test_the_broker_waits_for_our_acknowledgement(mosquitto, monkeypatch):
    monkeypatch.setattr("collector.ingest.broker.RECEIVE_MAXIMUM", 10)
    async with linked(mosquitto.url) as (broker, seen), robot(mosquitto.url) as (client, _):
        for i in range(50):
            client.publish(topics.up("r1"), b"%d" % i, qos=1)
        await seen.until(lambda: len(seen.arrivals) == 10)
        settled = 0
        while settled < 50:
            await seen.until(lambda: len(seen.arrivals) > settled)  # noqa: B023 - awaited within the turn
            some = seen.arrivals[settled:]
            broker.settle([], [a.token for a in some])
            settled += len(some)
    assert [a.payload for a in seen.arrivals] == [b"%d" % i for i in range(50)]


async def test_a_full_queue_stops_the_reading_and_settling_resumes_it(start_mosquitto):
    mosquitto = start_mosquitto(lines=["max_inflight_messages 20000", "max_queued_messages 20000"])
    async with linked(mosquitto.url) as (broker, seen), robot(mosquitto.url) as (client, _):
        seen.full = True
        for _ in range(200):
            client.publish(topics.up("r1"), bytes(20_000), qos=0)
        await seen.until(lambda: seen.arrivals)
        got = len(seen.arrivals)
        assert got < 200
        seen.full = False
        broker.settle([], [])
        await seen.until(lambda: len(seen.arrivals) == 200)


async def test_a_broker_that_was_killed_is_found_again(start_mosquitto):
    mosquitto = start_mosquitto()
    async with linked(mosquitto.url) as (broker, seen):
        mosquitto.kill()
        await until_async(lambda: not broker.figures.connected)
        broker.settle([("r1", b"lost")], [])
        assert not broker.publish(topics.desired("r1"), b"not now")
        mosquitto.start()
        await seen.until(lambda: broker.figures.connected)
        assert broker.figures.connections == 2
        async with robot(mosquitto.url) as (client, _):
            client.publish(topics.up("r1"), b"again", qos=1)
            await seen.until(lambda: seen.arrivals)


async def test_a_share_that_delivers_is_used_and_divides_the_batches(mosquitto):
    async with (
        linked(mosquitto.url, share_group="secret") as (one, seen_one),
        linked(mosquitto.url, share_group="secret") as (two, seen_two),
        robot(mosquitto.url) as (client, _),
    ):
        assert (one.figures.sharing, two.figures.sharing) == ("share", "share")
        for i in range(40):
            client.publish(topics.up("r1"), b"%d" % i, qos=1)
        both = lambda: len(seen_one.arrivals) + len(seen_two.arrivals)  # noqa: E731 - one line, used twice
        await until_async(lambda: both() >= 40)
        assert min(len(seen_one.arrivals), len(seen_two.arrivals)) > 0
        assert len({a.payload for a in seen_one.arrivals + seen_two.arrivals}) == 40


async def test_a_share_that_is_granted_and_delivers_nothing_is_not_used(start_mosquitto, tmp_path, monkeypatch):
    """An ACL that allows no probe stands for a broker that grants `$share` and delivers nothing."""
    monkeypatch.setattr("collector.ingest.broker.PROBE_TIMEOUT_S", 0.3)
    (tmp_path / "acl").write_text("topic readwrite fw/1/up/#\n")
    mosquitto = start_mosquitto(lines=[f"acl_file {tmp_path}/acl"])
    async with linked(mosquitto.url, share_group="secret") as (broker, seen), robot(mosquitto.url) as (client, _):
        assert broker.figures.sharing == "all"
        client.publish(topics.up("r1"), b"batch", qos=1)
        await seen.until(lambda: seen.arrivals)


async def test_shards_divide_the_fleet_without_a_share(mosquitto):
    names = [f"r{i}" for i in range(30)]
    async with (
        linked(mosquitto.url, part=(1, 2)) as (one, seen_one),
        linked(mosquitto.url, part=(2, 2)) as (_, seen_two),
        robot(mosquitto.url) as (client, _),
    ):
        assert one.figures.sharing == "shards"
        for name in names:
            client.publish(topics.up(name), b"batch", qos=1)
        expected = [sum(topics.shard_of(name) % 2 == i for name in names) for i in (0, 1)]
        await seen_one.until(lambda: len(seen_one.arrivals) == expected[0])
        await seen_two.until(lambda: len(seen_two.arrivals) == expected[1])


async def test_tls_with_a_client_certificate(start_mosquitto, certificates):
    certificate, key = certificates.client("collector")
    mosquitto = start_mosquitto(tls=certificates, lines=["require_certificate true", "use_identity_as_username true"])
    url = f"{mosquitto.url}?ca={certificates.ca}&cert={certificate}&key={key}"
    async with linked(url) as (broker, _):
        assert broker.figures.connected


@pytest.mark.parametrize("options", ["", "?ca={ca}"])
async def test_a_certificate_that_is_not_trusted_or_missing_connects_nowhere(
    start_mosquitto, certificates, options, caplog
):
    mosquitto = start_mosquitto(tls=certificates, lines=["require_certificate true"])
    broker = Broker(parse(mosquitto.url + options.format(ca=certificates.ca)), IngestFigures())
    task = asyncio.create_task(broker.run(lambda _: None, lambda: False))
    await reported_loss(caplog)
    assert not broker.figures.connected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_wrong_password_is_reported_once_with_the_remedy(start_mosquitto, tmp_path, caplog):
    (tmp_path / "passwords").write_text("")
    mosquitto = start_mosquitto(anonymous=False, lines=[f"password_file {tmp_path}/passwords"])
    broker = Broker(parse(mosquitto.url.replace("://", "://u:hush@")), IngestFigures())
    task = asyncio.create_task(broker.run(lambda _: None, lambda: False))
    loss = await reported_loss(caplog)
    assert "check user, password" in loss["reason"]
    assert "hush" not in str(loss)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_broker_that_speaks_only_3_1_1_is_used():
    port = free_port()
    ready = asyncio.Event()
    serving = asyncio.create_task(
        embedded.serve("127.0.0.1", port, {embedded.COLLECTOR: "pw", "r1": "pw"}, ready.set, asyncio.Event())
    )
    await asyncio.wait_for(ready.wait(), DEADLINE_S)
    async with linked(f"mqtt://{embedded.COLLECTOR}:pw@127.0.0.1:{port}") as (broker, _):
        assert broker._version == MQTTv311
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_port_where_nobody_is_leaves_us_waiting():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        broker = Broker(parse(f"mqtt://127.0.0.1:{nobody.getsockname()[1]}"), IngestFigures())
        task = asyncio.create_task(broker.run(lambda _: None, lambda: False))
        await asyncio.sleep(0.05)
        assert not task.done()
        await broker.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Silent(Broker):
    """Of a broker that says no limit when it accepts a connection, as MQTT 3.1.1 cannot."""

    def _said_limit(self):
        return None


@pytest.mark.parametrize("limit", ["max_packet_size 3000", "message_size_limit 3000"])
@pytest.mark.parametrize("says", [True, False])
async def test_one_robots_document_that_a_broker_does_not_take_stops_nobody_else(
    start_mosquitto, limit, says, monkeypatch
):
    """It is sent again at each connection, as the collector does, and named where it is held back."""
    monkeypatch.setattr("collector.ingest.broker.BACKOFF_FIRST_S", 0.05)
    url = start_mosquitto(lines=[limit]).url
    figures, seen = IngestFigures(), Seen()
    broker = (Broker if says else Silent)(parse(url), figures)

    def connected():
        broker.publish(topics.desired("bad"), b"x" * 9000)
        broker.publish(topics.desired("good"), b"wish")

    task = asyncio.create_task(broker.run(seen.take, lambda: False, connected))
    try:
        if limit.startswith("max"):  # with the other one Mosquitto drops the message and goes on
            await until_async(lambda: figures.too_large)
            assert set(figures.too_large) == {topics.desired("bad")}
        async with robot(url, "good") as (client, got):
            assert await asyncio.wait_for(got.get(), DEADLINE_S) == (topics.desired("good"), b"wish")
            client.publish(topics.up("good"), b"batch", qos=1)
            await seen.until(lambda: any(one.payload == b"batch" for one in seen.arrivals))
            broker.settle([("bad", b"x" * 9500), ("good", b"ack")], ())
            while (one := await asyncio.wait_for(got.get(), DEADLINE_S)) != (topics.ack("good"), b"ack"):
                assert one == (topics.desired("good"), b"wish"), "said again at a connection"
            if limit.startswith("message"):
                assert not figures.too_large, "docs/brokers.md says that this is not found out"
    finally:
        await broker.close()
        await task
