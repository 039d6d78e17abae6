"""What the outbox itself knows of the cumulative series whose totals it keeps. Pure.

Counting stands on the outbox, so that what both need is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edge_agent.counting.readings import Fall
from edge_agent.outbox.values import Key
from protocol import counted

DIP_RATIO = 0.1  # of the highest value: what a rounding may take back
EVICTED = ""  # the series of this name, which none has, says that its source has given up series
REST = "|~"  # ends the name of what retired series of a counter left: a fraction, as its value


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A life of a series as this process counted it first: from `base` to `value`, as whole numbers.

    `ours`: this outbox did not know the series, and what lies below `base` was counted by this robot too. `fall`: see
    Total; a source that never restarts and is below what was counted has gone back itself, together with the outbox.
    `kept`: it reads its totals from a file of its own.
    """

    source: str
    series: str
    counter: str
    life: str
    base: int
    value: int
    ours: bool = False
    fall: Fall = "restart"
    kept: bool = False

    def packed(self) -> list[Any]:
        return [
            self.source,
            self.series,
            self.counter,
            self.life,
            self.base,
            self.value,
            self.ours,
            self.fall,
            self.kept,
        ]


def first_of(steps: Iterable[FirstStep]) -> list[FirstStep]:
    """Of each life the first one."""
    found: dict[tuple[Key, str], FirstStep] = {}
    for step in steps:
        found.setdefault(((step.source, step.series), step.life), step)
    return list(found.values())


def nowhere(steps: Iterable[FirstStep]) -> dict[str, int]:
    """By counter what lies below the steps of lives that neither this file nor the collector had counted before."""
    found: dict[str, int] = {}
    for step in first_of(steps):
        if step.ours and not step.kept and step.base > 0:
            found[step.counter] = found.get(step.counter, 0) + step.base
    return found


def name_of(source: str, series: str) -> str:
    """A series of the outbox as the wire names it: without its counter, which stands beside it."""
    _, _, suffix = series.partition("|")
    return counted.named(f"{source}|{suffix}" if suffix else source)


def is_note(key: Key) -> bool:
    """Whether the row is no series but says something of its source's series."""
    return key[1] == EVICTED or key[1].endswith(REST)
