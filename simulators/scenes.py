"""Where robots work: what a place asks of them, when it is open, which days are busy.

Pure tables and arithmetic. Four scenes, each with its own profile: an exhibition hall tours much and
checks in little, a KTV delivers much and talks little, a scenic spot talks much and narrates little, a
conference checks in and leads much and tours little.

Rates are means per open hour at weight 1.0; `hours` weighs the 24 local hours (0: closed),
`weekdays` Monday to Sunday, `holiday` a public holiday.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

SOLICITATIONS_PER_HOUR_MAX = 180  # one greeting per 20 s is what the robots allow themselves


@dataclass(frozen=True, slots=True)
class Scene:
    """What one kind of place asks of a robot."""

    key: str
    short: str  # the part of a robot's name
    en: str
    zh: str
    model: str
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    holiday: float
    foot_traffic: float  # passers-by per hour
    solicited: float  # share of passers-by that is greeted
    woken: float  # share of greetings that end in a wake-up
    wake_words: float  # wake-ups per hour without a greeting: why the funnel is never clamped
    answered: float  # interactions per wake-up
    narrations_per_tour: float
    per_interaction: Mapping[str, float] = field(default_factory=dict)
    per_hour: Mapping[str, float] = field(default_factory=dict)

    def weight(self, day: date, hour: int) -> float:
        """How busy this local hour is; 0 when the place is closed."""
        special = self.holiday if is_holiday(day) else 1.0
        return self.hours[hour] * self.weekdays[day.weekday()] * special


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
    model="guide-2",
    hours=_open(9, (0.6, 1.0, 1.2, 0.7, 0.9, 1.3, 1.2, 0.8)),
    weekdays=(0.0, 0.8, 0.8, 0.9, 1.0, 1.6, 1.5),
    holiday=1.6,
    foot_traffic=90,
    solicited=0.5,
    woken=0.35,
    wake_words=2,
    answered=0.8,
    narrations_per_tour=6,
    per_interaction={
        "guided_tour": 0.25,
        "leading": 0.08,
        "directions": 0.10,
        "reception": 0.03,
        "check_in": 0.01,
        "dance": 0.02,
        "dialog_turn": 1.5,
    },
    per_hour={"cruise": 1.0, "advert": 6.0},
)

_KTV = Scene(
    key="ktv",
    short="ktv",
    en="KTV",
    zh="KTV",
    model="tray-4",
    hours=_open(12, (0.3, 0.4, 0.5, 0.5, 0.6, 0.6, 0.8, 1.2, 1.5, 1.6, 1.5, 1.2, 0.8, 0.5)),
    weekdays=(0.7, 0.7, 0.8, 0.9, 1.4, 1.6, 1.1),
    holiday=1.5,
    foot_traffic=40,
    solicited=0.4,
    woken=0.25,
    wake_words=1,
    answered=0.5,
    narrations_per_tour=1,
    per_interaction={"leading": 0.25, "directions": 0.05, "guided_tour": 0.0, "dance": 0.02, "dialog_turn": 0.4},
    per_hour={"delivery": 14.0, "cruise": 2.0, "advert": 8.0, "dance": 0.3},
)

_SPOT = Scene(
    key="scenic_spot",
    short="spot",
    en="Scenic spot",
    zh="景区",
    model="guide-2",
    hours=_open(8, (0.6, 1.0, 1.3, 1.2, 0.9, 1.0, 1.3, 1.2, 0.9, 0.5)),
    weekdays=(0.6, 0.6, 0.6, 0.7, 0.9, 1.8, 1.7),
    holiday=2.5,
    foot_traffic=150,
    solicited=0.6,
    woken=0.3,
    wake_words=6,
    answered=0.9,
    narrations_per_tour=2,
    per_interaction={"guided_tour": 0.02, "leading": 0.05, "directions": 0.35, "dance": 0.01, "dialog_turn": 4.5},
    per_hour={"cruise": 0.5, "advert": 4.0, "dance": 0.3},
)

_CONFERENCE = Scene(
    key="conference",
    short="conf",
    en="Conference",
    zh="会议",
    model="desk-1",
    hours=_open(7, (0.5, 1.8, 1.6, 0.9, 0.7, 0.8, 1.2, 0.9, 0.7, 0.5, 0.3)),
    weekdays=(1.0, 1.2, 1.2, 1.1, 0.9, 0.3, 0.2),
    holiday=0.1,
    foot_traffic=70,
    solicited=0.5,
    woken=0.4,
    wake_words=2,
    answered=0.9,
    narrations_per_tour=2,
    per_interaction={
        "check_in": 0.45,
        "leading": 0.30,
        "reception": 0.15,
        "directions": 0.15,
        "guided_tour": 0.01,
        "dialog_turn": 0.8,
    },
    per_hour={"advert": 2.0, "cruise": 0.2},
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
