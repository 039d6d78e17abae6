"""What a robot should run, and what it says it runs. Each new wish is a new revision; the robot follows the newest."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from collector.calendar import days
from collector.store.tables.fleet import desired, reported, robot
from protocol.messages import Desired, DesiredSkill


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


def read(connection: Connection, robot_id: int, name: str) -> SkillsOf:
    wish = connection.execute(select(desired).where(desired.c.robot_id == robot_id)).one_or_none()
    fact = connection.execute(select(reported).where(reported.c.robot_id == robot_id)).one_or_none()
    return SkillsOf(
        name,
        Document(wish.revision, days.rfc3339(wish.at), orjson.loads(wish.document)) if wish else None,
        Document(fact.revision, days.rfc3339(fact.received_at), orjson.loads(fact.document)) if fact else None,
    )


def wish(
    connection: Connection,
    robot_id: int,
    skills: list[DesiredSkill],
    settings: dict[str, Any],
    now_s: int,
    *,
    after_revision: int | None = None,
) -> Desired | Stale:
    """Store the next revision. With `after_revision`, only when that is still the newest."""
    connection.execute(select(robot.c.id).where(robot.c.id == robot_id).with_for_update())
    newest = connection.execute(select(desired.c.revision).where(desired.c.robot_id == robot_id)).scalar_one_or_none()
    if after_revision is not None and after_revision != (newest or 0):
        return Stale(newest or 0)
    document = Desired(revision=(newest or 0) + 1, skills=skills, settings=settings)
    values = {"revision": document.revision, "document": document.model_dump_json(), "at": now_s}
    if newest is None:
        connection.execute(insert(desired).values(robot_id=robot_id, **values))
    else:
        connection.execute(update(desired).where(desired.c.robot_id == robot_id).values(**values))
    return document
