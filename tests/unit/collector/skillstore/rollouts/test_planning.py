"""Who is in a rollout, in which wave, and how a robot stands in it: pure, so tried in many forms."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.calendar.days import DAY_S
from collector.fleet.skills.standing import FactSince, TrackedSkill
from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.skillstore.rollouts.gate.plan import Alpha
from collector.skillstore.rollouts.planning import (
    AccountStands,
    RolloutCandidate,
    RolloutOrders,
    draw,
    eligible,
    wave_of_place,
    waves_of,
    why_frozen,
)
from collector.skillstore.rollouts.progress import (
    MAY_BECOME,
    RolloutRobotState,
    RolloutState,
    due_at,
    next_try_s,
    stands_now,
    turn_in_rollout,
)

ORDERS = RolloutOrders(
    rule=DrawRule.FEW_OF_EACH, percents=(5.0, 25.0, 100.0), wave_days=7, uses=(), families=(), rise=2.0, fall=0.7,
    accounts=(), renewal_freeze_days=60, spares_escalated=True, blackouts=((10, 12),), approval_until_day=None,
    alpha=Alpha(0.015, 0.015, 0.01),
)  # fmt: skip
CALM = AccountStands(None, 0, None)
NEW = "b" * 64


def fleet(sizes):
    return [
        RolloutCandidate(100 * account + n, f"r{account:03d}-{n}", account, "hall", "R1")
        for account, size in enumerate(sizes)
        for n in range(size)
    ]


@given(st.integers(1, 5_000), st.lists(st.floats(0.1, 99), min_size=0, max_size=5, unique=True))
def test_waves_rise_and_the_last_one_has_everybody(robots, percents):
    waves = waves_of(robots, (*sorted(percents), 100.0))
    sizes = [one.size for one in waves]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == robots
    assert sizes[0] >= 1
    assert all(one.judged == (one.size <= robots / 2) for one in waves)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=25), st.integers(0, 2**60))
def test_every_robot_has_one_place_and_equal_seeds_give_equal_draws(sizes, seed):
    robots = fleet(sizes)
    made, again = (draw(robots, replace(ORDERS, percents=(30.0, 100.0)), seed) for _ in range(2))
    assert sorted(made.order.tolist()) == list(range(len(robots)))
    assert made.order.tolist() == again.order.tolist()
    drawn = 0 if made.draws is None else int((made.draws.orders[0] >= 0).sum())
    judged = 0 if made.draws is None else made.draws.plan.sizes[-1]
    waves = [wave_of_place(made.waves, place, drawn, judged) for place in range(len(robots))]
    assert waves == sorted(waves)
    assert waves[-1] == made.waves[-1].wave


def test_a_frozen_account_is_in_neither_group_and_says_why():
    near, urgent = AccountStands(20, 0, None), AccountStands(None, 1, None)
    found = eligible(fleet([2, 2, 2]), {0: CALM, 1: near, 2: urgent}, ORDERS)
    assert [one.account for one in found.robots] == [0, 0]
    assert {reason for _, reason in found.left_out} == {"renewal_near", "escalated"}
    assert why_frozen(AccountStands(61, 0, None), ORDERS) is None, "the control: the renewal is far"
    assert why_frozen(urgent, replace(ORDERS, spares_escalated=False)) is None
    asks = replace(ORDERS, approval_until_day=5)
    assert [why_frozen(replace(CALM, approves=said), asks) for said in (None, False, True)] == [
        "not_approved", "not_approved", None,
    ]  # fmt: skip


def test_a_robot_of_nobody_and_one_of_a_wrong_model_are_left_out():
    lost, other = RolloutCandidate(1, "a", None, "", "R1"), RolloutCandidate(2, "b", 0, "", "T1")
    found = eligible([lost, other], {0: CALM}, replace(ORDERS, models=("R1",)))
    assert [reason for _, reason in found.left_out] == ["nobody_has_it", "wrong_model"]


def test_a_blackout_has_both_its_ends():
    assert [ORDERS.is_blackout(day) for day in (9, 10, 12, 13)] == [False, True, True, False]


def skill(code="", active="", reason=""):
    fact = FactSince("active", active, "", None, active == NEW)
    turn = turn_in_rollout(code)
    return TrackedSkill("guide", "2", NEW, None, [fact], code, reason, turn, "", "", None)  # type: ignore[arg-type]  # a rollout's own turns, too


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (skill(active=NEW), RolloutRobotState.DONE),
        (skill("waits", reason="on a tour"), RolloutRobotState.POSTPONED),
        (skill("no_room"), RolloutRobotState.FAILED),
        (skill("not_heard"), RolloutRobotState.OFFERED),
        (None, RolloutRobotState.GONE),  # the skill is wished there no longer
    ],
)
def test_postponed_is_not_failed_and_silence_has_its_time(told, state):
    due = 1_000
    assert stands_now(told, NEW, due, due).state is state
    late = stands_now(told, NEW, due, due + 1).state
    assert late is (RolloutRobotState.SILENT if state is RolloutRobotState.OFFERED else state)


def test_a_robot_that_is_heard_once_a_week_is_silent_later_than_one_that_is_heard_daily():
    assert due_at(0, 0) == 2 * DAY_S
    assert due_at(0, 7) == 16 * DAY_S
    assert due_at(0, 400) == 30 * DAY_S


def test_what_may_have_passed_is_asked_again_later_each_time_and_at_last_no_more():
    waits = [next_try_s("no_room", tries, 0) for tries in range(1, 6)]
    assert waits == [DAY_S, 2 * DAY_S, 4 * DAY_S, 8 * DAY_S, None]
    assert next_try_s("wrong_model", 1, 0) is None


def test_a_halt_is_not_argued_away_and_every_state_can_be_reached():
    assert RolloutState.RUNNING not in MAY_BECOME[RolloutState.HALTED]
    assert set().union(*MAY_BECOME.values()) == set(RolloutState) - {RolloutState.ASKING}
