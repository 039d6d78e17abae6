"""The robot's computer: load, memory, disk, network, temperature, uptime, and the processes that must run.

Light: a sample reads a handful of files under /proc and /sys. Named processes are looked up once and
again only when one has gone, at most every RESOLVE_S; there is no walk through all processes per sample.
A sensor that cannot be read costs its own gauge, is named in the status, and once in the log.
Gauges of this source (ratios are 0 to 1): cpu_ratio, memory_ratio, disk_ratio, load_1m, uptime_s,
net_received_bytes_s, net_sent_bytes_s, temperature_c, and process.<name>.cpu_ratio / .rss_mb.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from edge_agent.counting.readings import Condition, Gauge, Notice, Notices, Reading, Supports, Take, Total
from edge_agent.sources.memory import Memory
from edge_agent.sources.names import NameRefused, gauge_name
from edge_agent.sources.options import Texts, says
from edge_agent.sources.surroundings import Surroundings

RESOLVE_S = 60.0  # a walk through all processes costs some 10 ms of CPU on a robot: never more often
REASON_MAX_CHARS = 200
TEMPERATURE_EVERY = 6  # samples; sensors are slow files, and warmth is slow too
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    disk: Path = field(default=Path("/"), metadata=says("path whose file system is watched"))
    processes: Texts = field(default=(), metadata=says("names of processes that must run; a missing one is a fault"))


class Sensors:
    """Reads one sensor at a time. `failing` are those that cannot be read now."""

    def __init__(self) -> None:
        self.failing: dict[str, Notice] = {}
        self._logged: set[str] = set()

    def read(self, name: str, sensor: Callable[[], list[Reading]]) -> list[Reading]:
        """What the sensor says; nothing where it raises."""
        try:
            readings = sensor()
        except Exception as error:  # noqa: BLE001  drivers raise whatever they like, and the others work
            why = f"{type(error).__name__}: {error}"[:REASON_MAX_CHARS]
            since_s = self.failing[name].since_s if name in self.failing else time.monotonic()
            self.failing[name] = Notice("sensor_fails", name, since_s, why)
            if name not in self._logged:
                self._logged.add(name)
                _LOG.warning("%s cannot be read: %s", name, why, extra={"action": "sensor_fails", "sensor": name})
            return []
        self.failing.pop(name, None)
        return readings


class Processes:
    """The named processes. `find` walks the system; it is called only while a name has no living process."""

    def __init__(self, names: Iterable[str], find: Callable[[frozenset[str]], Mapping[str, psutil.Process]]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._find = find
        self._found: dict[str, psutil.Process] = {}
        self._looked_s = float("-inf")

    def read(self, mono_s: float) -> list[Reading]:
        """Their state now: a condition for each, gauges for those that run."""
        readings: list[Reading] = []
        for name in [name for name, process in self._found.items() if not _runs(process)]:
            del self._found[name]
            self._looked_s = float("-inf")
        missing = frozenset(self._names) - self._found.keys()
        if missing and mono_s - self._looked_s >= RESOLVE_S:
            self._found |= self._find(missing)
            self._looked_s = mono_s
        for name in self._names:
            process = self._found.get(name)
            detail = "" if process else "no process of this name runs"
            readings.append(
                Condition("agent", "process_missing", not process, name, severity="critical", detail=detail)
            )
            if process:
                readings += _process_gauges(name, process)
        return readings


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _process_gauges(name: str, process: psutil.Process) -> list[Reading]:
    try:
        stem = gauge_name(f"process.{name.replace('.', '_')}")
        with process.oneshot():
            cpu, rss = process.cpu_percent(None), process.memory_info().rss
        return [Gauge(f"{stem}.cpu_ratio", cpu / 100), Gauge(f"{stem}.rss_mb", rss / 2**20)]
    except (NameRefused, psutil.Error):
        return []  # it ended between two calls, or cannot be named: its condition says enough


def find_processes(names: frozenset[str]) -> dict[str, psutil.Process]:
    """The oldest process of each name; by executable name, as the kernel cuts it at 15 characters or in full."""
    found: dict[str, psutil.Process] = {}
    for process in psutil.process_iter(["name"]):
        name = process.info["name"]
        if name in names and name not in found:
            with contextlib.suppress(psutil.Error):  # it ended between two calls
                process.cpu_percent(None)  # the first call only remembers where to measure from
                found[name] = process
    return found


class System:
    """Samples every `sample_s`."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        self.name = name
        self._options = options
        self._around = around
        self._processes = Processes(options.processes, find_processes)
        self._sensors = Sensors()
        self._network: tuple[float, int, int] | None = None
        self._samples = 0

    async def run(self, take: Take) -> None:
        self._sensors.read("cpu_ratio", _cpu)  # the first call only remembers where to measure from
        from_boot = self._agent_knew_an_earlier_boot()
        take(Supports(("operating_s",)))
        while True:
            mono_s = time.clock_gettime(time.CLOCK_MONOTONIC)
            take(Total("operating_s", mono_s, self._around.boot_id, from_boot, fall="never"))
            for reading in self._sample(mono_s):
                take(reading)
            take(Notices(tuple(self._sensors.failing.values())))
            self._samples += 1
            await asyncio.sleep(self._around.sample_s)

    def _agent_knew_an_earlier_boot(self) -> bool:
        """Whether all of this boot is ours to count; what ran before the agent was installed is not.

        An outbox that has counted another boot knows it better than the note, which may be of another outbox.
        """
        counted = self._around.lives(self.name)
        if counted:
            return self._around.boot_id not in counted
        memory = Memory(self._around.state_dir / f"source-{self.name}.json")
        began = memory.load() or {}
        if began.get("outbox") != self._around.outbox:
            began = {"outbox": self._around.outbox, "boot": self._around.boot_id}
            try:
                memory.save(began)
            except OSError as error:
                _LOG.warning("cannot remember this boot: %s", error, extra={"action": "source_memory_failed"})
                return False
        return bool(began.get("boot") != self._around.boot_id)

    def _sample(self, mono_s: float) -> Iterator[Reading]:
        sensors: dict[str, Callable[[], list[Reading]]] = {
            "cpu_ratio": _cpu,
            "memory_ratio": lambda: [Gauge("memory_ratio", psutil.virtual_memory().percent / 100)],
            "disk_ratio": lambda: [Gauge("disk_ratio", psutil.disk_usage(str(self._options.disk)).percent / 100)],
            "load_1m": lambda: [Gauge("load_1m", psutil.getloadavg()[0])],
            "uptime_s": lambda: [Gauge("uptime_s", mono_s)],
            "network": lambda: self._network_rates(mono_s),
            "processes": lambda: self._processes.read(mono_s),
        }
        if self._samples % TEMPERATURE_EVERY == 0:
            sensors["temperature_c"] = _warmest
        for name, sensor in sensors.items():
            yield from self._sensors.read(name, sensor)

    def _network_rates(self, mono_s: float) -> list[Reading]:
        counted = psutil.net_io_counters()
        if counted is None:
            return []  # no network at all
        before, self._network = self._network, (mono_s, counted.bytes_recv, counted.bytes_sent)
        if before is None or (elapsed_s := mono_s - before[0]) <= 0:
            return []
        return [
            Gauge("net_received_bytes_s", max(0, counted.bytes_recv - before[1]) / elapsed_s),
            Gauge("net_sent_bytes_s", max(0, counted.bytes_sent - before[2]) / elapsed_s),
        ]


def _cpu() -> list[Reading]:
    return [Gauge("cpu_ratio", psutil.cpu_percent(None) / 100)]


def _warmest() -> list[Reading]:
    """Degrees Celsius of the hottest sensor; nothing where there is none."""
    chips = psutil.sensors_temperatures()
    warmest = max((sensor.current for chip in chips.values() for sensor in chip), default=None)
    return [] if warmest is None else [Gauge("temperature_c", warmest)]


def build(name: str, options: Options, around: Surroundings) -> System:
    return System(name, options, around)
