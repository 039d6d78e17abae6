"""What the agent holds for one installed skill: its folder of sockets and settings, who counts, who relays.

The folder outlives the agent, since it is mounted into the skill; the sockets in it are bound anew at each start.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_agent.counting.count_task import Counting
from edge_agent.counting.readings import Ended
from edge_agent.skills.allowed import Allowed
from edge_agent.skills.body import BodyRelay
from edge_agent.skills.counting import CONNECTIONS, PROCESSES, SOCKET_MODE, Gate, SkillCounter, source_name
from edge_agent.source_tasks import FaultsOf
from edge_agent.sources.local import SOCKET_NAME, Options
from edge_agent.sources.surroundings import Surroundings
from edge_agent.supervise import SourceStatus, supervise

BODY_SOCKET = "body.sock"
SETTINGS = "settings.json"
KEPT = "kept"  # the one file that the skill may write; it stays until the skill is removed or the robot is switched off
FOLDER_MODE = 0o755  # what lies above it lets in nobody but the agent and systemd
KEPT_MODE = 0o666  # it is mounted into that skill alone, whose user is made when it starts


@dataclass(frozen=True, slots=True)
class Host:
    """What all places of this robot share."""

    folder: Path
    body: Path | None
    language: str
    counting: Counting
    around: Surroundings
    away_s: float
    pause_s: Callable[[int], float]


class SkillPlace:
    """Of one package of one skill. `open` before it is started, `close` when it has ended."""

    def __init__(self, host: Host, allowed: Allowed) -> None:
        self.allowed = allowed
        self.folder = host.folder / allowed.key
        self.relay = BodyRelay(allowed, host.body)
        self._host = host
        self._name = source_name(allowed.key)
        gate = Gate(
            allowed,
            lambda: host.counting.sampler.totals,
            lambda name, reason: host.counting.sampler.refuse(self._name, name, reason),
            away_s=host.away_s,
        )
        options = Options(
            socket=self.folder / SOCKET_NAME, mode=SOCKET_MODE, connections=CONNECTIONS, sources=PROCESSES
        )
        self._counter = SkillCounter(gate, options, host.around)
        self._faults = FaultsOf(host.counting.take_for(self._name))
        self.status = SourceStatus(self._name)
        self._server: asyncio.Server | None = None
        self._counting: asyncio.Task[None] | None = None
        self._given = b""

    async def open(self) -> None:
        """Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(FOLDER_MODE)
        _keep(self.folder / KEPT)
        self._server = await self.relay.listen(self.folder / BODY_SOCKET)
        running = supervise(self._counter, self._faults.take, self.status, self._host.pause_s)
        self._counting = asyncio.create_task(running, name=f"counting of {self.allowed.key}")
        listening = asyncio.ensure_future(self._counter.listening.wait())
        await asyncio.wait({listening, self._counting}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()

    def give(self, settings: Mapping[str, Any], order: str = "run") -> None:
        """The skill's settings, replaced as a whole where they differ. Raises OSError."""
        said = {"language": self._host.language, "settings": dict(settings), "order": order}
        data = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        if data == self._given:
            return
        fresh = self.folder / f"{SETTINGS}.new"
        fresh.write_bytes(data)
        fresh.chmod(0o644)
        fresh.replace(self.folder / SETTINGS)
        self._given = data

    async def close(self, *, remove: bool = False) -> None:
        """`remove`: the skill is no longer installed, and nothing of it stays."""
        if self._server is not None:
            self._server.close()
        self.relay.close()
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)
        self._faults.close()
        with contextlib.suppress(OSError):
            (self.folder / BODY_SOCKET).unlink(missing_ok=True)
        if remove:
            _forget(self._host, self._name, self.folder)


def _keep(path: Path) -> None:
    """There is such a file, with what the skill has kept. Raises OSError."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, KEPT_MODE)
    try:
        os.fchmod(file, KEPT_MODE)  # whatever the umask is
    finally:
        os.close(file)


def _forget(host: Host, name: str, folder: Path) -> None:
    """Its counts stand; its places, its settings and what the agent noted of it go."""
    sampler = host.counting.sampler
    sampler.take(name, Ended(tuple(host.around.lives(name)), all_ended=True))
    sampler.switch_off(name, sampler.counted_by(name))
    with contextlib.suppress(OSError):
        (host.around.state_dir / f"source-{name}.json").unlink(missing_ok=True)
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()
