"""Judges the score and what it has to beat, lead by lead, without looking ahead. Pure.

Whatever is fitted is fitted on rows of other accounts, and of a time whose labels were all known before the first row
that is judged: no account and no moment is on both sides.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.backtest import baselines, ranking
from collector.backtest.calibration import calibration
from collector.backtest.first_calls import first_calls
from collector.backtest.history import WINDOW_DAYS, EvaluationSettings, History
from collector.backtest.labels import Labelled, Labels, churned_money, labels_of, last_fitted_day
from collector.backtest.outcomes import outcomes
from collector.backtest.ranking import Interval, Numbers
from collector.backtest.report import MeasureRank, OfLead, Predictor, Report, Says, Split
from collector.calendar import days
from collector.health.measures.registry import MEASURES

SHUFFLES = 12
FITTED_SHUFFLES = 3
GAINS = 20
FEW_LOSSES = 20
HALF = 0.5  # the AUC of chance
Flags = NDArray[np.bool_]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Lead:
    """The rows of one lead as arrays."""

    labels: Labels
    rows: Sequence[Labelled]
    day: NDArray[np.int64]
    fold: NDArray[np.int64]
    lost: Flags
    due: Flags
    arr: Numbers
    tenure: Numbers
    measures: Numbers


def evaluate(history: History, settings: EvaluationSettings, progress: Progress = lambda _: None) -> Report:
    """The back-test. The same history and settings give the same report."""
    of_leads = []
    for lead in settings.leads:
        progress(f"lead {lead}")
        of_leads.append(_of_lead(history, lead, settings))
    row_days = [row.day for row in history.rows] or [0]
    said = outcomes(history)
    notes = []
    if not history.rows:
        notes.append("no_rows")
    if said.losses < FEW_LOSSES:
        notes.append("few_losses")
    if any(one.split is None for one in of_leads):
        notes.append("short_history")
    if len(history.policy) > 1:
        notes.append("several_policies")
    return Report(
        source=history.source,
        basis=history.basis,
        policy=history.policy,
        first_day=days.iso(min(row_days)),
        last_day=days.iso(max(row_days)),
        through_day=days.iso(max(history.through_day, 0)),
        accounts=len({row.account for row in history.rows}),
        budget=settings.budget,
        resamples=settings.resamples,
        seed=settings.seed,
        leads=tuple(of_leads),
        outcomes=said,
        notes=tuple(notes),
    )


def _arrays(history: History, labels: Labels, settings: EvaluationSettings) -> _Lead:
    rows = labels.rows
    lives = dict(history.lives)
    return _Lead(
        labels,
        rows,
        np.array([one.row.day for one in rows], dtype=np.int64),
        np.array([zlib.crc32(one.row.account.encode()) % settings.folds for one in rows], dtype=np.int64),
        np.array([one.lost for one in rows], dtype=bool),
        np.array([one.due for one in rows], dtype=bool),
        np.array([one.lost_arr for one in rows], dtype=float),
        baselines.tenure_features(rows, lives) if rows else np.zeros((0, 1)),
        baselines.measure_features(rows),
    )


def _of_lead(history: History, lead: int, settings: EvaluationSettings) -> OfLead:
    labels = labels_of(history, lead)
    of = _arrays(history, labels, settings)
    cut = last_fitted_day(of.day, of.lost, lead)
    test = np.ones(len(of.rows), dtype=bool) if cut is None else of.day >= cut + lead + WINDOW_DAYS
    risks = _risks(of, cut, test, of.lost)
    judged = _chosen(of, test)
    weights = ranking.draws([one.row.account for one in judged], settings.resamples, settings.seed)
    score_all = baselines.of_score(of.rows)
    every = ranking.draws([one.row.account for one in of.rows], settings.resamples, settings.seed)
    losses = sum(1 for life in history.lives.values() for one in life.endings if one.kept is False)
    return OfLead(
        lead=lead,
        rows=len(of.rows),
        accounts=len({one.row.account for one in of.rows}),
        lost_rows=int(of.lost.sum()),
        lost_accounts=labels.losses,
        lost_arr=int(churned_money(of.rows, of.lost)[1]),
        left_out=labels.left_out,
        split=_split(of, cut, lead, settings),
        judged_rows=len(judged),
        judged_lost=int(of.lost[test].sum()),
        predictors=tuple(_predictor(name, risks, of, test, weights, settings) for name in risks),
        score_all_rows=ranking.auc_interval(score_all, of.lost, every) if len(of.rows) else Interval(None),
        shuffled=_shuffled(of, cut, test, settings),
        calibration=calibration(
            score_all,
            of.lost,
            of.fold,
            None if cut is None else of.day <= cut,
            test,
            losses,
            len({one.row.account for one in judged if one.lost}),
            settings,
        ),
        first_calls=first_calls(of.rows, every),
        measures=_measures(of, every),
        gains=_gains(of, test, risks["score"]),
    )


def _chosen(of: _Lead, flags: Flags) -> list[Labelled]:
    return [one for one, chosen in zip(of.rows, flags, strict=True) if chosen]


def _split(of: _Lead, cut: int | None, lead: int, settings: EvaluationSettings) -> Split | None:
    if cut is None:
        return None
    train = of.day <= cut
    return Split(
        train_to_day=days.iso(cut),
        test_from_day=days.iso(cut + lead + WINDOW_DAYS),
        gap_days=lead + WINDOW_DAYS,
        folds=settings.folds,
        train_rows=int(train.sum()),
        train_lost=int(of.lost[train].sum()),
    )


def _risks(of: _Lead, cut: int | None, test: Flags, lost: Flags) -> dict[str, Numbers]:
    """Each predictor's risk of the judged rows. Nothing fitted without a split."""
    judged = _chosen(of, test)
    risks = {
        "score": baselines.of_score(judged),
        "constant": np.zeros(len(judged)),
        "usage": baselines.of_usage(judged),
    }
    if cut is not None:
        risks["tenure"] = _fitted(of.tenure, of, cut, test, lost)
        risks["measures"] = _fitted(of.measures, of, cut, test, lost)
    return risks


