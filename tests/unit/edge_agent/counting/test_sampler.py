"""Readings become windows: deltas, restarts, boundaries, refusals."""

import math

import pytest

from edge_agent.clock import Stamp
from edge_agent.counting.readings import Gauge, Increment, Refusal, Supports, Total
from edge_agent.counting.refused import FAULTS_MAX, QUIET_S
from edge_agent.counting.sampler import COUNTERS_MAX, Sampler
from protocol.messages import parse_record

NOON = 1_800_014_400
assert NOON % 300 == 0


def _at(second, *, sync="synced", step=0):
    """`second` after noon; the boot began 1,000 s before noon."""
    return Stamp(1, 1000 + second, NOON + second + step, sync)


def _sampler(second=0.0, **rest):
    return Sampler(_at(second), window_s=300, **rest)


def _windows(closed):
    for record in closed.records:
        parse_record({"seq": 1, **record})
    return [record for record in closed.records if record["kind"] == "window"]


def _count(sampler, *readings):
    for reading in readings:
        sampler.take("s", reading)


def test_windows_end_at_multiples_of_the_wall_clock():
    sampler = _sampler(second=100)
    _count(sampler, Increment("wake_up", 2))
    assert sampler.advance(_at(200)) is None
    (window,) = _windows(sampler.advance(_at(300)))
    assert (window["at"], window["mono"], window["span"]) == (NOON + 100, 1100, 200)
    assert window["counts"] == {"observed_s": 200, "wake_up": 2}
    for tick in (400, 500):
        assert sampler.advance(_at(tick)) is None
    (window,) = _windows(sampler.advance(_at(600.4)))
    assert (window["at"], window["span"], window["counts"]) == (NOON + 300, 300, {"observed_s": 300})


def test_spans_add_up_to_the_time_that_passed():
    sampler = _sampler()
    spans = []
    for tenth in range(1, 30_001, 7):
        if closed := sampler.advance(_at(tenth / 10)):
            spans += [window["span"] for window in _windows(closed)]
    spans += [window["span"] for window in _windows(sampler.close(_at(3000)))]
    assert sum(spans) == 3000


@pytest.mark.parametrize(
    ("values", "added"),
    [
        ([Total("driving_s", 100.0, "e")], 0),  # a baseline
        ([Total("driving_s", 100.9, "e", from_zero=True)], 100),
        ([Total("driving_s", 100.9, "e"), Total("driving_s", 103.1, "e")], 3),
        ([Total("driving_s", 9, "e"), Total("driving_s", 4, "e")], 4),  # a fall: restarted from zero
        ([Total("driving_s", 9, "e"), Total("driving_s", 4, "f")], 0),  # another life, begun we know not where
        ([Total("driving_s", 9, "e"), Total("driving_s", 4, "f", from_zero=True)], 4),
        ([Total("driving_s", 9, "e"), Total("driving_s", 50, "f", from_zero=True)], 50),
        ([Total("driving_s", 1, "e", series="a"), Total("driving_s", 5, "e", series="b")], 0),
        ([Total("driving_s", 1, "e", True, "a"), Total("driving_s", 5, "e", True, "b")], 6),
    ],
)
def test_cumulative_values(values, added):
    sampler = _sampler()
    _count(sampler, *values)
    (window,) = _windows(sampler.close(_at(10)))
    assert window["counts"].get("driving_s", 0) == added


def test_fractions_are_carried_over_windows_and_restarts():
    sampler = _sampler()
    total = 0
    for epoch in range(10):
        for step in range(1, 11):
            _count(sampler, Total("driving_s", step * 0.1875, f"life {epoch}", from_zero=True))
            total += _windows(sampler.close(_at(epoch * 100 + step)))[0]["counts"].get("driving_s", 0)
    assert total == 18, "ten lives of 1.875 s"


def test_totals_go_on_after_a_restart_of_the_agent():
    first = _sampler()
    _count(first, Total("driving_s", 10.5, "e"), Total("driving_s", 20.75, "e"))
    closed = first.close(_at(10))
    second = Sampler(_at(20), window_s=300, totals=closed.totals)
    _count(second, Total("driving_s", 30.25, "e"))
    counted = [_windows(c)[0]["counts"]["driving_s"] for c in (closed, second.close(_at(30)))]
    assert sum(counted) == 30 - 10


def test_a_checkpointed_window_becomes_a_record_of_its_own_after_a_crash():
    crashed = _sampler()
    _count(crashed, Increment("touches", 3))
    crashed.advance(_at(42))
    snapshot = crashed.snapshot()
    resumed = Sampler(_at(90), window_s=300, window=snapshot)
    _count(resumed, Increment("touches", 4))
    assert resumed.snapshot()["counts"] == {"touches": 7}, "until it is stored, a checkpoint holds both"
    closed = resumed.advance(_at(100))
    old, new = _windows(closed)
    assert (old["counts"], old["span"], old["mono"]) == ({"observed_s": 42, "touches": 3}, 42, 1000)
    assert (new["counts"], new["span"]) == ({"observed_s": 10, "touches": 4}, 10)
    assert resumed.snapshot() is None, "the snapshot that goes along with the append must not hold it a second time"
    resumed.reopen(closed)
    assert resumed.snapshot()["counts"] == {"touches": 7}


