"""The VDA 5050 source through a real Mosquitto."""

import asyncio
import json
from dataclasses import replace

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.errors import SourceError
from edge_agent.sources.vda5050 import COUNTERS, Options, Vda5050
from simulators.vda5050 import Vehicle, _send, publish
from tests.sources import Sink, around, running, until


def source(folder, broker, **options):
    chosen = Options(url=broker.url, keep_s=options.pop("keep_s", 0.05), **options)
    return Vda5050("vda5050", chosen, around(folder))


def has_seen(watched, header):
    seen = watched.watch.vehicle.seen
    return seen is not None and seen.header == header


def rounded(counts):
    return {name: round(counts.get(name, 0), 3) for name in COUNTERS}


@pytest.mark.parametrize("version", ["2.1.0", "3.0.0"])
async def test_what_the_vehicle_did_arrives_through_the_broker(tmp_path, mosquitto, version):
    sink, watched, vehicle = Sink(), source(tmp_path, mosquitto), Vehicle(5, version)
    async with running(watched, sink):
        await watched.subscribed.wait()
        await asyncio.to_thread(publish, vehicle, 300, "127.0.0.1", mosquitto.port)
        await until(lambda: has_seen(watched, 300))
    assert rounded(sink.counted) == rounded(vehicle.truth)
    assert sink.gauge("battery_ratio") is not None
    assert sink.gauge("vehicle_missed_states") in {0, None}
    assert not sink.refused


async def test_an_agent_restarted_between_two_states_counts_on(tmp_path, mosquitto):
    sink, vehicle = Sink(), Vehicle(6)
    messages = vehicle.run(120)
    for _ in range(4):
        watched = source(tmp_path, mosquitto)
        async with running(watched, sink):
            await watched.subscribed.wait()
            await asyncio.to_thread(say, vehicle, messages, 30, mosquitto.port)
            await until(
                lambda w=watched: w.watch.vehicle.seen and w.watch.vehicle.seen.header == vehicle._headers["state"]
            )
    assert rounded(sink.counted) == rounded(vehicle.truth)


def say(vehicle, messages, count, port):
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for _, (kind, message) in zip(range(count), messages, strict=False):
        _send(client, vehicle, kind, message)
    client.disconnect()
    client.loop_stop()
    client._reset_sockets()


async def test_a_broker_that_goes_and_comes_back_is_a_condition_that_closes(tmp_path, mosquitto):
    sink, watched = Sink(), source(tmp_path, mosquitto)
    async with running(watched, sink):
        await watched.subscribed.wait()
        mosquitto.kill()
        await until(lambda: "vehicle_broker_unreachable" in sink.open_conditions())
        mosquitto.start()
        await until(lambda: "vehicle_broker_unreachable" not in sink.open_conditions())


async def test_totals_that_cannot_be_kept_wait_and_are_not_lost(tmp_path, mosquitto):
    folder = tmp_path / "state"
    sink, watched, vehicle = Sink(), source(folder, mosquitto), Vehicle(5)
    async with running(watched, sink):
        await watched.subscribed.wait()
        await asyncio.to_thread(publish, vehicle, 100, "127.0.0.1", mosquitto.port)
        await until(lambda: "source_memory_failed" in sink.open_conditions())
        assert not rounded(sink.counted)["navigation_tasks"]
        folder.mkdir()
        await until(lambda: rounded(sink.counted) == rounded(vehicle.truth))
        assert "source_memory_failed" not in sink.open_conditions()


@pytest.mark.parametrize("spoiled", ["", "{", '{"outbox": "outbox-1", "epoch": "e", "vehicle": {}}', "[1]"])
async def test_a_spoiled_memory_begins_a_new_epoch(tmp_path, mosquitto, spoiled):
    (tmp_path / "source-vda5050.json").write_text(spoiled)
    watched = source(tmp_path, mosquitto)
    assert watched.watch.vehicle.seen is None
    assert watched._from_zero


async def test_another_outbox_takes_remembered_totals_as_where_it_begins(tmp_path, mosquitto):
    first, vehicle = source(tmp_path, mosquitto), Vehicle(5)
    async with running(first, Sink()):
        await first.subscribed.wait()
        await asyncio.to_thread(publish, vehicle, 100, "127.0.0.1", mosquitto.port)
        await until(lambda: has_seen(first, 100))
    sink = Sink()
    second = Vda5050("vda5050", first._options, replace(around(tmp_path), outbox="outbox-2"))
    async with running(second, sink):
        await second.subscribed.wait()
    assert rounded(sink.counted) == dict.fromkeys(COUNTERS, 0)
    assert json.loads((tmp_path / "source-vda5050.json").read_text())["vehicle"]["totals"]["navigation_tasks"] > 0


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mqtt://"])
async def test_an_address_that_is_no_broker_says_the_remedy(tmp_path, url):
    with pytest.raises(SourceError, match="write mqtt"):
        await Vda5050("vda5050", Options(url=url), around(tmp_path)).run(Sink().take)
