"""How far a success plan's objectives are: what the robots counted against what was agreed. Pure.

A day on which no robot was heard, or on which nobody counted the objective's counter, is unknown, not zero: what is
expected by now is scaled to the days that are known. With fewer than half of the elapsed days known nothing is said.
Days before the first one that is given (not read, or no robot was there yet) are left out of both.

    period      the sum of the counter reaches the target: on track while the sum keeps up with the days that passed
    day         the mean of the known open days is at least the target
    robot_day   the same, divided by the robots that were heard
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from collector.accounts.ledger.kinds.care import Objective

Status = Literal["not_started", "on_track", "behind", "done", "missed", "unknown"]
KNOWN_SHARE_MIN = 0.5  # of the elapsed open days: below it, the mean of the others says too little
SLACK = 0.95  # within 5 % of the line is on it: a week's noise is no reason to call
ON_TRACK: frozenset[Status] = frozenset({"on_track", "done"})
JUDGED: frozenset[Status] = frozenset({"on_track", "done", "behind", "missed"})


class CountedDay(Protocol):
    """What is needed of a day of an account; collector.health.model.AccountDay is one."""

    @property
    def day(self) -> int: ...
    @property
    def open(self) -> bool: ...
    @property
    def heard(self) -> int: ...
    @property
    def counts(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """An objective on one day. `reached` and `expected` are in the target's own unit; None: nothing is known.

    `done_day` is the first day on which a period's target was reached, `projected` where the present pace ends.
    """

    objective: Objective
    day: int
    status: Status
    reached: float | None
    expected: float | None
    known_days: int
    elapsed_days: int
    total_days: int
    projected: float | None = None
    done_day: int | None = None


def progress(objective: Objective, days: Sequence[CountedDay], day: int) -> Progress:
    """How far the objective is at the end of `day`. Days after it are not looked at."""
    last = min(day, objective.to_day)
    total = objective.to_day - objective.from_day + 1
    elapsed = max(0, last - objective.from_day + 1)
    if elapsed == 0:
        return Progress(objective, day, "not_started", None, None, 0, 0, total)
    within = [one for one in days if objective.from_day <= one.day <= last]
    if within:
        elapsed = last - within[0].day + 1
    counted = [one for one in within if one.heard and objective.counter in one.counts]
    if objective.per == "period":
        closed = sum(not one.open for one in within) - sum(not one.open for one in counted)  # nothing was to be counted
        return _period(objective, counted, day, len(counted) + closed, elapsed, total)
    counted = [one for one in counted if one.open]
    elapsed -= sum(not one.open for one in within)
    return _mean(objective, counted, day, len(counted), elapsed, total)


def _period(
    objective: Objective, counted: Sequence[CountedDay], day: int, known: int, elapsed: int, total: int
) -> Progress:
    reached, done_day = 0, None
    for one in counted:
        reached += one.counts[objective.counter]
        if done_day is None and reached >= objective.target:
            done_day = one.day
    expected = objective.target * known / total
    projected = reached / known * total if known else None
    is_over = day >= objective.to_day
    status: Status
    if done_day is not None:
        status = "done"
    elif known < KNOWN_SHARE_MIN * elapsed:
        status = "unknown"
    elif is_over:
        status = "missed"
    else:
        status = "on_track" if reached >= SLACK * expected else "behind"
    return Progress(
        objective, day, status, float(reached) if known else None, expected, known, elapsed, total, projected, done_day
    )


def _mean(
    objective: Objective, counted: Sequence[CountedDay], day: int, known: int, elapsed: int, total: int
) -> Progress:
    divisor = known if objective.per == "day" else sum(one.heard for one in counted)
    reached = sum(one.counts[objective.counter] for one in counted) / divisor if divisor else None
    status: Status
    if reached is None or known < KNOWN_SHARE_MIN * elapsed:
        status = "unknown"
    elif day >= objective.to_day:
        status = "done" if reached >= objective.target else "missed"
    else:
        status = "on_track" if reached >= SLACK * objective.target else "behind"
    done_day = objective.to_day if status == "done" else None
    return Progress(objective, day, status, reached, objective.target, known, elapsed, total, reached, done_day)


@dataclass(frozen=True, slots=True)
class OnTrack:
    """The share of objectives on track (measure E2). `judged` 0: there is none to judge, and the share is None."""

    on_track: int
    judged: int
    progress: tuple[Progress, ...]

    @property
    def share(self) -> float | None:
        return self.on_track / self.judged if self.judged else None


RECENT_DAYS = 180  # an objective that ended longer ago is history


def looked_at(objectives: Iterable[Objective], day: int) -> list[Objective]:
    """Those that run on `day` or ended within RECENT_DAYS before it."""
    return [one for one in objectives if one.from_day <= day and day - one.to_day <= RECENT_DAYS]


def on_track(objectives: Iterable[Objective], days: Sequence[CountedDay], day: int) -> OnTrack:
    """Every objective that runs on `day` or ended within RECENT_DAYS before it."""
    found = tuple(progress(one, days, day) for one in looked_at(objectives, day))
    judged = sum(one.status in JUDGED for one in found)
    return OnTrack(sum(one.status in ON_TRACK for one in found), judged, found)
