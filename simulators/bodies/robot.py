"""A robot's body on one socket for all of its skills, as the agent relays them: the first line says who speaks."""

import asyncio
import contextlib
from collections.abc import Iterable
from pathlib import Path

from opk_skills.manifest import Manifest
from opk_skills.runtime import CONTRACT, wire
from simulators.bodies.body import SimulatedBody
from simulators.bodies.host import Host
from simulators.bodies.server import BodyServer


class RobotBody:
    """One body, a host for each skill; a correction goes to the skill for which the body acts."""

    def __init__(self, body: SimulatedBody, manifests: Iterable[Manifest]) -> None:
        self.body = body
        self.servers = {manifest.key: BodyServer(Host(body, manifest.permissions), manifest) for manifest in manifests}
        self.task = ""  # of the robot's own programs, none of our skills
        body.on_correction = self._corrected

    def host(self, key: str) -> Host:
        """Of one skill: intents are asked of it."""
        return self.servers[key].host

    async def listen(self, path: Path) -> asyncio.Server:
        return await asyncio.start_unix_server(self._converse, path, limit=wire.LINE_MAX_BYTES)

    def _corrected(self, family: str) -> None:
        for server in self.servers.values():
            if server.acts:
                server.host.send({"event": "corrected", "family": family})

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await self._greeted(reader, writer)

    async def _greeted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = b""
        with contextlib.suppress(ValueError, ConnectionError):
            data = await reader.readline()
        try:
            said = wire.message(data or b"{}")
        except ValueError:
            said = {}
        if said.get("watch") is True and said.get("hello") == CONTRACT:
            await self._answer(reader, writer)
            return
        key = str(said.get("skill", ""))
        server = self.servers.get(key)
        if server is None:
            writer.write(wire.line({"error": "this robot knows no such skill"}))
            return
        hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        hello.set_result(data)
        await server.converse(hello, reader, writer)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The agent asks what the robot does, or has it say something."""
        body = self.body
        writer.write(wire.line({"hello": CONTRACT, "model": body.model, "core": body.core, "speed": body.speed}))
        with contextlib.suppress(ValueError, ConnectionError):
            while data := await reader.readline():
                said = wire.message(data)
                number, do = said.pop("id", 0), str(said.pop("do", ""))
                if do == "state":
                    answer = {"ok": True, "docked": body.docked, "charge": round(body.charge, 3), "task": self.task}
                else:
                    answer = await body.act(do, said, asyncio.Event())
                writer.write(wire.line({"id": number, **answer}))
                await writer.drain()
