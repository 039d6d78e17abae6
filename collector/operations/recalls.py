"""A version is taken from every robot, and what proves of each robot that it is gone.

The signed list of recalls (docs/skill-repository.md) is what robots obey by themselves. This act wishes of every robot
that still is to run the package what it had before, and shows robot by robot what its own report proves.
"""

from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection, func, insert, select, union

from collector.access.caller import SEES_FLEET, WISHERS
from collector.context import Context
from collector.fleet.scope import seen_of
from collector.fleet.skills.standing import NOT_HEARD, turn_of
from collector.fleet.skills.tracking import RobotSkills, of_robots
from collector.operations.desired import WishFor, publish, wish_within
from collector.operations.operation import operation
from collector.operations.recalled import recalled_digests
from collector.operations.rollout_round import ROLLOUTS_MOST, without
from collector.operations.skill_repository import sealing_of
from collector.skillstore.recalled import recalled_by_people
from collector.skillstore.rollouts import advancing, keeping
from collector.skillstore.rollouts.advancing import ToOffer
from collector.skillstore.rollouts.progress import OPEN, RolloutState
from collector.skillstore.sealing import Sealing
from collector.store.tables.fleet import robot
from collector.store.tables.rollouts import recalled_package
from collector.store.tables.skills import skill_fact, skill_wish
from collector.values.paging import Page, page_of, read_cursor
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from protocol.messages import Desired, DesiredSkill


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallPackage:
    """`digest`: the package's hash."""

    skill: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallOf:
    digest: str
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RecallBegun:
    """`told`: robots that were wished something else; `had`: robots that ever were to run it, or ran it."""

    told: int
    had: int


@dataclass(frozen=True, slots=True)
class RecallOnRobot:
    """`is_gone`: its newest report names the package nowhere, answers the newest wish, and is proved by its own hash.

    `reason` and `turn`: what stands in the way, and whose turn it is; both "" when it is gone.
    """

    robot: str
    is_gone: bool
    active: bool
    heard_at: str | None
    proof: str
    reason: str
    turn: str


@operation(roles=WISHERS, writes=True, long=True)
def recall_package(context: Context, wanted: RecallPackage) -> RecallBegun:
    """Every robot that is to run the package is wished what it had before, or nothing. Refused where none ever was.

    Rollouts of it are halted in the same moment, and none is started of it any more.
    """
    sealing, recalled = sealing_of(context), recalled_digests(context) | {wanted.digest}
    had = context.write(lambda connection: _note(context, connection, wanted))
    told = 0
    while some := _recall_all(context, sealing, recalled, wanted):
        told += some  # again, until a pass finds nobody: somebody may have wished it of a robot meanwhile
    return RecallBegun(told, had)


@operation(roles=SEES_FLEET)
def recall_stands(context: Context, wanted: RecallOf) -> Page[RecallOnRobot]:
    """Of every robot that ever was to run the package, or ran it, by name: whether it is gone, and what proves it."""

    def read(connection: Connection) -> Page[RecallOnRobot]:
        ever = union(
            select(skill_wish.c.robot_id).where(skill_wish.c.digest == wanted.digest),
            select(skill_fact.c.robot_id).where(skill_fact.c.active == wanted.digest),
        ).subquery()
        query = select(robot.c.id, robot.c.name).where(robot.c.id.in_(select(ever.c.robot_id)))
        if after := read_cursor(wanted.cursor, str):
            query = query.where(robot.c.name > after[0])
        rows = connection.execute(query.order_by(robot.c.name).limit(wanted.limit + 1)).all()
        found, after_this = page_of(rows, wanted.limit, lambda row: (row.name,))
        seen = seen_of(connection, [row.id for row in found], context.caller.scope)
        return Page([_on_robot(one, wanted.digest) for one in of_robots(connection, seen)], after_this)

    return context.read(read)


