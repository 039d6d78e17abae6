"""StatsD over UDP on loopback or a Unix datagram socket: counters and gauges of programs that already speak it.

UDP asks nobody who he is; the Unix socket has a mode and the agent's group. With `udp = false` only it counts.

A datagram is a pushed increment: at risk from the moment the program sent it until the agent's next
group commit (at most one `commit` interval, docs/sources.md). Datagrams that wait in the kernel's
receive buffer are lost with a reboot, and when the buffer overflows; the overflow is counted.
Exact across crashes are only cumulative counters: see opk_skills/runtime/counts.py.
"""

import asyncio
import contextlib
import math
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.counting.readings import Gauge, Increment, Take
from edge_agent.errors import ConfigError, SourceError
from edge_agent.sources.names import NameRefused, counter_key, gauge_name, shown
from edge_agent.sources.options import CounterRules, Rules, Texts, permissions, says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.statsd_lines import Metric, NameRules, read_packet
from edge_agent.sources.surroundings import Surroundings

GAUGES_MAX = 60  # names remembered; a window carries 64 gauges of all sources
UDP_TABLE = Path("/proc/net/udp")
OF_THE_CLIENT = "datadog.dogstatsd.client."  # what Datadog's client counts of itself, unasked, beside every metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    host: str = field(default="127.0.0.1", metadata=says("address to listen on; only loopback is accepted"))
    port: int = field(default=8125, metadata=says("UDP port; 0 lets the system choose", high=65535))
    udp: bool = field(default=True, metadata=says("listen on the port; false: only on the Unix socket"))
    socket: Path = field(default=Path(), metadata=says("path of a Unix datagram socket; none: do not make one"))
    mode: str = field(default="0660", metadata=says("permissions of that socket, octal: who may count"))
    receive_buffer_kb: int = field(default=1024, metadata=says("kernel buffer for bursts", low=16, high=65536))
    strip: str = field(default="", metadata=says("prefix taken off every name before the rules see it"))
    counters: CounterRules = field(default_factory=dict, metadata=says('rules: "tour.start" = "guided_tour"'))
    gauges: Rules = field(default_factory=dict, metadata=says("rules for gauges; without one the name itself is used"))
    ignore: Texts = field(default=(), metadata=says("names or prefix* that are passed over, not refused"))


class Interpreter:
    """Samples -> readings. Remembers fractions of counters and the last value of each gauge."""

    def __init__(self, options: Options) -> None:
        self._strip = options.strip
        self._counters = NameRules(options.counters.items())
        self._gauges = NameRules(options.gauges.items())
        self._ignored = NameRules((pattern, "ignored") for pattern in options.ignore)
        self._fractions: dict[str, float] = {}
        self._levels: dict[str, float] = {}

    def read(self, sample: Metric) -> Increment | Gauge | None:
        """None when there is nothing to say. Raises NameRefused."""
        if sample.name.startswith(OF_THE_CLIENT):
            return None
        name = sample.name.removeprefix(self._strip)
        if self._ignored.word(name, sample.tags):
            return None
        if sample.kind in {"counter", "timer"}:
            return self._count(name, sample)
        return self._gauge(name, sample)

    def _count(self, name: str, sample: Metric) -> Increment | None:
        key = self._counters.word(name, sample.tags, named=sample.kind == "timer")
        if key is None:
            if sample.kind == "timer":
                return None  # a duration is no count; its samples are counted where a rule names it
            try:
                key = counter_key(name) if "." not in name else None
            except NameRefused:
                key = None
        if key is None:
            raise NameRefused(f"counter {shown(name)} has no rule: add one under counters, or ignore it")
        total = self._fractions.get(key, 0.0) + sample.value
        whole = math.floor(total + 1e-9)  # a rate of 0.1 gives 9.99…98 after its inverse
        self._fractions[key] = max(0.0, total - whole)
        return Increment(key, whole) if whole else None

    def _gauge(self, name: str, sample: Metric) -> Gauge:
        word = gauge_name(self._gauges.word(name, sample.tags) or name)
        if word not in self._levels and len(self._levels) >= GAUGES_MAX:
            raise NameRefused(f"more than {GAUGES_MAX} gauges: ignore those nobody looks at")
        level = sample.value + (self._levels.get(word, 0.0) if sample.kind == "delta" else 0.0)
        self._levels[word] = level
        return Gauge(word, level)


