"""The gate on a simulated fleet: it finds harm, leaves harmless versions alone, and says when it cannot judge."""

from dataclasses import replace

import numpy as np
import pytest

from collector.skillstore.rollouts.gate.draws import DrawRule
from collector.skillstore.rollouts.gate.looks import none_struck
from collector.skillstore.rollouts.gate.plan import Draws, GateTest, RobotDays
from collector.skillstore.rollouts.gate.report import (
    GateAnswer,
    LookReport,
    Reason,
    WavesSoFar,
    counted_days,
    look_at,
)
from simulators.rollout_world import CountHabit, Harm
from tests.rollouts import LOOKS, NOTHING, PAST, Tried, plan_of, robot_days

USUAL = CountHabit(faults=0.3, uses=5.0)
SMALL = plan_of(60)
DRAWS = 499


@pytest.fixture(scope="module")
def tried() -> Tried:
    return Tried(seed=3, plan=SMALL, draws=DRAWS, accounts=200)


def a_rollout(tried: Tried, harm: Harm = NOTHING, days: int = PAST + 1 + LOOKS) -> tuple[Draws, RobotDays, WavesSoFar]:
    real, world = tried.real(), tried.days(USUAL, days)
    world.install(real, harm, PAST)
    draws = Draws(tried.cohort, tried.plan, np.vstack((real, tried.again)))
    return draws, robot_days(world), WavesSoFar((PAST,), np.ones(tried.fleet.robots, dtype=bool), by_hand=False)


def report_of(draws: Draws, found: RobotDays, progress: WavesSoFar, look: int = LOOKS) -> LookReport:
    return look_at(draws, found, progress, none_struck(draws), look)


@pytest.mark.parametrize(
    ("harm", "by"),
    [
        (Harm(faults=2.5), GateTest.FAULTS),
        (Harm(uses=0.6), GateTest.USE),
        (Harm(faults_of_model=(0, 6.0)), GateTest.FAULTS_OF_A_MODEL),
    ],
    ids=["faults", "use", "faults of one model"],
)
def test_a_version_that_harms_is_halted_by_what_it_does(tried, harm, by):
    halt = tried.rollout(USUAL, harm)
    assert halt is not None
    assert by in halt.by


def test_of_harmless_versions_few_are_halted(tried):
    """4 % are allowed; of 30 rollouts more than 5 would be a chance below 1 %."""
    assert sum(tried.rollout(USUAL) is not None for _ in range(30)) <= 5


def test_a_report_says_what_is_not_excluded(tried):
    found = report_of(*a_rollout(tried))
    assert found.faults is not None
    assert found.faults.low <= found.faults.seen <= found.faults.high == found.faults.not_excluded
    assert found.faults.not_excluded > 0
    assert found.use is not None
    assert found.use.not_excluded == found.use.low < 0
    assert found.updated is not None
    assert found.updated.faults_per_use is not None


def test_a_halt_names_the_model_and_the_robots_that_carry_it(tried):
    draws, found, progress = a_rollout(tried, Harm(faults_of_model=(3, 20.0)))
    report = report_of(draws, found, progress)
    assert report.answer is GateAnswer.HALT
    assert report.model == 3
    assert report.robots
    named = [tried.fleet.model[robot] == 3 for robot in report.robots]
    assert np.mean(named) > 0.5
    assert set(report.robots) <= set(draws.real_wave(0).tolist())


def test_a_wave_that_somebody_changed_by_hand_cannot_be_judged(tried):
    draws, found, progress = a_rollout(tried, Harm(faults=5.0))
    report = report_of(draws, found, replace(progress, by_hand=True))
    assert (report.answer, report.reasons) == (GateAnswer.CANNOT_JUDGE, (Reason.NOT_RANDOM,))
    assert report_of(draws, found, progress).answer is GateAnswer.HALT  # the control


def test_a_wave_that_was_not_offered_to_one_in_ten_cannot_be_judged(tried):
    draws, found, progress = a_rollout(tried)
    offered = progress.offered.copy()
    offered[draws.real_wave(0)[:7]] = False
    assert report_of(draws, found, replace(progress, offered=offered)).reasons == (Reason.NOT_RANDOM,)
    offered[draws.real_wave(0)[:3]] = True
    assert report_of(draws, found, replace(progress, offered=offered)).answer is not GateAnswer.CANNOT_JUDGE


def test_a_version_that_makes_robots_silent_is_not_called_harmless(tried):
    draws, found, progress = a_rollout(tried)
    silent = found.delivered.copy()
    silent[draws.real_wave(0)[:20], PAST + 3 :] = False
    report = report_of(draws, replace(found, delivered=silent), progress)
    assert (report.answer, report.reasons) == (GateAnswer.CANNOT_JUDGE, (Reason.MORE_SILENT,))


def test_a_thin_day_is_left_out_for_all_and_the_days_after_it_count(tried):
    """Control: were the thin day the last one that counts, eight days of harm would not be seen."""
    draws, found, progress = a_rollout(tried)
    thin, faults = found.delivered.copy(), found.faults.copy()
    thin[np.arange(tried.fleet.robots) % 8 == 0, PAST + 2] = False
    faults[draws.real_wave(0), PAST + 4 :] *= 5
    late = replace(found, delivered=thin, faults=faults)
    counted, until = counted_days(draws, late, progress)
    assert until == PAST + 1 + LOOKS
    assert not counted.delivered[:, PAST + 2].any()
    assert report_of(draws, late, progress).answer is GateAnswer.HALT
    cut = RobotDays(faults[:, : PAST + 3], found.uses[:, : PAST + 3], thin[:, : PAST + 3])
    assert report_of(draws, cut, progress).answer is not GateAnswer.HALT


