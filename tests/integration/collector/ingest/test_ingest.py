"""What a transaction leaves in the store, on SQLite and PostgreSQL: the table of delivery, row by row."""

import sqlite3

import orjson
import psycopg
import pytest

from collector.ingest import transaction as group
from collector.store.tables import fleet as t
from protocol import codec, records, topics
from protocol.limits import SEQ_MAX
from tests.batches import (
    DAY,
    EPOCH,
    NEXT_EPOCH,
    NOON,
    commit,
    decode,
    fault,
    lifecycle,
    message,
    rows_of,
    totals,
    window,
)
from tests.groups import groups_of

START = {"agent": "1.0", "clean": True, "timezone": "Asia/Shanghai", "model": "AOBO", "rom": "V9"}


def answer(outcome, robot="r1", epoch=EPOCH):
    return outcome.answers[robot, epoch]


def test_a_batch_is_counted_and_acked_once(store):
    batch = message("r1", [window(1, {"faces": 2}), window(2, {"faces": 3, "plays": 1})])
    first, again = commit(store, batch), commit(store, batch, batch)
    assert totals(store) == {("r1", DAY, "faces"): 5, ("r1", DAY, "plays"): 1}
    assert answer(first).mark == answer(again).mark == 2
    assert again.verdicts == {"duplicate": 2}


def test_a_resent_batch_that_goes_further_adds_only_what_is_new(store):
    commit(store, message("r1", [window(1, {"faces": 2}), window(2, {"faces": 3})]))
    commit(store, message("r1", [window(2, {"faces": 3}), window(3, {"faces": 4})]))
    assert totals(store) == {("r1", DAY, "faces"): 9}


def test_behind_a_lost_batch_nothing_is_committed(store):
    outcome = commit(store, message("r1", [window(1, {"faces": 1})]), message("r1", [window(3, {"faces": 1})]))
    assert (answer(outcome).mark, answer(outcome).gap) == (1, True)
    assert totals(store) == {("r1", DAY, "faces"): 1}


def test_a_batch_before_its_turn_is_handed_back_to_a_patient_caller(store):
    group = {0: message("r1", [window(2, {"faces": 1})]), 1: message("r1", [window(1, {"faces": 1})])}
    outcome = groups_of(store).commit(group, NOON + 9000, patient=frozenset({0}))
    assert outcome.early == {0}
    assert answer(outcome).mark == 1
    assert not answer(outcome).gap


def test_a_hole_that_will_never_be_filled_is_committed_as_a_hole(store):
    commit(store, message("r1", [window(1, {"faces": 1})]))
    outcome = commit(store, message("r1", [window(5, {"faces": 1})], held=5))
    assert answer(outcome).mark == 5
    [gap] = rows_of(store, t.gap)
    assert (gap["cause"], gap["first_seq"], gap["last_seq"], gap["records"]) == ("never_arrived", 2, 4, 3)
    assert (gap["from_s"], gap["to_s"]) == (NOON + 300, NOON + 1200)


def test_what_the_robot_reports_as_lost_is_shown_as_lost_and_not_twice(store):
    commit(store, message("r1", [window(1, {"faces": 1})]))
    lost = {"epoch": EPOCH, "first": 2, "last": 4, "cause": "corrupt", "records": 2}
    commit(store, message("r1", [lifecycle(5, "lost", lost, at=NOON + 900)], held=5))
    [gap] = rows_of(store, t.gap)
    assert (gap["cause"], gap["detail"], gap["records"]) == ("lost", "corrupt", 2)


def test_merged_windows_count_fully_and_are_no_gap(store):
    merged = window(4, {"faces": 9}, span=3600, first=2, covers=7200, at=NOON)
    outcome = commit(store, message("r1", [window(1, {"faces": 1}), merged]))
    assert answer(outcome).mark == 4
    assert totals(store) == {("r1", DAY, "faces"): 10}
    assert rows_of(store, t.gap) == []
    [day] = rows_of(store, t.usage_day)
    assert orjson.loads(day["covered"])[12:15] == [2100, 1800, 0], "it vouches for all hours it was merged from"


