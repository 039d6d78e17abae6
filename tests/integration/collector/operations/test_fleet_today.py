"""Whose a robot is today is decided by the collector's own day, in every answer about the fleet."""

import csv
import io

import pytest

from collector import config, context
from collector.access.caller import THE_CLOCK, Caller, Role
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.fleet.counts import NOT_ARRIVED, Counted
from collector.fleet.scope import Scope, account_id_of
from collector.operations import completeness, exports, fleet, robots
from tests import fleets
from tests.fleets import NOON, TODAY
from tests.policies import TERMS

KIRITIMATI = "Pacific/Kiritimati"  # 14 hours before UTC: tomorrow at noon


@pytest.fixture
def handed_over(store):
    """hall-7 is ACME's until today (UTC), and BETA's from tomorrow on; everything else is of the story."""
    fleets.story(store)
    until = who.Deployment(id="deployment-1", robot="hall-7", account="ACME", from_day=TODAY - 20, to_day=TODAY)
    since = who.Deployment(id="deployment-5", robot="hall-7", account="BETA", from_day=TODAY + 1)
    with store.write() as connection:
        for said in (until, since):
            (outcome,) = writing.write(connection, KINDS["deployment"], [said], Origin("story", NOON), TERMS)
            assert outcome.did in {"corrected", "created"}, outcome
    return store


def customer(store, zone, account):
    asked = context.of(config.load({"base_timezone": zone}), store, lambda: NOON, THE_CLOCK)
    row_id = asked.read(lambda connection: account_id_of(connection, account))
    return asked.seen_by(Caller(2, "customer", Role.CUSTOMER, Scope.of(row_id), account))


@pytest.mark.parametrize(("zone", "owner"), [(KIRITIMATI, "BETA"), ("UTC", "ACME")])
def test_a_robot_is_with_the_account_that_has_it_on_the_collectors_own_day(handed_over, zone, owner):
    """At noon UTC it is tomorrow on Kiritimati. UTC is the control: the robot is still with the one before."""
    for account in ("ACME", "BETA"):
        asked = customer(handed_over, zone, account)
        listed = robots.list_robots(asked, robots.ListRobots(limit=10)).items
        complete = completeness.list_completeness(asked, completeness.ListCompleteness(days=2, limit=10)).items
        overview = fleet.fleet_overview(asked, fleet.OverviewOf())
        total = completeness.total_completeness(asked, completeness.TotalCompleteness(days=2))
        file = io.BytesIO()
        exports.export_list(asked, exports.ExportList(list="robots", form="csv", out=file))
        exported = [row["name"] for row in csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig")))]
        names = [robot.name for robot in listed]
        assert ("hall-7" in names) is (account == owner)
        assert {robot.account for robot in listed} <= {account}
        assert sorted(item.robot for item in complete) == sorted(exported) == sorted(names)
        assert overview.robots == sum(overview.states.values()) == len(names)
        has_hall = account == owner
        assert overview.backlog == (2 if has_hall else 0)
        own_day = has_hall and zone == "UTC"  # hall-7's own day is still ACME's: its counts are not BETA's
        assert overview.robots_reporting_today == own_day + (account == "BETA")  # whose park-1 reports too
        hall = [robot.today["wake_up"] for robot in listed if robot.name == "hall-7"]
        assert hall == ([Counted(12 * 9) if own_day else NOT_ARRIVED] if has_hall else [])
        assert (total.arrived_s > 0) is (own_day or account == "BETA")
