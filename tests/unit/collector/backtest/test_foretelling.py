"""The built-in policy foretells what can be foretold, of kinds of leaving that are not alike, and nothing of chance.

What it was judged on is other data (tests/bench/bench_foreign.py); these portfolios are those that it was tuned on.
"""

import re
from functools import cache
from statistics import mean

import numpy as np
import pytest

from collector.backtest import baselines, ranking
from collector.backtest.history import History
from collector.backtest.labels import Labelled, labels_of
from collector.backtest.scored import history_of
from collector.health.policy.file import Policy
from tests import falling_stories, foreign_portfolios
from tests.foreign_portfolios import DAY0, RATES, pasts_of
from tests.policies import HEALTH

LEAD, BUDGET = 30, 0.1
SEEDS = (2, 3)
BEFORE = (("B1", 10.0), ("B2", 10.0), ("B3", 5.0), ("B4", 5.0), ("B5", 0.0), ("B6", 0.0))
"""What the measures of use weighed before momentum led them: run on the same stories, whatever these become."""
WITHOUT_MOMENTUM = (("B2", 0.0),)


def rows_of(history: History) -> tuple[Labelled, ...]:
    return labels_of(history, LEAD).rows


def auc(rows: tuple[Labelled, ...], risk: np.ndarray) -> float:
    found = ranking.auc(risk, np.array([one.lost for one in rows]))
    assert found is not None
    return found


@cache
def stories(weights: tuple[tuple[str, float], ...] = ()) -> tuple[tuple[Labelled, ...], ...]:
    """By the built-in policy, or by one that gives these measures other weights."""
    text = HEALTH.text
    for measure, weight in weights:
        text, found = re.subn(rf"(?m)^({measure} = {{ value = {{ weight = )[0-9.]+", rf"\g<1>{weight}", text)
        assert found == 1
    policy = Policy.load(text)
    return tuple(rows_of(falling_stories.scored(seed, policy)) for seed in SEEDS)


def lift(weights: tuple[tuple[str, float], ...] = ()) -> float:
    return mean(
        ranking.lift(baselines.of_score(rows), np.array([one.lost for one in rows]), BUDGET) or 0.0
        for rows in stories(weights)
    )


def test_every_fall_of_the_stories_is_told_before_the_loss_and_few_of_those_that_stay_are():
    for rows in stories():
        leaving = {one.row.account for one in rows if one.lost}
        told = {one.row.account for one in rows if one.lost and one.row.band in ("red", "yellow")}
        assert len(leaving) == falling_stories.FALLING
        assert told == leaving
        stayed = [one.row.band in ("red", "yellow") for one in rows if one.row.account not in leaving]
        assert mean(stayed) < 0.15


def test_the_riskiest_tenth_of_the_stories_holds_no_fewer_falls_than_before():
    assert lift() >= lift(BEFORE)


def test_a_policy_without_momentum_finds_fewer_falls():
    """The control of the two above."""
    assert lift(WITHOUT_MOMENTUM) < lift(BEFORE)


def test_habits_tell_more_than_total_use_where_nothing_falls():
    kinds = ["interaction", *(f"kind{n}.uses" for n in range(1, 10))]
    gains = []
    for seed in (3, 4):
        past = pasts_of(foreign_portfolios.habits(seed, accounts=90, days=420), kinds, "bureau")
        rows = rows_of(history_of(past, DAY0 + 419, RATES, HEALTH))
        gains.append(auc(rows, baselines.of_score(rows)) - auc(rows, baselines.of_usage(rows)))
    assert mean(gains) > 0.02


@pytest.fixture(scope="module")
def fell_silent() -> tuple[Labelled, ...]:
    past = pasts_of(foreign_portfolios.silent(1, accounts=200), ["interaction"], "shop")
    return tuple(one for one in rows_of(history_of(past, DAY0 + 545, RATES, HEALTH)) if one.due)


def test_who_falls_silent_is_told_from_who_comes_seldom(fell_silent):
    assert auc(fell_silent, baselines.of_score(fell_silent)) > 0.75 > auc(fell_silent, baselines.of_usage(fell_silent))


def test_labels_that_are_dealt_anew_are_not_foretold(fell_silent):
    rng, risk = np.random.default_rng(1), baselines.of_score(fell_silent)
    lost = np.array([one.lost for one in fell_silent])
    assert 0.45 <= mean(ranking.auc(risk, rng.permutation(lost)) for _ in range(12)) <= 0.55
