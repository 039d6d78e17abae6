"""What the window of open days adds up to: one pass that every measure of use and reliability is made of. Pure.

A day of which nothing was heard is unknown: it counts in no sum and no divisor. A day of which a part of the robots was
heard counts as that part of a day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from collector.health.open_days import OpenDays
from collector.health.tasks import kind_of


@dataclass(slots=True)
class Sums:
    """What a window adds up to. `core_*`: of the scene's core counter, on days on which it was counted."""

    open_days: int = 0
    known_days: int = 0
    known_weight: float = 0.0  # known days; one of which few robots were heard counts in part
    robot_days: int = 0  # heard
    judged: int = 0  # of these, those of which somebody counts whether the robot worked
    activity_weight: float = 0.0
    deployed: int = 0  # robot-days, heard or not
    conflicts: set[int] = field(default_factory=set)
    active: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    core: int = 0
    core_days: int = 0
    core_weight: float = 0.0  # days, each as the share of its robots that was heard
    core_active: int = 0
    core_robot_days: int = 0
    core_known: float = 0.0
    core_newest: int | None = None
    answered: int = 0  # interactions on days on which wake-ups were counted too
    woken: int = 0
    funnel_newest: int | None = None
    funnel_weight: float = 0.0
    hours_weight: float = 0.0  # days of which robots vouch for their time
    kinds: int = 0  # of use, on each day
    kinds_days: int = 0  # on which any of them was counted
    kinds_weight: float = 0.0
    newest: int | None = None
    online_s: int = 0
    scheduled_s: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)

    def known(self, weight: float) -> float:
        """The share of the window's open days that is known; `weight`: the days that are, as `known_weight`."""
        return min(1.0, weight / self.open_days) if self.open_days else 0.0


def _add_kinds(sums: Sums, said: Mapping[str, int], known: float, kinds: dict[str, str | None]) -> None:
    """A day's kinds of use. `known`: how much of it is known; `kinds`: what each counter tells of, found once."""
    used, counted = set(), False
    for key, count in said.items():
        if key in kinds:
            kind = kinds[key]
        else:
            kind = kinds[key] = kind_of(key)
        if kind is not None:
            counted = True
            if count > 0:
                used.add(kind)
    sums.kinds += len(used)
    sums.kinds_days += counted
    sums.kinds_weight += known if counted else 0.0


def window_sums(opened: OpenDays, core: str, whole_from: float) -> Sums:
    """The window in one pass. `core`: the core counter of the account's scene.

    `whole_from`: the share of robots from which on a day is known as a whole.
    """
    sums = Sums(open_days=len(opened.window))
    counts, faults = sums.counts, sums.faults
    kinds: dict[str, str | None] = {}
    for each in opened.window:
        heard = each.heard
        sums.deployed += each.robots
        if each.conflicts:
            sums.conflicts.update(each.conflicts)
        if not heard:
            continue
        share = heard / each.robots if each.robots else 1.0
        judged = heard - each.untold
        known = min(1.0, share / whole_from)
        sums.known_days += 1
        sums.known_weight += known
        sums.judged += judged
        sums.activity_weight += known if judged == heard else min(1.0, share * judged / heard / whole_from)
        sums.newest = each.day
        sums.robot_days += heard
        sums.active += each.active
        sums.online_s += each.online_s
        if each.scheduled_s:
            sums.scheduled_s += each.scheduled_s * share
            sums.hours_weight += known * (heard - each.unwatched) / heard
        said = each.counts
        for key, count in said.items():
            counts[key] = counts.get(key, 0) + count
        _add_kinds(sums, said, known, kinds)
        for family, episodes in each.faults.items():
            faults[family] = faults.get(family, 0) + episodes
        if core in said:
            sums.core += said[core]
            sums.core_days += 1
            sums.core_weight += share
            sums.core_known += known
            sums.core_active += each.active
            sums.core_robot_days += heard
            sums.core_newest = each.day
        if "wake_up" in said and "interaction" in said:
            sums.woken += said["wake_up"]
            sums.answered += said["interaction"]
            sums.funnel_newest = each.day
            sums.funnel_weight += known
    return sums
