"""Where robots work: when a place is open, and which days and hours are busy.

Pure tables and arithmetic. What is counted there stands nowhere here: visitors want things
(`simulators/bodies/scene_days.py`), and skills do what they can of it (`simulators/lived_days.py`).

`hours` weighs the 24 local hours (0: closed), `weekdays` Monday to Sunday, `holiday` a public holiday.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of place."""

    key: str
    short: str  # the part of a robot's name
    en: str
    zh: str
    model: str
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    holiday: float

    def level(self, day: date, hour: int) -> float:
        """How busy this day is, for one of its local hours; 0 when the place is closed."""
        special = self.holiday if is_holiday(day) else 1.0
        return self.weekdays[day.weekday()] * special if self.hours[hour] else 0.0

    def opens_h(self) -> int:
        """The first hour of the day after which it is open, as nights belong to their evening."""
        return next(h for h in range(24) if self.hours[h] and not self.hours[h - 1])

    def open_hours(self) -> list[float]:
        """Weights from the opening to the close."""
        first = self.opens_h()
        turned = [*self.hours[first:], *self.hours[:first]]
        return turned[: next((n for n, weight in enumerate(turned) if not weight), 24)]


def _open(first: int, weights: tuple[float, ...]) -> tuple[float, ...]:
    """24 weights from the opening hour on; hours past midnight wrap round."""
    day = [0.0] * 24
    for offset, weight in enumerate(weights):
        day[(first + offset) % 24] = weight
    return tuple(day)


_HALL = Scene(
    key="exhibition_hall",
    short="hall",
    en="Exhibition hall",
    zh="展厅",
    model="greetbot",
    hours=_open(9, (0.6, 1.0, 1.2, 0.7, 0.9, 1.3, 1.2, 0.8)),
    weekdays=(0.0, 0.8, 0.8, 0.9, 1.0, 1.6, 1.5),
    holiday=1.6,
)

_KTV = Scene(
    key="ktv",
    short="ktv",
    en="KTV",
    zh="KTV",
    model="lucki",
    hours=_open(12, (0.3, 0.4, 0.5, 0.5, 0.6, 0.6, 0.8, 1.2, 1.5, 1.6, 1.5, 1.2, 0.8, 0.5)),
    weekdays=(0.7, 0.7, 0.8, 0.9, 1.4, 1.6, 1.1),
    holiday=1.5,
)

_SPOT = Scene(
    key="scenic_spot",
    short="spot",
    en="Scenic spot",
    zh="景区",
    model="greetbot",
    hours=_open(8, (0.6, 1.0, 1.3, 1.2, 0.9, 1.0, 1.3, 1.2, 0.9, 0.5)),
    weekdays=(0.6, 0.6, 0.6, 0.7, 0.9, 1.8, 1.7),
    holiday=2.5,
)

_CONFERENCE = Scene(
    key="conference",
    short="conf",
    en="Conference",
    zh="会议",
    model="mini",
    hours=_open(7, (0.5, 1.8, 1.6, 0.9, 0.7, 0.8, 1.2, 0.9, 0.7, 0.5, 0.3)),
    weekdays=(1.0, 1.2, 1.2, 1.1, 0.9, 0.3, 0.2),
    holiday=0.1,
)

SCENES: Mapping[str, Scene] = MappingProxyType({s.key: s for s in (_HALL, _KTV, _SPOT, _CONFERENCE)})

_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (5, 3), *((10, day) for day in range(1, 8))})
_SPRING_FESTIVAL = tuple(
    date.fromisoformat(day)
    for day in ("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03")
)
_HOLIDAYS = frozenset(first + timedelta(days=n) for first in _SPRING_FESTIVAL for n in range(-1, 6))


def is_holiday(day: date) -> bool:
    """A public holiday: new year, May days, national week, the week of the spring festival (2024-2030)."""
    return (day.month, day.day) in _FIXED or day in _HOLIDAYS
