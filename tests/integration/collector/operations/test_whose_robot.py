"""Whose a robot is now is asked of the robot's own day, by every act and reading of the skill store."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.fleet import desired as wishes
from collector.ingest.decode import decode
from collector.operations import desired, held_back, skill_publishing, skills
from collector.operations import entitlements as entitling
from collector.operations.skill_publishing import SkillOnRobots
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.store.tables.fleet import account, robot
from collector.store.tables.fleet import desired as desired_table
from protocol import codec, topics
from protocol.messages import DesiredSkill
from tests import fleets, skill_shops
from tests.batches import commit
from tests.fleets import HOUR, NOON, TODAY
from tests.policies import TERMS

MINE = {"do": "put", "robots": ("ktv-3",)}


class Shop:
    """ktv-3 is BETA's until today and ACME's from tomorrow, by its own clock; both may have the lift boy."""

    def __init__(self, store, folder, zone):
        self.store, self.folder, self.zone = store, folder, zone
        skill_shops.five_robots(store)
        self.release = skill_shops.sold(store, folder)
        self.key = self.release.key
        self.entitle("ACME", TODAY - 5)
        with store.write() as connection:
            connection.execute(update(robot).where(robot.c.name == "ktv-3").values(timezone=zone))
            stays = {"id": "deployment-ktv-3", "robot": "ktv-3", "account": "BETA"}
            ended = who.Deployment(**stays, from_day=TODAY - 20, to_day=TODAY)
            [corrected] = writing.write(connection, KINDS["deployment"], [ended], Origin("story", NOON), TERMS)
            assert corrected.did == "corrected"
            moved = who.Deployment(id="next", robot="ktv-3", account="ACME", from_day=TODAY + 1, to_day=None)
            fleets.add(connection, "deployment", moved)

    def at(self, now_s):
        return replace(skill_shops.inside(self.store, self.folder), clock=lambda: now_s)

    def entitle(self, account, from_day, now_s=NOON, **more):
        grant = entitling.Entitle(
            account=account, skill=self.key, origin=EntitledBy.GRANTED, from_day=from_day, **more
        )  # fmt: skip
        return entitling.entitle(self.at(now_s), grant)

    def stands(self):
        """Whose document stands for ktv-3, and its skills."""
        with self.store.read() as connection:
            row = connection.execute(
                select(account.c.external_id, desired_table.c.document)
                .join(robot, robot.c.id == desired_table.c.robot_id)
                .outerjoin(account, account.c.id == desired_table.c.account_id)
                .where(robot.c.name == "ktv-3")
            ).one_or_none()
        return None if row is None else (row[0], [one["skill"] for one in json.loads(row[1])["skills"]])


@pytest.mark.parametrize(
    ("zone", "now_s", "has_it", "had_it"),
    [
        ("Asia/Shanghai", NOON + 5 * HOUR, "ACME", "BETA"),  # tomorrow there, today in UTC
        ("America/Los_Angeles", NOON + 14 * HOUR, "BETA", "ACME"),  # today there, tomorrow in UTC
        ("UTC", NOON + 5 * HOUR, "BETA", "ACME"),  # the control: one day everywhere
        ("Nowhere/Atall", NOON + 5 * HOUR, "BETA", "ACME"),  # a zone that is not known is UTC
    ],
)
def test_who_has_no_robot_on_its_own_day_changes_and_sees_nothing_there(store, tmp_path, zone, now_s, has_it, had_it):
    shop = Shop(store, tmp_path, zone)
    asked = shop.at(now_s)
    wanted = SkillOnRobots(account=had_it, skill=shop.key, **MINE)
    for act in (skill_publishing.try_skill, skill_publishing.publish_skill):
        assert act(asked, wanted).kind == "not_found"
    assert shop.stands() is None
    own = skill_publishing.publish_skill(asked, replace(wanted, account=has_it))
    assert own.changed == 1
    assert shop.stands() == (has_it, ["lift"])
    for name in (has_it, had_it):
        page = skills.skills_of_account(asked, skills.SkillsOfAccount(account=name, limit=50))
        assert ("ktv-3" in {one.robot for one in page.items}) == (name == has_it)
        waiting = skills.waiting_skills(asked, skills.WaitingFor(account=name, limit=50))
        assert ({one.robot for one in waiting.shown} == {"ktv-3"}) == (name == has_it)
    everywhere = skills.waiting_skills(asked, skills.WaitingFor(limit=50))
    assert {one.account for one in everywhere.shown} == {has_it}
    assert {one.account for one in held_back.skills_held_back(
        asked, held_back.HeldBackFilter(limit=9)).shown} == {has_it}  # fmt: skip


def test_an_entitlement_of_who_had_it_tells_nothing_to_the_robot_of_the_next_one(store, tmp_path):
    shop = Shop(store, tmp_path, "Asia/Shanghai")
    evening, night = NOON, NOON + 5 * HOUR
    wish = SkillOnRobots(account="BETA", skill=shop.key, **MINE)
    assert skill_publishing.publish_skill(shop.at(evening), wish).changed == 1
    desired.follow_moves(shop.at(night), None)
    skill = DesiredSkill(skill=shop.key, version=shop.release.version, digest=shop.release.sha256, settings={"x": 1})
    made = desired.put_desired(shop.at(night), desired.WishFor(robot="ktv-3", skills=[skill], settings={}))
    shop.entitle("BETA", TODAY, night)
    with store.read() as connection:
        assert connection.scalar(select(desired_table.c.revision)) == made.revision
    assert shop.stands() == ("ACME", ["lift"])
    shop.entitle("ACME", TODAY, night)
    with store.read() as connection:
        assert connection.scalar(select(desired_table.c.revision)) == made.revision + 1, "the control"


def test_a_wish_for_an_account_is_not_written_into_the_robot_of_another(store, tmp_path):
    Shop(store, tmp_path, "UTC")
    with store.write() as connection:
        robot_id = connection.scalar(select(robot.c.id).where(robot.c.name == "ktv-3"))
        ids = {row.external_id: row.id for row in connection.execute(select(account))}
        say = {"sealed": wishes.unsealed}
        refused = wishes.wish(connection, robot_id, [], {}, int(NOON), account_id=ids["ACME"], **say)
        assert refused == wishes.Stale(0)
        made = wishes.wish(connection, robot_id, [], {}, int(NOON), account_id=ids["BETA"], **say)
        assert made.revision == 1, "the control"


@pytest.mark.parametrize(("zone", "verdict"), [("Asia/Shanghai", "refused"), ("UTC", "ready")])
def test_a_dry_run_judges_an_entitlement_by_the_day_on_which_its_licence_ends(store, tmp_path, zone, verdict):
    skill_shops.five_robots(store)
    one = skill_shops.published(skill_shops.inside(store, tmp_path), skill_shops.installed(tmp_path), 1)
    asked = replace(skill_shops.inside(store, tmp_path), clock=lambda: NOON + 5 * HOUR)
    grant = entitling.Entitle(
        account="BETA", skill=one.key, origin=EntitledBy.GRANTED, from_day=TODAY - 3, to_day=TODAY
    )  # fmt: skip
    entitling.entitle(asked, grant)
    with store.write() as connection:
        connection.execute(update(robot).where(robot.c.name == "ktv-3").values(timezone=zone))
    plan = skill_publishing.try_skill(asked, SkillOnRobots(account="BETA", skill=one.key, **MINE))
    assert [(each.verdict, each.code) for each in plan.robots] == [
        (verdict, "not_entitled" if verdict == "refused" else "")
    ]


@pytest.mark.parametrize(("revision", "is_told"), [(1, False), (3, True)])
def test_a_late_report_on_a_wish_of_the_account_before_is_not_told_to_the_next_one(store, tmp_path, revision, is_told):
    shop, night = Shop(store, tmp_path, "UTC"), NOON + 30 * HOUR
    wish = SkillOnRobots(account="BETA", skill=shop.key, **MINE)
    assert skill_publishing.publish_skill(shop.at(NOON), wish).changed == 1
    assert desired.follow_moves(shop.at(night), None) == 1
    assert skill_publishing.publish_skill(shop.at(night), replace(wish, account="ACME")).changed == 1
    told = [{"skill": shop.key, "desired": shop.release.sha256, "reason": "no_room: the red hall"}]
    form = {"v": 1, "robot": "ktv-3", "revision": revision, "skills": told}
    commit(store, decode(topics.reported("ktv-3"), codec.encode(form)), received_s=int(night))
    acme = skill_shops.admin_of(shop.at(night), "ACME")
    page = skills.skills_of_account(acme, skills.SkillsOfAccount(account="ACME", limit=50))
    [one] = [each for each in page.items if each.robot == "ktv-3"]
    history = skills.skill_history(acme, skills.SkillHistoryOf(robot="ktv-3", limit=50))
    plan = skill_publishing.try_skill(acme, replace(wish, account="ACME"))
    assert ("red hall" in str((one, history))) == is_told
    assert (plan.robots[0].code == "no_room") == is_told