def _note(context: Context, connection: Connection, wanted: RecallPackage) -> int:
    """It is known as recalled from here on; how many robots ever were to run it. Raises Refusal."""
    now_s = context.now_s()
    of_it = [one for one in keeping.listed(connection, OPEN, ROLLOUTS_MOST) if one.digest == wanted.digest]
    had = len(_had(connection, wanted.digest))
    if not had and not of_it:
        raise Refusal(
            Sentence("no robot was ever to run a package of {skill} with that digest", skill=wanted.skill),
            Remedy("list them", "skills show", "GET /api/v1/skills/repository"), "not_found",
        )  # fmt: skip
    if wanted.digest not in recalled_by_people(connection):
        by = {"skill": wanted.skill, "who": context.caller.name, "at": now_s}
        connection.execute(insert(recalled_package).values(digest=wanted.digest, **by))
    for one in of_it:
        keeping.become(connection, one.id, now_s, RolloutState.HALTED, reason="recalled", why="")
    return had


def _had(connection: Connection, digest: str) -> list[int]:
    return list(
        connection.execute(select(skill_wish.c.robot_id).where(skill_wish.c.digest == digest).distinct()).scalars()
    )


def _recall_all(
    context: Context, sealing: Sealing | None, recalled: frozenset[str], wanted: RecallPackage
) -> int:  # fmt: skip
    """One pass over the robots that are to run it; how many were told."""
    told, after = 0, 0
    while after >= 0:
        some, after = context.write(partial(_recall_some, context, sealing, recalled, wanted, after))
        publish(context, some)
        told += len(some)
    return told


def _recall_some(
    context: Context, sealing: Sealing | None, recalled: frozenset[str], wanted: RecallPackage, after: int,
    connection: Connection,
) -> tuple[list[tuple[str, Desired]], int]:  # fmt: skip
    """(what was wished of the next robots, the last one that was looked at; -1: there are no more)."""
    last = select(func.max(skill_wish.c.id)).where(skill_wish.c.skill == wanted.skill).group_by(skill_wish.c.robot_id)
    query = select(skill_wish.c.robot_id).where(
        skill_wish.c.id.in_(last), skill_wish.c.digest == wanted.digest, skill_wish.c.robot_id > after
    )
    ids = list(connection.execute(query.order_by(skill_wish.c.robot_id).limit(advancing.ROBOTS_AT_ONCE)).scalars())
    told = []
    for one in advancing.documents_of(connection, wanted.skill, ids, unlike=wanted.digest):
        wish = WishFor(
            robot=one.name, skills=_instead(one, recalled, wanted.digest), settings=dict(one.document.settings),
            after_revision=one.document.revision,
        )  # fmt: skip
        made = wish_within(context, connection, sealing, wish)
        if isinstance(made, Refused) and made.kind == "too_large":  # what it had before: the package goes anyway
            bare = replace(wish, skills=without(list(one.document.skills), wanted.digest, None, recalled))
            made = wish_within(context, connection, sealing, bare)
        if isinstance(made, Desired):
            told.append((one.name, made))
    return told, ids[-1] if ids else -1


def _instead(one: ToOffer, recalled: frozenset[str], digest: str) -> list[DesiredSkill]:
    before = one.before if one.before.digest else None
    return without(list(one.document.skills), digest, before, recalled)


def _on_robot(one: RobotSkills, digest: str) -> RecallOnRobot:
    places = [fact for skill in one.skills for fact in skill.facts if fact.package == digest]
    answers = one.revision is None or (one.answered is not None and one.answered >= one.revision)
    gone = not places and answers and bool(one.is_proven)
    reason = ""
    if not gone:
        code = next((skill.code for skill in one.skills if any(f.package == digest for f in skill.facts)), "")
        reason = code or (NOT_HEARD if not answers else "not_proven")
    return RecallOnRobot(
        one.robot, gone, any(fact.step == "active" for fact in places), one.heard_at, one.said, reason,
        turn_of(reason) if reason else "",
    )  # fmt: skip
