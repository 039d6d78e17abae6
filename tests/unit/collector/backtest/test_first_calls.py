"""A CSM's first five calls of a day: counted by hand, day by day and person by person."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from collector.backtest import ranking
from collector.backtest.evaluation import evaluate
from collector.backtest.first_calls import CALLS, first_calls
from collector.backtest.history import EvaluationSettings, ScoredDay
from collector.backtest.labels import Labelled
from collector.language import backtest, backtest_page
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
    said = first_calls(ten((0, 1, 2, 9)) + ten((4,), csm="bo"), [])
    assert (said.calls, said.days) == (CALLS, 2)
    assert said.by_score == pytest.approx((3 + 1) / 10)
    assert said.by_momentum == pytest.approx((1 + 0) / 10)


def test_days_on_which_both_ways_are_equally_right_are_left_out():
    nobody_lost, room_for_all = ten(()), [one for one in ten((0,), day=2) if one.row.final < CALLS]
    said = first_calls(nobody_lost + room_for_all, [])
    assert (said.days, said.by_score, said.by_momentum) == (0, None, None)


def test_customers_that_tie_share_the_places_whatever_their_order():
    tied = [row(f"a{n}", 50.0, None, lost=n < 2) for n in range(10)]
    for seed in range(3):
        Random(seed).shuffle(tied)
        assert first_calls(tied, []).by_score == pytest.approx(0.2)
        assert first_calls(tied, []).by_momentum == pytest.approx(0.2)


def drawn(rows: Sequence[Labelled], names: Sequence[str], *, score: bool) -> tuple[int, float]:
    """The days that are judged, and the calls that are right on them, where these accounts were drawn: by hand."""
    days, right = 0, 0.0
    for key in sorted({(one.row.csm, one.row.day) for one in rows}):
        of = {one.row.account: one for one in rows if (one.row.csm, one.row.day) == key}
        here = [of[name] for name in names if name in of]
        if len(here) <= CALLS or not any(one.lost for one in here):
            continue
        days += 1
        here.sort(key=lambda one: one.row.final if score else one.row.scores["B2"])
        right += sum(one.lost for one in here[:CALLS])
    return days, right


def test_the_interval_is_of_resampled_accounts_counted_by_hand():
    rows = ten((0, 1, 2, 9)) + ten((4, 7), csm="bo") + ten((0, 8), day=29)
    weights = ranking.draws([one.row.account for one in rows], 200, seed=4)
    said = first_calls(rows, weights)
    shares: list[tuple[float, float]] = []
    for weight in weights:
        names = [
            name for name in sorted({one.row.account for one in rows})
            for _ in range(int(max(w for w, one in zip(weight, rows, strict=True) if one.row.account == name)))
        ]  # fmt: skip
        (days, by_score), (_, by_momentum) = drawn(rows, names, score=True), drawn(rows, names, score=False)
        if days:
            shares.append((by_score / days / CALLS, by_momentum / days / CALLS))
    of_score, of_momentum = np.array(shares).T
    for found, value, by_hand in (
        (said.score_interval, 5 / 15, of_score), (said.momentum_interval, 3 / 15, of_momentum),
        (said.better_by, 2 / 15, of_score - of_momentum),
    ):  # fmt: skip
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx((value, *np.percentile(by_hand, (2.5, 97.5))))


def test_a_lead_that_may_be_chance_is_told_as_that():
    base = {"calls": 5, "days": 12, "by_score": 0.41, "by_momentum": 0.33}
    around = {"value": 0.41, "low": 0.3, "high": 0.52}
    for low, may_be_chance in ((-0.02, True), (0.0, True), (0.01, False)):
        form = base | {
            "score_interval": around, "momentum_interval": around, "better_by": around | {"value": 0.08, "low": low},
        }  # fmt: skip
        command, page = " ".join(backtest._first_calls(form, "en")), backtest_page.first_calls(form, "en")
        for text in (command, page):
            assert "41 % (30 % … 52 %)" in text
            assert ("may be chance" in text) == may_be_chance
    kept_before = backtest_page.first_calls(base | {"score_interval": None, "better_by": None}, "en")
    assert ("41 % were" in kept_before, "chance" in kept_before) == (True, False)


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
