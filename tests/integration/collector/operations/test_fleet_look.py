"""What a fleet engineer looks at: a closed place is no fault, a list is what its filter says."""

import pytest
from sqlalchemy import insert

from collector import config
from collector import context as context_of
from collector.access.caller import COMMAND_LINE, SEES_FLEET, Caller, Role
from collector.accounts.ledger.kinds import who
from collector.fleet.fault_rates import RobotKinds
from collector.operations import fleet_look
from collector.operations.fleet_look import FaultRatesOf, FleetRobots
from collector.operations.skills import VersionsOf, versions_of_skills
from collector.store.tables.fleet import skill_state
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
