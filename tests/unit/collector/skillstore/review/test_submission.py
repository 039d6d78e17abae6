"""Laws of a review: who may say what, how many people it takes, and what becomes of a submission."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from collector.skillstore.review.reach import Reach, change_of
from collector.skillstore.review.submission import (
    CheckOutcome,
    CheckProblem,
    NoReview,
    ReviewGiven,
    ReviewVerdict,
    Submission,
    SubmissionState,
    approvers,
    may_be_published,
    state_after_checks,
    state_after_review,
    why_no_review,
)

APPROVE, REFUSE = ReviewVerdict
SUBMITTER = 1
ONE = Submission(
    id=1, skill="lift", appid="acme_" + "0" * 32, publisher="acme", release=1, version="1", sha256="a" * 64, bytes=9,
    state=SubmissionState.IN_REVIEW, notes_en="", notes_zh="", submitter_id=SUBMITTER, submitter="Bo", submitted_at=0,
    changed_at=0, checks=(CheckOutcome("package", ()),),
)  # fmt: skip
WORDS = st.frozensets(st.sampled_from(["go_to", "speak", "listen", "see"]))


def said(person, verdict=APPROVE):
    return ReviewGiven(person, str(person), verdict, "", 0)


def played(acts, needed):
    """The submission after each act that is allowed, in order."""
    one = ONE
    for person, verdict in acts:
        if why_no_review(one, person, verdict) is None:
            one = replace(one, reviews=(*one.reviews, said(person, verdict)))
            one = replace(one, state=state_after_review(one, needed))
    return one


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(ReviewVerdict)), max_size=12), st.sampled_from([1, 2]))
def test_what_may_be_published_was_approved_by_as_many_others_as_needed_and_refused_by_nobody(acts, needed):
    one = played(acts, needed)
    if may_be_published(one, ONE.sha256, needed):
        people = {each.person_id for each in one.reviews if each.verdict is APPROVE}
        assert len(people - {SUBMITTER}) >= needed
        assert SUBMITTER not in {each.person_id for each in one.reviews}
        assert REFUSE not in {each.verdict for each in one.reviews}
        assert one.state is SubmissionState.APPROVED
    assert not may_be_published(one, "b" * 64, needed), "a review is of one digest"


@given(st.lists(st.integers(1, 4), max_size=8))
def test_one_person_counts_once_however_often_it_speaks(people):
    one = replace(ONE, reviews=tuple(said(person) for person in people))
    assert len(approvers(one)) == len(set(people) - {SUBMITTER})


def test_a_reason_stands_for_each_review_that_is_not_taken():
    once = replace(ONE, reviews=(said(2),))
    assert why_no_review(ONE, SUBMITTER, APPROVE) is NoReview.OWN
    assert why_no_review(ONE, SUBMITTER, REFUSE) is NoReview.OWN
    assert why_no_review(once, 2, APPROVE) is NoReview.TWICE
    assert why_no_review(once, 2, REFUSE) is None, "who approved may think again"
    assert why_no_review(replace(ONE, state=SubmissionState.SUBMITTED), 2, APPROVE) is NoReview.UNCHECKED
    for state in set(SubmissionState) - {
        SubmissionState.SUBMITTED, SubmissionState.IN_REVIEW, SubmissionState.APPROVED
    }:  # fmt: skip
        assert why_no_review(replace(ONE, state=state), 2, APPROVE) is NoReview.CLOSED


def test_what_a_check_found_refuses_and_unended_checks_publish_nothing():
    bad = (CheckOutcome("package", ()), CheckOutcome("program", (CheckProblem("x: mend it", "x"),)))
    assert state_after_checks(bad) is SubmissionState.REFUSED
    assert state_after_checks(ONE.checks) is SubmissionState.IN_REVIEW
    approved = replace(ONE, reviews=(said(2), said(3)))
    assert may_be_published(approved, ONE.sha256, 2), "the control"
    assert not may_be_published(replace(approved, checks=None), ONE.sha256, 2)
    assert not may_be_published(replace(approved, checks=bad), ONE.sha256, 2)


def reach(permissions=(), memory_mb=32, role="skill", kind="python", **counters):
    return Reach(tuple(sorted(permissions)), (), counters, {"memory_mb": memory_mb}, role, kind)


@given(WORDS, WORDS, st.sampled_from([32, 48, 96]), st.sampled_from([32, 48, 96]))
def test_two_people_look_where_a_version_may_do_what_the_last_one_could_not(before, after, memory, more):
    change = change_of(reach(before, memory), reach(after, more))
    wider = bool(after - before) or more > memory
    assert change.reviews_needed == (2 if wider else 1)
    assert set(change.permissions_added) == after - before
    assert set(change.permissions_dropped) == before - after


def test_a_first_version_an_orchestrator_and_a_program_that_cannot_be_read_take_two():
    assert change_of(None, reach()).reviews_needed == 2
    assert change_of(reach(), reach(role="orchestrator")).reviews_needed == 2
    assert change_of(reach(), reach(kind="vendor")).reviews_needed == 2
    counted = change_of(reach(a=1, b=1), reach(a=2, c=1))
    assert (counted.counters_raised, counted.counters_added, counted.counters_dropped) == (("a",), ("c",), ("b",))
    assert counted.reviews_needed == 1, "counters are shown; the robot's core bounds them"
