"""Is this day rolled up already? The store alone answers, so that account-days are the sum of their robots' days.

Each case has a control: the same without the notes that ingest makes by that answer.
"""

import threading

import pytest
from sqlalchemy import select

from collector.accounts.ledger.kinds import who
from collector.scores.rollup import rollup
from collector.store import rolled
from collector.store.tables.health import late_day
from tests import batches
from tests import portfolio as p
from tests.groups import groups_of
from tests.plain_facts import an_account
from tests.policies import GRAVE, a_closing
from tests.portfolio import DAY_S, HOUR_S, T
from tests.rolled_days import by_account, by_deployment, count_hours, roll, settling, tells_zone, unnoted, versions

LOS_ANGELES, SHANGHAI = "America/Los_Angeles", "Asia/Shanghai"
BEGIN = (T - 2) * DAY_S


@pytest.fixture(params=[True, False], ids=["noted", "control"])
def noted(request, monkeypatch):
    if not request.param:
        unnoted(monkeypatch.setattr)
    return request.param


def agree(store):
    return by_account(store) == by_deployment(store)


def on_time(store, account_zone, robot_zone):
    """Three days of hourly windows, delivered at once; the closing runs every hour. The account and a day's sum."""
    account = p.add_account(store, "ACME", ["r1"], timezone=account_zone)
    collector, closing = groups_of(store), a_closing(store=store)
    tells_zone(collector, "r1", robot_zone, BEGIN)
    for at in range(BEGIN, BEGIN + 3 * DAY_S, HOUR_S):
        count_hours(collector, "r1", [at])
        roll(closing, at + HOUR_S + 120)
    roll(closing, BEGIN + 5 * DAY_S)
    return account, by_account(store)[account, T - 1, "interaction"]


def test_a_robot_west_of_its_account_counts_all_its_hours(store, noted):
    account, counted = on_time(store, "UTC", LOS_ANGELES)
    assert by_deployment(store)[account, T - 1, "interaction"] == 240
    assert (counted == 240) is noted
    assert agree(store) is noted


def test_a_robot_far_west_of_its_account_counts_all_its_hours(store, noted):
    account, counted = on_time(store, SHANGHAI, LOS_ANGELES)
    assert (counted == 240) is noted
    assert agree(store) is noted
    if noted:
        assert set(versions(store, account).values()) == {1}, "the closing waits for the robots' midnight too"


def test_an_accounts_zone_that_changes_loses_no_hour(store, noted):
    p.add_account(store, "ACME", ["r1"], timezone="America/Anchorage")
    collector, closing = groups_of(store), a_closing(store=store)
    tells_zone(collector, "r1", "America/Anchorage", BEGIN)
    for at in range(BEGIN, BEGIN + 3 * DAY_S, HOUR_S):
        count_hours(collector, "r1", [at])
        if at == BEGIN + 12 * HOUR_S:
            p.write(store, "account", an_account(id="ACME", name="ACME", timezone="Pacific/Auckland"), at_s=at)
        roll(closing, at + HOUR_S + 120)
    roll(closing, BEGIN + 5 * DAY_S)
    assert agree(store) is noted


def test_two_collectors_whose_clocks_differ_agree_through_the_store(store, noted):
    accounts = {name: p.add_account(store, name, [f"{name}-r"]) for name in (f"A{n}" for n in range(5))}
    slow, ahead = groups_of(store), a_closing(store=store)
    for name in accounts:
        tells_zone(slow, f"{name}-r", "UTC", BEGIN)
    for at in range(BEGIN, BEGIN + DAY_S, HOUR_S):
        for name in accounts:
            count_hours(slow, f"{name}-r", [at])
        roll(ahead, at + HOUR_S + 3 * HOUR_S)  # its clock is three hours ahead: 02:00 at 23:00
    roll(ahead, BEGIN + 2 * DAY_S)
    counted = [by_account(store).get((row, T - 2, "interaction"), 0) for row in accounts.values()]
    assert (counted == [240] * 5) is noted
    assert agree(store) is noted


def test_a_closing_by_a_policy_that_settles_sooner_loses_nothing(store, noted):
    account = p.add_account(store, "ACME", ["r1"])
    collector = groups_of(store)
    hasty = a_closing(store=store, policy=settling(0))
    tells_zone(collector, "r1", "UTC", BEGIN)
    count_hours(collector, "r1", range(BEGIN, BEGIN + 12 * HOUR_S, HOUR_S), n=2)
    roll(hasty, BEGIN + DAY_S + 60)
    count_hours(collector, "r1", [BEGIN + 12 * HOUR_S], n=77, late_s=12 * HOUR_S)  # 01:01, before 02:00
    roll(hasty, BEGIN + DAY_S + 3 * HOUR_S)
    assert (by_account(store)[account, T - 2, "interaction"] == 101) is noted


