"""Skills without systemd: the same user, for development and the demo. A process of its own starts them."""

import asyncio
import contextlib
import json
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE

from edge_agent.skills.host import SkillEnd
from edge_agent.skills.starters import Launch, Look, NotStarted

_LOG = logging.getLogger(__name__)


class UnconfinedStarter:
    """The supervisor begins with the first skill; its skills end with it, and it ends with the agent."""

    isolated = False

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._running: set[str] = set()
        self._ended: dict[str, SkillEnd] = {}

    async def start(self, launch: Launch) -> None:
        """Raises NotStarted."""
        try:
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "edge_agent.skills.starters.supervisor",
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
                )  # fmt: skip
                self._listening = asyncio.create_task(self._listen(self._process), name="supervisor")
        except OSError as error:
            raise NotStarted(f"the supervisor does not start: {error}") from error
        self._ended.pop(launch.key, None)
        self._running.add(launch.key)
        limits = launch.allowed
        self._tell(
            start=launch.key, package=str(launch.package), folder=str(launch.folder),
            memory_mb=limits.memory_mb, processes=limits.processes, disk_mb=limits.disk_mb,
        )  # fmt: skip

    async def stop(self, key: str, *, remove: bool = False) -> None:  # noqa: ARG002 - its state lies in its folder
        if key in self._running:
            self._tell(stop=key)

    async def look(self) -> Look:
        ended, self._ended = self._ended, {}
        return Look(frozenset(self._running), ended)

    async def store(self, words: tuple[str, ...]) -> int:
        """As a child of the agent: there is nobody else to start it. Raises NotStarted."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "edge_agent.skills", *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
            )
        except OSError as error:
            raise NotStarted(f"the store process does not start: {error}") from error
        try:
            _, said = await process.communicate()
        except asyncio.CancelledError:  # the agent ends
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise
        if said:
            _LOG.warning("%s", said.decode(errors="replace").strip()[-500:], extra={"action": "store_said"})
        return process.returncode or 0

    async def close(self, within_s: float) -> None:
        """Ends all of them, and the supervisor."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait()
        except TimeoutError:
            _LOG.warning("skills do not end", extra={"action": "skills_left"})

    def _tell(self, **message: object) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            said = json.loads(line)
            if "ended" in said:
                self._gone(said["ended"], SkillEnd(said["why"], said["detail"]))
            elif "refused" in said:
                _LOG.warning("not started: %s", said["detail"], extra={"action": "skill_refused"})
        self._process = None
        for key in list(self._running):  # the kernel ended them with it
            self._gone(key, SkillEnd("killed", "the supervisor has ended"))

    def _gone(self, key: str, ended: SkillEnd) -> None:
        self._running.discard(key)
        self._ended[key] = ended
