"""What was put on robots or taken off is taken back: with version and settings, all or none, and as the rules stand."""

import json

import pytest
from sqlalchemy import func, select

from collector.operations import catalogue, desired, entitlements, recalls, skill_publishing, skill_take_back
from collector.operations.skill_publishing import SkillOnRobots
from collector.operations.skill_take_back import TakeBackPublishing, TakenBack
from collector.store.tables.fleet import desired as desired_table
from collector.store.tables.fleet import robot
from collector.store.tables.people import audit
from collector.values.refusal import Refused
from protocol.messages import DesiredSkill
from tests import skill_shops
from tests.fleets import TODAY

THREE = skill_shops.ROBOTS[1:4]


@pytest.fixture
def shop(store, tmp_path):
    """(context, the version that three robots of BETA have, a newer one)."""
    skill_shops.five_robots(store)
    newer = skill_shops.improved(store, tmp_path)
    asked = skill_shops.inside(store, tmp_path)
    first = catalogue.one_listing(asked, newer.key).versions[-1]
    return asked, first, newer


def act(asked, skill, do, *robots, **more):
    done = skill_publishing.publish_skill(
        asked, SkillOnRobots(account="BETA", skill=skill, do=do, robots=robots, **more)
    )
    assert not isinstance(done, Refused), done
    return done


def back(asked, skill, revisions, operation=skill_take_back.take_back_publishing):
    return operation(asked, TakeBackPublishing(account="BETA", skill=skill, revisions=revisions))


def on(asked, name):
    """(version, settings) of each skill that a robot is to run."""
    query = select(desired_table.c.document).join(robot, robot.c.id == desired_table.c.robot_id)
    document = json.loads(asked.read(lambda connection: connection.scalar(query.where(robot.c.name == name))))
    return {one["skill"]: (one["version"], one["settings"]) for one in document["skills"]}


def test_what_was_taken_off_is_back_with_its_version_and_settings(shop):
    asked, first, newer = shop
    entry = DesiredSkill(skill=newer.key, version=first.version, digest=first.sha256, settings={"floor": 7})
    assert not isinstance(
        desired.put_desired(asked, desired.WishFor(robot="ktv-3", skills=[entry], settings={})), Refused
    )
    act(asked, newer.key, "put", "ktv-4")
    before = {name: on(asked, name) for name in THREE}
    assert before["ktv-3"] != before["ktv-4"], "the control: of two versions"
    gone = act(asked, newer.key, "remove", *THREE)
    assert sorted(gone.revisions) == sorted(THREE)
    assert all(on(asked, name) == {} for name in THREE)
    tried = back(asked, newer.key, gone.revisions, skill_take_back.try_take_back)
    assert all(on(asked, name) == {} for name in THREE), "trying changes nothing"
    done = back(asked, newer.key, gone.revisions)
    assert done == tried == TakenBack({"ktv-3": first.version, "ktv-4": newer.version, "ktv-5": first.version})
    assert {name: on(asked, name) for name in THREE} == before


def test_an_update_goes_back_to_the_version_before_and_what_was_new_goes(shop):
    asked, first, newer = shop
    done = act(asked, newer.key, "put", "ktv-3", "park-1", "ktv-4")
    assert back(asked, newer.key, done.revisions).versions == {
        "ktv-3": first.version, "ktv-4": first.version, "park-1": "",
    }  # fmt: skip
    assert on(asked, "park-1") == {}


def test_what_somebody_changed_since_is_refused_whole(shop):
    asked, first, newer = shop
    gone = act(asked, newer.key, "remove", "ktv-3", "ktv-4")
    act(asked, newer.key, "put", "ktv-4", version=first.version)
    refused = back(asked, newer.key, gone.revisions)
    assert (refused.kind, "ktv-4" in refused.reason, "ktv-3" in refused.reason) == ("conflict", True, False)
    assert on(asked, "ktv-3") == {}, "all or none"
    assert back(asked, newer.key, {"hall-7": 1}).kind == "not_found", "a robot of another account"
    assert back(asked, newer.key, {}).kind == "invalid"


