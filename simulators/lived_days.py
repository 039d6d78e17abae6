"""Days that skills have lived, as a table: how a robot's hour is known without living it again.

`simulators/bodies/living.py` makes the table once: each day is lived in virtual time by the orchestrator and the skills
that robots run, at one level of business, one appetite for the robot, one frailty, with all families well or one out.
A robot's hour is one of those hours: of the days that lie around what its day is like, by chance, so that means lie
between theirs. What skills count comes from the skills; chances, failures, metres and seconds from the body's log.
Pure; the file that ships is read by `simulators/lived_table.py`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType

from simulators.body import Episode
from simulators.scenes import SCENES

LEVELS = (0.1, 0.3, 0.8, 2.0, 5.0)  # how busy a day is
APPETITES = (0.25, 1.0)  # share of those who would want something who still do
CALM, FRAIL = 0.2, 1.5  # how often single acts fail
SEEDS = 2
AILING_LEVELS, AILING_SEEDS = (0.3, 2.0), 1
OUT = MappingProxyType({
    "network": "7", "vision": "-32600004", "touch": "no_response", "navigation": "-32620008",
    "asr": "api_disconnected", "nlp": "other", "tts": "on_error",
})  # fmt: skip
"""What a family says that is out for a whole day."""
OF_WHO_PASSES = ("foot_traffic", "solicitation")  # where a workflow has nobody spoken to, nothing looks at who passes


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What a lived day was like. `out`: the family that could not do anything, empty: none."""

    scene: str
    level: float
    appetite: float
    frailty: float
    out: str
    seed: int


@dataclass(frozen=True, slots=True)
class AskedHour:
    """A robot's hour: the nth since the place opened. `day` is a name of the day, for who lives days of its own."""

    scene: str
    day: int
    nth: int
    level: float
    appetite: float
    frailty: float


Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Hour:
    """`well`: what was counted; `out`: what was counted instead while a family is out. `episodes`: those that the hour
    came with, in seconds from its beginning; None: whoever asks draws them.
    """

    well: Counts
    out: Mapping[str, Counts] = field(default_factory=dict)
    episodes: Sequence[Episode] | None = None


def kinds(scene: str) -> Iterable[Kind]:
    """Every day of the table of a scene."""
    for seed in range(1, SEEDS + 1):
        for level in LEVELS:
            for appetite in APPETITES:
                yield Kind(scene, level, appetite, CALM, "", seed)
            yield Kind(scene, level, 1.0, FRAIL, "", seed)
    for seed in range(1, AILING_SEEDS + 1):
        for level in AILING_LEVELS:
            for family in OUT:
                yield Kind(scene, level, 1.0, CALM, family, seed)


class Table:
    """The days of one scene. Its robots tell of no skills, and `never` count what nothing in any of its days did."""

    def __init__(self, days: Mapping[Kind, Sequence[Counts]]) -> None:
        self._days = days
        known = {counter for hours in days.values() for hour in hours for counter in hour}
        self.never = tuple(counter for counter in OF_WHO_PASSES if counter not in known)
        self.skills: tuple[tuple[str, str], ...] = ()

    def hour(self, rng: Random, asked: AskedHour, out: Collection[str]) -> Hour:
        """By chance one of those around it; `out`: the families that are out in some of it."""
        frailty = _around(rng, asked.frailty, (CALM, FRAIL))
        appetite = _around(rng, asked.appetite, APPETITES) if frailty == CALM else 1.0
        level = _around(rng, asked.level, (0.0, *LEVELS))
        kind = Kind(asked.scene, level, appetite, frailty, "", rng.randint(1, SEEDS))
        ailing = _around(rng, asked.level, (0.0, *AILING_LEVELS))
        seed = rng.randint(1, AILING_SEEDS)
        worse = {name: self._of(Kind(asked.scene, ailing, 1.0, CALM, name, seed), asked.nth) for name in sorted(out)}
        return Hour(self._of(kind, asked.nth), worse)

    def _of(self, kind: Kind, nth: int) -> Counts:
        hours = self._days[kind] if kind.level else ()
        return hours[nth] if nth < len(hours) else {}


def _around(rng: Random, value: float, known: Sequence[float]) -> float:
    """One of the two known values around it, so that the mean is it; at the ends the end."""
    low = max((each for each in known if each <= value), default=known[0])
    high = min((each for each in known if each >= value), default=known[-1])
    return high if rng.random() * (high - low) < value - low else low


def nth_hour(scene: str, hour: int) -> int:
    """Which hour since the opening this local hour is."""
    return (hour - SCENES[scene].opens_h()) % 24
