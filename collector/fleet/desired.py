"""What a robot should run, and what it says it runs. Each new wish is a new revision; the robot follows the newest."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, exists, insert, not_, or_, select, update

from collector.calendar import days
from collector.errors import DocumentTooLarge
from collector.fleet import licence_alarm
from collector.fleet.scope import VisibleRobot
from collector.fleet.skills import wishes
from collector.store.lists import among
from collector.store.tables.fleet import account, deployment, desired, reported, robot
from protocol import limits
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


Sealed = Callable[[Desired, str], dict[str, Any] | None]
"""The envelope of a document for its robot, of the account of that word; None where nothing is signed."""


def unsealed(_: Desired, __: str) -> None:
    """Where there is no repository of packages."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else changed it meanwhile, or the robot is not that account's by now."""

    revision: int


def read(connection: Connection, seen: VisibleRobot) -> SkillsOf:
    """A customer sees a wish that was made while it had the robot, and a report of then that answers no older wish."""
    return read_all(connection, [seen])[seen.id]


def read_all(connection: Connection, robots: Sequence[VisibleRobot]) -> dict[int, SkillsOf]:
    """The same of several robots, by robot id, with as many statements as for one."""
    ids = [one.id for one in robots]
    wishes = connection.execute(select(desired).where(among(connection, desired.c.robot_id, ids)))
    wished = {row.robot_id: row for row in wishes}
    facts = connection.execute(select(reported).where(among(connection, reported.c.robot_id, ids)))
    told = {row.robot_id: row for row in facts}
    return {one.id: _seen(one, wished.get(one.id), told.get(one.id)) for one in robots}


def _seen(seen: VisibleRobot, wish: Row[Any] | None, fact: Row[Any] | None) -> SkillsOf:
    if wish and not seen.sees_wish(wish.account_id, wish.at):
        wish = fact = None  # what it reports is the answer to a wish of somebody else's
    if fact and not (
        seen.sees_wish(fact.account_id, fact.received_at) and (seen.ranges is None or _is_own(fact, wish))
    ):
        fact = None
    return SkillsOf(
        seen.name,
        Document(wish.revision, days.rfc3339(wish.at), _shown(wish.document)) if wish else None,
        Document(fact.revision, days.rfc3339(fact.received_at), orjson.loads(fact.document)) if fact else None,
    )


def _shown(stored: str) -> dict[str, Any]:
    """Without the envelope, which says the same again for the robot."""
    document: dict[str, Any] = orjson.loads(stored)
    document.pop("sealed", None)
    return document


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
    account_id: int | None = None,
    sealed: Sealed,
) -> Desired | Stale:
    """Store the next revision. `after_revision`: only when that is still the newest; `account_id`: only as that one's.

    Raises DocumentTooLarge, having stored nothing, where it has more bytes, signed, than a robot takes: whoever wishes
    says that, and acts that wish of many robots go on after it.

    It is of the account whose claim stands now: that is kept with it, for claims are ended and corrected afterwards.
    `own_revision` is where that account's revisions begin: a report of an older one is of other times.
    """
    locked = select(robot.c.timezone).where(robot.c.id == robot_id).with_for_update()
    zone = connection.execute(locked).scalar_one()
    before = connection.execute(select(desired).where(desired.c.robot_id == robot_id)).one_or_none()
    newest = before.revision if before else 0
    if after_revision is not None and after_revision != newest:
        return Stale(newest)
    here = _account_on(connection, robot_id, days.of(now_s, zone))
    if account_id is not None and account_id != here:
        return Stale(newest)
    document = Desired(revision=max(newest, _seen_by(connection, robot_id)) + 1, skills=skills, settings=settings)
    document = document.model_copy(update={"sealed": sealed(document, _word_of(connection, here))})
    stored = document.model_dump_json()
    if (size := len(stored.encode())) > limits.DESIRED_MAX_BYTES:
        raise DocumentTooLarge(size)
    values = {
        "revision": document.revision, "document": stored, "at": now_s, "account_id": here,
    }  # fmt: skip
    stood = wishes.Stood(Desired.model_validate_json(before.document), before.account_id) if before else None
    wishes.note(connection, robot_id, stood, document, now_s, here)
    licence_alarm.over(connection, robot_id, now_s)
    if before is None:
        connection.execute(insert(desired).values(robot_id=robot_id, own_revision=document.revision, **values))
        return document
    own = before.own_revision if before.account_id == here else document.revision
    connection.execute(update(desired).where(desired.c.robot_id == robot_id).values(own_revision=own, **values))
    return document


