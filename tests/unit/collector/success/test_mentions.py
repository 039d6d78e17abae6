"""Whom a text mentions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.success.mentions import mentioned

CSMS = {"csm-1": "Li Wei", "csm-12": "王芳", "csm-south": "Ann Smith", "ann": ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@csm-1 please call", ("csm-1",)),
        ("@csm-12, not the other", ("csm-12",)),
        ("@Li Wei and @ann smith", ("csm-1", "csm-south")),
        ("请@王芳跟进", ("csm-12",)),
        ("@CSM-1 @csm-1", ("csm-1",)),
        ("write to li@csm-1.example", ()),
        ("@csm-123", ()),
        ("@nobody", ()),
        ("@annabel", ()),
        ("@ann!", ("ann",)),
        ("@csm-1请跟进", ("csm-1",)),
        ("@王芳ok", ("csm-12",)),
    ],
)
def test_a_mention_is_an_at_before_the_longest_id_or_name(text, found):
    assert mentioned(text, CSMS) == found


@given(st.text(alphabet="@csm-12 王芳LiWe.", max_size=60))
def test_whom_a_text_mentions_is_known_and_named_once_and_more_text_before_it_changes_nothing(text):
    found = mentioned(text, CSMS)
    assert set(found) <= set(CSMS)
    assert len(set(found)) == len(found)
    assert mentioned(f"。 {text}", CSMS) == found
