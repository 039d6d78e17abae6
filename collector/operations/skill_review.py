"""Packages that publishers submit: checked, approved or refused by people, taken back; what each changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from collector.access import people
from collector.access.caller import ADMINS, PUBLISHERS, REVIEWERS, SEES_FLEET, SEES_PACKAGES
from collector.calendar import days
from collector.context import Context
from collector.language.catalogue import gettext
from collector.operations.operation import operation
from collector.operations.skill_repository import reach_before, with_repository
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.catalogue.names import name_trouble
from collector.skillstore.catalogue.reading import listings
from collector.skillstore.repository.packages import manifest_in
from collector.skillstore.repository.repository import Repository
from collector.skillstore.review import reading, writing
from collector.skillstore.review.reach import Reach, ReachChange, change_of, reach_of
from collector.skillstore.review.sandbox import CheckBounds, check
from collector.skillstore.review.submission import (
    OPEN,
    CheckOutcome,
    CheckProblem,
    NoReview,
    ReviewGiven,
    ReviewVerdict,
    Submission,
    SubmissionState,
    reviews_missing,
    state_after_checks,
    state_after_review,
    why_no_review,
)
from collector.values.paging import Page
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import WHY_MAX_CHARS, bounded, taken
from opk_skills.manifest.manifest import Manifest
from opk_skills.trust.releases import APPID, path_of

SubmissionAct = Literal["approve", "refuse", "check", "take_back"]
NOTES_MAX_CHARS = 2_000
OPEN_MAX = 20  # of one person: a flood of submissions is nobody's to review
SHA256_CHARS = 64
BOUNDS = CheckBounds()
_LIST = Remedy("list them", "skills submission list", "GET /api/v1/skills/submissions")
_NO_REVIEW: Mapping[str, tuple[str, Remedy | str]] = {
    NoReview.OWN: (Sentence("you submitted it"), "somebody else reviews it"),
    NoReview.TWICE: (Sentence("you have reviewed it"), "another person reviews it"),
    NoReview.CLOSED: (Sentence("it is not in review"), "see what became of it"),
    NoReview.UNCHECKED: (
        Sentence("its checks have not ended"),
        Remedy("check it again", "skills submission check", "POST /api/v1/skills/submissions/{id}/check"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitPackage:
    """A package that was sent (`stage_package`), by its digest; what this version brings, in both languages."""

    appid: str
    release: int
    sha256: str
    notes_en: str = ""
    notes_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSubmissions:
    """Without a state: what somebody can still do something about."""

    state: SubmissionState | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSubmission:
    """What a person says of one submission; a refusal says why."""

    submission: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One review."""

    person: str
    verdict: ReviewVerdict
    reason: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionShown:
    """One submission. `approvals`: by how many people; `reason`: why a person refused it."""

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
    submitter: str
    submitted_at: str
    changed_at: str
    reason: str
    approvals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSheet:
    """One submission with all that a reviewer must know.

    `checks`: None until they have ended. `change`: against the last published version; None: nobody could read it.
    `reviews_missing`: how many more people must approve. `no_review`: why the caller may not approve it, None: may.
    `is_own`: the caller submitted it. `may`: what the caller may do with it now.
    """

    submission: SubmissionShown
    checks: list[CheckOutcome] | None
    change: ReachChange | None
    widens: bool
    counters: dict[str, int]
    permissions: list[str]
    reviews: list[ReviewShown] = field(default_factory=list)
    reviews_needed: int
    reviews_missing: int
    no_review: str | None
    is_own: bool
    may: list[SubmissionAct]


