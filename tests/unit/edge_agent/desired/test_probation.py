"""Wished settings are tried, kept or rolled back, and what was rolled back is not tried again until it changes."""

import json
from dataclasses import replace

import pytest

from edge_agent.desired.plan import OwnFile
from edge_agent.desired.probation import (
    NO_ANSWER,
    START_COSTS_S,
    TRIAL_S,
    Probation,
    Trial,
    begun,
    judged,
    outcome,
    restored,
    tried,
)

LIMITS = {"sample_s": (0.1, 300), "upload_s": (1, 86_400)}
OWN = OwnFile(10.0, 900, "info", {"system": frozenset()}, LIMITS, frozenset())
BAD, GOOD = {"upload_s": 7}, {"upload_s": 60}


class Robot:
    """A robot whose link bears every setting but BAD; minutes pass, and each ends with a look."""

    def __init__(self, *, collector=True, remembers=True):
        self.state, self.wished, self.collector, self.remembers = Probation({}), {}, collector, remembers
        self.changes = []

    def minute(self):
        self._becomes(judged(tried(self.state, 60.0), answered=self._answers()))
        if not self.remembers:
            self.state = replace(self.state, rolled_back=None)
        self._becomes(begun(self.state, OWN, self.wished, link_up=self._answers()))

    def _answers(self):
        return self.collector and self.state.in_force(OWN).upload_s != BAD["upload_s"]

    def _becomes(self, state):
        before, self.state = self.state, state
        if state.in_force(OWN) != before.in_force(OWN):
            self.changes.append(state.in_force(OWN).upload_s)

    def hours(self, n):
        for _ in range(60 * n):
            self.minute()
        return self


def _told(robot):
    verdicts = outcome(robot.state, OWN, robot.wished)
    return None if verdicts is None else {one.setting: one.refused for one in verdicts}


def test_settings_under_which_the_collector_answers_are_kept():
    robot = Robot()
    robot.wished = GOOD
    robot.minute()
    assert _told(robot) is None, "nothing is said of settings on trial"
    robot.minute()
    assert (_told(robot), robot.state.in_force(OWN).upload_s) == ({"upload_s": ""}, 60)


def test_settings_without_an_answer_are_rolled_back_once_and_reported():
    robot = Robot()
    robot.wished = BAD
    robot.hours(24)
    assert robot.changes == [7, 900]
    assert _told(robot) == {"upload_s": NO_ANSWER}


def test_without_the_memory_of_what_was_rolled_back_it_flaps():
    """The control of the test above."""
    robot = Robot(remembers=False)
    robot.wished = BAD
    robot.hours(24)
    assert len(robot.changes) > 100


def test_a_rollback_returns_to_what_proved_itself_before_not_to_the_robots_file():
    robot = Robot()
    robot.wished = GOOD
    robot.hours(1)
    robot.wished = BAD
    robot.hours(1)
    assert robot.changes == [60, 7, 60]


def test_what_was_rolled_back_is_tried_again_when_it_changes_and_not_for_a_wish_that_comes_to_the_same():
    robot = Robot()
    robot.wished = BAD
    robot.hours(1)
    robot.wished = {**BAD, "unknown": 1}
    robot.hours(1)
    assert robot.changes == [7, 900]
    assert _told(robot) == {"upload_s": NO_ANSWER, "unknown": "no setting of this agent"}
    robot.wished = {}
    robot.hours(1)
    robot.wished = BAD
    robot.hours(1)
    assert robot.changes == [7, 900, 7, 900]


def test_a_link_that_was_not_up_before_judges_nothing():
    robot = Robot(collector=False)
    robot.wished = GOOD
    robot.hours(5)
    assert (robot.changes, _told(robot)) == ([], None)
    robot.collector = True
    robot.hours(1)
    assert (robot.changes, _told(robot)) == ([60], {"upload_s": ""})


def test_a_wish_that_changes_nothing_needs_no_answer():
    robot = Robot(collector=False)
    robot.wished = {"mqtt_url": "mqtt://elsewhere", "upload_s": 900}
    robot.minute()
    assert (robot.changes, set(_told(robot))) == ([], {"mqtt_url", "upload_s"})


def test_ten_minutes_of_trying_and_not_one_less():
    trial = Probation({}, Trial(BAD))
    almost = tried(trial, TRIAL_S - 1)
    assert judged(almost, answered=False) == almost
    assert judged(tried(almost, 1), answered=False) == Probation({}, rolled_back=BAD)
    assert judged(almost, answered=True) == Probation(BAD)


def test_a_restart_in_the_middle_of_a_trial_keeps_it():
    before = tried(Probation(GOOD, Trial(BAD), {"upload_s": 9}), 400)
    after = restored(json.loads(json.dumps(before.note())))
    assert after == Probation(GOOD, Trial(BAD, 400 + START_COSTS_S), {"upload_s": 9})
    assert after.in_force(OWN).upload_s == 7


def test_settings_that_end_the_process_at_every_start_are_rolled_back():
    state, starts = Probation({}, Trial(BAD)), 0
    while state.trial is not None:
        state, starts = judged(restored(state.note()), answered=False), starts + 1
    assert (starts, state.rolled_back) == (TRIAL_S / START_COSTS_S, BAD)


@pytest.mark.parametrize("state", [Probation({}), Probation(GOOD, rolled_back=BAD)])
def test_what_is_remembered_survives_the_disk(state):
    assert restored(json.loads(json.dumps(state.note()))) == state
    assert restored(None) == Probation({})
