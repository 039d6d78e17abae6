"""The robot's computer: operating seconds, gauges, named processes."""

import logging
import subprocess
from pathlib import Path

import psutil
import pytest

from edge_agent.counting.readings import Condition, Gauge, Notices, Total
from edge_agent.sources.system import RESOLVE_S, Options, Processes, System, find_processes
from protocol.limits import COUNTER_KEY
from tests.sources import Sink, around, running, until


class Named:
    """A stand-in for psutil's lookup that counts its calls; processes are real."""

    def __init__(self, found):
        self.found = found
        self.calls = 0

    def __call__(self, names):
        self.calls += 1
        return {name: process for name, process in self.found.items() if name in names}


def missing(readings):
    return {r.ref for r in readings if isinstance(r, Condition) and r.active}


def test_processes_are_looked_up_once_and_not_in_every_sample():
    find = Named({"me": psutil.Process()})
    processes = Processes(["me"], find)
    for second in range(1000):
        assert not missing(processes.read(second * 10.0))
    assert find.calls == 1


def test_a_missing_process_is_a_condition_and_looked_for_once_a_minute():
    find = Named({})
    processes = Processes(["me"], find)
    for second in range(121):
        assert missing(processes.read(float(second))) == {"me"}
    assert find.calls == 1 + 120 // RESOLVE_S
    find.found["me"] = psutil.Process()
    assert not missing(processes.read(200.0))


def test_a_process_that_ends_is_looked_for_at_once():
    with subprocess.Popen(["sleep", "60"]) as child:
        find = Named({"me": psutil.Process(child.pid)})
        processes = Processes(["me"], find)
        assert not missing(processes.read(0.0))
        child.kill()
    find.found["me"] = psutil.Process()
    assert not missing(processes.read(1.0))
    assert find.calls == 2


def test_the_running_process_has_gauges_with_names_the_wire_takes():
    name = psutil.Process().name()
    readings = Processes([name], find_processes).read(0.0)
    gauges = {r.name for r in readings if isinstance(r, Gauge)}
    assert {g.rsplit(".", 1)[1] for g in gauges} == {"cpu_ratio", "rss_mb"}
    assert all(COUNTER_KEY.fullmatch(g) for g in gauges)


async def sample(folder, **surroundings):
    sink = Sink()
    async with running(System("system", Options(), around(folder, **surroundings)), sink):
        await until(lambda: sink.gauge("net_sent_bytes_s") is not None)
    return sink


async def test_a_sample_says_how_the_computer_is(tmp_path):
    sink = await sample(tmp_path)
    for name in ("cpu_ratio", "memory_ratio", "disk_ratio"):
        assert 0 <= sink.gauge(name) <= 1.5
    assert sink.gauge("uptime_s") > 0
    assert all(COUNTER_KEY.fullmatch(r.name) for r in sink.readings if isinstance(r, Gauge))


GAUGES = {"cpu_ratio", "memory_ratio", "disk_ratio", "load_1m", "uptime_s", "net_sent_bytes_s", "net_received_bytes_s"}
COSTS = {
    "sensors_temperatures": {"temperature_c"}, "net_io_counters": {"net_sent_bytes_s", "net_received_bytes_s"},
    "disk_usage": {"disk_ratio"}, "virtual_memory": {"memory_ratio"}, "cpu_percent": {"cpu_ratio"},
    "getloadavg": {"load_1m"}, "process_iter": {"process_missing"},
}  # fmt: skip


def raises(*_, **__):
    raise RuntimeError("unexpected file format")


async def sampled(folder, options, samples=8):
    sink = Sink()
    async with running(System("system", options, around(folder)), sink):
        await until(lambda: sum(isinstance(reading, Notices) for reading in sink.readings) >= samples)
    return sink


@pytest.mark.parametrize("sensor", COSTS)
async def test_a_sensor_that_raises_costs_its_own_gauge_and_is_said_once(tmp_path, monkeypatch, caplog, sensor):
    monkeypatch.setattr(psutil, sensor, raises)
    with caplog.at_level(logging.INFO):
        sink = await sampled(tmp_path, Options(processes=("init",)))
    assert {r.name for r in sink.readings if isinstance(r, Gauge)} >= GAUGES - COSTS[sensor]
    assert not {r.name for r in sink.readings if isinstance(r, Gauge)} & COSTS[sensor]
    assert sink.counted["operating_s"] > 0
    assert [record.getMessage().count("unexpected file format") for record in caplog.records] == [1]
    assert not caplog.records[0].exc_info
    (notice,) = next(r.present for r in reversed(sink.readings) if isinstance(r, Notices))
    assert (notice.kind, notice.detail) == ("sensor_fails", "RuntimeError: unexpected file format")


async def test_a_disk_that_is_not_there_costs_one_gauge_and_comes_back_with_it(tmp_path):
    disk = tmp_path / "disk"
    sink, source = Sink(), System("system", Options(disk=disk), around(tmp_path))
    async with running(source, sink):
        await until(lambda: sink.gauge("net_sent_bytes_s") is not None)
        assert sink.gauge("disk_ratio") is None
        assert [notice.subject for notice in source._sensors.failing.values()] == ["disk_ratio"]
        disk.mkdir()
        await until(lambda: sink.gauge("disk_ratio") is not None)
        assert not source._sensors.failing


async def test_where_every_sensor_works_nothing_is_noticed(tmp_path):
    """The control."""
    sink = await sampled(tmp_path, Options(disk=Path("/")))
    assert {r.present for r in sink.readings if isinstance(r, Notices)} == {()}


async def test_operating_seconds_before_the_agent_was_installed_are_not_counted(tmp_path):
    totals = [r for r in (await sample(tmp_path)).readings if isinstance(r, Total)]
    assert {(t.epoch, t.from_zero) for t in totals} == {("boot-1", False)}


async def test_operating_seconds_of_a_later_boot_count_from_its_beginning(tmp_path):
    await sample(tmp_path)
    totals = [r for r in (await sample(tmp_path, boot_id="boot-2")).readings if isinstance(r, Total)]
    assert {(t.epoch, t.from_zero) for t in totals} == {("boot-2", True)}
    fresh = [r for r in (await sample(tmp_path, boot_id="boot-2", outbox="o2")).readings if isinstance(r, Total)]
    assert {t.from_zero for t in fresh} == {False}


async def test_a_state_folder_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "file").touch()
    assert (await sample(tmp_path / "file")).gauge("uptime_s")
