"""A skill as a coroutine beside its body: the same class that is a process on a robot, in real or in virtual time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from opk_skills.manifest import Manifest
from opk_skills.runtime.running import Running
from opk_skills.runtime.skill import Given, Skill, Tally
from opk_skills.runtime.state import State, StateInMemory
from opk_skills.settings.values import with_defaults
from simulators.bodies.body import SimulatedBody
from simulators.bodies.host import Host


@dataclass(slots=True)
class Counted:
    """What the skill has counted."""

    totals: dict[str, int] = field(default_factory=dict)

    def add(self, counter: str, n: int) -> None:
        self.totals[counter] = self.totals.get(counter, 0) + n


class DirectAct:
    """A request as a task of the same loop."""

    def __init__(self, host: Host, do: str, arguments: Mapping[str, Any]) -> None:
        self._stop = asyncio.Event()
        self.answer: asyncio.Future[dict[str, Any]] = asyncio.ensure_future(host.act(do, arguments, self._stop))

    def cancel(self) -> None:
        self._stop.set()


@dataclass(slots=True)
class DirectLink:
    """To the body of the same process."""

    host: Host
    speed: float

    def begin(self, do: str, arguments: dict[str, Any]) -> DirectAct:
        return DirectAct(self.host, do, arguments)


@dataclass(slots=True)
class Beside:
    """One skill that lives beside one body."""

    host: Host
    running: Running
    counted: Counted


def start(
    kind: type[Skill],
    manifest: Manifest,
    body: SimulatedBody,
    texts: Mapping[str, str],
    settings: Mapping[str, Any] | None = None,
    *,
    state: State | None = None,
    counted: Counted | None = None,
) -> Beside:
    """Starts the skill with these settings and the defaults of the others. `state`, `counted`: of its earlier life."""
    host, counted = Host(body, manifest.permissions, key=manifest.key), counted or Counted()
    tally = Tally(counted, frozenset(manifest.rates()))
    own = with_defaults(manifest.settings, settings or {})
    given = Given(DirectLink(host, body.speed), tally, own, texts, state or StateInMemory())
    running = Running(kind(given), host.reported)
    host.send = _dispatcher(running)
    body.on_correction = running.corrected
    return Beside(host, running, counted)


def _dispatcher(running: Running) -> Callable[[dict[str, Any]], None]:
    def send(event: dict[str, Any]) -> None:
        if event["event"] == "intent":
            running.intent(event["mission"], event["intent"], event["slots"], event["at_s"])
        elif event["event"] == "interrupt":
            running.interrupt(event["why"])

    return send
