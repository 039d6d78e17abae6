"""What is forgotten, and what never is."""

import orjson
from sqlalchemy import insert

from collector import config, context
from collector.access.caller import THE_CLOCK
from collector.calendar.days import DAY_S
from collector.operations import upkeep
from collector.retention import bound_wal
from collector.store.engine import open_store
from collector.store.tables import fleet as t
from collector.values.keep import Keep
from tests.batches import NOON, commit, decode, fault, lifecycle, message, rows_of, totals, window

KEEP = Keep(hours_days=10, events_days=20, faults_days=30, parked_days=5)


def removed(store, now_s):
    return upkeep.remove_old_rows(context.of(config.load(), store, lambda: now_s, THE_CLOCK), KEEP)


def on_day(day, seq):
    return window(seq, {"faces": seq}, at=NOON + day * DAY_S)


def test_hours_go_and_day_totals_stay(store):
    commit(store, message("r1", [on_day(day, day + 1) for day in range(20)]), received_s=NOON + 20 * DAY_S)
    before = totals(store)
    removed(store, NOON + 20 * DAY_S)
    rows = sorted(rows_of(store, t.usage_day), key=lambda r: r["day"])
    assert [row["hours"] is not None for row in rows] == [False] * 10 + [True] * 10
    assert totals(store) == before
    assert all(row["covered_s"] == 300 for row in rows)


def test_a_window_that_comes_after_its_hours_went_still_counts(store):
    commit(store, message("r1", [on_day(0, 1)]), received_s=NOON)
    removed(store, NOON + 20 * DAY_S)
    commit(store, message("r1", [on_day(0, 2), on_day(1, 3)]), keep=KEEP, received_s=NOON + 20 * DAY_S)
    assert sorted(totals(store).values()) == [3, 3]
    assert all(row["hours"] is None for row in rows_of(store, t.usage_day))


def test_each_kind_has_its_own_days(store):
    rows = [
        lifecycle(1, "start", {}),
        fault(2, "open"),
        fault(3, "close", opened=2, at=NOON + 60),
        fault(4, "open", code="still"),
    ]
    commit(store, message("r1", rows), decode("fw/1/up/00/r1", b"rubbish"), received_s=NOON)

    def left(day):
        removed(store, NOON + day * DAY_S)
        return [len(rows_of(store, table)) for table in (t.lifecycle_event, t.fault_episode, t.parked, t.parked_tally)]

    assert left(4) == [1, 2, 1, 1]
    assert left(6) == [1, 2, 0, 0]
    assert left(21) == [0, 2, 0, 0]
    assert left(31) == [0, 1, 0, 0], "an open fault is never forgotten"


def test_many_rows_go_in_small_steps(store):
    commit(store, message("r1", [window(1, {"faces": 1})]))
    with store.write() as connection:
        [robot] = rows_of(store, t.robot)
        event = {"robot_id": robot["id"], "epoch": "e", "at": 5, "event": "x"}
        connection.execute(insert(t.lifecycle_event), [event | {"seq": seq} for seq in range(1200)])
    assert removed(store, NOON) == 1200
    assert rows_of(store, t.lifecycle_event) == []


def test_a_log_that_grew_behind_a_long_reader_is_cut(tmp_path, monkeypatch):
    store = open_store(f"sqlite:///{tmp_path}/fleet.db")
    monkeypatch.setattr("collector.retention.WAL_MAX_BYTES", 10_000)
    with store.read() as reader:
        reader.exec_driver_sql("SELECT * FROM robot").all()
        for day in range(20):
            commit(store, message("r1", [on_day(day, day + 1)]))
        assert bound_wal(store) > 10_000
        assert bound_wal(store) > 10_000, "not while somebody reads it"
    assert bound_wal(store) > 10_000
    assert bound_wal(store) == 0
    assert orjson.loads(rows_of(store, t.usage_day)[0]["totals"]) == {"faces": 1}
    store.close()
