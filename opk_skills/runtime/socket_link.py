"""The body behind a Unix socket: requests and answers by number, events as they come, a new connection when it goes."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from opk_skills.runtime import CONTRACT, wire
from opk_skills.runtime.robot import CouldNot

AGAIN_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # between two tries to reach a body; the last is repeated
PENDING_MAX = 64  # requests of one skill at a time
_LOG = logging.getLogger(__name__)


class BodyRefuses(Exception):
    """The body is there and does not take this skill: another version of the contract, an unknown skill."""


class SocketAct:
    """A request on its way over the socket."""

    def __init__(self, link: "SocketLink", number: int) -> None:
        self.answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._link = link
        self._number = number

    def cancel(self) -> None:
        self._link.say({"cancel": self._number})


class SocketLink:
    """`run` keeps the connection for ever; `heard` is given every event."""

    def __init__(self, path: str, skill: str, version: str) -> None:
        self.speed = 1.0
        self.connected = asyncio.Event()
        self._path = path
        self._hello = {"hello": CONTRACT, "skill": skill, "version": version}
        self.heard: Callable[[dict[str, Any]], None] = lambda _event: None
        self._writer: asyncio.StreamWriter | None = None
        self._pending: dict[int, SocketAct] = {}
        self._number = 0

    def begin(self, do: str, arguments: dict[str, Any]) -> SocketAct:
        """Raises CouldNot when no body is there, or when what is asked does not fit into a line."""
        if self._writer is None:
            raise CouldNot("", "body_gone", "no body answers")
        if len(self._pending) >= PENDING_MAX:
            raise CouldNot("", "wrong_call", f"more than {PENDING_MAX} requests at a time")
        self._number += 1
        act = SocketAct(self, self._number)
        try:
            self.say({"id": self._number, "do": do, **arguments})
        except ValueError as error:
            raise CouldNot("", "wrong_call", str(error)) from error
        self._pending[self._number] = act
        return act

    def say(self, message: dict[str, Any]) -> None:
        """Nothing is said to a body that has gone: what was asked of it is answered for it."""
        if self._writer is not None:
            self._writer.write(wire.line(message))

    async def run(self) -> None:
        """Connects, and again whenever the body goes. Raises BodyRefuses."""
        tries = 0
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._path, limit=wire.LINE_MAX_BYTES)
            except OSError:
                await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
                tries += 1
                continue
            try:
                await self._converse(reader, writer)
                tries = 0
            except (OSError, ValueError, TypeError) as error:  # it goes, or what it says is none of the contract
                _LOG.warning("the body has gone: %s", error)
                tries = 1
            finally:
                self._lost()
                writer.close()
            await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(wire.line(self._hello))
        hello = wire.message(await reader.readline() or b"{}")
        if "error" in hello:
            raise BodyRefuses(str(hello["error"]))
        if hello.get("hello") != CONTRACT:
            raise BodyRefuses(f"the body speaks version {hello.get('hello')} of the contract, this skill {CONTRACT}")
        self.speed = max(0.001, float(hello.get("speed", 1.0)))
        self._writer = writer
        self.connected.set()
        while data := await reader.readline():
            said = wire.message(data)
            if "event" in said:
                self.heard(said)
            elif (act := self._pending.pop(said.get("id", 0), None)) is not None and not act.answer.done():
                act.answer.set_result(said)
        raise ConnectionError("it closed the connection")

    def _lost(self) -> None:
        self._writer = None
        self.connected.clear()
        pending, self._pending = self._pending, {}
        for act in pending.values():
            if not act.answer.done():
                act.answer.set_result({"ok": False, "family": "", "code": "body_gone", "detail": "the body has gone"})
