"""Robots' days become accounts' days, on both databases: what is unknown, what is late, what two accounts claim."""

import pytest
from sqlalchemy import select

from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import NOW, Knowledge, Origin
from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.scores import reads
from collector.scores.rollup import rollup
from collector.store.engine import Store
from collector.store.tables.fleet import counter_support, usage_day
from collector.store.tables.health import account_day, late_day, rollup_mark, to_rescore
from tests import portfolio as p
from tests.policies import GRAVE
from tests.portfolio import DAY_S, HOUR_S, NOON, T


@pytest.fixture
def acme(store: Store) -> int:
    row = p.add_account(store, "ACME", ["r1", "r2"])
    p.use(store, "r1", range(T - 9, T + 1))
    p.use(store, "r2", range(T - 9, T - 1))
    return row


def rolled(store: Store, account: int, through: int = T, now_s: int = NOON):
    """By day: the account-days as stored, after a rollup."""
    rollup.roll_up(store, [account], through, now_s, grave=GRAVE)
    return stored(store, account)


def stored(store: Store, account: int, knowledge: Knowledge = NOW):
    with store.read() as connection:
        found = reads.account_days(connection, [account], T, knowledge)
    return {one.day: one for one in found.get(account, ())}


def test_the_robots_of_an_account_add_up_and_a_robot_that_said_nothing_is_unknown_not_zero(store, acme):
    days = rolled(store, acme)
    assert (days[T - 5].robots, days[T - 5].heard, days[T - 5].active) == (2, 2, 2)
    assert days[T - 5].counts["interaction"] == 2 * p.COUNTS["interaction"]
    assert (days[T].robots, days[T].heard) == (2, 1)
    assert days[T].counts["interaction"] == p.COUNTS["interaction"]
    assert days[T].dark == (p.robot_id(store, "r2"),)
    assert (days[T - 50].heard, days[T - 50].counts, days[T - 50].dark) == (0, {}, ())  # before it ever connected


def test_what_a_robot_can_count_and_did_not_is_a_true_zero(store, acme):
    with store.write() as connection:
        rows = [
            {"robot_id": p.robot_id(store, "r1"), "counter": "leading", "supported": True, "since_s": 0},
            {"robot_id": p.robot_id(store, "r1"), "counter": "delivery", "supported": False, "since_s": 0},
        ]
        connection.execute(counter_support.insert(), rows)
    counts = rolled(store, acme)[T].counts
    assert counts["leading"] == 0
    assert "delivery" not in counts


def test_availability_counts_open_hours_only(store, acme):
    days = rolled(store, acme)
    assert (days[T - 5].online_s, days[T - 5].scheduled_s) == (2 * 12 * HOUR_S, 2 * 12 * HOUR_S)
    assert (days[T].online_s, days[T].scheduled_s) == (12 * HOUR_S, 2 * 12 * HOUR_S)  # r2 should have been there


def test_days_that_only_a_file_tells_say_nothing_about_time_and_nobody_is_dark(store):
    account = p.add_account(store, "OLD", ["f1"])
    row = {"day": T, "robot_id": p.robot_id(store, "f1"), "imported": '{"interaction": 7}'}
    with store.write() as connection:
        connection.execute(usage_day.insert().values(row))
    day = rolled(store, account)[T]
    assert (day.heard, day.active, dict(day.counts)) == (1, 1, {"interaction": 7})
    assert (day.scheduled_s, day.dark) == (0, ())


def test_an_episode_that_flapped_counts_as_often_as_it_opened(store, acme):
    p.fault(store, "r1", "navigation", (T - 5) * DAY_S, (T - 5) * DAY_S + HOUR_S, openings=312)
    p.fault(store, "r1", "navigation", (T - 5) * DAY_S + HOUR_S, seq=2)
    assert rolled(store, acme)[T - 5].faults == {"navigation": 313}


def test_faults_count_on_the_day_they_opened_and_a_long_grave_one_is_stuck(store, acme):
    p.fault(store, "r1", "navigation", (T - 5) * DAY_S + HOUR_S, None)
    p.fault(store, "r2", "tts", (T - 5) * DAY_S + HOUR_S, (T - 5) * DAY_S + 2 * HOUR_S, seq=2)
    days = rolled(store, acme)
    assert days[T - 5].faults == {"navigation": 1, "tts": 1}
    assert days[T - 5].affected["navigation"] == (p.robot_id(store, "r1"),)
    stuck = {day for day, one in days.items() if one.stuck}
    assert stuck == {T - 2, T - 1, T}  # 72 h after it opened, at the end of the day


