"""Finds what has a page by a part of its name or id: a few of each, and how many there are.

Within the scope of who asks: accounts and robots of some accounts alone, and the robots that are with them today.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select, true, union

from collector.accounts.ledger.reading import text_of
from collector.fleet.scope import Scope
from collector.store.tables.fleet import account, robot, skill_state
from collector.store.tables.ledger import fact
from collector.store.tables.skill_store import skill_listing
from collector.store.tables.success import standing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """Those that are shown, from the one that was asked for on, and how many there are in all."""

    items: list[T]
    total: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """`text` is a part of a name or id; the case does not matter. `today` is the day a robot is with an account."""

    text: str
    scope: Scope
    today: int
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class AccountFound:
    account: str
    name: str
    band: str
    final: float | None
    csm: str


@dataclass(frozen=True, slots=True)
class RobotFound:
    robot: str
    model: str


@dataclass(frozen=True, slots=True)
class ContactFound:
    name: str
    account: str
    account_name: str


@dataclass(frozen=True, slots=True)
class ContractFound:
    contract: str
    account: str
    account_name: str


@dataclass(frozen=True, slots=True)
class SkillFound:
    """`robots`: that report it. `is_listed`: it is in the catalogue."""

    skill: str
    robots: int
    is_listed: bool


def accounts(connection: Connection, wanted: Wanted) -> Found[AccountFound]:
    """Names that begin with the text first."""
    rows = (
        select(account.c.external_id, account.c.name, standing.c.band, standing.c.final, standing.c.csm)
        .join(standing, standing.c.account_id == account.c.id, isouter=True)
        .where(_has(wanted.text, account.c.name, account.c.external_id), *_own(wanted.scope))
        .order_by(_begins(account.c.name, wanted.text), account.c.name, account.c.id)
    )
    return _found(
        connection, rows, wanted,
        lambda row: AccountFound(row.external_id, row.name, row.band or "grey", row.final, row.csm or ""),
    )  # fmt: skip


def robots(connection: Connection, wanted: Wanted) -> Found[RobotFound]:
    rows = select(robot.c.name, robot.c.model).where(_has(wanted.text, robot.c.name), _with(wanted))
    rows = rows.order_by(_begins(robot.c.name, wanted.text), robot.c.name)
    return _found(connection, rows, wanted, lambda row: RobotFound(row.name, row.model))


def skills(connection: Connection, wanted: Wanted) -> Found[SkillFound]:
    """By their key, as robots report them and the catalogue has them; there by their names in both languages, too."""
    told = select(skill_state.c.skill).join(robot, robot.c.id == skill_state.c.robot_id)
    there = select(skill_listing.c.skill).where(
        _has(wanted.text, skill_listing.c.skill, skill_listing.c.name_en, skill_listing.c.name_zh)
    )
    keys = union(told.where(_has(wanted.text, skill_state.c.skill), _with(wanted)), there).subquery("keys")
    rows = (
        select(keys.c.skill, func.count(robot.c.id.distinct()).label("robots"), skill_listing.c.appid)
        .outerjoin(skill_state, skill_state.c.skill == keys.c.skill)
        .outerjoin(robot, and_(robot.c.id == skill_state.c.robot_id, _with(wanted)))
        .outerjoin(skill_listing, skill_listing.c.skill == keys.c.skill)
        .group_by(keys.c.skill, skill_listing.c.appid)
        .order_by(keys.c.skill)
    )
    return _found(connection, rows, wanted, lambda row: SkillFound(row.skill, row.robots, row.appid is not None))


def contacts(connection: Connection, wanted: Wanted) -> Found[ContactFound]:
    name = text_of(connection, "name")
    rows = _facts(wanted, "contact", name, name)
    return _found(connection, rows, wanted, lambda row: ContactFound(row.said, row.external_id, row.name))


def contracts(connection: Connection, wanted: Wanted) -> Found[ContractFound]:
    rows = _facts(wanted, "contract", fact.c.key, fact.c.key)
    return _found(connection, rows, wanted, lambda row: ContractFound(row.said, row.external_id, row.name))


def _facts(wanted: Wanted, kind: str, said: ColumnElement[str], among: ColumnElement[str]) -> Select[Any]:
    return (
        select(said.label("said"), account.c.external_id, account.c.name)
        .join(account, account.c.id == fact.c.account_id)
        .where(
            fact.c.kind == kind, fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False), _has(wanted.text, among),
            *_own(wanted.scope),
        )
        .order_by(said, account.c.external_id)
    )  # fmt: skip


def _own(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    there = ~account.c.withdrawn
    return (there,) if scope.accounts is None else (there, account.c.id.in_(scope.accounts))


def _with(wanted: Wanted) -> ColumnElement[bool]:
    is_with = wanted.scope.has(robot.c.id, wanted.today)
    return true() if is_with is None else is_with


def _has(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(*(each.icontains(text, autoescape=True) for each in columns))


def _found(connection: Connection, rows: Select[Any], wanted: Wanted, of: Callable[[Row[Any]], T]) -> Found[T]:
    shown = connection.execute(rows.offset(wanted.offset).limit(wanted.limit)).all()
    if not wanted.offset and len(shown) < wanted.limit:
        return Found([of(row) for row in shown], len(shown))
    counted = select(func.count()).select_from(rows.order_by(None).subquery())
    return Found([of(row) for row in shown], int(connection.execute(counted).scalar_one()))


def _begins(column: ColumnElement[str], text: str) -> ColumnElement[int]:
    return case((column.istartswith(text, autoescape=True), 0), else_=1)
