"""The collector's link against real brokers: Mosquitto with MQTT 5, the embedded one with 3.1.1."""

import asyncio
import contextlib
import math
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
        await until_async(lambda: figures.too_large)
        assert set(figures.too_large) == {topics.desired("bad")}
        async with robot(url, "good") as (client, got):
            assert await asyncio.wait_for(got.get(), DEADLINE_S) == (topics.desired("good"), b"wish")
            client.publish(topics.up("good"), b"batch", qos=1)
            await seen.until(lambda: any(one.payload == b"batch" for one in seen.arrivals))
            broker.settle([("bad", b"x" * 9500), ("good", b"ack")], ())
            while (one := await asyncio.wait_for(got.get(), DEADLINE_S)) != (topics.ack("good"), b"ack"):
                assert one == (topics.desired("good"), b"wish"), "said again at a connection"
    finally:
        await broker.close()
        await task


async def test_what_mosquitto_drops_by_message_size_limit_is_named_and_costs_no_connection(start_mosquitto):
    """It answers so to QoS 1 of MQTT 5 alone. What is smaller goes on; the limit is learned to the byte of a packet."""
    url = start_mosquitto(lines=["message_size_limit 3000"]).url
    async with linked(url) as (broker, _), robot(url, "r1") as (_, got):
        broker.publish(topics.desired("r1"), b"x" * 9000)
        broker.settle([("r1", b"y" * 3001), ("r1", b"z" * 3000)], ())
        await until_async(lambda: len(broker.figures.too_large) == 2)
        assert await asyncio.wait_for(got.get(), DEADLINE_S) == (topics.ack("r1"), b"z" * 3000)
        assert set(broker.figures.too_large) == {topics.desired("r1"), topics.ack("r1")}
        assert not broker.publish(topics.desired("r1"), b"x" * 9000), "held back without another question"
        assert broker.figures.connections == 1


async def test_the_ninth_large_document_is_asked_about_like_the_first_eight(start_mosquitto):
    """Also one whose packet is smaller than one that passed: the limit is of the payload, names of robots differ."""
    url = start_mosquitto(lines=["message_size_limit 3000"]).url
    long = "r" * 60
    documents = {f"q{n}": b"x" * (1300 + n) for n in range(8)} | {
        long: b"x" * 2989,
        "a": b"x" * 3015,
        "q9": b"x" * 5000,
    }

    def connected():
        for name, document in documents.items():
            broker.publish(topics.desired(name), document)

    figures, seen = IngestFigures(), Seen()
    broker = Broker(parse(url), figures)
    task = asyncio.create_task(broker.run(seen.take, lambda: False, connected))
    try:
        await until_async(lambda: set(figures.too_large) == {topics.desired("a"), topics.desired("q9")})
        async with robot(url, long) as (_, got):
            topic, payload = await asyncio.wait_for(got.get(), DEADLINE_S)
            assert (topic, len(payload)) == (topics.desired(long), 2989)
        documents["q10"] = b"x" * 4000
        assert not broker.publish(topics.desired("q10"), documents["q10"])
        assert topics.desired("q10") in figures.too_large
        assert figures.connections == 1
    finally:
        await broker.close()
        await task


async def test_many_documents_of_rising_size_stay_within_the_brokers_receive_maximum_and_all_arrive(start_mosquitto):
    """A client that has more of QoS 1 on their way than the broker allows loses its connection."""
    url = start_mosquitto(lines=["max_inflight_messages 8"]).url
    sizes = {f"r{n}": 2000 + 10 * n for n in range(100)}

    def connected():
        for name, size in sizes.items():
            broker.publish(topics.desired(name), b"x" * size)

    figures, seen = IngestFigures(), Seen()
    broker = Broker(parse(url), figures)
    task = asyncio.create_task(broker.run(seen.take, lambda: False, connected))
    try:
        async with robot(url, "r99") as (_, got):
            assert len((await asyncio.wait_for(got.get(), DEADLINE_S))[1]) == sizes["r99"]
        assert figures.connections == 1
    finally:
        await broker.close()
        await task


