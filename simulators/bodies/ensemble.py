"""One body with many skills as coroutines and the orchestrator among them: what a robot is, without its processes.

The body's part in it: it gives the orchestrator what people want, has a skill carry out what the orchestrator decides,
and says how that ended. A skill that has crashed may be started again; so may the orchestrator.
"""

import asyncio
import importlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from opk_skills.catalogue import HERE, read
from opk_skills.manifest import Manifest
from opk_skills.runtime.skill import Skill
from opk_skills.runtime.state import StateInMemory
from simulators.bodies.body import Row, SimulatedBody
from simulators.bodies.direct import Beside, start
from simulators.bodies.host import ANSWER_S, GONE, Ended

ORCHESTRATOR = "workflow"


@dataclass(slots=True)
class Ensemble:
    """`skills` by key. `settings` of each, where they are not the defaults."""

    body: SimulatedBody
    language: str
    settings: Mapping[str, Mapping[str, Any]]
    skills: dict[str, Beside] = field(default_factory=dict)
    on_begin: Callable[[str], None] = lambda _intent: None  # told of each intent that a skill begins to carry out
    _state: dict[str, StateInMemory] = field(default_factory=dict)
    _missions: dict[str, "asyncio.Future[Ended]"] = field(default_factory=dict)

    def begin(self, keys: Iterable[str]) -> None:
        """Starts skills that ship, the orchestrator last: it begins at once."""
        self.body.on_want = lambda intent, slots: self.wish(intent, slots, "skill")
        for key in sorted(keys, key=lambda each: each == ORCHESTRATOR):
            self.start(key)

    def start(self, key: str) -> None:
        """Starts one, also one that was there before: it has what it has counted and kept."""
        manifest, texts = _shipped(key, self.language)
        before = self.skills.get(key)
        state = self._state.setdefault(key, StateInMemory())
        life = start(_class(manifest), manifest, self.body, texts, self.settings.get(key, {}), state=state,
                     counted=before.counted if before else None)  # fmt: skip
        self.body.on_correction = self._corrected
        self.skills[key] = life
        if key == ORCHESTRATOR:
            life.host.conduct = self._conduct
            life.host.ask("workflow&run")

    async def crash(self, key: str) -> None:
        """It is gone from one moment to the next: no farewell, and its mission ends where it is."""
        life = self.skills[key]
        life.running.crash()
        await asyncio.sleep(0)
        life.host.lost()
        life.host.send = lambda _event: None

    def wish(self, intent: str, slots: Mapping[str, str], source: str) -> None:
        """Somebody wants something. Nobody hears it while the orchestrator is away."""
        said = {"intent": intent, "source": source} | {f"slot.{name}": value for name, value in slots.items()}
        self.skills[ORCHESTRATOR].host.ask("workflow&wish", said)

    def counted(self) -> dict[str, int]:
        """The sum over all skills."""
        total: dict[str, int] = {}
        for life in self.skills.values():
            for counter, n in life.counted.totals.items():
                total[counter] = total.get(counter, 0) + n
        return total

    async def stop(self) -> None:
        """The orchestrator first: it is not to begin anything new."""
        for key in sorted(self.skills, key=lambda each: each != ORCHESTRATOR):
            await self.skills[key].running.stop("asked")

    async def _conduct(self, do: str, arguments: Mapping[str, Any]) -> Row:
        key = str(arguments.get("skill", ""))
        life = self.skills.get(key)
        if life is None or key == ORCHESTRATOR:
            return {"ok": False, "family": "", "code": "unknown", "detail": f"there is no skill {key}"}
        if do == "interrupt":
            life.host.interrupt(str(arguments.get("why", "")))
            return {"ok": True}
        return await self._carried_out(key, life, arguments)

    async def _carried_out(self, key: str, life: Beside, arguments: Mapping[str, Any]) -> Row:
        """How the mission ended. One that an orchestrator that has crashed had begun is waited for, or has ended."""
        intent, slots = str(arguments.get("intent", "")), arguments.get("slots") or {}
        name = f"{key} {intent} {sorted(slots.items())}"
        mission = self._missions.get(name)
        if mission is None or (mission.done() and not arguments.get("again")):
            self.on_begin(intent)
            mission = life.host.ask(intent, slots)
            self._missions[name] = mission
            number = life.host.number
            try:
                async with asyncio.timeout(ANSWER_S / self.body.speed):
                    await life.host.answered(number)
            except TimeoutError:
                life.host.reported(number, "failed", GONE, {})
        end = await asyncio.shield(mission)
        if end.state == "refused" or end.why == GONE:
            return {"ok": False, "family": "", "code": "no_answer", "detail": end.why}
        return {"ok": True, "state": end.state, "why": end.why, "resume": dict(end.resume)}

    def _corrected(self, family: str) -> None:
        """To the skill for which the body acted: the body has just logged it."""
        life = self.skills.get(str(self.body.log[-1].get("by", "")))
        if life is not None:
            life.running.corrected(family)


def buttons_of_the_question(language: str) -> tuple[str, str]:
    """Whether it helped: yes and no, as the orchestrator has them."""
    texts = _shipped(ORCHESTRATOR, language)[1]
    return texts["helped"], texts["not_helped"]


@cache
def _shipped(key: str, language: str) -> tuple[Manifest, Mapping[str, str]]:
    """A skill's manifest and texts: read once, however many robots have it."""
    file = HERE / key / "texts.json"
    return read(HERE / key), json.loads(file.read_text(encoding="utf-8"))[language] if file.exists() else {}


def _class(manifest: Manifest) -> type[Skill]:
    assert manifest.program is not None
    module, _, name = manifest.program.entry.partition(":")
    kind: type[Skill] = getattr(importlib.import_module(f"opk_skills.{module}"), name)
    return kind
