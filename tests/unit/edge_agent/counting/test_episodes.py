"""Only changes of state make records."""

from dataclasses import replace

import pytest

from edge_agent.clock import Stamp
from edge_agent.counting import episodes
from edge_agent.counting.episodes import FLAP_OPENINGS, FLAP_QUIET_S, OPEN_MAX, OPENINGS_HOUR, EpisodeTracker
from edge_agent.counting.readings import Condition, Conditions
from edge_agent.outbox.values import MERGED, OpenEpisode
from protocol.messages import parse_record

LIDAR = Condition("navigation", "lidar_blocked", active=True, severity="urgent", detail="left sensor")


def _at(mono=0.0):
    return Stamp(1, mono, 1_800_000_000 + mono)


def _states(records):
    return [(r["state"], r["code"], r.get("ref", "")) for r in records]


def test_a_state_repeated_a_hundred_times_is_one_episode():
    tracker = EpisodeTracker()
    records = [r for i in range(100) for r in tracker.observe(LIDAR, _at(i))]
    assert _states(records) == [("open", "lidar_blocked", "")]
    assert tracker.repeats == 99
    assert tracker.open_faults == 1
    assert parse_record({"seq": 1, **records[0]}).severity == "urgent"


def test_closing_says_what_was_open():
    tracker = EpisodeTracker()
    tracker.observe(LIDAR, _at())
    (closed,) = tracker.observe(Condition("navigation", "lidar_blocked", active=False), _at(5))
    assert (closed["state"], closed["severity"], closed["mono"]) == ("close", "urgent", 5)
    assert tracker.observe(Condition("navigation", "lidar_blocked", active=False), _at(6)) == []
    assert tracker.open_faults == 0


def test_refs_and_families_are_episodes_of_their_own():
    tracker = EpisodeTracker()
    records = []
    for family, ref in (("vision", "left"), ("vision", "right"), ("touch", "left"), ("vision", "left")):
        records += tracker.observe(Condition(family, "dead", active=True, ref=ref), _at())
    assert len(records) == 3


def test_what_a_complete_state_no_longer_names_has_closed():
    tracker = EpisodeTracker()
    camera = Condition("vision", "camera", active=True)
    tracker.observe(Conditions("agv1", (LIDAR, camera)), _at())
    tracker.observe(Conditions("agv2", (Condition("tts", "mute", active=True),)), _at())
    assert _states(tracker.observe(Conditions("agv1", (camera,)), _at(9))) == [("close", "lidar_blocked", "")]
    assert _states(tracker.observe(Conditions("agv1", ()), _at(9))) == [("close", "camera", "")]
    assert tracker.open_faults == 1, "the other scope's episode stays"


def test_open_episodes_go_on_after_a_restart():
    stored = OpenEpisode("navigation", "lidar_blocked", "", "could_not", "urgent", 7, "ab" * 8, "agv1")
    tracker = EpisodeTracker([stored])
    assert tracker.observe(LIDAR, _at()) == []
    assert _states(tracker.observe(Conditions("agv1", ()), _at(1))) == [("close", "lidar_blocked", "")]


def test_a_flicker_within_the_hold_is_no_episode():
    tracker = EpisodeTracker(raise_after_s=10, clear_after_s=30)
    gone = Condition("navigation", "lidar_blocked", active=False)
    assert tracker.observe(LIDAR, _at(0)) == []
    assert tracker.observe(gone, _at(5)) == []
    assert tracker.due(_at(60)) == []
    tracker.observe(LIDAR, _at(100))
    assert _states(tracker.due(_at(110))) == [("open", "lidar_blocked", "")]
    assert tracker.observe(gone, _at(120)) == []
    assert tracker.observe(LIDAR, _at(140)) == []
    assert tracker.due(_at(200)) == [], "it came back before the hold was over: still one episode"
    tracker.observe(gone, _at(300))
    assert _states(tracker.due(_at(330))) == [("close", "lidar_blocked", "")]


def test_a_held_condition_that_its_scope_forgets_never_opens():
    tracker = EpisodeTracker(raise_after_s=10)
    tracker.observe(Conditions("agv1", (LIDAR,)), _at(0))
    tracker.observe(Conditions("agv1", ()), _at(5))
    assert tracker.due(_at(60)) == []


def test_a_source_that_invents_codes_is_bounded():
    tracker = EpisodeTracker(open_max=3)
    records = [r for i in range(10) for r in tracker.observe(Condition("touch", f"c{i}", active=True), _at())]
    assert len(records) == 3
    assert tracker.refused == 7


def test_long_texts_are_cut_to_what_the_wire_takes_and_nameless_ones_refused():
    tracker = EpisodeTracker()
    (record,) = tracker.observe(Condition("f" * 300, "c" * 300, active=True, ref="r" * 300, detail="d" * 999), _at())
    parse_record({"seq": 1, **record})
    assert tracker.observe(Condition("", "x", active=True), _at()) == []
    assert tracker.refused == 1


