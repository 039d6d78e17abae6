"""The class a skill derives from.

    class Greeter(Skill):
        @mission("greeter&start")
        async def greet(self, intent):
            await self.robot.speak(self.text("welcome"))
            self.count("greeter.greeting")

A *mission* is what a person asked for; a skill has one at a time, and the robot may interrupt it. Everything that waits
may be cancelled there: code that must run then stands in `finally`. What a mission cannot do it raises as CouldNot and
the mission has failed; any other exception is a fault of the skill, and ends its process.
"""

import contextlib
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from opk_skills.runtime.outcomes import WRONG, counted
from opk_skills.runtime.robot import CouldNot, Link, Robot
from opk_skills.runtime.state import State

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[None]])


class Intent(NamedTuple):
    """What a person wants, as the robot has understood it. `at_s`: when, on the body's clock."""

    name: str
    slots: Mapping[str, str]
    at_s: float


class Adds(Protocol):
    """Where counts go."""

    def add(self, counter: str, n: int) -> None: ...


class Undeclared(LookupError):
    """A counter that the manifest does not declare. It is a fault of the skill, seen the first time it runs."""


class Tally:
    """Counts what the manifest declares; fractions are carried over until they are whole."""

    def __init__(self, into: Adds, declared: frozenset[str]) -> None:
        self.into = into
        self.declared = declared
        self.carried: dict[str, float] = {}

    def add(self, counter: str, n: float) -> None:
        """Raises Undeclared."""
        if counter not in self.declared:
            raise Undeclared(f"{counter} is not declared: add it to counts, or as a [[counter]], in skill.toml")
        whole = math.floor(n + self.carried.get(counter, 0.0) + 1e-9)
        self.carried[counter] = n + self.carried.get(counter, 0.0) - whole
        if whole > 0:
            self.into.add(counter, whole)

    def note(self, do: str, answer: dict[str, Any]) -> None:
        """What an act adds by itself, of what is declared."""
        for counter, n in counted(do, answer).items():
            if counter in self.declared and n:
                self.add(counter, n)

    def corrected(self, family: str) -> None:
        """A person said that the robot did the wrong thing."""
        counter = WRONG.get(family, "")
        if counter in self.declared:
            self.add(counter, 1)


class Given(NamedTuple):
    """What a skill is given when it starts. `texts`: of the language it speaks, by key."""

    link: Link
    tally: Tally
    settings: dict[str, Any]
    texts: Mapping[str, str]
    state: State


class Skill:
    """One skill, alive. A class of its own derives from it and has at least one mission."""

    def __init__(self, given: Given) -> None:
        self.robot = Robot(given.link, given.tally.note)
        self.settings = given.settings
        self.tally = given.tally
        self.resume: dict[str, str] = {}  # slots with which the mission that is on would go on where it is
        self._texts = given.texts
        self.end_mission: Callable[[str], None] = lambda _why: None  # ends the mission; whoever runs the skill sets it

    async def on_settings(self) -> None:
        """Called when a person changed the settings; `self.settings` are the new ones."""

    async def on_stop(self, why: str) -> None:
        """Called before the skill ends, after the mission has stopped. It has five seconds: a farewell, no more."""

    def count(self, counter: str, n: float = 1) -> None:
        """`n` more. Seconds and metres may be fractions. Raises Undeclared."""
        self.tally.add(counter, n)

    def text(self, key: str, /, **slots: object) -> str:
        """A text of texts.json in the language the robot speaks, its slots filled. Raises KeyError."""
        return self._texts[key].format_map(slots)

    async def say(self, key: str, /, **slots: object) -> bool:
        """Says a text of texts.json; what cannot be spoken is shown. Whether it was spoken."""
        return await self.tell(self.text(key, **slots))

    async def tell(self, text: str) -> bool:
        """As `say`, with words that are no text of the skill's own: a setting, an answer."""
        try:
            await self.robot.speak(text)
        except CouldNot:
            with contextlib.suppress(CouldNot):
                await self.robot.show(text)
            return False
        return True

    async def enough_charge(self, least: float) -> None:
        """With less it says `battery_low`, goes to its dock and raises CouldNot. A charge that is unknown is enough:
        the robot itself looks after its battery, too.
        """
        try:
            charge = await self.robot.battery()
        except CouldNot:
            return
        if charge < least:
            await self.say("battery_low")
            await self.robot.dock()
            raise CouldNot("", "battery_low", "below the least charge")


def mission(*intents: str) -> Callable[[Handler], Handler]:
    """Marks what begins a mission: `async def name(self, intent)`."""
    return _mark(intents, starts=True)


def on(*intents: str) -> Callable[[Handler], Handler]:
    """Marks what is done at once, also while a mission runs: keep it short."""
    return _mark(intents, starts=False)


def _mark(intents: tuple[str, ...], *, starts: bool) -> Callable[[Handler], Handler]:
    def marked(handler: Handler) -> Handler:
        handler.__dict__["answers"] = (intents, starts)
        return handler

    return marked


def handlers(kind: type[Skill]) -> dict[str, tuple[str, bool]]:
    """Of each intent: the method's name, and whether it begins a mission."""
    found: dict[str, tuple[str, bool]] = {}
    for name in dir(kind):
        intents, starts = getattr(getattr(kind, name), "__dict__", {}).get("answers", ((), False))
        found |= dict.fromkeys(intents, (name, starts))
    return found
