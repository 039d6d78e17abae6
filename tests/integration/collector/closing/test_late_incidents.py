"""Late data of some accounts: they are judged again as part of everybody, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from collector.built_in import HEALTH as DEFAULT
from collector.health.policy.file import Policy
from collector.notifications import channels
from collector.notifications.channels import NewChannel
from collector.scores import peers_store, scores
from collector.store.tables.fleet import robot
from collector.store.tables.health import anomaly, incident
from collector.store.tables.notifications import delivery
from tests import portfolio as p
from tests.policies import a_closing
from tests.portfolio import DAY_S, HOUR_S, NOON, T

ILL = ("A0", "A1", "A2", "A3")
FELL = {key: count // 6 for key, count in p.COUNTS.items()}


@pytest.fixture
def portfolio(store):
    """Ten accounts; the use of four fell ten days ago, all on one firmware. The newest day of A0 is yet to come."""
    rows = {}
    for n in range(10):
        name = f"A{n}"
        rows[name] = p.add_account(store, name, [name.lower()], industry="museum", scene="exhibition")
        p.use(store, name.lower(), range(T - 110, T - 9))
        last = T if name == "A0" else T + 1
        p.use(store, name.lower(), range(T - 9, last), FELL if name in ILL else p.COUNTS)
    with store.write() as connection:
        for n in range(10):
            rom = "V9" if f"A{n}" in ILL else "V8"
            connection.execute(robot.update().where(robot.c.name == f"a{n}").values(model="guide-2", rom=rom))
    return rows


def said(store, account, day=T):
    with store.read() as connection:
        found = scores.newest(connection, [account], day, "arrived")[account]
    return found.version, found.scored


def incidents_of(store):
    with store.read() as connection:
        return connection.execute(select(incident).order_by(incident.c.id)).all()


def test_late_data_of_one_account_leaves_the_incident_and_opens_no_alarm_of_its_own(store, portfolio):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    before = incidents_of(store)
    assert {(row.cause, row.value) for row in before} == {("firmware", "V9")}
    first = {name: said(store, portfolio[name])[1] for name in ILL}
    assert all(one.caps == () and one.measures["B2"].why == "incident" for one in first.values())
    p.late(store, "a0", T, FELL)
    assert closing.follow_late(NOON + HOUR_S) == 1
    version, again = said(store, portfolio["A0"])
    assert version == 2
    assert [cap.code for cap in again.caps] == []
    assert (again.measures["B2"].state, again.measures["B2"].why) == ("muted", "incident")
    assert incidents_of(store) == before
    with store.read() as connection:
        newest = select(anomaly).where(anomaly.c.account_id == portfolio["A0"]).order_by(anomaly.c.id.desc())
        assert connection.execute(newest).first().incident_id == before[0].id


@pytest.mark.usefixtures("portfolio")
def test_an_incident_is_one_notice_to_whom_the_whole_fleet_belongs(store):
    for name in ILL:  # its robots also lose their way
        for n in range(8):
            p.fault(store, name.lower(), "navigation", (T - n) * DAY_S + 9 * HOUR_S, (T - n) * DAY_S + 10 * HOUR_S, n)
    with store.write() as connection:
        for channel, owner in (("fleet", ""), ("ana", "ana")):
            channels.add(connection, NewChannel(channel, "json://hook.example/x", "en", owner=owner), "", NOON)
    a_closing(store=store).close(T, NOON)
    a_closing(store=store).close(T, NOON + HOUR_S)
    assert len(incidents_of(store)) == 2
    with store.read() as connection:
        told = connection.execute(
            select(delivery.c.title, delivery.c.body).where(delivery.c.title.contains("V9"))
        ).all()
    assert [tuple(one) for one in told] == [("One cause for several accounts: firmware V9", ", ".join(ILL))]


def test_an_account_is_judged_alone_as_it_was_among_all(store, portfolio):
    closing = a_closing(store=store)
    closing.close(T, NOON)
    for name in ("A1", "A7"):
        before = said(store, portfolio[name])[1]
        closing.close(T, NOON + HOUR_S, accounts=[portfolio[name]], again=True)
        after = said(store, portfolio[name])[1]
        assert (after.caps, after.measures["B2"]) == (before.caps, before.measures["B2"])


def test_late_data_after_a_change_of_policy_is_compared_with_everybody(store, portfolio):
    a_closing(store=store).close(T, NOON)
    other = Policy.load(DEFAULT.text.replace("green_from = { value = 70.0,", "green_from = { value = 71.0,"))
    assert other.hash != DEFAULT.hash
    p.late(store, "a0", T, FELL)
    changed = replace(a_closing(store=store), policy=other)
    assert changed.follow_late(NOON + DAY_S) == 1
    with store.read() as connection:
        made = peers_store.load(connection, T, "arrived", other.hash)
    assert made.peers.groups["all"].n == len(portfolio)
    assert [cap.code for cap in said(store, portfolio["A0"])[1].caps] == []
