"""The robot's body for one skill: a socket of its own, relayed. What its manifest does not name is refused here.

The body has one socket and trusts who is behind it; a skill is known by the socket it speaks on. While no body
answers, the skill's hello waits: a skill cannot mend that. Every line is read and written anew, so that the body hears
what was judged and nothing else. Lines are those of opk_skills/runtime/wire.py.

So the agent knows which missions a skill has without asking it again, and while the skill is to leave it lets no other
mission begin, whatever the skill says of that.
"""

import asyncio
import contextlib
import json
import logging
import time
from pathlib import Path
from typing import Any

from edge_agent.skills.allowed import Allowed
from edge_agent.skills.counting import Pace

LINE_MAX_BYTES = 64 * 1024
HELLO_WITHIN_S = 10.0
AGAIN_S = 1.0  # between two tries to reach a body that is away
LINES_A_S, LINES_SAVED = 100.0, 400.0
MISSION_MOST_S = 4 * 3600.0  # a mission that is said to last longer holds nothing up any more
MISSIONS_MAX = 64
DRAINING = "draining"  # why an intent is refused: the same word as a skill's own
_LOG = logging.getLogger(__name__)


class BodyRelay:
    """Serves one skill. `heard`: it said hello since `begin`; `answered`: the body has taken it, and both are there.

    `draining`: no other mission begins.
    """

    def __init__(self, allowed: Allowed, body: Path | None) -> None:
        self.heard = False
        self.answered = False
        self.draining = False
        self.refusal = ""  # what the body said when it did not take this skill
        self._missions: dict[int, float] = {}  # that have begun, and when
        self._allowed, self._body = allowed, body
        self._pace = Pace(LINES_A_S, LINES_SAVED)
        self._taken = False
        self._open: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """A process of this skill is started now."""
        self.heard = False
        self.draining = False
        self.refusal = ""

    def busy_since_s(self, now_s: float) -> float | None:
        """Since when, by the monotonic clock, it is on a mission; None: it is on none."""
        lasting = [since_s for since_s in self._missions.values() if now_s - since_s < MISSION_MOST_S]
        return min(lasting, default=None)

    async def listen(self, path: Path) -> asyncio.Server:
        """Raises OSError."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240  in memory, as all of the folder
        server = await asyncio.start_unix_server(self._serve, path, limit=LINE_MAX_BYTES)
        path.chmod(0o666)  # noqa: ASYNC240  who may connect is decided by the folder it lies in
        return server

    def close(self) -> None:
        for task in self._open:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._taken:
            writer.write(_line({"error": "a skill is connected already"}))
            writer.close()
            return
        self._taken = True
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, ValueError, asyncio.CancelledError) as error:
            extra = {"action": "skill_left_body", "skill": self._allowed.key}
            _LOG.debug("a skill's connection to the body ended: %s", error, extra=extra)
        finally:
            self._taken, self.answered = False, False
            self._missions.clear()
            self._open.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HELLO_WITHIN_S):
            said = _message(await reader.readline())
        if said.get("skill") != self._allowed.key:
            writer.write(_line({"error": f"this socket is for {self._allowed.key}"}))
            return
        self.heard = True
        hello = {"hello": said.get("hello"), "skill": self._allowed.key, "version": self._allowed.version}
        there = await self._reached(reader)
        if there is None:
            return
        from_body, to_body = there
        try:
            to_body.write(_line(hello))
            answer = _message(await from_body.readline())
            self.refusal = str(answer.get("error", ""))[:200]
            writer.write(_line(answer))
            if not self.refusal:
                self.answered = True
                await self._both(reader, writer, from_body, to_body)
        finally:
            to_body.close()

    async def _reached(self, reader: asyncio.StreamReader) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection to the body, whenever it comes; None when the skill left meanwhile."""
        while True:
            if self._body is not None:
                with contextlib.suppress(OSError):
                    return await asyncio.open_unix_connection(self._body, limit=LINE_MAX_BYTES)
            if reader.at_eof():
                return None
            await asyncio.sleep(AGAIN_S)

    async def _both(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_body: asyncio.StreamReader,
        to_body: asyncio.StreamWriter,
    ) -> None:
        """Until one side leaves."""
        ways = [
            asyncio.create_task(self._asked(reader, writer, to_body), name=f"{self._allowed.key} to body"),
            asyncio.create_task(self._told(from_body, writer, to_body), name=f"body to {self._allowed.key}"),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _asked(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to_body: asyncio.StreamWriter
    ) -> None:
        while data := await reader.readline():
            if wait_s := self._pace.wait_s(time.monotonic()):
                await asyncio.sleep(wait_s)
            said = _message(data)
            do = said.get("do", "")
            if not isinstance(do, str) or ("do" in said and do not in self._allowed.permissions):
                detail = f"{str(do)[:40]} is not in the permissions of its manifest"
                answer = {"id": said.get("id"), "ok": False, "family": "", "code": "not_permitted", "detail": detail}
                writer.write(_line(answer))
                await writer.drain()
                continue
            if "mission" in said:
                self._note(said)
            to_body.write(_line(said))
            await to_body.drain()

    async def _told(
        self, from_body: asyncio.StreamReader, writer: asyncio.StreamWriter, to_body: asyncio.StreamWriter
    ) -> None:
        while data := await from_body.readline():
            if self.draining and (said := _message(data)).get("event") == "intent":
                to_body.write(_line({"mission": said.get("mission"), "state": "refused", "why": DRAINING}))
                await to_body.drain()
                continue
            writer.write(data)
            await writer.drain()

    def _note(self, said: dict[str, Any]) -> None:
        """How far a mission is, as the skill says it."""
        number = said["mission"]
        if not isinstance(number, int):
            return
        if said.get("state") != "begun":
            self._missions.pop(number, None)
        elif len(self._missions) < MISSIONS_MAX:
            self._missions.setdefault(number, time.monotonic())


def _message(data: bytes) -> dict[str, Any]:
    """Raises ValueError."""
    try:
        said = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(said, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a line is bad in one way for whoever reads it
    return said


def _line(message: dict[str, Any]) -> bytes:
    """Raises ValueError."""
    data = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    if len(data) > LINE_MAX_BYTES:
        raise ValueError(f"a line has at most {LINE_MAX_BYTES} bytes")
    return data
