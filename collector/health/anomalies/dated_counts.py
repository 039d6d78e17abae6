"""One account's counter as a series of known open days, with what its base lets us expect of each day. Pure.

Left out: closed days (by the sites' calendars), days of which nothing or too little arrived (unknown is not zero), and
days on which nobody counted that counter. Robots that were taken away lower the expectation; robots that were added do
not raise it, since more robots share the same visitors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.calendar.days import WEEK_DAYS, WEEKDAY_0
from collector.health.anomalies.rules import AnomalyRules
from collector.health.model import AccountDay

Numbers = NDArray[np.float64]
WINDOW_OPEN_DAYS = 28  # W of the health model
HEARD_MIN_SHARE = 0.5  # of the robots; below, the day is unknown


@dataclass(frozen=True, slots=True)
class Series:
    """Known open days in order. `split` and `start` are the positions where the window W and its base begin."""

    day: NDArray[np.int64]
    counted: Numbers
    exposure: Numbers  # 1 = all robots of a usual day heard
    start: int
    split: int
    newest_open_day: int

    @property
    def base(self) -> slice:
        return slice(self.start, self.split)

    def within(self, from_day: int, to_day: int) -> slice:
        """Positions of the known days between two days, both counting."""
        found = np.searchsorted(self.day, (from_day, to_day + 1))
        return slice(int(found[0]), int(found[1]))


def known(one: AccountDay) -> bool:
    """Enough arrived of that day to count it."""
    return one.robots > 0 and one.heard >= HEARD_MIN_SHARE * one.robots and one.heard > 0


def series_of(
    days: Sequence[AccountDay], value: Callable[[AccountDay], float | None], rules: AnomalyRules
) -> Series | None:
    """None: there is no open day at all. `value` is None on a day that nobody counted."""
    opened = [one for one in days if one.open and one.robots > 0]
    if not opened:
        return None
    kept = [(one, counted) for one in opened if known(one) and (counted := value(one)) is not None]
    window_from = opened[-WINDOW_OPEN_DAYS].day if len(opened) >= WINDOW_OPEN_DAYS else opened[0].day
    base_opened = opened[:-WINDOW_OPEN_DAYS][-rules.base_open_days :]
    base_from = base_opened[0].day if base_opened else window_from
    day = np.fromiter((one.day for one, _ in kept), np.int64, len(kept))
    start, split = (int(at) for at in np.searchsorted(day, (base_from, window_from)))
    robots = np.fromiter((one.robots for one, _ in kept), np.float64, len(kept))
    usual = float(np.median(robots[start:split])) if split > start else 1.0
    heard = np.fromiter((one.heard for one, _ in kept), np.float64, len(kept)) / robots
    return Series(
        day,
        np.fromiter((counted for _, counted in kept), np.float64, len(kept)),
        heard * np.minimum(1.0, robots / usual),
        start,
        split,
        opened[-1].day,
    )


def expected_of(series: Series, rules: AnomalyRules) -> Numbers:
    """What the base lets us expect of every day: its rate times the day's exposure times its weekday's factor.

    A weekday's factor is drawn to 1, the more the fewer such days the base has. The base's own expectation sums to
    what it counted.
    """
    counted, exposure = series.counted[series.base], series.exposure[series.base]
    weekday = (series.day + WEEKDAY_0) % WEEK_DAYS
    total, days = counted.sum(), exposure.sum()
    if total <= 0 or days <= 0:
        return np.zeros_like(series.counted)
    rate = total / days
    of_base = weekday[series.base]
    pseudo = rules.weekday_pseudo_days * rate
    by_weekday = np.bincount(of_base, counted, WEEK_DAYS), np.bincount(of_base, exposure, WEEK_DAYS) * rate
    factor = (by_weekday[0] + pseudo) / (by_weekday[1] + pseudo)
    expected: Numbers = rate * series.exposure * factor[weekday]
    expected *= total / expected[series.base].sum()
    return expected
