"""How skills are started: one seam, two ways. systemd: a unit, a user and limits each. unconfined: for development."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge_agent.skills.allowed import Allowed
from edge_agent.skills.host import SkillEnd


class NotStarted(Exception):
    """The message says why, and what can be done about it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One skill to start. `package`: its unpacked package; `folder`: its sockets and settings, of this skill alone."""

    allowed: Allowed
    package: Path
    folder: Path

    @property
    def key(self) -> str:
        return self.allowed.key


@dataclass(frozen=True, slots=True)
class Look:
    """`ended`: those that ended since the last look, or since they were started."""

    running: frozenset[str]
    ended: Mapping[str, SkillEnd]


class Starter(Protocol):
    """Starts and stops, and says what runs. `isolated`: each skill has a user, limits and a network of its own."""

    isolated: bool

    async def start(self, launch: Launch) -> None:
        """It begins to start. Raises NotStarted."""

    async def stop(self, key: str, *, remove: bool = False) -> None:
        """Asks it to end, and ends it where it does not. `remove`: nothing of it is to stay, its state neither."""

    async def look(self) -> Look:
        """Raises NotStarted when nothing can be seen."""

    async def store(self, words: tuple[str, ...]) -> int:
        """Has the store process run once; its exit code, 0 where it goes on by itself. Raises NotStarted."""


def starter(name: str) -> Starter:
    """The one of that name; it loads nothing of the other."""
    if name == "unconfined":
        from edge_agent.skills.starters.unconfined import UnconfinedStarter  # noqa: PLC0415  one of the two

        return UnconfinedStarter()
    from edge_agent.skills.starters.systemd import SystemdStarter  # noqa: PLC0415  the other one

    return SystemdStarter()