def _seen_by(connection: Connection, robot_id: int) -> int:
    """The revision that the robot answered last. It ignores smaller ones, and a store that was replaced began anew."""
    query = select(reported.c.revision).where(reported.c.robot_id == robot_id)
    answered: int = connection.execute(query).scalar() or 0
    return answered if answered < REVISION_PLAUSIBLE_MAX else 0


@dataclass(frozen=True, slots=True)
class Reissued:
    """The document that a robot is told because another account has it now.

    `is_whole` False: it did not fit and is empty; `document` None: not even the account's licences fit.
    """

    robot_id: int
    robot: str
    document: Desired | None
    is_whole: bool


def follow_moves(connection: Connection, now_s: int, sealed_for: Callable[[str], Sealed]) -> list[Reissued]:
    """A document wished while another account had the robot becomes empty, as the next revision.

    One wished while nobody had it was made for the account that came next: it is said again as that account's.
    Whose it was stands with it; whose the robot is today is asked of the claims as they stand now. What is too large
    with the new account's licences becomes empty, too: no robot goes on with a document of before it moved.
    """
    today = now_s // days.DAY_S
    claim = deployment.c.robot_id == desired.c.robot_id
    # a day of slack: a robot's own day differs from that of UTC
    begun, lasts = deployment.c.from_day <= today - 1, _until(today + 1)
    stays = exists().where(claim, deployment.c.account_id == desired.c.account_id, begun, lasts)
    near = exists().where(claim, deployment.c.from_day <= today + 1, _until(today - 1))
    may_have_moved = not_(stays) & (desired.c.account_id.is_not(None) | near)
    query = select(desired, robot.c.name, robot.c.timezone).join(robot, robot.c.id == desired.c.robot_id)
    told = []
    for row in connection.execute(query.where(may_have_moved).order_by(desired.c.robot_id)).all():
        if row.account_id == _account_on(connection, row.robot_id, days.of(now_s, row.timezone)):
            continue
        document = Desired.model_validate_json(row.document)
        kept = document if row.account_id is None else Desired(revision=0)
        sealed = sealed_for(row.name)
        made = _fitting(connection, row.robot_id, kept, now_s, sealed)
        is_whole = made is not None
        if made is None:
            made = _fitting(connection, row.robot_id, Desired(revision=0), now_s, sealed)
        told.append(Reissued(row.robot_id, row.name, made, is_whole))
    return told


def _fitting(connection: Connection, robot_id: int, wanted: Desired, now_s: int, sealed: Sealed) -> Desired | None:
    """The next revision of a robot; None: signed, it is too large, and nothing was stored."""
    try:
        made = wish(connection, robot_id, wanted.skills, wanted.settings, now_s, sealed=sealed)
    except DocumentTooLarge:
        return None
    assert isinstance(made, Desired)
    return made


def _until(day: int) -> ColumnElement[bool]:
    """SQL: a claim that is not over before that day."""
    return or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day)


def _word_of(connection: Connection, account_id: int | None) -> str:
    """What the robot knows its customer by: it tells two apart and names none. Nobody's robot: empty."""
    external = connection.execute(select(account.c.external_id).where(account.c.id == account_id)).scalar()
    return "" if external is None else hashlib.sha256(external.encode()).hexdigest()[:16]


def account_now(connection: Connection, robot_name: str, now_s: int) -> tuple[int | None, str, int]:
    """Who has a robot now, its zone, and its day of today. Raises NoResultFound for a name that is none."""
    row = connection.execute(select(robot.c.id, robot.c.timezone).where(robot.c.name == robot_name)).one()
    today = days.of(now_s, row.timezone)
    return _account_on(connection, row.id, today), row.timezone, today


def _account_on(connection: Connection, robot_id: int, day: int) -> int | None:
    """Who has the robot on a day."""
    return connection.execute(
        select(deployment.c.account_id).where(
            deployment.c.robot_id == robot_id,
            deployment.c.from_day <= day,
            _until(day),
        )
    ).scalar_one_or_none()
