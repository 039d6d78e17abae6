"""The seam between sources and the sampler: what a source may say.

A source knows nothing of windows, episodes or storage. It calls `take` with one of these values
whenever it learns something; a value that makes no sense, or for which there is no room, is refused and
counted by the sampler, never raised into the source. `take` returns the reason (a word of
counting/refused.py), so that a source which answers somebody never says `ok` of what was refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

WENT_BACK = "went_back"
Did = Literal["could_not", "wrong"]
Fall = Literal["restart", "dip", "never"]
Severity = Literal["warning", "urgent", "critical", "fatal"]


@dataclass(frozen=True, slots=True)
class Total:
    """A cumulative counter as it stands now. Fractions are carried, not rounded away.

    The first value of a series is its baseline and counts nothing, unless `from_zero` says that the
    series began at zero. A new `epoch` (name of the source's life: its start time, boot id, process id)
    is treated the same way; where one of the two has no name, they are taken for the same life.
    `fall` says what a fall within one epoch is: a `restart` from zero; `never` one, since the epoch names the life
    for certain; or a `dip` as long as rounding explains it, and else a restart (counting/series.py).
    `series` tells apart several cumulative values that add up to one counter. `may_evict`: when its source is
    full, it takes the place of a series unheard for long; a source whose client is told of a refusal leaves it off.
    `base`: how much of this life an outbox of this robot has confirmed as durable. `kept`: the source reads its
    totals from a file of its own; each life is a series by itself, and a fall says that the file went back: it counts
    nothing, and the answer is WENT_BACK. The source then begins a life at zero, so that no two copies share one.
    """

    counter: str
    value: float
    epoch: str = ""
    from_zero: bool = False
    series: str = ""
    may_evict: bool = True
    fall: Fall = "restart"
    base: float | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """These lives (`Total.epoch`) of the source's series have ended for certain: nothing of them comes any more.

    `all_ended`: the source knows of no life at all, so that nothing which was given up can come back either.
    """

    lives: tuple[str, ...]
    all_ended: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """The source could not use what it was told, `times` times. `name`: the counter's or gauge's, if one was named."""

    reason: str
    name: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Increment:
    """Something happened `amount` times since the last call; pushed, so at risk until the next group commit."""

    counter: str
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Gauge:
    """A level now. Minimum, mean and maximum travel once an hour."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition's present state. `family` is one of the seven, or `agent` for the agent itself.

    `ref` tells apart several of the same code (a map, a camera). Only the change of state makes a record.
    """

    family: str
    code: str
    active: bool
    ref: str = ""
    did: Did = "could_not"
    severity: Severity = "warning"
    detail: str = ""


def _nothing_more(_ref: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The complete state of a scope (one VDA 5050 vehicle, one diagnostics tree): what is absent has closed.

    `why_closed` is the detail of such a closing, by the fault's `ref`.
    """

    scope: str
    active: tuple[Condition, ...]
    why_closed: Callable[[str], str] = _nothing_more


@dataclass(frozen=True, slots=True)
class Supports:
    """Which counters this source can count here, and which it knows it cannot: true zero against absent."""

    counters: tuple[str, ...]
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SkillState:
    """A skill package reached a state, and why."""

    skill: str
    version: str
    state: str
    digest: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person at the robot should know of a source that runs: it is shown, and is no fault.

    rule_unmatched  `subject` is a rule that nothing has matched
    no_vehicle      nobody speaks on the topics `subject`; `detail` names who speaks on others
    sensor_fails    the gauge `subject` cannot be read; `detail` says why
    """

    kind: Literal["rule_unmatched", "no_vehicle", "sensor_fails"]
    subject: str
    since_s: float  # monotonic, so that a clock that is set later does not make it wrong
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Notices:
    """Everything that a source has to notice now: what is absent is over."""

    present: tuple[Notice, ...]


Countable = Total | Ended | Increment | Gauge | Supports | Refusal
"""What the sampler takes."""
Reading = Countable | Condition | Conditions | SkillState | Notices
Take = Callable[[Reading], str | None]


class Source(Protocol):
    """Runs until cancelled and calls `take`; raises SourceError when it cannot go on. Never touches storage.

    One that keeps its totals in a file of its own (sources/memory.py, KeptLife) says whether that file may have gone
    back together with the outbox: `may_have_forgotten`.
    """

    name: str

    async def run(self, take: Take) -> None: ...
