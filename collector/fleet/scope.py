"""Whose data a caller may see. A customer sees a robot only for the days it was deployed with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, false, or_, select

from collector.calendar import days
from collector.store.tables.fleet import account, deployment, robot


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything, or the one account whose row id this is."""

    account_id: int | None = None

    def had(self, robot_id: ColumnElement[int]) -> ColumnElement[bool] | None:
        """SQL: that robot was with the account at some time. None when the scope is everything."""
        if self.account_id is None:
            return None
        return robot_id.in_(select(deployment.c.robot_id).where(deployment.c.account_id == self.account_id))

    def has(self, robot_id: ColumnElement[int], today: int | ColumnElement[int]) -> ColumnElement[bool] | None:
        """SQL: that robot is with the account on a day. None when the scope is everything."""
        if self.account_id is None:
            return None
        return robot_id.in_(
            select(deployment.c.robot_id).where(
                deployment.c.account_id == self.account_id,
                deployment.c.from_day <= today,
                or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
            )
        )


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class VisibleRobot:
    """A robot as one caller may see it. `ranges`: days (first, last or None) it may be seen for; None: all."""

    id: int
    name: str
    timezone: str
    ranges: tuple[tuple[int, int | None], ...] | None = None

    def sees_day(self, day: int) -> bool:
        return self.ranges is None or any(first <= day and (last is None or day <= last) for first, last in self.ranges)

    def sees_moment(self, at_s: int) -> bool:
        return self.sees_day(days.of(at_s, self.timezone))

    def sees_state(self, at_s: int | None) -> bool:
        """Whether a state that was told at that moment is this caller's. One without a moment is nobody's."""
        return self.ranges is None or (at_s is not None and self.sees_moment(at_s))

    def windows(self) -> list[tuple[int, int | None]] | None:
        """The same ranges in unix seconds [from, to); None: all time."""
        if self.ranges is None:
            return None
        return [
            (
                days.hour_starts(first, self.timezone)[0],
                None if last is None else days.hour_starts(last, self.timezone)[24],
            )
            for first, last in self.ranges
        ]

    def within(self, at: ColumnElement[int]) -> ColumnElement[bool] | None:
        """SQL: a moment that this caller may see. None: every moment."""
        windows = self.windows()
        if windows is None:
            return None
        return or_(
            false(), *(at >= from_s if to_s is None else at.between(from_s, to_s - 1) for from_s, to_s in windows)
        )


def find(connection: Connection, name: str, scope: Scope) -> VisibleRobot | None:
    """The robot of that name; None when there is none or the caller has never had it."""
    robot_id = connection.execute(select(robot.c.id).where(robot.c.name == name)).scalar_one_or_none()
    return None if robot_id is None else seen_of(connection, [robot_id], scope).get(robot_id)


def seen_of(connection: Connection, robot_ids: Sequence[int], scope: Scope) -> dict[int, VisibleRobot]:
    """These robots as the caller may see them; those it has never had are left out."""
    who = select(robot.c.id, robot.c.name, robot.c.timezone).where(robot.c.id.in_(robot_ids))
    if scope.account_id is None:
        return {row.id: VisibleRobot(row.id, row.name, row.timezone) for row in connection.execute(who)}
    ranges: dict[int, list[tuple[int, int | None]]] = {}
    query = select(deployment).where(deployment.c.robot_id.in_(robot_ids), deployment.c.account_id == scope.account_id)
    for row in connection.execute(query.order_by(deployment.c.from_day)):
        ranges.setdefault(row.robot_id, []).append((row.from_day, row.to_day))
    return {
        row.id: VisibleRobot(row.id, row.name, row.timezone, tuple(ranges[row.id]))
        for row in connection.execute(who)
        if row.id in ranges
    }


def account_id_of(connection: Connection, external_id: str) -> int | None:
    return connection.execute(select(account.c.id).where(account.c.external_id == external_id)).scalar_one_or_none()
