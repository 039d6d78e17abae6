"""Falls and incidents in the store, and how the API shows them."""

from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from collector.health.anomalies.falls import Demand, FaultRise, Verdict
from collector.health.anomalies.incidents import Incident
from collector.health.anomalies.model import LevelShift
from collector.scores import anomalies
from collector.store.tables.fleet import account, robot
from collector.store.tables.health import incident

DAY, NOW = 20_000, 1_728_000_000
FELL = Verdict(
    account="A1", row_id=1, day=DAY, counter="interaction", state="fell", rule="week", p=0.001, ratio=0.4,
    observed=40.0, expected=100.0, since_day=DAY - 4,
    change=LevelShift(day=DAY - 4, before=14.0, since=5.0, from_day=DAY - 5, to_day=DAY - 3),
    demand=Demand(said="conversion", traffic_ratio=1.0, conversion_ratio=0.4, stage="wake_up"),
    fault_before=FaultRise(family="navigation", observed=9, expected=1.0, p=0.001, since_day=DAY - 6, robots=(1,)),
)  # fmt: skip
FIRMWARE = Incident(
    cause="firmware", value="V2", day=DAY, since_day=DAY - 4, of="usage", accounts=("A1", "A2", "A3"), sharing=5
)


@pytest.fixture
def accounts(store):
    with store.write() as connection:
        connection.execute(
            insert(account), [{"external_id": f"A{n}", "name": "A", "created_at": NOW} for n in (1, 2, 3)]
        )
        connection.execute(insert(robot), [{"name": "hall-7", "first_seen_at": NOW}])
    return store


def record(store, day, verdicts, found=()):
    with store.write() as connection:
        return anomalies.record(connection, day, {verdict.account: verdict for verdict in verdicts}, found, NOW, {})


def page(store, **asked):
    with store.read() as connection:
        return anomalies.anomalies_page(connection, limit=asked.pop("limit", 100), cursor=None, **asked)


def incidents(store, **asked):
    with store.read() as connection:
        return anomalies.incidents_page(connection, limit=100, cursor=None, **asked).items


def test_a_fall_is_shown_with_its_date_its_demand_and_the_fault_before_it(accounts):
    record(accounts, DAY, [FELL, replace(FELL, account="A2", row_id=2, state="steady")])
    (shown,) = page(accounts).items
    assert (shown.account, shown.ratio, shown.since_day) == ("A1", 0.4, "2024-09-30")
    assert shown.demand["stage"] == "wake_up"
    assert shown.fault_before["robots"] == ["hall-7"]


def test_saying_the_same_again_writes_nothing_and_late_data_says_it_anew(accounts):
    assert record(accounts, DAY, [FELL]).falls == 1
    assert record(accounts, DAY, [FELL]).falls == 0
    assert record(accounts, DAY, [replace(FELL, observed=45.0)]).falls == 1
    assert [one.observed for one in page(accounts).items] == [45.0]


def test_an_incident_mutes_its_accounts_and_stays_one_while_it_lasts(accounts):
    muted = replace(FELL, incident=("firmware", "V2"))
    first = record(accounts, DAY, [muted], [FIRMWARE])
    assert len(first.opened) == 1
    assert record(accounts, DAY + 1, [replace(muted, day=DAY + 1)], [replace(FIRMWARE, day=DAY + 1)]).opened == ()
    (shown,) = incidents(accounts)
    assert (shown.value, shown.opened_day, shown.seen_day) == ("V2", "2024-10-04", "2024-10-05")
    assert {one.incident for one in page(accounts).items} == {shown.id}
    assert page(accounts, muted=False).items == []


def test_an_incident_that_was_not_found_for_a_week_is_over(accounts):
    record(accounts, DAY, [], [FIRMWARE])
    assert record(accounts, DAY + 6, []).closed == ()
    assert len(record(accounts, DAY + 7, []).closed) == 1
    assert incidents(accounts, is_open=True) == []
    assert [one.closed_day for one in incidents(accounts)] == ["2024-10-11"]


def test_faults_and_usage_of_one_firmware_are_two_incidents(accounts):
    rise = replace(FIRMWARE, of="faults", family="navigation")
    record(accounts, DAY, [FELL], [FIRMWARE, rise])
    assert {(one.of, one.family) for one in incidents(accounts)} == {("usage", ""), ("faults", "navigation")}


def test_falls_are_paged(accounts):
    for day in (DAY, DAY + 1, DAY + 2):
        record(accounts, day, [replace(FELL, day=day)])
    with accounts.read() as connection:
        first = anomalies.anomalies_page(connection, limit=2, cursor=None)
        second = anomalies.anomalies_page(connection, limit=2, cursor=first.next)
    assert [one.day for one in (*first.items, *second.items)] == ["2024-10-06", "2024-10-05", "2024-10-04"]
    assert second.next is None


def test_a_fall_that_the_store_does_not_take_is_its_accounts_failure(accounts):
    """The control is the same fall with a probability."""
    absurd = replace(FELL, account="A2", row_id=2, p=None)
    others = [FELL, replace(FELL, account="A3", row_id=3)]
    failed = {}
    said = {one.account: one for one in (*others, absurd)}
    with accounts.write() as connection:
        assert anomalies.record(connection, DAY, said, [], NOW, failed).falls == 2
    assert list(failed) == [("account", 2)]
    assert {one.account for one in page(accounts).items} == {"A1", "A3"}
    assert record(accounts, DAY, [*others, replace(absurd, p=0.001)]).falls == 1
    assert {one.account for one in page(accounts).items} == {"A1", "A2", "A3"}


@pytest.mark.parametrize("text", ["no JSON", "{}", '{"of": "usage", "family": "", "seen_day": "?"}'])
def test_an_incident_that_cannot_be_read_stays_as_it_is_and_the_day_is_judged(accounts, text, caplog):
    opened = record(accounts, DAY, [FELL], [FIRMWARE, replace(FIRMWARE, value="V9")]).opened
    with accounts.write() as connection:
        connection.execute(update(incident).where(incident.c.id == opened[0]).values(detail=text))
    later = DAY + anomalies.QUIET_DAYS
    done = record(accounts, later, [replace(FELL, day=later)])
    assert (done.falls, done.closed) == (1, (opened[1],)), "the control: the other one is over"
    assert [one.incident for one in caplog.records if getattr(one, "action", "") == "incident_not_read"] == [opened[0]]
    with accounts.write() as connection:
        again = {"A1": replace(FELL, day=later, observed=41.0)}
        assert anomalies.record_again(connection, later, again, NOW, {}) == 1
