"""A flapping fault and an agent that is killed at once: nothing assumed, no opening lost. Real processes.

A program at the socket says a fault and its healing, and is answered each time. Nothing is stored by time alone: the
next commit of the counts is an hour away.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from edge_agent.config import load
from edge_agent.outbox.flapping import NOTE
from edge_agent.status.offline import held_records
from tests.brokers import free_port
from tests.waiting import DEADLINE_S, until

AGENT = Path(sys.executable).with_name("edge-agent")
SETTINGS = (
    "--window-s",
    "3600",
    "--checkpoint-s",
    "3600",
    "--sample-s",
    "1",
    "--sources",
    "local",
    "--log-level",
    "error",
)


class Killed:
    """An agent that only ever ends by SIGKILL; nobody listens at its broker's address."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"mqtt://127.0.0.1:{free_port()}"

    @contextlib.contextmanager
    def runs(self):
        argv = [AGENT, "run", "--state-dir", self.folder, "--mqtt-url", self.url, "--robot", "r1", *SETTINGS]
        process = subprocess.Popen(argv, env=os.environ | {"EDGE_AGENT_TIMEZONE": "UTC"})
        try:
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as self.program:
                until(self._connects, lambda: "no socket")
                self.answers = self.program.makefile("rb")
                yield
        finally:
            process.kill()
            process.wait(DEADLINE_S)

    def _connects(self):
        with contextlib.suppress(OSError):
            self.program.connect(str(self.folder / "count.sock"))
            return True
        return False

    def say(self, *, active, code="bumper"):
        fault = {"family": "touch", "code": code, "active": active}
        self.program.sendall(json.dumps({"fault": fault}).encode() + b"\n")
        assert json.loads(self.answers.readline()) == {"ok": True}

    def flap(self, changes, code="bumper"):
        for n in range(changes):
            self.say(active=n % 2 == 0, code=code)

    def told(self):
        """(open faults, openings of those that have closed) of the records that are held."""
        open_, closed = set(), Counter()
        for record in held_records(load({"state_dir": str(self.folder)}, {})):
            if record["kind"] != "fault":
                continue
            name = f"{record['family']}.{record['code']}"
            if record["state"] == "open":
                open_.add(name)
            else:
                open_.remove(name)
                closed[name] += record.get("openings", 1)
        return open_, closed


@pytest.mark.parametrize("changes", [2, 24, 60])
def test_a_fault_that_healed_before_the_kill_closes_after_it_with_every_opening(tmp_path, changes):
    """2: it does not flap. Its healing was answered: it stays healed."""
    robot = Killed(tmp_path)
    with robot.runs():
        robot.flap(changes)
    with robot.runs():
        until(lambda: robot.told() == (set(), {"touch.bumper": changes // 2}), lambda: str(robot.told()))


def test_a_fault_that_holds_at_the_kill_stays_open_and_closes_with_every_opening(tmp_path):
    """It was stored as healed: a confirmed count makes a commit in between."""
    robot = Killed(tmp_path)
    with robot.runs():
        robot.flap(60)
        robot.program.sendall(b'{"count": "touches"}\n')
        assert json.loads(robot.answers.readline())["durable"]
        robot.flap(7)
    with robot.runs():
        robot.flap(2, code="another")  # told behind what closes at the start
        until(lambda: "touch.another" in robot.told()[1], lambda: str(robot.told()))
        assert "touch.bumper" in robot.told()[0]
        robot.say(active=False)
        until(lambda: robot.told()[1]["touch.bumper"] == 34, lambda: str(robot.told()))


def test_after_a_power_cut_it_is_said_that_openings_are_not_known(tmp_path):
    """The control: the note of the runtime folder went with the power."""
    robot = Killed(tmp_path)
    with robot.runs():
        robot.flap(60)
    (tmp_path / NOTE).unlink()
    with robot.runs():
        robot.say(active=False)
        until(lambda: robot.told()[1]["touch.bumper"], lambda: str(robot.told()))
        until(lambda: robot.told()[1]["agent.openings_unknown"], lambda: str(robot.told()))
    assert robot.told()[1]["touch.bumper"] < 30


def test_what_flaps_between_two_commits_costs_no_commit(tmp_path):
    robot = Killed(tmp_path)
    with robot.runs():
        robot.flap(24)
        before = (
            (tmp_path / "outbox.db-wal").stat().st_size,
            len(list(held_records(load({"state_dir": str(tmp_path)}, {})))),
        )
        robot.flap(200)
        after = (
            (tmp_path / "outbox.db-wal").stat().st_size,
            len(list(held_records(load({"state_dir": str(tmp_path)}, {})))),
        )
        assert after == before