@operation(roles=PUBLISHERS, writes=True, long=True)
def submit_package(context: Context, wanted: SubmitPackage) -> SubmissionSheet:
    """Submit a package that was sent; its checks run at once. Replaces what was open of the same release.

    Refuses a package that is not here, is published, or is of a publisher that nobody enrolled; a token of no person;
    and somebody from outside who signs in with a password alone.
    """
    person = _person(context)
    context.read(lambda connection: _check_second_factor(context, connection, person))
    notes_en = taken("notes_en", wanted.notes_en, NOTES_MAX_CHARS, may_be_empty=True)
    notes_zh = taken("notes_zh", wanted.notes_zh, NOTES_MAX_CHARS, may_be_empty=True)
    manifest, size = with_repository(context, partial(_submitted, wanted=wanted), changes=False)
    now_s = context.now_s()

    def change(connection: Connection) -> int:
        open_ones = [one for one in reading.open_submissions(connection) if one.submitter_id == person]
        others = [one for one in open_ones if (one.appid, one.release) != (wanted.appid, wanted.release)]
        if len(others) >= OPEN_MAX:
            raise Refusal(
                Sentence("{count} of your submissions are open", count=len(others)),
                "take one back, or wait for reviews",
                "conflict",
            )
        return writing.add(
            connection,
            Submission(
                id=0, skill=manifest.key, appid=wanted.appid, publisher="", release=wanted.release,
                version=manifest.version, sha256=wanted.sha256, bytes=size, state=SubmissionState.SUBMITTED,
                notes_en=notes_en, notes_zh=notes_zh, submitter_id=person, submitter=_name(connection, person),
                submitted_at=now_s, changed_at=now_s,
            ),
        )  # fmt: skip

    return _checked(context, context.write(change))


@operation(roles=PUBLISHERS, writes=True, long=True)
def check_submission(context: Context, submission: int) -> SubmissionSheet:
    """Run the checks of a submission whose checks have not ended: the collector stopped meanwhile. Refuses others."""
    found = context.read(lambda connection: _visible(context, connection, submission))
    if found.state is not SubmissionState.SUBMITTED:
        raise Refusal(
            Sentence("the checks of submission {submission} have ended", submission=submission),
            "submit it again to check it again",
            "conflict",
        )
    return _checked(context, submission)


@operation(roles=SEES_PACKAGES)
def list_submissions(context: Context, wanted: ListSubmissions) -> Page[SubmissionShown]:
    """The newest first. A publisher sees what it submitted itself."""
    states = tuple(OPEN) if wanted.state is None else (wanted.state,)
    own = None if context.caller.may(SEES_FLEET) else context.caller.person_id or 0

    def read(connection: Connection) -> Page[SubmissionShown]:
        found, following = reading.submissions(
            connection, states=states, submitter_id=own, limit=wanted.limit, cursor=wanted.cursor
        )
        return Page([_shown(one) for one in found], following)

    return context.read(read)


@operation(roles=SEES_PACKAGES)
def one_submission(context: Context, submission: int) -> SubmissionSheet:
    """One of them, with its checks, what it changes, and who said what. One of somebody else is not there."""
    return _sheet(context, context.read(lambda connection: _visible(context, connection, submission)))


@operation(roles=REVIEWERS, writes=True, long=True)
def approve_submission(context: Context, wanted: ReviewSubmission) -> SubmissionSheet:
    """Approve these bytes. Refuses who submitted it, who has approved it, and a token of no person."""
    return _reviewed(context, wanted, ReviewVerdict.APPROVE)


@operation(roles=REVIEWERS, writes=True, long=True)
def refuse_submission(context: Context, wanted: ReviewSubmission) -> SubmissionSheet:
    """Refuse it, with the reason that its publisher reads. One refusal is enough, also after approvals."""
    taken("reason", wanted.reason, WHY_MAX_CHARS)
    return _reviewed(context, wanted, ReviewVerdict.REFUSE)


@operation(roles=PUBLISHERS, writes=True, long=True)
def take_back_submission(context: Context, submission: int) -> SubmissionSheet:
    """Take an open submission back: by who submitted it, or an administrator. What is published is withdrawn."""

    def change(connection: Connection) -> Submission:
        found = _visible(context, connection, submission)
        if found.submitter_id != context.caller.person_id and not context.caller.may(ADMINS):
            raise Refusal(
                "somebody else submitted it", "who submitted it takes it back, or an administrator", "conflict"
            )
        if found.state not in OPEN:
            raise Refusal(
                Sentence("submission {submission} is {state}", submission=submission, state=found.state.value),
                "only an open one is taken back",
                "conflict",
            )
        writing.set_state(connection, submission, SubmissionState.TAKEN_BACK, context.now_s())
        return _visible(context, connection, submission)

    return _sheet(context, context.write(change))