def test_a_merge_that_reaches_into_what_is_committed_is_parked(store):
    commit(store, message("r1", [window(1, {"faces": 1}), window(2, {"faces": 1})]))
    outcome = commit(store, message("r1", [window(3, {"faces": 5}, first=2)], first=3))
    assert answer(outcome).mark == 3
    assert totals(store) == {("r1", DAY, "faces"): 2}
    assert [row["reason"] for row in rows_of(store, t.parked)] == ["order"]


def test_a_bad_record_is_parked_once_and_the_later_ones_go_on(store):
    rows = [window(1, {"faces": 1}), window(2, {"faces": -1}), window(3, {"faces": 1})]
    batch = message("r1", rows)
    assert answer(commit(store, batch)).mark == 3
    commit(store, batch)
    [parked] = rows_of(store, t.parked)
    assert (parked["robot"], parked["reason"], parked["seq"], parked["epoch"]) == ("r1", "record", 2, EPOCH)
    assert orjson.loads(parked["payload"])["counts"] == {"faces": -1}
    assert totals(store) == {("r1", DAY, "faces"): 2}


def test_a_message_that_cannot_be_read_is_parked_with_its_bytes(store):
    outcome = commit(store, decode(topics.up("r1"), b"rubbish"), message("r2", [window(1, {"faces": 1})]))
    assert outcome.refused[0].reason == "format"
    assert [(p["robot"], bytes(p["payload"])) for p in rows_of(store, t.parked)] == [("r1", b"rubbish")]
    assert totals(store) == {("r2", DAY, "faces"): 1}


def test_the_same_rubbish_again_is_counted_and_not_stored_again(store):
    groups = groups_of(store)
    for _ in range(3):
        groups.commit({0: decode(topics.up("r1"), b"rubbish")}, NOON)
    assert len(rows_of(store, t.parked)) == 1
    assert [(row["parked"], row["dropped"]) for row in rows_of(store, t.parked_tally)] == [(3, 0)]


def test_what_one_robot_can_park_is_bounded_and_the_oldest_goes(store, monkeypatch):
    monkeypatch.setattr("collector.ingest.rows.parked.ROBOT_MAX_ROWS", 5)
    monkeypatch.setattr("collector.ingest.rows.parked.ROBOT_MAX_BYTES", 40)
    commit(store, *(decode(topics.up("r1"), b"rubbish%d" % i) for i in range(10)))
    commit(store, decode(topics.up("r2"), b"other"), decode(topics.up("r1"), b"thirty bytes of rubbish, or so"))
    kept = [bytes(p["payload"]) for p in rows_of(store, t.parked) if p["robot"] == "r1"]
    assert kept == [b"rubbish9", b"thirty bytes of rubbish, or so"]
    tally = {row["robot"]: (row["parked"], row["dropped"]) for row in rows_of(store, t.parked_tally)}
    assert tally == {"r1": (11, 9), "r2": (1, 0)}


def test_an_unknown_robot_is_parked_and_not_answered_where_registering_is_off(store):
    batch = message("stranger", [window(1, {"faces": 1})])
    outcome = commit(store, batch, register_unknown=False)
    assert outcome.answers == {}
    assert [p["reason"] for p in rows_of(store, t.parked)] == ["unknown_robot"]
    assert rows_of(store, t.robot) == []
    assert answer(commit(store, batch), "stranger").mark == 1, "and nothing was lost when it is let in"


def asking(robot):
    return decode(topics.up(robot), codec.encode(records.ask(robot=robot)))


def test_a_question_of_a_robot_that_has_no_outbox_changes_nothing(store):
    outcome = commit(store, asking("r1"), message("r2", [window(1, {"faces": 1})]))
    assert outcome.asked == {"r1": ""}
    assert [robot["name"] for robot in rows_of(store, t.robot)] == ["r2"]
    assert [stream["epoch"] for stream in rows_of(store, t.stream)] == [EPOCH]
    assert rows_of(store, t.parked) == []
    outcome = commit(store, asking("r1"), asking("r2"), register_unknown=False)
    assert (outcome.asked["r1"].partition(":")[0], outcome.asked["r2"]) == ("unknown_robot", "")
    before = {"v": 1, "robot": "r1"}
    assert commit(store, decode(topics.up("r1"), codec.encode(before))).refused[0].reason == "envelope", "the control"


