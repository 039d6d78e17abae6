"""One day of one robot, from behaviour: visitors come by chance and want things, skills do what they can.

In virtual time, from a seed: the same seed is the same day. `Day.hours` holds what the skills counted hour by hour,
`log` what the body did: the truth.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from opk_skills.catalogue import catalogue
from opk_skills.workflows.compiling import Settings
from opk_skills.workflows.shipped import shipped
from simulators import virtual_time
from simulators.bodies.body import SimulatedBody
from simulators.bodies.ensemble import Ensemble, buttons_of_the_question
from simulators.bodies.place import PLACES
from simulators.bodies.scene_days import SCENE_DAYS, SceneDay
from simulators.bodies.visitors import Visitors
from simulators.bodies.witness import witnessed
from simulators.body import Episode, outbreaks

HOUR_S = 3600.0
ENDS_S = 300.0  # after the close: what was begun may end
WAKE = "portal&wake"
Happening = Callable[[Ensemble], Awaitable[None]]


@dataclass(slots=True)
class Day:
    """`hours`: counted in each hour from the opening on, the last one with what ended after the close. `seen`: the same
    hours of the standard counters by the body's log. `episodes`: seconds from the opening.
    """

    scene: SceneDay
    hours: list[dict[str, int]] = field(default_factory=list)
    seen: list[dict[str, int]] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    by_skill: dict[str, dict[str, int]] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    wanted: dict[str, int] = field(default_factory=dict)

    def n(self, counter: str) -> int:
        return self.counted.get(counter, 0)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """`busy` bends how many people come, `appetite` which share of them still wants anything. `frailty`: how often
    single acts fail; `outbreaks`: whether families fall ill for a while, as often as that says. `without`: skills that
    are not installed; `happens`: beside the visitors.
    """

    seed: int = 1
    busy: float = 1.0
    appetite: float = 1.0
    frailty: float = 1.0
    outbreaks: bool = True
    language: str = "en"
    without: frozenset[str] = frozenset()
    settings: Settings | None = None  # of another workflow than the one that ships
    hours: int = 24  # at most so many from the opening on
    ails: Mapping[str, str] = field(default_factory=dict)  # all day: code by family
    happens: Sequence[Happening] = ()


def live(scene: str, given: Circumstances) -> Day:
    """Lives a day in virtual time."""
    return virtual_time.run(lived(SCENE_DAYS[scene], given))


async def lived(scene: SceneDay, given: Circumstances) -> Day:
    """On whatever loop this is."""
    weights = [weight * given.busy for weight in scene.open_hours()[: given.hours]]
    people = Visitors(scene, Random(f"visitors/{scene.key}/{given.seed}"))  # noqa: S311 - repeatable on purpose
    body = SimulatedBody(PLACES[scene.place], people, given.seed, given.frailty, woke_s=scene.opens_h() * HOUR_S)
    people.now_s = body.now_s
    people.expect(weights, given.appetite)
    for family, code in given.ails.items():
        body.ail(family, code)
    settings = given.settings if given.settings is not None else shipped(scene.key)
    people.asked = buttons_of_the_question(given.language)
    robot = Ensemble(body, given.language, settings)
    robot.on_begin = people.begins
    robot.begin([manifest.key for manifest in catalogue() if manifest.key not in given.without])
    day = Day(scene)
    others = [_come(robot, people), *(happens(robot) for happens in given.happens)]
    if given.frailty and given.outbreaks:
        day.episodes = _episodes(Random(f"ails/{given.seed}"), given.frailty, len(weights))  # noqa: S311 - repeatable
        others.append(_ail(body, day.episodes))
    tasks = [asyncio.ensure_future(other) for other in others]
    before: dict[str, int] = {}
    for number in range(len(weights)):
        await asyncio.sleep(HOUR_S + (ENDS_S if number == len(weights) - 1 else 0.0))
        before = _hour(day, robot.counted(), before)
    for task in tasks:
        task.cancel()
    await robot.stop()
    _hour(day, robot.counted(), before, last=True)
    day.seen = _seen(body.log, len(weights))
    day.counted, day.log, day.wanted = robot.counted(), body.log, dict(people.wanted)
    day.by_skill = {key: dict(life.counted.totals) for key, life in robot.skills.items()}
    return day


def _hour(day: Day, now: dict[str, int], before: dict[str, int], *, last: bool = False) -> dict[str, int]:
    more = {counter: n - before.get(counter, 0) for counter, n in now.items() if n != before.get(counter, 0)}
    if last and day.hours:
        for counter, n in more.items():
            day.hours[-1][counter] = day.hours[-1].get(counter, 0) + n
    else:
        day.hours.append(more)
    return now


async def _come(robot: Ensemble, people: Visitors) -> None:
    """Who calls the robot, and colleagues who order."""
    for visitor in people.coming:
        await asyncio.sleep(max(0.0, visitor.at_s - robot.body.now_s()))
        if visitor.way == "orders":
            people.wanted[visitor.want.intent] += 1
            robot.wish(visitor.want.intent, visitor.saying.slots, "colleague")
        else:
            people.called(visitor)
            robot.wish(WAKE, {}, "voice")


def _episodes(rng: Random, frailty: float, hours: int) -> list[Episode]:
    """Of faults, as often as the fleet's robots have them."""
    found: list[Episode] = []
    for hour in range(hours):
        found += outbreaks(rng, int(hour * HOUR_S), int((hour + 1) * HOUR_S), frailty, {})
    return found


async def _ail(body: SimulatedBody, episodes: Sequence[Episode]) -> None:
    events: list[tuple[float, str, str]] = []
    for episode in episodes:
        ailment = episode.ailment
        events += [(episode.from_s, ailment.family, ailment.code), (episode.to_s, ailment.family, "")]
    for at_s, family, code in sorted(events):
        await asyncio.sleep(max(0.0, at_s - body.now_s()))
        if code:
            body.ail(family, code)
        else:
            body.heal(family)


def _seen(log: Sequence[Mapping[str, Any]], hours: int) -> list[dict[str, int]]:
    """The standard counters hour by hour, in whole units; what is less than one is the next hour's."""
    rows: list[list[Mapping[str, Any]]] = [[] for _ in range(hours)]
    for row in log:
        rows[min(hours - 1, int(row["at_s"] // HOUR_S))].append(row)
    total: dict[str, float] = {}
    found = []
    for hour in rows:
        before = {counter: math.floor(n + 1e-6) for counter, n in total.items()}
        for counter, n in witnessed(hour).items():
            total[counter] = total.get(counter, 0.0) + n
        more = {counter: math.floor(n + 1e-6) - before.get(counter, 0) for counter, n in total.items()}
        found.append({counter: n for counter, n in more.items() if n})
    return found
