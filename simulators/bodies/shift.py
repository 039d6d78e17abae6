"""A fleet robot that lives its own days: the orchestrator and all shared skills as coroutines beside a body.

A day is lived whole, in virtual time, when its first hour is asked for, as busy as that hour says, and given out hour
by hour with the episodes that the body had. The loop is the day's own and runs in a thread, because the fleet's loop
is another one.
"""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random

from opk_skills.catalogue import catalogue
from simulators.bodies.day import HOUR_S, Circumstances, Happening, live
from simulators.bodies.living import counts_of
from simulators.body import Episode
from simulators.lived_days import AskedHour, Counts, Hour
from simulators.lived_table import table

_ONE_AT_A_TIME = ThreadPoolExecutor(1, thread_name_prefix="skills")


@dataclass(slots=True)
class OwnDays:
    """The same name and seed, and the same days, count the same. `without`: skills that are not installed."""

    scene: str
    name: str
    seed: int
    without: frozenset[str] = frozenset()
    ails: dict[str, str] = field(default_factory=dict)
    happens: Sequence[Happening] = ()
    _day: int = -1
    _hours: list[Counts] = field(default_factory=list)
    _episodes: list[Episode] = field(default_factory=list)

    @property
    def skills(self) -> list[tuple[str, str]]:
        return [(one.key, one.version) for one in catalogue() if one.key not in self.without]

    @property
    def never(self) -> Sequence[str]:
        return table(self.scene).never

    def hour(self, _rng: Random, asked: AskedHour, _out: Collection[str]) -> Hour:
        """What was counted in that hour of the day."""
        if asked.day != self._day:
            self._day = asked.day
            _ONE_AT_A_TIME.submit(self._live, asked).result()
        begins_s = int(asked.nth * HOUR_S)
        episodes = [
            replace(each, from_s=each.from_s - begins_s, to_s=each.to_s - begins_s)
            for each in self._episodes
            if begins_s <= each.from_s < begins_s + HOUR_S
        ]
        return Hour(self._hours[asked.nth] if asked.nth < len(self._hours) else {}, episodes=episodes)

    def _live(self, asked: AskedHour) -> None:
        seed = Random(f"{self.seed}/{self.name}/{asked.day}").randrange(2**31)  # noqa: S311 - repeatable on purpose
        given = Circumstances(
            seed=seed, busy=asked.level, appetite=asked.appetite, frailty=asked.frailty, without=self.without,
            ails=self.ails, happens=self.happens,
        )  # fmt: skip
        day = live(asked.scene, given)
        self._hours, self._episodes = list(counts_of(day, every=True)), day.episodes
