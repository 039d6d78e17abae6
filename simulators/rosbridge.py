"""A simulated rosbridge: a websocket that publishes `/diagnostics_agg` as the real one does, from a seed.

Its levels arrive as they do in the field: numbers, sometimes ASCII codes or one-byte strings. It can fall
silent while connected, hang up, or say rubbish: what `faults` asks for, in order, one per message.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from aiohttp import WSMsgType, web

Fault = Literal["none", "silent", "hang_up", "truncated", "nan", "binary", "status", "oversize"]
NAMES = ("/Navigation/Lidar/front: connection", "/Navigation/amcl: localisation", "/Vision/camera: stream",
         "/System/network: wifi", "/System/speaker: playback")  # fmt: skip
WORDS = ("OK", "slow", "no data", "stale")


@dataclass(slots=True)
class Tree:
    """The aggregated diagnostics of one robot. `opened` counts, per name, how often it went from OK to not OK."""

    seed: int
    opened: dict[str, int] = field(default_factory=dict)

    def messages(self) -> Iterator[dict[str, Any]]:
        """One DiagnosticArray after the other, parents included, for ever."""
        chance = Random(self.seed)  # noqa: S311  a simulation, repeatable by intent
        levels = dict.fromkeys(NAMES, 0)
        while True:
            for name in NAMES:
                if chance.random() < 0.15:  # noqa: PLR2004  something changes in most messages
                    before, levels[name] = levels[name], chance.choice((0, 0, 1, 2, 3))
                    self.opened[name] = self.opened.get(name, 0) + (not before and bool(levels[name]))
            yield {"header": {"stamp": {"sec": 0, "nanosec": 0}, "frame_id": ""}, "status": _statuses(levels, chance)}


def _statuses(levels: dict[str, int], chance: Random) -> list[dict[str, Any]]:
    leaves: list[dict[str, Any]] = [
        {"level": spelled(level, chance), "name": name, "message": WORDS[level], "hardware_id": "", "values": []}
        for name, level in levels.items()
    ]
    groups: dict[str, int] = {}
    for name, level in levels.items():
        for depth in range(1, name.count("/")):
            parent = "/".join(name.split("/")[: depth + 1])
            groups[parent] = max(groups.get(parent, 0), level)
    parents = [{"level": n, "name": g, "message": WORDS[n], "hardware_id": "", "values": []} for g, n in groups.items()]
    return parents + leaves


def spelled(level: int, chance: Random) -> int | str:
    """A level as it may arrive; STALE has no ASCII form in the field."""
    ways: list[int | str] = [level, level, level, chr(level)]
    if level < 3:  # noqa: PLR2004  STALE
        ways += [48 + level, str(level)]
    return chance.choice(ways)


@dataclass(slots=True)
class Rosbridge:
    """Counts its connections and keeps what clients asked for."""

    tree: Tree
    every_s: float = 0.05
    faults: Sequence[Fault] = ()
    connections: int = 0
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        asked = await socket.receive()
        if asked.type is not WSMsgType.TEXT:
            return socket
        subscription = json.loads(asked.data)
        self.subscriptions.append(subscription)
        talking = asyncio.create_task(self._talk(socket, subscription["topic"]), name="rosbridge-talk")
        async for _ in socket:
            pass  # pings are answered by the library
        talking.cancel()
        return socket

    async def _talk(self, socket: web.WebSocketResponse, topic: str) -> None:
        messages = self.tree.messages()
        while not socket.closed:
            await asyncio.sleep(self.every_s)
            fault = self.faults[self.sent] if self.sent < len(self.faults) else "none"
            self.sent += 1
            if fault == "hang_up":
                await socket.close()
            elif fault == "binary":
                await socket.send_bytes(b"\xa2")
            elif fault != "silent":
                await socket.send_str(_spoiled(fault, {"op": "publish", "topic": topic, "msg": next(messages)}))


def _spoiled(fault: Fault, message: dict[str, Any]) -> str:
    if fault == "truncated":
        return json.dumps(message)[:-20]
    if fault == "nan":
        return '{"op": "publish", "topic": "/diagnostics_agg", "msg": {"status": [], "x": NaN}}'
    if fault == "status":
        return '{"op": "status", "level": "error", "msg": "no such topic"}'
    if fault == "oversize":
        return json.dumps(message | {"padding": "x" * 2_000_000})
    return json.dumps(message)


@asynccontextmanager
async def listening(bridge: Rosbridge) -> AsyncIterator[str]:
    """The bridge on a loopback port of the system's choice; yields its address."""
    application = web.Application()
    application.router.add_get("/", bridge.serve)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