def _reviewed(context: Context, wanted: ReviewSubmission, verdict: ReviewVerdict) -> SubmissionSheet:
    person = _person(context)
    reason = taken("reason", wanted.reason, WHY_MAX_CHARS, may_be_empty=True)
    before = context.read(lambda connection: _visible(context, connection, wanted.submission))
    needed = _needed(context, before)

    def change(connection: Connection) -> Submission:
        found = _visible(context, connection, wanted.submission)
        why = why_no_review(found, person, verdict)
        if why is not None:
            raise Refusal(
                Sentence("submission {id}: {why}", id=found.id, why=_NO_REVIEW[why][0]),
                _NO_REVIEW[why][1],
                "conflict",
            )
        review = ReviewGiven(person, _name(connection, person), verdict, reason, context.now_s())
        writing.add_review(connection, found.id, review)
        now = _visible(context, connection, found.id)
        why_refused = reason if verdict is ReviewVerdict.REFUSE else ""
        writing.set_state(connection, found.id, state_after_review(now, needed), context.now_s(), why_refused)
        return _visible(context, connection, found.id)

    try:
        return _sheet(context, context.write(change))
    except IntegrityError:  # the same person was quicker, at another door
        raise Refusal("you have reviewed it", "another person reviews it", "conflict") from None


def _checked(context: Context, submission: int) -> SubmissionSheet:
    """Run the checks, and note what they found."""
    found = context.read(lambda connection: _visible(context, connection, submission))

    def run(repository: Repository) -> tuple[tuple[CheckOutcome, ...], Manifest]:
        path = repository.staged(path_of(found.appid, found.release), found.sha256)
        return check(path, BOUNDS), manifest_in(path)

    outcomes, manifest = with_repository(context, run, changes=False)

    def change(connection: Connection) -> Submission:
        now = _visible(context, connection, submission)
        if now.state is SubmissionState.SUBMITTED:
            checks = (*outcomes, _names(connection, now.publisher, manifest))
            state = state_after_checks(checks)
            writing.note_checks(connection, submission, checks, reach_of(manifest), state, context.now_s())
        return _visible(context, connection, submission)

    return _sheet(context, context.write(change))


def _names(connection: Connection, publisher: str, manifest: Manifest) -> CheckOutcome:
    trouble = name_trouble(manifest, publisher, listings(connection, tuple(ListingState)))
    if trouble is None:
        return CheckOutcome("names", ())
    said = [f"{gettext(one, trouble.reason, **trouble.slots)}: {gettext(one, trouble.remedy)}" for one in ("en", "zh")]
    return CheckOutcome("names", (CheckProblem(*said),))


def _submitted(repository: Repository, wanted: SubmitPackage) -> tuple[Manifest, int]:
    """The manifest and size of what is submitted. Raises Refusal, NotTrusted."""
    bounded("sha256", wanted.sha256, SHA256_CHARS)
    if not APPID.fullmatch(wanted.appid) or wanted.release < 1 or not set(wanted.sha256) <= set("0123456789abcdef"):
        raise Refusal("appid, release or sha256 is none", "take those that sending the package answered", "invalid")
    publisher = wanted.appid.partition("_")[0]
    if publisher not in {one.role for one in repository.roles()} - {"root", "targets", "snapshot", "timestamp"}:
        raise Refusal(
            Sentence("nobody enrolled a publisher {publisher}", publisher=publisher),
            "ask the people who sign targets",
            "conflict",
        )
    path = path_of(wanted.appid, wanted.release)
    if path in repository.releases_ever(publisher):
        raise Refusal(
            Sentence("release {release} of {appid} is published", release=wanted.release, appid=wanted.appid),
            "take the next number",
            "conflict",
        )
    file: Path = repository.staged(path, wanted.sha256)
    return manifest_in(file), file.stat().st_size


def _person(context: Context) -> int:
    """Who acts, as a person: two tokens of one person are one reviewer. Raises Refusal."""
    if context.caller.person_id is None:
        reason = "this token, or the command line, is no person: nobody could say who submits or reviews"
        raise Refusal(reason, "sign in, or use a token that you made for yourself", "conflict")
    return context.caller.person_id


