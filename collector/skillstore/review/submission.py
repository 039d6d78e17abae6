"""A submission: its states, its reviews, and who may do what. Pure.

    submitted → in_review → approved → published          replaced: a later submission of the same release
         ↘ refused (by the checks or by a person)         taken_back: by who submitted it

A submission is of one digest. Other bytes are another submission, which nobody has reviewed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from collector.skillstore.review.reach import Reach


class SubmissionState(StrEnum):
    """Submitted: its checks have not ended. Approved: enough people have, and its publisher may publish it."""

    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    REPLACED = "replaced"
    PUBLISHED = "published"


OPEN = frozenset({SubmissionState.SUBMITTED, SubmissionState.IN_REVIEW, SubmissionState.APPROVED})
"""What somebody can still do something about."""
REVIEWED_IN = frozenset({SubmissionState.IN_REVIEW, SubmissionState.APPROVED})


class ReviewVerdict(StrEnum):
    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class CheckProblem:
    """What a check found, with the remedy in it, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One automatic check. `check`: package, program, runtime, names, pictures."""

    check: str
    problems: tuple[CheckProblem, ...]

    @property
    def passed(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class ReviewGiven:
    """What one person said of one submission, and so of one digest. `at`: seconds since 1970."""

    person_id: int
    person: str
    verdict: ReviewVerdict
    reason: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One package that wants to be published. `checks` and `reach` are None until the checks have ended.

    `submitter_id`: the person who submitted it. `reason`: why a person refused it. Times are seconds since 1970.
    """

    id: int
    skill: str
    appid: str
    publisher: str
    release: int
    version: str
    sha256: str
    bytes: int
    state: SubmissionState
    notes_en: str
    notes_zh: str
    submitter_id: int
    submitter: str
    submitted_at: int
    changed_at: int
    reason: str = ""
    checks: tuple[CheckOutcome, ...] | None = None
    reach: Reach | None = None
    reviews: tuple[ReviewGiven, ...] = ()


class NoReview(StrEnum):
    """Why a person may not review a submission."""

    OWN = "own"
    TWICE = "twice"
    CLOSED = "closed"
    UNCHECKED = "unchecked"


def why_no_review(one: Submission, person_id: int, verdict: ReviewVerdict) -> NoReview | None:
    """None: this person may say this now. Whoever submitted it never may; whoever approved may still refuse."""
    if person_id == one.submitter_id:
        return NoReview.OWN
    if one.state is SubmissionState.SUBMITTED:
        return NoReview.UNCHECKED
    if one.state not in REVIEWED_IN:
        return NoReview.CLOSED
    if verdict is ReviewVerdict.APPROVE and any(each.person_id == person_id for each in one.reviews):
        return NoReview.TWICE
    return None


def approvers(one: Submission) -> frozenset[int]:
    """The people who approved it and did not refuse it; whoever submitted it is never one of them."""
    said = {verdict: {each.person_id for each in one.reviews if each.verdict is verdict} for verdict in ReviewVerdict}
    return frozenset(said[ReviewVerdict.APPROVE] - said[ReviewVerdict.REFUSE] - {one.submitter_id})


def reviews_missing(one: Submission, needed: int) -> int:
    """How many more people must approve it."""
    return max(0, needed - len(approvers(one)))


def may_be_published(one: Submission, sha256: str, needed: int) -> bool:
    """Whether these bytes are what was checked, and as many as needed have approved them."""
    return (
        one.state in REVIEWED_IN
        and one.sha256 == sha256
        and passed(one.checks)
        and not any(each.verdict is ReviewVerdict.REFUSE for each in one.reviews)
        and reviews_missing(one, needed) == 0
    )


def passed(checks: Sequence[CheckOutcome] | None) -> bool:
    """Whether all checks ended, and found nothing."""
    return checks is not None and all(one.passed for one in checks)


def state_after_checks(checks: Sequence[CheckOutcome]) -> SubmissionState:
    """What becomes of a submission when its checks have ended."""
    return SubmissionState.IN_REVIEW if passed(checks) else SubmissionState.REFUSED


def state_after_review(one: Submission, needed: int) -> SubmissionState:
    """What becomes of a submission whose reviews include the newest one."""
    if any(each.verdict is ReviewVerdict.REFUSE for each in one.reviews):
        return SubmissionState.REFUSED
    return SubmissionState.IN_REVIEW if reviews_missing(one, needed) else SubmissionState.APPROVED