def flap(tracker, seconds, *, hz=10, from_s=0, code="lidar_blocked"):
    """The records of a fault that opens and closes `hz` times a second, with a tick every ten seconds."""
    found = []
    for change in range(seconds * hz * 2):
        at_s = from_s + change / (2 * hz)
        found += tracker.observe(Condition("navigation", code, active=change % 2 == 0), _at(at_s))
        if change % (20 * hz) == 0:
            found += tracker.due(_at(at_s))
    return found


def openings(records):
    """What the collector makes of the records."""
    open_, total = set(), 0
    for record in records:
        parse_record({"seq": 1, **record})
        key = (record["family"], record["code"], record.get("ref", ""))
        if record["state"] == "open":
            assert key not in open_
            open_.add(key)
        else:
            open_.remove(key)
            total += record.get("openings", 1)
    assert not open_
    return total


def test_a_fault_that_flaps_ten_times_a_second_for_hours_makes_few_records_and_counts_every_opening():
    tracker = EpisodeTracker()
    records = flap(tracker, 3 * 3600, hz=2)
    records += tracker.due(_at(3 * 3600 + FLAP_QUIET_S))
    assert openings(records) == 3 * 3600 * 2
    assert len(records) <= 2 * FLAP_OPENINGS + 2 * 4
    assert tracker.open_faults == 0


def test_without_the_bound_every_change_is_a_record(monkeypatch):
    """The control."""
    monkeypatch.setattr(episodes, "FLAP_OPENINGS", 10**9)
    monkeypatch.setattr(episodes, "OPENINGS_HOUR", 10**9)
    assert len(flap(EpisodeTracker(), 60)) == 60 * 10 * 2


def test_each_episode_that_stands_for_several_lies_within_an_hour_by_the_clock():
    tracker = EpisodeTracker()
    records = flap(tracker, 2 * 3600, hz=1)
    closes = [r for r in records if r.get("openings", 1) > 1]
    assert len(closes) >= 1
    for close in closes:
        before = [r for r in records[: records.index(close)] if r["state"] == "open"]
        assert close["at"] - before[-1]["at"] <= 3600


def test_a_flapping_fault_goes_on_after_a_restart_with_what_was_stored():
    first = EpisodeTracker()
    records = flap(first, 60)
    ((key, so_often),) = first.openings().items()
    kept = OpenEpisode(*key, "could_not", "warning", 1, "e", openings=so_often.times)
    second = EpisodeTracker([kept])
    records += second.observe(Condition(*key[:2], active=False), _at(61))
    records += second.due(_at(61 + FLAP_QUIET_S))
    assert openings(records) == 600


def restored(tracker, **changed):
    """The tracker of the process after this one, from what was stored."""
    ((key, so_often),) = tracker.openings().items()
    kept = OpenEpisode(*key, "could_not", "warning", 1, "e", openings=so_often.times, holds=so_often.holds)
    return EpisodeTracker([replace(kept, **changed)])


@pytest.mark.parametrize("times", [FLAP_OPENINGS + 1, 60])
def test_a_flapping_fault_that_had_ended_when_the_agent_stopped_closes_with_its_number_after_the_start(times):
    tracker, records = EpisodeTracker(), []
    for i in range(times):
        records += tracker.observe(Condition("touch", "flap", active=True), _at(i))
        records += tracker.observe(Condition("touch", "flap", active=False), _at(i))
    records += restored(tracker).due(_at(times + 1))
    assert openings(records) == times
    assert sum(record["state"] == "open" for record in records) == sum(r["state"] == "close" for r in records)


def test_when_it_is_taken_to_hold_it_stays_open_for_ever():
    """The control: nobody says again that it has ended."""
    tracker = EpisodeTracker()
    flap(tracker, 60)
    assert restored(tracker, holds=True).due(_at(10 * 3600)) == []


def test_when_all_faults_together_are_too_many_their_openings_are_counted_by_family():
    tracker = EpisodeTracker()
    records = []
    for i in range(5000):
        family = ("touch", "navigation")[i % 2]
        records += tracker.observe(Condition(family, f"c{i}", active=True), _at(i / 10))
        records += tracker.observe(Condition(family, f"c{i}", active=False), _at(i / 10))
    records += tracker.due(_at(500 + FLAP_QUIET_S))
    assert openings(records) == 5000
    assert len(records) <= 2 * OPENINGS_HOUR + 2 * 2
    merged = {r["family"]: r["openings"] for r in records if r["code"] == MERGED and r["state"] == "close"}
    assert merged == {"touch": 2350, "navigation": 2350}


