"""Other weights of the measures: what a score would be by them, and the ones that past losses speak for. Pure.

One factor for each measure's weight, alike in every profile. A score is a weighted mean of the measures' points, so no
factor, which is never negative, can make a better measure lower it. The factors are drawn to 1, the present policy, by
a ridge whose strength is chosen on accounts that the fit has not seen. Exceptions bind as they did.

A measure that no row has data for is not judged: its weight in its group stays, and so do the points of a group that
no row has data for, whatever the others get.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from collector.backtest.labels import Labelled
from collector.backtest.ranking import Numbers
from collector.health.measures.registry import GROUPS, MEASURES

LEAST, MOST = 0.1, 4.0  # of a factor: no measure is dropped, since what was no use yet may tell tomorrow
RIDGES = (0.3, 3.0, 30.0)  # on the squared distance of a factor from 1; an account's log likelihood weighs 1
KEPT_MAX = 10_000  # rows without a loss that are fitted on, drawn by the seed
FOLDS = 5
POINTS_A_STEP = 10.0
NEUTRAL = 50.0
STEPS_MAX = 60
NO_STEP = 1e-6  # of the loss, relative: further steps change the second decimal of no weight
_INSIDE: Numbers = np.array([[float(name in inside) for inside in GROUPS.values()] for name in MEASURES])


@dataclass(frozen=True, slots=True)
class Weighed:
    """Rows as arrays: of each measure its weight in the row's profile, its vote, its points; what bounds the row."""

    weight: Numbers
    vote: Numbers
    points: Numbers
    cap: Numbers
    floor: Numbers

    def some(self, chosen: NDArray[np.intp] | NDArray[np.bool_]) -> "Weighed":
        return Weighed(
            self.weight[chosen], self.vote[chosen], self.points[chosen], self.cap[chosen], self.floor[chosen]
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A factor for each measure that was judged. `ridge` None: no strength foretold the accounts left out better than
    the present.
    """

    factors: dict[str, float]
    ridge: float | None


def weighed(rows: Sequence[Labelled], weights: Mapping[str, Mapping[str, float]]) -> Weighed:
    """`weights`: profile -> measure -> weight, as the policy has them. A row without a profile takes the first one."""
    of = {profile: np.array([each[name] for name in MEASURES]) for profile, each in weights.items()}
    usual = next(iter(of.values()))
    count = len(rows)
    votes, points = np.zeros((count, len(MEASURES))), np.zeros((count, len(MEASURES)))
    for at, one in enumerate(rows):
        for place, name in enumerate(MEASURES):
            score = one.row.scores.get(name)
            if score is not None:
                votes[at, place], points[at, place] = one.row.votes.get(name, 1.0), score
    return Weighed(
        np.array([of.get(one.row.profile, usual) for one in rows]).reshape(count, len(MEASURES)),
        votes,
        points,
        np.array([one.row.cap for one in rows]),
        np.array([one.row.floor for one in rows]),
    )


def finals(rows: Weighed, factors: Numbers | None = None) -> Numbers:
    """Each row's number under its cap and over its floor; neutral where no measure counts."""
    return _finals(rows, np.ones(len(MEASURES)) if factors is None else factors)[0]


def _finals(rows: Weighed, factors: Numbers) -> tuple[Numbers, Numbers]:
    """The numbers, and how each changes with each factor: 0 where an exception binds."""
    weight = rows.weight * factors
    counted = weight * rows.vote
    mass = counted @ _INSIDE  # of each group what counts
    has = mass > 0
    divisor = np.where(has, mass, 1.0)
    mean = np.where(has, (counted * rows.points) @ _INSIDE / divisor, 0.0)
    strongest = np.stack([(rows.vote * inside * (rows.weight > 0)).max(axis=1) for inside in _INSIDE.T], axis=1)
    vote = np.where(has, strongest, 0.0)  # a group that is stale as a whole gives weight to the others
    whole = weight @ _INSIDE
    total = (vote * whole).sum(axis=1)
    known = total > 0
    total = np.where(known, total, 1.0)
    raw = np.where(known, (vote * whole * mean).sum(axis=1) / total, NEUTRAL)

    def spread(of_group: Numbers) -> Numbers:
        return of_group @ _INSIDE.T

    inside = spread(vote * whole / divisor) * rows.vote * (rows.points - spread(mean))
    across = spread(vote) * (spread(mean) - raw[:, None])
    slope = rows.weight * (inside + across) / total[:, None]
    final = np.maximum(np.minimum(raw, rows.cap), rows.floor)
    return final, np.where((known & (final == raw))[:, None], slope, 0.0)


def fit(rows: Weighed, lost: NDArray[np.bool_], accounts: Sequence[str], seed: int) -> Fitted:
    """The same rows and seed give the same factors."""
    heard: NDArray[np.bool_] = np.asarray(((rows.vote > 0) & (rows.weight > 0)).any(axis=0))
    judged = [name for name, is_heard in zip(MEASURES, heard, strict=True) if is_heard]
    rows = _of_judged(rows, heard)
    chosen = _thinned(lost, seed)
    rows, lost = rows.some(chosen), lost[chosen]
    names = [accounts[at] for at in chosen]
    says = _once_an_account(names, lost)
    fold = np.array([zlib.crc32(name.encode()) % FOLDS for name in names])
    present = sum(_left_out(rows, lost, says, fold, None))
    by_ridge = {ridge: sum(_left_out(rows, lost, says, fold, ridge)) for ridge in RIDGES}
    best = min(by_ridge, key=lambda ridge: by_ridge[ridge])
    if by_ridge[best] >= present:
        return Fitted(dict.fromkeys(judged, 1.0), None)
    factors = _fit(rows, lost, says, best)[2:]
    by_name = dict(zip(MEASURES, map(float, factors), strict=True))
    return Fitted({name: by_name[name] for name in judged}, best)


def _of_judged(rows: Weighed, heard: NDArray[np.bool_]) -> Weighed:
    """The same rows and the same numbers with the weight of a measure that none of them has on its group's others, so
    that a factor of theirs moves the group as a whole.
    """
    kept = rows.weight * heard
    before, after = rows.weight @ _INSIDE, kept @ _INSIDE
    grown = np.divide(before, after, out=np.ones_like(before), where=after > 0)
    return replace(rows, weight=kept * (grown @ _INSIDE.T))


def _thinned(lost: NDArray[np.bool_], seed: int) -> NDArray[np.intp]:
    kept = np.flatnonzero(~lost)
    if len(kept) > KEPT_MAX:
        kept = np.random.default_rng(seed).choice(kept, KEPT_MAX, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(lost), kept]))


