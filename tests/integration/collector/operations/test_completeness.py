"""Completeness of the story's fleet: one answer for everybody who sees a robot, by the days that health counts."""

import pytest

from collector import config, context
from collector.access.caller import THE_CLOCK, Caller, Role
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.fleet.scope import Scope, account_id_of
from collector.operations import completeness, robots
from tests import fleets
from tests.fleets import HOUR, NOON, TODAY, Writer
from tests.policies import TERMS

DAY_S = 24 * HOUR


@pytest.fixture
def told(store):
    fleets.story(store)
    return store


def asked(store, now_s=NOON, account=None):
    found = context.of(config.load({}), store, lambda: now_s, THE_CLOCK)
    if account is None:
        return found
    row_id = found.read(lambda connection: account_id_of(connection, account))
    return found.seen_by(Caller(2, "csm", Role.CSM, Scope.of(row_id), account))


def figures(found, robot, days=2):
    return completeness.robot_completeness(found, completeness.CompletenessOf(robot=robot, days=days)).figures


def says(store, kind, fact):
    with store.write() as connection:
        (outcome,) = writing.write(connection, KINDS[kind], [fact], Origin("test", NOON), TERMS)
        assert outcome.did == "created", outcome


@pytest.mark.parametrize("robot", ["hall-7", "ktv-2", "old-9"])
def test_a_robot_is_as_complete_for_its_csm_as_for_everybody(told, robot):
    account = "BETA" if robot == "ktv-2" else "ACME"
    everybody, csm = asked(told), asked(told, account=account)
    assert robots.one_robot(everybody, robot).completeness == robots.one_robot(csm, robot).completeness
    assert figures(everybody, robot) == figures(csm, robot)


def test_a_robot_that_was_switched_off_owes_the_open_days_of_which_nothing_arrived(told):
    """park-1 was stopped at 8 on TODAY. That day was heard; the two after it were not."""
    found = figures(asked(told, NOON + 3 * DAY_S), "park-1", days=4)
    assert found.holes == {"off": (16 + 12) * HOUR, "off_all_day": 2 * DAY_S}
    assert found.ratio == pytest.approx(8 / 56, abs=1e-5)
    says(told, "closure", who.Closure(id="c", account="BETA", from_day=TODAY + 1, to_day=TODAY + 2))
    closed = figures(asked(told, NOON + 3 * DAY_S), "park-1", days=4)
    assert closed.holes == {"off": (16 + 12) * HOUR, "place_closed": 2 * DAY_S}
    assert closed.ratio == 1.0


def test_a_day_with_more_hours_than_it_has_is_an_alarm_and_nothing_of_it_arrived(told):
    again = Writer("hall-8")
    for _ in range(3):
        again.counts(NOON - 36 * HOUR, 24, wake_up=3)
    again.send(told, NOON)
    assert figures(asked(told), "hall-8").holes["too_much"] == DAY_S
    alarms = robots.robot_sheet(asked(told), robots.SheetOf(robot="hall-8", days=2, rows=5)).alarms
    assert [alarm.detail[:6] for alarm in alarms if alarm.kind == "overfull_day"] == ["72.0 h"]


def test_last_seen_is_where_the_data_end_not_the_connection(told):
    before = robots.one_robot(asked(told), "ktv-2").last_seen_at
    fleets.presence(told, "ktv-2", "offline", NOON)
    assert robots.one_robot(asked(told), "ktv-2").last_seen_at == before < days.rfc3339(NOON - DAY_S)
