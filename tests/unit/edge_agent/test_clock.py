"""Who vouches for the wall clock, as tables over samples."""

import ctypes

import pytest

from edge_agent import clock
from edge_agent.clock import Clock, ClockSample, Stamp, restamp_offset_s

NOW = 1_800_000_000
DAY = 86_400


def _sample(wall, mono=100.0, *, disciplined=False):
    return ClockSample("b", mono, wall, disciplined)


@pytest.mark.parametrize(
    ("wall", "disciplined", "sync"),
    [
        (NOW + 5, True, "synced"),
        (NOW + 5, False, "unsynced"),  # nobody keeps it right
        (60, True, "unsynced"),  # 1970, whatever the kernel says
        (NOW - 1, True, "unsynced"),  # before the newest time that was ever vouched for
        (NOW + 3 * 365 * DAY, True, "synced"),  # three years in a store room
        (4_070_908_800, True, "unsynced"),  # 2099
    ],
)
def test_kernel_is_believed_within_what_is_possible(wall, disciplined, sync):
    stamp = Clock(3, floor_s=NOW).stamp(_sample(wall, disciplined=disciplined))
    assert (stamp.sync, stamp.at_s, stamp.boot) == (sync, wall, 3)


@pytest.mark.parametrize(
    ("wall", "disciplined", "at"),
    [
        (60, False, NOW + 50),  # 1970: the collector's time runs on with the monotonic clock
        (NOW + 51, False, NOW + 51),  # close enough, but nobody keeps it: either is right within seconds
        (NOW + 60, True, NOW + 60),  # disciplined and close: the wall clock is finer than the network
        (NOW + 2 * DAY, True, NOW + 2 * DAY),  # disciplined, and days off: one collector does not overrule it
    ],
)
def test_collector_vouches_where_the_kernel_does_not(wall, disciplined, at):
    known = Clock(1, floor_s=NOW - DAY)
    known.learn(NOW, _sample(wall - 50, mono=100))
    stamp = known.stamp(_sample(wall, mono=150, disciplined=disciplined))
    assert stamp.sync == "synced"
    assert stamp.at_s == pytest.approx(at, abs=1)


def test_a_poisoned_floor_does_not_outlive_the_collectors_word():
    poisoned = Clock(1, floor_s=4_070_908_800)
    assert poisoned.stamp(_sample(NOW, disciplined=True)).sync == "unsynced"
    poisoned.learn(NOW, _sample(NOW, disciplined=True))
    assert poisoned.stamp(_sample(NOW, disciplined=True)).sync == "synced"


def test_network_delay_does_not_move_the_clock():
    known = Clock(1)
    known.learn(NOW, _sample(60, mono=100))
    known.learn(NOW + 11.5, _sample(70, mono=110))
    assert known.stamp(_sample(80, mono=120)).at_s == NOW + 20


@pytest.mark.parametrize(
    ("before", "after", "offset"),
    [
        ("unsynced", "synced", NOW),
        ("unsynced", "restamped", NOW),
        ("unsynced", "unsynced", None),
        ("synced", "synced", None),
        ("synced", "unsynced", None),
    ],
)
def test_earlier_records_are_restamped_when_somebody_begins_to_vouch(before, after, offset):
    earlier, later = Stamp(2, 10, 70, before), Stamp(2, 20, NOW + 20, after)
    assert restamp_offset_s(earlier, later) == offset
    assert restamp_offset_s(Stamp(1, 10, 70, before), later) is None, "another boot's monotonic time says nothing"


def test_stamps_round_down_also_before_1970():
    assert (Stamp(1, 5.9, -0.5).mono, Stamp(1, 5.9, -0.5).at) == (5, -1)


def test_the_kernels_clocks_can_be_read(tmp_path):
    first, second = clock.sample("b"), clock.sample("b")
    assert 0 < first.mono_s <= second.mono_s
    assert isinstance(first.disciplined, bool)
    assert clock.boot_id(tmp_path / "none") == ""
    assert clock.boot_id() == clock.boot_id()


@pytest.mark.parametrize("noted", [True, False])
def test_where_the_kernel_may_not_be_asked_timesyncds_note_answers(tmp_path, monkeypatch, noted):
    """As under the shipped unit, whose filter answers EPERM (tests/soak/soak_systemd.py)."""
    note = tmp_path / "synchronized"
    if noted:
        note.touch()
    monkeypatch.setattr(clock, "SYNCHRONISED", note)
    monkeypatch.setattr(clock, "_ADJTIMEX", lambda _timex: -1)
    assert clock.sample("b").disciplined is noted


def test_the_kernels_own_answer_stands_above_the_note(tmp_path, monkeypatch):
    note = tmp_path / "synchronized"
    note.touch()
    monkeypatch.setattr(clock, "SYNCHRONISED", note)

    def unsynchronised(timex):
        ctypes.c_int.from_buffer(timex, clock._STATUS_OFFSET).value = clock._UNSYNCHRONISED
        return 5

    monkeypatch.setattr(clock, "_ADJTIMEX", unsynchronised)
    assert not clock.sample("b").disciplined
