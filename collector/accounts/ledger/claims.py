"""Claims of deployments in the store: rows of `deployment` for those that stand, of `waiting_claim` for the others.

Usage is joined with `deployment` alone, so a contradiction never changes whose usage it is; it is shown instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, or_, select, update
from sqlalchemy import bindparam as given

from collector.accounts.ledger.facts import ACCOUNTS_AT_ONCE, row_ids
from collector.accounts.ledger.stays import Claim, RobotClaims, changes, claims_in
from collector.calendar import days
from collector.store.lists import among, insert_all
from collector.store.tables.fleet import account, deployment, robot
from collector.store.tables.ledger import waiting_claim
from collector.values.paging import Page, page_of, read_cursor

ROBOTS_AT_ONCE = ACCOUNTS_AT_ONCE


@dataclass(frozen=True, slots=True)
class Side:
    """One of two claims that contradict each other. `id` is the deployment's."""

    id: str
    account: str
    from_day: str
    to_day: str | None


@dataclass(frozen=True, slots=True)
class DeploymentConflict:
    """One robot with two accounts on the same days. Usage counts for `stands` until one of the two is changed."""

    robot: str
    from_day: str
    to_day: str | None
    stands: Side
    waits: Side


def book_of(connection: Connection, robots: Iterable[str], keys: Sequence[str] = ()) -> RobotClaims:
    """Every claim of these robots, and of the robots that the claims with these keys are about."""
    wanted = set(robots)
    for table in (deployment, waiting_claim):
        for some in _some(sorted(keys)):
            about = (
                select(robot.c.name)
                .join(table, table.c.robot_id == robot.c.id)
                .where(among(connection, table.c.fact_key, some))
            )
            wanted.update(connection.execute(about).scalars())
    names = sorted(wanted)
    return RobotClaims.of(_claims(connection, deployment, names), _claims(connection, waiting_claim, names))


def save(connection: Connection, before: RobotClaims, now: RobotClaims) -> None:
    """Make the rows say what `now` says, where `before` is what they say."""
    _save(connection, deployment, claims_in(before.stand), claims_in(now.stand))
    _save(connection, waiting_claim, claims_in(before.wait), claims_in(now.wait))