def test_the_newest_day_counts_when_nearly_all_have_delivered_it(tried):
    draws, found, progress = a_rollout(tried)
    late = found.delivered.copy()
    late[np.arange(tried.fleet.robots) % 8 == 0, -1] = False
    assert counted_days(draws, replace(found, delivered=late), progress)[1] == PAST + LOOKS
    assert counted_days(draws, found, progress)[1] == PAST + 1 + LOOKS


def test_before_the_first_whole_day_and_where_nothing_arrived_nothing_is_judged(tried):
    draws, found, progress = a_rollout(tried)
    first = RobotDays(found.faults[:, : PAST + 1], found.uses[:, : PAST + 1], found.delivered[:, : PAST + 1])
    assert report_of(draws, first, progress).reasons == (Reason.NO_DAY_YET,)
    nothing = found.delivered.copy()
    nothing[:, PAST:] = False
    assert report_of(draws, replace(found, delivered=nothing), progress).reasons == (Reason.NO_DAY_YET,)
    nothing = found.delivered.copy()
    nothing[draws.real_wave(0), PAST:] = False
    assert report_of(draws, replace(found, delivered=nothing), progress).reasons == (Reason.MORE_SILENT,)


def test_a_fleet_without_faults_is_halted_by_none_and_excludes_little(tried):
    draws, found, progress = a_rollout(tried)
    report = report_of(draws, replace(found, faults=np.zeros_like(found.faults)), progress)
    assert report.halted_by == ()
    rare = replace(found, faults=np.zeros_like(found.faults))
    rare.faults[0, PAST + 2] = 1
    said = report_of(draws, rare, progress).faults
    assert said is not None
    assert said.not_excluded > 1  # a doubling


def test_what_was_counted_before_a_wave_was_offered_is_not_its_versions():
    tried = Tried(seed=8, plan=plan_of(40, 120), draws=50, accounts=200)
    real, world = tried.real(), tried.days(USUAL)
    draws = Draws(tried.cohort, tried.plan, np.vstack((real, tried.again)))
    found = robot_days(world)
    faults = np.zeros_like(found.faults)
    faults[real[40:120], PAST + 2] = 1
    progress = WavesSoFar((PAST, PAST + 6), np.ones(tried.fleet.robots, dtype=bool), by_hand=False)
    updated = report_of(draws, replace(found, faults=faults), progress).updated
    assert updated is not None
    assert updated.faults == 0


def test_whole_accounts_are_not_parted_between_waves():
    with pytest.raises(ValueError, match="one wave"):
        plan_of(10, 30, rule=DrawRule.WHOLE_ACCOUNTS)
    with pytest.raises(ValueError, match="rise"):
        plan_of(30, 10)


def test_where_nobody_is_left_to_compare_with_nothing_is_judged():
    tried = Tried(seed=4, plan=plan_of(40, rule=DrawRule.FEW_OF_EACH), draws=50, accounts=5)
    everybody = plan_of(tried.fleet.robots)
    tried = Tried(seed=4, plan=everybody, draws=50, accounts=5)
    assert report_of(*a_rollout(tried)).reasons == (Reason.NOBODY_LEFT,)


def test_under_ten_accounts_there_is_no_verdict_on_use():
    tried = Tried(seed=6, plan=plan_of(12), draws=DRAWS, accounts=60)
    report = report_of(*a_rollout(tried, Harm(uses=0.05)))
    assert Reason.FEW_ACCOUNTS in report.reasons
    assert GateTest.USE not in report.halted_by


@pytest.mark.parametrize("left_out", [True, False], ids=["left out", "control"])
def test_the_day_of_the_update_does_not_count(tried, left_out):
    """An update makes a bad day of its own. Control: with the day in, a harmless version is halted."""
    draws, found, progress = a_rollout(tried)
    faults = found.faults.copy()
    faults[draws.real_wave(0), PAST] += 4
    offer = PAST if left_out else PAST - 1
    report = report_of(draws, replace(found, faults=faults), replace(progress, offers=(offer,)), look=2)
    assert (report.answer is GateAnswer.NO_HARM_SEEN) is left_out


def test_two_waves_are_judged_together_each_from_its_own_offer():
    tried = Tried(seed=8, plan=plan_of(40, 120, looks=LOOKS), draws=DRAWS, accounts=200)
    real, world = tried.real(), tried.days(USUAL)
    harm = Harm(faults=3.0)
    world.install(real[:40], Harm(), PAST)
    world.install(real[40:120], harm, PAST + 6)  # only what the second wave got is broken
    draws = Draws(tried.cohort, tried.plan, np.vstack((real, tried.again)))
    progress = WavesSoFar((PAST, PAST + 6), np.ones(tried.fleet.robots, dtype=bool), by_hand=False)
    found = robot_days(world)
    assert report_of(draws, found, progress).answer is GateAnswer.HALT
    assert report_of(draws, found, replace(progress, offers=(PAST,))).answer is GateAnswer.NO_HARM_SEEN  # the control
