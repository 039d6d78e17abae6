"""Robots on which a skill is not as wished, across what a caller may see."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Subquery, Table, and_, func, or_, select

from collector.fleet.own_day import own_day
from collector.fleet.scope import Scope, seen_of
from collector.fleet.skills.standing import TrackedSkill
from collector.fleet.skills.tracking import of_robots
from collector.store.tables.fleet import account, deployment, robot
from collector.store.tables.skills import skill_fact, skill_wish


@dataclass(frozen=True, slots=True)
class WaitingSkill:
    """`account` and `account_name`: who has the robot today; "": nobody."""

    robot: str
    account: str
    account_name: str
    skill: TrackedSkill


@dataclass(frozen=True, slots=True)
class NotAsWished:
    """`wished`: skills that are wished on robots, `fulfilled`: of those that are active as wished. `robots`: others."""

    wished: int
    fulfilled: int
    robots: int
    shown: list[WaitingSkill]


def waiting(connection: Connection, scope: Scope, now_s: float, limit: int, skill: str) -> NotAsWished:
    """The first `limit` robots by name, with every skill of theirs that is not as wished. `skill` "": any."""
    today = own_day(connection, now_s)
    wish, fact = _newest(skill_wish), _newest(skill_fact)
    both = wish.join(robot, robot.c.id == wish.c.robot_id).join(
        fact, and_(fact.c.robot_id == wish.c.robot_id, fact.c.skill == wish.c.skill), isouter=True
    )
    there = func.coalesce(fact.c.active, "")
    own = scope.has(wish.c.robot_id, today)
    mine = [] if own is None else [own, wish.c.account_id.in_(scope.accounts or ())]  # not what the one before wished
    if skill:
        mine.append(wish.c.skill == skill)
    asked = select(func.count()).select_from(both).where(wish.c.digest != "", *mine)
    wished = connection.execute(asked).scalar_one()
    fulfilled = connection.execute(asked.where(wish.c.digest == there)).scalar_one()
    others = select(robot.c.id, robot.c.name).select_from(both).where(wish.c.digest != there, *mine).distinct()
    robots = connection.execute(select(func.count()).select_from(others.subquery())).scalar_one()
    ids = [row.id for row in connection.execute(others.order_by(robot.c.name).limit(limit))]
    whose = _whose(connection, ids, today)
    seen = seen_of(connection, ids, scope)
    names = {one.name: robot_id for robot_id, one in seen.items()}
    shown = [
        WaitingSkill(one.robot, *whose.get(names[one.robot], ("", "")), each)
        for one in of_robots(connection, seen)
        for each in one.skills
        if each.code and skill in {"", each.skill}
    ]
    return NotAsWished(wished, fulfilled, robots, shown)


def _newest(table: Table) -> Subquery:
    last = select(func.max(table.c.id)).group_by(table.c.robot_id, table.c.skill)
    return select(table).where(table.c.id.in_(last)).subquery(f"newest_{table.name}")


def _whose(connection: Connection, ids: list[int], today: ColumnElement[int]) -> dict[int, tuple[str, str]]:
    query = (
        select(deployment.c.robot_id, account.c.external_id, account.c.name)
        .join(account, account.c.id == deployment.c.account_id)
        .join(robot, robot.c.id == deployment.c.robot_id)
        .where(
            deployment.c.robot_id.in_(ids),
            deployment.c.from_day <= today,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
        )
    )
    return {robot_id: (key, name) for robot_id, key, name in connection.execute(query)}
