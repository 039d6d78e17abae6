"""Whose data a caller may see: everything, or what some accounts had.

A customer sees a robot only for the days it was deployed with them. Every operation passes the caller's scope; what
follows from it is decided here, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from collector.calendar import days
from collector.store.tables.fleet import account, deployment, robot
from collector.store.tables.ledger import fact

_UNKNOWN_S = 2**40


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything (None), or the accounts with these row ids; none of them is nothing."""

    accounts: frozenset[int] | None = None

    @classmethod
    def of(cls, *account_ids: int) -> "Scope":
        return cls(frozenset(account_ids))

    @property
    def is_everything(self) -> bool:
        return self.accounts is None

    def sees(self, account_id: int | None) -> bool:
        """Whether an account, or what belongs to none (None), may be seen."""
        return self.accounts is None or account_id in self.accounts

    def narrowed(self, account_id: int | None) -> frozenset[int] | None:
        """The row ids of what may be seen of that account, or of all (None). None: no limit."""
        if account_id is None:
            return self.accounts
        return frozenset({account_id} if self.sees(account_id) else ())

    def within(self, other: "Scope") -> "Scope":
        """What both may see."""
        if self.accounts is None or other.accounts is None:
            return self if other.accounts is None else other
        return Scope(self.accounts & other.accounts)

    def had(self, robot_id: ColumnElement[int]) -> ColumnElement[bool] | None:
        """SQL: that robot was with the account at some time. None when the scope is everything."""
        if self.accounts is None:
            return None
        return robot_id.in_(select(deployment.c.robot_id).where(deployment.c.account_id.in_(self.accounts)))

    def has(self, robot_id: ColumnElement[int], today: int | ColumnElement[int]) -> ColumnElement[bool] | None:
        """SQL: that robot is with the account on a day. None when the scope is everything."""
        if self.accounts is None:
            return None
        return robot_id.in_(
            select(deployment.c.robot_id).where(
                deployment.c.account_id.in_(self.accounts),
                deployment.c.from_day <= today,
                or_(deployment.c.to_day.is_(None), deployment.c.to_day >= today),
            )
        )


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class VisibleRobot:
    """A robot as one caller may see it. `ranges`: days (first, last or None) it may be seen for; None: all.

    `since`: for each range, from which moment (unix seconds) on what the robot told is the caller's: days are counted
    whole for who has it from that day on, but what it told that morning was told to the account before.
    """

    id: int
    name: str
    timezone: str
    ranges: tuple[tuple[int, int | None], ...] | None = None
    stays: tuple[tuple[int, int, int | None], ...] = ()  # (account id, first, last) behind `ranges`
    since: tuple[int, ...] = ()

    def sees_day(self, day: int) -> bool:
        return self.ranges is None or any(first <= day and (last is None or day <= last) for first, last in self.ranges)

    def sees_moment(self, at_s: int) -> bool:
        return self.sees_day(days.of(at_s, self.timezone))

    def sees_state(self, at_s: int | None) -> bool:
        """Whether a state that was told at that moment is this caller's. One without a moment is nobody's."""
        windows = self.windows()
        if windows is None:
            return True
        return at_s is not None and any(from_s <= at_s and (to_s is None or at_s < to_s) for from_s, to_s in windows)

    def sees_wish(self, account_id: int | None, at_s: int) -> bool:
        """Whether a wish, or a report, of then is the caller's: of its days, and its account had the robot then.

        The day alone does not say it: claims are booked late, and a robot may change hands on the day of the wish.
        """
        if self.ranges is None:
            return True
        return any(account_id == one for one, _, _ in self.stays) and self.sees_moment(at_s)

    def windows(self) -> list[tuple[int, int | None]] | None:
        """The same ranges in unix seconds [from, to), of what the robot told; None: all time."""
        if self.ranges is None:
            return None
        since = self.since or (0,) * len(self.ranges)
        return [
            (_within_day(first, moved_s, self.timezone), None if last is None else _ends(last, self.timezone))
            for (first, last), moved_s in zip(self.ranges, since, strict=True)
        ]

    def within(self, at: ColumnElement[int]) -> ColumnElement[bool] | None:
        """SQL: a moment that this caller may see. None: every moment."""
        windows = self.windows()
        if windows is None:
            return None
        return or_(
            false(), *(at >= from_s if to_s is None else at.between(from_s, to_s - 1) for from_s, to_s in windows)
        )


