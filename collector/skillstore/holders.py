"""Who has a skill: accounts with the robots on which it is wished today, by version, and on how many it runs."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from collector.fleet.scope import Scope
from collector.store.lists import among
from collector.store.tables.fleet import account, deployment
from collector.store.tables.skill_store import skill_entitlement
from collector.store.tables.skills import skill_fact, skill_wish


@dataclass(frozen=True, slots=True)
class VersionHeld:
    """`wished` on so many robots, of which on `active` its package runs."""

    version: str
    wished: int
    active: int


@dataclass(frozen=True, slots=True)
class SkillHolder:
    """An account that has the skill on robots. `is_entitled`: it may have it today."""

    account: str
    name: str
    robots: int
    active: int
    is_entitled: bool
    versions: list[VersionHeld]


@dataclass(frozen=True, slots=True)
class SkillHolders:
    """How many there are in all, and those with the most robots first."""

    accounts: int
    robots: int
    active: int
    shown: list[SkillHolder]


def holders(connection: Connection, scope: Scope, skill: str, today: int, limit: int) -> SkillHolders:
    """Robots that no account has today are not counted: nobody holds the skill there."""
    rows = _rows(skill, today)
    if scope.accounts is not None:
        rows = rows.where(among(connection, deployment.c.account_id, sorted(scope.accounts)))
    each = rows.subquery("wished")
    robots, active = func.count().label("robots"), func.sum(each.c.runs).label("active")
    whole = connection.execute(select(func.count(each.c.account_id.distinct()), robots, active)).one()
    most = (
        select(each.c.account_id, account.c.external_id, account.c.name, robots, active)
        .join(account, account.c.id == each.c.account_id)
        .group_by(each.c.account_id, account.c.external_id, account.c.name)
        .order_by(func.count().desc(), account.c.external_id)
        .limit(limit)
    )
    first = connection.execute(most).all()
    ids = [row.account_id for row in first]
    chosen = among(connection, each.c.account_id, ids)
    split = select(each.c.account_id, each.c.version, func.count(), func.sum(each.c.runs)).where(chosen)
    versions: dict[int, list[VersionHeld]] = defaultdict(list)
    for account_id, version, n, runs in connection.execute(
        split.group_by(each.c.account_id, each.c.version).order_by(func.count().desc(), each.c.version)
    ):
        versions[account_id].append(VersionHeld(version, n, int(runs or 0)))
    entitled = _entitled(connection, skill, ids, today)
    return SkillHolders(
        whole[0], whole[1], int(whole[2] or 0),
        [
            SkillHolder(
                row.external_id, row.name, row.robots, int(row.active or 0), row.account_id in entitled,
                versions[row.account_id],
            )
            for row in first
        ],
    )  # fmt: skip


def _rows(skill: str, today: int) -> Select[tuple[int, str, int]]:
    """A row for each robot: the account that has it today, the version that is wished, 1 where it runs."""
    wished, told = (
        select(func.max(table.c.id)).where(table.c.skill == skill).group_by(table.c.robot_id)
        for table in (skill_wish, skill_fact)
    )
    last_told = select(skill_fact).where(skill_fact.c.id.in_(told)).subquery("told")
    here = and_(
        deployment.c.robot_id == skill_wish.c.robot_id,
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    return (
        select(
            deployment.c.account_id, skill_wish.c.version,
            case((last_told.c.active == skill_wish.c.digest, 1), else_=0).label("runs"),
        )
        .join(deployment, here)
        .outerjoin(last_told, last_told.c.robot_id == skill_wish.c.robot_id)
        .where(skill_wish.c.id.in_(wished), skill_wish.c.digest != "")
    )  # fmt: skip


def _entitled(connection: Connection, skill: str, accounts: list[int], today: int) -> set[int]:
    one = skill_entitlement.c
    query = select(one.account_id).where(
        one.skill == skill, among(connection, one.account_id, accounts), one.from_day <= today,
        or_(one.to_day.is_(None), one.to_day >= today),
    )  # fmt: skip
    return set(connection.execute(query).scalars())