def test_what_was_left_open_is_settled_once_and_survives_a_failed_append():
    left = {"boot": 1, "mono": 7, "at": NOON, "sync": "synced", "span": 9, "counts": {"touches": 1}}
    sampler = _sampler(window=left)
    _count(sampler, Increment("touches", 4))
    failed = sampler.settle(_at(1))
    sampler.reopen(failed)
    closed = sampler.settle(_at(2))
    assert [w["counts"].get("touches") for w in _windows(closed)] == [1, 4]
    assert sampler.settle(_at(3)) is None


def test_reopened_windows_keep_every_count_and_second():
    sampler = _sampler(gauge_every_s=300)
    _count(sampler, Increment("touches", 3), Gauge("load", 1.0), Supports(("touches",)))
    failed = sampler.advance(_at(300))
    _count(sampler, Increment("touches", 4), Gauge("load", 3.0))
    sampler.reopen(failed)
    failed = sampler.advance(_at(310))
    sampler.reopen(failed)
    closed = sampler.advance(_at(320))
    (window,) = _windows(closed)
    assert window["counts"] == {"observed_s": 320, "touches": 7}
    assert (window["at"], window["gauges"]) == (NOON, {"load": [1.0, 2.0, 3.0]})
    assert [r["event"] for r in closed.records if r["kind"] == "lifecycle"] == ["counters"]
    assert sampler.advance(_at(400)) is None


def test_a_restored_window_survives_a_failed_append():
    sampler = _sampler(window={"boot": 1, "mono": 7, "at": NOON, "sync": "synced", "span": 9, "counts": {"touches": 1}})
    failed = sampler.advance(_at(10))
    sampler.reopen(failed)
    assert [w["mono"] for w in _windows(sampler.advance(_at(20)))] == [7, 1000]


def test_a_step_of_the_wall_clock_closes_the_window_and_is_told():
    sampler = _sampler()
    sampler.advance(_at(50))
    closed = sampler.advance(_at(60, step=-3600))
    window, clock = closed.records
    assert (window["at"], window["span"]) == (NOON, 60)
    assert (clock["event"], clock["detail"], clock["at"]) == ("clock", {"step_s": -3600}, NOON + 60 - 3600)


def test_a_slewed_clock_is_no_step():
    sampler = _sampler()
    for second in range(1, 299):
        assert sampler.advance(_at(second, step=second * 0.01)) is None


def test_a_window_never_spans_a_change_of_who_vouches():
    sampler = Sampler(_at(0, sync="unsynced"), window_s=300)
    closed = sampler.advance(_at(60))
    (window,) = _windows(closed)
    assert (window["sync"], window["span"]) == ("unsynced", 60)


def test_time_without_ticks_was_not_observed():
    sampler = _sampler()
    sampler.advance(_at(20))
    closed = sampler.advance(_at(5000))
    (window,) = _windows(closed)
    assert window["counts"] == {"observed_s": 20}
    (window,) = _windows(sampler.advance(_at(5100)))
    assert (window["at"], window["span"]) == (NOON + 5000, 100)


@pytest.mark.parametrize(
    ("reading", "reason"),
    [
        (Increment("touches", -1), "negative"),
        (Increment("touches", 2**53 + 1), "too_large"),
        (Increment("touches", 1.5), "not_whole"),
        (Increment("touches", True), "not_a_number"),
        (Increment("touches", "7"), "not_a_number"),
        (Increment("Touches"), "malformed_name"),
        (Increment("t" * 65), "malformed_name"),
        (Total("touches", math.nan), "not_a_number"),
        (Total("touches", math.inf), "not_a_number"),
        (Total("touches", -0.5), "negative"),
        (Gauge("load", math.nan), "not_a_number"),
        (Gauge("", 1.0), "malformed_name"),
        (Supports(("Touches",)), "malformed_name"),
        (Supports(tuple(f"c{i}" for i in range(500))), "too_many_counters"),
    ],
)
def test_nonsense_is_refused_and_counted(reading, reason):
    sampler = _sampler()
    _count(sampler, reading, Increment("wake_up"))
    (window,) = _windows(sampler.close(_at(1)))
    assert window["counts"] == {"observed_s": 1, "readings_refused": 1, "wake_up": 1}
    assert dict(sampler.refused) == {reason: 1}


