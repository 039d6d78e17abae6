"""The link against a real Mosquitto: versions, refusals with their reason, TLS in 1970, leaving and its will."""

import asyncio
import contextlib
import subprocess
import time

import pytest

from edge_agent.config import load
from edge_agent.errors import LinkError
from edge_agent.uplink.link import Arrived, Link, Lost, TooLarge, Will
from tests.brokers import free_port
from tests.waiting import DEADLINE_S, until_async

WILL = Will("fw/1/presence/r1", b'{"state":"offline"}')


def settings_for(url, **more):
    return load({"robot": "r1", "mqtt_url": url, **more}, {})


def link_to(url, *, now=time.time, floor_s=0.0, **more):
    return Link(settings_for(url, **more), now=now, floor_s=lambda: floor_s)


async def connected(link, *topics):
    return await link.connect(WILL, [(topic, 1) for topic in topics or ["allowed/else"]])


async def event(connection):
    return await asyncio.wait_for(connection.events.get(), DEADLINE_S)


async def refusal(link):
    with pytest.raises(LinkError) as caught:
        await connected(link)
    return caught.value


async def test_mqtt_5_is_taken_where_the_broker_has_it_and_a_repeated_topic_arrives_through_its_alias(mosquitto):
    connection = await connected(link_to(mosquitto.url), "t/" + "long" * 20)
    assert connection.version == "5"
    assert connection.aliases > 0
    for payload in (b"one", b"two", b"six", b"ten"):
        connection.publish("t/" + "long" * 20, payload, often=True)
        arrived = await event(connection)
        assert arrived == Arrived("t/" + "long" * 20, payload)
    await connection.close()


@contextlib.asynccontextmanager
async def old_broker(answer_to_5):
    """Speaks 3.1.1 only; its CONNECTs of MQTT 5 are answered with the given bytes."""
    talks = set()

    async def talk(reader, writer):
        talks.add(asyncio.current_task())
        head = await reader.read(1024)
        writer.write(b"\x20\x02\x00\x00" if head[head.index(b"MQTT") + 4] == 4 else answer_to_5)
        while await reader.read(1024):
            pass
        writer.close()
        await writer.wait_closed()

    port = free_port()
    async with await asyncio.start_server(talk, "127.0.0.1", port):
        yield f"mqtt://127.0.0.1:{port}"
        await asyncio.wait_for(asyncio.gather(*talks), DEADLINE_S)


async def test_a_broker_that_refuses_mqtt_5_is_spoken_to_in_3_1_1():
    async with old_broker(b"\x20\x02\x00\x01") as url:  # CONNACK in the old form: unacceptable protocol version
        link = link_to(url)
        for _ in range(2):
            connection = await connected(link)
            assert connection.version == "3.1.1"
            await connection.close(clean=False)


async def test_a_broker_that_answers_mqtt_5_with_silence_is_spoken_to_in_3_1_1(monkeypatch):
    monkeypatch.setattr("edge_agent.uplink.link.MUTE_S", 0.2)
    async with old_broker(b"") as url:
        connection = await connected(link_to(url))
        assert connection.version == "3.1.1"
        await connection.close(clean=False)


async def test_everything_works_in_3_1_1_too(mosquitto):
    connection = await connected(link_to(mosquitto.url, mqtt_version="3.1.1"), "t/x")
    connection.publish("t/x", b"payload", often=True)
    assert await event(connection) == Arrived("t/x", b"payload")
    await connection.close()


async def test_a_lost_broker_is_told_once_and_nothing_can_be_published_any_more(mosquitto):
    connection = await connected(link_to(mosquitto.url))
    mosquitto.kill()
    assert isinstance(await event(connection), Lost)
    with pytest.raises(LinkError):
        connection.publish("t/x", b"")
    await connection.close()


@pytest.mark.parametrize("clean", [True, False])
async def test_a_connection_that_is_over_leaves_no_socket_open(mosquitto, clean):
    connection = await connected(link_to(mosquitto.url))
    client = connection.client
    own = [client._sock, client._sockpairR, client._sockpairW]
    assert all(sock.fileno() >= 0 for sock in own), "the control: they are open before"
    await connection.close(clean=clean)
    await until_async(lambda: all(sock.fileno() < 0 for sock in own))


async def test_nobody_listening_is_refused_with_a_remedy():
    error = await refusal(link_to(f"mqtt://127.0.0.1:{free_port()}"))
    assert error.reason == "refused"
    assert "start the broker" in str(error)


async def test_a_name_without_an_address_is_a_network_reason():
    error = await refusal(link_to("mqtt://no-such-host.invalid"))
    assert error.reason == "network"


@pytest.fixture
def guarded(start_mosquitto, tmp_path):
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "r1", "right"], check=True)
    return start_mosquitto(anonymous=False, lines=[f"password_file {passwords}"])


async def test_a_wrong_password_is_a_credentials_reason(guarded, tmp_path):
    file = tmp_path / "password"
    file.write_text("wrong\n")
    link = link_to(guarded.url, mqtt_password_file=str(file))
    error = await refusal(link)
    assert error.reason == "credentials"
    assert "wrong" not in str(error)
    file.write_text("right\n")
    await (await connected(link)).close()


async def test_a_publish_that_the_broker_forbids_ends_the_connection_with_its_reason(start_mosquitto, tmp_path):
    """paho reports such a message as published: only the reason code of the PUBACK tells."""
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite allowed/#\n")
    connection = await connected(link_to(start_mosquitto(lines=[f"acl_file {rules}"]).url))
    connection.publish("allowed/x", b"")
    connection.publish("forbidden/x", b"")
    lost = await event(connection)
    assert isinstance(lost, Lost)
    assert lost.reason == "refused"
    await connection.close()


