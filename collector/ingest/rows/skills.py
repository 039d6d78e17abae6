"""The history of what robots report of their skills: a row when a fact or the word of its reason has changed.

A reason's text may say more, such as for how long it waits: that alone is no change.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from collector.ingest.state import clean
from protocol.messages import ReportedSkill
from protocol.skill_proof import FACTS

OTHER = "other"  # a reason that begins with no word of ours
_WORD = re.compile(r"[a-z_]{1,40}")
_NEWEST = """SELECT skill, account_id, desired, downloaded, verified, installed, active, code FROM skill_fact
WHERE id IN (SELECT max(id) FROM skill_fact WHERE robot_id = :robot_id GROUP BY skill)"""
_ADD = """INSERT INTO skill_fact (robot_id, skill, at, revision, desired, downloaded, verified, installed, active, code,
reason, account_id) VALUES (:robot_id, :skill, :received_at, :revision, :desired, :downloaded, :verified, :installed,
:active, :code, :reason, :account_id)"""
_WISHED_BY = """SELECT skill, account_id FROM skill_wish WHERE id IN
(SELECT max(id) FROM skill_wish WHERE robot_id = :robot_id AND revision <= :revision GROUP BY skill)"""
_HAS_IT = """SELECT account_id FROM deployment
WHERE robot_id = :robot_id AND from_day <= :day AND (to_day IS NULL OR to_day >= :day) LIMIT 1"""
_COMPARED = (*FACTS, "code")

Told = Mapping[str, str]


class _Rows(Protocol):
    def execute_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> int: ...
    def query(self, sql: str, values: Mapping[str, Any]) -> list[Any]: ...


def tell(rows: _Rows, reports: Iterable[Mapping[str, Any]]) -> None:
    """Add what is new in these reports, one after the other."""
    for report in reports:
        newest = rows.query(_NEWEST, report)
        stood = {row[0]: dict(zip(_COMPARED, row[2:], strict=True)) for row in newest}
        told = {clean(one.skill): _told(one) for one in report["skills"]}
        was = {row[0]: row[1] for row in newest}
        whose = _whose(rows, report, was, told.keys() | stood.keys())
        anew = {skill: one for skill, one in told.items() if skill in was and was[skill] != whose[skill]}
        if added := anew | changed(stood, told):
            of = {name: report[name] for name in ("robot_id", "received_at", "revision")}
            given = [{**of, "skill": skill, "account_id": whose[skill], **facts} for skill, facts in added.items()]
            rows.execute_many(_ADD, given)


def _whose(
    rows: _Rows, report: Mapping[str, Any], was: Mapping[str, int | None], skills: Iterable[str]
) -> dict[str, int | None]:
    """By skill, whose account's wish the robot speaks of: an old customer's skill goes on a day of the next one's.

    A report answers no wish that is newer than its revision. Of a skill that nobody wished: whose it was when it was
    first reported.
    """
    wished_by = {row[0]: row[1] for row in rows.query(_WISHED_BY, report)}
    here = next((row[0] for row in rows.query(_HAS_IT, report)), None)
    return {skill: wished_by.get(skill, was.get(skill, here)) for skill in skills}


def changed(stood: Mapping[str, Told], told: Mapping[str, Told]) -> dict[str, Told]:
    """What of `told` differs from what stood; a skill that is no longer told of has lost every fact."""
    found = {key: one for key, one in told.items() if not _same(stood.get(key, _NONE), one)}
    return found | {key: _NONE for key, one in stood.items() if key not in told and any(one.values())}


def _same(one: Told, other: Told) -> bool:
    return all(one[name] == other[name] for name in _COMPARED)


def _told(one: ReportedSkill) -> dict[str, str]:
    reason = clean(one.reason)
    facts = {name: clean(getattr(one, name) or "") for name in FACTS}
    word = reason.partition(":")[0]
    return facts | {"code": word if not word or _WORD.fullmatch(word) else OTHER, "reason": reason}


_NONE: Told = dict.fromkeys((*_COMPARED, "reason"), "")
