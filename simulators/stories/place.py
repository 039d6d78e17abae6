"""A scene with a story: how busy a customer's place is on a day, given what happens to that customer. Pure.

Scene (the kind of place) + Use (the story) + T ─▶ Place.level(day, hour), Place.appetite(day)
"""

import math
from dataclasses import dataclass, field, fields
from datetime import date, timedelta

from simulators.scenes import SCENES, Scene, is_holiday
from simulators.stories.plot import Use

EPOCH = date(1970, 1, 1)
YEAR_DAYS = 365.25
BEST_DAY_OF_YEAR = 213  # the first of August
HOLIDAY_MAX = 1.25  # a year's few holidays are busier, not a story of their own
NOBODY = 1e-9  # they stand in a corner, switched on
OPEN_WEEKDAYS = {
    "exhibition_hall": "0111111",
    "ktv": "1111111",
    "scenic_spot": "1111111",
    "conference": "1111100",
}
OPENING = {
    "exhibition_hall": ("09:00", "17:00"),
    "ktv": ("12:00", "02:00"),
    "scenic_spot": ("08:00", "18:00"),
    "conference": ("07:00", "18:00"),
}


def number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(n: int) -> date:
    return EPOCH + timedelta(days=n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Scene):
    """`today` is T's number; its robots work from `from_day` on."""

    use: Use = field(default_factory=Use)
    today: int = 0
    from_day: int = 0
    until_day: int | None = None  # on which they were taken away

    def is_open(self, day: date) -> bool:
        """By the site's calendar: its weekdays, its closed days, and a conference's holidays."""
        if OPEN_WEEKDAYS[self.key][day.weekday()] == "0" or (self.key == "conference" and is_holiday(day)):
            return False
        back = self.today - number(day)
        return not (self.use.closed and self.use.closed[1] <= back <= self.use.closed[0])

    def level(self, day: date, hour: int) -> float:
        n = number(day) - (1 if self.key == "ktv" and hour < 12 else 0)  # noqa: PLR2004 - a night belongs to its evening
        opened = day_of(n)
        if not self.hours[hour] or n < self.from_day or self._taken(number(day)) or not self.is_open(opened):
            return 0.0
        if self.use.idle_after is not None and number(day) >= self.from_day + self.use.idle_after:
            return NOBODY
        holiday = min(self.holiday, HOLIDAY_MAX) if is_holiday(opened) else 1.0
        return self.weekdays[opened.weekday()] * holiday * self._busy(n)

    def _taken(self, n: int) -> bool:
        """Also the night after the last evening: the robots are gone at midnight."""
        return self.until_day is not None and n > self.until_day

    def appetite(self, day: date) -> float:
        """In a fall of use, who passes by stays, and fewer of them want anything."""
        return self._fallen(number(day)) if self.use.fall_of == "use" else 1.0

    def _busy(self, n: int) -> float:
        use = self.use
        known = min(1.0, 0.4 + 0.6 * (n - self.from_day + 1) / max(1, use.ramp_days))
        day_of_year = day_of(n).timetuple().tm_yday
        season = 1 + use.season * math.cos(2 * math.pi * (day_of_year - BEST_DAY_OF_YEAR) / YEAR_DAYS)
        visitors = self._fallen(n) if use.fall_of == "visitors" else 1.0
        return use.busy * known * season * visitors

    def _fallen(self, n: int) -> float:
        """What is left of it: 1 before the fall, `fall_to` at its end, and a straight line between them."""
        use, back = self.use, self.today - n
        if use.fall_from is None or back > use.fall_from:
            return 1.0
        return 1 - (1 - use.fall_to) * min(1.0, (use.fall_from - back + 1) / use.fall_days)


def place(scene: str, use: Use, today: int, from_day: int, until_day: int | None = None) -> Place:
    kind = SCENES[scene]
    said = {part.name: getattr(kind, part.name) for part in fields(Scene)}
    return Place(**said, use=use, today=today, from_day=from_day, until_day=until_day)
