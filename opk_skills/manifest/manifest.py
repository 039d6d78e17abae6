"""What a skill declares of itself: the vendor's facts and ours. Plain values; `reading` makes them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from protocol.counters import COUNTERS, Counter

FORMAT = 2
CONTRACT = 1  # the version of what a skill and the robot may ask of each other (docs/skills.md)
Role = Literal["skill", "orchestrator"]
ProgramKind = Literal["python", "vendor"]
OpkType = Literal["plugin"]
MODELS = ("greetbot", "mini", "lucki", "bigscreen", "carrybot")
SCENES = ("exhibition_hall", "ktv", "scenic_spot", "conference", "office_lobby", "restaurant")
CAPABILITIES = ("go_to", "speak", "listen", "see", "touch", "dock", "show", "battery", "want", "clock")
CONDUCTING = ("carry_out", "interrupt")  # of an orchestrator alone
MEMORY_MB = (32, 48, 96)  # three sizes of unit on the robot; a limit is never set one by one


@dataclass(frozen=True, slots=True)
class Program:
    """What runs. `entry`: module and class of a Python program; `bundle`: the file that the vendor's launcher takes."""

    kind: ProgramKind
    entry: str = ""
    bundle: str = ""
    contract: int = 0  # 0: not built yet
    version: str = ""  # of the runtime that `opk build` copied into the package


@dataclass(frozen=True, slots=True)
class Limits:
    """What the robot gives it at most."""

    memory_mb: int = 32
    cpu_percent: int = 20  # of one core
    disk_mb: int = 4  # of its own state
    processes: int = 4  # and threads


@dataclass(frozen=True, slots=True)
class Manifest:
    """One skill as its author declares it."""

    key: str
    role: Role
    appid: str
    app_keys: tuple[str, ...]
    published: bool
    version: str  # opaque: the catalogue knows the order, nobody reads it from the text
    en: str
    zh: str
    scenes: tuple[str, ...]
    priority: int
    intents: tuple[str, ...]
    counts: tuple[str, ...]
    core: str
    models: tuple[str, ...]
    counters: tuple[Counter, ...]
    opk_type: OpkType = "plugin"
    text_en: str = ""
    text_zh: str = ""
    needs: tuple[str, ...] = ()  # capabilities without which it is of no use on a robot
    permissions: tuple[str, ...] = ()  # capabilities it may use
    program: Program | None = None  # None: it declares what it counts, and nothing runs yet
    limits: Limits = Limits()
    settings: Mapping[str, Any] = field(default_factory=dict)  # a schema in the safe subset

    def rates(self) -> dict[str, int]:
        """What it may count: for each counter what a robot can plausibly count in an hour."""
        return {key: COUNTERS[key].most_per_h for key in self.counts} | {c.key: c.most_per_h for c in self.counters}


def core_number(version: str) -> tuple[int, ...]:
    """A core's version as numbers that can be compared: cores are numbered in order, packages are not."""
    return tuple(int(part) for part in version.split("."))