def test_a_merged_fault_that_its_scope_names_no_more_has_ended(monkeypatch):
    monkeypatch.setattr(episodes, "OPENINGS_HOUR", 1)
    tracker = EpisodeTracker()
    tracker.observe(Condition("vision", "first", active=True), _at())
    tracker.observe(Conditions("agv", (LIDAR, Condition("navigation", "b", active=True))), _at(1))
    (so_often,) = tracker.openings().values()
    assert (so_often.times, so_often.holds) == (2, True)
    tracker.observe(Conditions("agv", ()), _at(2))
    (close,) = tracker.due(_at(2 + FLAP_QUIET_S))
    assert (close["code"], close["openings"], close["at"]) == (MERGED, 2, _at(2).at)


def test_faults_of_the_agent_have_room_of_their_own():
    tracker = EpisodeTracker()
    for i in range(OPEN_MAX + 1):
        tracker.observe(Condition("touch", f"c{i}", active=True), _at())
    assert tracker.refusals() == {f"touch.c{OPEN_MAX}": "too_many_faults"}
    assert len(tracker.observe(Condition("agent", "reading_refused", active=True), _at())) == 1
    tracker.observe(Condition("touch", "", active=True), _at())
    assert tracker.refusals() == {"touch.": "malformed_fault"}


def held_merged(monkeypatch, **changed):
    """The tracker of the process after one in which two merged faults held: one pushed, one of a scope."""
    monkeypatch.setattr(episodes, "OPENINGS_HOUR", 1)
    tracker = EpisodeTracker()
    tracker.observe(Condition("vision", "first", active=True), _at())
    tracker.observe(Condition("navigation", "pushed", active=True), _at(1), "program")
    tracker.observe(Conditions("agv", (LIDAR,)), _at(1), "agv")
    key = ("navigation", MERGED, "")
    so_often = tracker.openings()[key]
    told = {name: getattr(so_often, name) for name in ("holds", "begun", "held_by", "held_sources")} | changed
    return EpisodeTracker([OpenEpisode(*key, "could_not", "warning", 1, "e", openings=so_often.times, **told)])


def test_merged_faults_that_hold_stay_open_over_a_restart_until_each_is_said_to_have_ended(monkeypatch):
    tracker = held_merged(monkeypatch)
    assert tracker.due(_at(7200)) == []
    assert tracker.observe(Conditions("agv", ()), _at(7201)) == []
    (close,) = tracker.observe(Condition("navigation", "pushed", active=False), _at(7202))
    assert (close["code"], close["openings"]) == (MERGED, 2)


def test_without_their_names_they_close_with_the_restart(monkeypatch):
    """The control: nobody knows who holds."""
    monkeypatch.setattr(EpisodeTracker, "_held_by", lambda *_: ())
    assert _states(held_merged(monkeypatch).due(_at(7200))) == [("close", MERGED, "")]


def test_merged_faults_of_sources_that_have_left_end_after_the_restart(monkeypatch):
    tracker = held_merged(monkeypatch)
    assert tracker.end(lambda source: source == "program", "it left", _at(7200)) == [], "that of the scope holds"
    (close,) = tracker.end(lambda source: source == "agv", "it left", _at(7201))
    assert (close["code"], close["openings"], close["detail"]) == (MERGED, 2, "it left")


def test_of_an_older_agents_note_only_those_of_a_scope_are_known_to_have_left(monkeypatch):
    """The control: it noted no sources, and nobody knows who pushed."""
    tracker = held_merged(monkeypatch, held_sources=())
    assert tracker.end(lambda _: True, "it left", _at(7200)) == []
    (close,) = tracker.observe(Condition("navigation", "pushed", active=False), _at(7202))
    assert (close["code"], close["openings"]) == (MERGED, 2)


def test_an_episode_of_merged_faults_takes_no_place_of_a_fault(monkeypatch):
    monkeypatch.setattr(episodes, "OPENINGS_HOUR", OPEN_MAX - 1)
    tracker = EpisodeTracker()
    for i in range(OPEN_MAX + 1):
        tracker.observe(Condition("touch", f"c{i}", active=True), _at(i))
    assert tracker.refusals() == {f"touch.c{OPEN_MAX}": "too_many_faults"}


def test_every_fault_of_a_whole_state_that_has_no_room_is_said_to_be_refused():
    tracker = EpisodeTracker()
    tracker.observe(
        Conditions("agv", tuple(Condition("touch", f"c{i}", active=True) for i in range(OPEN_MAX + 3))), _at()
    )
    assert tracker.refusals() == {f"touch.c{OPEN_MAX + i}": "too_many_faults" for i in range(3)}
    assert tracker.refusals() == {}


def test_a_fault_of_an_agent_that_noted_no_source_ends_by_its_scope():
    named = [stored(code, scope=scope) for code, scope in (("a", "ros"), ("b", ""), ("c", "vda5050"))]
    tracker = EpisodeTracker(named)
    ended = tracker.end(lambda source: source == "ros", "it left", _at(1))
    assert [(record["code"], record["detail"]) for record in ended] == [("a", "it left")]


def stored(code, **more):
    said = {"family": "touch", "ref": "", "did": "could_not", "severity": "warning", "opened": 1, "opened_epoch": "e"}
    return OpenEpisode(code=code, **said, **more)
