"""Only changes of state make records."""

from edge_agent.clock import Stamp
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.readings import Condition, Conditions
from edge_agent.outbox.values import OpenEpisode
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
