"""Messages grow, never change: old bytes decode, new fields do not hurt."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from protocol import codec
from protocol.messages import Batch, Desired, Envelope, Presence, Reported, Window, parse_record
from tests.wire import Ack

SAMPLES = json.loads((Path(codec.__file__).parent / "vectors" / "encode.json").read_text(encoding="utf-8"))
OLD = bytes.fromhex(next(s["payload"] for s in SAMPLES if s["name"] == "two windows and a fault"))


def test_a_payload_written_by_the_first_release_still_decodes():
    batch = Batch.model_validate(codec.decode(OLD))
    assert [record.kind for record in batch.records] == ["window", "fault", "window"]
    assert batch.records[0].counts == {"faces": 4, "interaction": 2, "observed_s": 300}
    assert batch.records[0].sync == "synced"


def grown(value: object) -> object:
    """The same message from a newer release: a field more in every object but the free ones."""
    if isinstance(value, dict):
        free = {"counts", "gauges", "detail", "settings"}
        return {"novelty": [1], **{k: v if k in free else grown(v) for k, v in value.items()}}
    return [grown(v) for v in value] if isinstance(value, list) else value


def test_fields_of_a_newer_release_are_ignored():
    message = codec.decode(OLD)
    assert Batch.model_validate(grown(message)) == Batch.model_validate(message)
    ack = {"v": 1, "epoch": "0" * 16, "mark": 5}
    assert Ack.model_validate(grown(ack)) == Ack.model_validate(ack)
    desired = {"v": 1, "revision": 3, "skills": [{"skill": "tour", "version": "1", "digest": "d"}]}
    assert Desired.model_validate(grown(desired)) == Desired.model_validate(desired)
    reported = {"v": 1, "robot": "r", "revision": 3, "skills": [{"skill": "tour", "installed": "1"}]}
    assert Reported.model_validate(grown(reported)) == Reported.model_validate(reported)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["seq", "kind", "boot", "mono", "at", "sync", "was", "span", "counts", "gauges", "first", "covers"]
)


@given(FIELDS, JSON)
def test_a_record_with_any_value_in_any_field_is_accepted_or_refused_by_the_schema(field, value):
    record = {"seq": 1, "kind": "window", "boot": 1, "mono": 1, "at": 1, "span": 1, "counts": {"faces": 1}}
    try:
        window = parse_record(record | {field: value})
    except ValidationError:
        return
    assert isinstance(window, Window)
    assert all(0 <= n <= 2**53 for n in window.counts.values())


@pytest.mark.parametrize(
    "change",
    [
        {"v": 0},
        {"robot": "a b"},
        {"robot": "-a"},
        {"epoch": "XYZ"},
        {"first": 0},
        {"last": -1},
        {"held": 0},
        {"records": {}},
        {"records": [0] * 501},
        {"first": "1"},
        {"first": 2**53 + 1},
    ],
)
def test_an_envelope_out_of_bounds_is_refused(change):
    envelope = {"v": 1, "robot": "r", "epoch": "0" * 16, "first": 1, "last": 0, "held": 1, "records": []}
    Envelope.model_validate(envelope)
    with pytest.raises(ValidationError):
        Envelope.model_validate(envelope | change)


@pytest.mark.parametrize("change", [{"state": "asleep"}, {"session": -1}, {"robot": ""}, {"at": 1.5}, {"backlog": -1}])
def test_a_presence_out_of_bounds_is_refused(change):
    presence = {"v": 1, "robot": "r", "epoch": "0" * 16, "session": 1, "state": "online", "at": 1}
    Presence.model_validate(presence)
    with pytest.raises(ValidationError):
        Presence.model_validate(presence | change)
