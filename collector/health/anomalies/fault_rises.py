"""Fault before fall: a family of faults that rose beyond chance, since when, and on which robots. Pure.

Faults are judged as rates: per hour online where hours are known, else per robot of which something was heard.
"""

from collections.abc import Sequence

import numpy as np

from collector.calendar.days import HOUR_S, WEEK_DAYS
from collector.health.anomalies import changepoint, dispersion
from collector.health.anomalies.dated_counts import Numbers, known
from collector.health.anomalies.model import FaultRise
from collector.health.anomalies.rules import AnomalyRules
from collector.health.model import AccountDay

BASE_DAYS = 84  # calendar days before the window that the rate is made of
BASE_MIN_DAYS = 14
AFTER_DAYS = 1  # a rise may be dated a day after the fall that it causes: days are coarse
PRIOR_EPISODES = 0.5  # a family never seen before is not impossible


def in_week(days: Sequence[AccountDay], day: int, rules: AnomalyRules) -> tuple[FaultRise, ...]:
    """Families whose episodes of the newest week are above chance."""
    return _rises(days, day - WEEK_DAYS + 1, day, rules)


def around(days: Sequence[AccountDay], day: int, since_day: int, rules: AnomalyRules) -> tuple[FaultRise, ...]:
    """The same for the days before and since a fall that began on `since_day`."""
    return _rises(days, since_day - rules.fault_window_days, day, rules)


def before(rises: Sequence[FaultRise], since_day: int, rules: AnomalyRules) -> FaultRise | None:
    """The rise that precedes a fall: the least likely of those that began in the days before it."""
    from_day = since_day - rules.fault_window_days
    near = [rise for rise in rises if from_day <= rise.since_day <= since_day + AFTER_DAYS]
    return min(near, key=lambda rise: (rise.p, rise.family), default=None)


def _rises(days: Sequence[AccountDay], from_day: int, to_day: int, rules: AnomalyRules) -> tuple[FaultRise, ...]:
    window = [one for one in days if from_day <= one.day <= to_day]
    families = sorted({family for one in window for family, n in one.faults.items() if n})
    if not families or sum(sum(one.faults.values()) for one in window) < rules.faults_min:
        return ()
    sound = [one for one in days if from_day - BASE_DAYS <= one.day <= to_day and one.open and known(one)]
    exposure = _exposure(sound)
    base = np.array([one.day < from_day for one in sound])
    if base.sum() < BASE_MIN_DAYS or exposure[~base].sum() <= 0 or exposure[base].sum() <= 0:
        return ()
    found = []
    dispersed, p_max, least = rules.fault_dispersion, rules.p_faults, rules.faults_min
    for family in families:
        counted = np.array([one.faults.get(family, 0) for one in sound], dtype=float)
        rate = (counted[base].sum() + PRIOR_EPISODES) / exposure[base].sum()
        expected = rate * exposure
        observed, mean = counted[~base].sum(), expected[~base].sum()
        spread = mean + dispersed * (expected[~base] ** 2).sum() + mean**2 / (counted[base].sum() + 1.0)
        p = float(dispersion.upper_tail(np.array([observed]), np.array([mean]), np.array([spread]))[0])
        if observed >= least and p < p_max:
            since = _since(sound, counted, expected, from_day, rules)
            found.append(
                FaultRise(
                    family=family, observed=int(observed), expected=float(mean), p=p, since_day=since,
                    robots=_robots(sound, family, since),
                )
            )  # fmt: skip
    return tuple(found)


def _exposure(days: Sequence[AccountDay]) -> Numbers:
    hours = np.array([one.online_s for one in days], dtype=float) / HOUR_S
    return hours if hours.sum() > 0 else np.array([one.heard for one in days], dtype=float)


def _since(days: Sequence[AccountDay], counted: Numbers, expected: Numbers, from_day: int, rules: AnomalyRules) -> int:
    found = changepoint.find(counted, expected, rules.fault_dispersion, falls=False, since_min=1)
    return days[found.at].day if found else from_day


def _robots(days: Sequence[AccountDay], family: str, since_day: int) -> tuple[int, ...]:
    return tuple(sorted({robot for one in days if one.day >= since_day for robot in one.affected.get(family, ())}))
