"""From a wish that the collector signed to files on the robot: what arrives, what is refused, what a crash leaves."""

import hashlib
import importlib.util
import json
import os
import shutil
from pathlib import Path

import pytest
import zstandard

from collector.skillstore.sealing import Sealing
from edge_agent.skills import install, robot_said
from edge_agent.skills.fetching import Fetching, Patience
from edge_agent.skills.handing import hand_over
from edge_agent.skills.robot_said import RobotSaid
from edge_agent.skills.store import Place, run_once
from opk_skills.package import delta
from opk_skills.trust import documents
from opk_skills.trust.recalls import RECALLS, Recall, recalls_file
from protocol.messages import Desired, DesiredSkill
from tests.integration.edge_agent.skills.test_trust import served
from tests.package_repositories import APPID, NOW_S, Installation

CAPABILITIES = frozenset({"go_to", "speak"})
OTHER = "acme_" + "1111" * 8


class Robot:
    """One robot's folder at one repository, and the collector's pen."""

    def __init__(self, tmp_path: Path) -> None:
        self.installation = Installation(tmp_path / "repository")
        self.folder = tmp_path / "robot"
        (self.folder / "trust").mkdir(parents=True)
        (self.folder / "trust" / "root.json").write_bytes(self.installation.found())
        self.url, self.revision, self.facts = "", 0, {}

    def wishes(self, *releases, robot="r1", revision=None, account=None, **settings) -> None:
        """The collector signs; the agent hands over."""
        self.revision = self.revision + 1 if revision is None else revision
        skills = [DesiredSkill(skill=o.key, version=o.version, digest=o.sha256, settings=settings) for o in releases]
        sealing = Sealing.of(self.installation.repository, self.installation.keys["desired"])
        assert sealing.unknown(skills) is None
        wished = Desired(revision=self.revision, skills=skills)
        hand_over(self.folder, sealing.seal(robot, wished, int(NOW_S), account))

    def runs(self, **changed):
        place = Place(self.folder, "r1", "lucki", "2.8.0", CAPABILITIES)
        place = Place(**{name: changed.get(name, getattr(place, name)) for name in Place.__slots__})
        outcome = run_once(place, Fetching(self.url, None, Patience(20.0)), lambda: NOW_S)
        self.state = json.loads((self.folder / "state.json").read_text())
        self.facts = self.state["skills"]
        return outcome

    def has(self, key: str) -> bytes | None:
        """The content of the one file of that skill's current release; None: it is not installed."""
        path = self.folder / "store" / key / "current" / "lift" / "skill.py"
        return path.read_bytes() if path.exists() else None


@pytest.fixture
def robot(tmp_path):
    made = Robot(tmp_path)
    with served(tmp_path / "repository") as server:
        made.url = server.url
        made.server = server
        yield made


def test_a_signed_wish_becomes_files_and_the_four_facts(robot):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one, stops=3)
    outcome = robot.runs()
    assert (outcome.revision, outcome.changed, outcome.failed) == (1, ("lift",), "")
    assert robot.has("lift") == b"one"
    facts = robot.facts["lift"]
    assert {facts[name] for name in ("desired", "downloaded", "verified", "installed")} == {one.sha256}
    assert (facts["settings"], facts["version"], facts["code"]) == ({"stops": 3}, "04.3010.0000", "")
    assert robot.runs().changed == ()


def test_an_update_keeps_the_release_before_and_an_empty_wish_leaves_nothing(robot):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    robot.runs()
    two = robot.installation.publish(2, b"two")
    robot.wishes(two)
    robot.runs()
    assert robot.has("lift") == b"two"
    assert install.Installed(robot.folder).switch_back("lift")
    assert robot.has("lift") == b"one"
    robot.wishes()
    robot.runs()
    assert list((robot.folder / "store").iterdir()) == []
    assert list((robot.folder / "partial").iterdir()) == []


def large(line):
    """A module as a minifier leaves it: nothing repeats, and one line may change."""
    digits = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(3000))
    return f"A = '{digits}'\n{line}\nB = '{digits[::-1]}'\n".encode()


def test_one_changed_line_is_fetched_as_a_few_hundred_bytes(robot):
    one = robot.installation.publish(1, large("C = 1"))
    robot.wishes(one)
    robot.runs()
    two = robot.installation.publish(2, large("C = 22"))
    robot.server.asked.clear()
    robot.wishes(two)
    robot.runs()
    assert robot.has("lift") == large("C = 22")
    assert not [path for path in robot.server.asked if path.endswith(".opk")]
    (made,) = (robot.installation.path / "targets" / APPID).glob("*.from-*")
    assert made.stat().st_size <= 0.005 * len(zstandard.compress(large("C = 22"), 19))


