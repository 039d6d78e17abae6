"""Visitors of one day: when they come, by which way, what they want and what they do before the robot. From a seed.

One of them at a time is served. Whoever passes is seen once; who stops when spoken to is seen again. Somebody who is
served says their wish, then perhaps more; touches the button of their wish, their own name, or a yes; and sometimes
leaves before the robot is done.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from simulators.bodies.people import Saying
from simulators.bodies.scene_days import CHAT, SceneDay, Want
from simulators.chance import poisson

HOUR_S = 3600.0
PASSES_S = 8.0  # how long somebody who passes is in sight
STAYS_S = 60.0  # how long somebody stays whom nobody serves
LEAVES = 0.03  # chance at each look that the one who is served has left
TAKES = 0.9  # chance that somebody at a table touches that they have taken it
AGREES = 0.4  # chance of a yes
ANSWERS = 0.35  # chance that somebody who is asked whether it helped says so
HELPED, NOT_HELPED = 0.92, 0.2  # chance of a yes of who got what they wanted, and of who did not
SPEAKS_AFTER_S, TOUCHES_AFTER_S, SEEN_AFTER_S = (0.5, 4.0), (1.0, 8.0), 0.5

Way = Literal["passes", "calls", "touches", "orders"]


@dataclass(slots=True)
class Newcomer:
    """Somebody with a wish. `stops`: when spoken to."""

    at_s: float
    way: Way
    want: Want
    saying: Saying
    name: str = ""
    stops: bool = False


@dataclass(slots=True)
class Visitors:
    """`now_s`: the robot's clock. `wanted`: by intent, how many said what they want."""

    scene: SceneDay
    rng: Random
    now_s: Callable[[], float] = lambda: 0.0
    passing: deque[Newcomer] = field(default_factory=deque)
    touching: deque[Newcomer] = field(default_factory=deque)
    coming: list[Newcomer] = field(default_factory=list)  # who calls or orders, in order
    wanted: Counter[str] = field(default_factory=Counter)
    served: Newcomer | None = None
    asked: Sequence[str] = ()  # the buttons under the question whether it helped
    _got: bool = False  # the robot began what the one who is served wanted
    _words: deque[Saying] = field(default_factory=deque)
    _near: Newcomer | None = None  # who was seen last
    _stopped: Newcomer | None = None
    _stays_until_s: float = 0.0
    _named: int = 0  # guests of the list who come

    def expect(self, weights: Sequence[float], appetite: float = 1.0) -> None:
        """Draws who comes, hour by hour from now on. With less appetite as many pass, and fewer want anything."""
        rates: dict[Way, float] = {
            "passes": self.scene.passing, "calls": self.scene.calling, "touches": self.scene.touching,
            "orders": self.scene.ordering,
        }  # fmt: skip
        for hour, weight in enumerate(weights):
            for way, rate in rates.items():
                for _ in range(poisson(self.rng, rate * weight * (1.0 if way == "passes" else appetite))):
                    self._expect(self._one(way, (hour + self.rng.random()) * HOUR_S, appetite))
        self.passing = deque(sorted(self.passing, key=lambda each: each.at_s))
        self.touching = deque(sorted(self.touching, key=lambda each: each.at_s))
        self.coming.sort(key=lambda each: each.at_s)

    def begins(self, intent: str) -> None:
        """The robot begins to do something: for whoever stopped, called or touched; at home it is for nobody."""
        if intent in {"portal&home", "solicit&start"}:
            self.served, self._stopped = None, None
            self._words.clear()
        elif self.served is None and self._stopped is not None:
            self.serve(self._stopped)
        if self.served is not None and intent == self.served.want.intent:
            self._got = True

    def serve(self, visitor: Newcomer) -> None:
        """It is their turn: they have a wish, and perhaps more to say."""
        self.served, self._stopped, self._near, self._got = visitor, None, None, False
        self._words = deque([visitor.saying])
        if visitor.want.intent == CHAT:
            while self.rng.random() < self.scene.more:
                self._words.append(visitor.want.said(self.rng, visitor.name))

    def called(self, visitor: Newcomer) -> None:
        """Somebody says the wake word, and waits for a while."""
        if self.served is None:
            self._stopped, self._stays_until_s = visitor, self.now_s() + STAYS_S

    def say(self) -> tuple[Saying | None, float]:
        after_s = self.rng.uniform(*SPEAKS_AFTER_S)
        if self.served is None or not self._words:
            return None, after_s
        said = self._words.popleft()
        self.wanted[said.intent] += 1
        return said, after_s

    def show_face(self) -> tuple[str | None, float]:
        now_s = self.now_s()
        if self.served is not None:
            if self.rng.random() < LEAVES:
                self.served = None
                return None, 0.0
            return self.served.name, SEEN_AFTER_S
        if self._stopped is not None and now_s <= self._stays_until_s:
            return self._stopped.name, SEEN_AFTER_S
        while self.passing and self.passing[0].at_s + PASSES_S < now_s:
            self.passing.popleft()
        if not self.passing:
            return None, 0.0
        self._near = self.passing[0]
        after_s = max(SEEN_AFTER_S, self._near.at_s - now_s)
        if after_s <= PASSES_S:
            self.passing.popleft()  # seen; who comes later than anybody looks is still to come
        return self._near.name, after_s

    def touch(self, buttons: Sequence[str]) -> tuple[str | None, float]:
        after_s = self.rng.uniform(*TOUCHES_AFTER_S)
        if self.served is not None:
            return self._answer(buttons), after_s
        now_s = self.now_s()
        while self.touching and self.touching[0].at_s < now_s:
            self.touching.popleft()
        if len(buttons) == 1 and not any(visitor.want.label in buttons for visitor in self.touching):
            return (buttons[0] if self.rng.random() < TAKES else None), after_s  # somebody at the table
        if not self.touching:
            return None, after_s
        visitor = self.touching[0]
        self._stopped, self._stays_until_s = visitor, visitor.at_s + STAYS_S
        return (visitor.want.label if visitor.want.label in buttons else None), visitor.at_s - now_s

    def hear(self) -> None:
        """The robot has spoken: who is near and curious stops."""
        if self.served is None and self._near is not None and self._near.stops:
            self._stopped, self._stays_until_s = self._near, self.now_s() + STAYS_S
        self._near = None

    def _answer(self, buttons: Sequence[str]) -> str | None:
        assert self.served is not None
        if self.asked and list(buttons) == list(self.asked):
            if self.rng.random() >= ANSWERS:
                return None
            return buttons[self.rng.random() >= (HELPED if self._got else NOT_HELPED)]
        for own in (self.served.want.label, self.served.name):
            if own and own in buttons:
                self.wanted[self.served.want.intent] += own == self.served.want.label
                return own
        return buttons[0] if buttons and self.rng.random() < AGREES else None

    def _one(self, way: Way, at_s: float, appetite: float) -> Newcomer:
        wants = self.scene.orders if way == "orders" else self.scene.wants
        if way == "touches":
            wants = [want for want in wants if want.label]
        want = self.rng.choices(wants, [each.share for each in wants])[0]
        name = ""
        if want.invited and self.scene.guests:
            name = f"guest-{self._named % self.scene.guests + 1}"
            self._named += 1
        stops = self.rng.random() < self.scene.stopping * appetite
        return Newcomer(at_s, way, want, want.said(self.rng, name), name, stops)

    def _expect(self, visitor: Newcomer) -> None:
        row = {"passes": self.passing, "touches": self.touching}.get(visitor.way, self.coming)
        row.append(visitor)
