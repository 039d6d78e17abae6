"""Where skills on the robot count: a Unix socket (and, if asked for, a loopback port), a JSON line each way.

The lines are in edge_agent/sources/lines.py; opk_skills/runtime/counts.py is the client. Cumulative totals are
exact through any crash of the agent: a client says them again. One-shot counts, and lines with
`"durable": true`, are answered after the group commit; an answer `ok` is never given for less. What there is no
room for now stands in `later` and makes the answer `ok: false`: nothing of it was counted, it is to be said again.
"""

import asyncio
import contextlib
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from edge_agent.counting.readings import Condition, Ended, Increment, Reading, Take, Total
from edge_agent.counting.refused import FOR_NOW, said
from edge_agent.errors import SourceError
from edge_agent.sources.lines import Line, LineRefused, read_line, read_object
from edge_agent.sources.memory import Memory
from edge_agent.sources.options import permissions, says
from edge_agent.sources.refusals import Refusals
from edge_agent.sources.sharing import Peer, crowded
from edge_agent.sources.slots import Slots, started
from edge_agent.sources.surroundings import Surroundings

LINE_MAX_BYTES = 64 * 1024  # 400 counters with long names are 30 kB
DISCARDED_MAX_BYTES = 4 * 1024 * 1024  # of a line over the limit
SOCKET_NAME = "count.sock"
SWEEP_S = 30.0  # between two looks at which counting processes have ended
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    socket: Path = field(default=Path(), metadata=says("path of the Unix socket [count.sock in runtime_dir]"))
    mode: str = field(default="0660", metadata=says("permissions of the socket, octal: who may count"))
    port: int = field(default=0, metadata=says("also listen on this TCP port of 127.0.0.1; 0: do not", high=65535))
    connections: int = field(default=96, metadata=says("connections at a time; one more is closed", low=1, high=1000))
    sources: int = field(default=96, metadata=says("processes that count totals at a time", low=1, high=1000))
    idle_s: float = field(default=7200.0, metadata=says("a connection silent for longer is closed", low=1))


