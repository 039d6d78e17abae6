"""Merging keeps totals, spans and the places where a batch may be cut."""

from edge_agent.outbox import merge
from edge_agent.outbox.merge import STAGES, plan
from edge_agent.outbox.rows import Row, row_of
from protocol import records
from protocol.messages import parse_record

HOUR, DAY, ACROSS = STAGES
MIDNIGHT = 1_800_057_600
assert MIDNIGHT % 86_400 == 0


def _utc(_at):
    return 0


def _window(seq, at, *, boot=1, sync="synced", **more):
    record = records.window(boot=boot, mono=at - MIDNIGHT + 90_000, at=at, span=300, counts={"touches": 1}, sync=sync)
    return row_of(seq, record | more)


def _fault(seq):
    return row_of(seq, records.fault(boot=1, mono=1, at=MIDNIGHT, state="open", family="touch", code=f"c{seq}"))


def _after(rows, stage, offset=_utc):
    """The rows as they stand after the plan."""
    left = {row.seq: row for row in rows}
    for merged in plan(rows, stage, offset):
        for seq in merged.gone:
            del left[seq]
        left[merged.into.seq] = merged.into
    return [left[seq] for seq in sorted(left)]


def _day(count=288, first=1):
    return [_window(first + i, MIDNIGHT + 300 * i) for i in range(count)]


def test_a_day_becomes_hours_and_then_one_window():
    hours = _after(_day(), HOUR)
    assert [(row.first, row.seq, row.windows) for row in hours[:2]] == [(1, 12, 12), (13, 24, 12)]
    assert len(hours) == 24
    (day,) = _after(hours, DAY)
    assert (day.first, day.seq, day.windows) == (1, 288, 288)
    parsed = parse_record({"seq": day.seq, **day.record})
    assert (parsed.counts["touches"], parsed.span, parsed.covers, parsed.at) == (288, 86_400, 86_400, MIDNIGHT)


def test_days_begin_at_the_robots_midnight():
    (first, second) = _after(_after(_day(), HOUR), DAY, lambda _: 8 * 3600)
    assert (first.windows, second.windows) == (192, 96)


def test_windows_of_two_boots_join_only_in_the_last_stage():
    rows = [_window(1, MIDNIGHT), _window(2, MIDNIGHT + 300), _window(3, MIDNIGHT + 600, boot=2)]
    assert [row.windows for row in _after(rows, DAY)] == [2, 1]
    assert [row.windows for row in _after(rows, ACROSS)] == [3]


def test_clock_states_never_mix():
    rows = [_window(1, MIDNIGHT, sync="unsynced"), _window(2, MIDNIGHT + 300), _window(3, MIDNIGHT + 600)]
    for stage in STAGES:
        assert [row.windows for row in _after(rows, stage)] == [1, 2]


def test_unsynced_windows_are_grouped_by_the_time_of_their_boot():
    rows = [_window(i + 1, MIDNIGHT + 300 * i, sync="unsynced") for i in range(24)]
    rows += [_window(25, MIDNIGHT + 300 * 24, sync="unsynced", boot=2)]
    assert [row.windows for row in _after(rows, HOUR)] == [12, 12, 1]
    assert [row.windows for row in _after(rows, ACROSS)][-1] == 1


def test_faults_between_windows_stay_as_they_are():
    rows = [_window(1, MIDNIGHT), _fault(2), _window(3, MIDNIGHT + 300), _fault(4)]
    left = _after(rows, HOUR)
    assert [(row.kind, row.seq, row.first) for row in left] == [
        ("fault", 2, None),
        ("window", 3, 1),
        ("fault", 4, None),
    ]


def test_a_merged_range_holds_few_other_records():
    rows, seq = [], 0
    for i in range(200):
        rows += [_window(seq + 1, MIDNIGHT + i), _fault(seq + 2)]
        seq += 2
    left = _after(rows, DAY)
    for _ in range(3):
        left = _after(left, DAY)
    for row in left:
        if row.first is not None:
            inside = [other for other in left if row.first <= other.seq < row.seq]
            assert len(inside) <= merge.OTHERS_MAX
            assert row.seq - row.first + 1 == row.windows + len(inside)
    assert sum(row.record["counts"]["touches"] for row in left if row.kind == "window") == 200


def test_salvaged_windows_keep_their_identity():
    was = {"was": {"epoch": "ab" * 8, "seq": 9}}
    rows = [_window(1, MIDNIGHT), _window(2, MIDNIGHT + 1, **was), _window(3, MIDNIGHT + 2), _window(4, MIDNIGHT + 3)]
    assert [(row.seq, row.first) for row in _after(rows, DAY)] == [(1, None), (2, None), (4, 3)]


def test_gauges_keep_extremes_and_the_weighted_mean():
    rows = [
        _window(1, MIDNIGHT, span=100, gauges={"load": [1.0, 2.0, 3.0]}),
        _window(2, MIDNIGHT + 300, span=300, gauges={"load": [0.5, 4.0, 9.0], "heat": [20.0, 21.0, 22.0]}),
    ]
    (merged,) = _after(rows, HOUR)
    assert merged.record["gauges"] == {"load": [0.5, 3.5, 9.0], "heat": [20.0, 21.0, 22.0]}


def test_what_the_wire_would_refuse_is_not_merged():
    huge = {"counts": {"touches": 2**53}}
    rows = [_window(1, MIDNIGHT, **huge), _window(2, MIDNIGHT + 300)]
    assert _after(rows, DAY) == rows
    many = [_window(i + 1, MIDNIGHT + i, counts={f"c{i}_{n}": 1 for n in range(300)}) for i in range(2)]
    assert _after(many, DAY) == many


def test_merging_in_pieces_gives_the_same_as_at_once():
    rows: list[Row] = _day(100)
    half = _after(rows[:37], HOUR)
    assert [r.record for r in _after(half + rows[37:], HOUR)] == [r.record for r in _after(rows, HOUR)]


def test_no_merge_crosses_the_beginning_of_a_run_and_its_first_window_stays_single():
    """There this file and a copy of it part: what is before may be counted elsewhere, and so may the first window."""
    rows = [_window(n, MIDNIGHT + 300 * n) for n in range(1, 11)]
    merged = [(m.into.first, m.into.seq) for m in plan(rows, HOUR, _utc, {5})]
    assert merged == [(1, 4), (6, 10)]
    assert [(m.into.first, m.into.seq) for m in plan(rows, HOUR, _utc)] == [(1, 10)], "the control"


def test_the_records_of_one_first_window_stay_together():
    rows = [_window(n, MIDNIGHT + 300 * n) for n in range(1, 9)]
    more = row_of(6, rows[4].record | {"span": 0})
    rows = [*rows[:5], more, *rows[6:]]
    assert [(m.into.first, m.into.seq) for m in plan(rows, HOUR, _utc, {5})] == [(1, 4), (5, 6), (7, 8)]
