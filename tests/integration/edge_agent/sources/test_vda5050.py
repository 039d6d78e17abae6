"""The VDA 5050 source through a real Mosquitto."""

import asyncio
import json
from dataclasses import replace

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Refusal, Supports, Total
from edge_agent.counting.sampler import Sampler
from edge_agent.errors import ConfigError, SourceError
from edge_agent.sources import vda5050
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.vda5050 import COUNTERS, KEEP_MIN_S, Options, Vda5050
from edge_agent.sources.vda5050_vehicle import Vehicle as VehicleSeen
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


def orders(watched, sink, ids):
    """States with these orders, one right after the other."""
    for header, order in enumerate(ids):
        state = {"headerId": header, "timestamp": "2026-05-01T08:00:00Z", "orderId": order, "nodeStates": [{}]}
        watched._hear("uagv/v2/acme/7/state", json.dumps(state).encode(), sink.take, Refusals("vda5050", sink.take))


async def test_orders_that_follow_each_other_at_once_are_on_the_disk_a_second_later(tmp_path, mosquitto):
    sink, watched = Sink(), source(tmp_path, mosquitto, keep_s=900.0)
    async with running(watched, sink):
        await watched.subscribed.wait()
        orders(watched, sink, ["A", "B", "C", "D"])
        await until(lambda: sink.counted.get("navigation_tasks") == 4)


async def test_where_nothing_is_owed_the_file_is_not_written_before_its_time(tmp_path, mosquitto):
    """The control: it is the orders that are written, not every look."""
    sink, watched = Sink(), source(tmp_path, mosquitto, keep_s=900.0)
    async with running(watched, sink):
        await watched.subscribed.wait()
        orders(watched, sink, ["A"])
        kept_s = watched._kept_s
        watched._kept_s -= 10 * KEEP_MIN_S
        await asyncio.sleep(10 * watched._around.sample_s)
        assert watched._kept_s == kept_s - 10 * KEEP_MIN_S


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
    assert watched._life.from_zero


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


@pytest.mark.parametrize(("interface", "version"), [("uagv/v1", "1.1.0"), ("plant/hall-2/robots", "2.1.0")])
async def test_a_1_1_vehicle_and_a_free_interface_name_are_counted_by_setting(tmp_path, mosquitto, interface, version):
    sink, watched = Sink(), source(tmp_path, mosquitto, interfaces=(interface,))
    vehicle = Vehicle(5, version, interface=interface)
    async with running(watched, sink):
        await watched.subscribed.wait()
        await asyncio.to_thread(publish, vehicle, 200, "127.0.0.1", mosquitto.port)
        await until(lambda: has_seen(watched, 200))
        await until(lambda: sink.notices == () and sink.supports == Supports(tuple(sorted(COUNTERS))))
    assert rounded(sink.counted) == rounded(vehicle.truth)
    assert not sink.refused


async def test_a_vehicle_on_other_topics_is_named_and_supports_nothing(tmp_path, mosquitto):
    """A 1.1 vehicle beside the default topics; the control is the 3.0 one that comes after it."""
    sink, watched, stranger = Sink(), source(tmp_path, mosquitto), Vehicle(5, "1.1.0", serial="7")
    async with running(watched, sink):
        await watched.subscribed.wait()
        await until(lambda: sink.notices)
        assert (sink.notices[0].subject, sink.notices[0].detail) == ("uagv/v2, vda5050/v3", "")
        await asyncio.to_thread(publish, stranger, 50, "127.0.0.1", mosquitto.port)
        await until(lambda: sink.notices[0].detail == "uagv/v1/fleetward-sim/7")
        assert {reading for reading in sink.readings if isinstance(reading, Supports)} == {Supports(())}
        assert rounded(sink.counted) == dict.fromkeys(COUNTERS, 0)
        await asyncio.to_thread(publish, Vehicle(6), 50, "127.0.0.1", mosquitto.port)
        await until(lambda: not sink.notices and set(sink.supports.counters) == set(COUNTERS))
        await until(lambda: not watched._searching)
    again = Sink()
    async with running(source(tmp_path, mosquitto), again):
        await until(lambda: again.notices)
        assert again.supports == Supports(tuple(sorted(COUNTERS))), "heard once, also when it is away at the next start"


async def test_where_no_vehicle_was_heard_for_long_its_counters_are_unsupported(tmp_path, mosquitto, monkeypatch):
    monkeypatch.setattr(vda5050, "SILENT_S", 0.2)
    sink = Sink()
    async with running(source(tmp_path, mosquitto), sink):
        await until(lambda: sink.supports == Supports((), tuple(sorted(COUNTERS))))


