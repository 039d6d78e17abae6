"""What a robot should run, and what it says it runs. Each new wish is a new revision; the robot follows the newest."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, exists, insert, or_, select, update

from collector.calendar import days
from collector.fleet.scope import VisibleRobot
from collector.store.tables.fleet import deployment, desired, reported, robot
from protocol.messages import Desired, DesiredSkill

REVISION_PLAUSIBLE_MAX = 2**31  # a robot that claims to have seen more must not use up the numbers


@dataclass(frozen=True, slots=True)
class Document:
    """A desired or reported document as it travels (docs/wire-format.md), and when it was stored."""

    revision: int
    at: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SkillsOf:
    """Desired, downloaded, installed and active are four facts, not one: see `reported`."""

    robot: str
    desired: Document | None
    reported: Document | None


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else changed it meanwhile."""

    revision: int


def read(connection: Connection, seen: VisibleRobot) -> SkillsOf:
    """A customer sees a wish of the days on which it had the robot, and a report that answers no older wish."""
    wish = connection.execute(select(desired).where(desired.c.robot_id == seen.id)).one_or_none()
    fact = connection.execute(select(reported).where(reported.c.robot_id == seen.id)).one_or_none()
    if wish and not seen.sees_state(wish.at):
        wish = fact = None  # what it reports is the answer to a wish of somebody else's
    if fact and not (seen.sees_state(fact.received_at) and (seen.ranges is None or _is_own(fact, wish))):
        fact = None
    return SkillsOf(
        seen.name,
        Document(wish.revision, days.rfc3339(wish.at), orjson.loads(wish.document)) if wish else None,
        Document(fact.revision, days.rfc3339(fact.received_at), orjson.loads(fact.document)) if fact else None,
    )


def _is_own(fact: Row[Any], wish: Row[Any] | None) -> bool:
    return wish is not None and fact.revision >= wish.own_revision


def wish(
    connection: Connection,
    robot_id: int,
    skills: list[DesiredSkill],
    settings: dict[str, Any],
    now_s: int,
    *,
    after_revision: int | None = None,
) -> Desired | Stale:
    """Store the next revision. With `after_revision`, only when that is still the newest.

    `own_revision` is where the present account's revisions begin: a report of an older one is of other times.
    """
    locked = select(robot.c.timezone).where(robot.c.id == robot_id).with_for_update()
    zone = connection.execute(locked).scalar_one()
    before = connection.execute(select(desired).where(desired.c.robot_id == robot_id)).one_or_none()
    newest = before.revision if before else 0
    if after_revision is not None and after_revision != newest:
        return Stale(newest)
    document = Desired(revision=max(newest, _seen_by(connection, robot_id)) + 1, skills=skills, settings=settings)
    values = {"revision": document.revision, "document": document.model_dump_json(), "at": now_s}
    if before is None:
        connection.execute(insert(desired).values(robot_id=robot_id, own_revision=document.revision, **values))
        return document
    moved = _account_on(connection, robot_id, days.of(before.at, zone)) != _account_on(
        connection, robot_id, days.of(now_s, zone)
    )
    own = document.revision if moved else before.own_revision
    connection.execute(update(desired).where(desired.c.robot_id == robot_id).values(own_revision=own, **values))
    return document


def _seen_by(connection: Connection, robot_id: int) -> int:
    """The revision that the robot answered last. It ignores smaller ones, and a store that was replaced began anew."""
    query = select(reported.c.revision).where(reported.c.robot_id == robot_id)
    answered: int = connection.execute(query).scalar() or 0
    return answered if answered < REVISION_PLAUSIBLE_MAX else 0


@dataclass(frozen=True, slots=True)
class Reissued:
    """The document that a robot is told because another account has it now."""

    robot: str
    document: Desired


def follow_moves(connection: Connection, now_s: int) -> list[Reissued]:
    """A document wished while another account had the robot becomes empty, as the next revision.

    One wished while nobody had it was made for the account that came next: it is said again as that account's.
    """
    at_day, today = desired.c.at // days.DAY_S, now_s // days.DAY_S
    edge = or_(  # a day of slack: a robot's own day differs from that of UTC
        deployment.c.from_day.between(at_day - 1, today + 1), deployment.c.to_day.between(at_day - 1, today + 1)
    )
    moving = exists().where(deployment.c.robot_id == desired.c.robot_id, edge)
    query = select(desired, robot.c.name, robot.c.timezone).join(robot, robot.c.id == desired.c.robot_id).where(moving)
    told = []
    for row in connection.execute(query.order_by(desired.c.robot_id)).all():
        document = Desired.model_validate_json(row.document)
        wished_for = _account_on(connection, row.robot_id, days.of(row.at, row.timezone))
        here = _account_on(connection, row.robot_id, days.of(now_s, row.timezone))
        if wished_for == here or not (document.skills or document.settings):
            continue
        kept = document if wished_for is None else Desired(revision=0)
        made = wish(connection, row.robot_id, kept.skills, kept.settings, now_s)
        assert isinstance(made, Desired)
        told.append(Reissued(row.name, made))
    return told


def _account_on(connection: Connection, robot_id: int, day: int) -> int | None:
    """Who has the robot on a day."""
    return connection.execute(
        select(deployment.c.account_id).where(
            deployment.c.robot_id == robot_id,
            deployment.c.from_day <= day,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day),
        )
    ).scalar_one_or_none()
