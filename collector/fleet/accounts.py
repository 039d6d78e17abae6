"""Accounts and dated deployments: whose robot it was on which day. Deployments of a robot never overlap."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, or_, select, update

from collector.fleet import days
from collector.fleet.paging import Page, page_of, read_cursor
from collector.fleet.scope import Scope
from collector.store.tables import account, deployment, robot


@dataclass(frozen=True, slots=True)
class Account:
    """A customer. `id` is its number in your CRM or ERP; `robots` how many are deployed there today."""

    id: str
    name: str
    robots: int
    created_at: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """A robot with an account from a day to a day, both counting. `to_day` null: it is still there."""

    id: int
    robot: str
    account: str
    from_day: str
    to_day: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a change was not made, and what to do instead."""

    why: str
    remedy: str


def overlapping(
    taken: list[tuple[int, int | None]], from_day: int, to_day: int | None
) -> tuple[int, int | None] | None:
    """The first of the taken ranges (both ends count, None is open) that shares a day with the new one. Pure."""
    for first, last in taken:
        if (last is None or from_day <= last) and (to_day is None or first <= to_day):
            return first, last
    return None


def listed(connection: Connection, scope: Scope, today: int, *, limit: int, cursor: str | None = None) -> Page[Account]:
    """Accounts by id."""
    query = select(account).order_by(account.c.external_id).limit(limit + 1)
    if scope.account_id is not None:
        query = query.where(account.c.id == scope.account_id)
    if after := read_cursor(cursor, str):
        query = query.where(account.c.external_id > after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.external_id,))
    counted: dict[int, int] = {}
    current = select(deployment.c.account_id).where(
        deployment.c.account_id.in_([row.id for row in rows]),
        deployment.c.from_day <= today,
        or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
    )
    for account_id in connection.execute(current).scalars():
        counted[account_id] = counted.get(account_id, 0) + 1
    items = [Account(row.external_id, row.name, counted.get(row.id, 0), days.rfc3339(row.created_at)) for row in rows]
    return Page(items, following)


def add(connection: Connection, external_id: str, name: str, now_s: int) -> Account | Refused:
    taken = connection.execute(select(account.c.name).where(account.c.external_id == external_id)).scalar_one_or_none()
    if taken is not None:
        return Refused(f"account {external_id} exists already ({taken})", "choose another id, or use that account")
    connection.execute(insert(account).values(external_id=external_id, name=name, created_at=now_s))
    return Account(external_id, name, 0, days.rfc3339(now_s))


def deployments(
    connection: Connection,
    scope: Scope,
    *,
    robot_name: str | None = None,
    account_id: int | None = None,
    limit: int,
    cursor: str | None = None,
) -> Page[Deployment]:
    """Newest entry first."""
    query = (
        select(deployment, robot.c.name, account.c.external_id)
        .join(robot, robot.c.id == deployment.c.robot_id)
        .join(account, account.c.id == deployment.c.account_id)
        .order_by(deployment.c.id.desc())
        .limit(limit + 1)
    )
    for narrowed_to in (scope.account_id, account_id):
        if narrowed_to is not None:
            query = query.where(deployment.c.account_id == narrowed_to)
    if robot_name is not None:
        query = query.where(robot.c.name == robot_name)
    if after := read_cursor(cursor, int):
        query = query.where(deployment.c.id < after[0])
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.id,))
    items = [
        Deployment(
            row.id,
            row.name,
            row.external_id,
            days.iso(row.from_day),
            None if row.to_day is None else days.iso(row.to_day),
        )
        for row in rows
    ]
    return Page(items, following)


def deploy(
    connection: Connection, robot_id: int, robot_name: str, account_id: int, from_day: int, to_day: int | None
) -> int | Refused:
    """The new deployment's id, or why not. One transaction with the caller's."""
    if to_day is not None and to_day < from_day:
        return Refused(f"{days.iso(to_day)} is before {days.iso(from_day)}", "give to_day as the last day that counts")
    # the robot's row is the lock: two deployments of one robot are judged one after the other
    connection.execute(select(robot.c.id).where(robot.c.id == robot_id).with_for_update())
    rows = connection.execute(
        select(deployment.c.from_day, deployment.c.to_day).where(deployment.c.robot_id == robot_id)
    )
    taken = overlapping(sorted(rows, key=lambda row: row[0]), from_day, to_day)
    if taken is not None:
        until = "today and on" if taken[1] is None else days.iso(taken[1])
        remedy = (
            f"end that deployment on {days.iso(from_day - 1)} or earlier first"
            if taken[0] < from_day
            else f"let the new one end on {days.iso(taken[0] - 1)} or earlier"
        )
        return Refused(f"{robot_name} is deployed from {days.iso(taken[0])} to {until} already", remedy)
    values = {"robot_id": robot_id, "account_id": account_id, "from_day": from_day, "to_day": to_day}
    made = connection.execute(insert(deployment).values(values).returning(deployment.c.id))
    return int(made.scalar_one())


def end(connection: Connection, deployment_id: int, to_day: int) -> Refused | None:
    """Set the last day that counts; None when done."""
    row = connection.execute(select(deployment).where(deployment.c.id == deployment_id)).one_or_none()
    if row is None:
        return Refused(f"there is no deployment {deployment_id}", "list them with GET /api/v1/deployments")
    if to_day < row.from_day:
        return Refused(
            f"{days.iso(to_day)} is before the deployment began ({days.iso(row.from_day)})",
            f"give a day from {days.iso(row.from_day)} on",
        )
    connection.execute(select(robot.c.id).where(robot.c.id == row.robot_id).with_for_update())
    others = connection.execute(
        select(deployment.c.from_day, deployment.c.to_day).where(
            deployment.c.robot_id == row.robot_id, deployment.c.id != deployment_id
        )
    )
    taken = overlapping(sorted(others, key=lambda other: other[0]), row.from_day, to_day)
    if taken is not None:
        return Refused(
            f"the robot's next deployment begins on {days.iso(taken[0])}",
            f"end this one on {days.iso(taken[0] - 1)} or earlier",
        )
    connection.execute(update(deployment).where(deployment.c.id == deployment_id).values(to_day=to_day))
    return None
