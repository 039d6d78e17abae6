"""Simulated robots say what a present agent says: their runs, and who they are. A real collector, Mosquitto."""

import contextlib
import dataclasses
import signal
import subprocess
import sys

import orjson

from collector.store.engine import open_reader
from collector.store.tables import fleet as t
from simulators.fleet import Fleet, Orders
from simulators.mqtt import Dialer
from tests.batches import rows_of, totals
from tests.brokers import free_port
from tests.fleet_collector import truth
from tests.waiting import DEADLINE_S, until_async

START_S = 1_760_000_400
DAY = Orders(
    robots=4, seed=7, start_s=START_S, end_s=START_S + 86_400, connects_per_s=500, backoff_first_s=0.1,
    backoff_max_s=0.5,
)  # fmt: skip


@contextlib.contextmanager
def serving(store, broker):
    words = ["serve", "--store", store, "--mqtt", broker, "--listen", f"127.0.0.1:{free_port()}"]
    with subprocess.Popen([sys.executable, "-m", "collector", *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "Pages and API" in process.stdout.readline()
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_S)
        finally:
            process.kill()


@contextlib.contextmanager
def reading(store):
    reader = open_reader(store)
    try:
        yield reader
    finally:
        reader.close()


def runs_of(reader):
    """By robot id: the names of the runs that the collector knows of the stream that sent last."""
    told = rows_of(reader, t.stream_past)
    return {row["robot_id"]: [run for run, _ in orjson.loads(row["runs"])] for row in told if row["runs"]}


async def live(orders, broker):
    fleet = Fleet(orders, Dialer.of(broker))
    await fleet.run()
    assert fleet.undelivered() == 0
    return fleet


async def test_a_life_lived_twice_is_counted_once_and_its_runs_are_known(tmp_path, mosquitto):
    store = f"sqlite:///{tmp_path}/fleet.db"
    with serving(store, mosquitto.url):
        first = await live(DAY, mosquitto.url)
        again = await live(DAY, mosquitto.url)
    with reading(store) as reader:
        counted = {sum(truth(fleet.counted()).values()) for fleet in (first, again)}
        assert {sum(totals(reader).values())} == counted
        assert sorted(runs_of(reader).values()) == sorted([uplink.run] for uplink in again.uplinks)
        assert [row["kind"] for row in rows_of(reader, t.alarm)] == []
    assert again.tally.rewound == 0


async def test_a_killed_agent_is_a_run_of_its_own_on_the_same_file(tmp_path, mosquitto):
    store = f"sqlite:///{tmp_path}/fleet.db"
    fleet = Fleet(dataclasses.replace(DAY, robots=1, salt="a"), Dialer.of(mosquitto.url))
    [uplink] = fleet.uplinks
    uplink.live_until(START_S + 40_000)
    uplink.crash()
    with serving(store, mosquitto.url):
        await fleet.run()
    with reading(store) as reader:
        [runs] = runs_of(reader).values()
        assert len(runs) == 2
        assert runs[-1] == uplink.run
        assert sum(totals(reader).values()) == sum(truth(fleet.counted()).values())


async def test_a_collector_that_lacks_the_description_asks_and_is_told(tmp_path, mosquitto):
    store = f"sqlite:///{tmp_path}/fleet.db"
    with serving(store, mosquitto.url), reading(store) as reader:
        fleet = await live(dataclasses.replace(DAY, robots=1), mosquitto.url)
        await until_async(lambda: rows_of(reader, t.robot)[0]["about"])
        [row] = rows_of(reader, t.robot)
    [uplink] = fleet.uplinks
    assert (row["model"], row["rom"], row["timezone"]) == (uplink.robot.scene.model, uplink.robot.rom, "Asia/Shanghai")


async def test_a_file_that_went_back_is_told_so_and_goes_on_in_a_new_one(tmp_path, mosquitto):
    """A copy from before the agent was killed is put back."""
    store = f"sqlite:///{tmp_path}/fleet.db"
    orders = dataclasses.replace(DAY, robots=1, salt="a", end_s=START_S + 43_200)
    with serving(store, mosquitto.url):
        before = Fleet(orders, Dialer.of(mosquitto.url))
        before.uplinks[0].live_until(START_S + 20_000)
        before.uplinks[0].crash()
        await before.run()
        after = await live(orders, mosquitto.url)
    assert (before.undelivered(), after.tally.rewound) == (0, 1)
    assert after.uplinks[0].outbox.epoch != before.uplinks[0].outbox.epoch
    with reading(store) as reader:
        assert [row["kind"] for row in rows_of(reader, t.alarm)] == ["went_back"]
