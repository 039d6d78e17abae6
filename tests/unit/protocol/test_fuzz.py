"""The doors of the fuzz target, walked for a second; `make soak ONLY=fuzz` takes two minutes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.fuzz_codec import one_input, seeds

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from([b"p", b"z", b"t"]), st.binary(max_size=200))
def test_any_bytes_through_any_door(door, data):
    one_input(door + data)


@given(st.sampled_from([b"p", b"z"]), st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_any_json_object_through_any_door(door, value):
    one_input(door + json.dumps(value).encode())


def test_the_seeds_of_the_fuzzer_go_through(tmp_path):
    seeds(tmp_path)
    found = sorted(tmp_path.iterdir())
    assert len(found) > 50
    for seed in found:
        one_input(seed.read_bytes())
