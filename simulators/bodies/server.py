"""The body behind a Unix socket, for a skill that is a process: the other side of opk_skills/runtime/wire.py."""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any

from opk_skills.manifest import Manifest
from opk_skills.runtime import CONTRACT, wire
from simulators.bodies.host import Host

REQUESTS_MAX = 64  # of one skill at a time


class BodyServer:
    """One skill at a time; one that comes while another is there is refused."""

    def __init__(self, host: Host, manifest: Manifest) -> None:
        self.host = host
        self.connected, self.begun, self.gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._manifest = manifest
        self._writer: asyncio.StreamWriter | None = None
        self._stops: dict[int, asyncio.Event] = {}
        self._acts: set[asyncio.Task[None]] = set()
        host.send = self._send
        host.body.on_correction = lambda family: self._send({"event": "corrected", "family": family})

    @property
    def acts(self) -> bool:
        """Whether the body does something for this skill now."""
        return bool(self._stops)

    async def listen(self, path: Path) -> asyncio.Server:
        return await asyncio.start_unix_server(self._converse, path, limit=wire.LINE_MAX_BYTES)

    def _send(self, event: dict[str, Any]) -> None:
        if self._writer is None:
            self.host.lost()
        else:
            self._writer.write(wire.line(event))

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.converse(reader.readline(), reader, writer)

    async def converse(
        self, hello: Awaitable[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One connection, from its first line on."""
        mine = False
        try:
            said = wire.message(await hello)
            if refusal := self._refusal(said):
                writer.write(wire.line({"error": refusal}))
                return
            mine, self._writer = True, writer
            body = self.host.body
            answer = {"hello": CONTRACT, "model": body.model, "core": body.core, "speed": body.speed}
            writer.write(wire.line(answer))
            self.connected.set()
            self.gone.clear()
            while data := await reader.readline():
                self._take(wire.message(data), writer)
                await writer.drain()
        except (ValueError, TypeError, ConnectionError) as error:
            self.host.body.note(error=f"a line that is none: {error}")
        finally:
            if mine:
                self._gone()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _refusal(self, said: Mapping[str, Any]) -> str:
        if said.get("hello") != CONTRACT:
            return f"this body speaks version {CONTRACT} of the contract"
        if said.get("skill") != self._manifest.key:
            return f"this socket is for {self._manifest.key}"
        return "a skill is connected already" if self._writer is not None else ""

    def _take(self, said: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if "cancel" in said:
            if (stop := self._stops.get(said["cancel"])) is not None:
                stop.set()
        elif "mission" in said:
            state = str(said.get("state", ""))
            resume = said.get("resume")
            resume = resume if isinstance(resume, dict) else {}
            self.host.reported(int(said["mission"]), state, str(said.get("why", "")), resume)
            if state == "begun":
                self.begun.set()
        elif "id" in said:
            task = asyncio.create_task(self._act(said, writer), name=f"act {said['id']}")
            self._acts.add(task)
            task.add_done_callback(self._acts.discard)

    async def _act(self, said: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        number = said.pop("id")
        if len(self._stops) >= REQUESTS_MAX or number in self._stops:
            answer: dict[str, Any] = {"ok": False, "family": "", "code": "wrong_call", "detail": "too many at a time"}
        else:
            stop = self._stops[number] = asyncio.Event()
            try:
                answer = await self.host.act(str(said.pop("do", "")), said, stop)
            except (TypeError, ValueError, KeyError) as error:
                answer = {"ok": False, "family": "", "code": "wrong_call", "detail": str(error)[:200]}
            finally:
                del self._stops[number]
        if not writer.is_closing():
            writer.write(wire.line({"id": number, **answer}))

    def _gone(self) -> None:
        """A skill that goes leaves nothing moving: what it asked for is stopped."""
        self._writer = None
        self.connected.clear()
        self.gone.set()
        for stop in self._stops.values():
            stop.set()
        self.host.lost()
