"""Reads of skills' histories: how each skill stands on some robots, and what was told of it when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, func, literal, null, or_, select, union_all

from collector.calendar import days
from collector.fleet.desired import SkillsOf
from collector.fleet.desired import read_all as read_desired
from collector.fleet.own_day import own_day
from collector.fleet.scope import Scope, VisibleRobot, seen_of
from collector.fleet.skills.standing import EventRow, FactRow, Histories, TrackedSkill, WishRow, tracked
from collector.store.lists import among
from collector.store.tables.fleet import deployment, presence, reported, robot
from collector.store.tables.skills import skill_event, skill_fact, skill_wish
from collector.values.paging import Page, page_of, read_cursor
from protocol.skill_proof import FACTS, fulfilled, proof

ROWS_OF_A_SKILL = 200  # of each history, the newest; "since" is at least as old as the oldest of them

KINDS = ("wish", "report", "state")
_WISH, _REPORT, _STATE = range(3)


@dataclass(frozen=True, slots=True)
class RobotSkills:
    """`said`: the hash that the robot made of its facts, `stored`: the one of the facts that are stored here.

    `is_proven`: the two are equal, so nothing was lost on the way; None: the robot made none. `is_fulfilled`: and they
    are that of the wish, so every wished package is active and nothing else.
    """

    robot: str
    revision: int | None
    answered: int | None
    heard_at: str | None
    said: str
    stored: str
    wished: str
    is_proven: bool | None
    is_fulfilled: bool
    skills: list[TrackedSkill]


@dataclass(frozen=True, slots=True)
class SkillMoment:
    """One row of a skill's history. `kind`: wish, report or state. `package` of a report: what was active then."""

    at: str
    kind: str
    skill: str
    version: str
    package: str
    state: str
    reason: str


def of_robots(connection: Connection, seen: Mapping[int, VisibleRobot]) -> list[RobotSkills]:
    """How skills stand on these robots, by name; of each what the caller may see."""
    ids = sorted(seen)
    wishes, facts, events = (_rows(connection, table, seen) for table in (skill_wish, skill_fact, skill_event))
    online = select(presence.c.robot_id, presence.c.state).where(among(connection, presence.c.robot_id, ids))
    is_online = {row.robot_id: row.state == "online" for row in connection.execute(online)}
    asked = select(reported.c.robot_id, reported.c.proof).where(among(connection, reported.c.robot_id, ids))
    proofs = {row.robot_id: row.proof for row in connection.execute(asked)}
    documents = read_desired(connection, list(seen.values()))
    found = []
    for robot_id in sorted(seen, key=lambda one: seen[one].name):
        of = _histories(wishes.get(robot_id, ()), facts.get(robot_id, ()), events.get(robot_id, ()))
        said, online = proofs.get(robot_id, ""), is_online.get(robot_id, False)
        found.append(_robot(seen[robot_id].name, documents[robot_id], of, said, is_online=online))
    return found


