"""Whether what scores are made of, or what they foretell, is still as it was: drift. Pure.

The newest rows are compared with up to eight reference days, the newest of them 56 days before. What is compared are
shares of accounts: below and at each quintile of the reference (a measure's points, coverage), in each band, without a
value; and of outcomes the share that was lost, of all with a contract due and of each quintile of the score. An
account's rows are one observation (they are not independent), so a share is a mean over accounts, and its error is made
of accounts.

A difference counts when p < 2e-5 and the share moved by 0.10 or more: some 200 shares are looked at each week.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from collector.backtest.history import ROW_DAYS, History, ScoredDay
from collector.backtest.labels import labels_of
from collector.calendar import days
from collector.health.measures.registry import MEASURES

P_MAX = 2e-5
SHIFT_MIN = 0.10
APART_DAYS = 2 * ROW_DAYS  # no window of a measure lies in both: measures look 28 days back
REFERENCE_DAYS, REFERENCE_DAYS_MIN = 8, 3
ACCOUNTS_MIN = 20  # on both sides; below, any difference is chance
LEAD_DAYS = 30
QUINTILES = (0.2, 0.4, 0.6, 0.8)
BANDS = ("green", "yellow", "red", "grey")

Of = Literal["measure", "coverage", "band", "outcome"]
What = Literal["level", "unknown", "share", "lost"]
State = Literal["drifted", "steady", "too_few", "no_history"]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One share of accounts that moved. `name`: a measure's key, a band, or of outcomes the quintile of the score.

    `edge`: of a level, the quintile of the reference at which the share is taken.
    """

    of: Of
    name: str
    what: What
    edge: float | None
    before: float
    now: float
    p: float
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSide:
    """Inputs or outcomes. `day`: of the newest rows. `shifts`: of each thing the most certain one, in order of p."""

    state: State
    day: str | None
    reference_days: int
    accounts: int
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`through_day`: the newest scored day."""

    through_day: str
    inputs: DriftSide
    outcomes: DriftSide

    @property
    def has_drifted(self) -> bool:
        return "drifted" in {self.inputs.state, self.outcomes.state}


@dataclass(frozen=True, slots=True)
class _Sample:
    """Rows of one side. `account`: the number of each row's account, of `of` accounts on both sides."""

    rows: Sequence[ScoredDay]
    account: NDArray[np.int64]
    of: int

    def only(self, chosen: Flags) -> "_Sample":
        rows = [row for row, is_chosen in zip(self.rows, chosen, strict=True) if is_chosen]
        return _Sample(rows, self.account[chosen], self.of)


Both = tuple[_Sample, _Sample]
"""The newest rows, and those that they are compared with."""


def drift_of(history: History) -> Drift:
    """Of the newest rows that there are, and of the newest whose outcome is known."""
    through = days.iso(max(history.through_day, 0))
    return Drift(through_day=through, inputs=_of_inputs(history.rows), outcomes=_of_outcomes(history))


def _of_inputs(rows: Sequence[ScoredDay]) -> DriftSide:
    both = _sides(rows)
    if isinstance(both, DriftSide):
        return both
    shifts = []
    for measure in MEASURES:
        shifts += _numbers("measure", measure, both, [_points(one.rows, measure) for one in both])
    shifts += _numbers("coverage", "", both, [_or_unknown(row.coverage for row in one.rows) for one in both])
    for band in BANDS:
        flags = [np.array([row.band == band for row in one.rows]) for one in both]
        shifts += _share("band", band, "share", both, flags)
    return _side(both, shifts)


def _of_outcomes(history: History) -> DriftSide:
    """Labels of the lead 30, of accounts with something to lose: a row's is known when its window is over."""
    labelled = [one for one in labels_of(history, LEAD_DAYS).rows if one.due]
    was_lost = {(one.row.account, one.row.day): one.lost for one in labelled}
    both = _sides([one.row for one in labelled])
    if isinstance(both, DriftSide):
        return both
    lost = [np.array([was_lost[row.account, row.day] for row in one.rows]) for one in both]
    finals = [_or_unknown(row.final for row in one.rows) for one in both]
    quintiles = [np.searchsorted(np.quantile(finals[1], QUINTILES), each) for each in finals]
    shifts = _share("outcome", "", "lost", both, lost)
    for number in range(len(QUINTILES) + 1):
        inside = [each == number for each in quintiles]
        now, before = (one.only(flags) for one, flags in zip(both, inside, strict=True))
        flags = [each[chosen] for each, chosen in zip(lost, inside, strict=True)]
        shifts += _share("outcome", str(number + 1), "lost", (now, before), flags)
    return _side(both, shifts)