def test_what_the_account_may_not_have_any_more_does_not_come_back_but_may_go(shop):
    asked, _, newer = shop
    gone = act(asked, newer.key, "remove", "ktv-3")
    added = act(asked, newer.key, "put", "park-1")
    ended = entitlements.EndEntitlement(entitlement=1, last_day=TODAY - 1, why="over")
    assert not isinstance(entitlements.end_entitlement(asked, ended), Refused)
    refused = back(asked, newer.key, gone.revisions, skill_take_back.try_take_back)
    assert (refused.kind, "not_entitled" in refused.reason) == ("conflict", True)
    assert back(asked, newer.key, added.revisions).versions == {"park-1": ""}


def test_the_audit_names_every_robot_that_was_touched(shop, monkeypatch):
    asked, _, newer = shop
    act(asked, newer.key, "put")
    said = asked.read(lambda connection: connection.scalar(select(audit.c.said).order_by(audit.c.id.desc()).limit(1)))
    touched = json.loads(said)["touched"]
    assert touched == ["ktv-3", "ktv-4", "ktv-5", "park-1"], "all were asked for, one is of another model"
    monkeypatch.setattr("collector.access.audit.ROBOTS_A_ROW", 3)
    count = asked.read(lambda connection: connection.scalar(select(func.count()).select_from(audit)))
    act(asked, newer.key, "remove")
    rows = asked.read(lambda connection: connection.execute(select(audit.c.said).order_by(audit.c.id)).scalars().all())
    assert [json.loads(one)["touched"] for one in rows[count:]] == [["ktv-3", "ktv-4", "ktv-5"], ["park-1"]]
    assert {json.loads(one)["touched_of"] for one in rows[count:]} == {4}


def test_an_entitlement_that_ends_says_in_the_audit_which_robots_were_told(shop):
    asked, _, _ = shop
    ended = entitlements.EndEntitlement(entitlement=1, last_day=TODAY, why="over")
    assert not isinstance(entitlements.end_entitlement(asked, ended), Refused)
    said = asked.read(lambda connection: connection.scalar(select(audit.c.said).order_by(audit.c.id.desc()).limit(1)))
    assert json.loads(said)["touched"] == list(THREE)


def test_a_skill_that_is_none_is_not_taken_off_in_silence(shop):
    asked, _, newer = shop
    for operation in (skill_publishing.try_skill, skill_publishing.publish_skill):
        refused = operation(asked, SkillOnRobots(account="BETA", skill="lfit", do="remove"))
        assert (refused.kind, "did you mean lift?" in str(refused.remedy)) == ("not_found", True)
        nothing = operation(asked, SkillOnRobots(account="BETA", skill="xyz", do="remove"))
        assert (nothing.kind, "did you mean" in str(nothing.remedy)) == ("not_found", False)
    act(asked, newer.key, "remove", "ktv-2")  # the control: it is none of this robot, and a skill
    theirs = skill_shops.admin_of(asked, "BETA")
    assert act(theirs, newer.key, "remove", "ktv-3").changed == 1


def test_a_recalled_package_is_not_wished_by_hand_and_not_published(shop):
    asked, first, newer = shop
    assert not isinstance(
        recalls.recall_package(asked, recalls.RecallPackage(skill=newer.key, digest=first.sha256)), Refused
    )
    entry = DesiredSkill(skill=newer.key, version=first.version, digest=first.sha256, settings={})
    refused = desired.put_desired(asked, desired.WishFor(robot="ktv-3", skills=[entry], settings={}))
    assert (refused.kind, "recalled" in refused.reason) == ("conflict", True)
    plan = act(asked, newer.key, "put", "ktv-3", version=first.version).plan
    assert [(one.verdict, one.code) for one in plan.robots] == [("refused", "recalled")]
    other = DesiredSkill(skill=newer.key, version=newer.version, digest=newer.sha256, settings={})
    assert not isinstance(
        desired.put_desired(asked, desired.WishFor(robot="ktv-3", skills=[other], settings={})), Refused
    ), "the control"
