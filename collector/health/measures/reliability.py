"""Reliability (C1 to C3): raw values of the window of open days. Pure.

Faults are rates: severity points per 100 robot-hours that the robots were on line, never raw counts.
"""

from typing import TYPE_CHECKING

from collector.calendar.days import HOUR_S
from collector.health.measures.measure import Measure
from collector.health.measures.window import Sums
from collector.health.model import Reading
from collector.health.open_days import OpenDays

if TYPE_CHECKING:  # the policy checks its weights against the measures
    from collector.health.policy.file import Policy

_PER_HOURS = 100


def c1(sums: Sums, model: str, policy: "Policy") -> Reading:
    """Severity-weighted fault episodes per 100 robot-hours."""
    if not sums.known_days:
        return Reading(measure="C1", value=None, state="na", why="not_arrived")
    exposure = sums.online_s / HOUR_S / _PER_HOURS
    if exposure <= 0:
        return Reading(measure="C1", value=None, state="na", why="no_opportunity")
    severity = policy.severity
    points = sum(severity.get(family, 1) * episodes for family, episodes in sums.faults.items())
    own = policy.models.get(model)
    target = own.full if own else policy.measures["C1"].full
    faults = sum(sums.faults.values())
    detail = {
        "families": {family: n for family, n in sorted(sums.faults.items()) if n},
        "faults": faults, "hours": round(sums.online_s / HOUR_S, 1), "faults_per_100_h": round(faults / exposure, 2),
    }  # fmt: skip
    return Reading(
        measure="C1",
        value=points / exposure,
        count=points,
        exposure=exposure,
        known=sums.known(sums.hours_weight),
        newest_day=sums.newest,
        target=target,
        detail=detail,
    )


def c2(sums: Sums) -> Reading:
    """Time on line over the open hours of the robots that were heard of."""
    if not sums.known_days:
        return Reading(measure="C2", value=None, state="na", why="not_arrived")
    if sums.scheduled_s <= 0:
        return Reading(measure="C2", value=None, state="na", why="no_opportunity")
    value = min(1.0, sums.online_s / sums.scheduled_s)
    return Reading(
        measure="C2", value=value, count=sums.online_s, exposure=sums.scheduled_s, known=sums.known(sums.hours_weight),
        newest_day=sums.newest,
    )  # fmt: skip


def c3(opened: OpenDays, policy: "Policy") -> Reading:
    """Share of robots with the same family of faults on several of the last open days.

    Of robots whose faults somebody reports: where only files tell of counts, no fault is not a robot without faults.
    """
    rules = policy.recurring
    recent = opened.open[-rules.of_open_days :]
    robots, newest, weight, is_heard = 0, None, 0.0, False
    seen: dict[tuple[str, int], int] = {}
    for each in recent:
        is_heard = is_heard or each.heard > 0
        watched = each.heard - each.unwatched
        if watched <= 0 and not each.affected:
            continue
        newest = each.day
        robots = max(robots, watched)
        weight += min(1.0, watched / each.robots / policy.coverage.day_from) if each.robots else 1.0
        for family, ids in each.affected.items():
            for robot in ids:
                seen[family, robot] = seen.get((family, robot), 0) + 1
    if newest is None:
        return Reading(measure="C3", value=None, state="na", why="unwatched" if is_heard else "not_arrived")
    again = sorted(key for key, times in seen.items() if times >= rules.days)
    found = sorted({robot for _, robot in again})
    robots = max(robots, len(found))
    detail = {"robots": found, "families": sorted({family for family, _ in again})} if found else {}
    return Reading(
        measure="C3", value=len(found) / robots, count=len(found), exposure=robots,
        known=min(1.0, weight / len(recent)), newest_day=newest, detail=detail,
    )  # fmt: skip


MEASURES = (
    Measure(
        "C1", lambda of: c1(of.sums, of.model, of.policy), ages_with="telemetry", is_telemetry=True,
        is_count_rate=True, is_lower_better=True,
    ),
    Measure("C2", lambda of: c2(of.sums), ages_with="telemetry", is_telemetry=True),
    Measure("C3", lambda of: c3(of.opened, of.policy), ages_with="telemetry", is_telemetry=True, is_lower_better=True),
)  # fmt: skip
