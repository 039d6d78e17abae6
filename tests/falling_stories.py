"""Customers of the stories whose use falls before they leave, beside those that do well, as a back-test scores them."""

from dataclasses import replace
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

import numpy as np

from collector.backtest.history import History
from collector.backtest.scored import history_of
from collector.health.policy.file import Policy
from simulators.stories.cast import CUSTOMERS
from simulators.stories.place import number, place
from simulators.stories.plot import Use
from simulators.stories.robots import WINDOW_S, Rhythm, crew, history
from tests.foreign_portfolios import DAY0, RATES, Counted, pasts_of

DAYS, AFTER, WELL, FALLING = 330, 92, 32, 8  # days until T, on which contracts end, and after it
TODAY = 20_600
KINDS = ("interaction", "guided_tour", "leading", "directions")
SLOWLY, HALF = {"fall_from": 150, "fall_to": 0.3, "fall_days": 150}, {"fall_from": 80, "fall_to": 0.5, "fall_days": 30}


@cache
def customers(seed: int) -> tuple[Counted, ...]:
    """Halls of all sizes. Those of the falling stories have a contract that ends today, and is not renewed."""
    draw, zone = Random(seed), ZoneInfo("Asia/Shanghai")
    rhythm, hall = Rhythm(WINDOW_S, WINDOW_S), CUSTOMERS[0]
    found = []
    for turn in range(WELL + FALLING):
        falls = {} if turn < WELL else HALF if turn % 2 else SLOWLY
        use = Use(busy=draw.lognormvariate(0, 0.5), season=draw.choice((0.0, 0.2)), **falls)  # type: ignore[arg-type]  # a fall's fields are numbers
        one = replace(hall, key=f"hall-{turn}", robots=1)
        stage = place(hall.scene, use, TODAY, TODAY - DAYS + 1, None)
        counts = np.zeros((DAYS + AFTER, len(KINDS)), dtype=np.int64)
        for _, _, day, told in history(crew(one, stage, seed, zone, TODAY + AFTER + 1, rhythm), 0, TODAY + AFTER + 1):
            counts[number(day) - TODAY + DAYS - 1] = [told.get(kind, 0) for kind in KINDS]
        lost = turn >= WELL
        found.append(Counted(0, counts[:DAYS] if lost else counts, due=DAYS - 1 if lost else None, lost=lost))
    return tuple(found)


def scored(seed: int, policy: Policy) -> History:
    return history_of(pasts_of(customers(seed), KINDS, "exhibition_hall"), DAY0 + DAYS + AFTER - 1, RATES, policy)