@dataclass
class Between:
    """Before a broker: ends its connections when told, and when a packet of more than `limit` comes."""

    port: int
    limit: float = math.inf  # bytes of a packet
    own: int = field(default_factory=free_port)
    writers: list = field(default_factory=list)
    joined: int = 0

    @asynccontextmanager
    async def running(self):
        async with await asyncio.start_server(self._joined, "127.0.0.1", self.own):
            try:
                yield f"mqtt://127.0.0.1:{self.own}"
            finally:
                self.end()
                await until_async(lambda: self.joined == 0)

    def end(self):
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    async def _joined(self, reader, writer):
        self.joined += 1
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers += [writer, back]
        answers = asyncio.create_task(self._back(there, writer))
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while len(packet := await _packet(reader)) <= self.limit:
                back.write(packet)
            self.end()
        back.close()
        await answers
        self.joined -= 1

    async def _back(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
        writer.close()


async def _packet(reader):
    """The next packet of MQTT, whole."""
    header = await reader.readexactly(2)
    while header[-1] & 0x80:
        header += await reader.readexactly(1)
    size = sum((byte & 0x7F) << 7 * i for i, byte in enumerate(header[1:]))
    return header + await reader.readexactly(size)


@asynccontextmanager
async def publishing(url, documents):
    """The collector's side: at each call it publishes these, as `Republish` does. (broker, calls)"""
    broker, calls = Broker(parse(url), IngestFigures()), []

    def again():
        calls.append({name: broker.publish(topics.desired(name), document) for name, document in documents.items()})

    task = asyncio.create_task(broker.run(lambda _: None, lambda: False, again))
    try:
        yield broker, calls
    finally:
        await broker.close()
        await task


async def heard(got, document):
    while (await asyncio.wait_for(got.get(), DEADLINE_S))[1] != document:
        pass


@pytest.mark.parametrize("how", ["stop", "kill", "the connection only"])
async def test_short_connections_to_a_healthy_broker_blame_no_document(mosquitto, how, monkeypatch, caplog):
    """Each ends within seconds of its large document, which the broker had taken; the next wish arrives."""
    monkeypatch.setattr("collector.ingest.broker.BACKOFF_FIRST_S", 0.05)
    between, documents = Between(mosquitto.port), {"r1": b"0" * 9000}
    ends = {"stop": mosquitto.stop, "kill": mosquitto.kill, "the connection only": between.end}
    async with (
        between.running() as through,
        publishing(through if how == "the connection only" else mosquitto.url, documents) as (broker, calls),
    ):
        for i in range(4):
            async with robot(mosquitto.url) as (_, got):
                await heard(got, documents["r1"])
                await until_async(lambda: broker.limit._passed > 9000)
            before, documents["r1"] = len(calls), b"%d" % (i + 1) * 9000
            ends[how]()
            if mosquitto.process is None:
                mosquitto.start()
            await until_async(lambda before=before: len(calls) > before)
        async with robot(mosquitto.url) as (_, got):
            await heard(got, documents["r1"])
        assert all(call["r1"] for call in calls)
        assert broker.figures.too_large == {}
    assert "broker_packet_limit" not in {vars(record).get("action") for record in caplog.records}


async def test_a_limit_that_is_found_holds_up_only_what_is_above_it_and_ends_without_a_new_connection(
    mosquitto, monkeypatch
):
    monkeypatch.setattr("collector.ingest.broker.BACKOFF_FIRST_S", 0.05)
    monkeypatch.setattr("collector.ingest.packet_limit.BELIEVED_S", 4.0)
    between = Between(mosquitto.port, 5000)
    documents = {"bad": b"x" * 9000, "good": b"y" * 3000, "more": b"w" * 4000}
    async with between.running() as url, publishing(url, documents) as (broker, calls):
        async with robot(mosquitto.url, "good") as (_, good), robot(mosquitto.url, "more") as (_, more):
            await heard(good, documents["good"])
            await heard(more, documents["more"])
        assert calls[-1] == {"bad": False, "good": True, "more": True}, "it waited for the answer to the other one"
        assert set(broker.figures.too_large) == {topics.desired("bad")}
        assert not broker.publish(topics.desired("bad"), documents["bad"]), "it says that it holds it back"
        between.limit, connections = math.inf, broker.figures.connections
        async with robot(mosquitto.url, "bad") as (_, bad):
            await heard(bad, documents["bad"])
        assert calls[-1]["bad"]
        assert broker.figures.connections == connections
        assert broker.figures.too_large == {}


async def test_what_is_believed_of_a_broker_ends_when_it_was_away(mosquitto, monkeypatch):
    monkeypatch.setattr("collector.ingest.broker.BACKOFF_FIRST_S", 0.05)
    documents = {"r1": b"x" * 9000}
    async with publishing(mosquitto.url, documents) as (broker, calls):
        await until_async(lambda: calls)
        broker.limit.believed, broker.limit.until_s = 5000, float("inf")
        assert not broker.publish(topics.desired("r1"), documents["r1"])
        mosquitto.kill()
        await until_async(lambda: broker.limit.believed is None)
        documents["r1"] = b"y" * 9000
        mosquitto.start()
        async with robot(mosquitto.url) as (_, got):
            await heard(got, documents["r1"])
    assert broker.figures.too_large == {}
