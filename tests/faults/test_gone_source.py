"""Faults of a source that the robot's configuration no longer names: nobody will close them. Real processes."""

import contextlib
import json
import os
import subprocess
import time

import pytest

from edge_agent.config import load
from edge_agent.outbox.flapping import NOTE
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


def opened(robot, name):
    until(lambda: name in robot.told()[0], lambda: str(robot.told()))


def test_what_the_agent_itself_says_is_of_no_source_and_outlives_a_start(tmp_path):
    """A reading of a source that is still there was refused, and a flapping fault is still open after a power cut."""
    robot = Killed(tmp_path)
    with robot.runs():
        robot.program.sendall(b'{"source": "p1", "totals": {"guided_tours": 1}}\n')
        assert "guided_tours" in json.loads(robot.answers.readline())["refused"]
        opened(robot, "agent.reading_refused")
        robot.flap(61)
    (tmp_path / NOTE).unlink()
    with robot.runs():
        opened(robot, "agent.openings_unknown")
    with running(robot, "system,local"):
        until(lambda: starts(robot) == 3, lambda: str(robot.told()))
        time.sleep(2.5)  # two ticks
    assert robot.told()[0] == {"touch.bumper", "agent.openings_unknown", "agent.reading_refused"}
    assert [record["state"] for record in faults(robot) if record["family"] == "agent"] == ["open", "open"]


@pytest.mark.parametrize("sources", ["system,local", "system"])
def test_what_the_agent_says_of_a_source_that_cannot_go_on_ends_with_the_source(tmp_path, sources):
    """The control: it is said in that source's name. While the source is there, it says so itself when it goes on."""
    robot = Killed(tmp_path)
    (tmp_path / "count.sock").mkdir()
    with running(robot, "system,local"):
        opened(robot, "agent.source_failed")
    (tmp_path / "count.sock").rmdir()
    with running(robot, sources):
        until(lambda: robot.told() == (set(), {"agent.source_failed": 1}), lambda: str(robot.told()))
    said = faults(robot)[-1].get("detail", "")
    assert (said == LEFT) == (sources == "system")
