"""Robots with a story: the simulated robot, in a place with a story, with a firmware and faults of its own. Pure.

What such a robot counts on a day is drawn by the same rules whether the day comes over the wire (in windows, with
faults) or as history in a file (as a day's sums, without).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

from simulators.body import AILMENTS, Episode, outbreaks
from simulators.chance import about
from simulators.lived_days import CALM, AskedHour, nth_hour
from simulators.robot import GRID_S, HOUR_S, Append, Rhythm, Robot
from simulators.stories.cast import Customer
from simulators.stories.place import Place, day_of, number

HISTORY = (
    "foot_traffic", "solicitation", "wake_up", "interaction", "guided_tour", "leading", "directions", "check_in",
    "delivery", "operating_s",
)  # fmt: skip
_OF_ALL = ("foot_traffic", "solicitation", "wake_up", "interaction", "leading", "directions", "operating_s")
_KNOWS = {
    "exhibition_hall": frozenset({*_OF_ALL, "guided_tour", "check_in"}), "ktv": frozenset({*_OF_ALL, "delivery"}),
    "scenic_spot": frozenset({*_OF_ALL, "guided_tour"}), "conference": frozenset({*_OF_ALL, "guided_tour", "check_in"}),
}  # fmt: skip
"""What history files say of a robot-day; the wire says everything."""
WHEEL = next(ailment for ailment in AILMENTS if ailment.code == "-124")
STUCK_S = 400 * 86_400
WINDOW_S = 900  # of the past weeks on the wire


@dataclass(slots=True)
class StoryRobot(Robot):
    """`place` is its scene with a story; `turn` its number among the customer's robots, from 0."""

    customer: Customer | None = None
    place: Place | None = None
    turn: int = 0
    gone_s: int | None = None  # nothing is heard of it from then on
    stuck_s: int | None = None  # from then on it reports a broken wheel
    _hurt: bool = False
    _steady: float = field(default=1.0)

    def __post_init__(self) -> None:
        Robot.__post_init__(self)
        self.off_at_night = self.stuck_s is None  # switching it off would end the report
        self._steady = about(Random(f"frail/{self.seed}/{self.name}"), 0.3)  # noqa: S311 - repeatable on purpose

    def release(self, until_s: int, append: Append) -> int:
        if self.gone_s is None or until_s <= self.gone_s:
            return Robot.release(self, until_s, append)
        released = Robot.release(self, self.gone_s, append) if self.now_s <= self.gone_s else 0
        self.now_s, self.on = max(self.now_s, until_s), False  # it says no goodbye either
        return released

    def firmware(self, day: date) -> str:
        body = self._story.plot.body
        return body.new_rom if self._is_new(day) else body.rom

    @property
    def _story(self) -> Customer:
        assert self.customer is not None
        return self.customer

    @property
    def _place(self) -> Place:
        assert self.place is not None
        return self.place

    def _is_new(self, day: date) -> bool:
        since = self._story.plot.body.new_rom_from
        return since is not None and self._place.today - number(day) <= since

    def _start(self, now_s: int) -> None:
        self.rom = self.firmware(datetime.fromtimestamp(now_s, self.zone).date())
        self.unsupported = self._cannot(blind=not self._place.use.counts_visitors)
        self._frail = self._steady * self._story.plot.body.frail
        Robot._start(self, now_s)  # noqa: SLF001 - its own class: `super()` does not know a class with slots

    def _appetite(self, day: date) -> float:
        return self._place.appetite(day)

    def _breaks(self, from_s: int, to_s: int, day: date) -> list[Episode]:
        events = Robot._breaks(self, from_s, to_s, day)  # noqa: SLF001 - as above
        if self._is_new(day):
            busy = self.open | {episode.ailment.key: episode for episode in events}
            frail = self._steady * self._story.plot.body.new_frail
            found = outbreaks(self.rng, from_s, to_s, frail, busy)
            events += [episode for episode in found if episode.ailment.family == "navigation"]  # it loses its way
        if self.stuck_s is not None and from_s >= self.stuck_s and not self._hurt:
            self._hurt = True
            events.append(Episode(WHEEL, "", from_s, from_s + STUCK_S))
        return sorted(events, key=lambda e: (e.from_s, e.ailment.code))

    def sums(self, day: date) -> dict[str, int]:
        """A past day's counts, of hours chosen by a generator of that day: the span told does not change them."""
        rng, place = Random(f"{self.seed}/{self.name}/{day}"), self._place  # noqa: S311 - repeatable on purpose
        busy, appetite = self._busy * about(rng, 0.15), place.appetite(day)
        total: dict[str, int] = {}
        for hour in range(24):
            level = place.level(day, hour)
            if not level:
                continue
            total["operating_s"] = total.get("operating_s", 0) + HOUR_S
            asked = AskedHour(place.key, 0, nth_hour(place.key, hour), level * busy, appetite, CALM)
            counts = self._lives.hour(rng, asked, ()).well
            for key in HISTORY:
                total[key] = total.get(key, 0) + counts.get(key, 0)
        return {key: n for key, n in total.items() if key not in self.unsupported and (n or key in self._knows)}

    @property
    def _knows(self) -> frozenset[str]:
        """Of these a day says zero, too."""
        return _KNOWS[self._place.key]


def crew(
    customer: Customer, place: Place, seed: int, zone: ZoneInfo, wire_day: int, rhythm: Rhythm
) -> list[StoryRobot]:
    """A customer's robots as they come onto the wire on `wire_day` (or with their delivery, if that is later)."""
    body, made = customer.plot.body, []
    silent, stuck = round(body.silent_share * customer.robots), round(body.stuck_share * customer.robots)
    first_day = max(wire_day, place.from_day)
    for turn in range(customer.robots):
        gone = body.silent_from is not None and turn < silent
        hurt = body.stuck_from is not None and turn < stuck
        made.append(
            StoryRobot(
                robot_name(customer, turn), place, seed, zone, midnight(first_day, zone), rhythm,
                customer=customer, place=place, turn=turn,
                gone_s=midnight(place.today - body.silent_from + 1, zone) if gone and body.silent_from else None,
                stuck_s=midnight(place.today - body.stuck_from, zone) if hurt and body.stuck_from else None,
            )
        )  # fmt: skip
    return made


def history(robots: list[StoryRobot], from_day: int, until_day: int) -> Iterator[tuple[str, str, date, dict[str, int]]]:
    """(account, robot, day, counts) of every open day since delivery, from `from_day` to before `until_day`."""
    for robot in robots:
        place = robot.place
        assert place is not None
        assert robot.customer is not None
        for n in range(max(place.from_day, from_day), until_day):
            counts = robot.sums(day_of(n))
            if counts:
                yield robot.customer.key, robot.name, day_of(n), counts


def robot_name(customer: Customer, turn: int) -> str:
    return f"{customer.key}-{turn + 1:02d}"


def midnight(day: int, zone: ZoneInfo) -> int:
    at = datetime.combine(day_of(day), datetime.min.time(), zone).timestamp()
    return int(at) // GRID_S * GRID_S