def test_who_asks_is_told_the_alarm_of_its_name(store):
    commit(store, message("r1", [window(1, {"faces": 1})]))
    assert commit(store, asking("r1")).asked == {"r1": ""}
    [robot] = rows_of(store, t.robot)
    with store.write() as connection:
        alarm = {"kind": "two_epochs", "raised_at": NOON, "last_at": NOON, "detail": "e1 and e2"}
        connection.execute(t.alarm.insert(), alarm | {"robot_id": robot["id"]})
    assert commit(store, asking("r1")).asked == {"r1": "two_epochs: e1 and e2"}


def test_start_tells_who_the_robot_is_and_where_its_day_begins(store):
    late = NOON + 5 * 3600  # 01:00 of the next day in Shanghai
    commit(store, message("r1", [lifecycle(1, "start", START), window(2, {"faces": 1}, at=late)]))
    [robot] = rows_of(store, t.robot)
    assert (robot["timezone"], robot["model"], robot["rom"], robot["agent"]) == ("Asia/Shanghai", "AOBO", "V9", "1.0")
    assert totals(store) == {("r1", DAY + 1, "faces"): 1}
    [day] = rows_of(store, t.usage_day)
    assert orjson.loads(day["hours"])["faces"][1] == 1


def test_a_time_zone_nobody_knows_leaves_the_old_one(store):
    commit(store, message("r1", [lifecycle(1, "start", START), lifecycle(2, "start", START | {"timezone": "x" * 99})]))
    assert rows_of(store, t.robot)[0]["timezone"] == "Asia/Shanghai"


@pytest.mark.parametrize(("clean_stop", "cause"), [(True, "off"), (False, "crash")])
def test_time_between_two_runs_is_off_or_a_crash(store, clean_stop, cause):
    rows = [lifecycle(1, "start", START), window(2, {"faces": 1})]
    if clean_stop:
        rows.append(lifecycle(3, "stop", at=NOON + 700))
    commit(store, message("r1", rows))
    back = [lifecycle(len(rows) + 1, "start", START | {"clean": clean_stop}, at=NOON + 4000)]
    commit(store, message("r1", back))
    [gap] = rows_of(store, t.gap)
    assert gap["cause"] == cause
    assert (gap["from_s"], gap["to_s"]) == (NOON + 700 if clean_stop else NOON + 600, NOON + 4000)


def test_faults_open_and_close(store):
    commit(store, message("r1", [fault(1, "open", code="no_route"), fault(2, "close", opened=1, at=NOON + 60)]))
    [episode] = rows_of(store, t.fault_episode)
    assert (episode["code"], episode["opened_at"], episode["closed_at"]) == ("no_route", NOON, NOON + 60)


def test_a_close_whose_open_never_came_is_an_episode_with_an_end_only(store):
    commit(store, message("r1", [fault(5, "close", opened=2, at=NOON + 60)], held=5))
    [episode] = rows_of(store, t.fault_episode)
    assert (episode["seq"], episode["opened_at"], episode["closed_at"]) == (2, None, NOON + 60)


def test_a_close_without_a_name_ends_the_newest_open_one_of_its_kind(store):
    rows = [
        fault(1, "open"),
        fault(2, "open", code="dns"),
        fault(3, "close", at=NOON + 9),
        fault(4, "open", at=NOON + 20),
    ]
    commit(store, message("r1", rows))
    assert [(e["seq"], e["closed_at"]) for e in rows_of(store, t.fault_episode)] == [
        (1, NOON + 9),
        (2, None),
        (4, None),
    ]


def test_an_episode_that_stands_for_several_says_how_often_it_opened(store):
    rows = [fault(1, "open"), fault(2, "close", opened=1, at=NOON + 60) | {"openings": 312}, fault(3, "open")]
    commit(store, message("r1", rows))
    assert [row["openings"] for row in rows_of(store, t.fault_episode)] == [312, 1]


