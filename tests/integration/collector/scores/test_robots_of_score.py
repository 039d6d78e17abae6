"""The robots' table under a score: the open days and faults that its measures used, as they were known then."""

import orjson
import pytest

from collector.accounts.ledger.kinds import who
from collector.language.explanation import text_of
from collector.scores import scores
from collector.scores.evidence import explained
from collector.scores.robots_of_score import robots_of
from collector.store.tables.fleet import usage_day
from collector.store.tables.health import account_day
from tests import portfolio as p
from tests.policies import HEALTH, a_closing
from tests.portfolio import DAY_S, NOON, T


@pytest.fixture
def account(store) -> int:
    """Two robots in Shanghai, closed on Sundays, used 90 times a day; the base has twice that."""
    row = p.add_account(store, "ACME", ["r1", "r2"], timezone="Asia/Shanghai", scene="exhibition_hall")
    site = who.Site(id="ACME-site", account="ACME", name="Hall", opens="08:00", closes="20:00", open_weekdays="1111110")
    p.write(store, "site", site)
    for name in ("r1", "r2"):
        p.use(store, name, range(T - 100, T - 40), {"interaction": 180})
        p.use(store, name, range(T - 40, T + 1), {"interaction": 90})
    return row


def told(store, account, as_of_s=None):
    """(score, its robots)."""
    with store.read() as connection:
        stored = scores.as_of(connection, account, T, "arrived", as_of_s)
        names = {p.robot_id(store, name): name for name in ("r1", "r2")}
        args = (account, names, stored.scored, stored.known_at, "arrived", HEALTH, "interaction")
        return stored.scored, {one.robot: one for one in robots_of(connection, *args)}


def test_the_table_adds_up_to_what_the_measures_counted(store, account):
    a_closing(store).run(NOON)
    scored, robots = told(store, account)
    momentum = scored.measures["B2"].detail
    assert sum(one.last for one in robots.values()) == momentum["observed"] == 2 * 28 * 90
    assert robots["r1"].before > robots["r1"].last  # reaches into the busier days
    assert robots["r1"].is_then


def test_faults_are_those_of_local_days_of_the_window(store, account):
    first = T - 31  # 28 open days with four Sundays between
    p.fault(store, "r1", "navigation", first * DAY_S - 8 * 3600 + 60, openings=3)  # a minute past midnight there
    p.fault(store, "r1", "navigation", first * DAY_S - 8 * 3600 - 60, seq=2)  # the day before
    a_closing(store).run(NOON)
    scored, robots = told(store, account)
    assert robots["r1"].faults == {"navigation": scored.measures["C1"].detail["faults"]}
    assert robots["r2"].faults == {}


def test_faults_that_nobody_tells_are_not_none(store, account):
    """r2's days come from files alone, and no file tells of faults; r1 tells of itself and had none."""
    with store.write() as connection:
        only_a_file = {"covered_s": 0, "covered": None, "imported": usage_day.c.totals, "totals": "{}"}
        connection.execute(
            usage_day.update().where(usage_day.c.robot_id == p.robot_id(store, "r2")).values(only_a_file)
        )
    a_closing(store).run(NOON)
    _, robots = told(store, account)
    assert (robots["r1"].faults, robots["r2"].faults) == ({}, None)
    assert robots["r2"].last == 28 * 90
    with store.read() as connection:
        found = explained(connection, account, basis="arrived", lang="en", policy=HEALTH, base_timezone="UTC")
    text = text_of(orjson.loads(orjson.dumps(found)), "en")
    assert "r1: 2,520 (4,410), faults 0" in text
    assert "r2: 2,520 (4,410), faults not told" in text


def test_a_deployment_that_is_corrected_later_changes_no_table_of_an_older_score(store, account):
    a_closing(store).run(NOON)
    _, before = told(store, account)
    corrected = who.Deployment(id="ACME-r2", account="ACME", robot="r2", from_day=p.BEGINS, to_day=T - 10)
    p.write(store, "deployment", corrected, at_s=NOON + 3600)
    a_closing(store).close(T, NOON + 7200, again=True)
    old, stood = told(store, account, NOON)
    new, now = told(store, account)
    assert stood == before
    assert now["r2"].last < stood["r2"].last
    assert sum(one.last for one in stood.values()) == old.measures["B2"].detail["observed"]
    assert sum(one.last for one in now.values()) == new.measures["B2"].detail["observed"]


def test_days_of_an_older_release_are_shown_as_they_stand_now_and_say_so(store, account):
    a_closing(store).run(NOON)
    _, then = told(store, account)
    with store.write() as connection:
        connection.execute(account_day.update().values(by_robot=None))
    _, now = told(store, account)
    assert not now["r1"].is_then
    assert [(one.robot, one.last, one.before) for one in now.values()] == [
        (one.robot, one.last, one.before) for one in then.values()
    ]
