"""A fleet robot's skill that really runs: the class of the package, a coroutine beside a body, hour by hour.

The fleet draws how often people want it, as before. The skill does it in virtual time, and what it counts is what the
robot counts. A guest who comes while it is busy goes away again; a mission that is on when an hour ends goes on in the
next. The loop is the shift's own and runs in a thread, because the fleet's loop is another one.
"""

import asyncio
import importlib
import json
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from random import Random
from typing import Any

from opk_skills import catalogue
from opk_skills.manifest import Manifest
from opk_skills.runtime.skill import Skill
from simulators.bodies.body import SimulatedBody
from simulators.bodies.direct import Beside, start
from simulators.bodies.host import Ended
from simulators.bodies.people import Bystanders
from simulators.bodies.place import PLACES, FloorMap
from simulators.virtual_time import VirtualLoop

REPLACES: Mapping[str, tuple[str, ...]] = {"guide": ("guided_tour", "narration"), "delivery": ("delivery",)}
"""Skill -> what the fleet draws for robots without it; the first is how often somebody wants it."""
OF_SCENE = {"exhibition_hall": "guide", "scenic_spot": "guide", "ktv": "delivery"}
_PLACE = {"guide": "hall", "delivery": "restaurant"}
_ONE_AT_A_TIME = ThreadPoolExecutor(1, thread_name_prefix="skills")


class Shift:
    """`lived` lets one hour pass. The same name and seed, and the same hours, count the same."""

    def __init__(self, key: str, name: str, seed: int, frailty: float) -> None:
        self.key = key
        self.replaces = REPLACES[key]
        self._manifest, self._kind, self._texts = _skill(key)
        self.version = self._manifest.version
        self._rng = Random(f"guests/{seed}/{name}")  # noqa: S311 - a simulation, repeatable on purpose
        self._name, self._seed, self._frailty = name, seed, frailty
        self._loop = VirtualLoop()
        self._life: Beside | None = None
        self._mission: asyncio.Future[Ended] | None = None
        self._told: dict[str, int] = {}

    def lived(self, wanted: int, span_s: int) -> dict[str, int]:
        """So many people want it within these seconds. What was counted since the last hour."""
        return _ONE_AT_A_TIME.submit(self._run, self._hour(wanted, span_s)).result()

    def _run(self, work: Coroutine[Any, Any, dict[str, int]]) -> dict[str, int]:
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        """What is under way ends with it."""
        _ONE_AT_A_TIME.submit(self._closed).result()

    def _closed(self) -> None:
        self._loop.run_until_complete(self._ended())
        self._loop.close()

    async def _ended(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _hour(self, wanted: int, span_s: int) -> dict[str, int]:
        life = self._life = self._life or self._begun()
        ends_s = self._loop.time() + span_s
        for moment_s in sorted(ends_s - self._rng.uniform(0, span_s) for _ in range(wanted)):
            await asyncio.sleep(moment_s - self._loop.time())
            if self._mission is None or self._mission.done():
                self._mission = life.host.ask(self._manifest.intents[0], self._slots())
        await asyncio.sleep(ends_s - self._loop.time())
        counted = {key: n - self._told.get(key, 0) for key, n in life.counted.totals.items()}
        self._told = dict(life.counted.totals)
        life.host.body.log.clear()  # it is nobody's truth here: what the skill counts is
        return {key: n for key, n in counted.items() if n}

    def _begun(self) -> Beside:
        people = Bystanders(Random(f"people/{self._seed}/{self._name}"))  # noqa: S311 - as above
        body = SimulatedBody(self._place, people, self._rng.randrange(2**31), self._frailty)
        return start(self._kind, self._manifest, body, self._texts)

    @property
    def _place(self) -> FloorMap:
        return PLACES[_PLACE[self.key]]

    def _slots(self) -> dict[str, str]:
        if self.key != "delivery":
            return {}
        points = sorted(point for point in self._place.points if point.startswith("table-"))
        return {"points": self._rng.choice(points[:6])}


@cache
def _skill(key: str) -> tuple[Manifest, type[Skill], dict[str, str]]:
    """Its manifest, class and English texts."""
    folder = catalogue.HERE / key
    manifest = catalogue.read(folder)
    assert manifest.program is not None
    module, _, name = manifest.program.entry.partition(":")
    kind: type[Skill] = getattr(importlib.import_module(f"opk_skills.{module}"), name)
    texts: dict[str, str] = json.loads((folder / "texts.json").read_text(encoding="utf-8"))["en"]
    return manifest, kind, texts
