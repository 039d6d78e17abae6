"""What a release manager reads after a look: an answer, and what it does not exclude. Pure.

"Not halted" is not "good": every report says the smallest rise of faults and the smallest fall of use that the counts
do not exclude yet.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Flags, Floats, Ints
from collector.skillstore.rollouts.gate.looks import LEAST_ACCOUNTS_FOR_USE, Struck, judge
from collector.skillstore.rollouts.gate.plan import (
    LEFT_OUT_DAYS,
    PAST_DAYS,
    Draws,
    FortnightBefore,
    GateTest,
    RobotDays,
)
from collector.skillstore.rollouts.gate.statistics import WaveScores, scores_of_waves, statistics_of

NEARLY_ALL = 0.95  # of the robots that delivered in the fortnight before: a day counts when so many have delivered it
MOST_OFFERED_LESS = 0.1  # of the drawn robots never offered the version: then it is not the draw that is compared
MOST_SILENT_MORE = 0.05  # of the days: a version that makes robots silent hides what it does
ONE_SIDED_95 = 1.645
SEEN_OF_CHANGE = (
    0.85  # of a true change: robots that refuse and a baseline that knows the wave hide the rest (0.82 to 0.88)
)
CARRYING = 0.8  # of the excess faults
MOST_CARRYING = 20


class GateAnswer(StrEnum):
    """`no_harm_seen` is no promise: the report says what is not excluded."""

    HALT = "halt"
    NO_HARM_SEEN = "no_harm_seen"
    CANNOT_JUDGE = "cannot_judge"


class Reason(StrEnum):
    """Why a look cannot judge, or judges less."""

    NOT_RANDOM = "not_random"
    NO_DAY_YET = "no_day_yet"
    NOBODY_LEFT = "nobody_left"
    MORE_SILENT = "more_silent"
    FEW_ACCOUNTS = "few_accounts"


@dataclass(frozen=True)
class SeenChange:
    """Of the updated robots against what was expected of them; 0.3 is 30 % more. The span holds it in 9 of 10 cases."""

    seen: float
    low: float
    high: float
    not_excluded: float  # the largest harmful change that the counts do not exclude, one-sided 95 %


@dataclass(frozen=True)
class Arm:
    """Sums over the days that count, of the robots in the waves or of the others."""

    robots: int
    accounts: int
    robot_days: float
    faults: float
    uses: float

    @property
    def faults_per_use(self) -> float | None:
        return self.faults / self.uses if self.uses else None


@dataclass(frozen=True)
class LookReport:
    """`robots`: those that carry the excess of faults, the most first, as indexes into the cohort."""

    answer: GateAnswer
    reasons: tuple[Reason, ...]
    halted_by: tuple[GateTest, ...]
    until: int
    faults: SeenChange | None
    use: SeenChange | None
    updated: Arm | None
    others: Arm | None
    model: int | None
    robots: tuple[int, ...]
    struck: Struck


@dataclass(frozen=True)
class WavesSoFar:
    """How the rollout went: the day of each wave's offer, a column of the robots' days, and who was really offered it.

    `offered` has one flag a robot; `by_hand` says that somebody added an account that the draw had not taken.
    """

    offers: tuple[int, ...]
    offered: Flags
    by_hand: bool


def counted_days(draws: Draws, robot_days: RobotDays, waves: WavesSoFar) -> tuple[RobotDays, int]:
    """What the looks rest on, and the column up to which (itself not) days count.

    A day since the first offer counts when nearly all robots of both arms have delivered it; one that is thin is left
    out for all robots alike, also when it is followed by whole ones. A robot that is off and vouches for it has
    delivered the day.
    """
    heard = robot_days.past(draws.cohort).days > 0
    updated = _updated(draws, len(waves.offers))
    begin = waves.offers[0] + LEFT_OUT_DAYS
    enough = np.ones(max(robot_days.days - begin, 0), dtype=bool)
    for arm in (heard & updated, heard & ~updated):
        if arm.any():
            enough &= robot_days.delivered[arm, begin:].mean(axis=0) >= NEARLY_ALL
    delivered = robot_days.delivered.copy()
    delivered[:, begin:] &= enough
    until = begin + int(np.flatnonzero(enough)[-1]) + 1 if enough.any() else begin
    return replace(robot_days, delivered=delivered), until


def look_at(draws: Draws, robot_days: RobotDays, waves: WavesSoFar, struck: Struck, look: int) -> LookReport:
    """Look number `look`, over all days that count."""
    updated = _updated(draws, len(waves.offers))
    counted, until = counted_days(draws, robot_days, waves)
    arms = (_updated_arm(draws, counted, waves, until), _other_arm(draws, counted, ~updated, waves, until))
    reasons = _reasons(robot_days, robot_days.past(draws.cohort), waves, updated, arms)
    few = Reason.FEW_ACCOUNTS if arms[0].accounts < LEAST_ACCOUNTS_FOR_USE else None
    if reasons:
        return LookReport(
            GateAnswer.CANNOT_JUDGE, reasons, (), until, None, None, arms[0], arms[1], None, (), struck
        )  # fmt: skip
    scores = scores_of_waves(draws, counted, waves.offers, until)
    found = statistics_of(draws, scores)
    judgement = judge(draws, found, struck, look, use_counts=few is None)
    halted = judgement.halted_by
    model = found.model_of_real if GateTest.FAULTS_OF_A_MODEL in halted else None
    return LookReport(
        answer=GateAnswer.HALT if halted else GateAnswer.NO_HARM_SEEN,
        reasons=(few,) if few else (),
        halted_by=halted,
        until=until,
        faults=_difference(found.faults, found.faults_expected, 1.0),
        use=_difference(found.use, found.uses_expected, -1.0),
        updated=arms[0],
        others=arms[1],
        model=model,
        robots=_carrying(draws, scores, model) if halted else (),
        struck=judgement.struck,
    )


def _updated(draws: Draws, waves: int) -> Flags:
    flags = np.zeros(draws.cohort.robots, dtype=bool)
    for wave in range(waves):
        flags[draws.real_wave(wave)] = True
    return flags


def _reasons(
    robot_days: RobotDays, past: FortnightBefore, waves: WavesSoFar, updated: Flags, arms: tuple[Arm, Arm]
) -> tuple[Reason, ...]:  # fmt: skip
    if waves.by_hand or (updated & ~waves.offered).sum() > MOST_OFFERED_LESS * updated.sum():
        return (Reason.NOT_RANDOM,)
    if updated.all():
        return (Reason.NOBODY_LEFT,)
    silent = [_silent_more(robot_days, past, of, waves.offers[0]) for of in (updated, ~updated)]
    if silent[0] - silent[1] > MOST_SILENT_MORE:
        return (Reason.MORE_SILENT,)
    return () if all(arm.robot_days for arm in arms) else (Reason.NO_DAY_YET,)


def _silent_more(robot_days: RobotDays, past: FortnightBefore, of: Flags, offer: int) -> float:
    """By how much more robots are silent since the offer than in the fortnight before, as a share of days."""
    before = 1 - past.days[of].mean() / PAST_DAYS
    since = robot_days.delivered[of, offer + LEFT_OUT_DAYS :]
    return float(1 - since.mean() - before) if since.size else 0.0


def _updated_arm(draws: Draws, counted: RobotDays, waves: WavesSoFar, until: int) -> Arm:
    """Each wave from its own offer on."""
    parts = [
        _arm(draws, counted, draws.real_wave(wave), slice(offer + LEFT_OUT_DAYS, until))
        for wave, offer in enumerate(waves.offers)
    ]
    everybody = np.concatenate([draws.real_wave(wave) for wave in range(len(waves.offers))])
    return Arm(
        robots=len(everybody),
        accounts=len(np.unique(draws.cohort.account[everybody])),
        robot_days=sum(part.robot_days for part in parts),
        faults=sum(part.faults for part in parts),
        uses=sum(part.uses for part in parts),
    )


def _other_arm(draws: Draws, counted: RobotDays, others: Flags, waves: WavesSoFar, until: int) -> Arm:
    return _arm(draws, counted, np.flatnonzero(others), slice(waves.offers[0] + LEFT_OUT_DAYS, until))


def _arm(draws: Draws, counted: RobotDays, of: Ints, since: slice) -> Arm:
    delivered = counted.delivered[of, since]
    return Arm(
        robots=len(of),
        accounts=len(np.unique(draws.cohort.account[of])),
        robot_days=float(delivered.sum()),
        faults=float((counted.faults[of, since] * delivered).sum()),
        uses=float((counted.uses[of, since] * delivered).sum()),
    )


def _difference(values: Floats, expected: float, sign: float) -> SeenChange:
    """`sign` is -1 where harm is a fall: statistics are positive for harm, differences say the direction.

    Where few events were expected, the spread of the draws says less than counting does: then the limits are at least
    those of a Poisson count.
    """
    spread = float(values[1:].std())
    harm = float(values[0]) / SEEN_OF_CHANGE
    wide = ONE_SIDED_95 * spread / SEEN_OF_CHANGE
    worst = harm
    for _ in range(20):  # the spread grows with the rise itself; the fixed point is near
        worst = harm + wide * sqrt(max(1 + worst, 1e-6) if sign > 0 else 1.0)
    counted = max(0.0, expected * (1 + sign * float(values[0])))
    fewest, most = _poisson_limits(counted)
    low, high = sorted((sign * (harm - wide), sign * worst))
    if expected > 0:
        low, high = min(low, fewest / expected - 1), max(high, most / expected - 1)
    seen = max(sign * harm, -1.0)
    low, high = max(min(low, seen), -1.0), max(high, seen)
    return SeenChange(seen=seen, low=low, high=high, not_excluded=high if sign > 0 else low)


def _poisson_limits(counted: float) -> tuple[float, float]:
    """One-sided 95 % each, for a mean of which so many were counted (Garwood 1936)."""
    from scipy.special import gammaincinv  # noqa: PLC0415 - it loads for a quarter of a second; most starts judge nothing

    fewest = float(gammaincinv(counted, 0.05)) if counted else 0.0
    return fewest, float(gammaincinv(counted + 1, 0.95))


def _carrying(draws: Draws, scores: dict[int, WaveScores], model: int | None) -> tuple[int, ...]:
    """The updated robots whose faults are furthest above what was expected, until most of the excess is named."""
    excess = np.zeros(draws.cohort.robots)
    for wave, one in scores.items():
        of: Ints = draws.real_wave(wave)
        excess[of] += one.faults.distance[of]
    if model is not None:
        excess[draws.cohort.model != model] = 0
    order = np.argsort(-excess, kind="stable")[:MOST_CARRYING]
    positive = order[excess[order] > 0]
    share = np.cumsum(excess[positive]) / max(float(excess[excess > 0].sum()), 1e-12)
    return tuple(int(each) for each in positive[: int(np.searchsorted(share, CARRYING)) + 1])
