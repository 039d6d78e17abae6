"""The back-test: labels that do not look ahead, figures that are right, and a null history that shows nothing."""

from dataclasses import replace

import numpy as np
import pytest

from collector.backtest import ranking
from collector.backtest.baselines import Logistic
from collector.backtest.calibration import calibration
from collector.backtest.evaluation import evaluate
from collector.backtest.history import Ending, EvaluationSettings, History, Life, ScoredDay
from collector.backtest.labels import labels_of
from collector.backtest.outcomes import outcomes
from tests.past_portfolios import DAY0, history

T = 1000
FAST = EvaluationSettings(resamples=40, leads=(30, 90))


def one(endings: list[Ending], days: tuple[int, ...] = (T,), through: int = T + 1000) -> History:
    rows = [ScoredDay(account="A", day=day, final=50.0, band="yellow") for day in days]
    return History(
        rows=rows,
        lives={"A": Life(account="A", since_day=0, endings=tuple(endings))},
        through_day=through,
        basis="arrived",
        policy=(),
    )


def label(endings: list[Ending], lead: int = 30, through: int = T + 1000) -> str | bool:
    labels = labels_of(one(endings, through=through), lead)
    return labels.rows[0].lost if labels.rows else next(iter(labels.left_out))


@pytest.mark.parametrize(
    ("endings", "said"),
    [
        ([Ending(due_day=T + 31, kept=False)], True),
        ([Ending(due_day=T + 120, kept=False)], True),
        ([Ending(due_day=T + 121, kept=False)], False),
        ([Ending(due_day=T + 30, kept=False)], "too_late"),
        ([Ending(due_day=T + 200, kept=False, notice_day=T + 100)], True),
        ([Ending(due_day=T + 100, kept=False, notice_day=T + 10)], True),
        ([Ending(due_day=T + 200, kept=False, notice_day=T + 10)], "too_late"),
        ([Ending(due_day=T + 100, kept=False, notice_day=T)], "after_notice"),
        ([Ending(due_day=T + 100, kept=True)], False),
        ([Ending(due_day=T + 100, kept=None)], "undecided"),
        ([Ending(due_day=T - 1, kept=False)], "no_contract"),
        ([], "no_contract"),
    ],
)
def test_a_row_foretells_a_loss_inside_its_window_and_nothing_else(endings, said):
    assert label(endings) == said


def test_a_window_that_is_not_over_is_left_out():
    assert label([Ending(due_day=T + 40, kept=False)], through=T + 119) == "not_over"


def test_auc_is_the_share_of_pairs_in_order():
    risk = np.array([3.0, 1.0, 2.0, 2.0])
    lost = np.array([True, False, True, False])
    assert ranking.auc(risk, lost) == pytest.approx(3.5 / 4)
    assert ranking.auc(risk, np.ones(4, dtype=bool)) is None


def test_a_resampled_auc_counts_each_account_as_often_as_it_was_drawn():
    risk, lost = np.array([3.0, 1.0, 2.0]), np.array([True, False, False])
    twice = ranking.auc(risk[[0, 1, 2, 2]], lost[[0, 1, 2, 2]])
    assert ranking.auc(risk, lost, np.array([1.0, 1.0, 2.0])) == pytest.approx(twice)


def test_lift_shares_ties():
    risk = np.zeros(100)
    lost = np.arange(100) < 7
    assert ranking.lift(risk, lost, 0.1) == pytest.approx(1.0)
    assert ranking.lift(lost.astype(float), lost, 0.07) == pytest.approx(100 / 7)


def test_alerts_are_given_out_day_by_day():
    day = np.array([1] * 10 + [2] * 10)
    risk = np.array([9.0] * 10 + [1.0] * 9 + [2.0])
    first, second = np.flatnonzero(ranking.alerted(risk, day, 0.1)).tolist()
    assert first < 10
    assert second == 19


def test_a_logistic_regression_finds_what_made_the_data():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 2))
    lost = rng.random(4000) < 1 / (1 + np.exp(-(1.5 * x[:, 0] - 1)))
    model = Logistic(x, lost)
    assert model.beta[1] / model.spread[0] == pytest.approx(1.5, abs=0.15)
    assert abs(model.beta[2]) < 0.15


@pytest.mark.parametrize("seed", [3, 4])
def test_a_null_history_shows_nothing(seed):
    report = evaluate(history(1000, seed, signal=0.0), FAST)
    for lead in report.leads:
        assert 0.45 <= lead.score_all_rows.value <= 0.55


def test_shuffled_labels_give_one_half_also_where_something_was_fitted():
    report = evaluate(history(500, 6, signal=20.0), FAST)
    for lead in report.leads:
        assert lead.split is not None
        assert lead.shuffled["score"] == pytest.approx(0.5, abs=0.03)
        assert lead.shuffled["measures"] == pytest.approx(0.5, abs=0.05)


def test_a_score_that_knows_beats_a_constant_and_the_test_says_so():
    report = evaluate(history(400, 7, signal=20.0), FAST)
    lead = report.leads[0]
    by_name = {each.name: each for each in lead.predictors}
    assert by_name["score"].auc.low > 0.7
    assert by_name["constant"].auc.value == 0.5
    assert by_name["constant"].beaten_by.low > 0.2
    assert by_name["score"].lift > 2
    assert by_name["score"].recall > by_name["constant"].recall
    assert {"tenure", "measures"} <= set(by_name)