def _sides(rows: Sequence[ScoredDay]) -> Both | DriftSide:
    """The rows of the newest day and of the reference days, or why there is nothing to judge."""
    found = sorted({row.day for row in rows}, reverse=True)
    newest = found[0] if found else None
    reference = [day for day in found if newest is not None and day <= newest - APART_DAYS][:REFERENCE_DAYS]
    said = None if newest is None else days.iso(newest)
    chosen = [[row for row in rows if row.day == newest], [row for row in rows if row.day in set(reference)]]
    numbers = {account: n for n, account in enumerate(sorted({row.account for each in chosen for row in each}))}
    now, before = (
        _Sample(each, np.array([numbers[row.account] for row in each], dtype=np.int64), len(numbers)) for each in chosen
    )
    accounts = len({row.account for row in now.rows})
    if len(reference) < REFERENCE_DAYS_MIN:
        return DriftSide(state="no_history", day=said, reference_days=len(reference), accounts=accounts)
    if min(accounts, len({row.account for row in before.rows})) < ACCOUNTS_MIN:
        return DriftSide(state="too_few", day=said, reference_days=len(reference), accounts=accounts)
    return now, before


def _side(both: Both, shifts: Sequence[Shift]) -> DriftSide:
    best: dict[tuple[Of, str], Shift] = {}
    for one in sorted(shifts, key=lambda each: (each.p, -abs(each.now - each.before), each.of, each.name)):
        if one.p < P_MAX and abs(one.now - one.before) >= SHIFT_MIN:
            best.setdefault((one.of, one.name), one)
    now, before = both
    return DriftSide(
        state="drifted" if best else "steady",
        day=days.iso(now.rows[0].day),
        reference_days=len({row.day for row in before.rows}),
        accounts=len({row.account for row in now.rows}),
        shifts=tuple(best.values()),
    )


def _points(rows: Iterable[ScoredDay], measure: str) -> Floats:
    return _or_unknown(row.scores.get(measure) for row in rows)


def _or_unknown(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _numbers(of: Of, name: str, both: Both, values: Sequence[Floats]) -> list[Shift]:
    """Of a number that may be unknown: how often it is, and where the known ones lie."""
    unknown = [np.isnan(each) for each in values]
    found = _share(of, name, "unknown", both, unknown)
    now, before = (one.only(~flags) for one, flags in zip(both, unknown, strict=True))
    known = [each[~flags] for each, flags in zip(values, unknown, strict=True)]
    if not len(known[1]):
        return found
    for edge in np.unique(np.quantile(known[1], QUINTILES)):
        for flags in ([each < edge for each in known], [each <= edge for each in known]):  # many have 0 or 100 points
            found += _share(of, name, "level", (now, before), flags, float(edge))
    return found


def _share(of: Of, name: str, what: What, both: Both, flags: Sequence[Flags], edge: float | None = None) -> list[Shift]:
    """The share of accounts with that flag, on both sides. Nothing where either has too few accounts."""
    (means, has), (means_before, had) = (_by_account(one, each) for one, each in zip(both, flags, strict=True))
    newer, older = int(has.sum()), int(had.sum())
    if min(newer, older) < ACCOUNTS_MIN:
        return []
    share, was = float(means[has].mean()), float(means_before[had].mean())
    # Most accounts stand on both sides: each pulls the difference of the two means once.
    pulls = np.where(has, (means - share) / newer, 0.0) - np.where(had, (means_before - was) / older, 0.0)
    fewest = min(newer, older)
    error = max(float((pulls**2).sum()), 1.0 / fewest**2) ** 0.5  # no surer than one account can make it
    from scipy.special import stdtr  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    p = float(2 * stdtr(fewest - 1, -abs(share - was) / error))
    return [Shift(of=of, name=name, what=what, edge=edge, before=was, now=share, p=p, accounts=newer)]


def _by_account(sample: _Sample, flags: Flags) -> tuple[Floats, Flags]:
    """The mean of each account's rows, and whether it has any."""
    n = np.bincount(sample.account, minlength=sample.of)
    return np.bincount(sample.account, flags, sample.of) / np.maximum(n, 1), n > 0
