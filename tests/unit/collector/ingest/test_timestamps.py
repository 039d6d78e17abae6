"""When a record counts: trusted clocks as they are, the others by their neighbours, never rejected."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.calendar import days
from collector.calendar.days import QUARTER_S, day_hour
from collector.ingest.timestamps import EARLIEST_S, FUTURE_MAX_S, Anchor, spread
from collector.ingest.timestamps import place as placed_by

NOW = 1_780_000_000


@dataclass(frozen=True)
class At:
    at: int
    boot: int = 1
    mono: int = 1000
    sync: str = "synced"


def place(records, before, received_s):
    """By a collector whose clock robots agree with."""
    return placed_by(records, before, received_s, received_s + FUTURE_MAX_S)


def test_a_synced_clock_counts_as_it_is():
    assert place([At(NOW - 50)], None, NOW) == [(NOW - 50, "exact")]


def test_a_restamped_record_says_so():
    assert place([At(NOW - 50, sync="restamped")], None, NOW) == [(NOW - 50, "restamped")]


@pytest.mark.parametrize("at", [0, 5, EARLIEST_S - 1, NOW + FUTURE_MAX_S + 1, 2**40])
def test_a_clock_in_1970_or_2099_is_not_believed(at):
    [(placed, confidence)] = place([At(at)], None, NOW)
    assert (placed, confidence) == (NOW, "between")


def test_an_unsynced_record_follows_the_one_before_it_in_the_same_boot():
    before = Anchor(boot=1, mono=700, at_s=NOW - 5000, end_s=NOW - 4700)
    assert place([At(12, mono=1000, sync="unsynced")], before, NOW) == [(NOW - 4700, "same_boot")]


def test_an_unsynced_record_precedes_a_trusted_one_of_the_same_boot():
    records = [At(12, mono=100, sync="unsynced"), At(NOW - 60, mono=400)]
    assert place(records, None, NOW) == [(NOW - 360, "same_boot"), (NOW - 60, "exact")]


def test_without_a_neighbour_of_its_boot_a_record_stands_between_the_last_one_and_its_arrival():
    before = Anchor(boot=1, mono=700, at_s=NOW - 5000, end_s=NOW - 4700)
    records = [At(3, boot=2, mono=60, sync="unsynced"), At(303, boot=2, mono=360, sync="unsynced")]
    assert [p for p, _ in place(records, before, NOW)] == [NOW - 300, NOW]
    late = Anchor(boot=1, mono=700, at_s=NOW - 200, end_s=NOW - 100)
    assert next(p for p, _ in place(records, late, NOW)) == NOW - 100, "never before what was placed already"


@given(
    st.lists(
        st.builds(
            At,
            at=st.integers(-(2**40), 2**40),
            boot=st.integers(0, 3),
            mono=st.integers(0, 2**40),
            sync=st.sampled_from(["synced", "restamped", "unsynced"]),
        ),
        max_size=8,
    ),
    st.none()
    | st.builds(
        Anchor, st.integers(0, 3), st.integers(0, 2**40), st.integers(EARLIEST_S, NOW), st.integers(NOW, 2 * NOW)
    ),
)
def test_every_record_gets_a_plausible_place(records, before):
    placed = place(records, before, NOW)
    assert len(placed) == len(records)
    assert all(EARLIEST_S <= at <= NOW + FUTURE_MAX_S for at, _ in placed)


@given(
    st.integers(EARLIEST_S, 4_000_000_000),
    st.sampled_from(["UTC", "Asia/Shanghai", "Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_day_and_hour_are_those_of_the_wall_clock_there(at, timezone):
    there = datetime.fromtimestamp(at, ZoneInfo(timezone))
    assert day_hour(at, timezone) == ((there.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days, there.hour)


def test_an_unknown_time_zone_is_utc():
    assert day_hour(NOW, "Mars/Olympus") == day_hour(NOW, "UTC")


@given(
    st.integers(EARLIEST_S, NOW),
    st.integers(0, 90_000),
    st.integers(0, 90_000),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_spreading_loses_no_second(at, wall, seconds, timezone):
    parts = list(spread(at, wall, seconds, timezone))
    assert sum(s for _, _, s in parts) == seconds
    assert len({(day, hour) for day, hour, _ in parts}) == len(parts), "one part an hour"


def test_an_hour_that_was_merged_from_a_whole_day_vouches_for_all_its_hours():
    midnight = NOW // 86_400 * 86_400
    assert [s for _, _, s in spread(midnight, 86_400, 86_400, "UTC")] == [3600] * 24


def quarter_by_quarter(at_s, wall_s, seconds, timezone):
    """The same division, by looking at each quarter of an hour."""
    end_s, done, from_s, parts = at_s + max(wall_s, 1), 0, at_s, []
    while from_s < end_s:
        here = day_hour(from_s, timezone)
        to_s = min(end_s, (from_s // QUARTER_S + 1) * QUARTER_S)
        while to_s < end_s and day_hour(to_s, timezone) == here:
            to_s = min(end_s, to_s + QUARTER_S)
        upto = seconds * (to_s - at_s) // (end_s - at_s)
        if upto > done:
            parts.append((*here, upto - done))
        done, from_s = upto, to_s
    return parts


CLOCK_CHANGES = [  # Berlin forward and back, Lord Howe, São Paulo at midnight, Apia without a 30 December
    1_774_746_000, 1_792_890_000, 1_775_314_800, 1_518_919_200, 1_325_239_200,
]  # fmt: skip
PLACES = [
    "UTC",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "No/Where",
]


@given(
    st.one_of(
        st.integers(EARLIEST_S, NOW),
        st.builds(int.__add__, st.sampled_from(CLOCK_CHANGES), st.integers(-90_000, 90_000)),
    ),
    st.one_of(st.sampled_from([0, 1, 300, 3600, 86_400]), st.integers(0, 400_000)),
    st.integers(0, 400_000),
    st.sampled_from(PLACES),
)
def test_spreading_by_hours_is_spreading_by_quarters(at, wall, seconds, timezone):
    assert list(spread(at, wall, seconds, timezone)) == quarter_by_quarter(at, wall, seconds, timezone)


def test_spreading_forty_days_looks_up_days_and_no_quarters(monkeypatch):
    list(spread(NOW, 3_456_000, 3_456_000, "Europe/Berlin"))
    looked = []
    monkeypatch.setattr(days, "_of_quarter", lambda *asked: looked.append(asked))
    assert len(list(spread(NOW, 3_456_000, 3_456_000, "Europe/Berlin"))) >= 960
    assert not looked
    with pytest.raises(TypeError):  # control: the walk by quarters looks each up
        quarter_by_quarter(NOW, 3_456_000, 3_456_000, "Europe/Berlin")


def unsynced(boot, mono):
    return At(3, boot=boot, mono=mono, sync="unsynced")


@pytest.mark.parametrize(
    ("end_s", "latest_s", "placed"),
    [
        (NOW + FUTURE_MAX_S, NOW + 9 * FUTURE_MAX_S, NOW),  # clocks may differ by so much: ours says when it came
        (NOW + FUTURE_MAX_S + 1, NOW + 9 * FUTURE_MAX_S, NOW + FUTURE_MAX_S + 1),  # robots say that ours is behind
        (NOW + FUTURE_MAX_S + 1, NOW + FUTURE_MAX_S + 1, NOW + FUTURE_MAX_S + 1),
        (NOW + FUTURE_MAX_S + 2, NOW + FUTURE_MAX_S + 1, NOW),  # nobody is believed so far
    ],
)
def test_arrival_bounds_a_record_unless_robots_are_believed_that_it_is_later(end_s, latest_s, placed):
    before = Anchor(boot=1, mono=700, at_s=NOW - 5000, end_s=end_s)
    assert placed_by([unsynced(2, 60)], before, NOW, latest_s) == [(placed, "between")]


def test_of_two_neighbours_of_its_boot_the_one_before_it_decides():
    before = Anchor(boot=1, mono=700, at_s=NOW - 5000, end_s=NOW - 4700)
    records = [unsynced(1, 1000), At(NOW - 60, mono=1400)]
    assert place(records, before, NOW)[0] == (NOW - 4700, "same_boot")
    assert place(records, None, NOW)[0] == (NOW - 460, "same_boot"), "the control: without it, the one behind"


def test_where_the_neighbour_before_it_gives_an_impossible_moment_the_one_behind_it_decides():
    before = Anchor(boot=1, mono=0, at_s=NOW, end_s=NOW)
    records = [unsynced(1, FUTURE_MAX_S + 1), At(NOW - 60, mono=FUTURE_MAX_S + 11)]
    assert place(records, before, NOW)[0] == (NOW - 70, "same_boot")
    records = [unsynced(1, FUTURE_MAX_S), At(NOW - 60, mono=FUTURE_MAX_S + 10)]
    assert place(records, before, NOW)[0] == (NOW + FUTURE_MAX_S, "same_boot")


def test_a_placed_record_is_the_neighbour_of_the_next_one_and_covers_what_was_covered():
    before = Anchor(boot=1, mono=700, at_s=NOW - 5000, end_s=NOW - 100)
    records = [unsynced(1, 800), unsynced(1, 900), unsynced(2, 0), unsynced(2, 1000)]
    assert place(records, before, NOW)[:3] == [
        (NOW - 4900, "same_boot"), (NOW - 4800, "same_boot"), (NOW - 100, "between"),
    ]  # fmt: skip
    assert place(records[2:], None, NOW) == [(NOW - 1000, "between"), (NOW, "same_boot")]