def test_nothing_fitted_saw_the_account_or_the_time_that_it_is_judged_on():
    lead = evaluate(history(400, 7, signal=20.0), FAST).leads[0]
    assert lead.split.gap_days == 120
    gap = np.datetime64(lead.split.test_from_day) - np.datetime64(lead.split.train_to_day)
    assert gap == np.timedelta64(120, "D")


def test_probabilities_need_fifty_losses():
    few = evaluate(history(150, 8, signal=20.0), FAST).leads[0].calibration
    assert not few.enough
    assert few.table == ()
    lead = evaluate(history(600, 8, signal=20.0), FAST).leads[0]
    assert lead.calibration.enough
    assert lead.calibration.brier < lead.calibration.brier_constant
    assert sum(each.rows for each in lead.calibration.table) == lead.judged_rows


def test_a_short_history_fits_nothing_and_says_so():
    report = evaluate(history(300, 9, signal=20.0, days=200), FAST)
    assert report.leads[0].split is None
    assert "short_history" in report.notes
    assert {each.name for each in report.leads[0].predictors} == {"score", "constant", "usage"}


def test_an_empty_history_is_a_report_too():
    report = evaluate(History(rows=(), lives={}, through_day=0, basis="arrived", policy=()), FAST)
    assert "no_rows" in report.notes
    assert report.leads[0].score_all_rows.value is None


def test_the_order_of_rows_does_not_matter():
    past = history(60, 10, signal=10.0)
    assert evaluate(replace(past, rows=past.rows[::-1]), FAST) == evaluate(past, FAST)


def test_what_happens_after_the_history_ends_changes_nothing():
    past = history(60, 11, signal=10.0)
    lives = {
        name: replace(
            life, endings=tuple(replace(e, arr=9) if e.due_day > past.through_day else e for e in life.endings)
        )
        for name, life in past.lives.items()
    }
    assert evaluate(replace(past, lives=lives), FAST) == evaluate(past, FAST)


def test_a_watermelon_was_green_ninety_days_before():
    lost = Ending(due_day=T, kept=False, arr=300)
    kept = Ending(due_day=T, kept=True, arr=100)
    lives = {
        name: Life(account=name, since_day=0, endings=(end,)) for name, end in (("A", lost), ("B", lost), ("C", kept))
    }
    bands = {
        "A": [(T - 95, "green"), (T - 60, "red"), (T - 30, "red"), (T - 2, "red")],
        "B": [(T - 95, "yellow"), (T - 2, "green")],
        "C": [(T - 92, "red"), (T - 10, "grey"), (T - 2, "red")],
    }
    said = outcomes(History(rows=(), lives=lives, bands=bands, through_day=T, basis="arrived", policy=()))
    assert (said.losses, said.churned_arr, said.watermelon_rate) == (2, 600, 0.5)
    assert (said.red_due, said.red_renewed) == (1, 1)
    assert (said.warned, said.median_lead_days) == (1, 60.0)
    assert said.band_flips_per_account_year == pytest.approx(2 / ((93 + 93 + 90) / 365.25))


def test_rows_start_with_the_history():
    assert min(row.day for row in history(3, 1, 0.0).rows) == DAY0


def test_each_measure_is_ranked_alone_and_one_that_knows_nothing_is_said_to():
    """B2 of these portfolios follows the score, C1 is drawn at random."""
    lead = evaluate(history(400, 7, signal=20.0), FAST).leads[0]
    said = {one.measure: one for one in lead.measures}
    assert (said["B2"].says, said["C1"].says) == ("ranks", "nothing")
    assert said["B2"].auc.low > 0.5
    assert said["C1"].auc.low <= 0.5 <= said["C1"].auc.high
    assert lead.measures[0].measure == "B2"


def test_pairs_within_a_day_do_not_compare_the_years():
    """A risk that only grows with time ranks nothing within a day."""
    day = np.repeat([1, 2], 4)
    risk = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0])
    lost = np.array([False, False, False, True, True, True, True, False])
    assert ranking.auc(risk, lost) == pytest.approx(0.75)
    assert ranking.auc_within(risk, lost, day) == 0.5
    assert ranking.auc_within(lost.astype(float), lost, day) == 1.0
    assert ranking.auc_within(risk, np.zeros(8, dtype=bool), day) is None


def test_how_often_those_that_stayed_were_red_or_yellow_stands_beside_the_warned():
    lives = {
        name: Life(account=name, since_day=0, endings=(Ending(due_day=T + 50, kept=kept),))
        for name, kept in (("stays", True), ("new", None), ("goes", False))
    }
    bands = {
        "stays": [(T, "green"), (T + 1, "yellow"), (T + 2, "grey"), (T + 3, "green"), (T + 4, "red")],
        "new": [(T, "green")], "goes": [(T, "red")],
    }  # fmt: skip
    said = outcomes(History(rows=(), lives=lives, through_day=T + 60, bands=bands, basis="arrived", policy=()))
    assert (said.stayers, said.stayers_warned_share) == (2, pytest.approx(0.25))


@pytest.mark.parametrize("turned", [False, True])
def test_a_table_that_does_not_hold_is_told_from_one_that_does(turned):
    """Fitted on a time in which the risk ranked, judged on one in which it ranks the other way round."""
    rng = np.random.default_rng(1)
    n = 4000
    risk, train = rng.normal(size=n), np.arange(n) < n // 2
    lost = rng.random(n) < 1 / (1 + np.exp(2 - risk * np.where(train | (not turned), 1.0, -1.0)))
    said = calibration(risk, lost, np.arange(n) % 5, train, ~train, 100, int(lost[~train].sum()), FAST)
    assert said.miscalibrated == turned