@pytest.mark.parametrize("lie", [b"", b"no patch", 404, "of another package", "too long"])
def test_a_delta_that_lies_costs_the_whole_package_and_nothing_else(robot, lie):
    one = robot.installation.publish(1, large("C = 1"))
    robot.wishes(one)
    robot.runs()
    two = robot.installation.publish(2, large("C = 22"))
    (made,) = (robot.installation.path / "targets" / APPID).glob("*.from-*")
    if lie == "of another package":
        lie = delta.made(robot.installation.folder.target(one.path, one.sha256).read_bytes(), b"x" * two.length)
    elif lie == "too long":
        lie = zstandard.compress(bytes(200_000_000), 3)
    robot.server.answers[made.name] = lie
    robot.wishes(two)
    robot.runs()
    assert robot.has("lift") == large("C = 22")
    assert [path for path in robot.server.asked if path.endswith(".2.opk")]


def test_what_is_unpacked_is_compiled_and_the_bytecode_is_of_these_sources(robot):
    one = robot.installation.publish(1, b"STOPS = 3\n")
    robot.wishes(one)
    robot.runs()
    place = robot.folder / "store" / "lift" / one.sha256
    (made,) = place.rglob("*.pyc")
    code = made.read_bytes()
    assert code[4:8] == (0b11).to_bytes(4, "little")  # by the hash of its source, and checked
    assert code[8:16] == importlib.util.source_hash(b"STOPS = 3\n")
    broken = robot.installation.publish(2, b"STOPS = (\n")
    robot.wishes(broken)
    robot.runs()
    assert robot.has("lift") == b"STOPS = (\n"  # the skill says so when it starts


def test_a_release_that_was_fetched_before_is_not_fetched_again(robot):
    one, two = robot.installation.publish(1, b"one"), robot.installation.publish(2, b"two")
    for wished in (one, two):
        robot.wishes(wished)
        robot.runs()
    robot.server.asked.clear()
    robot.wishes(one)
    assert robot.runs().changed == ("lift",)
    assert robot.has("lift") == b"one"
    assert not [path for path in robot.server.asked if path.endswith(".opk")]


# --- whom it believes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", ["another robot", "older", "unsigned", "foreign key", "no JSON"])
def test_a_document_that_is_not_this_robots_newest_changes_nothing(robot, attack):
    one, two = robot.installation.publish(1, b"one"), robot.installation.publish(2, b"two")
    robot.wishes(two, revision=7)
    robot.runs()
    path = robot.folder / "desired.json"
    if attack == "another robot":
        robot.wishes(one, robot="r2", revision=9)
    elif attack == "older":
        robot.wishes(one, revision=6)
        (robot.folder / "state.json").unlink()  # a power cut took it: the revision is kept with what was seen
    elif attack == "unsigned":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"signatures": []}))
    elif attack == "foreign key":
        path.write_text(
            json.dumps(documents.seal({"robot": "r1", "revision": 9}, robot.installation.keys["timestamp"]))
        )
    else:
        path.write_text("{")
    outcome = robot.runs()
    assert robot.has("lift") == b"two"
    if attack != "older":
        assert outcome.failed
        assert outcome.revision == 7
    robot.wishes(one, revision=10)  # the control: what is signed for it is followed
    robot.runs()
    assert robot.has("lift") == b"one"


def test_other_bytes_than_were_signed_are_thrown_away(robot):
    one = robot.installation.publish(1, b"one")
    name = f"{one.sha256}.1.opk"
    content = (robot.installation.path / "targets" / APPID / name).read_bytes()
    robot.server.answers[name] = content.replace(b"one", b"own")
    robot.wishes(one)
    robot.runs()
    assert robot.has("lift") is None
    assert robot.facts["lift"]["code"] == "not_trusted"
    robot.server.answers.clear()
    robot.runs()
    assert robot.has("lift") == b"one"


def test_a_recalled_release_leaves_also_while_the_repository_is_away(robot):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    robot.runs()
    recall = Recall(APPID, (1,), "harmful", {"en": "It drives off.", "zh": "会自行驶离。"}, int(NOW_S))
    robot.installation.fleet_file(RECALLS, recalls_file([recall]))
    robot.runs(now=lambda: RobotSaid("waits_task", frozenset({"lift"})))
    assert robot.has("lift") == b"one"  # it is not torn out of a tour by this process; the agent stops it first
    assert (robot.facts["lift"]["stop"], robot.facts["lift"]["tell"]["en"]) == ("now", "It drives off.")
    robot.url = "http://127.0.0.1:9"
    robot.runs(now=lambda: RobotSaid("waits_task"))
    assert robot.has("lift") is None
    assert robot.facts["lift"]["code"] == "recalled"
    assert robot.facts["lift"]["reason"] == {"en": "it was recalled: It drives off.", "zh": "已被召回：会自行驶离。"}