class StatsD:
    """Listens for ever. `port` and `path` are known once `listening` is set."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        self.name = name
        self.port = options.port
        self.path = options.socket
        self.listening = asyncio.Event()
        self._mode = permissions(options.mode, f"[sources.{name}] mode")
        if not options.udp and options.socket == Path():
            raise ConfigError(
                "[sources.{name}] udp = false leaves nothing to listen on: set socket to a path", name=name
            )
        self._options = options
        self._around = around
        self._interpreter = Interpreter(options)

    async def run(self, take: Take) -> None:
        """Raises SourceError when the port or the socket is not to be had."""
        refusals = Refusals(self.name, take)
        receiver = _Receiver(self._interpreter, take, refusals)
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as stack:
            inode = ""
            if self._options.udp:
                bound = _bind(self._options)
                transport, _ = await loop.create_datagram_endpoint(lambda: receiver, sock=bound)
                stack.callback(transport.close)
                self.port, inode = bound.getsockname()[1], str(os.fstat(bound.fileno()).st_ino)
            if self.path != Path():
                bound = _bind_path(self.path, self._mode)
                stack.callback(self.path.unlink, missing_ok=True)
                transport, _ = await loop.create_datagram_endpoint(lambda: receiver, sock=bound)
                stack.callback(transport.close)
            self.listening.set()
            dropped = 0
            while True:
                await asyncio.sleep(self._around.sample_s)
                now = dropped_datagrams(UDP_TABLE, inode) if inode else 0
                if now > dropped:
                    reason = "receive buffer was full: raise receive_buffer_kb"
                    refusals.add(reason, name="datagrams", times=now - dropped)
                    dropped = now


class _Receiver(asyncio.DatagramProtocol):
    def __init__(self, interpreter: Interpreter, take: Take, refusals: Refusals) -> None:
        self._interpreter = interpreter
        self._take = take
        self._refusals = refusals

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002  the signature is asyncio's
        packet = read_packet(data)
        for reason, name in zip(packet.refused, packet.names, strict=True):
            self._refusals.add(reason, name=name)
        for sample in packet.samples:
            try:
                reading = self._interpreter.read(sample)
            except NameRefused as error:
                self._refusals.add(str(error), name=sample.name)
                continue
            if reading is not None:
                self._take(reading)  # what the sampler refuses it remembers by name: nobody waits here for an answer


def _bind(options: Options) -> socket.socket:
    if not options.host.startswith("127."):
        raise SourceError(f"statsd: {options.host} is not loopback: listen on 127.0.0.1 and relay from there")
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.receive_buffer_kb * 1024)
        bound.bind((options.host, options.port))
    except OSError as error:
        bound.close()
        raise SourceError(f"statsd: port {options.port}: {error.strerror}: free it or set another port") from error
    return bound


def _bind_path(path: Path, mode: int) -> socket.socket:
    """A datagram socket in the file system: whoever may write to its file may count. Full, it makes senders wait."""
    if len(os.fsencode(path)) > 107:  # noqa: PLR2004  sun_path in unix(7), less its terminating zero
        raise SourceError(f"statsd: {path} is too long for a Unix socket: set a shorter socket")
    if _alive(path):
        raise SourceError(f"statsd: another program listens on {path}: stop it or set another socket")
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        path.unlink(missing_ok=True)
        bound.setblocking(False)
        bound.bind(os.fsencode(path))
        path.chmod(mode)
    except OSError as error:
        bound.close()
        raise SourceError(f"statsd: {path}: {error.strerror}: give the agent write access there") from error
    return bound


def _alive(path: Path) -> bool:
    """Whether somebody listens there; a socket file without a process is left over from a crash."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        return probe.connect_ex(os.fsencode(path)) == 0


def dropped_datagrams(table: Path, inode: str) -> int:
    """How many datagrams the kernel dropped at this socket so far; 0 where there is no such table."""
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return 0
    return next((int(columns[-1]) for line in lines if inode in (columns := line.split())), 0)


def build(name: str, options: Options, around: Surroundings) -> StatsD:
    return StatsD(name, options, around)
