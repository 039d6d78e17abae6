"""Weights fitted on the own history: what a weighing means, when one is proposed, and what the file says."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.backtest import weights
from collector.backtest.history import EvaluationSettings, ScoredDay
from collector.backtest.labels import Labelled
from collector.backtest.proposal import FittedPolicy, TooLittle, changes_of, policy_text, propose
from collector.health.measures.registry import GROUPS, MEASURES
from collector.health.policy.file import PROFILES, Policy
from collector.health.score import weighing
from tests import past_portfolios
from tests.policies import HEALTH

SETTINGS = EvaluationSettings(leads=(30,), resamples=60)
DAY = "2026-11-30"
N = len(MEASURES)


def some_rows(seed: int, count: int = 12) -> tuple[Labelled, ...]:
    """Rows with measures that are missing, stale and muted, in every profile."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        has = [name for name in MEASURES if rng.random() < 0.7]
        votes = {name: float(rng.choice([0.0, 0.5])) for name in has if rng.random() < 0.3}
        scores = {name: float(rng.uniform(0, 100)) for name in has}
        row = ScoredDay(
            account=f"A{number}", day=1, final=0.0, band="red", scores=scores, votes=votes,
            profile=PROFILES[number % len(PROFILES)],
        )  # fmt: skip
        rows.append(Labelled(row, bool(rng.random() < 0.4), due=True, lost_arr=1))
    return tuple(rows)


@pytest.mark.parametrize("seed", range(5))
def test_a_row_weighed_anew_by_the_present_weights_has_the_score_that_it_has(seed):
    rows = some_rows(seed)
    found = weights.finals(weights.weighed(rows, HEALTH.weights))
    for one, number in zip(rows, found, strict=True):
        votes = {name: one.row.votes.get(name, 1.0) for name in one.row.scores}
        shares = weighing.weights(votes, HEALTH.weights[one.row.profile])
        if shares:
            assert number == pytest.approx(sum(of * one.row.scores[name] for name, of in shares.items()) / 100)


@given(st.integers(0, 200), st.integers(0, N - 1), st.lists(st.floats(0.1, 4), min_size=N, max_size=N))
def test_by_no_factors_does_a_better_measure_lower_a_score(seed, better, factors):
    rows = weights.weighed(some_rows(seed, 4), HEALTH.weights)
    before = weights.finals(rows, np.array(factors))
    rows.points[:, better] = np.minimum(rows.points[:, better] + 20.0, 100.0)
    assert (weights.finals(rows, np.array(factors)) >= before - 1e-9).all()


def test_the_slope_of_the_loss_is_its_slope():
    rows = some_rows(1, 30)
    made, lost = weights.weighed(rows, HEALTH.weights), np.array([one.lost for one in rows])
    at = np.concatenate([[0.1, 0.7], np.random.default_rng(2).uniform(0.3, 2, N)])
    given_by = (made, lost, np.ones(len(rows)), 1.0)
    whole, step = weights._loss(at, *given_by)[1], 1e-5
    for place in range(len(at)):
        aside = np.eye(len(at))[place] * step
        up, down = (weights._loss(at + each, *given_by)[0] for each in (aside, -aside))
        assert (up - down) / (2 * step) == pytest.approx(whole[place], abs=1e-4)


def test_the_file_weighs_every_measure_by_its_factor_in_every_profile():
    factors = {name: 0.5 + at / 10 for at, name in enumerate(MEASURES)}
    proposed = Policy.load(weights_text(factors))
    for profile in PROFILES:
        present = HEALTH.weights[profile]
        wanted = {name: present[name] * factors[name] for name in MEASURES}
        total = sum(wanted.values())
        shares = {name: 100 * of / total for name, of in wanted.items()}
        assert proposed.weights[profile] == pytest.approx(shares, abs=0.1)


def weights_text(factors: dict[str, float]) -> str:
    return policy_text(HEALTH, changes_of(HEALTH, factors), "fitted")


@cache
def proposed(signal: float) -> FittedPolicy | TooLittle:
    return propose(past_portfolios.history(220, 1, signal, churn=0.4, days=700), HEALTH, SETTINGS, DAY)


def test_where_one_measure_tells_and_one_is_noise_the_proposal_weighs_the_one_and_ranks_better_later():
    found = proposed(25.0)
    assert isinstance(found, FittedPolicy)
    assert found.factors["B2"] > 1 > found.factors["C1"]
    assert found.says == "better"
    assert found.better_by.low is not None
    assert found.better_by.low > 0
    assert found.judged_from_day > found.fitted_to_day


def test_a_past_that_tells_nothing_gives_no_better_policy():
    """The control of the one above."""
    found = proposed(0.0)
    assert isinstance(found, FittedPolicy)
    assert found.says != "better"


def test_what_nobody_has_data_for_is_named_and_keeps_its_weight_to_the_digit():
    found = proposed(25.0)
    assert isinstance(found, FittedPolicy)
    assert set(found.factors) == {"B2", "C1"}
    assert set(found.not_judged) == set(MEASURES) - {"B2", "C1"}
    changed = {one.key for one in found.changes}
    assert changed
    assert not changed & {f"measures.{name}.weight" for name in found.not_judged}
    silent = {group for group, inside in GROUPS.items() if not {"B2", "C1"} & set(inside)}
    assert not changed & {f"profiles.{profile}.{group}" for profile in PROFILES for group in silent}


def test_a_weight_of_what_nobody_has_is_on_its_groups_others_and_no_number_moves():
    rows = weights.weighed(some_rows(3, 30), HEALTH.weights)
    rows.vote[:, :4] = 0.0
    heard = np.asarray((rows.vote > 0).any(axis=0))
    made = weights._of_judged(rows, heard)
    assert weights.finals(made) == pytest.approx(weights.finals(rows))
    assert not made.weight[:, :4].any()


def test_the_file_names_its_origin_and_only_weights_differ():
    found = proposed(25.0)
    assert isinstance(found, FittedPolicy)
    policy = Policy.load(found.policy)
    assert policy.hash == found.proposed
    assert HEALTH.hash in found.policy.splitlines()[0]
    for key, entry in policy.entries.items():
        if key.split(".")[0] not in ("measures", "profiles"):
            assert entry == HEALTH.entries[key]
        elif entry.value != HEALTH.entries[key].value:
            assert entry.source.startswith(f"fitted {DAY} on own losses until {found.fitted_to_day}")


def test_the_same_history_gives_the_same_file():
    again = propose(past_portfolios.history(220, 1, 25.0, churn=0.4, days=700), HEALTH, SETTINGS, DAY)
    assert again == proposed(25.0)


def test_under_fifty_losses_nothing_is_proposed_and_how_many_there_are_is_said():
    few = propose(past_portfolios.history(60, 1, 25.0), HEALTH, SETTINGS, DAY)
    assert isinstance(few, TooLittle)
    assert few.why == "few_losses"
    assert 0 < few.losses < few.needed == 50