def robot_ids(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Rows of robots by name; unknown ones are left out."""
    found: dict[str, int] = {}
    for some in _some(sorted(set(names))):
        rows = connection.execute(select(robot.c.name, robot.c.id).where(among(connection, robot.c.name, some)))
        found.update((row.name, row.id) for row in rows)
    return found


def make_robots(connection: Connection, names: Iterable[str], now_s: int) -> None:
    """Rows for robots that have not connected yet."""
    wanted = set(names)
    missing = sorted(wanted - robot_ids(connection, wanted).keys())
    if missing:
        insert_all(connection, robot, [{"name": name, "first_seen_at": now_s} for name in missing])


def conflicts(
    connection: Connection, account_id: int | None = None, *, limit: int, cursor: str | None = None
) -> Page[DeploymentConflict]:
    """Contradictions that stand now, of one account (on either side) or of all, by the id of the claim that waits."""
    query = _contradictions().limit(limit + 1)
    if account_id is not None:
        query = query.where(or_(waiting_claim.c.account_id == account_id, deployment.c.account_id == account_id))
    if after := read_cursor(cursor, str, int):
        later = and_(waiting_claim.c.fact_key == after[0], deployment.c.id > after[1])
        query = query.where(or_(waiting_claim.c.fact_key > after[0], later))
    rows, following = page_of(connection.execute(query).all(), limit, lambda row: (row.waits, row.row_id))
    return Page([_conflict(row) for row in rows], following)


def contradicting(connection: Connection, keys: Sequence[str]) -> dict[str, list[str]]:
    """{deployment: those that it contradicts now}, on either side; the others are left out."""
    both = and_(deployment.c.robot_id == waiting_claim.c.robot_id, _share_a_day())
    pairs = select(deployment.c.fact_key, waiting_claim.c.fact_key).join_from(waiting_claim, deployment, both)
    found: dict[str, list[str]] = {}
    for stands, waits in connection.execute(
        pairs.where(deployment.c.fact_key.in_(keys)).order_by(waiting_claim.c.fact_key)
    ):
        found.setdefault(stands, []).append(waits)
    for stands, waits in connection.execute(pairs.where(waiting_claim.c.fact_key.in_(keys)).order_by(deployment.c.id)):
        found.setdefault(waits, []).append(stands or "")
    return found


_ACCOUNT_WAITING = account.alias("account_waiting")


def _contradictions() -> Select[Any]:
    both = and_(deployment.c.robot_id == waiting_claim.c.robot_id, _share_a_day())
    return (
        select(
            robot.c.name,
            deployment.c.id.label("row_id"),
            deployment.c.fact_key.label("stands"),
            account.c.external_id.label("stands_account"),
            deployment.c.from_day.label("stands_from"),
            deployment.c.to_day.label("stands_to"),
            waiting_claim.c.fact_key.label("waits"),
            _ACCOUNT_WAITING.c.external_id.label("waits_account"),
            waiting_claim.c.from_day.label("waits_from"),
            waiting_claim.c.to_day.label("waits_to"),
        )
        .join_from(waiting_claim, deployment, both)
        .join(robot, robot.c.id == waiting_claim.c.robot_id)
        .join(account, account.c.id == deployment.c.account_id)
        .join(_ACCOUNT_WAITING, _ACCOUNT_WAITING.c.id == waiting_claim.c.account_id)
        .order_by(waiting_claim.c.fact_key, deployment.c.id)
    )


def _share_a_day() -> ColumnElement[bool]:
    return and_(
        or_(deployment.c.to_day.is_(None), waiting_claim.c.from_day <= deployment.c.to_day),
        or_(waiting_claim.c.to_day.is_(None), deployment.c.from_day <= waiting_claim.c.to_day),
    )


def _conflict(row: Any) -> DeploymentConflict:
    ends = [day for day in (row.stands_to, row.waits_to) if day is not None]
    return DeploymentConflict(
        robot=row.name,
        from_day=days.iso(max(row.stands_from, row.waits_from)),
        to_day=_iso(min(ends, default=None)),
        stands=Side(row.stands or "", row.stands_account, days.iso(row.stands_from), _iso(row.stands_to)),
        waits=Side(row.waits, row.waits_account, days.iso(row.waits_from), _iso(row.waits_to)),
    )


def _iso(day: int | None) -> str | None:
    return None if day is None else days.iso(day)


def _claims(connection: Connection, table: Table, robots: Sequence[str]) -> list[Claim]:
    number = table.c.id if "id" in table.c else table.c.robot_id
    found = []
    for some in _some(robots):
        wanted = (
            select(table.c.fact_key, number.label("number"), robot.c.name, account.c.external_id, table.c.from_day,
                   table.c.to_day)
            .join(robot, robot.c.id == table.c.robot_id)
            .join(account, account.c.id == table.c.account_id)
            .where(among(connection, robot.c.name, some))
        )  # fmt: skip
        for row in connection.execute(wanted):
            key = row.fact_key or f"row {row.number}"  # a row that no fact claims
            found.append(Claim(key, row.name, row.external_id, row.from_day, row.to_day))
    return found


def _save(connection: Connection, table: Table, before: list[Claim], now: list[Claim]) -> None:
    changed = changes(before, now)
    gone = [change.before.key for change in changed if change.before and change.now is None]
    for some in _some(gone):
        connection.execute(delete(table).where(among(connection, table.c.fact_key, some)))
    kept = [change.now for change in changed if change.now]
    robots = robot_ids(connection, (claim.robot for claim in kept))
    accounts = row_ids(connection, sorted({claim.account for claim in kept}))
    values = {
        claim.key: {
            "robot_id": robots[claim.robot],
            "account_id": accounts[claim.account],
            "from_day": claim.from_day,
            "to_day": claim.to_day,
        }
        for claim in kept
    }
    made = [
        {"fact_key": change.now.key, **values[change.now.key]} for change in changed if change.now and not change.before
    ]
    moved = [{"named": change.now.key, **values[change.now.key]} for change in changed if change.now and change.before]
    if moved:
        connection.execute(update(table).where(table.c.fact_key == given("named")), moved)
    insert_all(connection, table, made)


def _some(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + ROBOTS_AT_ONCE] for start in range(0, len(names), ROBOTS_AT_ONCE))
