"""Bytes and back: round trips, the bounds, and that a payload is never more than it may be."""

import json
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import codec
from protocol.limits import BATCH_DECODED_MAX_BYTES, PAYLOAD_MAX_BYTES
from tests.bench.codec_samples import batches

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
REASONS = {"decoded", "too_large", "format", "dictionary", "truncated", "json"}
MESSAGES = st.dictionaries(TEXT, VALUES, max_size=6)


@given(MESSAGES)
def test_what_is_encoded_is_decoded_bare_and_compressed(message):
    text = codec.encode(message)
    assert codec.decode(text) == message
    assert codec.decode(codec.compress(text)) == message


@given(st.binary(max_size=300))
def test_rubbish_is_refused_with_a_known_word(payload):
    assert reason_of(payload) in REASONS


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_flipped_byte_is_refused_or_decodes_to_an_object(place, value):
    payload = bytearray(codec.compress(codec.encode(next(batches(5, (3,), 1)))))
    payload[place % len(payload)] = value
    assert reason_of(bytes(payload)) in REASONS


def reason_of(payload: bytes) -> str:
    try:
        message = codec.decode(payload)
    except codec.Undecodable as refusal:
        return refusal.reason
    return "decoded" if isinstance(message, dict) else "no object"


def test_a_payload_over_the_limit_is_refused_unread():
    with pytest.raises(codec.Undecodable) as refusal:
        codec.text_of(b"{" * (PAYLOAD_MAX_BYTES + 1))
    assert refusal.value.reason == "too_large"


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = codec.compress(b"{" + b" " * BATCH_DECODED_MAX_BYTES)
    assert len(bomb) < 1000
    with pytest.raises(codec.Undecodable) as refusal:
        codec.text_of(bomb)
    assert refusal.value.reason == "too_large"


def test_deep_nesting_is_refused():
    with pytest.raises(codec.Undecodable) as refusal:
        codec.decode(b'{"a":' + b"[" * 100_000)
    assert refusal.value.reason == "json"


def test_another_parser_may_be_used_but_its_errors_stay_refusals():
    assert codec.decode(b'{"a":1,"a":2}', loads=json.loads) == {"a": 2}
    with pytest.raises(codec.Undecodable):
        codec.decode(b'{"a"', loads=json.loads)


def test_a_message_with_nan_is_not_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        codec.encode({"a": float("nan")})


def test_threads_do_not_share_a_context():
    payloads = [codec.compress(codec.encode(b)) for b in batches(3, (1, 12), 20)]
    expected = [codec.decode(p) for p in payloads]
    wrong = []

    def work() -> None:
        for _ in range(20):
            if [codec.decode(p) for p in payloads] != expected:
                wrong.append(1)
            if [codec.compress(codec.encode(b)) for b in expected] != payloads:
                wrong.append(2)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(("windows", "most_b"), [(3, 53.7), (12, 40)])
def test_a_window_of_60_counters_takes_a_tenth_of_what_sparkplug_takes(windows, most_b):
    sizes = [len(codec.compress(codec.encode(b))) for b in batches(99, (windows,), 100, events=False)]
    assert sum(sizes) / len(sizes) / windows <= most_b


def test_the_dictionary_is_the_published_one():
    assert codec.digest(codec.dictionary(1).as_bytes()) == "4bb7fe31ce5e2e07"
    assert codec.dictionary(1).dict_id() == 1
    assert len(codec.dictionary(1).as_bytes()) <= 16 * 1024


def test_what_the_agent_needs_of_the_protocol_loads_no_pydantic():
    code = (
        "import sys, protocol.records, protocol.codec, protocol.stream, protocol.topics, protocol.counters\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
