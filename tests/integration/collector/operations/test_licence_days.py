"""Licences begin, end and begin again on their days by themselves; and nothing of it before its day."""

import base64
import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from collector.operations import desired, entitlements, fleet, skill_publishing
from collector.operations.entitlements import EndEntitlement, Entitle
from collector.operations.skill_publishing import SkillOnRobots
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.skillstore.entitlements.licence import SkillLicence, differs
from collector.store.tables.fleet import desired as desired_table
from collector.store.tables.fleet import robot
from protocol import limits
from protocol.messages import DesiredSkill
from tests import skill_shops
from tests.fleets import NOON, TODAY

DAY_S = 86_400
NONE = "no licence"


class Shop:
    """ktv-3 is BETA's; `day` 0 is today."""

    def __init__(self, store, folder):
        self.store, self.folder, self.day = store, folder, 0
        skill_shops.five_robots(store)
        self.installation = skill_shops.installed(folder)
        self.release = skill_shops.published(self.asked, self.installation, 1)

    @property
    def asked(self):
        return replace(skill_shops.inside(self.store, self.folder), clock=lambda: NOON + self.day * DAY_S)

    def entitle(self, first, last=None):
        grant = Entitle(
            account="BETA", skill=self.release.key, origin=EntitledBy.GRANTED, from_day=TODAY + first,
            to_day=None if last is None else TODAY + last,
        )  # fmt: skip
        return entitlements.entitle(self.asked, grant)

    def put(self):
        wish = SkillOnRobots(account="BETA", skill=self.release.key, do="put", robots=("ktv-3",))
        return skill_publishing.publish_skill(self.asked, wish)

    def wished_by_an_engineer(self, settings=None):
        one = DesiredSkill(
            skill=self.release.key, version=self.release.version, digest=self.release.sha256,
            settings=settings or {"x": 1},
        )  # fmt: skip
        desired.put_desired(self.asked, desired.WishFor(robot="ktv-3", skills=[one], settings={"volume": 3}))

    def pass_on(self, day):
        """How many robots the pass tells on that day."""
        self.day = day
        return desired.renew_licences(self.asked, None)

    def signed(self):
        """The day after which the licence ends, None: it goes on; and the revision."""
        with self.store.read() as connection:
            text = connection.scalar(
                select(desired_table.c.document)
                .join(robot, robot.c.id == desired_table.c.robot_id)
                .where(robot.c.name == "ktv-3")
            )
        document = json.loads(text)
        [one] = json.loads(base64.b64decode(document["sealed"]["payload"]))["skills"]
        if "licence" not in one:
            return NONE, document["revision"]
        until_s = one["licence"]["until_s"]
        return None if until_s is None else until_s // DAY_S - 1 - TODAY, document["revision"]


@pytest.fixture
def shop(store, tmp_path):
    return Shop(store, tmp_path)


def test_what_begins_later_stops_nothing_that_runs_today_and_begins_on_its_day(shop):
    shop.wished_by_an_engineer()
    shop.entitle(30)
    assert shop.signed()[0] == NONE
    assert (shop.pass_on(29), shop.signed()[0]) == (0, NONE)
    assert (shop.pass_on(30), shop.signed()[0]) == (1, None)
    assert shop.pass_on(30) == 0, "and it is told once"


def test_one_that_is_taken_back_before_it_began_ends_nothing_and_one_of_today_does(shop):
    shop.wished_by_an_engineer()
    later, now = shop.entitle(30), shop.entitle(0)
    assert shop.signed()[0] is None
    for one, first in ((later, 30), (now, 0)):
        over = EndEntitlement(entitlement=one.id, last_day=TODAY + first - 1, why="a mistake")
        assert entitlements.end_entitlement(shop.asked, over).done
    assert shop.signed()[0] == -1, "the control: of what it was given today nothing stays"
    assert shop.pass_on(40) == 0


def test_one_that_is_taken_back_before_it_began_leaves_an_engineers_wish_alone(shop):
    shop.wished_by_an_engineer()
    later = shop.entitle(30)
    entitlements.end_entitlement(shop.asked, EndEntitlement(entitlement=later.id, last_day=TODAY + 29, why="no"))
    assert (shop.pass_on(40), shop.signed()[0]) == (0, NONE)


def test_after_a_gap_the_licence_comes_back_by_itself_and_once(shop):
    shop.entitle(0, 2)
    shop.entitle(5)
    assert shop.put().changed == 1
    assert shop.signed() == (2, 1)
    assert [shop.pass_on(day) for day in (2, 3, 4)] == [0, 0, 0], "what is over is signed again on no day"
    assert (shop.pass_on(5), shop.signed()) == (1, (None, 2))
    assert shop.pass_on(6) == 0


def test_putting_it_again_tells_the_licence_that_stands(shop):
    shop.entitle(0, 2)
    shop.entitle(5)
    shop.put()
    shop.day = 6
    done = shop.put()
    assert ([(one.verdict, one.fetches_bytes) for one in done.plan.robots], done.changed) == ([("ready", 0)], 1)
    assert shop.signed() == (None, 2)
    again = shop.put()
    assert ([one.verdict for one in again.plan.robots], again.changed) == (["unchanged"], 0)


def test_what_somebody_changed_meanwhile_is_not_written_over(shop, monkeypatch):
    shop.entitle(0, 2)
    shop.entitle(5)
    shop.put()
    read = desired.robots_of_account

    def before_it_was_changed(*args):
        return [replace(one, revision=one.revision - 1) for one in read(*args)]

    monkeypatch.setattr(desired, "robots_of_account", before_it_was_changed)
    assert (shop.pass_on(5), shop.signed()) == (0, (2, 1))
    monkeypatch.undo()
    assert shop.pass_on(5) == 1, "the control"


def alarms_of(shop):
    return [
        (one.kind, one.robot, one.times, one.said["en"] == one.detail)
        for one in fleet.list_alarms(shop.asked, True)
        if one.kind == "licences_untold"
    ]


def test_a_robot_that_cannot_be_told_its_licences_has_an_alarm_until_its_settings_leave_room(shop, monkeypatch):
    shop.wished_by_an_engineer({"x": "y" * 2_000})
    assert alarms_of(shop) == [], "the control: what fits alarms nobody"
    with monkeypatch.context() as patch:
        patch.setattr(limits, "DESIRED_MAX_BYTES", 1_000)
        shop.entitle(0)
        assert shop.pass_on(1) == 0
        assert alarms_of(shop) == [("licences_untold", "ktv-3", 1, True)]
        cleared = fleet.ClearAlarm(kind="licences_untold", robot="ktv-3")
        fleet.clear_alarm(shop.asked, cleared)
        assert alarms_of(shop) == []
        shop.pass_on(2)
        assert alarms_of(shop) == [("licences_untold", "ktv-3", 2, True)], "nobody has seen to it"
    shop.wished_by_an_engineer()
    assert (alarms_of(shop), shop.signed()[0]) == ([], None)


@pytest.mark.parametrize(
    ("told", "holds", "is_another"),
    [(None, None, False), (None, 5, True), (5, None, True), (5, 5, False), (5, 6, False), (5, 20, True), (20, 5, True)],
)
def test_two_that_are_over_are_the_same(told, holds, is_another):
    of = [None if one is None else SkillLicence(one) for one in (told, holds)]
    assert differs(*of, now_s=10) is is_another
