"""Lists of facts, page by page along an index: as they stand now, or as they were known at a moment; and histories.

Kinds whose day is always there are listed newest day first, the others by id. A fact that is corrected while somebody
reads page after page keeps its place: its id is part of the order, its row is not.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Select, Text, cast, func, or_, select, tuple_

from collector.accounts.ledger.facts import NOW, Knowledge, Version, version_of
from collector.accounts.ledger.kinds.registry import Kind
from collector.store.tables.fleet import deployment, robot
from collector.store.tables.ledger import fact, waiting_claim
from collector.values.paging import Page, page_of, read_cursor


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts of a kind. Days bound the day on which a fact happened or began; both count.

    `search`: part of its id or name. `fields`: exact values. `withdrawn`: also those that were withdrawn.
    """

    account_id: int | None = None
    from_day: int | None = None
    to_day: int | None = None
    search: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    withdrawn: bool = False


ALL = FactFilter()


def is_dated(kind: Kind) -> bool:
    """Every fact of this kind has a day."""
    return kind.day is not None and kind.model.__dataclass_fields__[kind.day].default is MISSING


def listed(
    connection: Connection,
    kind: Kind,
    wanted: FactFilter,
    knowledge: Knowledge,
    *,
    limit: int,
    cursor: str | None = None,
) -> Page[Version]:
    """One page of facts."""
    query = select(fact).where(fact.c.kind == kind.key, knowledge.holds()).limit(limit + 1)
    if not wanted.withdrawn:
        query = query.where(fact.c.withdrawn.is_(False))
    if wanted.account_id is not None:
        query = query.where(fact.c.account_id == wanted.account_id)
    if wanted.from_day is not None:
        query = query.where(fact.c.day >= wanted.from_day)
    if wanted.to_day is not None:
        query = query.where(fact.c.day <= wanted.to_day)
    if wanted.search:
        named = (fact.c.key, text_of(connection, "name"))
        query = query.where(or_(*(text.icontains(wanted.search, autoescape=True) for text in named)))
    for name, value in wanted.fields.items():
        query = query.where(_is(connection, kind, name, value, knowledge))
    query, key = _along_an_index(kind, query, cursor)
    rows, following = page_of(connection.execute(query).all(), limit, key)
    return Page([version_of(kind, row) for row in rows], following)


def one(connection: Connection, kind: Kind, key: str, knowledge: Knowledge) -> Version | None:
    """The version that stood then, also a withdrawal."""
    row = connection.execute(
        select(fact).where(fact.c.kind == kind.key, fact.c.key == key, knowledge.holds())
    ).one_or_none()
    return None if row is None else version_of(kind, row)


def history(connection: Connection, kind: Kind, key: str, *, limit: int, cursor: str | None = None) -> Page[Version]:
    """Every version of one fact, newest first."""
    query = select(fact).where(fact.c.kind == kind.key, fact.c.key == key).order_by(fact.c.version.desc())
    if after := read_cursor(cursor, int):
        query = query.where(fact.c.version < after[0])
    rows, following = page_of(connection.execute(query.limit(limit + 1)).all(), limit, lambda row: (row.version,))
    return Page([version_of(kind, row) for row in rows], following)


def _along_an_index(kind: Kind, query: Select[Any], cursor: str | None) -> tuple[Select[Any], Any]:
    if not is_dated(kind):
        if after := read_cursor(cursor, str):
            query = query.where(fact.c.key > after[0])
        return query.order_by(fact.c.key), lambda row: (row.key,)
    if after := read_cursor(cursor, int, str):
        query = query.where(tuple_(fact.c.day, fact.c.key) < tuple_(*after))
    return query.order_by(fact.c.day.desc(), fact.c.key.desc()), lambda row: (row.day, row.key)


def _is(connection: Connection, kind: Kind, name: str, value: str, knowledge: Knowledge) -> ColumnElement[bool]:
    if kind.key == "deployment" and name == "robot" and knowledge == NOW:  # the rows know it without reading facts
        keys = [
            select(table.c.fact_key).join(robot, robot.c.id == table.c.robot_id).where(robot.c.name == value)
            for table in (deployment, waiting_claim)
        ]
        return or_(*(fact.c.key.in_(some) for some in keys))
    default = kind.model.__dataclass_fields__[name].default
    return func.coalesce(text_of(connection, name), "" if default in {None, MISSING} else str(default)) == value


def text_of(connection: Connection, name: str) -> ColumnElement[str]:
    """SQL: a field of the fact, as text; null where it is at its default."""
    found: ColumnElement[str] = (
        func.json_extract(fact.c.body, f"$.{name}", type_=Text)
        if connection.dialect.name == "sqlite"
        else cast(fact.c.body, JSON)[name].as_string()
    )
    return found
