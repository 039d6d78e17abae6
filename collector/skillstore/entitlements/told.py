"""Licences that robots were told: read out of the signed documents that are retained for them."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, or_, select

from collector.fleet.own_day import own_day
from collector.skillstore.entitlements.licence import GRACE_S, SkillLicence
from collector.store.tables.fleet import deployment, desired, presence, reported, robot
from collector.store.tables.skills import skill_fact
from collector.values.paging import page_of, read_cursor

OVER = frozenset({"licence_over", "licence_unheard"})
"""What a robot says of a skill that its licence ended."""


@dataclass(frozen=True, slots=True)
class LicenceTold:
    """Of one skill on one robot; moments are seconds since 1970.

    `licence` None: the robot goes by none. `told_at`: when it was signed; `has_answered`: the robot followed it.
    `heard_at`: when the robot was heard last, None: never. `code`: licence_over or licence_unheard, as the robot says.
    """

    robot: str
    skill: str
    version: str
    licence: SkillLicence | None
    told_at: int
    has_answered: bool
    is_online: bool
    heard_at: int | None
    code: str

    @property
    def runs_until(self) -> int | None:
        """Until when it runs at the latest if it is heard no more; None: no such moment is known."""
        if self.licence is None:
            return None
        alone = self.told_at if self.heard_at is None else max(self.told_at, self.heard_at)
        ends = alone + GRACE_S
        return ends if self.licence.until_s is None else min(ends, self.licence.until_s)


def licences_told(
    connection: Connection, account_id: int, now_s: float, *, limit: int, cursor: str | None
) -> tuple[list[LicenceTold], str | None]:
    """Of the robots that are with the account today, by name: of each all its skills. Raises BadCursor."""
    today = own_day(connection, now_s)
    here = and_(
        deployment.c.robot_id == robot.c.id,
        deployment.c.account_id == account_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    query = (
        select(
            robot.c.id, robot.c.name, desired.c.document, desired.c.at, desired.c.revision, presence.c.state,
            presence.c.received_at, reported.c.revision.label("answered"), reported.c.received_at.label("reported_at"),
        )
        .join(deployment, here)
        .join(desired, and_(desired.c.robot_id == robot.c.id, desired.c.account_id == account_id))
        .outerjoin(presence, presence.c.robot_id == robot.c.id)
        .outerjoin(reported, reported.c.robot_id == robot.c.id)
        .order_by(robot.c.name)
        .limit(limit + 1)
    )  # fmt: skip
    if after := read_cursor(cursor, str):
        query = query.where(robot.c.name > after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.name,))
    codes = _codes(connection, [row.id for row in rows])
    found = []
    for row in rows:
        document = orjson.loads(row.document)
        licences = licences_in(document.get("sealed"))
        heard = max((at for at in (row.received_at, row.reported_at) if at is not None), default=None)
        for one in document["skills"]:
            code = codes.get((row.id, one["skill"]), "")
            found.append(
                LicenceTold(
                    row.name, one["skill"], one["version"], licences.get(one["skill"]), row.at,
                    (row.answered or 0) >= row.revision, row.state == "online", heard, code if code in OVER else "",
                )
            )  # fmt: skip
    return found, following


def _codes(connection: Connection, robots: list[int]) -> dict[tuple[int, str], str]:
    newest = (
        select(func.max(skill_fact.c.id))
        .where(skill_fact.c.robot_id.in_(robots))
        .group_by(skill_fact.c.robot_id, skill_fact.c.skill)
    )
    told = select(skill_fact.c.robot_id, skill_fact.c.skill, skill_fact.c.code).where(skill_fact.c.id.in_(newest))
    return {(row.robot_id, row.skill): row.code for row in connection.execute(told)}


def licences_in(envelope: Mapping[str, Any] | None) -> dict[str, SkillLicence | None]:
    """By skill, of what this collector signed itself (None: it goes by no licence); none without an envelope."""
    if not envelope:
        return {}
    try:
        payload = orjson.loads(base64.b64decode(envelope["payload"]))
    except (binascii.Error, orjson.JSONDecodeError, KeyError):  # of a store that somebody wrote by hand
        return {}
    return {
        one["skill"]: SkillLicence(one["licence"]["until_s"]) if one.get("licence") else None
        for one in payload["skills"]
    }
