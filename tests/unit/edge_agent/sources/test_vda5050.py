"""VDA 5050 states, 2.1 and 3.0, read into totals and conditions."""

import json
import math
from random import Random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.counting.readings import Conditions
from edge_agent.sources.lines import read_object
from edge_agent.sources.vda5050 import FAMILIES, SILENT_S, Watch
from edge_agent.sources.vda5050_message import Families, read_state
from edge_agent.sources.vda5050_vehicle import COUNTERS, Vehicle
from simulators import vda5050 as simulated
from tests import ROOT
from tests.sources import Sink

SCHEMAS = ROOT / "tests" / "data" / "vda5050"
VERSIONS = ("2.1.0", "3.0.0")
RULES = Families(FAMILIES.items())


def states(version="3.0.0", seed=1, steps=400):
    vehicle = simulated.Vehicle(seed, version)
    return vehicle, [message for kind, message in vehicle.run(steps) if kind == "state"]


def counted(messages, vehicle=None):
    vehicle = vehicle or Vehicle()
    for message in messages:
        vehicle.take(read_state(message, RULES))
    return vehicle


def watch():
    return Watch(Vehicle(), RULES, "vda5050")


def hear(watch, sink, kind, message, mono_s=0.0, topic="vda5050/v3/m/s"):
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    readings, reasons = watch.heard(f"{topic}/{kind}", payload, mono_s)
    for reading in (*readings, *watch.tick(mono_s)):
        sink.take(reading)
    return reasons


def codes(readings):
    return {c.code for r in readings if isinstance(r, Conditions) for c in r.active}


@pytest.mark.parametrize("version", VERSIONS)
def test_simulated_vehicle_speaks_by_the_official_schemas(version):
    vehicle = simulated.Vehicle(3, version)
    validators = {}
    for kind in ("state", "connection"):
        schema = json.loads((SCHEMAS / version / f"{kind}.schema").read_text())
        validators[kind] = jsonschema.Draft202012Validator(schema)
    words = [("connection", vehicle.connection(word)) for word in ("ONLINE", "OFFLINE", "BROKEN")]
    for kind, message in (*words, *vehicle.run(300)):
        validators[kind].validate(message)
    assert vehicle.episodes
    assert vehicle.truth["navigation_tasks"] > 0


@pytest.mark.parametrize("version", ["1.1.0", *VERSIONS])
@pytest.mark.parametrize("seed", range(5))
def test_totals_equal_what_the_vehicle_really_did(version, seed):
    vehicle, messages = states(version, seed, 800)
    totals = counted(messages).totals
    assert {name: round(totals[name], 3) for name in COUNTERS} == {n: round(v, 3) for n, v in vehicle.truth.items()}
    assert vehicle.truth["intervention"] > 0
    assert vehicle.truth["distance_m"] > 0


@pytest.mark.parametrize("version", VERSIONS)
@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 299), max_size=6), seed=st.integers(0, 50))
def test_a_restart_anywhere_that_misses_no_state_changes_no_total(version, cuts, seed):
    _vehicle, messages = states(version, seed, 300)
    watched = Vehicle()
    for index, message in enumerate(messages):
        if index in cuts:
            watched = Vehicle.recalled(json.loads(json.dumps(watched.memory()))) if watched.seen else Vehicle()
        watched.take(read_state(message, RULES))
    assert watched.totals == counted(messages).totals


def test_a_restart_that_lost_its_memory_would_miss_the_order_in_progress():
    """The control of the test above."""
    _, messages = states(seed=2, steps=300)
    whole = counted(messages).totals["navigation_tasks"]
    pieces = [
        counted(messages[i : i + 10], Vehicle(first_look=False)).totals["navigation_tasks"]
        for i in range(0, len(messages), 10)
    ]
    assert sum(pieces) < whole, "and nothing twice: who knows that the file is lost counts no order as it ends"
    again = [counted(messages[i : i + 10]).totals["navigation_tasks"] for i in range(0, len(messages), 10)]
    assert sum(again) > whole, "its control"


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000))
def test_duplicates_and_stragglers_change_nothing(seed):
    chance = Random(seed)
    _, messages = states(seed=seed % 7, steps=120)
    noisy = []
    for index, message in enumerate(messages):
        noisy.append(message)
        if chance.random() < 0.3:
            noisy.append(chance.choice(messages[: index + 1]))
            noisy.append(message)
    assert counted(noisy).totals == counted(messages).totals


def test_missed_header_ids_are_counted():
    _, messages = states(steps=50)
    assert counted(messages[:10] + messages[13:20] + messages[21:]).missed == 4