def _fitted(features: Numbers, of: _Lead, cut: int, test: Flags, lost: Flags) -> Numbers:
    """Each fold's judged rows by a model of the other folds' accounts, up to the cut."""
    risk = np.zeros(len(of.rows))
    for fold in np.unique(of.fold[test]):
        train = (of.day <= cut) & (of.fold != fold)
        here = test & (of.fold == fold)
        if lost[train].any():
            risk[here] = baselines.Logistic(features[train], lost[train]).probability(features[here])
    return risk[test]


def _predictor(
    name: str,
    risks: dict[str, Numbers],
    of: _Lead,
    test: Flags,
    weights: Sequence[Numbers],
    settings: EvaluationSettings,
) -> Predictor:
    risk, lost, due = risks[name], of.lost[test], of.due[test]
    if not len(risk):
        return Predictor(name=name, auc=Interval(None), auc_due=Interval(None))
    caught, churned = churned_money(_chosen(of, test), ranking.alerted(risk, of.day[test], settings.budget))
    return Predictor(
        name=name,
        auc=ranking.auc_interval(risk, lost, weights),
        auc_within=ranking.auc_within(risk, lost, of.day[test]),
        auc_due=ranking.auc_interval(risk[due], lost[due], [weight[due] for weight in weights]),
        lift=ranking.lift(risk, lost, settings.budget),
        recall=caught / churned if churned else None,
        beaten_by=None if name == "score" else ranking.difference(risks["score"], risk, lost, weights),
        brier=float(((risk - lost) ** 2).mean()) if name in {"tenure", "measures"} else None,
    )


def _measures(of: _Lead, weights: Sequence[Numbers]) -> tuple[MeasureRank, ...]:
    """Each measure alone, on all rows that have it: what is not fitted needs no split."""
    found = []
    for measure in MEASURES:
        points = np.array([np.nan if (said := one.row.scores.get(measure)) is None else said for one in of.rows])
        has = ~np.isnan(points)
        told = ranking.auc_interval(-points[has], of.lost[has], [weight[has] for weight in weights])
        if told.value is None or told.low is None or told.high is None:
            continue
        says: Says = "ranks" if told.low > HALF else "reversed" if told.high < HALF else "nothing"
        within = ranking.auc_within(-points[has], of.lost[has], of.day[has])
        found.append(MeasureRank(measure=measure, auc=told, auc_within=within, rows=int(has.sum()), says=says))
    return tuple(sorted(found, key=lambda one: (-(one.auc.value or 0.0), one.measure)))


def _shuffled(of: _Lead, cut: int | None, test: Flags, settings: EvaluationSettings) -> dict[str, float | None]:
    """Mean AUC when labels are dealt out anew: anything but one half would be a leak."""
    rng = np.random.default_rng(settings.seed)
    found: dict[str, list[float]] = {}
    for number in range(SHUFFLES):
        lost = rng.permutation(of.lost)
        risks = _risks(of, cut if number < FITTED_SHUFFLES else None, test, lost)
        for name in ("score", "measures"):
            value = ranking.auc(risks[name], lost[test]) if name in risks else None
            if value is not None:
                found.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in found.items()}


def _gains(of: _Lead, test: Flags, risk: Numbers) -> tuple[tuple[float, float], ...]:
    """How much churned ARR is among the riskiest rows of each day, by the score."""
    if not of.lost[test].any():
        return ()
    judged = _chosen(of, test)
    found = [(0.0, 0.0)]
    for step in range(1, GAINS + 1):
        caught, churned = churned_money(judged, ranking.alerted(risk, of.day[test], step / GAINS))
        found.append((step / GAINS, caught / churned if churned else 0.0))
    return tuple(found)
