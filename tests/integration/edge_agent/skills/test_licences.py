"""Licences of the signed wish, obeyed by the store process: offline, with clocks turned back and files put back."""

import json

import pytest

from collector.skillstore.entitlements.licence import Bound, SkillLicence
from collector.skillstore.sealing import Sealing
from edge_agent.skills import robot_said
from protocol.messages import Desired, DesiredSkill
from tests.integration.edge_agent.skills.test_store import Robot, hand_over
from tests.integration.edge_agent.skills.test_trust import served
from tests.package_repositories import NOW_S


@pytest.fixture
def robot(tmp_path):
    made = Robot(tmp_path)
    with served(tmp_path / "repository") as server:
        made.url = server.url
        yield made


def licensed(robot, *releases, until_s=None, key=""):
    """The collector signs a wish with a licence for each skill."""
    robot.revision += 1
    skills = [DesiredSkill(skill=one.key, version=one.version, digest=one.sha256) for one in releases]
    sealing = Sealing.of(robot.installation.repository, robot.installation.keys["desired"])
    bound = Bound(key, {one.key: SkillLicence(until_s) for one in releases})
    wished = Desired(revision=robot.revision, skills=skills)
    hand_over(robot.folder, sealing.seal("r1", wished, int(NOW_S), "acme", bound))


def test_a_licence_that_ended_ends_the_skill_after_its_task_and_keeps_the_package(robot):
    one = robot.installation.publish(1, b"one")
    licensed(robot, one, until_s=int(NOW_S) + 60)
    robot.runs(running=lambda: ("boot", 0))
    assert (robot.facts["lift"]["code"], robot.facts["lift"].get("stop", "")) == ("", "")
    robot.runs(running=lambda: ("boot", 120))  # two minutes later; the clock stands still
    assert (robot.facts["lift"]["code"], robot.facts["lift"]["stop"]) == ("licence_over", "task")
    assert robot.has("lift") == b"one"
    licensed(robot, one)
    robot.runs(running=lambda: ("boot", 180))
    assert (robot.facts["lift"]["code"], robot.facts["lift"].get("stop", "")) == ("", ""), "entitled again"


def test_fourteen_days_without_a_word_of_the_centre_end_it_offline_whatever_the_clock_says(robot):
    one = robot.installation.publish(1, b"one")
    licensed(robot, one)
    robot.runs(running=lambda: ("boot", 0))
    url, robot.url = robot.url, "http://127.0.0.1:9"
    robot.runs(running=lambda: ("boot", 13 * 86_400))
    assert robot.facts["lift"]["code"] == ""
    robot.runs(running=lambda: ("boot", 15 * 86_400))
    assert (robot.facts["lift"]["code"], robot.facts["lift"]["stop"]) == ("licence_unheard", "task")
    (robot.folder / "state.json").write_text(json.dumps(robot.state | {"reckoned": {}}))  # put back
    robot.runs(running=lambda: ("boot", 0), now=lambda: robot_said.RobotSaid(vouched_s=int(NOW_S) + 15 * 86_400))
    assert robot.facts["lift"]["code"] == "licence_unheard", "the outbox knows better"
    assert url


def test_a_document_for_another_key_and_a_licence_that_is_none_are_not_followed(robot):
    one = robot.installation.publish(1, b"one")
    licensed(robot, one, key="ab" * 32)
    assert "another robot's key" in robot.runs(key="cd" * 32).failed
    assert robot.has("lift") is None
    robot.runs(key="ab" * 32)
    assert robot.has("lift") == b"one", "the control"


def test_a_licence_that_was_replaced_cannot_be_played_back(robot):
    one = robot.installation.publish(1, b"one")
    licensed(robot, one)
    old = (robot.folder / "desired.json").read_bytes()
    robot.runs()
    licensed(robot, one, until_s=int(NOW_S) - 1)
    robot.runs()
    assert robot.facts["lift"]["code"] == "licence_over"
    (robot.folder / "desired.json").write_bytes(old)
    robot.runs()
    assert robot.facts["lift"]["code"] == "licence_over"
