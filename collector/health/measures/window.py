"""What the window of open days adds up to: one pass that every measure of use and reliability is made of. Pure.

A day of which nothing was heard is unknown: it counts in no sum and no divisor. A day of which a part of the robots was
heard counts as that part of a day.
"""

from dataclasses import dataclass, field

from collector.health.open_days import OpenDays


@dataclass(slots=True)
class Sums:
    """What a window adds up to. `core_*`: of the scene's core counter, on days on which it was counted."""

    known_days: int = 0
    robot_days: int = 0  # heard
    deployed: int = 0  # robot-days, heard or not
    conflicts: set[int] = field(default_factory=set)
    active: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    core: int = 0
    core_days: int = 0
    core_weight: float = 0.0  # days, each as the share of its robots that was heard
    core_active: int = 0
    core_robot_days: int = 0
    core_newest: int | None = None
    answered: int = 0  # interactions on days on which wake-ups were counted too
    woken: int = 0
    funnel_newest: int | None = None
    newest: int | None = None
    online_s: int = 0
    scheduled_s: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)


def window_sums(opened: OpenDays, core: str) -> Sums:
    """The window in one pass. `core`: the core counter of the account's scene."""
    sums = Sums()
    counts, faults = sums.counts, sums.faults
    for each in opened.window:
        heard = each.heard
        sums.deployed += each.robots
        if each.conflicts:
            sums.conflicts.update(each.conflicts)
        if not heard:
            continue
        share = heard / each.robots if each.robots else 1.0
        sums.known_days += 1
        sums.newest = each.day
        sums.robot_days += heard
        sums.active += each.active
        sums.online_s += each.online_s
        sums.scheduled_s += each.scheduled_s * share
        said = each.counts
        for key, count in said.items():
            counts[key] = counts.get(key, 0) + count
        for family, episodes in each.faults.items():
            faults[family] = faults.get(family, 0) + episodes
        if core in said:
            sums.core += said[core]
            sums.core_days += 1
            sums.core_weight += share
            sums.core_active += each.active
            sums.core_robot_days += heard
            sums.core_newest = each.day
        if "wake_up" in said and "interaction" in said:
            sums.woken += said["wake_up"]
            sums.answered += said["interaction"]
            sums.funnel_newest = each.day
    return sums