def test_a_fault_never_ends_before_it_began(store):
    commit(store, message("r1", [fault(1, "open", at=NOON + 500), fault(2, "close", opened=1, at=NOON)]))
    [episode] = rows_of(store, t.fault_episode)
    assert (episode["closed_at"], episode["confidence"]) == (NOON + 500, "between")


def test_a_new_file_closes_the_old_one_and_salvage_counts_once(store):
    commit(store, message("r1", [window(1, {"faces": 1}), window(2, {"faces": 2})]))
    late = message("r1", [window(3, {"faces": 4})])
    replaced = {"closes": EPOCH, "cause": "corrupt", "salvaged": 2, "held": 2}
    salvage = [
        lifecycle(1, "epoch", replaced),
        records.salvaged(2, window(2, {"faces": 2}), EPOCH),
        records.salvaged(3, window(3, {"faces": 4}), EPOCH),
        window(4, {"faces": 8}),
    ]
    commit(store, message("r1", salvage, epoch=NEXT_EPOCH))
    assert totals(store) == {("r1", DAY, "faces"): 15}
    assert answer(commit(store, late)).mark == SEQ_MAX, "the old file is closed: what still comes of it was salvaged"
    again = [lifecycle(1, "epoch", {"closes": NEXT_EPOCH, "cause": "corrupt", "salvaged": 1, "held": 1})]
    again.append(records.salvaged(2, salvage[2], NEXT_EPOCH))
    commit(store, message("r1", again, epoch="00000000000000e3"))
    assert totals(store) == {("r1", DAY, "faces"): 15}, "a record that is salvaged twice counts once"


def test_a_batch_of_a_file_that_was_replaced_before_its_first_batch_came_is_not_taken(store):
    replaced = {"closes": EPOCH, "cause": "corrupt", "salvaged": 1, "held": 1}
    salvage = [lifecycle(1, "epoch", replaced), records.salvaged(2, window(1, {"faces": 1}), EPOCH)]
    commit(store, message("r1", salvage, epoch=NEXT_EPOCH))
    commit(store, message("r1", [window(1, {"faces": 1})]))
    assert totals(store) == {("r1", DAY, "faces"): 1}


def test_one_new_file_raises_no_alarm(store):
    commit(store, message("r1", [window(1, {"faces": 1})]))
    commit(store, message("r1", [window(1, {"faces": 1})], epoch=NEXT_EPOCH))
    commit(store, message("r1", [window(2, {"faces": 1})], epoch=NEXT_EPOCH))
    assert rows_of(store, t.alarm) == []


def test_support_is_three_valued(store):
    told = {"supported": ["faces", "plays"], "unsupported": ["touches", "NOT A KEY", 5]}
    commit(store, message("r1", [lifecycle(1, "counters", told)]))
    commit(store, message("r1", [lifecycle(2, "counters", {"supported": ["touches"]}, at=NOON + 60)]))
    told = {row["counter"]: (row["supported"], row["since_s"]) for row in rows_of(store, t.counter_support)}
    assert told == {"faces": (True, NOON), "plays": (True, NOON), "touches": (True, NOON + 60)}


def test_skills_and_gauges_are_the_newest(store):
    skill = {"boot": 1, "mono": 5, "at": NOON, "skill": "guide"}
    rows = [
        records.numbered(1, records.skill(**skill, version="1", state="installed")),
        records.numbered(2, records.skill(**skill, version="2", state="active", reason="asked")),
        window(3, {}, gauges={"cpu": (1.0, 2.0, 3.0)}),
    ]
    commit(store, message("r1", rows))
    assert [(s["version"], s["state"]) for s in rows_of(store, t.skill_state)] == [("2", "active")]
    assert orjson.loads(rows_of(store, t.gauge)[0]["readings"]) == {"cpu": [1.0, 2.0, 3.0]}


