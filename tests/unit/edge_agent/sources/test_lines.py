"""The local endpoint's lines, and what makes a name a counter."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.counting.readings import Condition, Gauge, Increment, SkillState, Supports, Total
from edge_agent.sources.lines import LineRefused, read_line, read_object
from edge_agent.sources.names import NameRefused, counter_key, gauge_name, shown
from protocol.limits import COUNTER_KEY


def test_a_line_may_hold_every_kind_of_reading():
    line = read_line(
        {
            "source": "abc",
            "totals": {"wake_up": 12, "guide.tours": 3.5},
            "base": {"wake_up": 4},
            "count": "interaction",
            "n": 2,
            "gauge": "Volume.Left",
            "value": 0.4,
            "fault": {"family": "touch", "code": "no_response", "active": True, "ref": "screen"},
            "supports": ["wake_up"],
            "unsupported": ["foot_traffic"],
            "skill": {"skill": "guide", "version": "04.3010.0000", "state": "active"},
        }
    )
    assert line.readings == [
        Total("wake_up", 12, "abc", False, fall="never", base=4.0),
        Total("guide.tours", 3.5, "abc", True, fall="never", base=0.0),
        Increment("interaction", 2),
        Gauge("volume.left", 0.4),
        Condition("touch", "no_response", True, "screen"),
        Supports(("wake_up",), ("foot_traffic",)),
        SkillState("guide", "04.3010.0000", "active"),
    ]
    assert not line.refused


def test_a_refused_name_takes_no_neighbour_with_it():
    line = read_line({"source": "a", "totals": {"wake_up": 1, "wakeup": 2, "foot_traffic": -1, "BAD.x": 3}})
    assert line.readings == [Total("wake_up", 1, "a", True, fall="never", base=0.0)]
    assert sorted(line.refused) == ["BAD.x", "foot_traffic", "wakeup"]
    assert "registry" in line.refused["wakeup"]


def test_a_one_shot_count_is_always_durable():
    assert read_line({"count": "wake_up"}).durable
    assert not read_line({"totals": {}}).durable
    assert read_line({"totals": {}, "durable": True}).durable


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"hello": 1},
        {"totals": []},
        {"totals": {"wake_up": 1}, "base": 3},
        {"totals": {f"s.c{i}": 1 for i in range(401)}},
        {"totals": {}, "source": "x" * 65},
        {"totals": {}, "source": 7},
    ],
)
def test_a_line_with_nothing_usable_is_refused_as_a_whole(raw):
    with pytest.raises(LineRefused):
        read_line(raw)


@pytest.mark.parametrize(
    "raw",
    [
        {"count": "wake_up", "n": -1},
        {"count": "wake_up", "n": 1.5},
        {"count": "wake_up", "n": True},
        {"count": "wake_up", "n": 2**53 + 1},
        {"count": 3},
        {"gauge": "x", "value": None},
        {"gauge": "x", "value": 1e300},
        {"fault": "touch"},
        {"fault": {"family": "touch", "code": "x"}},
        {"fault": {"family": "touch", "code": "", "active": True}},
        {"fault": {"family": "touch", "code": "x" * 97, "active": True}},
        {"fault": {"family": "touch", "code": "x", "active": True, "did": "maybe"}},
        {"fault": {"family": "touch", "code": "x", "active": True, "severity": "bad"}},
        {"skill": {"skill": "x"}},
        {"skill": 4},
        {"supports": "wake_up"},
        {"totals": {"wake_up": True}, "source": "a"},
        {"totals": {"wake_up": 2**53 + 2}, "source": "a"},
    ],
)
def test_values_that_make_no_sense_are_refused_with_a_reason(raw):
    line = read_line(raw)
    assert not line.readings
    assert all(line.refused.values())


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'"x"', b'{"totals": {"wake_up": NaN}}', b"\xff", b"[" * 99_999])
def test_what_is_no_json_object_is_refused(data):
    with pytest.raises(LineRefused):
        read_object(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = ["totals", "count", "n", "gauge", "value", "fault", "supports", "unsupported", "skill", "source", "base"]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(WORDS), json_values, max_size=6))
def test_any_object_gives_readings_or_a_reason(raw):
    try:
        line = read_line(raw)
    except LineRefused:
        return
    for reading in line.readings:
        if isinstance(reading, Total):
            assert math.isfinite(reading.value)
            assert reading.value >= 0
    json.dumps(line.refused)


@pytest.mark.parametrize("name", ["wake_up", "guide.tours", "a.b.c.d"])
def test_registry_names_and_dotted_names_are_counters(name):
    assert counter_key(name) == name


@pytest.mark.parametrize("name", ["", "wakeup", "Wake_up", "a.", ".a", "a.b.c.d.e", "a b.c", "a." + "b" * 80, "é.x"])
def test_other_names_are_refused(name):
    with pytest.raises(NameRefused):
        counter_key(name)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_gauge_name_fits_the_wire_or_is_refused(text):
    try:
        name = gauge_name(text)
    except NameRefused:
        return
    assert COUNTER_KEY.fullmatch(name)


@given(st.text())
def test_foreign_text_in_a_message_is_short_and_printable(text):
    assert shown(text).isprintable()
    assert len(shown(text)) <= 41
