"""Bad input: every message that is not ours is named with a reason, and never raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.ingest.decode import ParkedMessage, ReadBatch, decode, loads
from protocol import codec, topics
from protocol.limits import BATCH_DECODED_MAX_BYTES, COUNT_MAX, PAYLOAD_MAX_BYTES
from protocol.messages import Presence
from tests.batches import EPOCH, NOON, payload, window

UP = topics.up("r1")


def test_a_batch_is_read_with_its_records():
    batch = decode(UP, payload("r1", [window(1, {"faces": 2})]))
    assert isinstance(batch, ReadBatch)
    assert (batch.robot, batch.first, batch.last, batch.bad) == ("r1", 1, 1, [])
    assert batch.records[0].counts == {"faces": 2}


def test_a_hello_may_leave_out_its_records_and_a_batch_may_not():
    hello = {name: value for name, value in GOOD.items() if name != "records"}
    read = decode(UP, codec.encode(hello | {"first": 1, "last": 0}))
    assert isinstance(read, ReadBatch)
    assert (read.first, read.last, read.records) == (1, 0, [])
    refused = decode(UP, codec.encode(hello))
    assert isinstance(refused, ParkedMessage)
    assert (refused.reason, refused.text) == ("envelope", "records: Field required")


def test_a_compressed_batch_is_read():
    assert isinstance(decode(UP, codec.compress(payload("r1", [window(1, {"faces": 2})]))), ReadBatch)


def test_presence_is_read():
    text = {"v": 1, "robot": "r1", "epoch": EPOCH, "session": 3, "state": "online", "at": NOON}
    assert isinstance(decode(topics.presence("r1"), codec.encode(text)), Presence)


def bomb() -> bytes:
    return codec.compress(b'{"v":1,"pad":"' + b"0" * BATCH_DECODED_MAX_BYTES + b'"}')


GOOD = json.loads(payload("r1", [window(1, {"faces": 2})]))


@pytest.mark.parametrize(
    ("reason", "topic", "bytes_"),
    [
        ("topic", "fw/1/other/r1", b"{}"),
        ("topic", topics.ack("r1"), b"{}"),
        ("format", UP, b""),
        ("format", UP, b"\x00\x01rubbish"),
        ("json", UP, b"{"),
        ("json", UP, b'{"v":NaN}'),
        ("json", UP, b'{"v":1,"v":1}'),
        ("json", UP, b'{"v" :1,\n"v":1, "a":"\\":"}'),
        ("json", UP, b'{"v":"\xff"}'),
        ("json", UP, b'{"v":"\\u0000"}'),
        ("json", UP, b'{"v":' + b"[" * 300 + b"]" * 300 + b"}"),
        ("too_large", UP, b"{" + b" " * PAYLOAD_MAX_BYTES),
        ("too_large", UP, bomb()),
        ("truncated", UP, codec.compress(payload("r1", [window(1, {})]))[:-4]),
        ("version", UP, codec.encode(GOOD | {"v": 2})),
        ("robot", UP, codec.encode(GOOD | {"robot": "r2"})),
        ("envelope", UP, codec.encode(GOOD | {"first": 0})),
        ("envelope", UP, codec.encode(GOOD | {"first": 5, "last": 1})),
        ("envelope", UP, codec.encode(GOOD | {"first": True})),
        ("envelope", UP, codec.encode(GOOD | {"last": 2**53 + 1})),
        ("envelope", UP, codec.encode(GOOD | {"epoch": "E" * 16})),
        ("envelope", UP, codec.encode(GOOD | {"records": [None] * 501})),
        ("envelope", topics.presence("r1"), b"{}"),
    ],
)
def test_what_is_not_ours_is_refused_with_its_reason(reason, topic, bytes_):
    refused = decode(topic, bytes_)
    assert isinstance(refused, ParkedMessage)
    assert refused.reason == reason
    assert refused.payload == bytes_
    assert refused.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"counts": {"faces": -1}},
        {"counts": {"faces": COUNT_MAX + 1}},
        {"counts": {"faces": 1.5}},
        {"counts": {"faces": "1"}},
        {"counts": {"Faces": 1}},
        {"counts": {f"c{i}": 1 for i in range(401)}},
        {"span": -1},
        {"at": 2**41},
        {"kind": "unheard_of"},
        {"boot": None},
    ],
)
def test_one_bad_record_does_not_take_its_neighbours_along(wrong):
    rows = [window(1, {"faces": 1}), window(2, {"faces": 2}) | wrong, window(3, {"faces": 3})]
    batch = decode(UP, payload("r1", rows))
    assert isinstance(batch, ReadBatch)
    assert [record.seq for record in batch.records] == [1, 3]
    assert [(bad.seq, bad.reason) for bad in batch.bad] == [(2, "record")]
    assert json.loads(batch.bad[0].payload)["seq"] == 2


@given(st.binary(max_size=200))
def test_no_bytes_raise(noise):
    assert isinstance(decode(UP, noise), ParkedMessage)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["v", "robot", "epoch", "first", "last", "held", "records"]), JSON))
def test_no_json_raises(value):
    text = json.dumps(value, ensure_ascii=False).encode(errors="replace")
    assert decode(UP, text) is not None


@given(JSON, st.booleans())
def test_the_quick_reader_reads_what_the_strict_one_reads(value, spaces):
    text = json.dumps(value, separators=(", ", " : ") if spaces else (",", ":"), ensure_ascii=spaces).encode()
    try:
        expected = codec.strict_loads(text)
    except ValueError:
        with pytest.raises(ValueError, match=r".+"):
            loads(text)
    else:
        assert loads(text) == expected


@given(st.text(max_size=8), st.integers(0, 9), st.integers(0, 9))
def test_the_quick_reader_sees_every_duplicate_key(key, one, two):
    text = f"{{{json.dumps(key)}:{one},{json.dumps(key)} : {two}}}".encode()
    with pytest.raises(ValueError, match="duplicate"):
        loads(text)
