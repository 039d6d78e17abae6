"""The sources that run, each in a task of its own, switched on and off while the agent runs.

A source that is switched off has nothing to say: its faults close, and what it alone counts is unsupported
from then on, not zero. What its programs count meanwhile with a total of their own is counted when it is
switched on again, as after a pause of the agent; what is pushed to it meanwhile is not heard.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from edge_agent.counting.count_task import Counting
from edge_agent.counting.readings import Condition, Conditions, Reading, Source, Take
from edge_agent.supervise import SourceStatus, supervise

OFF = "switched off by the desired settings"
SKILL = "skill-"  # begins the names of skills that count (edge_agent/skills/counting.py)
LEFT = "its source is no longer in this robot's configuration"


class SourceTasks:
    """`built` are the sources as the robot's own file has them; `build` makes one without some of its rules."""

    def __init__(
        self,
        built: Sequence[Source],
        counting: Counting,
        build: Callable[[str, Collection[str]], Source],
        words: Callable[[str, Collection[str]], frozenset[str]],
        pause_s: Callable[[int], float],
    ) -> None:
        self.status = [SourceStatus(source.name) for source in built]
        self._sources = {source.name: source for source in built}
        self._counting, self._build, self._words, self._pause_s = counting, build, words, pause_s
        self._without: dict[str, frozenset[str]] = {}
        self._off: frozenset[str] = frozenset()
        self._takes = {source.name: FaultsOf(counting.take_for(source.name)) for source in built}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, group: asyncio.TaskGroup) -> None:
        """Run those that are on; tasks end with the group."""
        self._group = group
        for name in self._sources:
            self._run(name)

    async def switch(self, off: frozenset[str], without: Mapping[str, frozenset[str]]) -> None:
        """From now on these sources are off, and the others run without these patterns of their rules."""
        for status in self.status:
            name = status.name
            patterns = without.get(name, frozenset())
            was_off, before = name in self._off, self._without.get(name, frozenset())
            if was_off == (name in off) and before == patterns:
                continue
            await self._end(name)
            self._off = self._off | {name} if name in off else self._off - {name}
            self._without[name] = patterns
            unheard = self._words(name, patterns)
            if name in off:
                unheard |= self._counting.sampler.counted_by(name)
            self._counting.sampler.switch_off(name, unheard)
            status.off, status.error = name in off, ""
            if before != patterns:
                self._sources[name] = self._build(name, patterns)
            self._run(name)

    def cancel(self) -> list[asyncio.Task[None]]:
        """End all of them; the tasks to wait for."""
        self._group = None
        for task in self._tasks.values():
            task.cancel()
        return list(self._tasks.values())

    def _run(self, name: str) -> None:
        status = next(one for one in self.status if one.name == name)
        if self._group is None or name in self._off:
            return
        running = supervise(self._sources[name], self._takes[name].take, status, self._pause_s)
        self._tasks[name] = self._group.create_task(running, name=f"source {name}")

    async def _end(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._takes[name].close()
        self._counting.end_faults(lambda source: source == name, OFF)  # also what it said before this process began

    def end_faults_of_others(self, *, skills: bool) -> None:
        """Close what sources said that the robot's file no longer names: nobody else would."""
        self._counting.end_faults(
            lambda source: source not in self._sources and not (skills and source.startswith(SKILL)), LEFT
        )


class FaultsOf:
    """Passes on what a source says, and remembers which faults it has open."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._open: dict[tuple[str, str, str], Condition] = {}
        self._scopes: set[str] = set()

    def take(self, reading: Reading) -> str | None:
        if isinstance(reading, Condition):
            key = (reading.family, reading.code, reading.ref)
            if reading.active:
                self._open[key] = reading
            else:
                self._open.pop(key, None)
        elif isinstance(reading, Conditions):
            self._scopes.add(reading.scope)
        return self._take(reading)

    def close(self) -> None:
        """Nobody looks any more: what is open closes."""
        for condition in self._open.values():
            self._take(replace(condition, active=False, detail=OFF))
        for scope in self._scopes:
            self._take(Conditions(scope, ()))
        self._open, self._scopes = {}, set()
