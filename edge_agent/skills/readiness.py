"""Whether a skill may be exchanged now: never under a guest's feet. Pure.

Robots are exchanged while they are idle; where the robot's own file says so, only at the charger, with some charge, or
at some hours. What must not run any more (a recall) does not wait for this: see host.py.
"""

import re
from dataclasses import dataclass
from typing import Literal

from edge_agent.deferred import deferred

DAY_MIN = 24 * 60
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")

WAITS = {
    "waits": deferred("waiting for the robot"),
    "waits_task": deferred("waiting: on a task"),
    "waits_dock": deferred("waiting until the robot is at its charger"),
    "waits_charge": deferred("waiting until the battery is charged enough"),
    "waits_window": deferred("waiting for the hours of maintenance"),
    "waits_body": deferred("waiting: the robot's body does not say what it is doing"),
}
"""Why nothing is exchanged just now, by the word that programs read."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the robot's day, in minutes; one that ends before it begins goes over midnight."""

    from_min: int
    to_min: int

    def holds(self, at_min: int) -> bool:
        """Whether a minute of the day lies in it."""
        return (at_min - self.from_min) % DAY_MIN < (self.to_min - self.from_min) % DAY_MIN


@dataclass(frozen=True, slots=True)
class SwitchWhen:
    """What the robot's own file asks for. `charge`: least share of the battery; `window` None: at any hour."""

    place: Literal["idle", "docked"] = "idle"
    charge: float = 0.0
    window: Window | None = None

    @property
    def asks_the_body(self) -> bool:
        """Whether the body has to say something for it."""
        return self.place == "docked" or self.charge > 0


@dataclass(frozen=True, slots=True)
class RobotNow:
    """What the robot does. `task`: of whom, empty: none; `since_s`: monotonic; None: the body does not say it."""

    task: str = ""
    since_s: float = 0.0
    docked: bool | None = None
    charge: float | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why nothing is exchanged now. `code` is a word of WAITS; `since_s` of a task: monotonic."""

    code: str
    detail: str = ""
    since_s: float | None = None


def window_of(text: str) -> Window | None:
    """Of `22:00-06:00`; None for no text. Raises ValueError for anything else."""
    if not text:
        return None
    said = _WINDOW.fullmatch(text)
    if said is None:
        raise ValueError(text)
    from_h, from_min, to_h, to_min = map(int, said.groups())
    window = Window(from_h * 60 + from_min, to_h * 60 + to_min)
    if window.from_min == window.to_min:
        raise ValueError(text)
    return window


def held(robot: RobotNow, when: SwitchWhen, at_min: int) -> Hold | None:
    """The first thing that the exchange waits for; None: now. `at_min`: minute of the robot's day."""
    if robot.task:
        return Hold("waits_task", robot.task, robot.since_s)
    unsaid = (when.place == "docked" and robot.docked is None) or (when.charge > 0 and robot.charge is None)
    if unsaid:
        return Hold("waits_body")
    if when.place == "docked" and not robot.docked:
        return Hold("waits_dock")
    if when.charge > 0 and robot.charge is not None and robot.charge < when.charge:
        return Hold("waits_charge", f"{robot.charge * 100:.0f} % < {when.charge * 100:.0f} %")
    if when.window is not None and not when.window.holds(at_min):
        return Hold("waits_window", f"{_hour(when.window.from_min)}-{_hour(when.window.to_min)}")
    return None


def _hour(at_min: int) -> str:
    return f"{at_min // 60:02}:{at_min % 60:02}"
