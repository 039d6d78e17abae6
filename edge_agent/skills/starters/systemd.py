"""Skills as systemd template units: each a user, a network, a file system and limits of its own.

The agent asks systemd over D-Bus to start and stop `fleetward-skill@<key>.service` (or its larger sizes); a polkit rule
lets it do that and no more (packaging/50-fleetward-skills.rules). It is no parent of what runs, which outlives it.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from typing import Any

from edge_agent.skills.host import EX_CONFIG, SkillEnd
from edge_agent.skills.starters import Launch, Look, NotStarted
from edge_agent.skills.starters.dbus import Bus, BusError

MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
PROPERTIES = "org.freedesktop.DBus.Properties"
UNITS = {32: "fleetward-skill", 48: "fleetward-skill-48", 96: "fleetward-skill-96"}  # by memory in MB
REMOVE = "fleetward-skill-remove"
STORE = "fleetward-store.service"
RUNS = frozenset({"active", "activating", "deactivating", "reloading"})
LOOK_S = 0.1
REMOVES_S, STORES_S = 30.0, 3700.0
GRACE_S = 5.0  # a start is queued before it shows


class SystemdStarter:
    """Looks at all units with one call."""

    isolated = True

    def __init__(self, bus: Bus | None = None, now_s: Callable[[], float] = time.monotonic) -> None:
        self._bus, self._now_s = bus or Bus(), now_s
        self._units: dict[str, str] = {}  # of those that run: key -> unit
        self._began_s: dict[str, float] = {}

    async def start(self, launch: Launch) -> None:
        """Raises NotStarted."""
        unit = unit_of(UNITS[launch.allowed.memory_mb], launch.key)
        await self._asked("StartUnit", unit)
        self._units[launch.key], self._began_s[launch.key] = unit, self._now_s()

    async def stop(self, key: str, *, remove: bool = False) -> None:
        """Raises NotStarted."""
        self._began_s.pop(key, None)
        if remove:
            await self._asked("StartUnit", unit_of(REMOVE, key))
            await self._ended(unit_of(REMOVE, key), REMOVES_S)  # else it would end one that is started meanwhile
        elif key in self._units:
            await self._asked("StopUnit", self._units[key])

    async def look(self) -> Look:
        """Raises NotStarted."""
        patterns = [f"{name}@*.service" for name in UNITS.values()]
        try:
            (listed,) = await self._bus.call(MANAGER, "ListUnitsByPatterns", "asas", [], patterns)
        except BusError as error:
            raise NotStarted(f"systemd cannot be asked what runs: {error}") from error
        states = {unit[0]: (unit[3], unit[6]) for unit in listed}  # name -> active state, object's path
        running = {key_of(name): name for name, (state, _) in states.items() if state in RUNS}
        ended: dict[str, SkillEnd] = {}
        for key, unit in self._units.items():
            state, path = states.get(unit, ("inactive", ""))
            fresh = self._now_s() - self._began_s.get(key, -GRACE_S) < GRACE_S
            if key in running or (fresh and state != "failed"):
                running.setdefault(key, unit)
            else:
                ended[key] = await self._why(path) if state == "failed" else SkillEnd("exited")
        self._units = running
        return Look(frozenset(running), ended)

    async def store(self, words: tuple[str, ...]) -> int:  # noqa: ARG002 - its unit says how it is called
        """It runs in a unit of its own. Raises NotStarted."""
        await self._asked("StartUnit", STORE)
        return 0 if await self._ended(STORE, STORES_S) == "inactive" else 1

    async def _ended(self, unit: str, within_s: float) -> str:
        """The state in which it has ended; `activating` when it has not, in time."""
        until_s = self._now_s() + within_s
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                (listed,) = await self._bus.call(MANAGER, "ListUnitsByNames", "as", [unit])
            except BusError as error:
                raise NotStarted(f"{unit}: {error}") from error
            state, job = str(listed[0][3]), int(listed[0][7])
            if (state in {"inactive", "failed"} and not job) or self._now_s() > until_s:
                return state

    async def _asked(self, member: str, unit: str) -> None:
        try:
            await self._bus.call(MANAGER, member, "ss", unit, "replace")
        except BusError as error:
            raise NotStarted(f"{unit}: {error}") from error

    async def _why(self, path: str) -> SkillEnd:
        """How a unit that failed has ended."""
        told: dict[str, Any] = {}
        try:
            for name in ("Result", "ExecMainStatus"):
                where = (MANAGER[0], path, PROPERTIES)
                (told[name],) = await self._bus.call(where, "Get", "ss", "org.freedesktop.systemd1.Service", name)
        except BusError as error:
            return SkillEnd("fault", str(error)[:200])
        return ended_with(str(told["Result"]), int(told["ExecMainStatus"]))


def ended_with(result: str, status: int) -> SkillEnd:
    """In our words, what systemd says of the end of a service's main process."""
    if result == "oom-kill":
        return SkillEnd("memory")
    if result in {"signal", "core-dump"}:
        named = status in {each.value for each in signal.Signals}
        return SkillEnd("killed", signal.Signals(status).name if named else str(status))
    if result == "exit-code":
        return SkillEnd("not_given" if status == EX_CONFIG else "fault", f"exit code {status}")
    return SkillEnd("exited") if result == "success" else SkillEnd("not_started", result)


def unit_of(template: str, key: str) -> str:
    return f"{template}@{key}.service"


def key_of(unit: str) -> str:
    return unit.partition("@")[2].removesuffix(".service")