def _check_second_factor(context: Context, connection: Connection, person: int) -> None:
    """A publisher who is none of our own people: what a stolen password could submit would reach customers' robots.

    Who signs in with a company's account has the second factor there. Raises Refusal.
    """
    found = people.one(connection, person)
    if context.caller.may(SEES_FLEET) or found is None or found.second_factor or found.company:
        return
    raise Refusal(
        "a publisher submits with a second factor alone, and none is set up",
        "set one up on the page of your own account",
        "conflict",
    )


def _name(connection: Connection, person: int) -> str:
    found = people.one(connection, person)
    return "" if found is None else found.name


def _visible(context: Context, connection: Connection, submission: int) -> Submission:
    found = reading.submission_of(connection, submission)
    sees_all = context.caller.may(SEES_FLEET)
    if found is None or not (sees_all or found.submitter_id == context.caller.person_id):
        raise Refusal(Sentence("there is no submission {submission}", submission=submission), _LIST, "not_found")
    return found


def _change(context: Context, one: Submission) -> ReachChange | None:
    after = one.reach
    if after is None or one.state not in OPEN:
        return None

    def read(repository: Repository) -> ReachChange:
        return change_of(reach_before(repository, one.appid), after)

    return with_repository(context, read, changes=False)


def _needed(context: Context, one: Submission) -> int:
    """How many people must approve; before its checks have ended as many as for a first publication."""
    change = _change(context, one)
    return change_of(None, Reach((), (), {}, {}, "", "")).reviews_needed if change is None else change.reviews_needed


def _sheet(context: Context, one: Submission) -> SubmissionSheet:
    change = _change(context, one)
    needed = _needed(context, one)
    person = context.caller.person_id
    why = why_no_review(one, person, ReviewVerdict.APPROVE) if person is not None else None
    allowed = context.caller.may(REVIEWERS) and person is not None
    return SubmissionSheet(
        submission=_shown(one),
        checks=None if one.checks is None else list(one.checks),
        change=change,
        widens=change is not None and change.widens,
        counters={} if one.reach is None else dict(one.reach.counters),
        permissions=[] if one.reach is None else list(one.reach.permissions),
        reviews=[ReviewShown(each.person, each.verdict, each.reason, days.rfc3339(each.at)) for each in one.reviews],
        reviews_needed=needed,
        reviews_missing=reviews_missing(one, needed) if one.state in OPEN else 0,
        no_review=None if allowed and why is None else "role" if not allowed else str(why),
        is_own=person is not None and person == one.submitter_id,
        may=_acts(context, one),
    )


def _acts(context: Context, one: Submission) -> list[SubmissionAct]:
    """As the operations judge it; what is published, refused or gone is nobody's to act on."""
    person, caller = context.caller.person_id, context.caller
    if one.state not in OPEN:
        return []
    found: list[SubmissionAct] = []
    if person is not None and caller.may(REVIEWERS):
        verdicts: list[tuple[SubmissionAct, ReviewVerdict]] = [
            ("approve", ReviewVerdict.APPROVE), ("refuse", ReviewVerdict.REFUSE)
        ]  # fmt: skip
        found += [act for act, verdict in verdicts if why_no_review(one, person, verdict) is None]
    if caller.may(PUBLISHERS):
        found += ["check"] if one.state is SubmissionState.SUBMITTED else []
        found += ["take_back"] if one.submitter_id == person or caller.may(ADMINS) else []
    return found


def _shown(one: Submission) -> SubmissionShown:
    approvals = {each.person_id for each in one.reviews if each.verdict is ReviewVerdict.APPROVE}
    return SubmissionShown(
        id=one.id, skill=one.skill, appid=one.appid, publisher=one.publisher, release=one.release,
        version=one.version, sha256=one.sha256, bytes=one.bytes, state=one.state, notes_en=one.notes_en,
        notes_zh=one.notes_zh, submitter=one.submitter, submitted_at=days.rfc3339(one.submitted_at),
        changed_at=days.rfc3339(one.changed_at), reason=one.reason, approvals=len(approvals),
    )  # fmt: skip