async def watch(mosquitto, topic):
    watcher = Link(load({"robot": "watcher", "mqtt_url": mosquitto.url}, {}), now=time.time, floor_s=lambda: 0.0)
    connection = await watcher.connect(Will("watcher/gone", b""), [(topic, 1)])
    connection.publish(topic, b"watching")
    assert (await event(connection)).payload == b"watching"
    return connection


async def test_a_clean_close_sends_what_was_published_before_and_no_will(mosquitto):
    watcher = await watch(mosquitto, "fw/1/presence/r1")
    connection = await connected(link_to(mosquitto.url))
    connection.publish(WILL.topic, b'{"state":"stopped"}', retain=True)
    await connection.close()
    assert (await event(watcher)).payload == b'{"state":"stopped"}'
    watcher.publish(WILL.topic, b"end")
    assert (await event(watcher)).payload == b"end"
    await watcher.close()


async def test_a_cut_connection_lets_the_broker_send_the_will(mosquitto):
    watcher = await watch(mosquitto, "fw/1/presence/r1")
    connection = await connected(link_to(mosquitto.url))
    await connection.close(clean=False)
    assert (await event(watcher)).payload == WILL.payload
    await watcher.close()


async def test_tls_with_a_client_certificate(start_mosquitto, certificates):
    lines = ["require_certificate true", "use_identity_as_username true"]
    broker = start_mosquitto(tls=certificates, lines=lines)
    with_ca = {"tls_ca_file": str(certificates.ca)}
    assert (await refusal(link_to(broker.url, **with_ca))).reason in {"certificate", "network", "version"}
    crt, key = certificates.client("r1")
    link = link_to(broker.url, **with_ca, tls_cert_file=str(crt), tls_key_file=str(key))
    await (await connected(link)).close()


async def test_a_broker_of_an_unknown_ca_is_refused(start_mosquitto, certificates):
    broker = start_mosquitto(tls=certificates)
    error = await refusal(link_to(broker.url))
    assert error.reason == "certificate"
    assert "tls_ca_file" in str(error)


async def test_a_broker_under_another_name_is_refused_even_while_the_clock_is_wrong(start_mosquitto, certificates):
    certificates.serve_as("elsewhere.example")
    broker = start_mosquitto(tls=certificates)
    for floor_s in (0.0, time.time() + 3600):
        error = await refusal(link_to(broker.url, floor_s=floor_s, tls_ca_file=str(certificates.ca)))
        assert error.reason == "certificate"


async def test_a_certificate_of_the_future_is_a_clock_reason_unless_the_clock_is_known_to_be_wrong(
    start_mosquitto, certificates
):
    """In 1970 every certificate is one of the future; below the clock floor its start says nothing."""
    tomorrow = time.time() + 86_400
    certificates.serve_as("127.0.0.1", starts_s=tomorrow, ends_s=tomorrow + 86_400)
    broker = start_mosquitto(tls=certificates)
    trusted = {"tls_ca_file": str(certificates.ca)}
    control = await refusal(link_to(broker.url, **trusted))
    assert control.reason == "clock"
    assert "clock" in str(control)
    in_1970 = link_to(broker.url, now=lambda: 1000.0, floor_s=1_700_000_000.0, **trusted)
    await (await connected(in_1970)).close()


async def test_a_certificate_that_ended_before_the_clock_floor_is_refused_even_in_1970(start_mosquitto, certificates):
    yesterday = time.time() - 86_400
    certificates.serve_as("127.0.0.1", starts_s=yesterday - 86_400, ends_s=yesterday)
    broker = start_mosquitto(tls=certificates)
    trusted = {"tls_ca_file": str(certificates.ca)}
    assert (await refusal(link_to(broker.url, **trusted))).reason == "certificate"
    in_1970 = link_to(broker.url, now=lambda: 1000.0, floor_s=time.time() - 3600, **trusted)
    assert (await refusal(in_1970)).reason == "certificate"


@pytest.mark.parametrize(("code", "reason"), [(0x8E, "taken_over"), (0x8B, "network")])
async def test_a_broker_that_gives_the_connection_to_another_client_is_heard(code, reason):
    """MQTT 5 says it in DISCONNECT (142: session taken over; 139: shutting down). Mosquitto 2.0.11 only closes."""

    async def serve(reader, writer):
        await reader.read(100)
        writer.write(bytes([0x20, 3, 0, 0, 0]) + bytes([0xE0, 2, code, 0]))
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        connection = await connected(link_to(f"mqtt://127.0.0.1:{port}", mqtt_version="5"))
        lost = await event(connection)
        assert isinstance(lost, Lost)
        assert lost.reason == reason
        assert ("another machine" in lost.text) == (reason == "taken_over")
        await connection.close(clean=False)


async def test_a_broker_that_ends_the_connection_over_a_large_message_is_told_from_a_lost_network(start_mosquitto):
    broker = start_mosquitto(lines=["message_size_limit 1300"])
    for _ in range(10):  # the broker may be gone before the write returns: then nothing can be told apart
        connection = await connected(link_to(broker.url), "t/a")
        with contextlib.suppress(LinkError):
            number = connection.publish("t/a", b"x" * 3000)
            found = await event(connection)
            assert found == TooLarge(number) or found.in_protest
            await connection.close()
            return
        await connection.close()
    pytest.fail("the connection was gone before every write")
