"""A health policy with weights that the own history speaks for, judged on a later time than it was fitted on. Pure.

It is a proposal: a text that a person reads, tries and adopts, or not. Nothing here adopts it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from collector.backtest import ranking, weights
from collector.backtest.history import WINDOW_DAYS, EvaluationSettings, History
from collector.backtest.labels import Labelled, churned_money, labels_of, last_fitted_day
from collector.backtest.ranking import Interval, Numbers
from collector.calendar import days
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.policy import editing
from collector.health.policy.file import PROFILES, Policy

LOSSES_MIN = 50  # accounts whose loss a scored row had to foretell; below, weights would be fitted to chance
HUNDRED = 100.0
_LINE = re.compile(r'(source = ")[^"]*(")')
Why = Literal["few_losses", "no_split"]


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Why nothing is proposed. `few_losses`: under `needed`; `no_split`: no day has enough losses before and after."""

    why: Why
    losses: int
    needed: int = LOSSES_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedBy:
    """How well a policy ranks the rows that nothing was fitted on."""

    auc: Interval
    lift: float | None
    recall: float | None  # of churned ARR at the budget


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightChange:
    """`key` as the policy file has it: `measures.B2.weight`, `profiles.growth.B`."""

    key: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedPolicy:
    """`policy` is the text of a policy file, and `proposed` its version; `present` the version it was made from.

    `better_by`: AUC of the proposed less that of the present one, on the same resamples; `says` reads it: better and
    worse where the interval leaves out 0. `ridge` None: nothing foretold better than the present weights. `not_judged`:
    measures that no account had data for, or without a weight; theirs stays.
    """

    present: str
    proposed: str
    basis: str
    lead: int
    losses: int
    fitted_to_day: str
    judged_from_day: str
    through_day: str
    fitted_rows: int
    fitted_lost: int
    judged_rows: int
    judged_lost: int
    budget: float
    seed: int
    ridge: float | None
    by_present: RankedBy
    by_proposed: RankedBy
    better_by: Interval
    says: Literal["better", "no_better", "worse", "same"]
    factors: dict[str, float]  # by measure that was judged, as fitted
    not_judged: tuple[str, ...] = ()
    changes: tuple[WeightChange, ...]
    policy: str


def propose(history: History, policy: Policy, settings: EvaluationSettings, made_day: str) -> FittedPolicy | TooLittle:
    """The same history, policy, settings and day give the same text. The lead is the first of the settings."""
    lead = settings.leads[0]
    labels = labels_of(history, lead)
    if labels.losses < LOSSES_MIN:
        return TooLittle("few_losses", labels.losses)
    rows = labels.rows
    day = np.array([one.row.day for one in rows], dtype=np.int64)
    lost = np.array([one.lost for one in rows], dtype=bool)
    cut = last_fitted_day(day, lost, lead)
    if cut is None:
        return TooLittle("no_split", labels.losses)
    early, late = day <= cut, day >= cut + lead + WINDOW_DAYS
    fitted = weights.fit(
        weights.weighed([rows[at] for at in np.flatnonzero(early)], policy.weights),
        lost[early],
        [rows[at].row.account for at in np.flatnonzero(early)],
        settings.seed,
    )
    changes = changes_of(policy, fitted.factors) if fitted.ridge is not None else {}
    first, through = days.iso(cut + lead + WINDOW_DAYS), days.iso(history.through_day)
    origin = f"fitted {made_day} on own losses until {days.iso(cut)}, from policy {policy.hash}"
    text = policy_text(policy, changes, origin) if changes else policy.text
    proposed = Policy.load(text)
    judged = [rows[at] for at in np.flatnonzero(late)]
    by_present, by_proposed = (_risk(judged, each) for each in (policy, proposed))
    draws = ranking.draws([one.row.account for one in judged], settings.resamples, settings.seed)
    better = ranking.difference(by_proposed, by_present, lost[late], draws)
    before = {one.key: one.value for one in editing.numbers(policy)}
    return FittedPolicy(
        present=policy.hash, proposed=proposed.hash, basis=history.basis, lead=lead, losses=labels.losses,
        fitted_to_day=days.iso(cut), judged_from_day=first, through_day=through,
        fitted_rows=int(early.sum()), fitted_lost=int(lost[early].sum()),
        judged_rows=len(judged), judged_lost=int(lost[late].sum()),
        budget=settings.budget, seed=settings.seed, ridge=fitted.ridge,
        by_present=_judged(by_present, judged, draws, settings.budget),
        by_proposed=_judged(by_proposed, judged, draws, settings.budget),
        better_by=better, says=_says(better) if changes else "same", factors=fitted.factors,
        not_judged=tuple(name for name in MEASURES if name not in fitted.factors),
        changes=tuple(WeightChange(key=key, before=before[key], after=after) for key, after in changes.items()),
        policy=text,
    )  # fmt: skip