def sampled(readings, **changed):
    """What a sampler counts of these totals."""
    sampler = Sampler(Stamp(1, 1000, 1_800_014_400, "synced"), window_s=300)
    for reading in readings:
        if isinstance(reading, Total):
            sampler.take("vda5050", replace(reading, **changed))
    return sampler.snapshot()["counts"]["navigation_tasks"]


async def test_totals_of_a_file_that_was_restored_are_not_counted_again(tmp_path, mosquitto):
    sink, vehicle, kept = Sink(), Vehicle(6), tmp_path / "source-vda5050.json"
    messages, kept_before = vehicle.run(400), []
    for _ in range(2):
        watched = source(tmp_path, mosquitto)
        async with running(watched, sink):
            await watched.subscribed.wait()
            await asyncio.to_thread(say, vehicle, messages, 200, mosquitto.port)
            await until(
                lambda w=watched: w.watch.vehicle.seen and w.watch.vehicle.seen.header == vehicle._headers["state"]
            )
        kept_before.append(kept.read_bytes())
    kept.write_bytes(kept_before[0])
    before = len(sink.readings)
    async with running(source(tmp_path, mosquitto), sink):
        await until(lambda: any(isinstance(reading, Total) for reading in sink.readings[before:]))
    assert sampled(sink.readings) == vehicle.truth["navigation_tasks"]
    assert sampled(sink.readings, fall="restart", kept=False) > vehicle.truth["navigation_tasks"], "the control"


@pytest.mark.parametrize("forgets", [True, False], ids=["forgets", "control"])
async def test_a_file_that_goes_back_and_forth_counts_no_way_twice(tmp_path, mosquitto, monkeypatch, forgets):
    """The older file is put back, then the newer one: what the vehicle is compared with is older than what is counted.

    The step to the first state after each is not known, and that is said. The control compares all the same.
    """
    if not forgets:
        monkeypatch.setattr(VehicleSeen, "look_anew", lambda _: None)
    sampler, sink = Sampler(Stamp(1, 1000, 1_800_014_400, "synced"), window_s=300), Sink()

    def take(reading):
        Sink.take(sink, reading)
        return sampler.take("vda5050", reading) if isinstance(reading, Total) else None

    sink.take = take
    vehicle, kept, files = Vehicle(6), tmp_path / "source-vda5050.json", {}
    messages, runs = vehicle.run(900), "abcd"
    for number, (run, put_back) in enumerate(zip(runs, (None, None, "a", "b"), strict=True), 1):
        if put_back is not None:
            kept.write_bytes(files[put_back])
        place = replace(around(tmp_path), run=run, runs=tuple(runs[:number]))
        watched = Vda5050("vda5050", Options(url=mosquitto.url, keep_s=0.05), place)
        async with running(watched, sink):
            await watched.subscribed.wait()
            await asyncio.to_thread(say, vehicle, messages, 200, mosquitto.port)
            await until(lambda w=watched: has_seen(w, vehicle._headers["state"]))
        files[run] = kept.read_bytes()
    counts, truth = rounded(sampler.snapshot()["counts"]), rounded(vehicle.truth)
    more = {name for name in COUNTERS if counts[name] > truth[name] + 1}
    assert bool(more) is not forgets, (counts, truth)
    if forgets:
        assert counts["driving_s"] >= truth["driving_s"] - 2 * 60, "two steps are not known"
        refused = [reading.reason for reading in sink.readings if isinstance(reading, Refusal)]
        assert refused == ["file_went_back"] * 2


@pytest.mark.parametrize(
    "wrong", [{"interfaces": ()}, {"interfaces": ("uagv/#",)}, {"interfaces": ("/uagv/v2",)}, {"serial": ""}]
)
async def test_topics_that_cannot_be_stop_the_start(tmp_path, wrong):
    with pytest.raises(ConfigError, match=r"\[sources\.vda5050\]"):
        Vda5050("vda5050", Options(**wrong), around(tmp_path))


@pytest.mark.parametrize("url", ["http://127.0.0.1", "mqtt://"])
async def test_an_address_that_is_no_broker_says_the_remedy(tmp_path, url):
    with pytest.raises(SourceError, match="write mqtt"):
        await Vda5050("vda5050", Options(url=url), around(tmp_path)).run(Sink().take)