def test_a_vehicle_that_restarts_in_1970_is_believed_after_three_states():
    _, messages = states(steps=100)
    reborn = [m | {"headerId": i, "timestamp": f"1970-01-01T00:00:{i:02d}.000Z"} for i, m in enumerate(messages[:20])]
    reborn = [m | {"orderId": "after-the-restart"} for m in reborn]
    vehicle = counted(messages)
    before = vehicle.totals["navigation_tasks"]
    assert counted(reborn, vehicle).totals["navigation_tasks"] == before + 1
    assert vehicle.seen.header == 19


def test_standing_still_with_a_noisy_position_is_no_distance():
    _, (message, *_) = states(steps=1)
    noisy = []
    for i in range(50):
        position = message["mobileRobotPosition"] | {"x": 0.05 * (i % 3)}
        stamp = f"2025-03-03T09:00:{i:02d}.000Z"
        noisy.append(message | {"headerId": i, "timestamp": stamp, "driving": False, "mobileRobotPosition": position})
    assert counted(noisy).totals["distance_m"] == 0


def test_a_line_guided_vehicle_counts_metres_since_its_nodes():
    _, (message, *_) = states(steps=1)
    line = {k: v for k, v in message.items() if k != "mobileRobotPosition"} | {"driving": True}
    way = [("n1", 0.0), ("n1", 1.5), ("n1", 4.0), ("n2", 0.5), ("n2", 2.0)]
    messages = [
        line | {"headerId": i, "lastNodeId": n, "distanceSinceLastNode": d, "timestamp": f"2025-03-03T09:00:{i:02d}Z"}
        for i, (n, d) in enumerate(way)
    ]
    assert counted(messages).totals["distance_m"] == pytest.approx(4.0 + 2.0)


def test_a_relocation_and_another_map_are_no_drive():
    _, (message, *_) = states(steps=1)
    place = message["mobileRobotPosition"]
    moves = [{"x": 0.0}, {"x": 500.0}, {"x": 501.0}, {"x": 502.0, "mapId": "cellar"}]
    messages = [
        message
        | {"headerId": i, "timestamp": f"2025-03-03T09:00:{i:02d}Z", "driving": True, "mobileRobotPosition": place | m}
        for i, m in enumerate(moves)
    ]
    assert counted(messages).totals["distance_m"] == pytest.approx(1.0)


def test_a_long_silence_is_neither_driving_nor_charging():
    _, (message, *_) = states(steps=1)
    two = [message | {"headerId": i, "driving": True, "timestamp": f"2025-03-03T0{9 + i}:00:00Z"} for i in (0, 1)]
    assert counted([*two[:1], two[1] | {"timestamp": "2025-03-03T11:00:00Z"}]).totals["driving_s"] == 0


@pytest.mark.parametrize(
    ("field", "strange"),
    [
        ("operatingMode", "DANCING"),
        ("operatingMode", 7),
        ("safetyState", {"activeEmergencyStop": "PERHAPS", "fieldViolation": False}),
        ("timestamp", "yesterday"),
        ("powerSupply", {"stateOfCharge": 900, "charging": "maybe"}),
        ("errors", [{"errorType": "X", "errorLevel": "TERRIBLE"}]),
        ("errors", [{"errorLevel": "FATAL"}, 5]),
    ],
)
def test_a_strange_word_is_named_once_and_the_rest_goes_on(field, strange):
    _, messages = states(steps=60)
    watched, sink, reasons = watch(), Sink(), []
    for message in messages:
        reasons += hear(watched, sink, "state", message | {field: strange})
    assert 1 <= len(reasons) <= 2
    assert watched.vehicle.totals["navigation_tasks"] > 0


def test_errors_that_cannot_be_read_close_nothing():
    _, (message, *_) = states(steps=1)
    watched, sink = watch(), Sink()
    hear(watched, sink, "state", message | {"errors": [{"errorType": "lost", "errorLevel": "FATAL"}]})
    hear(watched, sink, "state", message | {"headerId": 1, "errors": "none", "timestamp": "2025-03-03T10:00:00Z"})
    assert "lost" in sink.open_conditions()


