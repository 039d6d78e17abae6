"""Before a rollout: how likely the gate would see a change, and what would be enough."""

import pytest

from collector.skillstore.rollouts.gate.forecast import Effort, PlantedChange, forecast
from collector.skillstore.rollouts.gate.plan import GateTest
from simulators.rollout_world import CountHabit
from tests.rollouts import Tried, plan_of, robot_days

EFFORT = Effort(placebos=40, draws=499, refusing=0.05, most_robots=5_000)


def of(habit: CountHabit, change: PlantedChange, size: int = 60, accounts: int = 150, seed: int = 2):
    tried = Tried(seed=seed, plan=plan_of(size), draws=1, accounts=accounts)
    return forecast(tried.cohort, tried.plan, robot_days(tried.days(habit)), change, EFFORT, seed)


def test_faults_that_are_common_are_seen_within_the_rollout():
    found = of(CountHabit(0.3, 5.0), PlantedChange(GateTest.FAULTS, 2.0))
    assert found.is_enough
    assert found.day_of_enough is not None
    assert found.day_of_enough <= 8


def test_faults_that_are_rare_are_too_few_and_more_robots_or_days_are_named():
    found = of(CountHabit(0.02, 1.0), PlantedChange(GateTest.FAULTS, 2.0), size=80, accounts=400)
    assert not found.is_enough
    assert found.day_of_enough is None
    assert found.robots is not None or found.days is not None
    assert found.robots is None or found.robots > 80
    assert found.days is None or found.days > 14


def test_a_larger_change_is_seen_sooner():
    small, large = (of(CountHabit(0.1, 2.0), PlantedChange(GateTest.USE, factor)) for factor in (0.9, 0.6))
    assert large.power[-1] > small.power[-1]
    assert list(large.power) == sorted(large.power)


def test_no_change_is_seen_no_more_often_than_allowed():
    found = of(CountHabit(0.3, 5.0), PlantedChange(GateTest.FAULTS, 1.0))
    assert found.power[-1] == pytest.approx(0.0, abs=0.1)


def test_the_same_seed_gives_the_same_forecast():
    change = PlantedChange(GateTest.USE, 0.8)
    assert of(CountHabit(0.1, 2.0), change) == of(CountHabit(0.1, 2.0), change)


def test_so_few_draws_that_no_look_may_halt_see_nothing_and_say_so():
    tried = Tried(seed=2, plan=plan_of(30), draws=1, accounts=60)
    change, few = PlantedChange(GateTest.FAULTS, 4.0), Effort(10, draws=40, refusing=0.05, most_robots=5_000)
    found = forecast(tried.cohort, tried.plan, robot_days(tried.days(CountHabit(0.3, 5.0))), change, few, 2)
    assert (found.power[-1], found.robots, found.days) == (0, None, None)