def test_a_count_that_comes_while_the_clock_is_a_day_back_reaches_its_account_day(store, noted):
    account = p.add_account(store, "ACME", ["r1"])
    collector, closing = groups_of(store), a_closing(store=store)
    tells_zone(collector, "r1", "UTC", BEGIN)
    count_hours(collector, "r1", [BEGIN], n=24)
    roll(closing, BEGIN + DAY_S + 3 * HOUR_S)
    count_hours(collector, "r1", [BEGIN + HOUR_S], n=500, late_s=HOUR_S)  # the clock says: the same day
    roll(closing, BEGIN + 2 * DAY_S + 3 * HOUR_S)
    assert (by_account(store)[account, T - 2, "interaction"] == 524) is noted


@pytest.mark.parametrize("by_row", [True, False], ids=["by row", "control"])
def test_a_deployment_corrected_while_the_clock_is_behind_the_last_closing_is_seen(store, monkeypatch, by_row):
    account = p.add_account(store, "ACME", ["r1"])
    p.add_account(store, "OTHER", ["r2"])
    collector, closing = groups_of(store), a_closing(store=store)
    for robot, n in (("r1", 1), ("r2", 10)):
        tells_zone(collector, robot, "UTC", BEGIN)
        count_hours(collector, robot, range(BEGIN, BEGIN + DAY_S, HOUR_S), n=n)
    roll(closing, BEGIN + DAY_S + 3 * HOUR_S)
    assert by_account(store)[account, T - 2, "interaction"] == 24
    if not by_row:
        monkeypatch.setattr(rollup, "_touching", lambda *_: {})
    ended = who.Deployment(id="OTHER-r2", account="OTHER", robot="r2", from_day=p.BEGINS, to_day=T - 3)
    p.write(store, "deployment", ended, at_s=BEGIN)  # a day and three hours before the closing's moment
    moved = who.Deployment(id="ACME-r2", account="ACME", robot="r2", from_day=T - 2)
    p.write(store, "deployment", moved, at_s=BEGIN)
    roll(closing, BEGIN + DAY_S + 4 * HOUR_S)
    assert (by_account(store)[account, T - 2, "interaction"] == 264) is by_row
    assert agree(store) is by_row


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_what_is_committed_while_a_roll_up_begins_is_read_or_noted(store, monkeypatch, locked):
    """The window between the answer and the commit: a roll-up waits for it."""
    account = p.add_account(store, "ACME", ["r1"])
    free = not locked and store.dialect != "sqlite"  # on SQLite writers take turns anyway
    rolled_up = threading.Event()

    def roll_up():
        rollup.roll_up(store, [account], T, p.NOON, grave=GRAVE)
        rolled_up.set()

    thread = threading.Thread(target=roll_up)

    def at_step(step):
        if step == "written":
            thread.start()
            rolled_up.wait(60 if free else 0.5)

    if not locked:
        monkeypatch.setattr(rolled, "LOCK", 1)  # not the one that ingest takes
    rows = [batches.window(1, {"interaction": 7}, at=T * DAY_S, mono=1)]
    groups_of(store, at_step=at_step).commit({0: batches.message("r1", rows)}, p.NOON)
    thread.join()
    rollup.roll_up(store, [account], T, p.NOON, grave=GRAVE)
    assert (by_account(store).get((account, T, "interaction")) == 7) is not free


def test_days_beyond_every_roll_up_are_not_noted(store):
    account = p.add_account(store, "ACME", ["r1"])
    collector = groups_of(store)
    tells_zone(collector, "r1", "UTC", BEGIN)
    count_hours(collector, "r1", [BEGIN])
    rollup.roll_up(store, [account], T - 2, BEGIN + DAY_S, grave=GRAVE)
    count_hours(collector, "r1", [BEGIN + HOUR_S, BEGIN + DAY_S])
    with store.read() as connection:
        assert connection.execute(select(late_day.c.day)).scalars().all() == [T - 2]


def test_closing_a_day_again_adds_it_up_again(store):
    """The way to mend what an older release left wrong."""
    account = p.add_account(store, "ACME", ["r1"])
    p.use(store, "r1", [T], {"interaction": 5})
    closing = a_closing(store=store)
    closing.run(p.NOON)
    with store.write() as connection:
        connection.exec_driver_sql(f"UPDATE usage_day SET totals = '{{\"interaction\": 9}}' WHERE day = {T}")
    closing.run(p.NOON + HOUR_S)
    assert by_account(store)[account, T, "interaction"] == 5, "nobody noted it"
    closing.close(T, p.NOON + HOUR_S, again=True)
    assert by_account(store)[account, T, "interaction"] == 9
