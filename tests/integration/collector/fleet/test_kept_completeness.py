"""Law: what is kept and what is computed from the robots' rows are one, after whatever changes them."""

import random
from io import BytesIO

import pytest
from sqlalchemy import func, select, text

from collector import config, context
from collector.access.caller import THE_CLOCK
from collector.accounts.closed_sites import closed_days
from collector.accounts.ledger import writing
from collector.accounts.ledger.facts import Origin
from collector.accounts.ledger.kinds import who
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.exchange.imports.usage_history import Imported, commit, stage
from collector.exchange.imports.usage_staging import Staging
from collector.fleet import kept_completeness, overview
from collector.fleet.scope import EVERYTHING
from collector.operations import upkeep
from collector.operations.parked_counts import DecideParkedCount, release_parked_count
from collector.store.tables.fleet import completeness_kept, completeness_stale, gap, robot, stream, usage_day
from collector.values.keep import Keep
from tests import batches, fleets
from tests.fleets import HOUR, NOON, TODAY, Writer, presence
from tests.plain_facts import BASE
from tests.policies import TERMS

DAY_S = 24 * HOUR
NOW = NOON + 2 * DAY_S


def asked(store, now_s=NOW):
    return context.of(config.load({}), store, lambda: now_s, THE_CLOCK)


def keep(store, now_s=NOW):
    return upkeep.keep_completeness(asked(store, now_s), None)


def both(store, now_s=NOW, back=30):
    with store.read() as connection:
        kept = kept_completeness.total(connection, now_s, closed_days, days_back=back)
        today = days.of(now_s, "UTC")
        computed = overview.computed(connection, EVERYTHING, now_s, today, closed_days, days_back=back)
    return kept, computed


def says(store, kind, *facts):
    with store.write() as connection:
        for outcome in writing.write(connection, KINDS[kind], facts, Origin("test", NOW), TERMS):
            assert outcome.did in {"created", "corrected", "unchanged"}, outcome


def takes_back(store, kind, *ids):
    with store.write() as connection:
        writing.withdraw(connection, KINDS[kind], ids, Origin("test", NOW), partial=True)


def robot_id(store, name):
    with store.read() as connection:
        return connection.scalar(select(robot.c.id).where(robot.c.name == name))


def late_data(store):
    """hall-7 sends a day that is over."""
    mark = fleets_mark(store, "hall-7")
    rows = [
        batches.window(mark + 1 + i, {"wake_up": 1}, at=NOON + i * HOUR, span=HOUR, mono=30 * DAY_S + i * HOUR)
        for i in range(20)
    ]
    batches.commit(store, batches.message("hall-7", rows, held=mark + 1), received_s=NOW)


def fleets_mark(store, name):
    with store.read() as connection:
        return connection.scalar(
            select(func.max(stream.c.mark)).where(
                stream.c.robot_id == robot_id(store, name), stream.c.epoch == batches.EPOCH
            )
        )


def back_from_the_dark(store):
    """ktv-2 starts again after a power cut, and the days since are a hole with a cause."""
    mark = fleets_mark(store, "ktv-2")
    detail = {"agent": "0.1.0", "clean": False, "timezone": "UTC", "model": "luckibot", "rom": "V9.1"}
    start = batches.lifecycle(mark + 1, "start", detail, at=NOW - HOUR) | {"boot": 2, "mono": 10}
    batches.commit(store, batches.message("ktv-2", [start], held=mark + 1), received_s=NOW)


def connects(store):
    presence(store, "ktv-2", "online", NOW - HOUR)


def another_file(store):
    first = batches.window(1, {"wake_up": 1}, at=NOW - 2 * HOUR)
    batches.commit(store, batches.message("hall-7", [first], epoch=batches.NEXT_EPOCH), received_s=NOW)


def another_robot(store):
    more = Writer("new-1")
    more.counts(NOON - DAY_S, 6, wake_up=1)
    more.send(store, NOW)


def lives_elsewhere(store):
    with store.write() as connection:
        connection.execute(robot.update().where(robot.c.name == "park-1").values(timezone="Asia/Shanghai"))


def was_there_before(store):
    with store.write() as connection:
        connection.execute(robot.update().where(robot.c.name == "hall-7").values(data_from_s=NOON - 5 * DAY_S + HOUR))


def corrected_stay(store):
    says(store, "deployment", who.Deployment(id="deployment-4", robot="park-1", account="BETA", from_day=TODAY + 2))


def withdrawn_stay(store):
    takes_back(store, "deployment", "deployment-4")


def closed_place(store):
    says(store, "closure", who.Closure(id="c", account="BETA", from_day=TODAY - 1, to_day=TODAY + 1))


def imported_history(store):
    lines = ["account,robot,day,counter,value\n", f"ACME,old-9,{fleets.iso(1)},foot_traffic,120\n"]
    with Staging() as staging:
        assert stage(BytesIO("".join(lines).encode()), staging, NOON) is None
        with store.write() as connection:
            assert isinstance(commit(connection, staging, NOON, BASE), Imported)


def old_hours_go(store):
    upkeep.remove_old_rows(asked(store), Keep(hours_days=2, events_days=20, faults_days=3, parked_days=5))


def lost_hole(store):
    with store.write() as connection:
        connection.execute(
            gap.insert().values(
                robot_id=robot_id(store, "ktv-2"), from_s=NOON, to_s=NOON + HOUR, cause="lost", epoch=batches.EPOCH
            )
        )


def a_day_is_gone(store):
    with store.write() as connection:
        own = usage_day.c.robot_id == robot_id(store, "hall-7")
        connection.execute(usage_day.delete().where(own, usage_day.c.day == TODAY - 1))