def _risk(rows: list[Labelled], policy: Policy) -> Numbers:
    """By the policy's weights of what its file says, not of what was fitted: a file has two decimals."""
    return HUNDRED - weights.finals(weights.weighed(rows, policy.weights))


def _judged(risk: Numbers, rows: list[Labelled], draws: list[Numbers], budget: float) -> RankedBy:
    lost: NDArray[np.bool_] = np.array([one.lost for one in rows], dtype=bool)
    day = np.array([one.row.day for one in rows], dtype=np.int64)
    caught, churned = churned_money(rows, ranking.alerted(risk, day, budget))
    return RankedBy(
        auc=ranking.auc_interval(risk, lost, draws),
        lift=ranking.lift(risk, lost, budget),
        recall=caught / churned if churned else None,
    )


def _says(better: Interval) -> Literal["better", "no_better", "worse"]:
    if better.low is None or better.high is None:
        return "no_better"
    return "better" if better.low > 0 else "worse" if better.high < 0 else "no_better"


def changes_of(policy: Policy, factors: Mapping[str, float]) -> dict[str, float]:
    """The numbers of the file that a factor for each measure comes to, by key; only those that change.

    A group's measures keep their sum, and what the group gains or loses as a whole goes into the profiles, so that
    every measure's weight in every profile is multiplied by its factor, but for rounding. A measure without a factor
    keeps its number, and a group without any keeps its points: the others share the rest.
    """
    steady = {name: policy.measures[name].weight for name in MEASURES}
    gains: dict[str, float] = {}
    found: dict[str, float] = {}
    for group, inside in GROUPS.items():
        judged = [name for name in inside if name in factors and steady[name]]
        if not judged:
            continue
        gains[group] = sum(steady[name] * factors[name] for name in judged) / sum(steady[name] for name in judged)
        for name in judged:
            found[f"measures.{name}.weight"] = round(steady[name] * factors[name] / gains[group], 2)
    for profile in PROFILES if gains else ():
        points = policy.profiles.weights[profile]
        rest = HUNDRED - sum(points[group] for group in GROUPS if group not in gains)
        total = sum(points[group] * gain for group, gain in gains.items())
        new = {group: round(points[group] * gain / total * rest, 2) for group, gain in gains.items()}
        largest = max(new, key=lambda group: new[group])
        new[largest] = round(new[largest] + rest - sum(new.values()), 2)
        found |= {f"profiles.{profile}.{group}": points for group, points in new.items()}
    before = {one.key: one.value for one in editing.numbers(policy)}
    return {key: value for key, value in found.items() if value != before[key]}


def policy_text(policy: Policy, changes: Mapping[str, float], origin: str) -> str:
    """The present file with these numbers. Each entry that changes names its origin, and the head of the file, too.

    Raises PolicyInvalid where an entry is not written on a line of its own.
    """
    edited = editing.edited(policy.text, changes).splitlines(keepends=True)
    present = policy.text.splitlines(keepends=True)
    lines = [
        new if new == old else _LINE.sub(lambda found: f"{found[1]}{origin}{found[2]}", new, count=1)
        for new, old in zip(edited, present, strict=True)
    ]
    head = (
        f"# Proposed by `collector backtest --propose`: {origin}.\n"
        "# Adopted by nobody until the setting health_policy names it.\n"
    )
    return head + "".join(lines)
