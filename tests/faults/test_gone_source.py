"""Faults of a source that the robot's configuration no longer names: nobody will close them. Real processes."""

import contextlib
import os
import subprocess

import pytest

from edge_agent.config import load
from edge_agent.status.offline import held_records
from tests.faults.test_flapping_kill import AGENT, Killed
from tests.waiting import DEADLINE_S, until

LEFT = "its source is no longer in this robot's configuration"


@contextlib.contextmanager
def running(robot, sources):
    options = ["--state-dir", robot.folder, "--mqtt-url", robot.url, "--robot", "r1", "--sources", sources]
    process = subprocess.Popen(
        [AGENT, "run", *options, "--sample-s", "1", "--log-level", "error"],
        env=os.environ | {"EDGE_AGENT_TIMEZONE": "UTC"},
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(DEADLINE_S)


def faults(robot):
    found = held_records(load({"state_dir": str(robot.folder)}, {}))
    return [record for record in found if record["kind"] == "fault"]


def starts(robot):
    found = held_records(load({"state_dir": str(robot.folder)}, {}))
    return sum(record["kind"] == "lifecycle" and record["event"] == "start" for record in found)


@pytest.mark.parametrize("changes", [1, 3, 41])
def test_a_fault_closes_when_its_source_has_left_the_configuration_and_says_why(tmp_path, changes):
    """41: it flaps, and holds."""
    robot = Killed(tmp_path)
    with robot.runs():
        robot.flap(changes)
    assert robot.told()[0] == {"touch.bumper"}, "the control: it is open"
    with running(robot, "system"):
        until(lambda: robot.told() == (set(), {"touch.bumper": changes // 2 + 1}), lambda: str(robot.told()))
    assert faults(robot)[-1]["detail"] == LEFT


def test_a_fault_stays_open_while_its_source_is_in_the_configuration(tmp_path):
    """The control: the program may say again that it has healed."""
    robot = Killed(tmp_path)
    with robot.runs():
        robot.say(active=True)
    with running(robot, "system,local"):
        until(lambda: starts(robot) == 2, lambda: "it does not start")
    with robot.runs():
        assert robot.told()[0] == {"touch.bumper"}
        robot.say(active=False)
        until(lambda: robot.told()[0] == set(), lambda: str(robot.told()))
