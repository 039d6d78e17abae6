"""Who stands before the robot: what they say, which face they show, which button they touch. From a seed.

What is put into a row is said first; then people do as `habit` has it, by chance.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person says and what the robot takes it for; an empty intent: it does not know."""

    text: str
    intent: str = ""
    slots: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Habit:
    """What people do when nothing is in the row."""

    speaks: float = 0.3  # share of listenings in which somebody speaks
    shows: float = 0.8  # share of looks in which a face is there
    touches: float = 0.7  # share of waits in which a button is touched
    sayings: Sequence[Saying] = (Saying("mm"),)
    faces: Sequence[str] = ("",)  # a stranger


class Nearby(Protocol):
    """Who is near a robot: what they do and after how many seconds, None for nobody; and they hear it speak."""

    def say(self) -> tuple[Saying | None, float]: ...

    def show_face(self) -> tuple[str | None, float]: ...

    def touch(self, buttons: Sequence[str]) -> tuple[str | None, float]: ...

    def hear(self) -> None: ...


@dataclass(slots=True)
class Bystanders:
    """`row_…`: what is certain; None in it: nobody."""

    rng: Random
    habit: Habit = field(default_factory=Habit)
    row_sayings: deque[Saying | None] = field(default_factory=deque)
    row_faces: deque[str | None] = field(default_factory=deque)
    row_touches: deque[str | None] = field(default_factory=deque)

    def say(self) -> tuple[Saying | None, float]:
        """What is said and after how many seconds."""
        if self.row_sayings:
            return self.row_sayings.popleft(), 1.5
        spoken = self.rng.random() < self.habit.speaks
        after_s = self.rng.uniform(0.5, 4.0)
        return (self.rng.choice(self.habit.sayings) if spoken else None), after_s

    def show_face(self) -> tuple[str | None, float]:
        if self.row_faces:
            return self.row_faces.popleft(), 0.5
        shown = self.rng.random() < self.habit.shows
        return (self.rng.choice(self.habit.faces) if shown else None), self.rng.uniform(0.2, 2.0)

    def touch(self, buttons: Sequence[str]) -> tuple[str | None, float]:
        if self.row_touches:
            return self.row_touches.popleft(), 1.0
        touched = bool(buttons) and self.rng.random() < self.habit.touches
        return (self.rng.choice(buttons) if touched else None), self.rng.uniform(1.0, 8.0)

    def hear(self) -> None:
        """They do as they would."""