def presence(session, state, *, epoch=EPOCH, at=NOON, **more):
    return decode(
        topics.presence("r1"),
        codec.encode(records.presence(robot="r1", epoch=epoch, session=session, state=state, at=at, **more)),
    )


def test_a_late_will_cannot_mark_a_robot_offline_that_is_back(store):
    commit(store, presence(1, "online"), presence(2, "online"), presence(1, "offline"))
    assert [(p["session"], p["state"]) for p in rows_of(store, t.presence)] == [(2, "online")]
    commit(store, presence(2, "offline"))
    assert rows_of(store, t.presence)[0]["state"] == "offline"


def test_a_new_file_with_a_clock_in_1970_is_seen_online(store):
    commit(store, presence(1_790_000_000, "online"), presence(12, "offline", epoch=NEXT_EPOCH))
    assert rows_of(store, t.presence)[0]["state"] == "online"
    commit(store, presence(12, "online", epoch=NEXT_EPOCH, backlog=7))
    [row] = rows_of(store, t.presence)
    assert (row["epoch"], row["state"], row["backlog"]) == (NEXT_EPOCH, "online", 7)


def test_reports_are_kept_as_they_are(store):
    report = {"v": 1, "robot": "r1", "revision": 4, "skills": [{"skill": "guide", "active": "2"}]}
    commit(store, decode(topics.reported("r1"), codec.encode(report)))
    [row] = rows_of(store, t.reported)
    assert row["revision"] == 4
    assert orjson.loads(row["document"])["skills"][0]["active"] == "2"


def test_an_estimated_place_is_marked(store):
    commit(
        store,
        message("r1", [window(1, {"faces": 1}, at=NOON), window(2, {"faces": 1}, at=5, mono=10_300, sync="unsynced")]),
    )
    [day] = rows_of(store, t.usage_day)
    assert (day["covered_s"], day["estimated_s"]) == (600, 300)


def test_details_of_any_shape_stop_nobody(store):
    deep = {"a": [{"b": "x" * 50_000}]}
    rows = [
        lifecycle(1, "anything", deep),
        lifecycle(2, "start", {"timezone": 5, "model": None, "clean": "yes"}),
        lifecycle(3, "configuration", {"big": 2**80}),
        lifecycle(4, "lost", {"epoch": 7, "first": "1"}),
        lifecycle(5, "epoch", {"closes": EPOCH}),
        lifecycle(6, "counters", {"supported": 5, "unsupported": {"a": 1}}),
        window(7, {"faces": 1}),
    ]
    outcome = commit(store, message("r1", rows), decode("fw/1/x/\x00", b"\x00"))
    assert answer(outcome).mark == 7
    assert [p["seq"] for p in rows_of(store, t.parked) if p["reason"] == "record"] == [1]
    assert len(rows_of(store, t.lifecycle_event)) == 5


@pytest.mark.parametrize(
    ("error", "reason"),
    [(sqlite3.DataError("too big"), "store"), (psycopg.errors.NumericValueOutOfRange("too big"), "store"),
     (OverflowError("int too large"), "bug"), (AttributeError("a bug"), "bug")],
)  # fmt: skip
def test_a_message_that_cannot_be_stored_is_parked_alone_and_once(store, monkeypatch, error, reason):
    def poison(books, robot, batch, *moments, original=group.apply_batch):
        if robot.name == "r2":
            raise error
        return original(books, robot, batch, *moments)

    monkeypatch.setattr(group, "apply_batch", poison)
    groups = groups_of(store)
    for seq in (1, 2):
        messages = [message(f"r{i}", [window(seq if i != 2 else 1, {"faces": 1})]) for i in range(1, 8)]
        outcome = groups.commit(dict(enumerate(messages)), NOON)
        assert {robot for robot, _ in outcome.answers} == {"r1", "r3", "r4", "r5", "r6", "r7"}
        assert {place: refused.reason for place, refused in outcome.refused.items()} == {1: reason}
    assert [(p["robot"], p["reason"]) for p in rows_of(store, t.parked)] == [("r2", reason)]
    assert [(p["robot"], p["parked"]) for p in rows_of(store, t.parked_tally)] == [("r2", 2)]
