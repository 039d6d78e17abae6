"""Setup on a folder that stands for a machine: once, again, by a changed release, and back."""

import json
import tomllib
from pathlib import Path

import pytest

from edge_agent.setup.__main__ import main
from edge_agent.setup.files import AFTER, HOME, NOTE, PAGE, SETTINGS, SHIPPED, agent_toml, wanted
from edge_agent.setup.machine import Machine, shipped
from tests import ROOT

ASKED = {"robot": "R-1", "mqtt_url": "mqtts://broker.example:8883", "timezone": "Asia/Shanghai"}


class Robot:
    """A folder as its root; the commands that were run."""

    def __init__(self, root: Path) -> None:
        self.root, self.ran = root, []

    def machine(self, *, dry=False):
        return Machine(self.root, dry=dry, run=lambda words: self.ran.append(tuple(words)))

    def install(self, *, dry=False, home=HOME, **changed):
        files = wanted(shipped() | changed, ASKED, home)
        return {path: verb for verb, path in self.machine(dry=dry).install(files)}

    def has(self):
        return {f"/{path.relative_to(self.root)}" for path in self.root.rglob("*") if path.is_file()}

    def at(self, path):
        return self.root / path.lstrip("/")


@pytest.fixture
def robot(tmp_path):
    return Robot(tmp_path)


def test_a_look_changes_nothing(robot):
    seen = robot.install(dry=True)
    assert set(seen.values()) == {"put", "run"}
    assert (robot.has(), robot.ran) == (set(), [])


def test_setup_puts_all_that_ships_and_the_second_time_there_is_nothing_to_do(robot):
    robot.install()
    assert robot.has() == {*SHIPPED.values(), SETTINGS, NOTE}
    assert tuple(robot.ran) == AFTER
    before = {path: robot.at(path).stat().st_ino for path in robot.has()}
    assert set(robot.install().values()) == {"same"}
    assert {path: robot.at(path).stat().st_ino for path in robot.has()} == before
    assert tuple(robot.ran) == AFTER


def test_all_that_is_packaged_is_installed():
    packaged = {path.name for path in (ROOT / "edge_agent" / "packaging").iterdir() if path.is_file()}
    assert packaged == {*SHIPPED, "agent.toml"}  # that one is an example for whoever installs by hand


def test_another_release_replaces_its_own_files_and_leaves_a_persons(robot):
    robot.install()
    robot.at(SETTINGS).write_text("robot = 'mine'\n")
    seen = robot.install(**{"edge-agent.service": b"[Unit]\n"})
    assert (seen["/etc/systemd/system/edge-agent.service"], seen[SETTINGS]) == ("replace", "kept")
    assert robot.at(SETTINGS).read_text() == "robot = 'mine'\n"


def test_undo_leaves_nothing_but_what_a_person_changed(robot):
    robot.at("/etc/systemd/system").mkdir(parents=True)
    foreign = robot.at("/etc/systemd/system/other.service")
    foreign.write_text("theirs")
    robot.install()
    robot.at(SETTINGS).write_text("robot = 'mine'\n")
    robot.ran.clear()
    list(robot.machine(dry=True).undo())
    assert robot.ran == []
    list(robot.machine().undo())
    assert robot.has() == {SETTINGS, "/etc/systemd/system/other.service"}
    assert robot.ran[0] == ("systemctl", "disable", "--now", "edge-agent.service", PAGE)
    assert list(robot.machine().undo()) == []


def test_undo_disables_no_socket_that_an_older_release_did_not_put(robot):
    """systemctl fails on a unit that is not there, and undo would end with everything in place."""
    robot.install()
    note = json.loads(robot.at(NOTE).read_text())
    del note[SHIPPED[PAGE]]
    robot.at(NOTE).write_text(json.dumps(note))
    robot.ran.clear()
    list(robot.machine().undo())
    assert robot.ran[0] == ("systemctl", "disable", "--now", "edge-agent.service")


def test_a_file_that_was_there_before_is_not_taken_for_ours(robot):
    robot.at(SETTINGS).parent.mkdir(parents=True)
    robot.at(SETTINGS).write_text("robot = 'mine'\n")
    robot.install()
    list(robot.machine().undo())
    assert robot.has() == {SETTINGS}


def test_units_name_the_place_where_the_agent_lies(robot):
    robot.install(home="/srv/agent")
    text = robot.at("/etc/systemd/system/edge-agent.service").read_text()
    assert "ExecStart=/srv/agent/bin/edge-agent run" in text
    assert HOME not in robot.at("/etc/systemd/system/fleetward-store.service").read_text()


def test_what_was_asked_is_the_robots_own_file():
    said = tomllib.loads(agent_toml({**ASKED, "model": 'a "b"'}).decode())
    assert said == {**ASKED, "model": 'a "b"', "runtime_dir": "/run/edge-agent"}


def test_who_is_not_root_may_look_and_not_install(monkeypatch, capsys):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    asked = [word for name, value in ASKED.items() for word in (f"--{name.replace('_', '-')}", value)]
    assert main([*asked]) == 2
    assert "run it as root" in capsys.readouterr().err
    assert main([*asked, "--dry-run"]) == 0
    assert "+ /etc/systemd/system/edge-agent.service" in capsys.readouterr().out


def test_a_name_that_is_none_is_refused_before_anything_is_written(capsys):
    assert main(["--dry-run", "--robot", "a b", "--mqtt-url", "mqtt://x", "--timezone", "UTC"]) == 2
    assert "robot" in capsys.readouterr().err
