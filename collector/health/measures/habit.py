"""Use against the account's own past and its peers' (B2, B5, B6): raw values of the open days up to T. Pure.

A day of which nothing was heard is unknown: it is neither a day of use nor a day of silence.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from collector.health.measures.measure import Measure, missing_use
from collector.health.measures.window import Sums
from collector.health.model import AccountDay, Reading
from collector.health.open_days import OpenDays

if TYPE_CHECKING:  # the policy checks its weights against the measures
    from collector.health.policy.file import Policy

_WEEK = 7


def b2(sums: Sums, opened: OpenDays, core: str, policy: "Policy") -> Reading:
    """Momentum r = (x + k) / (E + k): the window against what the base's rate per open day lets expect.

    `k` is `pseudo_events` times the events that come together (`lumps`), so that counts that come in lumps say as
    little as they know. Where neither expected nor counted are `events_min` such lumps, they say nothing of a trend.
    """
    missing = missing_use("B2", sums)
    if missing:
        return missing
    known = [each for each in opened.base if each.heard and core in each.counts]
    rules = policy.momentum
    if len(known) < rules.base_days_min:
        return Reading(measure="B2", value=None, state="na", why="no_history")
    if not sums.core and not any(each.counts[core] for each in known):
        return Reading(measure="B2", value=None, state="na", why="never_used")
    weight = math.fsum(_share(each) for each in known)
    expected = sum(each.counts[core] for each in known) / weight * sums.core_weight
    together = lumps(known, core)
    if max(expected, sums.core) < rules.events_min * together:
        return Reading(measure="B2", value=None, state="na", why="too_few")
    pseudo = rules.pseudo_events * together
    detail = {
        "counter": core, "observed": sums.core, "expected": round(expected, 1), "lumps": round(together, 1),
        "known_days": sums.core_days, "base_days": len(known), "from_day": opened.window[0].day,
        "to_day": opened.window[-1].day,
    }  # fmt: skip
    return Reading(
        measure="B2", value=(sums.core + pseudo) / (expected + pseudo), count=sums.core, exposure=expected,
        known=sums.known(sums.core_known), newest_day=sums.core_newest, detail=detail,
    )  # fmt: skip


def lumps(days: Sequence[AccountDay], core: str) -> float:
    """Variance over mean of daily counts, at least 1: how many events come together.

    By the differences of the same weekdays of weeks that follow each other: neither the weekly season nor a slow trend
    enters. 1 where no two weeks can be compared.
    """
    at = {each.day: each.counts[core] / _share(each) for each in days}
    pairs = [(at[day - _WEEK], count) for day, count in at.items() if day - _WEEK in at]
    mean = math.fsum(at.values()) / len(at) if at else 0.0
    if not pairs or mean <= 0:
        return 1.0
    return max(1.0, math.fsum((now - before) ** 2 for before, now in pairs) / (2 * len(pairs)) / mean)


def _share(day: AccountDay) -> float:
    return day.heard / day.robots if day.robots else 1.0


def b5(sums: Sums, opened: OpenDays, policy: "Policy") -> Reading:
    """The chance that an account with this rhythm would be silent for so long and come back.

    Its days of use until the last one say how often it used its robots; their rate is known as far as so many days can
    tell it (a gamma around it), so that after few of them a long silence is still no surprise.
    """
    if not sums.known_days:
        return Reading(measure="B5", value=None, state="na", why="not_arrived")
    known = [each for each in opened.open if each.heard and (each.active or not each.untold)]
    if not known:
        return Reading(measure="B5", value=None, state="na", why="unsupported")
    rules, newest = policy.rhythm, known[-1].day
    used = [at for at, each in enumerate(known) if each.active]
    if not used and len(known) >= rules.never_days:
        detail: dict[str, float] = {"used_days": 0, "known_days": len(known), "silent_days": len(known)}
        return Reading(
            measure="B5", value=0.0, known=sums.known(sums.activity_weight), newest_day=newest, detail=detail
        )
    if len(used) < rules.uses_min:
        return Reading(measure="B5", value=None, state="na", why="too_few")
    silent = len(known) - 1 - used[-1]
    span = used[-1] - used[0]
    events, days = len(used) - 1 + rules.prior_uses, span + rules.prior_days
    chance = (days / (days + silent)) ** events
    detail = {
        "used_days": len(used), "known_days": len(known), "silent_days": silent, "last_day": known[used[-1]].day,
        "every_days": round(span / (len(used) - 1), 1),
    }  # fmt: skip
    return Reading(
        measure="B5", value=chance, count=silent, exposure=days / events, known=sums.known(sums.activity_weight),
        newest_day=newest, detail=detail,
    )  # fmt: skip


def b6(sums: Sums) -> Reading:
    """Kinds of use on an average day: for how many different things the robots are used, day by day."""
    if not sums.known_days:
        return Reading(measure="B6", value=None, state="na", why="not_arrived")
    if not sums.kinds_days:
        return Reading(measure="B6", value=None, state="na", why="unsupported")
    return Reading(
        measure="B6", value=sums.kinds / sums.kinds_days, count=sums.kinds, exposure=sums.kinds_days,
        known=sums.known(sums.kinds_weight), newest_day=sums.newest,
    )  # fmt: skip


MEASURES = (
    Measure(
        "B2", lambda of: b2(of.sums, of.opened, of.scene.counter, of.policy), ages_with="telemetry", is_telemetry=True,
        is_in_files=True,
    ),
    Measure(
        "B5", lambda of: b5(of.sums, of.opened, of.policy), ages_with="telemetry", is_telemetry=True, is_in_files=True
    ),
    Measure(
        "B6", lambda of: b6(of.sums), ages_with="telemetry", is_telemetry=True, is_of_scene=True, is_in_files=True
    ),
)  # fmt: skip
