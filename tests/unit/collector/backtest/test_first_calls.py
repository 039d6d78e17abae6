"""A CSM's first five calls of a day: counted by hand, day by day and person by person."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from collector.backtest.evaluation import evaluate
from collector.backtest.first_calls import CALLS, first_calls
from collector.backtest.history import EvaluationSettings, ScoredDay
from collector.backtest.labels import Labelled
from collector.language import backtest
from tests.past_portfolios import history


def row(account: str, score: float, momentum: float | None, *, lost: bool, csm: str = "ana", day: int = 1) -> Labelled:
    scored = ScoredDay(
        account=account, day=day, final=score, band="green", scores={"B2": momentum}, csm=csm, usage_percentile=None
    )
    return Labelled(scored, lost, due=True, lost_arr=0)


def ten(lost_by_score: Sequence[int], csm: str = "ana", day: int = 1) -> list[Labelled]:
    """Ten customers, the worst score first; momentum says the opposite."""
    return [row(f"{csm}{n}", n, 90.0 - n, lost=n in lost_by_score, csm=csm, day=day) for n in range(10)]


def test_a_call_is_right_when_the_customer_is_lost_and_each_csm_has_room_for_five():
    said = first_calls(ten((0, 1, 2, 9)) + ten((4,), csm="bo"))
    assert (said.calls, said.days) == (CALLS, 2)
    assert said.by_score == pytest.approx((3 + 1) / 10)
    assert said.by_momentum == pytest.approx((1 + 0) / 10)


def test_days_on_which_both_ways_are_equally_right_are_left_out():
    nobody_lost, room_for_all = ten(()), [one for one in ten((0,), day=2) if one.row.final < CALLS]
    said = first_calls(nobody_lost + room_for_all)
    assert (said.days, said.by_score, said.by_momentum) == (0, None, None)


def test_customers_that_tie_share_the_places_whatever_their_order():
    tied = [row(f"a{n}", 50.0, None, lost=n < 2) for n in range(10)]
    for seed in range(3):
        Random(seed).shuffle(tied)
        assert first_calls(tied).by_score == pytest.approx(0.2)
        assert first_calls(tied).by_momentum == pytest.approx(0.2)


def test_the_report_says_both_shares_and_where_the_score_is_no_better():
    report = evaluate(history(120, 1, 30.0), EvaluationSettings(resamples=20, leads=(30,)))
    said = report.leads[0].first_calls
    assert said.days
    for by_score, told in ((0.2, True), (0.9, False)):
        form = backtest._first_calls(
            {"calls": said.calls, "days": said.days, "by_score": by_score, "by_momentum": 0.5}, "en"
        )
        assert form[0].startswith("a CSM's first 5 calls of a day, right:")
        assert (len(form) == 2) == told  # a score that is no better is said plainly


def test_a_history_in_which_nobody_is_lost_says_that_there_is_nothing_to_judge():
    kept = history(120, 1, 30.0)
    nothing = replace(kept, lives={})
    said = evaluate(nothing, EvaluationSettings(resamples=20, leads=(30,))).leads[0].first_calls
    assert (said.days, said.by_score) == (0, None)