def _once_an_account(accounts: Sequence[str], lost: NDArray[np.bool_]) -> Numbers:
    """An account's rows are not independent: those with a loss weigh 1 together, and so do those without."""
    _, of = np.unique(
        np.array([f"{name}\0{gone}" for name, gone in zip(accounts, lost, strict=True)]), return_inverse=True
    )
    found: Numbers = 1.0 / np.bincount(of)[of]
    return found


def _left_out(
    rows: Weighed, lost: NDArray[np.bool_], says: Numbers, fold: NDArray[np.int64], ridge: float | None
) -> list[float]:
    """How badly each fold's accounts are foretold by a fit on the others. Ridge None: the present weights."""
    found = []
    for one in range(FOLDS):
        here = fold == one
        if lost[~here].any() and here.any():
            solved = _fit(rows.some(~here), lost[~here], says[~here], ridge)
            found.append(_loss(solved, rows.some(here), lost[here], says[here], 0.0)[0])
    return found


def _fit(rows: Weighed, lost: NDArray[np.bool_], says: Numbers, ridge: float | None) -> Numbers:
    """Level, slope, and the factors: convex in none of them, but from the present policy on it only improves."""
    rate = float((says * lost).sum() / says.sum())
    begin = np.concatenate([[np.log(rate / (1.0 - rate)), 1.0], np.ones(len(MEASURES))])
    held = (1.0, 1.0) if ridge is None else (LEAST, MOST)
    from scipy.optimize import minimize  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    solved = minimize(
        _loss, begin, args=(rows, lost, says, ridge or 0.0), jac=True, method="L-BFGS-B",
        bounds=[(None, None), (0.0, None), *[held] * len(MEASURES)], options={"maxiter": STEPS_MAX, "ftol": NO_STEP},
    )  # fmt: skip
    found: Numbers = solved.x
    return found


def _loss(at: Numbers, rows: Weighed, lost: NDArray[np.bool_], says: Numbers, ridge: float) -> tuple[float, Numbers]:
    """Minus the log likelihood of what happened, with the ridge; and its slope."""
    level, steep, factors = at[0], at[1], at[2:]
    final, change = _finals(rows, factors)
    risk = (NEUTRAL - final) / POINTS_A_STEP
    logit = level + steep * risk
    value = float((says * (np.logaddexp(0.0, logit) - lost * logit)).sum() + ridge * ((factors - 1.0) ** 2).sum())
    from scipy.special import expit  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    off = says * (expit(logit) - lost)
    by_factor = -(off * steep / POINTS_A_STEP) @ change + 2.0 * ridge * (factors - 1.0)
    return value, np.concatenate([[off.sum(), off @ risk], by_factor])
