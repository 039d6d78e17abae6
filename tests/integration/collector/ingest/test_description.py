"""What a new or restored store learns of robots that told it once: zone, counters, model, settings. Both databases."""

import orjson

from collector.store.tables import fleet as t
from protocol import codec, records, topics
from tests.batches import DAY, EPOCH, NOON, commit, decode, lifecycle, message, rows_of, totals, window
from tests.groups import groups_of

ABOUT = "00000000000000aa"
AT_THREE = NOON + 7 * 3600  # 19:00 UTC of DAY is 03:00 of the next day in Shanghai
TOLD = records.description(
    agent="1.1", timezone="Asia/Shanghai", model="AOBO", rom="V9", configuration={"upload_s": 60},
    supported=["guided_tour"], unsupported=["faces"],
)  # fmt: skip


def hello(mark=0, **more):
    text = records.hello(robot="r1", epoch=EPOCH, mark=mark, held=mark + 1, **more)
    return decode(topics.up("r1"), codec.encode(text))


def answer(outcome):
    return outcome.answers["r1", EPOCH]


def late(seq, **more):
    return message("r1", [window(seq, {"faces": 1}, at=AT_THREE)], held=seq, **more)


def test_a_new_store_books_the_day_of_the_robots_zone_though_it_never_saw_a_start(store):
    outcome = commit(store, late(7, timezone="Asia/Shanghai"))
    assert totals(store) == {("r1", DAY + 1, "faces"): 1}
    assert answer(outcome).describe
    assert rows_of(store, t.alarm) == []


def test_a_robot_that_says_no_zone_is_booked_in_utc_and_that_is_said_until_it_starts_again(store):
    """The control of the test above: an agent of an older release."""
    outcome = commit(store, late(7, timezone=""))
    assert totals(store) == {("r1", DAY, "faces"): 1}
    assert not answer(outcome).describe
    [alarm] = rows_of(store, t.alarm)
    assert (alarm["kind"], alarm["cleared_at"]) == ("zone_unknown", None)
    began = lifecycle(8, "start", {"agent": "1.0", "clean": True, "timezone": "Asia/Shanghai"}, at=AT_THREE + 600)
    commit(store, message("r1", [began], held=8, timezone=""))
    assert rows_of(store, t.alarm)[0]["cleared_at"] is not None


def test_a_hello_is_asked_for_what_is_not_known_and_its_answer_is_kept(store):
    assert answer(commit(store, hello(about=ABOUT, timezone="Asia/Shanghai"))).describe
    assert not answer(commit(store, hello(about=ABOUT, timezone="Asia/Shanghai", description=TOLD))).describe
    assert not answer(commit(store, hello(about=ABOUT, timezone="Asia/Shanghai"))).describe
    [robot] = rows_of(store, t.robot)
    told = robot["timezone"], robot["model"], robot["rom"], robot["agent"]
    assert told == ("Asia/Shanghai", "AOBO", "V9", "1.1")
    assert orjson.loads(robot["configuration"]) == {"upload_s": 60}
    supports = {row["counter"]: row["supported"] for row in rows_of(store, t.counter_support)}
    assert supports == {"guided_tour": True, "faces": False}
    assert answer(commit(store, hello(about="00000000000000bb", timezone="Asia/Shanghai"))).describe, (
        "another one holds"
    )


def test_a_record_that_does_not_pass_the_broker_is_an_alarm_until_it_has_passed(store):
    """The control is a hello of an older agent, which says nothing of it and changes nothing."""

    def says(**more):
        text = records.hello(robot="r1", epoch=EPOCH, mark=0, held=1) | more
        commit(store, decode(topics.up("r1"), codec.encode(text)))
        return [(row["kind"], row["detail"], row["cleared_at"] is None) for row in rows_of(store, t.alarm)]

    assert says(stuck="") == []
    named = "record 17 (window of 300 counters, 2026-11-29 12:05 UTC, 9812 bytes)"
    stuck = ("record_stuck", f"{named} does not pass the broker: raise its limit", True)
    assert says(stuck=named) == [stuck]
    assert says() == [stuck]
    assert says(stuck=named) == [stuck]
    assert [row["times"] for row in rows_of(store, t.alarm)] == [1], "each hello says it, and it happened once"
    assert says(stuck="") == [(*stuck[:2], False)]


def test_an_older_agent_is_never_asked(store):
    assert not answer(commit(store, hello())).describe
    start = lifecycle(1, "start", {"agent": "1.0", "clean": True, "timezone": "Asia/Shanghai"}, at=AT_THREE)
    outcome = commit(store, message("r1", [start, window(2, {"faces": 1}, at=AT_THREE)], timezone=""))
    assert not answer(outcome).describe
    assert totals(store) == {("r1", DAY + 1, "faces"): 1}
    assert rows_of(store, t.alarm) == []


def test_a_robot_that_moved_in_the_lost_part_is_booked_by_its_new_zone(store):
    start = lifecycle(1, "start", {"agent": "1.1", "clean": True, "timezone": "UTC"})
    commit(store, message("r1", [start, window(2, {"faces": 1})]))
    commit(store, message("r1", [window(9, {"faces": 1}, at=AT_THREE)], held=9, timezone="Asia/Shanghai"))
    assert totals(store) == {("r1", DAY, "faces"): 1, ("r1", DAY + 1, "faces"): 1}


def test_without_a_hole_the_records_say_from_when_on_a_zone_holds(store):
    """The control: the batch says the present zone, and its first window is from before the start that told it."""
    start = lifecycle(1, "start", {"agent": "1.1", "clean": True, "timezone": "UTC"})
    commit(store, message("r1", [start]))
    moved = lifecycle(3, "start", {"agent": "1.1", "clean": True, "timezone": "Asia/Shanghai"}, at=AT_THREE + 300)
    rows = [window(2, {"faces": 1}, at=AT_THREE), moved, window(4, {"faces": 1}, at=AT_THREE + 600)]
    commit(store, message("r1", rows, timezone="Asia/Shanghai"))
    assert totals(store) == {("r1", DAY, "faces"): 1, ("r1", DAY + 1, "faces"): 1}


def test_a_robot_that_opens_files_without_end_waits_and_a_person_is_told(store):
    groups = groups_of(store, epochs_a_day=5)
    flood = [message("r1", [window(1, {"faces": 1})], epoch=f"{n:016x}") for n in range(300)]
    outcome = groups.commit(dict(enumerate(flood)), NOON + 900)
    assert len(rows_of(store, t.stream)) == 5
    assert len(outcome.refused) == 295
    assert {refused.reason for refused in outcome.refused.values()} == {"epochs"}
    assert [alarm["kind"] for alarm in rows_of(store, t.alarm) if alarm["kind"] == "epochs"] == ["epochs"]
    known = message("r1", [window(2, {"faces": 1})], epoch=f"{4:016x}")
    assert not groups.commit({0: known}, NOON + 901).refused, "a file that is known goes on"
    assert groups.commit({0: flood[299]}, NOON + 902).refused
    assert not groups.commit({0: flood[299]}, NOON + 90_000).refused, "nothing is lost: the next day takes it"


def test_files_that_records_name_count_too(store):
    """One batch may name five hundred epochs that were never seen."""
    closes = [lifecycle(n, "epoch", {"closes": f"{n:016x}", "cause": "corrupt", "salvaged": 0}) for n in range(1, 400)]
    assert commit(store, message("r1", closes)).refused
    assert rows_of(store, t.stream) == []
