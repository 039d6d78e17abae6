"""Which rows count, and what each had to foretell. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from collector.backtest.as_of_days import judged
from collector.backtest.history import WINDOW_DAYS, History, Life, ScoredDay

SIDE_LOST_MIN = 10  # rows with a loss on each side of a split in time; below, nothing is fitted
Left = Literal["no_contract", "after_notice", "too_late", "undecided", "not_over", "not_scored"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A row with its label. `due`: a contract comes due inside the window, so that there is something to lose."""

    row: ScoredDay
    lost: bool
    due: bool
    lost_arr: int


@dataclass(frozen=True, slots=True)
class Labels:
    """The rows of one lead, and how many were left out, by reason."""

    lead: int
    rows: tuple[Labelled, ...]
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def losses(self) -> int:
        """Accounts with at least one row that had a loss to foretell."""
        return len({one.row.account for one in self.rows if one.lost})


def labels_of(history: History, lead: int) -> Labels:
    """The label: notice, or a due day without renewal, inside (T + lead, T + lead + 90].

    A row is left out after notice was given (everybody knows), when its loss comes before the lead is over (too late
    to act: neither a hit nor a miss at this lead), when a contract in its window is not decided yet, and when its
    window is not over. Rows of a day that is there for another lead are no rows of this one.
    """
    kept: list[Labelled] = []
    left: Counter[str] = Counter()
    chosen = judged((row.day for row in history.rows), lead, history.through_day)
    for row in sorted(history.rows, key=lambda one: (one.day, one.account)):
        if row.day not in chosen and row.day + lead + WINDOW_DAYS <= history.through_day:
            continue
        said = _label(row, history.lives.get(row.account), lead, history.through_day)
        if isinstance(said, Labelled):
            kept.append(said)
        else:
            left[said] += 1
    return Labels(lead, tuple(kept), dict(sorted(left.items())))


def _label(row: ScoredDay, life: Life | None, lead: int, through_day: int) -> Labelled | Left:
    if row.final is None:
        return "not_scored"
    if row.day + lead + WINDOW_DAYS > through_day:
        return "not_over"
    if life is None or row.day < life.since_day or life.next_due(row.day) is None:
        return "no_contract"
    return _told(row, life, row.day + lead + 1, row.day + lead + WINDOW_DAYS)


def _told(row: ScoredDay, life: Life, first: int, last: int) -> Labelled | Left:
    losses = [ending for ending in life.endings if ending.kept is False and ending.due_day >= row.day]
    if any(ending.loss_day <= row.day for ending in losses):
        return "after_notice"
    told = [one for one in losses if first <= one.loss_day <= last or first <= one.due_day <= last]
    inside = [ending for ending in life.endings if first <= ending.due_day <= last]
    if not told and any(one.loss_day < first for one in losses):
        return "too_late"
    if not told and any(ending.kept is None for ending in inside):
        return "undecided"
    return Labelled(row, bool(told), bool(inside or told), sum(ending.arr for ending in told if ending.arr is not None))


def last_fitted_day(day: NDArray[np.int64], lost: NDArray[np.bool_], lead: int) -> int | None:
    """The split in time: as many losses on both sides as can be, and a gap of the labels' length between them.

    None: there are not enough of them.
    """
    best, chosen = SIDE_LOST_MIN - 1, None
    for one in np.unique(day):
        sides = int(lost[day <= one].sum()), int(lost[day >= one + lead + WINDOW_DAYS].sum())
        if min(sides) > best:
            best, chosen = min(sides), int(one)
    return chosen


def churned_money(rows: Sequence[Labelled], alerted: NDArray[np.bool_]) -> tuple[float, float]:
    """Churned ARR of accounts that were alerted while there was something to foretell, and all churned ARR."""
    churned: dict[str, float] = {}
    caught: set[str] = set()
    for one, was_alerted in zip(rows, alerted, strict=True):
        if one.lost:
            account = one.row.account
            churned[account] = max(churned.get(account, 0.0), float(one.lost_arr))
            if was_alerted:
                caught.add(account)
    return sum(churned[account] for account in sorted(caught)), sum(churned.values())
