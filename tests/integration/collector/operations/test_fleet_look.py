"""What a fleet engineer looks at: a closed place is no fault, a list is what its filter says."""

import pytest
from sqlalchemy import insert, select, update

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE, SEES_FLEET, Caller, Role
from collector.accounts.ledger.kinds import who
from collector.fleet.fault_rates import RobotKinds
from collector.operations import fleet_look
from collector.operations.fleet_look import FaultRatesOf, FleetRobots
from collector.operations.skills import VersionsOf, versions_of_skills
from collector.store.tables.fleet import deployment, robot, skill_state
from collector.store.tables.skills import skill_event
from tests import fleets


@pytest.fixture
def context(store):
    fleets.story(store)
    return context_of.of(config.load({}), store, lambda: float(fleets.NOON), COMMAND_LINE)


def names(context, **wanted):
    closed = frozenset(fleet_look.closed_robots(context, None))
    return [one.name for one in fleet_look.fleet_robots(context, FleetRobots(closed=closed, limit=50, **wanted)).items]


def site(context, **hours):
    with context.store.write() as connection:
        fleets.add(connection, "site", who.Site(id="site-b", account="BETA", name="Beta", **hours))


def test_a_robot_that_is_away_while_its_place_is_closed_is_not_dark(context):
    assert names(context, state="offline") == ["ktv-2"]
    site(context, opens="18:00", closes="23:00")  # it is noon
    assert fleet_look.closed_robots(context, None) == {"ktv-2": "offline", "park-1": "stopped"}
    assert names(context, state="closed") == ["ktv-2", "park-1"]
    assert names(context, state="offline") == names(context, state="stopped") == []
    assert names(context, needs_look=True) == []


def test_a_place_that_is_open_excuses_nobody(context):
    site(context, opens="10:00", closes="18:00")
    assert fleet_look.closed_robots(context, None) == {}
    assert names(context, needs_look=True) == ["ktv-2"]


def test_robots_are_found_by_what_they_are_and_run(context):
    with context.store.write() as connection:
        told = {"robot_id": 1, "skill": "guide", "version": "2.1.0", "state": "active", "at": fleets.NOON}
        connection.execute(insert(skill_state).values(told))
        began = told | {"at": fleets.NOON - 2 * 86_400, "epoch": "", "seq": 1, "digest": "", "reason": ""}
        connection.execute(insert(skill_event).values(began))
    assert names(context, kinds=RobotKinds(rom="V9.1")) == ["ktv-2"]
    assert names(context, kinds=RobotKinds(model="greetbot")) == ["hall-7", "park-1"]
    assert names(context, kinds=RobotKinds(skill="guide", version="2.1.0")) == ["hall-7"]
    assert names(context, broken=True) == ["ktv-2"]
    rates = fleet_look.fault_rates(context, FaultRatesOf(by="skill"))
    assert [(group.value, group.robots) for group in rates.groups] == [("guide 2.1.0", 1)]


def test_faults_are_counted_by_what_robots_run(context):
    rates = fleet_look.fault_rates(context, FaultRatesOf(by="rom"))
    assert {group.value: group.families["navigation"].episodes for group in rates.groups}["V9.1"] == 1
    only = fleet_look.fault_rates(context, FaultRatesOf(by="rom", kinds=RobotKinds(model="greetbot")))
    assert only.families == []
    assert {group.value for group in only.groups} == {"V9.7", "V6.4"}


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.CUSTOMER_ADMIN, Role.RESELLER, Role.FINANCE])
def test_who_sees_some_accounts_alone_sees_nothing_of_the_whole_fleet(context, role):
    asked = context.seen_by(Caller(1, "x", role, context.caller.scope))
    answer = versions_of_skills(asked, VersionsOf())
    assert isinstance(answer, list) == (role in SEES_FLEET)


def moved(context, name, timezone):
    """The robot's zone as if it had always been there."""
    with context.store.write() as connection:
        connection.execute(update(robot).where(robot.c.name == name).values(timezone=timezone))


def test_rates_are_of_days_that_are_over_for_every_robot(context):
    early = context_of.of(config.load({}), context.store, lambda: fleets.NOON - 11 * 3_600.0, COMMAND_LINE)  # 01:00 UTC
    assert fleet_look.fault_rates(early, FaultRatesOf(by="rom")).to_day == fleets.TODAY - 1, "all are in UTC"
    moved(context, "hall-7", "America/Los_Angeles")
    assert fleet_look.fault_rates(early, FaultRatesOf(by="rom")).to_day == fleets.TODAY - 2


def test_whose_a_robot_is_now_is_asked_of_its_own_day(context):
    """The collector's zone is a day further; the robot's own is not."""
    further = config.load({"base_timezone": "Pacific/Kiritimati"})  # UTC+14
    late = context_of.of(further, context.store, lambda: float(fleets.NOON), COMMAND_LINE)
    assert late.today() == fleets.TODAY + 1
    with context.store.write() as connection:
        row = connection.execute(select(robot.c.id).where(robot.c.name == "hall-7")).scalar_one()
        event = {"robot_id": row, "skill": "guide", "version": "2.1.0", "state": "active", "at": fleets.NOON - 86_400}
        connection.execute(insert(skill_event).values(event | {"epoch": "", "seq": 1, "digest": "", "reason": ""}))
        connection.execute(update(deployment).where(deployment.c.robot_id == row).values(to_day=fleets.TODAY))
    (found,) = versions_of_skills(late, VersionsOf())
    assert (found.active, found.accounts) == (1, 1)


def test_whether_a_place_is_closed_now_is_asked_of_the_robots_own_day(context):
    site(context, opens="18:00", closes="23:00")
    further = config.load({"base_timezone": "Pacific/Kiritimati"})
    late = context_of.of(further, context.store, lambda: float(fleets.NOON), COMMAND_LINE)
    with context.store.write() as connection:
        row = connection.execute(select(robot.c.id).where(robot.c.name == "ktv-2")).scalar_one()
        connection.execute(update(deployment).where(deployment.c.robot_id == row).values(to_day=fleets.TODAY))
    assert "ktv-2" in fleet_look.closed_robots(late, None)