def page_of_account(
    connection: Connection, scope: Scope, account_id: int, now_s: float, *, limit: int, cursor: str | None
) -> Page[RobotSkills]:
    """The same of the robots that are with an account on their own day of today, by name."""
    today = own_day(connection, now_s)
    here = (
        deployment.c.account_id == account_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    query = select(robot.c.id, robot.c.name).join(deployment, deployment.c.robot_id == robot.c.id).where(*here)
    if after := read_cursor(cursor, str):
        query = query.where(robot.c.name > after[0])
    rows = connection.execute(query.order_by(robot.c.name).limit(limit + 1)).all()
    found, after_this = page_of(rows, limit, lambda row: (row.name,))
    return Page(of_robots(connection, seen_of(connection, [row.id for row in found], scope)), after_this)


def history(
    connection: Connection, seen: VisibleRobot, skill: str, *, limit: int, cursor: str | None
) -> Page[SkillMoment]:
    """What was wished, reported and told of one robot's skills, the newest first. `skill` "": of all."""
    state, text = literal(""), literal("")
    wish = select(
        skill_wish.c.at, literal(_WISH).label("kind"), skill_wish.c.id, skill_wish.c.skill, skill_wish.c.version,
        skill_wish.c.digest.label("package"), state.label("state"), text.label("reason"), skill_wish.c.account_id,
    ).where(skill_wish.c.robot_id == seen.id)  # fmt: skip
    report = select(
        skill_fact.c.at, literal(_REPORT), skill_fact.c.id, skill_fact.c.skill, literal(""), skill_fact.c.active,
        skill_fact.c.code, skill_fact.c.reason, skill_fact.c.account_id,
    ).where(skill_fact.c.robot_id == seen.id)  # fmt: skip
    event = select(
        skill_event.c.at, literal(_STATE), skill_event.c.id, skill_event.c.skill, skill_event.c.version,
        skill_event.c.digest, skill_event.c.state, skill_event.c.reason, null(),
    ).where(skill_event.c.robot_id == seen.id)  # fmt: skip
    rows = union_all(wish, report, event).subquery()
    query = select(rows)
    if skill:
        query = query.where(rows.c.skill == skill)
    within = seen.within(rows.c.at)
    if within is not None:
        query = query.where(within, (rows.c.kind == _STATE) | rows.c.account_id.in_([one for one, _, _ in seen.stays]))
    if after := read_cursor(cursor, int, int, int):
        at, kind, row_id = after
        later = (rows.c.at < at) | ((rows.c.at == at) & (rows.c.kind < kind))
        query = query.where(later | ((rows.c.at == at) & (rows.c.kind == kind) & (rows.c.id < row_id)))
    ordered = query.order_by(rows.c.at.desc(), rows.c.kind.desc(), rows.c.id.desc()).limit(limit + 1)
    found, after_this = page_of(connection.execute(ordered).all(), limit, lambda row: (row.at, row.kind, row.id))
    return Page([_moment(row) for row in found], after_this)


def _robot(name: str, document: SkillsOf, of: Mapping[str, Histories], said: str, *, is_online: bool) -> RobotSkills:
    answered = document.reported.revision if document.reported else -1
    skills = [
        one for skill in sorted(of)
        if (one := tracked(skill, of[skill], answered=answered, is_online=is_online)) is not None
    ]  # fmt: skip
    newest = {skill: one.facts[-1] for skill, one in of.items() if one.facts}
    stored = proof({"skill": skill, **{fact: getattr(row, fact) for fact in FACTS}} for skill, row in newest.items())
    wished = fulfilled({one.skill: one.wished_package for one in skills if one.wished_package})
    return RobotSkills(
        robot=name,
        revision=document.desired.revision if document.desired else None,
        answered=document.reported.revision if document.reported else None,
        heard_at=document.reported.at if document.reported else None,
        said=said if document.reported else "",
        stored=stored,
        wished=wished,
        is_proven=said == stored if said and document.reported else None,
        is_fulfilled=document.desired is not None and stored == wished,
        skills=skills,
    )


def _rows(connection: Connection, table: Table, seen: Mapping[int, VisibleRobot]) -> dict[int, list[Row[Any]]]:
    """By robot, oldest first, what each caller may see of it."""
    newest = func.row_number().over(partition_by=(table.c.robot_id, table.c.skill), order_by=table.c.id.desc())
    some = select(table, newest.label("place")).where(among(connection, table.c.robot_id, sorted(seen))).subquery()
    query = select(some).where(some.c.place <= ROWS_OF_A_SKILL).order_by(some.c.id)
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query):
        one = seen[row.robot_id]
        mine = one.sees_state(row.at) if table is skill_event else one.sees_wish(row.account_id, row.at)
        if mine:
            found.setdefault(row.robot_id, []).append(row)
    return found


def _histories(
    wishes: Sequence[Row[Any]], facts: Sequence[Row[Any]], events: Sequence[Row[Any]]
) -> dict[str, Histories]:
    names = {row.skill for row in (*wishes, *facts, *events)}
    return {
        name: Histories(
            [WishRow(r.at, r.revision, r.version, r.digest) for r in wishes if r.skill == name],
            [_fact(r) for r in facts if r.skill == name],
            sorted(
                (EventRow(r.at, r.version, r.digest, r.state, r.reason) for r in events if r.skill == name),
                key=lambda one: one.at,
            ),
        )
        for name in names
    }


def _fact(r: Row[Any]) -> FactRow:
    return FactRow(r.at, r.revision, r.desired, r.downloaded, r.verified, r.installed, r.active, r.code, r.reason)


def _moment(row: Row[Any]) -> SkillMoment:
    kind = KINDS[row.kind]
    state = row.state if kind == "state" else ("gone" if kind == "wish" and not row.package else row.state)
    return SkillMoment(days.rfc3339(row.at), kind, row.skill, row.version, row.package, state, row.reason)
