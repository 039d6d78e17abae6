"""Readings that a robot's sources refused: how many, which, why; an alarm where they are many. Both databases."""

import pytest
from sqlalchemy import update

from collector import config, context
from collector.access.caller import COMMAND_LINE, Caller, Role
from collector.fleet.refusals import RefusedName
from collector.fleet.scope import Scope
from collector.operations import robots
from collector.store.tables import fleet as t
from collector.store.tables.ledger import fact as fact_table
from tests.batches import NOON, commit, fault, lifecycle, message, rows_of, window

HOUR_S = 3_600
MOST = 100
LATER = NOON + 3 * HOUR_S
NAMED = {"family": "agent", "code": "reading_refused", "did": "could_not"}


def refusing(seq, n, at=None):
    return window(seq, {"readings_refused": n}, at=at)


def raised(store):
    return [(row["kind"], row["times"], row["cleared_at"]) for row in rows_of(store, t.alarm)]


def asked(store, now_s=LATER, caller=COMMAND_LINE):
    opened = context.of(config.load(), store, lambda: now_s, caller)
    return robots.robot_refusals(opened, robots.RefusalsOf(robot="r-1", names=50))


def test_a_robot_that_refuses_more_in_an_hour_than_the_limit_is_an_alarm_once(store):
    """The sum of the hour decides, whatever the windows and messages that bring it; the limit itself is none."""
    commit(store, message("r-1", [refusing(1, 60)]), refused_per_h=MOST)
    commit(store, message("r-1", [refusing(2, 40)]), refused_per_h=MOST)
    assert raised(store) == []
    opened = fault(3, "open", **NAMED, ref="statsd tour.zz", detail="too_many_counters: count under fewer names")
    commit(store, message("r-1", [opened, refusing(4, 1)]), refused_per_h=MOST)
    [alarm] = rows_of(store, t.alarm)
    assert (alarm["kind"], alarm["times"]) == ("readings_refused", 1)
    assert alarm["detail"] == (
        "101 readings refused from 2026-05-29 12:00 to 12:59, more than 100: statsd tour.zz (too_many_counters)"
    )
    commit(store, message("r-1", [refusing(5, 50)]), refused_per_h=MOST)  # the same hour is not said again
    assert raised(store) == [("readings_refused", 1, None)]
    commit(store, message("r-1", [refusing(6, 101, at=NOON + HOUR_S)]), refused_per_h=MOST)
    assert raised(store) == [("readings_refused", 2, None)]


@pytest.mark.parametrize(("most", "kinds"), [(0, []), (1_000, []), (499, ["readings_refused"])])
def test_the_limit_is_the_settings_and_0_is_none(store, most, kinds):
    commit(store, message("r-1", [refusing(1, 500)]), refused_per_h=most)
    assert [row["kind"] for row in rows_of(store, t.alarm)] == kinds


def test_a_few_in_each_of_many_hours_are_no_alarm(store):
    """Control: a limit on the sum of a message would raise one for a robot that was away."""
    away = [refusing(1 + i, 50, at=NOON + i * HOUR_S) for i in range(12)]
    commit(store, message("r-1", away), received_s=NOON + 86_400, refused_per_h=MOST)
    assert raised(store) == []


def test_an_alarm_that_was_cleared_comes_back_in_another_hour(store):
    commit(store, message("r-1", [refusing(1, 200)]), refused_per_h=MOST)
    with store.write() as connection:
        connection.execute(update(t.alarm).values(cleared_at=1))
    commit(store, message("r-1", [refusing(2, 200)]), refused_per_h=MOST)
    assert raised(store) == [("readings_refused", 1, 1)]
    commit(store, message("r-1", [refusing(3, 200, at=NOON + HOUR_S)]), refused_per_h=MOST)
    assert raised(store) == [("readings_refused", 2, None)]


def test_number_rate_names_and_reasons_are_answered(store):
    rows = [
        fault(1, "open", **NAMED, ref="local skill.c9", detail="too_many_counters: count under fewer names"),
        fault(2, "open", **NAMED, ref="statsd tour.z", detail="negative: a counter only counts what happened"),
        fault(3, "close", **NAMED, ref="statsd tour.z", opened=2, at=NOON + 3_700),
        fault(4, "open", **NAMED, ref="others", detail="statsd x.y: not_whole: a whole number is expected"),
        fault(5, "open", family="agent", code="disk_full"),
        *(refusing(6 + i, 3) for i in range(24)),
    ]
    commit(store, message("r-1", rows))
    told = asked(store)
    assert (told.refused, told.arrived_s, told.per_h, told.alarm_per_h) == (72, 7_200, 36.0, 100)
    assert (told.from_day, told.to_day) == ("2026-05-28", "2026-05-29")
    since = "2026-05-29T12:00:00Z"
    assert told.names == [
        RefusedName("", "", "statsd x.y: not_whole: a whole number is expected", since, None),
        RefusedName("local", "skill.c9", "too_many_counters: count under fewer names", since, None),
        RefusedName("statsd", "tour.z", "negative: a counter only counts what happened", since, "2026-05-29T13:01:40Z"),
    ]


def test_nothing_refused_is_zero_and_nothing_arrived_is_unknown(store):
    commit(store, message("r-1", [lifecycle(1, "start")]))
    assert (asked(store).refused, asked(store).per_h) == (None, None)
    commit(store, message("r-1", [window(2, {"dance": 1})]))
    assert (asked(store).refused, asked(store).per_h) == (0, 0.0)
    later = asked(store, now_s=NOON + 10 * 86_400)
    assert (later.refused, later.per_h) == (None, None)


def test_a_customer_is_told_of_its_own_days_only(store):
    commit(store, message("r-1", [fault(1, "open", **NAMED, ref="local x", detail="negative"), refusing(2, 9)]))
    with store.write() as connection:
        for number in (1, 2):
            row = {"id": number, "external_id": f"a-{number}", "name": "A", "created_at": 1}
            connection.execute(t.account.insert().values(row))
        day = NOON // 86_400
        spans = [(1, day - 5, day - 1), (2, day, None)]
        for account, first, last in spans:
            key = f"d-{account}"
            row = {"robot_id": 1, "account_id": account, "from_day": first, "to_day": last, "fact_key": key}
            connection.execute(t.deployment.insert().values(row))
            booked = {"arrived_at": 1, "recorded_at": 1, "body": "{}"}  # long before: the robot moves at midnight
            connection.execute(fact_table.insert().values(kind="deployment", key=key, version=1, **booked))

    def customer(account):
        return Caller(account, "a customer", Role.CUSTOMER, Scope.of(account))

    before, now = asked(store, caller=customer(1)), asked(store, caller=customer(2))
    assert (before.refused, before.names) == (None, [])
    assert (now.refused, [one.name for one in now.names]) == (9, ["x"])
