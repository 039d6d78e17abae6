"""Accounts and their robots as everybody may see them, a customer its own: the rows that usage is joined by.

They follow from the facts of the accounts' ledger, where they are written. Deployments of a robot never overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select

from collector.calendar import days
from collector.fleet.scope import Scope
from collector.store.lists import newest_first
from collector.store.tables.fleet import account, deployment, robot
from collector.values.paging import Page, page_of, read_cursor


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """A customer. `id` is its number in your CRM or ERP; `robots` how many are deployed there today."""

    id: str
    name: str
    robots: int
    created_at: str


@dataclass(frozen=True, slots=True)
class RobotDeployment:
    """A robot with an account from a day to a day, both counting. `to_day` null: it is still there."""

    id: str
    robot: str
    account: str
    from_day: str
    to_day: str | None


def listed(
    connection: Connection, scope: Scope, today: int, *, limit: int, cursor: str | None = None
) -> Page[AccountSummary]:
    """Accounts by id, without those that were withdrawn."""
    query = select(account).where(~account.c.withdrawn).order_by(account.c.external_id).limit(limit + 1)
    if scope.accounts is not None:
        query = query.where(account.c.id.in_(scope.accounts))
    if after := read_cursor(cursor, str):
        query = query.where(account.c.external_id > after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.external_id,))
    counted = robots_on(connection, [row.id for row in rows], today)
    items = [
        AccountSummary(row.external_id, row.name, counted.get(row.id, 0), days.rfc3339(row.created_at)) for row in rows
    ]
    return Page(items, following)


def is_there(account_id: ColumnElement[int]) -> ColumnElement[bool]:
    """SQL: that account was not withdrawn. Every list of accounts that reads no ledger asks this."""
    return account_id.not_in(select(account.c.id).where(account.c.withdrawn))


def robots_on(connection: Connection, account_ids: Sequence[int], day: int) -> dict[int, int]:
    """How many robots each of these accounts has on a day; accounts without any are left out."""
    there = (
        select(deployment.c.account_id, func.count().label("robots"))
        .where(
            deployment.c.account_id.in_(account_ids),
            deployment.c.from_day <= day,
            or_(deployment.c.to_day.is_(None), deployment.c.to_day >= day),
        )
        .group_by(deployment.c.account_id)
    )
    return {row.account_id: row.robots for row in connection.execute(there)}


def name_of(connection: Connection, account_id: int) -> str:
    return str(connection.execute(select(account.c.name).where(account.c.id == account_id)).scalar_one())


def created_at(connection: Connection, account_ids: Sequence[int]) -> dict[int, int]:
    """When each of these rows was made, in seconds."""
    wanted = select(account.c.id, account.c.created_at).where(account.c.id.in_(account_ids))
    return {row.id: row.created_at for row in connection.execute(wanted)}


def deployments(
    connection: Connection,
    scope: Scope,
    *,
    robot_name: str | None = None,
    account_id: int | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page[RobotDeployment]:
    """Newest entry first."""
    query = (
        select(deployment, robot.c.name, account.c.external_id)
        .join(robot, robot.c.id == deployment.c.robot_id)
        .join(account, account.c.id == deployment.c.account_id)
    )
    if (whose := scope.narrowed(account_id)) is not None:
        query = query.where(deployment.c.account_id.in_(whose))
    if robot_name is not None:
        query = query.where(robot.c.name == robot_name)
    rows, following = newest_first(connection, query, deployment.c.id, limit, cursor)
    items = [
        RobotDeployment(
            row.fact_key or str(row.id),
            row.name,
            row.external_id,
            days.iso(row.from_day),
            None if row.to_day is None else days.iso(row.to_day),
        )
        for row in rows
    ]
    return Page(items, following)
