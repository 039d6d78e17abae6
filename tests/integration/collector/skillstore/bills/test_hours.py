"""Hours that have not arrived are those of the robots that a line is about, not of all the account has."""

import pytest
from sqlalchemy import insert

from collector.calendar.days import DAY_S
from collector.store.tables.skills import skill_wish
from tests import billed
from tests.billed import JUNE, MAY
from tests.portfolio import robot_id

OTHER = {**billed.TOURS, "charges": [{**billed.TOURS["charges"][1], "counter": "dance_performed"}]}


def wished(store, account_id, name, skill, day, digest="d"):
    with store.write() as connection:
        connection.execute(
            insert(skill_wish).values(
                robot_id=robot_id(store, name), account_id=account_id, skill=skill, version="1.0", digest=digest,
                revision=day, at=day * DAY_S, settings="{}",
            )
        )  # fmt: skip


@pytest.fixture
def account(store):
    """Two robots, one skill; all of acme-1's hours arrived, of acme-0's twelve did not."""
    billed.offer(store)
    made = billed.an_account(store, robots=["acme-0", "acme-1"])
    billed.sell(store, made)
    billed.count(store, "acme-0", dict.fromkeys(range(MAY, JUNE), 0))
    billed.count(store, "acme-1", dict.fromkeys(range(MAY, JUNE), 0))
    billed.count(store, "acme-0", {MAY + 3: 0}, hours=12)
    return made


def hours(store, skill="guide"):
    billed.close(store)
    (may,) = billed.bills(store)
    (found,) = [one for one in may.lines if one.skill == skill and one.expected_robot_h is not None]
    return found.expected_robot_h, found.missing_robot_h


def test_only_robots_on_which_the_skill_was_wished_are_meant(store, account):
    wished(store, account, "acme-1", "guide", MAY - 1)
    assert hours(store) == (744, 0)


def test_the_robot_that_misses_hours_is_meant_where_it_has_the_skill(store, account):
    """The control of the test above."""
    wished(store, account, "acme-0", "guide", MAY - 1)
    assert hours(store) == (744, 12)


def test_days_before_the_skill_was_on_the_robot_are_not_meant(store, account):
    wished(store, account, "acme-0", "guide", MAY + 10)
    wished(store, account, "acme-0", "guide", MAY + 20, digest="")
    assert hours(store) == (240, 0)


@pytest.mark.usefixtures("account")
def test_a_robot_on_which_nobody_wished_it_is_meant_where_it_counted(store):
    billed.count(store, "acme-1", {MAY + 7: 4})
    assert hours(store) == (744, 0)


@pytest.mark.usefixtures("account")
def test_where_nothing_tells_which_robots_had_it_all_are_meant(store):
    assert hours(store) == (1488, 12)


def test_two_skills_on_two_robots_have_hours_of_their_own(store, account):
    billed.offer(store, "dance", OTHER)
    billed.sell(store, account, "dance", line="line-2")
    wished(store, account, "acme-0", "guide", MAY - 1)
    wished(store, account, "acme-1", "dance", MAY - 1)
    assert hours(store) == (744, 12)
    (may,) = billed.bills(store)
    assert [(one.expected_robot_h, one.missing_robot_h) for one in may.lines if one.skill == "dance"] == [(744, 0)]


def test_each_of_two_lines_of_a_skill_has_the_hours_of_its_robots(store):
    billed.offer(store)
    made = billed.an_account(store, robots=["acme-0", "acme-1"])
    for at, name in enumerate(("acme-0", "acme-1")):
        billed.sell(store, made, line=f"line-{at}", from_day=MAY - 1 + at, robots_most=1)
        wished(store, made, name, "guide", MAY - 1)
    billed.count(store, "acme-0", dict.fromkeys(range(MAY, JUNE), 1))
    billed.close(store)
    found = {one.contract_line: one.missing_robot_h for one in billed.bills(store)[-1].lines if one.charge == "tours"}
    assert found == {"line-0": 0, "line-1": 744}


def test_a_subscription_that_ended_in_the_month_means_its_days_alone(store, account):
    billed.offer(store, "dance", OTHER)
    billed.sell(store, account, "dance", line="line-2", to_day=MAY + 2)
    wished(store, account, "acme-0", "dance", MAY - 1)
    assert hours(store, "dance") == (72, 0)
