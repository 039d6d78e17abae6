"""What changes submissions: one is made, its checks end, a person reviews it, its state follows."""

from collections.abc import Sequence

import orjson
from sqlalchemy import ColumnElement, Connection, insert, update

from collector.skillstore.review.reach import Reach
from collector.skillstore.review.submission import OPEN, CheckOutcome, ReviewGiven, Submission, SubmissionState
from collector.store.lists import among
from collector.store.tables.skill_store import skill_review, skill_submission


def add(connection: Connection, one: Submission) -> int:
    """Keep a new one; what was open of the same release is replaced. Its row id; `one.id` is not used."""
    connection.execute(
        update(skill_submission)
        .where(skill_submission.c.appid == one.appid, skill_submission.c.release == one.release, _open(connection))
        .values(state=SubmissionState.REPLACED.value, changed_at=one.submitted_at)
    )
    done = connection.execute(
        insert(skill_submission).values(
            skill=one.skill, appid=one.appid, release=one.release, version=one.version, sha256=one.sha256,
            bytes=one.bytes, state=one.state.value, notes_en=one.notes_en, notes_zh=one.notes_zh,
            submitter_id=one.submitter_id, submitter=one.submitter, submitted_at=one.submitted_at,
            changed_at=one.changed_at,
        )
    )  # fmt: skip
    assert done.inserted_primary_key is not None
    return int(done.inserted_primary_key[0])


def note_checks(
    connection: Connection, submission: int, checks: Sequence[CheckOutcome], reach: Reach | None,
    state: SubmissionState, now_s: int,
) -> None:  # fmt: skip
    """The checks have ended."""
    values = {"checks": orjson.dumps(checks).decode(), "reach": None if reach is None else orjson.dumps(reach).decode()}
    _change(connection, submission, now_s, state=state.value, **values)


def add_review(connection: Connection, submission: int, review: ReviewGiven) -> None:
    """Raises IntegrityError where this person has said that already."""
    connection.execute(
        insert(skill_review).values(
            submission_id=submission, person_id=review.person_id, person=review.person, verdict=review.verdict.value,
            reason=review.reason, at=review.at,
        )
    )  # fmt: skip


def set_state(connection: Connection, submission: int, state: SubmissionState, now_s: int, reason: str = "") -> None:
    """Which state may follow is decided before (submission.py)."""
    _change(connection, submission, now_s, state=state.value, reason=reason)


def note_published(connection: Connection, appid: str, release: int, sha256: str, now_s: int) -> None:
    """Its publisher has published it: what was open of these bytes is so, of other bytes it is replaced."""
    its = (skill_submission.c.appid == appid) & (skill_submission.c.release == release) & _open(connection)
    same = skill_submission.c.sha256 == sha256
    for which, state in ((same, SubmissionState.PUBLISHED), (~same, SubmissionState.REPLACED)):
        changed = update(skill_submission).where(its & which)
        connection.execute(changed.values(state=state.value, changed_at=now_s))


def _open(connection: Connection) -> ColumnElement[bool]:
    return among(connection, skill_submission.c.state, [one.value for one in OPEN])


def _change(connection: Connection, submission: int, now_s: int, **values: object) -> None:
    changed = update(skill_submission).where(skill_submission.c.id == submission)
    connection.execute(changed.values(changed_at=now_s, **values))
