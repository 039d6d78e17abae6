"""StatsD lines: what counts, what is refused and why."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.counting.readings import Gauge, Increment
from edge_agent.sources.names import NameRefused
from edge_agent.sources.options import parse
from edge_agent.sources.statsd import GAUGES_MAX, Interpreter, Options, dropped_datagrams
from edge_agent.sources.statsd_lines import NameRules, read_packet


def said(*packets, **table):
    """(readings, reasons) of packets under a configuration."""
    interpreter = Interpreter(parse(Options, table, "sources.statsd"))
    readings, reasons = [], []
    for data in packets:
        packet = read_packet(data)
        reasons += packet.refused
        for sample in packet.samples:
            try:
                readings.append(interpreter.read(sample))
            except NameRefused as error:
                reasons.append(str(error))
    return [r for r in readings if r is not None], reasons


def test_a_counter_of_the_registry_needs_no_rule():
    assert said(b"wake_up:3|c") == ([Increment("wake_up", 3)], [])


@pytest.mark.parametrize("rate", [b"0.1", b".1", b"1e-1"])
def test_a_sample_rate_counts_what_was_not_sent(rate):
    assert said(b"wake_up:1|c|@" + rate) == ([Increment("wake_up", 10)], [])


def test_fractions_are_carried_not_lost():
    readings, _ = said(*[b"distance_m:0.25|c"] * 10)
    assert sum(r.amount for r in readings) == 2
    assert said(b"wake_up:1|c|@0.3", b"wake_up:1|c|@0.3", b"wake_up:1|c|@0.3")[0][-1].counter == "wake_up"
    assert sum(r.amount for r in said(*[b"wake_up:1|c|@0.3"] * 3)[0]) == 10


def test_one_packet_holds_many_lines_and_one_line_many_values():
    readings, reasons = said(b"wake_up:1|c\nwake_up:1:2:3|c\r\n\nvolume:0.5|g\n")
    assert sum(r.amount for r in readings if isinstance(r, Increment)) == 7
    assert readings[-1] == Gauge("volume", 0.5)
    assert not reasons


def test_gauges_move_by_signed_values():
    readings, _ = said(b"volume:5|g", b"volume:-2|g", b"volume:+0.5|g", b"volume:0|g")
    assert [r.value for r in readings] == [5, 3, 3.5, 0]


def test_the_most_exact_rule_wins():
    rules = NameRules([("*", "a"), ("nav.*", "b"), ("nav.fault", "c"), ("nav.fault,kind:lidar", "d")])
    assert rules.word("nav.fault", frozenset({"kind:lidar", "x"})) == "d"
    assert rules.word("nav.fault", frozenset({"kind:other"})) == "c"
    assert rules.word("nav.other", frozenset()) == "b"
    assert rules.word("else", frozenset()) == "a"
    assert NameRules([]).word("x", frozenset()) is None


def test_tags_prefix_and_timers_reach_a_counter_by_rule():
    table = {"strip": "robot.", "counters": {"tour.*": "guided_tour", "fault,kind:lidar": "navigation_lidar"}}
    readings, reasons = said(
        b"robot.tour.hall:2|c",
        b"robot.fault:1|c|#kind:lidar,site:a|c:abc|T1700000000",
        **table,
    )
    assert readings == [Increment("guided_tour", 2), Increment("navigation_lidar", 1)]
    assert not reasons


ONE_TOUR = (b"tour.start:1|c", b"tour.duration:61000|ms", b"tour.length_m:12|h", b"tour.length_m:12|d")


def test_a_prefix_counts_no_timer_or_histogram_beside_the_counter():
    assert said(*ONE_TOUR, counters={"tour.*": "guided_tour"}) == ([Increment("guided_tour", 1)], [])


@pytest.mark.parametrize("rule", ["tour.duration", "tour.length_m,floor:2"])
def test_a_timer_or_histogram_is_counted_where_it_is_named(rule):
    """The control: timers are read and can be counted."""
    name, _, tag = rule.partition(",")
    lines = [line + b"|#" + tag.encode() if tag else line for line in ONE_TOUR if line.startswith(name.encode())]
    readings, reasons = said(*lines, counters={rule: "guided_tour", "tour.*": "cruise"})
    assert (sum(r.amount for r in readings), {r.counter for r in readings}) == (len(lines), {"guided_tour"})
    assert not reasons


@pytest.mark.parametrize("table", [{}, {"strip": "datadog."}, {"counters": {"*": "guided_tour"}}])
def test_what_datadogs_client_says_of_itself_is_neither_counted_nor_refused(table):
    of_itself = b"datadog.dogstatsd.client.metrics:31|c|#client:py,transport:udp"
    assert said(of_itself, b"wake_up:1|c", **{"counters": {"wake_up": "wake_up"}} | table)[1] == []
    assert [r.amount for r in said(of_itself, b"wake_up:1|c", **table)[0]] == [1]
    assert said(b"datadog.other:1|c")[1], "the control: a name without a rule is refused"


@pytest.mark.parametrize(
    "line", [b"users:abc|s", b"_e{5,4}:title|text", b"_sc|name|0", b"handler.time:12.5|ms", b"x:1|h"]
)
def test_what_says_nothing_countable_is_passed_over_in_silence(line):
    assert said(line) == ([], [])


def test_an_ignored_name_is_not_refused():
    assert said(b"os.load:1|c", b"tmp:1|g", ignore=["os.*", "tmp"]) == ([], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", None),
        (b"wake_up", "name:value|type"),
        (b"wake_up:1", "name:value|type"),
        (b":1|c", "no usable name"),
        (b"wake_up:one|c", "not a number"),
        (b"wake_up:|c", "not a number"),
        (b"wake_up:nan|c", "not a number"),
        (b"wake_up:inf|c", "not a number"),
        (b"wake_up:0x10|c", "not a number"),
        (b"wake_up:1_000|c", "not a number"),
        ("wake_up:٣|c".encode(), "not a number"),
        (b"wake_up:1e400|c", "beyond 2^53"),
        (b"wake_up:9007199254740993|c|@0.5", "beyond 2^53"),
        (b"wake_up:-1|c", "negative"),
        (b"wake_up:1|q", "'q' is unknown"),
        (b"wake_up:1|c|@0", "above 0"),
        (b"wake_up:1|c|@2", "above 0"),
        (b"wake_up:1|c|@x", "sample rate is not a number"),
        (b"wakeup:1|c", "has no rule"),
        (b"guide.tours:1|c", "has no rule"),
        (b"\xff\xfe:1|c", "UTF-8"),
        (b"a\x00b:1|c", "no usable name"),
        (b"...:1|g", "gauge's name"),
        (b"x" * 300 + b":1|c", "no usable name"),
        (b"a:" + b":".join([b"1"] * 500) + b"|c", "more than 100 values"),
        (b"\n".join([b"a:1|c"] * 2000), "more than 1000 lines"),
    ],
)
def test_rubbish_has_a_reason_and_takes_no_neighbour_with_it(line, reason):
    readings, reasons = said(b"wake_up:1|c", line, b"wake_up:1|c")
    assert sum(r.amount for r in readings) == 2
    assert (reason is None) == (not reasons)
    assert reason is None or reason in reasons[0]
    if reason and b"\n" not in line and "UTF-8" not in reason:
        assert said(b"wake_up:1|c\n" + line + b"\nwake_up:1|c")[0] == readings


def test_more_gauges_than_a_window_holds_are_refused():
    readings, reasons = said(*[f"g{i}:1|g".encode() for i in range(GAUGES_MAX + 5)])
    assert (len(readings), len(reasons)) == (GAUGES_MAX, 5)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text("wake_up:|c@#g-+0123456789.\n", max_size=60).map(str.encode))
def test_any_bytes_give_finite_non_negative_counts(data):
    readings, _ = said(data)
    for reading in readings:
        assert reading.amount >= 0 if isinstance(reading, Increment) else math.isfinite(reading.value)


def test_dropped_datagrams_are_read_from_the_kernels_table(tmp_path):
    table = tmp_path / "udp"
    table.write_text("head\n 1: 0100007F:1FBD 00000000:0000 07 0:0 00:0 0 0 0 4711 2 0 17\n")
    assert dropped_datagrams(table, "4711") == 17
    assert dropped_datagrams(table, "9") == 0
    assert dropped_datagrams(tmp_path / "none", "4711") == 0