def test_sums_and_names_are_bounded():
    sampler = _sampler()
    _count(sampler, Increment("touches", 2**53), Increment("touches", 1))
    names = COUNTERS_MAX + 600
    _count(sampler, *(Increment(f"c{i}") for i in range(names)), *(Gauge(f"g{i}", 1) for i in range(100)))
    windows = _windows(sampler.close(_at(1)))
    assert sum(len(window["counts"]) for window in windows) == COUNTERS_MAX + 2
    assert len(windows[0]["gauges"]) == 64
    assert sampler.refused == {"too_large": 1, "too_many_counters": 601, "too_many_gauges": 36}


def test_a_window_of_five_hundred_names_becomes_two_records_of_one_time():
    sampler = _sampler()
    assert [sampler.take("local", Increment(f"skill.c{i}", i + 1)) for i in range(500)] == [None] * 500
    first, second = _windows(sampler.close(_at(60)))
    assert (first["span"], second["span"], second["at"]) == (60, 0, first["at"])
    counts = first["counts"] | second["counts"]
    assert counts == {f"skill.c{i}": i + 1 for i in range(500)} | {"observed_s": 60}


def test_a_restored_window_of_five_hundred_names_becomes_records_that_the_wire_takes():
    before = _sampler()
    _count(before, *(Increment(f"skill.c{i}") for i in range(500)))
    windows = _windows(_sampler(second=1, window=before.snapshot()).advance(_at(2)))
    assert sum(value for window in windows for name, value in window["counts"].items() if "." in name) == 500


def test_whoever_counts_is_told_what_was_refused_and_names_reach_those_who_can_act():
    sampler = _sampler()
    _count(sampler, *(Increment(f"c{i}") for i in range(COUNTERS_MAX)))
    assert sampler.take("local", Increment("guide.stops")) == "too_many_counters"
    assert sampler.take("local", Increment("c1", 2**53)) == "too_large"
    assert sampler.take("local", Increment("c1")) is None
    named = {row["name"]: row["reason"].partition(":")[0] for row in sampler.refusals.shown()}
    assert named == {"guide.stops": "too_many_counters", "c1": "too_large"}
    faults = sampler.refusals.conditions(1001).active
    assert {fault.ref for fault in faults} == {"local guide.stops", "local c1"}
    assert sampler.refusals.conditions(1001 + QUIET_S).active == ()


def test_names_without_end_become_a_bounded_number_of_faults():
    sampler = _sampler()
    for i in range(1000):
        sampler.take("statsd", Refusal("no rule", f"tour.{i}"))
    faults = sampler.refusals.conditions(1000).active
    assert len(faults) == FAULTS_MAX + 1
    assert faults[-1].ref == "others"
    assert sum(row["times"] for row in sampler.refusals.shown()) == 1000


def test_a_baseline_is_kept_also_when_the_window_has_no_room_for_its_counter():
    sampler = _sampler()
    _count(sampler, *(Increment(f"c{i}") for i in range(COUNTERS_MAX)), Total("touches", 100))
    sampler.close(_at(1))
    _count(sampler, Total("touches", 103, from_zero=True))
    (window,) = _windows(sampler.close(_at(2)))
    assert window["counts"]["touches"] == 3


def test_gauges_travel_with_the_first_window_and_then_once_an_hour():
    sampler = _sampler()
    seen = []
    for tick in range(10, 7201, 10):
        _count(sampler, Gauge("load", tick))
        if closed := sampler.advance(_at(tick)):
            seen += [(w["at"] - NOON, w["gauges"]["load"]) for w in _windows(closed) if "gauges" in w]
    assert seen == [(0, [10.0, 155.0, 300.0]), (3600, [310.0, 2105.0, 3900.0])]


def test_the_set_of_counters_is_told_when_it_changes():
    sampler = _sampler()
    told = []
    readings = {
        300: [Supports(("touches",), ("faces",))],
        600: [Supports(("touches",), ("faces",))],
        900: [],
    }
    for tick, said in readings.items():
        _count(sampler, *said)
        closed = sampler.advance(_at(tick))
        told += [r["detail"] for r in closed.records if r.get("event") == "counters"]
    sampler.take("other", Supports(("faces",)))
    closed = sampler.advance(_at(1200))
    told += [r["detail"] for r in closed.records if r.get("event") == "counters"]
    assert told == [
        {"supported": ["touches"], "unsupported": ["faces"]},
        {"supported": ["faces", "touches"], "unsupported": []},
    ]


def test_what_one_source_has_not_heard_of_and_another_counts_is_supported():
    sampler = _sampler()
    sampler.take("shop", Supports(("touches",), ("dialog_turn", "faces")))
    assert _told(sampler, 1) == (["touches"], ["dialog_turn", "faces"])
    sampler.take("statsd", Increment("faces", 1))
    sampler.take("shop", Increment("dialog_turn", 1))
    assert _told(sampler, 2) == (["faces", "touches"], ["dialog_turn"]), "its own counts are no witness for itself"


def _told(sampler, second):
    records = [r for r in sampler.close(_at(second)).records if r.get("event") == "counters"]
    return records[-1]["detail"]["supported"], records[-1]["detail"]["unsupported"]