def test_repeated_errors_are_one_condition_and_an_absent_one_has_closed():
    _, (message, *_) = states(steps=1)
    error = {"errorType": "NODE_UNREACHABLE", "errorLevel": "CRITICAL"}
    watched, sink = watch(), Sink()
    for i, errors in enumerate([[error], [error, error], [error], []]):
        hear(
            watched, sink, "state", message | {"headerId": i, "errors": errors, "timestamp": f"2025-03-03T09:00:0{i}Z"}
        )
        assert ("NODE_UNREACHABLE" in sink.open_conditions()) == bool(errors)
    seen = [c for r in sink.readings if isinstance(r, Conditions) for c in r.active]
    assert len(seen) == 3
    assert {(c.family, c.severity) for c in seen} == {("navigation", "critical")}


def test_an_emergency_stop_in_manual_mode_is_one_intervention():
    _, (message, *_) = states(steps=1)
    hands = [("AUTOMATIC", "NONE"), ("MANUAL", "NONE"), ("MANUAL", "MANUAL"), ("AUTOMATIC", "MANUAL")]
    hands += [("AUTOMATIC", "NONE"), ("INTERVENED", "NONE"), ("TEACH_IN", "NONE")]
    messages = [
        message
        | {"headerId": i, "operatingMode": mode, "timestamp": f"2025-03-03T09:00:{i:02d}Z"}
        | {"safetyState": {"activeEmergencyStop": stop, "fieldViolation": False}}
        for i, (mode, stop) in enumerate(hands)
    ]
    assert counted(messages).totals["intervention"] == 2


def test_silence_is_a_condition_unless_the_vehicle_hibernates_or_said_goodbye():
    _, (message, *_) = states(steps=1)
    for word, silent in (("ONLINE", True), ("HIBERNATING", False), ("OFFLINE", False)):
        watched, sink = watch(), Sink()
        hear(watched, sink, "state", message)
        hear(watched, sink, "connection", {"connectionState": word}, SILENT_S - 1)
        assert "vehicle_silent" not in sink.open_conditions()
        for reading in watched.tick(SILENT_S + 1):
            sink.take(reading)
        assert ("vehicle_silent" in sink.open_conditions()) == silent


@pytest.mark.parametrize("word", ["CONNECTION_BROKEN", "CONNECTIONBROKEN"])
def test_a_state_after_the_last_will_outweighs_it(word):
    _, messages = states(steps=2)
    watched, sink = watch(), Sink()
    hear(watched, sink, "state", messages[0])
    hear(watched, sink, "connection", {"connectionState": word})
    assert "vehicle_connection_broken" in sink.open_conditions()
    hear(watched, sink, "state", messages[1])
    assert "vehicle_connection_broken" not in sink.open_conditions()


def test_a_second_vehicle_and_the_other_version_of_the_same_one_are_refused():
    _, messages = states(steps=20)
    watched, sink = watch(), Sink()
    reasons = []
    for message in messages:
        reasons += hear(watched, sink, "state", message)
        reasons += hear(watched, sink, "state", message | {"orderId": "theirs"}, topic="uagv/v2/m/other")
    assert watched.vehicle.totals == counted(messages).totals
    assert len(reasons) == 1
    assert "set serial" in reasons[0]


@pytest.mark.parametrize(
    "rubbish",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"headerId": NaN, "orderId": ""}', b"[" * 100_000, b'{"orderId": 1}'],
)
def test_rubbish_is_refused_with_a_reason_and_changes_nothing(rubbish):
    watched, sink = watch(), Sink()
    assert hear(watched, sink, "state", rubbish)
    assert hear(watched, sink, "connection", rubbish)
    assert watched.vehicle.seen is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
TEMPLATE = states(steps=5)[1][-1]


@settings(max_examples=200, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(TEMPLATE)), json_values, max_size=5))
def test_no_message_whatever_it_holds_breaks_the_watch_or_its_totals(changes):
    watched, sink = watch(), Sink()
    hear(watched, sink, "state", TEMPLATE)
    hear(watched, sink, "state", json.dumps(TEMPLATE | {"headerId": 10**6} | changes).encode())
    assert all(math.isfinite(v) and v >= 0 for v in watched.vehicle.totals.values())
    Vehicle.recalled(read_object(json.dumps(watched.vehicle.memory())))


IDLE = {"nodeStates": [], "edgeStates": [], "actionStates": [], "driving": False}
ON_ITS_WAY = {"nodeStates": [{"nodeId": "n1"}], "edgeStates": [], "actionStates": [], "driving": True}
ACTING = IDLE | {"actionStates": [{"actionId": "a", "actionStatus": "RUNNING"}]}
DONE = IDLE | {"actionStates": [{"actionId": "a", "actionStatus": "finished"}]}