def _within_day(day: int, moved_s: int, timezone: str) -> int:
    """That moment, if it lies within the day; else the day's nearer end."""
    return min(max(days.hour_starts(day, timezone)[0], moved_s), _ends(day, timezone))


def _ends(day: int, timezone: str) -> int:
    return days.hour_starts(day, timezone)[24]


def find(connection: Connection, name: str, scope: Scope) -> VisibleRobot | None:
    """The robot of that name; None when there is none or the caller has never had it."""
    return find_all(connection, [name], scope).get(name)


def find_all(connection: Connection, names: Sequence[str], scope: Scope) -> dict[str, VisibleRobot]:
    """The robots of these names, by name; those that the caller has never had are left out."""
    ids = connection.execute(select(robot.c.id).where(robot.c.name.in_(names))).scalars().all()
    return {one.name: one for one in seen_of(connection, ids, scope).values()}


def seen_of(connection: Connection, robot_ids: Sequence[int], scope: Scope) -> dict[int, VisibleRobot]:
    """These robots as the caller may see them; those it has never had are left out."""
    who = select(robot.c.id, robot.c.name, robot.c.timezone).where(robot.c.id.in_(robot_ids))
    if scope.accounts is None:
        return {row.id: VisibleRobot(row.id, row.name, row.timezone) for row in connection.execute(who)}
    stays: dict[int, list[tuple[int, int, int | None]]] = {}
    its = deployment.c.account_id.in_(scope.accounts)
    query = select(deployment).where(deployment.c.robot_id.in_(robot_ids), its).order_by(deployment.c.from_day)
    moved = _moved(connection, robot_ids, scope.accounts)
    since: dict[int, list[int]] = {}
    for row in connection.execute(query):
        stays.setdefault(row.robot_id, []).append((row.account_id, row.from_day, row.to_day))
        since.setdefault(row.robot_id, []).append(moved.get(row.id, 0))
    return {
        row.id: VisibleRobot(
            row.id,
            row.name,
            row.timezone,
            tuple((first, last) for _, first, last in stays[row.id]),
            tuple(stays[row.id]),
            tuple(since[row.id]),
        )
        for row in connection.execute(who)
        if row.id in stays
    }


def _moved(connection: Connection, robot_ids: Sequence[int], accounts: frozenset[int]) -> dict[int, int]:
    """Of these accounts' claims that follow another account's the day after: the row, and when it was booked.

    A claim that nobody booked as a fact came at an unknown moment: the end of time, so that its first day is hidden.
    """
    before = deployment.alias("before")
    follows = and_(
        before.c.robot_id == deployment.c.robot_id,
        before.c.to_day == deployment.c.from_day - 1,
        before.c.account_id.not_in(accounts),
    )
    booked = and_(fact.c.kind == "deployment", fact.c.key == deployment.c.fact_key)
    query = (
        select(deployment.c.id, func.coalesce(func.max(fact.c.arrived_at), _UNKNOWN_S))
        .join(before, follows)
        .outerjoin(fact, booked)
        .where(deployment.c.robot_id.in_(robot_ids), deployment.c.account_id.in_(accounts))
        .group_by(deployment.c.id)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def account_id_of(connection: Connection, external_id: str) -> int | None:
    """None: nobody ever said that account, or who said it took it back."""
    wanted = select(account.c.id).where(account.c.external_id == external_id, ~account.c.withdrawn)
    return connection.execute(wanted).scalar_one_or_none()
