"""A skill's own test: its folder, what people want and do, and what became of it. In virtual time, from a seed."""

import asyncio
import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from opk_skills.catalogue import read
from opk_skills.runtime.skill import Skill
from simulators import virtual_time
from simulators.bodies.body import SimulatedBody
from simulators.bodies.direct import start
from simulators.bodies.people import Bystanders, Habit, Saying
from simulators.bodies.place import PLACES
from simulators.bodies.witness import witnessed
from simulators.errors import SimulationError


@dataclass(frozen=True, slots=True)
class Trial:
    """`ended`: each mission's state. `log`: everything the body did. `witnessed`: standard counters, by the body."""

    ended: list[str]
    counted: dict[str, int]
    witnessed: dict[str, float]
    log: list[dict[str, Any]]

    @property
    def spoken(self) -> list[str]:
        return [row["with"]["text"] for row in self.log if row.get("do") == "speak" and row["ok"]]

    @property
    def shown(self) -> list[str]:
        return [row["with"]["page"] for row in self.log if row.get("do") == "show" and row["ok"]]

    @property
    def wanted(self) -> list[tuple[str, dict[str, str]]]:
        """What the skill asked of other skills."""
        return [
            (row["with"]["intent"], row["with"]["slots"]) for row in self.log if row.get("do") == "want" and row["ok"]
        ]

    @property
    def went_to(self) -> list[str]:
        """The points it reached."""
        return [row["with"]["point"] for row in self.log if row.get("do") == "go_to" and row["ok"]]


def tried(
    folder: Path,
    *intents: str | tuple[str, Mapping[str, str]],
    touches: Sequence[str | None] = (),
    faces: Sequence[str | None] = (),
    sayings: Sequence[Saying | str | None] = (),
    ail: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    language: str = "en",
    place: str = "hall",
    seed: int = 1,
    frailty: float = 0.0,
    interrupt_after_s: float | None = None,
    charge: float = 1.0,
) -> Trial:
    """Lets people want each intent in turn. `ail`: fault codes by family, open all the time."""
    manifest = read(folder)
    kind = _class(folder, manifest.program.entry if manifest.program else "")
    file = folder / "texts.json"
    texts = json.loads(file.read_text(encoding="utf-8"))[language] if file.exists() else {}

    async def tested() -> Trial:
        people = Bystanders(Random(f"people/{seed}"), Habit(speaks=0.0, shows=0.0, touches=0.0))  # noqa: S311 - repeatable
        people.row_touches.extend(touches)
        people.row_faces.extend(faces)
        people.row_sayings.extend(Saying(said, said) if isinstance(said, str) else said for said in sayings)
        body = SimulatedBody(PLACES[place], people, seed, frailty, battery=charge)
        for family, code in (ail or {}).items():
            body.ail(family, code)
        life = start(kind, manifest, body, texts, settings)
        ended = []
        for intent in intents:
            mission = life.host.ask(*((intent,) if isinstance(intent, str) else intent))
            if interrupt_after_s is not None:
                await asyncio.sleep(interrupt_after_s)
                life.host.interrupt("priority")
            ended.append((await mission).state)
        await life.running.stop("asked")
        if life.running.broken.done():
            life.running.broken.result()
        return Trial(ended, life.counted.totals, witnessed(body.log), body.log)

    return virtual_time.run(tested())


def _class(folder: Path, entry: str) -> type[Skill]:
    module, _, name = entry.partition(":")
    if str(folder.parent) not in sys.path:
        sys.path.insert(0, str(folder.parent))
    kind = getattr(importlib.import_module(module), name, None) if entry else None
    if not isinstance(kind, type) or not issubclass(kind, Skill):
        raise SimulationError(f"{folder}: [runtime] entry names no class that derives from Skill")
    return kind