# --- it waits for the robot -----------------------------------------------------------------------------------------

ON_A_TOUR = RobotSaid("waits_task", frozenset({"lift"}))
IDLE = RobotSaid("", frozenset({"lift"}))


def test_a_release_is_fetched_and_verified_at_once_and_switched_to_when_the_robot_is_idle(robot):
    one, two = robot.installation.publish(1, b"one"), robot.installation.publish(2, b"two")
    robot.wishes(one)
    robot.runs()
    robot.wishes(two)
    robot.runs(now=lambda: ON_A_TOUR)
    assert robot.has("lift") == b"one"
    facts = robot.facts["lift"]
    assert (facts["verified"], facts["installed"], facts["code"]) == (two.sha256, one.sha256, "waits")
    assert robot.state["pending"]
    robot.url = "http://127.0.0.1:9"  # what is there needs no network, but a fresh word on what is recalled
    robot.runs(now=lambda: ON_A_TOUR)
    assert robot.has("lift") == b"one"
    robot.url = robot.server.url
    robot.runs(now=lambda: IDLE)
    assert robot.has("lift") == b"two"


def test_nothing_is_switched_while_nobody_says_what_the_robot_does(robot, tmp_path):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    robot.runs(now=lambda: robot_said.read(tmp_path / "nowhere"))
    assert robot.has("lift") is None
    robot_said.tell(tmp_path / "said", "", (), 0)
    robot.runs(now=lambda: robot_said.read(tmp_path / "said"))
    assert robot.has("lift") == b"one"


def test_what_is_no_longer_wished_stays_until_the_agent_has_ended_it(robot):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    robot.runs()
    robot.wishes()
    robot.runs(now=lambda: IDLE)
    facts = robot.facts["lift"]
    assert robot.has("lift") == b"one"
    assert (facts["desired"], facts["installed"], facts["stop"]) == ("", one.sha256, "wait")
    robot.runs()
    assert robot.has("lift") is None
    assert robot.facts == {}


def test_a_faulty_release_ends_after_its_task_and_a_mended_one_takes_its_place(robot):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    robot.runs()
    recall = Recall(APPID, (1,), "faulty", {"en": "It stops early.", "zh": "会提前停止。"}, int(NOW_S))
    robot.installation.fleet_file(RECALLS, recalls_file([recall]))
    two = robot.installation.publish(2, b"two")
    robot.wishes(two)
    robot.runs(now=lambda: ON_A_TOUR)
    assert (robot.has("lift"), robot.facts["lift"]["stop"]) == (b"one", "task")
    robot.runs()
    assert robot.has("lift") == b"two"


# --- on trial -----------------------------------------------------------------------------------------------------


def saw(robot, one, phase, *, steady=False):
    """What the agent wrote of it."""
    skills = {"lift": {"phase": phase, "sha256": one.sha256, "steady": steady}}
    (robot.folder / "running.json").write_text(json.dumps({"format": 1, "skills": skills}))


def updated(robot, **settings):
    one, two = robot.installation.publish(1, b"one"), robot.installation.publish(2, b"two")
    for wished in (one, two):
        robot.wishes(wished, **settings)
        robot.runs()
    assert robot.has("lift") == b"two"
    return one, two


def test_a_release_that_was_put_aside_goes_back_to_the_one_before_and_is_not_tried_again(robot):
    one, two = updated(robot)
    saw(robot, two, "quarantined")
    assert robot.runs().changed == ("lift",)
    assert robot.has("lift") == b"one"
    facts = robot.facts["lift"]
    assert (facts["desired"], facts["installed"], facts["code"]) == (two.sha256, one.sha256, "rolled_back")
    assert "release 2 ended again and again" in facts["reason"]["en"]
    saw(robot, one, "active", steady=True)
    assert robot.runs().changed == ()
    assert robot.has("lift") == b"one"
    robot.wishes(two, stops=3)  # other settings are another wish
    robot.runs()
    assert robot.has("lift") == b"two"


def test_a_release_that_ran_for_a_while_stays_whatever_comes_later(robot):
    _, two = updated(robot)
    saw(robot, two, "active")
    robot.runs()
    assert robot.state["pending"]
    saw(robot, two, "active", steady=True)
    robot.runs()
    assert not robot.state["pending"]
    saw(robot, two, "quarantined")
    robot.runs()
    assert robot.has("lift") == b"two"


