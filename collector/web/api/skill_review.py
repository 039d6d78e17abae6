"""API: packages that publishers submit, and what people say of them."""

from typing import Annotated

from pydantic import Field

from collector.operations import skill_review as operations
from collector.operations.operation import Operation
from collector.operations.skill_review import ReviewSubmission, SubmissionSheet, SubmissionShown
from collector.skillstore.review.submission import SubmissionState
from collector.values.paging import Page
from collector.values.texts import WHY_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route

_TAG = "skill review"
Notes = Annotated[str, Field(max_length=2_000, description="what this version brings; plain text")]
Reason = Annotated[str, Field(max_length=WHY_MAX_CHARS)]


class SubmissionsQuery(Paged):
    state: Annotated[SubmissionState | None, Field(description="left out: what is open")] = None


class SubmissionBody(Body):
    """A package that was sent with PUT /skills/packages/{appid}/{release}, by the digest that was answered."""

    appid: Annotated[str, Field(max_length=64)]
    release: Annotated[int, Field(ge=1, le=2_000_000_000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    notes_en: Notes = ""
    notes_zh: Notes = ""


class SubmissionApprovalBody(Body):
    """A remark, which its publisher reads."""

    reason: Reason = ""


class RefusalBody(Body):
    """Why, which its publisher reads."""

    reason: Reason


async def submissions(call: Call, query: SubmissionsQuery) -> Page[SubmissionShown]:
    """The newest first. A publisher sees what it submitted itself."""
    wanted = operations.ListSubmissions(state=query.state, limit=query.limit, cursor=query.cursor)
    return await call.do(operations.list_submissions, wanted)


async def submit(call: Call, _: Query, body: SubmissionBody) -> SubmissionSheet:
    """Its checks run at once; what they found is in the answer."""
    return await call.do(operations.submit_package, operations.SubmitPackage(**body.model_dump()))


async def submission(call: Call, _: Query) -> SubmissionSheet:
    """With its checks, what it changes against the last published version, and its reviews."""
    return await call.do(operations.one_submission, call.number("submission"))


async def check(call: Call, _: Query) -> SubmissionSheet:
    """Where the collector stopped before they ended."""
    return await call.do(operations.check_submission, call.number("submission"))


async def approve_submission(call: Call, _: Query, body: SubmissionApprovalBody) -> SubmissionSheet:
    """By a person who did not submit it."""
    return await _review(call, operations.approve_submission, body.reason)


async def refuse_submission(call: Call, _: Query, body: RefusalBody) -> SubmissionSheet:
    """One refusal is enough."""
    return await _review(call, operations.refuse_submission, body.reason)


async def take_back_submission(call: Call, _: Query) -> SubmissionSheet:
    """By who submitted it, or an administrator."""
    return await call.do(operations.take_back_submission, call.number("submission"))


async def _review(call: Call, review: Operation[ReviewSubmission, SubmissionSheet], reason: str) -> SubmissionSheet:
    return await call.do(review, ReviewSubmission(submission=call.number("submission"), reason=reason))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/skills/submissions", _TAG, "What is submitted for review", Page[SubmissionShown], submissions,
          SubmissionsQuery, operation=operations.list_submissions),
    Route("POST", "/skills/submissions", _TAG, "Submit a package that was sent", SubmissionSheet, submit,
          body=SubmissionBody, operation=operations.submit_package),
    Route("GET", "/skills/submissions/{submission}", _TAG, "One submission", SubmissionSheet, submission,
          operation=operations.one_submission),
    Route("POST", "/skills/submissions/{submission}/check", _TAG, "Run its checks, where they have not ended",
          SubmissionSheet, check, operation=operations.check_submission),
    Route("POST", "/skills/submissions/{submission}/approve", _TAG, "Approve it", SubmissionSheet, approve_submission,
          body=SubmissionApprovalBody, operation=operations.approve_submission),
    Route("POST", "/skills/submissions/{submission}/refuse", _TAG, "Refuse it, with the reason", SubmissionSheet,
          refuse_submission, body=RefusalBody, operation=operations.refuse_submission),
    Route("POST", "/skills/submissions/{submission}/take-back", _TAG, "Take it back", SubmissionSheet,
          take_back_submission, operation=operations.take_back_submission),
)  # fmt: skip
