"""The embedded broker's doorkeeper: who may do what, decided without a socket; and its answer to MQTT 5."""

import asyncio
from pathlib import Path

import pytest

from protocol import topics
from simulators.children import free_port
from simulators.embedded import COLLECTOR, read_passwords, serve
from simulators.embedded import may as allowed
from simulators.errors import PlanError
from tests.waiting import DEADLINE_S

CONNECT_V5 = b"\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02r1"


@pytest.mark.parametrize("topic", [topics.up("r1"), topics.presence("r1"), topics.reported("r1")])
def test_a_robot_publishes_only_for_itself(topic: str) -> None:
    assert allowed("r1", topic, publish=True)
    assert not allowed("r2", topic, publish=True)
    assert not allowed("r1", topic, publish=False)


@pytest.mark.parametrize(
    "filter_", ["#", "fw/#", "fw/1/+/r1", "fw/1/ack/+", topics.ack("r2"), "$share/collector/fw/1/up/+/+"]
)
def test_a_robot_hears_only_what_is_for_it(filter_: str) -> None:
    assert not allowed("r1", filter_, publish=False)
    assert allowed("r1", topics.ack("r1"), publish=False)
    assert allowed("r1", topics.desired("r1"), publish=False)


def test_the_collector_hears_the_fleet_and_speaks_only_answers() -> None:
    for filter_ in (topics.ALL_UP, topics.ALL_PRESENCE, topics.ALL_REPORTED, topics.shared(topics.ALL_UP)):
        assert allowed(COLLECTOR, filter_, publish=False)
    assert allowed(COLLECTOR, topics.ack("r1"), publish=True)
    assert not allowed(COLLECTOR, topics.up("r1"), publish=True)


def test_a_file_without_the_collector_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_text("r1:secret\n")
    with pytest.raises(PlanError, match="collector"):
        read_passwords(path)
    path.write_text("# ours\n\ncollector:a:b\nr1:secret\n")
    assert read_passwords(path) == {"collector": "a:b", "r1": "secret"}


async def test_an_address_that_others_reach_is_refused() -> None:
    with pytest.raises(PlanError, match="Mosquitto"):
        await serve("0.0.0.0", 1883, {}, lambda: None, asyncio.Event())


async def test_mqtt_5_is_refused_at_once_and_rubbish_is_hung_up_on() -> None:
    port, ready, stop = free_port(), asyncio.Event(), asyncio.Event()
    broker = asyncio.create_task(serve("127.0.0.1", port, {COLLECTOR: "c"}, ready.set, stop))
    await ready.wait()
    for first_words, answer in ((CONNECT_V5, b"\x20\x02\x00\x01"), (b"GET / HTTP/1.1\r\n\r\n", b"\x20\x02\x00\x01")):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first_words)
        assert await asyncio.wait_for(reader.read(), DEADLINE_S) == answer
        writer.close()
        await writer.wait_closed()
    stop.set()
    await broker
