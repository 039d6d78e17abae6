"""Law: a changed file is the file with those numbers and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.health.errors import PolicyInvalid
from collector.health.measures.registry import MEASURES
from collector.health.policy.editing import BORDERS, edited, numbers
from collector.health.policy.file import Policy
from tests.policies import HEALTH as POLICY

KEYS = [one.key for one in numbers(POLICY)]


def test_a_form_has_every_weight_border_and_cap():
    of = {one.of: sum(each.of == one.of for each in numbers(POLICY)) for one in numbers(POLICY)}
    assert of == {"measures": len(MEASURES), "profiles": 24, "borders": len(BORDERS), "caps": 17}


@given(st.dictionaries(st.sampled_from([key for key in KEYS if "cap" in key]), st.integers(1, 69)))
def test_only_what_is_changed_changes(changes):
    text = edited(POLICY.text, changes)
    after = {one.key: one.value for one in numbers(Policy.load(text))}
    before = {one.key: one.value for one in numbers(POLICY)}
    assert after == before | changes
    ours, theirs = POLICY.text.splitlines(), text.splitlines()
    assert len(ours) == len(theirs)
    assert sum(a != b for a, b in zip(ours, theirs, strict=True)) <= len(changes)


def test_the_same_numbers_leave_the_policy_as_it_is():
    again = Policy.load(edited(POLICY.text, {one.key: one.value for one in numbers(POLICY)}))
    assert {key: entry.value for key, entry in again.entries.items()} == {
        key: entry.value for key, entry in POLICY.entries.items()
    }


def test_a_weight_of_a_measure_leaves_its_curve():
    after = Policy.load(edited(POLICY.text, {"measures.B1.weight": 4.5}))
    assert after.measures["B1"].weight == 4.5
    assert after.entries["measures.B1"].value | {"weight": 3.0} == POLICY.entries["measures.B1"].value


@pytest.mark.parametrize("key", ["drop.none", "measures.B9.weight", "clock.settle_h.x"])
def test_what_is_not_there_is_refused_by_its_name(key):
    with pytest.raises(PolicyInvalid, match=key.rpartition(".")[0]):
        edited(POLICY.text, {key: 1.0})