def test_a_robot_that_moves_counts_for_each_account_on_its_own_days(store):
    first = p.add_account(store, "FIRST", [])
    second = p.add_account(store, "SECOND", [])
    p.deploy(store, "FIRST", "m1", to_day=T - 3)
    p.deploy(store, "SECOND", "m1", from_day=T - 2)
    p.use(store, "m1", range(T - 9, T + 1))
    rollup.roll_up(store, [first, second], T, NOON, grave=GRAVE)
    assert max(stored(store, first)) == T - 3
    assert min(stored(store, second)) == T - 2
    assert stored(store, second)[T - 2].counts == p.COUNTS


def test_a_robot_that_two_accounts_claim_counts_for_neither_and_both_name_it(store):
    first = p.add_account(store, "FIRST", ["d1", "d2"])
    second = p.add_account(store, "SECOND", [])
    p.use(store, "d1", [T - 1, T])
    p.use(store, "d2", [T - 1, T])
    p.deploy(store, "SECOND", "d1", from_day=T)
    rollup.roll_up(store, [first, second], T, NOON, grave=GRAVE)
    disputed = (p.robot_id(store, "d1"),)
    assert (stored(store, first)[T].robots, stored(store, first)[T].conflicts) == (1, disputed)
    assert (stored(store, second)[T].robots, stored(store, second)[T].conflicts) == (0, disputed)
    assert (stored(store, first)[T - 1].robots, stored(store, first)[T - 1].conflicts) == (2, ())


def test_a_dispute_that_is_settled_later_gives_the_day_back(store):
    first = p.add_account(store, "FIRST", ["d1"])
    second = p.add_account(store, "SECOND", [])
    p.use(store, "d1", [T - 1, T])
    p.deploy(store, "SECOND", "d1", from_day=T)
    rollup.roll_up(store, [first, second], T, NOON, grave=GRAVE)
    with store.write() as connection:
        writing.withdraw(connection, KINDS["deployment"], ["SECOND-d1"], Origin("test", NOON + 60))
    rollup.roll_up(store, [first, second], T, NOON + HOUR_S, grave=GRAVE)
    assert (stored(store, first)[T].robots, stored(store, first)[T].conflicts) == (1, ())
    assert T not in stored(store, second)


def test_a_fact_that_just_came_is_added_up_once_and_only_where_it_belongs(store, acme, monkeypatch):
    other = p.add_account(store, "OTHER", ["o1"])
    p.use(store, "o1", range(T - 9, T + 1))
    rollup.roll_up(store, [acme, other], T, NOON, grave=GRAVE)
    closure = who.Closure(id="c", account="ACME", from_day=T - 3, to_day=T - 2, reason="rebuilding")
    p.write(store, "closure", closure, at_s=NOON + 60)
    read = []
    real = rollup.add_up

    def add_up(connection, accounts, first, last, *rest):
        read.append((list(accounts), first, last))
        return real(connection, accounts, first, last, *rest)

    monkeypatch.setattr(rollup, "add_up", add_up)
    for minute in (2, 7, 12, 60 * 20):
        rollup.roll_up(store, [acme, other], T, NOON + 60 * minute, grave=GRAVE)
    assert read == [([acme], T - 3, T)]
    assert [day for day, one in stored(store, acme).items() if not one.open] == [T - 3, T - 2]


def test_a_fact_that_is_committed_minutes_after_it_arrived_is_added_up_too(store, acme):
    p.write(store, "closure", who.Closure(id="c1", account="ACME", from_day=T, to_day=T, reason="x"), at_s=NOON - 60)
    rollup.roll_up(store, [acme], T, NOON, grave=GRAVE)
    p.write(
        store, "closure", who.Closure(id="c2", account="ACME", from_day=T - 5, to_day=T - 5, reason="x"),
        at_s=NOON - 300,
    )  # fmt: skip
    rollup.roll_up(store, [acme], T, NOON + HOUR_S, grave=GRAVE)
    assert not stored(store, acme)[T - 5].open
    with store.write() as connection:
        writing.withdraw(connection, KINDS["closure"], ["c2"], Origin("test", NOON + HOUR_S - 60))
    rollup.roll_up(store, [acme], T, NOON + HOUR_S + 60, grave=GRAVE)
    assert stored(store, acme)[T - 5].open