def orders(*said, first_look=True):
    """The navigation tasks of a vehicle that says these (order, what is left of it), one after the other."""
    _, (message, *_) = states(steps=1)
    messages = [
        message | {"headerId": i, "orderId": order, "timestamp": f"2025-03-03T09:00:{i:02d}Z"} | left
        for i, (order, left) in enumerate(said)
    ]
    return counted(messages, Vehicle(first_look=first_look)).totals["navigation_tasks"]


def test_an_order_that_was_cleared_and_is_used_again_is_a_new_one():
    assert orders(("", IDLE), ("A", ON_ITS_WAY), ("", IDLE), ("A", ON_ITS_WAY)) == 2
    assert orders(("", IDLE), ("A", ON_ITS_WAY), ("A", IDLE), ("A", ON_ITS_WAY)) == 1, "the control: it never went"


@pytest.mark.parametrize("running", [ON_ITS_WAY, ACTING], ids=["driving", "acting"])
@pytest.mark.parametrize(
    "end", [("A", IDLE), ("A", DONE), ("", IDLE), ("B", ON_ITS_WAY)], ids=["done", "acted", "cleared", "another"]
)
def test_the_order_that_runs_at_the_first_state_counts_once_when_it_ends(running, end):
    another = end[0] == "B"
    assert orders(("A", running), ("A", running)) == 0
    assert orders(("A", running), ("A", running), end) == 1 + another
    assert orders(("A", running), end, ("B", ON_ITS_WAY), ("C", IDLE)) == 3
    assert orders(("A", running), end, first_look=False) == another, "the control: it may have been counted"


def test_an_order_that_is_over_at_the_first_state_is_not_counted():
    assert orders(("A", IDLE), ("A", IDLE), ("", IDLE)) == 0
    assert orders(("A", DONE), ("B", IDLE)) == 1
    unknown = {"nodeStates": None, "edgeStates": None, "driving": False}
    assert orders(("A", unknown), ("B", unknown)) == 1


def test_the_order_that_ran_first_is_remembered_over_a_restart():
    _, (message, *_) = states(steps=1)
    watched = counted([message | {"orderId": "A"} | ON_ITS_WAY])
    again = Vehicle.recalled(json.loads(json.dumps(watched.memory())))
    ended = message | {"headerId": 9, "orderId": "A", "timestamp": "2025-03-03T10:00:00Z"} | IDLE
    assert counted([ended], again).totals["navigation_tasks"] == 1


def test_a_memory_of_the_first_release_is_recalled_and_supports_what_it_counted():
    _, messages = states(steps=100)
    memory = json.loads(json.dumps(counted(messages).memory()))
    memory["totals"] = dict.fromkeys(COUNTERS, 1.0) | {"charging_s": 0.0}
    del memory["heard"], memory["seen"]["uncounted"]
    assert Vehicle.recalled(memory).heard == set(COUNTERS) - {"charging_s"}


@pytest.mark.parametrize(
    ("left_out", "unheard"),
    [
        ({}, set()),
        ({"mobileRobotPosition": None}, {"distance_m"}),
        ({"mobileRobotPosition": None, "distanceSinceLastNode": 1.0}, set()),
        ({"powerSupply": {"stateOfCharge": 80.0}}, {"charging_s"}),
        ({"driving": None}, {"driving_s", "distance_m"}),
        ({"timestamp": None}, {"driving_s", "charging_s"}),
        ({"operatingMode": None}, {"intervention"}),
    ],
)
def test_a_counter_is_heard_when_a_state_tells_of_it(left_out, unheard):
    _, (message, *_) = states(steps=1)
    assert counted([message | left_out]).heard == set(COUNTERS) - unheard


def test_words_of_1_1_are_read_in_small_letters():
    _, (message, *_) = states("1.1.0", steps=1)
    error = {"errorType": "laserLost", "errorLevel": "fatal"}
    stopped = message | {"safetyState": {"eStop": "autoAck", "fieldViolation": False}, "errors": [error]}
    watched, sink = watch(), Sink()
    assert not hear(watched, sink, "state", message)
    assert not hear(watched, sink, "state", stopped | {"headerId": 1, "timestamp": "2025-03-03T10:00:00Z"})
    assert not hear(watched, sink, "connection", {"connectionState": "connectionBroken"})
    assert watched.vehicle.totals["intervention"] == 1
    assert {"laserLost", "emergency_stop", "vehicle_connection_broken"} <= sink.open_conditions()
    seen = [c for r in sink.readings if isinstance(r, Conditions) for c in r.active if c.code == "laserLost"]
    assert {c.severity for c in seen} == {"fatal"}
