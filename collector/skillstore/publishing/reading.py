"""The robots of an account, as a dry run needs them, from the store."""

import orjson
from sqlalchemy import Connection, and_, func, or_, select

from collector.fleet.own_day import own_day
from collector.skillstore.publishing.plan import RobotLook
from collector.store.tables.fleet import deployment, desired, presence, robot
from collector.store.tables.skills import skill_fact


def robots_of_account(connection: Connection, account_id: int, now_s: float, skill: str) -> list[RobotLook]:
    """By name, those that are with it on their own day of today. What the account before wished is none of its."""
    today = own_day(connection, now_s)
    here = and_(
        deployment.c.robot_id == robot.c.id,
        deployment.c.account_id == account_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    newest = select(func.max(skill_fact.c.id)).where(skill_fact.c.skill == skill).group_by(skill_fact.c.robot_id)
    told = select(skill_fact.c.robot_id, skill_fact.c.code).where(
        skill_fact.c.id.in_(newest), skill_fact.c.account_id == account_id
    )
    codes = {row.robot_id: row.code for row in connection.execute(told)}
    query = (
        select(
            robot.c.id, robot.c.name, robot.c.model, presence.c.state, desired.c.revision, desired.c.document,
            desired.c.account_id, today.label("today"), robot.c.timezone,
        )
        .join(deployment, here)
        .outerjoin(presence, presence.c.robot_id == robot.c.id)
        .outerjoin(desired, desired.c.robot_id == robot.c.id)
        .order_by(robot.c.name)
    )  # fmt: skip
    found = []
    for row in connection.execute(query):
        is_own = row.account_id == account_id
        wished = _wished(row.document) if is_own else {}
        online, revision = row.state == "online", row.revision or 0
        found.append(
            RobotLook(
                row.id, row.name, row.model, row.today, online, revision, is_own, wished, codes.get(row.id, ""),
                row.timezone, row.document if is_own else None,
            )
        )  # fmt: skip
    return found


def _wished(document: str | None) -> dict[str, str]:
    return {} if document is None else {one["skill"]: one["digest"] for one in orjson.loads(document)["skills"]}
