"""Submissions and their reviews, from the store."""

from collections import defaultdict
from collections.abc import Sequence

import orjson
from sqlalchemy import Connection, Row, select

from collector.skillstore.review.reach import Reach
from collector.skillstore.review.submission import (
    OPEN,
    CheckOutcome,
    CheckProblem,
    ReviewGiven,
    ReviewVerdict,
    Submission,
    SubmissionState,
)
from collector.store.lists import among, newest_first
from collector.store.tables.skill_store import skill_review, skill_submission


def submission_of(connection: Connection, submission: int) -> Submission | None:
    """None: there is none of that number."""
    rows = connection.execute(select(skill_submission).where(skill_submission.c.id == submission)).all()
    return next(iter(_submissions(connection, rows)), None)


def of_release(connection: Connection, appid: str, release: int) -> list[Submission]:
    """All that were made of one release, the newest first."""
    query = select(skill_submission).where(skill_submission.c.appid == appid, skill_submission.c.release == release)
    return _submissions(connection, connection.execute(query.order_by(skill_submission.c.id.desc())).all())


def open_submissions(connection: Connection) -> list[Submission]:
    """All about which somebody can still do something, by number."""
    its = among(connection, skill_submission.c.state, [one.value for one in OPEN])
    query = select(skill_submission).where(its).order_by(skill_submission.c.id)
    return _submissions(connection, connection.execute(query).all())


def submissions(
    connection: Connection, *, states: Sequence[SubmissionState], submitter_id: int | None, limit: int,
    cursor: str | None,
) -> tuple[list[Submission], str | None]:  # fmt: skip
    """Of these states, the newest first. `submitter_id`: of one person; None: of all. Raises BadCursor."""
    query = select(skill_submission).where(among(connection, skill_submission.c.state, [one.value for one in states]))
    if submitter_id is not None:
        query = query.where(skill_submission.c.submitter_id == submitter_id)
    rows, following = newest_first(connection, query, skill_submission.c.id, limit, cursor)
    return _submissions(connection, rows), following


def notes_of_published(connection: Connection, appids: Sequence[str]) -> dict[tuple[str, int], tuple[str, str]]:
    """By appid and release what a published version brings, in English and Chinese, as its publisher wrote it."""
    one = skill_submission.c
    query = select(one.appid, one.release, one.notes_en, one.notes_zh).where(
        among(connection, one.appid, appids), one.state == SubmissionState.PUBLISHED.value
    )
    return {(row.appid, row.release): (row.notes_en, row.notes_zh) for row in connection.execute(query)}


def _submissions(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[Submission]:
    given: dict[int, list[ReviewGiven]] = defaultdict(list)
    query = select(skill_review).where(among(connection, skill_review.c.submission_id, [row.id for row in rows]))
    for row in connection.execute(query.order_by(skill_review.c.id)):
        verdict = ReviewVerdict(row.verdict)
        given[row.submission_id].append(ReviewGiven(row.person_id, row.person, verdict, row.reason, row.at))
    return [_submission(row, tuple(given[row.id])) for row in rows]


def _submission(row: Row[tuple[object, ...]], reviews: tuple[ReviewGiven, ...]) -> Submission:
    return Submission(
        id=row.id, skill=row.skill, appid=row.appid, publisher=row.appid.partition("_")[0], release=row.release,
        version=row.version, sha256=row.sha256, bytes=row.bytes, state=SubmissionState(row.state),
        notes_en=row.notes_en, notes_zh=row.notes_zh, submitter_id=row.submitter_id, submitter=row.submitter,
        submitted_at=row.submitted_at, changed_at=row.changed_at, reason=row.reason, checks=_checks(row.checks),
        reach=_reach(row.reach), reviews=reviews,
    )  # fmt: skip


def _checks(text: str | None) -> tuple[CheckOutcome, ...] | None:
    if text is None:
        return None
    return tuple(
        CheckOutcome(one["check"], tuple(CheckProblem(each["en"], each["zh"]) for each in one["problems"]))
        for one in orjson.loads(text)
    )


def _reach(text: str | None) -> Reach | None:
    if text is None:
        return None
    said = orjson.loads(text)
    said["permissions"], said["intents"] = tuple(said["permissions"]), tuple(said["intents"])
    return Reach(**said)
