"""Law: a changed file is the file with those numbers and nothing else changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.health.errors import PolicyInvalid
from collector.health.measures.registry import MEASURES
from collector.health.policy.editing import BORDERS, DraftProblem, draft, edited, numbers
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


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"measures.B1.weight": "much"}, DraftProblem("no_number", "measures.B1.weight")),
        ({"measures.B1.weight": "1e3"}, DraftProblem("no_number", "measures.B1.weight")),
        ({"measures.B1.weight": "1234567890123"}, DraftProblem("no_number", "measures.B1.weight")),
        ({"bands.green_from": "10"}, DraftProblem("invalid")),
    ],
)
def test_a_draft_that_no_policy_can_be_has_a_problem_and_no_text(typed, problem):
    made = draft(POLICY, typed)
    assert (made.problem, made.text) == (problem, "")


def test_weights_of_a_profile_that_do_not_sum_to_a_hundred_are_named_with_their_sum():
    weight = POLICY.profiles.weights["growth"]["B"]
    made = draft(POLICY, {"profiles.growth.B": f"{weight + 1:g}"})
    assert made.problem == DraftProblem("no_hundred", "growth", 101.0)


def test_a_draft_takes_point_and_comma_and_leaves_out_what_is_as_it_was():
    weight = POLICY.measures["B2"].weight
    typed = {"measures.B1.weight": " 4,5 ", "measures.B2.weight": f"{weight:g}", "csrf": "7", "drop.cap": ""}
    made = draft(POLICY, typed)
    assert (dict(made.changes), made.problem) == ({"measures.B1.weight": 4.5}, None)
    assert Policy.load(made.text).measures["B1"].weight == 4.5