class Local:
    """Serves until cancelled. `listening` is set once the socket is there."""

    def __init__(self, name: str, options: Options, around: Surroundings) -> None:
        self.name = name
        self.path = options.socket if options.socket != Path() else around.runtime_dir / SOCKET_NAME
        self.listening = asyncio.Event()
        self._mode = permissions(options.mode, f"[sources.{name}] mode")
        self._options = options
        self._commit, self._settled = around.commit, around.settled or around.commit
        self._open: set[asyncio.Task[None]] = set()
        memory = Memory(around.state_dir / f"source-{name}.json")
        self._peers: list[Peer] = []  # one for each connection
        self.peer_of: Callable[[asyncio.StreamWriter], Peer] = _peer
        lives, connected = partial(around.lives, name), lambda pid: any(peer.pid == pid for peer in self._peers)
        self._slots = Slots(memory, around.boot_id, options.sources, started, lives, connected)

    async def run(self, take: Take) -> None:
        """Raises SourceError when the socket is not to be had."""
        serve = self._server(take, Refusals(self.name, take))
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(await self._listen(serve))
            if self._options.port:
                try:
                    tcp = await asyncio.start_server(serve, "127.0.0.1", self._options.port, limit=LINE_MAX_BYTES)
                except OSError as error:
                    raise SourceError(
                        f"local: port {self._options.port}: {error.strerror}: set another port"
                    ) from error
                await stack.enter_async_context(tcp)
            self.listening.set()
            try:
                while True:
                    self._retire(take)
                    await asyncio.sleep(SWEEP_S)
            finally:
                self.path.unlink(missing_ok=True)
                for task in self._open:
                    task.cancel()

    def _retire(self, take: Take) -> None:
        """Series of processes that have ended make room."""
        ended, nobody = self._slots.ended(asyncio.get_running_loop().time())
        if ended or nobody:
            take(Ended(ended, all_ended=nobody))

    async def _listen(self, serve: "Serve") -> asyncio.Server:
        if len(os.fsencode(self.path)) > 107:  # noqa: PLR2004  sun_path in unix(7), less its terminating zero
            raise SourceError(f"local: {self.path} is too long for a Unix socket: set a shorter socket or runtime_dir")
        try:
            if await _alive(self.path):
                raise SourceError(f"local: another agent listens on {self.path}: stop it or set another socket")
            self.path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(serve, self.path, limit=LINE_MAX_BYTES)
            self.path.chmod(self._mode)
        except OSError as error:
            raise SourceError(f"local: {self.path}: {error.strerror}: give the agent write access there") from error
        return server

    def _server(self, take: Take, refusals: Refusals) -> "Serve":
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            if len(self._open) >= self._options.connections:
                refusals.add("more connections than allowed: raise connections")
                writer.write(_answer(ok=False, error="too many connections: try again later"))
                writer.close()
                return
            self._open.add(task)
            try:
                await self._converse(reader, writer, take, refusals)
            except (ConnectionError, asyncio.CancelledError):
                _LOG.debug("connection ended", extra={"action": "local_disconnected"})
            finally:
                self._open.discard(task)
                writer.close()

        return serve

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Take, refusals: Refusals
    ) -> None:
        peer = self.peer_of(writer)
        if who := crowded(peer, self._peers, self._options.connections):
            refusals.add(f"one {who} holds more connections than allowed: close those it does not use")
            writer.write(_answer(ok=False, error=f"too many connections of this {who}: try again later"))
            return
        self._peers.append(peer)
        try:
            await self._read_lines(reader, writer, peer, take, refusals)
        finally:
            self._peers.remove(peer)

    async def _read_lines(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: Peer, take: Take, refusals: Refusals
    ) -> None:
        while True:
            try:
                async with asyncio.timeout(self._options.idle_s):
                    data = await reader.readline()
            except TimeoutError:
                return
            except ValueError:  # asyncio's word for a line over the limit; where the next begins is unknown
                refusals.add("line is too long")
                writer.write(_answer(ok=False, error=f"line is longer than {LINE_MAX_BYTES} bytes"))
                await _discard(reader)
                return
            if not data:
                return
            writer.write(await self._take_line(data, peer, take, refusals))
            await writer.drain()
            await asyncio.sleep(0)  # lines that have come already do not hold up other connections

    async def _take_line(self, data: bytes, peer: Peer, take: Take, refusals: Refusals) -> bytes:
        if not data.endswith(b"\n"):
            refusals.add("line is truncated")
            return _answer(ok=False, error="line is truncated: end it with a newline")
        try:
            line = read_line(read_object(data))
            readings = self._placed(line, peer, refusals)
        except LineRefused as error:
            refusals.add(str(error))
            return _answer(ok=False, error=str(error))
        for name, reason in line.refused.items():
            refusals.add(reason, name=name)
        later, taken = _take_all(readings, take, line.refused)
        said_fault = any(isinstance(reading, Condition) for reading in readings)
        if taken and (line.durable or said_fault):
            try:
                if line.durable:
                    await self._commit()
                if said_fault:  # a commit of the counts may have left faults waiting
                    await self._settled()
            except Exception as error:  # noqa: BLE001  whatever the store says, the client must not read it as kept
                _LOG.warning("not durable: %s", error, extra={"action": "local_not_durable"})
                error_text = f"taken, not yet durable: {error}"
                return _answer(ok=False, error=error_text, refused=line.refused, later=later, taken=True)
        error_text = next(iter(later.values()), "")
        return _answer(
            ok=bool(taken) and not later, error=error_text, refused=line.refused, later=later, durable=line.durable
        )

    def _placed(self, line: Line, peer: Peer, refusals: Refusals) -> list[Reading]:
        """The line's readings; totals as a life of the slot that their process holds. Raises LineRefused."""
        if not any(isinstance(reading, Total) for reading in line.readings):
            return line.readings
        if not line.source:
            raise LineRefused("totals need a source: a random id, made when the process starts")
        slot = self._slots.slot(line.source, peer, asyncio.get_running_loop().time())
        placed: list[Reading] = []
        returned = self._slots.returned(line.source)
        for reading in line.readings:
            if not isinstance(reading, Total):
                placed.append(reading)
                continue
            fresh = reading.from_zero and not returned
            if returned and reading.from_zero:
                refusals.add("its process was taken for ended: counts from this value on", name=reading.counter)
            base = None if returned else reading.base
            placed.append(replace(reading, epoch=line.source, series=slot, from_zero=fresh, base=base, may_evict=False))
        return placed


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _take_all(readings: list[Reading], take: Take, refused: dict[str, str]) -> tuple[dict[str, str], int]:
    """(what there is no room for now, how many were taken); what is refused for good is added to `refused`."""
    later: dict[str, str] = {}
    taken = 0
    for reading in readings:
        reason = take(reading)
        if not reason:
            taken += 1
            continue
        name = reading.counter if isinstance(reading, Total | Increment) else _name(reading)
        (later if reason in FOR_NOW else refused)[name] = said(reason)
    return later, taken


def _name(reading: Reading) -> str:
    return "fault" if isinstance(reading, Condition) else getattr(reading, "name", type(reading).__name__.lower())


async def _alive(path: Path) -> bool:
    """Whether somebody answers there; a socket file without a process is left over from a crash."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _peer(writer: asyncio.StreamWriter) -> Peer:
    """Who the client is."""
    connection = writer.get_extra_info("socket")
    if connection is None or connection.family != socket.AF_UNIX:
        return Peer()
    credentials = struct.Struct("3i")
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size)
    return Peer(*credentials.unpack(said)[:2])


async def _discard(reader: asyncio.StreamReader) -> None:
    """Read what is still on its way: closing before would take the answer from the client."""
    with contextlib.suppress(TimeoutError):
        for _ in range(DISCARDED_MAX_BYTES // 65536):
            async with asyncio.timeout(1.0):
                if not await reader.read(65536):
                    return


def _answer(
    *,
    ok: bool,
    error: str = "",
    refused: dict[str, str] | None = None,
    later: dict[str, str] | None = None,
    durable: bool = False,
    taken: bool = False,
) -> bytes:
    answer: dict[str, object] = {"ok": ok}
    if durable:
        answer["durable"] = ok
    if taken:
        answer["taken"] = True
    if error:
        answer["error"] = error
    if refused:
        answer["refused"] = refused
    if later:
        answer["later"] = later
    return json.dumps(answer).encode() + b"\n"


def build(name: str, options: Options, around: Surroundings) -> Local:
    return Local(name, options, around)
