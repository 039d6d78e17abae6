"""What a rollout does before its first robot: who is in it, in which wave, who is left out and why. Pure.

Frozen accounts and robots that cannot run the version are in neither arm. Who remains is the cohort: it is drawn once,
by a stored seed, and nobody joins it afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Literal

import numpy as np

from collector.skillstore.rollouts.gate.cohort import Cohort, Ints, cohort_of
from collector.skillstore.rollouts.gate.draws import NOBODY, DrawRule
from collector.skillstore.rollouts.gate.plan import Alpha, Draws, GatePlan, draws_of

LeftOut = Literal[
    "nobody_has_it", "renewal_near", "escalated", "not_approved", "wrong_model", "core_too_old",
]  # fmt: skip
DRAWS_AGAIN_MOST = 4_999
PLACES_MOST = 20_000_000  # of all draws together: 80 MB
MOST_JUDGED = 0.5  # of the cohort: whoever is not offered the version yet is who it is compared with
LOOKS_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutOrders:
    """What a release manager asks for. `percents`: of the cohort after each wave, rising to 100.

    `wave_days`: days that a wave is watched at least. `uses`: counters that count a use of the skill; `families` of
    faults, none: all. `rise` and `fall`: the changes that the gate should not miss (2.0 is twice the faults, 0.7 is
    30 % less use). `accounts`: external ids, none: all. Blackouts are days (first, last), UTC, both counting.
    """

    rule: DrawRule
    percents: tuple[float, ...]
    wave_days: int
    uses: tuple[str, ...]
    families: tuple[str, ...]
    rise: float
    fall: float
    accounts: tuple[str, ...]
    renewal_freeze_days: int
    spares_escalated: bool
    blackouts: tuple[tuple[int, int], ...]
    approval_until_day: int | None  # customers are asked until then; None: they are not asked
    alpha: Alpha
    models: tuple[str, ...] = ()  # that the package is made for; none: all

    def is_blackout(self, day: int) -> bool:
        return any(first <= day <= last for first, last in self.blackouts)


@dataclass(frozen=True, slots=True)
class AccountStands:
    """Of one account today: what could keep a version from it. `renewal_in_days` None: nothing is due."""

    renewal_in_days: int | None
    urgent_tickets: int
    approves: bool | None  # None: it has not answered


@dataclass(frozen=True, slots=True)
class RolloutCandidate:
    """A robot that has the skill. `account` None: nobody has the robot."""

    robot_id: int
    name: str
    account: int | None
    scene: str
    model: str


@dataclass(frozen=True, slots=True)
class RolloutWave:
    """`size`: robots that have been offered the version after it. `judged`: others are left to compare with."""

    wave: int
    size: int
    judged: bool


@dataclass(frozen=True)
class DrawnRollout:
    """`order`: of the cohort's robots, all of them, as indexes. `draws` None: no wave can be judged."""

    cohort: Cohort
    waves: tuple[RolloutWave, ...]
    order: Ints
    draws: Draws | None


@dataclass(frozen=True)
class Eligible:
    """Who may get it, in a fixed order, and who is left out for which reason."""

    robots: tuple[RolloutCandidate, ...]
    left_out: tuple[tuple[RolloutCandidate, LeftOut], ...] = field(default=())


def why_frozen(stands: AccountStands, orders: RolloutOrders) -> LeftOut | None:
    """What keeps the version from an account now."""
    if stands.approves is False or (orders.approval_until_day is not None and not stands.approves):
        return "not_approved"
    due = stands.renewal_in_days
    if due is not None and due <= orders.renewal_freeze_days:
        return "renewal_near"
    if orders.spares_escalated and stands.urgent_tickets:
        return "escalated"
    return None


def eligible(
    candidates: Sequence[RolloutCandidate], stands: dict[int, AccountStands], orders: RolloutOrders
) -> Eligible:  # fmt: skip
    """Decided for each robot by itself: the same today for whoever asks."""
    inside: list[RolloutCandidate] = []
    out: list[tuple[RolloutCandidate, LeftOut]] = []
    for one in sorted(candidates, key=lambda each: each.name):
        reason: LeftOut | None
        if one.account is None:
            reason = "nobody_has_it"
        elif orders.models and one.model not in orders.models:
            reason = "wrong_model"
        else:
            reason = why_frozen(stands[one.account], orders)
        if reason is None:
            inside.append(one)
        else:
            out.append((one, reason))
    return Eligible(tuple(inside), tuple(out))


def waves_of(robots: int, percents: Sequence[float]) -> tuple[RolloutWave, ...]:
    """Each wave has at least one robot; the last has all that are left. Waves that would be empty are left out."""
    found: list[RolloutWave] = []
    for percent in percents:
        size = min(robots, max(1, ceil(robots * percent / 100)))
        if not found or size > found[-1].size:
            found.append(RolloutWave(len(found) + 1, size, size <= robots * MOST_JUDGED))
    return tuple(found)


def gate_plan(waves: Sequence[RolloutWave], orders: RolloutOrders) -> GatePlan | None:
    """None where nobody would be left to compare with."""
    sizes = tuple(one.size for one in waves if one.judged)
    if orders.rule is DrawRule.WHOLE_ACCOUNTS:
        sizes = sizes[:1]
    looks = min(LOOKS_MOST, orders.wave_days * max(1, len(sizes)))
    return GatePlan(orders.rule, sizes, looks, orders.alpha) if sizes else None


def cohort_of_candidates(robots: Sequence[RolloutCandidate]) -> Cohort:
    """Accounts by their row, scenes and models by their word."""
    return cohort_of(
        [f"{one.account:020d}" for one in robots], [one.scene for one in robots], [one.model for one in robots]
    )


def draw(robots: Sequence[RolloutCandidate], orders: RolloutOrders, seed: int) -> DrawnRollout:
    """Equal arguments give equal draws. Raises ValueError where nobody is in it."""
    if not robots:
        raise ValueError("no robot is in the rollout")
    cohort, waves = cohort_of_candidates(robots), waves_of(len(robots), orders.percents)
    plan, draws, first = gate_plan(waves, orders), None, np.empty(0, dtype=np.int64)
    if plan is not None:
        draws = draws_of(cohort, plan, seed, min(DRAWS_AGAIN_MOST, PLACES_MOST // plan.sizes[-1]))
        first = draws.orders[0][draws.orders[0] != NOBODY]
        judged = len(plan.sizes)
        waves = tuple(RolloutWave(one.wave, one.size, one.wave <= judged) for one in waves)
    rest = np.setdiff1d(np.arange(cohort.robots), first, assume_unique=True)
    rng = np.random.Generator(np.random.PCG64(seed + 1))
    later = rest[np.argsort(rng.random(len(rest)), kind="stable")]
    return DrawnRollout(cohort, waves, np.concatenate((first, later)).astype(np.int64), draws)


def wave_of_place(waves: Sequence[RolloutWave], place: int, drawn: int, judged_size: int) -> int:
    """The wave of the robot at a place of the order (from 0). A draw of whole accounts may take fewer than planned."""
    if place < drawn:
        return next(one.wave for one in waves if place < one.size)
    return next(one.wave for one in waves if max(place, judged_size) < one.size or one is waves[-1])