@pytest.mark.parametrize("why", ["recalled", "below the floor"])
def test_it_does_not_go_back_to_what_must_not_run(robot, why):
    one, two = (
        robot.installation.publish(1, b"one"),
        robot.installation.publish(2, b"two", floor=2 if why == "below the floor" else 0),
    )
    for wished in (one, two) if why == "recalled" else (two,):
        robot.wishes(wished)
        robot.runs()
    if why == "recalled":
        recall = Recall(APPID, (1,), "faulty", {"en": "It stops early.", "zh": "会提前停止。"}, int(NOW_S))
        robot.installation.fleet_file(RECALLS, recalls_file([recall]))
        robot.runs()
    else:  # the release before lies there, as it did before its publisher raised the floor
        place = robot.folder / "store" / "lift"
        shutil.copytree(place / two.sha256, place / one.sha256)
        (place / "previous").symlink_to(one.sha256)
        seen = json.loads((robot.folder / "trust" / "seen.json").read_text())
        seen["releases"][APPID]["1"] = one.sha256
        (robot.folder / "trust" / "seen.json").write_text(json.dumps(seen))
    saw(robot, two, "quarantined")
    robot.runs()
    assert robot.has("lift") == b"two"


# --- another customer ---------------------------------------------------------------------------------------------


def test_a_robot_that_moves_to_another_customer_begins_with_nothing_of_the_last_one(robot):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one, account="a1", stops=3)
    robot.runs()
    robot.wishes(one, account="b2", stops=5)
    robot.runs(now=lambda: IDLE)
    facts = robot.facts["lift"]
    assert (facts["code"], facts["stop"], robot.has("lift")) == ("moving", "wait", b"one")
    robot.runs(now=lambda: RobotSaid("", frozenset()))  # the agent has ended it
    assert robot.has("lift") is None
    robot.runs(now=lambda: IDLE)  # but what it kept is still there
    assert robot.has("lift") is None
    robot.runs()
    assert (robot.has("lift"), robot.facts["lift"]["settings"]) == (b"one", {"stops": 5})
    robot.wishes(one, account="b2")  # the control: the same customer's robot keeps what it has
    assert robot.runs().changed == ()


# --- what is refused before it is fetched -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("robot_is", "package_says", "code"),
    [
        ({"model": "mini"}, {"requires": {"core": "2.3.0", "models": ["lucki"], "capabilities": []}}, "wrong_model"),
        ({"core": "2.3.0"}, {"requires": {"core": "2.10.0", "models": [], "capabilities": []}}, "core_too_old"),
        ({"capabilities": frozenset({"speak"})}, {}, "no_capability"),
    ],
)
def test_what_a_release_needs_is_judged_before_the_download(robot, robot_is, package_says, code):
    one = robot.installation.publish(1, b"one", **package_says)
    robot.wishes(one)
    robot.runs(**robot_is)
    assert robot.facts["lift"]["code"] == code
    assert set(robot.facts["lift"]["reason"]) == {"en", "zh"}
    assert not [path for path in robot.server.asked if path.endswith(".opk")]


def test_of_two_skills_with_one_intent_the_second_is_refused_by_name(robot):
    one = robot.installation.publish(1, b"one")
    counter = {"key": "hoist.ride", "unit": "count", "en": "Rides", "zh": "次数", "most_per_h": 60}
    other = robot.installation.publish(1, b"two", appid=OTHER, key="hoist", app_keys=["hoist"], counter=[counter])
    robot.wishes(one, other)
    robot.runs()
    assert robot.has("lift") == b"one"
    assert robot.facts["hoist"]["code"] == "same_intent"
    assert "lift answers to lift&call" in robot.facts["hoist"]["reason"]["en"]


def test_no_room_is_said_before_the_download(robot, monkeypatch):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 8 * 1024 * 1024))
    robot.runs()
    assert robot.facts["lift"]["code"] == "no_room"


# --- power cuts ---------------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """The machine is off."""


@pytest.mark.parametrize("step", range(1, 40))
def test_a_power_cut_at_any_step_leaves_the_old_release_or_the_new_one_whole(robot, monkeypatch, step):
    one = robot.installation.publish(1, b"one")
    robot.wishes(one)
    robot.runs()
    two = robot.installation.publish(2, b"two")
    robot.wishes(two)
    left = [step]

    def counted(function):
        def call(*arguments, **more):
            left[0] -= 1
            if left[0] == 0:
                raise PowerCut
            return function(*arguments, **more)

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "unlink", "symlink_to", "mkdir"):
            patch.setattr(Path, name, counted(getattr(Path, name)))
        patch.setattr(os, "fsync", counted(os.fsync))
        patch.setattr(install, "_sync_filesystem", counted(install._sync_filesystem))
        try:
            robot.runs()
        except PowerCut:
            pass
        else:
            assert left[0] > 0
    assert robot.has("lift") in {b"one", b"two"}
    robot.runs()
    assert robot.has("lift") == b"two"
    assert not list((robot.folder / "store" / "lift").glob(f"{install.MAKING}*"))