def test_the_day_is_the_accounts_own_also_far_east_and_west(store):
    for name, zone in (("EAST", "Pacific/Auckland"), ("WEST", "Pacific/Honolulu")):
        account = p.add_account(store, name, [name.lower()], timezone=zone)
        p.use(store, name.lower(), [T])
        noon = {"EAST": T * DAY_S - 11 * HOUR_S, "WEST": (T + 1) * DAY_S + 9 * HOUR_S}[name]  # 01:00 and 23:00 there
        p.fault(store, name.lower(), "asr", noon)
        assert rolled(store, account)[T].faults == {"asr": 1}


def test_rolling_up_again_writes_nothing_and_late_days_append_a_version(store, acme):
    rolled(store, acme)
    again = rollup.roll_up(store, [acme], T, NOON + 60, grave=GRAVE)
    assert (again.versions, again.changed) == (0, set())
    p.late(store, "r2", T)
    done = rollup.roll_up(store, [acme], T, NOON + HOUR_S, grave=GRAVE)
    assert (done.versions, done.changed) == (1, {(acme, T)})
    assert stored(store, acme)[T].counts["interaction"] == 2 * p.COUNTS["interaction"]
    assert stored(store, acme)[T].late
    assert stored(store, acme, Knowledge(NOON + 60, "arrived"))[T].heard == 1  # what was known then stays
    with store.read() as connection:
        assert connection.execute(select(late_day)).all() == []
        assert connection.execute(select(to_rescore.c.account_id, to_rescore.c.day)).all() == [(acme, T)]


def test_what_came_for_a_day_that_is_not_rolled_up_yet_waits(store, acme):
    rolled(store, acme, through=T - 3)
    p.late(store, "r2", T)
    rollup.roll_up(store, [acme], T - 3, NOON, grave=GRAVE)
    with store.read() as connection:
        assert connection.execute(select(late_day.c.day)).all() == [(T,)]


def test_a_deployment_that_is_corrected_backwards_changes_the_days_it_touches(store, acme):
    rolled(store, acme)
    p.deploy(store, "ACME", "r3", from_day=T - 4)
    p.use(store, "r3", range(T - 4, T + 1))
    after = rolled(store, acme, now_s=NOON + HOUR_S) if _arrives(store, NOON + 60) else {}
    assert after[T - 4].robots == 3
    assert after[T - 5].robots == 2


def _arrives(store: Store, at_s: int) -> bool:
    """The newest fact arrived now."""
    with store.write() as connection:
        connection.exec_driver_sql(f"UPDATE fact SET arrived_at = {at_s} WHERE id = (SELECT max(id) FROM fact)")
    return True


def test_a_day_on_which_no_robot_is_left_becomes_an_empty_version(store, acme):
    rolled(store, acme)
    for one in ("r1", "r2"):
        ended = who.Deployment(id=f"ACME-{one}", account="ACME", robot=one, from_day=p.BEGINS, to_day=T - 2)
        p.write(store, "deployment", ended, at_s=NOON + 60)
    after = rolled(store, acme, now_s=NOON + HOUR_S)
    assert max(after) == T - 2
    with store.read() as connection:
        versions = select(account_day.c.version).where(account_day.c.account_id == acme, account_day.c.day == T)
        assert connection.execute(versions).scalars().all() == [1, 2]


def test_a_rollup_that_is_cut_off_goes_on_where_it_was(store, acme, monkeypatch):
    monkeypatch.setattr(rollup, "ROBOT_DAYS_AT_ONCE", 20)
    real, calls = rollup.add_up, []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise MemoryError("cut off")
        return real(*arguments)

    monkeypatch.setattr(rollup, "add_up", dies)
    with pytest.raises(MemoryError):
        rollup.roll_up(store, [acme], T, NOON, grave=GRAVE)
    with store.read() as connection:
        reached = connection.scalar(select(rollup_mark.c.through_day))
    assert p.BEGINS < reached < T
    rolled(store, acme)
    monkeypatch.setattr(rollup, "add_up", real)
    with store.read() as connection:
        whole = rollup.of_days(connection, [acme], T - 149, T, grave=GRAVE)
    assert stored(store, acme) == {day: one for (_, day), one in whole.items()}