def released(store):
    """Amounts that were parked say nothing of time."""
    fleets.one_parked_count(store)
    with store.read() as connection:
        waiting = connection.scalar(text("SELECT max(id) FROM parked_count WHERE state = 'waiting'"))
    release_parked_count(asked(store), DecideParkedCount(parked=waiting, why="counted by hand"))


CHANGES = {
    "usage_day": [late_data, imported_history, a_day_is_gone],
    "stream": [another_file],
    "presence": [connects],
    "gap": [back_from_the_dark, lost_hole],
    "robot": [another_robot, was_there_before, lives_elsewhere],
    "deployment": [corrected_stay, withdrawn_stay],
    "fact": [closed_place],
}
EACH = [(table, change) for table, changes in CHANGES.items() for change in changes]


@pytest.fixture
def kept(store):
    fleets.story(store)
    assert keep(store) == kept_completeness.KEPT_DAYS - 1
    assert keep(store) == 0
    return store


def without_marks(store, *tables):
    """The database as it would be if nobody had thought of these tables."""
    with store.write() as connection:
        if connection.dialect.name == "sqlite":
            found = connection.execute(text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")).all()
        else:
            query = "SELECT tgname, relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal"
            found = connection.execute(text(query)).all()
        gone = [(name, table) for name, table in found if name.startswith("completeness_") and table in tables]
        for name, table in gone:
            on = "" if connection.dialect.name == "sqlite" else f" ON {table}"
            connection.execute(text(f"DROP TRIGGER {name}{on}"))
    assert gone


def test_what_is_kept_is_what_would_be_computed(kept):
    for back in (0, 1, 3, 30):
        said, computed = both(kept, back=back)
        assert said == computed
        assert said.elapsed_s > 0
    with kept.read() as connection:
        assert kept_completeness.wanting(connection, NOW) == []


@pytest.mark.parametrize("change", [change for _, change in EACH], ids=lambda change: change.__name__)
def test_a_change_is_seen_at_once_and_kept_the_next_time(kept, change):
    before, _ = both(kept)
    change(kept)
    said, computed = both(kept)
    assert said == computed != before
    keep(kept)
    assert both(kept)[0] == computed
    with kept.read() as connection:
        assert connection.scalar(select(func.count()).select_from(completeness_stale)) == 0


@pytest.mark.parametrize("change", [change for _, change in EACH], ids=lambda change: change.__name__)
def test_control_without_the_marks_a_change_would_not_be_seen(kept, change):
    without_marks(kept, *CHANGES)
    change(kept)
    said, computed = both(kept)
    assert said != computed


def test_amounts_that_are_released_change_nothing(kept):
    before, _ = both(kept)
    released(kept)
    assert both(kept) == (before, before)


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_over_changes_and_days_ends_equal(kept, seed):
    chance = random.Random(seed)
    changes = [change for _, change in EACH] + [closed_again, open_again, goes_dark]
    chance.shuffle(changes)
    now_s = NOW
    for change in changes:
        change(kept)
        assert_one(kept, now_s, chance.choice((0, 1, 4, 30)))
        now_s += chance.choice((0, 60, HOUR, 9 * HOUR, DAY_S))
        if chance.random() < 0.6:
            keep(kept, now_s)
        assert_one(kept, now_s, chance.choice((0, 1, 4, 30)))
    assert_one(kept, now_s - 3 * DAY_S, 5)  # a clock that went back


def closed_again(store):
    says(store, "site", who.Site(id="s", account="ACME", name="Hall", open_weekdays="0111011"))


def open_again(store):
    takes_back(store, "closure", "c")


def goes_dark(store):
    presence(store, "hall-7", "offline", NOW)


def assert_one(store, now_s, back):
    said, computed = both(store, now_s, back)
    assert said == computed


def test_a_day_is_not_kept_while_a_robot_may_still_excuse_itself(kept):
    """hall-7 is online and due every 35 minutes: at ten past twelve yesterday is not over."""
    late_data(kept)
    presence(kept, "hall-7", "online", NOW)
    more = Writer("new-2")
    more.counts(NOW - 3 * HOUR, 14, wake_up=1)
    more.send(kept, NOW + 12 * HOUR)
    presence(kept, "new-2", "online", NOW + 12 * HOUR)
    midnight_s = NOW + 12 * HOUR
    day = days.of(midnight_s - 1, "UTC")
    keep(kept, midnight_s + 600)
    assert day not in kept_days(kept)
    assert_one(kept, midnight_s + 1200, 3)
    keep(kept, midnight_s + 3 * HOUR)
    assert day in kept_days(kept)
    assert_one(kept, midnight_s + 3 * HOUR, 3)


def kept_days(store):
    with store.read() as connection:
        return set(connection.execute(select(completeness_kept.c.day)).scalars())


@pytest.mark.parametrize("marks", [True, False], ids=["marked", "control"])
def test_what_somebody_is_just_changing_is_not_kept_as_it_was(kept, marks):
    """On SQLite writers take turns. On PostgreSQL who keeps waits for them, for a moment."""
    if kept.dialect == "sqlite":
        pytest.skip("writers of SQLite take turns")
    if not marks:
        without_marks(kept, *CHANGES)
    with kept.write() as connection:
        connection.execute(completeness_kept.delete())
    own = usage_day.c.robot_id == robot_id(kept, "hall-7")
    with kept.write() as connection:
        connection.execute(usage_day.delete().where(own, usage_day.c.day == TODAY - 1))
        assert keep(kept) == (0 if marks else kept_completeness.KEPT_DAYS - 1)
    keep(kept)
    said, computed = both(kept)
    assert (said == computed) is marks
