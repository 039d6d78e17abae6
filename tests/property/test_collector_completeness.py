"""Law: time is divided without remainder. elapsed = arrived + Σ holes, expected = arrived + Σ missing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from collector.calendar import days
from collector.fleet.completeness import EXCUSED, Bucket, Cause, RobotFacts, Sort, Span, by_hours, judge

HOUR_S = 3600
RECORDED = (Cause.OFF, Cause.CRASH, Cause.LOST, Cause.NEVER_ARRIVED)  # what ingest writes down
moments = st.integers(0, 40 * HOUR_S)
facts = st.builds(
    RobotFacts,
    since_s=st.none() | moments,
    state=st.sampled_from(["online", "offline", "stopped", ""]),
    data_to_s=st.none() | moments,
    stopped=st.booleans(),
    gaps=st.lists(st.builds(Span, moments, moments, st.sampled_from(RECORDED)), max_size=8),
    heard_s=st.none() | moments,
    rhythm_s=st.integers(0, 3 * HOUR_S),
)
arrivals = st.lists(st.integers(0, 2 * HOUR_S), min_size=1, max_size=36)


@given(facts, arrivals, moments, st.lists(st.sampled_from(Sort), min_size=36, max_size=36))
def test_arrived_and_holes_divide_the_elapsed_time_exactly(robot, arrived, now_s, sorts):
    buckets = [Bucket(i * HOUR_S, (i + 1) * HOUR_S, s, sorts[i]) for i, s in enumerate(arrived)]
    figures, holes = judge(robot, buckets, now_s)
    assert figures.elapsed_s == max(0, min(now_s, len(buckets) * HOUR_S))
    missing_s = sum(s for cause, s in figures.holes.items() if cause not in EXCUSED)
    assert figures.arrived_s + missing_s == figures.expected_s
    assert all(s > 0 for s in figures.holes.values())
    assert sum(hole.missing_s for hole in holes) == sum(figures.holes.values())
    assert all(0 < hole.missing_s <= hole.to_s - hole.from_s for hole in holes)


@given(facts, arrivals, moments, st.data())
def test_a_stretch_judged_with_more_data_never_arrives_less(robot, arrived, now_s, data):
    buckets = [Bucket(i * HOUR_S, (i + 1) * HOUR_S, s) for i, s in enumerate(arrived)]
    i = data.draw(st.integers(0, len(buckets) - 1))
    fuller = [*buckets[:i], Bucket(i * HOUR_S, (i + 1) * HOUR_S, HOUR_S), *buckets[i + 1 :]]
    assert judge(robot, fuller, now_s)[0].arrived_s >= judge(robot, buckets, now_s)[0].arrived_s


@given(facts, arrivals, moments)
def test_the_rhythm_only_moves_seconds_from_owed_to_not_due(robot, arrived, now_s):
    buckets = [Bucket(i * HOUR_S, (i + 1) * HOUR_S, s) for i, s in enumerate(arrived)]
    figures, plain = judge(robot, buckets, now_s)[0], judge(replace(robot, rhythm_s=0), buckets, now_s)[0]
    not_due_s = figures.holes.get(Cause.NOT_DUE, 0)
    assert (figures.arrived_s, figures.expected_s) == (plain.arrived_s, plain.expected_s - not_due_s)
    assert not_due_s <= (robot.rhythm_s if robot.state == "online" else 0)


@given(facts, st.lists(st.sampled_from([0, 600, HOUR_S]), min_size=24, max_size=24), moments, st.sampled_from(Sort))
def test_whole_hours_that_are_taken_together_change_nothing(robot, covered, now_s, sort):
    starts = [hour * HOUR_S for hour in range(25)]
    apart = [Bucket(starts[i], starts[i + 1], s, sort) for i, s in enumerate(covered)]
    assert judge(robot, by_hours(starts, covered, sort), now_s)[0] == judge(robot, apart, now_s)[0]
    joined = by_hours(starts, covered, sort, join_empty=True)
    assert len(joined) <= len(by_hours(starts, covered, sort))
    assert judge(robot, joined, now_s)[0] == judge(robot, apart, now_s)[0]


@given(
    st.integers(0, 40_000),
    st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Nowhere/X"]),
)
def test_the_hours_of_a_day_join_without_gap_to_the_next_day(day, timezone):
    starts = days.hour_starts(day, timezone)
    assert len(starts) == 25
    assert list(starts) == sorted(starts)
    assert starts[24] == days.hour_starts(day + 1, timezone)[0]
    assert days.of(starts[0], timezone) == day
    assert days.of(starts[24] - 1, timezone) == day
