"""Stages as the store keeps them, and time to value from account-days, on both databases."""

import pytest
from sqlalchemy import insert, select

from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.view import AccountLedger
from collector.accounts.lifecycle.stage import Entered, Signs
from collector.fleet.scope import account_id_of
from collector.health.model import AccountDay, AccountInputs, Reading
from collector.scores import first_value, stages
from collector.scores.days_codec import encode
from collector.store.tables.fleet import robot
from collector.store.tables.health import account_day, lifecycle
from tests.fleets import NOON, TODAY, add
from tests.plain_facts import an_account
from tests.policies import GRACE_DAYS, LIFECYCLE

NAMES = ("fast", "slow", "waiting", "gone")


@pytest.fixture
def rows(store):
    """Four exhibition halls whose first robot came 40 days ago; tours begin on days 3 and 12, or never."""
    with store.write() as connection:
        add(connection, "account", *(an_account(id=n, name=n, scene="exhibition_hall") for n in NAMES))
        connection.execute(insert(robot), [{"name": f"{n}-1", "first_seen_at": 0, "timezone": "UTC"} for n in NAMES])
        add(connection, "deployment", *(
            who.Deployment(id=n, account=n, robot=f"{n}-1", from_day=TODAY - 40) for n in NAMES
        ))  # fmt: skip
        found = {name: account_id_of(connection, name) for name in NAMES}
        for name, begins, tours in (("fast", 3, 10), ("slow", 12, 5), ("waiting", 0, 0)):
            for after in range(begins, 40):
                counted = AccountDay(day=TODAY - 40 + after, robots=1, heard=1, counts={"guided_tour": tours})
                row = {
                    "account_id": found[name], "day": counted.day, "version": 1, "arrived_at": NOON, "open": True,
                    "robots": 1, "heard": 1, "active": 0, "online_s": 0, "scheduled_s": 0, "faults": 0,
                    "body": encode(counted),
                }  # fmt: skip
                connection.execute(insert(account_day).values(row))
    return found


@pytest.mark.usefixtures("rows")
def test_the_first_value_is_the_day_on_which_so_much_was_counted(store):
    with store.read() as connection:
        found = first_value.waits(connection, TODAY - 60, TODAY - 1, TODAY - 1, policy=LIFECYCLE, grace_days=GRACE_DAYS)
    assert (found.customers, found.arrived, found.waiting) == (4, 2, 2)
    assert [(point.day, point.survival) for point in found.curve] == [(3, 0.75), (13, 0.5)]
    assert found.median_days == 13


@pytest.mark.usefixtures("rows")
def test_only_customers_of_the_scene_and_the_days_that_are_asked_for(store):
    with store.read() as connection:
        assert (
            first_value.waits(
                connection, TODAY - 60, TODAY, TODAY - 1, scene="ktv", policy=LIFECYCLE, grace_days=GRACE_DAYS
            ).customers
            == 0
        )
        assert (
            first_value.waits(
                connection, TODAY - 39, TODAY, TODAY - 1, policy=LIFECYCLE, grace_days=GRACE_DAYS
            ).customers
            == 0
        )


def test_history_is_appended_and_what_stands_is_left_as_it_is(store, rows):
    one = rows["fast"]
    with store.write() as connection:
        assert stages.append(connection, {one: Entered(TODAY - 9, "activation", "not_active_yet")}, NOON) == 1
        assert stages.append(connection, {one: Entered(TODAY - 9, "activation", "said again")}, NOON + 1) == 0
        assert stages.append(connection, {one: Entered(TODAY - 2, "growth", "first_year")}, NOON + 2) == 1
    with store.read() as connection:
        assert [each.stage for each in stages.history(connection, one)] == ["activation", "growth"]
        assert stages.standing(connection, [one], TODAY - 3)[one].stage == "activation"
        assert stages.standing(connection, list(rows.values()), TODAY) == {
            one: Entered(TODAY - 2, "growth", "first_year")
        }
        assert stages.tally(stages.listed(connection, TODAY)) == {"growth": 1}
        assert connection.scalars(select(lifecycle.c.rule)).all() == ["not_active_yet", "first_year"]


def test_signs_are_days_with_a_working_robot_and_the_momentum_that_is_judged():
    book = AccountLedger(row_id=1, account=an_account(id="A", name="A"))
    heard = [AccountDay(day=n, robots=1, heard=1, active=int(n > 7)) for n in range(10)]
    inputs = AccountInputs(day=9, ledger=book, days=tuple(heard))
    assert stages.signs_of(inputs, Reading(measure="B2", value=0.6)) == Signs(2, 0.6)
    assert stages.signs_of(inputs, Reading(measure="B2", value=0.6, state="stale")).momentum is None
    unknown = AccountInputs(day=9, ledger=book, days=(AccountDay(day=9, robots=1),))
    assert stages.signs_of(unknown, None) == Signs(None, None)
    assert stages.entered(unknown, None, None, policy=LIFECYCLE, grace_days=GRACE_DAYS) == Entered(
        9, "signing", "no_robot_yet"
    )
