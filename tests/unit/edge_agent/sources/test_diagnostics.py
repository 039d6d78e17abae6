"""ROS 2 diagnostics: levels as they really arrive, and the tree's leaves as conditions."""

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.sources.diagnostics import Diagnostics, DiagnosticsRefused, read_level
from edge_agent.sources.ros2 import FAMILIES
from simulators.rosbridge import NAMES, Tree

OK, WARN, ERROR, STALE = 0, 1, 2, 3


def status(name, level, **more):
    return {"name": name, "level": level, "message": "words", "hardware_id": "", "values": [], **more}


def reader(least="warn"):
    return Diagnostics(FAMILIES.items(), least)


LEVELS = {
    "ok": (0, 48, "\x00", "0"),
    "warn": (1, 49, "\x01", "1"),
    "error": (2, 50, "\x02", "2"),
    "stale": (3, "\x03"),
    None: (4, 51, -1, None, True, 1.0, "WARN", "", [1]),
}


@pytest.mark.parametrize(("raw", "level"), [(raw, level) for level, raws in LEVELS.items() for raw in raws])
def test_levels_as_they_really_arrive(raw, level):
    assert read_level(raw) == level


def test_only_leaves_of_the_tree_are_conditions():
    found = reader().read(
        {"status": [status("/Nav", WARN), status("/Nav/Lidar", WARN), status("/Nav/Lidar/front", WARN)]}
    )
    assert [c.code for c in found.active] == ["/Nav/Lidar/front"]


def test_family_severity_and_hardware_come_from_the_status():
    found = reader().read(
        {"status": [status("/System/camera: left", ERROR, hardware_id="cam-1"), status("motor", STALE)]}
    )
    assert [(c.family, c.severity, c.ref) for c in found.active] == [
        ("vision", "critical", "cam-1"),
        ("robot", "urgent", ""),
    ]


def test_what_is_ok_or_gone_has_closed():
    diagnostics = reader()
    assert diagnostics.read({"status": [status("a", ERROR), status("b", ERROR)]}).active
    assert [c.code for c in diagnostics.read({"status": [status("a", ERROR), status("b", OK)]}).active] == ["a"]
    assert diagnostics.read({"status": []}).active == ()


def test_an_unknown_level_neither_opens_nor_closes():
    diagnostics = reader()
    diagnostics.read({"status": [status("a", ERROR), status("b", OK)]})
    found = diagnostics.read({"status": [status("a", "ERROR"), status("b", 77)]})
    assert [c.code for c in found.active] == ["a"]
    assert len(found.refused) == 2
    assert "unknown" in found.refused[0]


def test_warnings_can_be_left_out():
    found = reader("error").read({"status": [status("a", WARN), status("b", ERROR)]})
    assert [c.code for c in found.active] == ["b"]


@pytest.mark.parametrize("message", [None, 3, [], {}, {"status": "x"}, {"status": None}])
def test_what_is_no_diagnostic_array_is_refused(message):
    with pytest.raises(DiagnosticsRefused):
        reader().read(message)


def test_statuses_without_a_name_are_refused_and_the_rest_goes_on():
    found = reader().read({"status": [3, {}, status("", ERROR), status("a", ERROR)]})
    assert ([c.code for c in found.active], len(found.refused)) == (["a"], 3)


@pytest.mark.parametrize("seed", range(4))
def test_episodes_of_the_simulated_tree_are_seen_as_they_happened(seed):
    tree, diagnostics = Tree(seed), reader()
    opened, before = dict.fromkeys(NAMES, 0), set()
    for message in islice(tree.messages(), 300):
        now = {c.code for c in diagnostics.read(message).active}
        for name in now - before:
            opened[name] += 1
        before = now
    assert opened == dict.fromkeys(NAMES, 0) | tree.opened


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "level", "message"]), inner),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(anything, max_size=6))
def test_any_statuses_give_conditions_or_reasons(statuses):
    found = reader().read({"status": statuses})
    assert len(found.active) <= len(statuses)
