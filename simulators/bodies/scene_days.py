"""What a scene asks of a robot: place, hours, passers-by and what visitors want. Pure.

Skills and their code are the same everywhere, and no rate of a counter stands here: whether a wish becomes a tour is
decided by intents, priorities, battery, faults and interruption. The workflow of a scene is the one that ships with
the skills. Visitors *pass* (and may stop when they are spoken to), *call* the robot by its wake word, or *touch* its
screen; colleagues *order* from where they work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from simulators.bodies.people import Saying
from simulators.scenes import SCENES

CHAT = "dialog&chat"


@dataclass(frozen=True, slots=True)
class Want:
    """One wish. `share` of those who want anything; `label`: the button for it; `slots`: one of these is meant."""

    intent: str
    share: float
    label: str = ""
    slots: Sequence[Mapping[str, str]] = ({},)
    texts: Sequence[str] = ("please",)
    invited: bool = False  # it comes with a name of the guest list

    def said(self, rng: Random, name: str) -> Saying:
        slots = dict(rng.choice(self.slots))
        if self.invited and name:
            slots["name"] = name
        text = rng.choice(self.texts)
        return Saying(text, self.intent, {**slots, **({"text": text} if self.intent == CHAT else {})})


@dataclass(frozen=True, slots=True)
class SceneDay:
    """`passing`, `calling`, `touching`, `ordering`: people an hour at weight 1."""

    key: str
    place: str
    passing: float
    stopping: float  # share of those spoken to who stop
    calling: float
    touching: float
    wants: Sequence[Want]
    more: float = 0.3  # chance that somebody who talks says one thing more
    ordering: float = 0.0
    orders: Sequence[Want] = ()
    guests: int = 0  # names on the guest list

    def opens_h(self) -> int:
        """The first hour that it is open."""
        return SCENES[self.key].opens_h()

    def open_hours(self) -> list[float]:
        """Weights from the opening to the close."""
        return SCENES[self.key].open_hours()


def _at(*names: str, slot: str = "place") -> tuple[Mapping[str, str], ...]:
    return tuple({slot: name} for name in names)


_LEAD = _at("stop-1", "stop-2", "stop-3", "stop-4", slot="point")
_QUESTIONS = ("when do you open", "how old is it", "where can I buy a ticket", "is it going to rain", "who are you")

_HALL = SceneDay(
    "exhibition_hall", "hall",
    passing=60, stopping=0.3, calling=2, touching=0, guests=8, more=0.4,
    wants=(
        Want("guide&start", 0.50, "Tour"),
        Want("directions&ask", 0.14, "Directions", _at("toilet", "café", "exit", "the moon")),
        Want("lead&start", 0.08, "", _LEAD),
        Want("reception&visit", 0.03, "", _at("Ms Lin", "Mr Braun", "nobody", slot="name")),
        Want("checkin&start", 0.01, "", invited=True),
        Want("dance&start", 0.02),
        Want(CHAT, 0.22, texts=_QUESTIONS),
    ),
)  # fmt: skip
_TABLES = [f"table-{n}" for n in range(1, 9)]
_TRAYS = tuple(
    {"points": ",".join(_TABLES[(n + more) % 8] for more in (0, 3, 5)[:trays])} for n in range(8) for trays in (1, 2, 3)
)
_KTV = SceneDay(
    "ktv", "restaurant",
    passing=40, stopping=0.0, calling=1.5, touching=0.5, ordering=9,
    wants=(
        Want("lead&start", 0.5, "To my room", _at(*_TABLES, slot="point")),
        Want("directions&ask", 0.2, "Directions", _at("toilet", "exit")),
        Want("dance&start", 0.1),
        Want(CHAT, 0.2, texts=_QUESTIONS),
    ),
    orders=(Want("delivery&start", 1.0, slots=_TRAYS),),
)  # fmt: skip
_SPOT = SceneDay(
    "scenic_spot", "hall",
    passing=110, stopping=0.3, calling=6, touching=0, more=0.8,
    wants=(
        Want(CHAT, 0.70, texts=_QUESTIONS),
        Want("directions&ask", 0.22, "Directions", _at("toilet", "lake", "exit", "the moon")),
        Want("guide&start", 0.04, "Tour"),
        Want("lead&start", 0.03, "", _LEAD),
        Want("dance&start", 0.01),
    ),
)  # fmt: skip
_CONFERENCE = SceneDay(
    "conference", "hall",
    passing=70, stopping=0.0, calling=18, touching=4, guests=120, more=0.2,
    wants=(
        Want("checkin&start", 0.42, "Sign in", invited=True),
        Want("lead&start", 0.28, "", _LEAD),
        Want("directions&ask", 0.12, "Directions", _at("hall A", "hall B", "toilet")),
        Want("reception&visit", 0.07, "", _at("Ms Lin", "Mr Braun", "nobody", slot="name")),
        Want("guide&start", 0.01, "Tour"),
        Want(CHAT, 0.10, texts=_QUESTIONS),
    ),
)  # fmt: skip
SCENE_DAYS: Mapping[str, SceneDay] = MappingProxyType({day.key: day for day in (_HALL, _KTV, _SPOT, _CONFERENCE)})
