"""Reads of fault episodes: lists for one robot or many, open ones by family."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from collector.calendar import days
from collector.fleet.scope import Scope, VisibleRobot, seen_of
from collector.store.lists import newest_first
from collector.store.tables.fleet import fault_episode, robot
from collector.values.paging import Page


@dataclass(frozen=True, slots=True)
class Episode:
    """One fault from open to close. `closed_at` null: still open. `opened_at` null: only its end is known.

    `did`: `could_not` (the robot sees it) or `wrong` (did it wrong). `confidence` is that of the times.
    `openings`: how often it opened; more than once when it flapped, known when it has closed.
    """

    id: int
    robot: str
    family: str
    code: str
    ref: str
    did: str
    severity: str
    detail: str
    opened_at: str | None
    closed_at: str | None
    confidence: str
    openings: int = 1


def episodes(
    connection: Connection,
    scope: Scope,
    *,
    limit: int,
    cursor: str | None = None,
    seen: VisibleRobot | None = None,
    still_open: bool | None = None,
    family: str | None = None,
) -> Page[Episode]:
    """Newest first, of one robot or of all the caller may see; such a page may hold fewer than `limit`."""
    query = _select(scope, seen)
    if still_open is not None:
        query = query.where(fault_episode.c.closed_at.is_(None) == still_open)
    if family is not None:
        query = query.where(fault_episode.c.family == family)
    cut, following = newest_first(connection, query, fault_episode.c.id, limit, cursor)
    return Page([_episode(row) for row in _visible(connection, scope, cut)], following)


def _select(scope: Scope, seen: VisibleRobot | None) -> Select[Any]:
    query = select(fault_episode, robot.c.name).join(robot, robot.c.id == fault_episode.c.robot_id)
    if seen is None:
        had = scope.had(fault_episode.c.robot_id)
        return query if had is None else query.where(had)
    query = query.where(fault_episode.c.robot_id == seen.id)
    within = seen.within(func.coalesce(fault_episode.c.opened_at, fault_episode.c.closed_at))
    return query if within is None else query.where(within)


def _visible(connection: Connection, scope: Scope, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Those of the days on which the robot was with the caller: exact, in each robot's own time zone."""
    if scope.is_everything:
        return rows
    seen = seen_of(connection, list({row.robot_id for row in rows}), scope)
    return [
        row
        for row in rows
        if row.robot_id in seen
        and seen[row.robot_id].sees_state(row.opened_at if row.opened_at is not None else row.closed_at)
    ]


def _episode(row: Row[Any]) -> Episode:
    return Episode(
        row.id,
        row.name,
        row.family,
        row.code,
        row.ref,
        row.did,
        row.severity,
        row.detail,
        None if row.opened_at is None else days.rfc3339(row.opened_at),
        None if row.closed_at is None else days.rfc3339(row.closed_at),
        row.confidence,
        row.openings,
    )


def open_by_family(connection: Connection, scope: Scope, robot_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Robot id -> family -> open episodes, for a page of robots; a customer's began while it had the robot."""
    found: dict[int, dict[str, int]] = {}
    for (robot_id, family), number in _open(connection, scope, fault_episode.c.robot_id.in_(robot_ids)).items():
        found.setdefault(robot_id, {})[family] = number
    return found


def _open(connection: Connection, scope: Scope, where: ColumnElement[bool]) -> Counter[tuple[int, str]]:
    """(robot id, family) -> open episodes that the caller may see."""
    is_open = where & fault_episode.c.closed_at.is_(None)
    columns = fault_episode.c.robot_id, fault_episode.c.family
    if scope.is_everything:
        counted = select(*columns, func.count()).where(is_open).group_by(*columns)
        return Counter({(row[0], row[1]): row[2] for row in connection.execute(counted)})
    query: Select[Any] = select(*columns, fault_episode.c.opened_at, fault_episode.c.closed_at).where(is_open)
    rows = connection.execute(query).all()
    return Counter((row.robot_id, row.family) for row in _visible(connection, scope, rows))


def robots_with_open(connection: Connection) -> int:
    """How many robots of the whole fleet have an open episode."""
    counted = select(func.count(fault_episode.c.robot_id.distinct())).where(fault_episode.c.closed_at.is_(None))
    return int(connection.execute(counted).scalar_one())


def open_in_fleet(connection: Connection, scope: Scope, today: int) -> dict[str, int]:
    """Family -> open episodes of robots that are with the caller now."""
    has = scope.has(fault_episode.c.robot_id, today)
    found: Counter[str] = Counter()
    if has is None:
        query = select(fault_episode.c.family, func.count()).where(fault_episode.c.closed_at.is_(None))
        return dict(connection.execute(query.group_by(fault_episode.c.family)).all())
    for (_, family), number in _open(connection, scope, has).items():
        found[family] += number
    return dict(found)
