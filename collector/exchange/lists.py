"""Every list that can be taken out: usage and robots, each kind of facts, the SQL views, calls to action and findings.

A list is its columns and its rows, read from the store in pages: no read is long, because a long one lets SQLite's
journal grow. Days come as dates, amounts as decimals, moments as text.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select, text

from collector.accounts.closed_sites import closed_days
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.calendar import days
from collector.calendar.days import DAY_MAX, DAY_MIN
from collector.exchange.export import COLUMNS, fleet_cells
from collector.exchange.imports.telling import cells_of, columns_of
from collector.fleet import faults, robots, usage
from collector.fleet.holes import completeness_of
from collector.fleet.robots import RobotFilter
from collector.fleet.scope import Scope
from collector.store.engine import Store
from collector.store.tables.fleet import account, usage_day
from collector.store.tables.health import account_day, anomaly, incident, score
from collector.store.tables.ledger import fact, import_file
from collector.store.tables.success import cta
from collector.values.paging import LIMIT_MAX, Page

AT_ONCE = 1000
_COMPLETENESS_AT_ONCE = 100
_COMPLETENESS_DAYS = 14
OF_KINDS: Mapping[str, Kind] = MappingProxyType({kind.path: kind for kind in KINDS.values()})
OF_TABLES: Mapping[str, Table] = MappingProxyType(
    {"ctas": cta, "anomalies": anomaly, "incidents": incident, "imports": import_file}
)
BY_DAY: Mapping[str, Table] = MappingProxyType(
    {"v_account_day": account_day, "v_robot_day": usage_day, "v_score": score}
)
WHOLE = ("v_renewal", "v_fault", "v_skill_run")
NAMES = (*COLUMNS, *OF_KINDS, *OF_TABLES, *BY_DAY, *WHOLE)
_UNREADABLE = frozenset({"account_id", "detail", "evidence"})  # a row's number; JSON for programs


@dataclass(frozen=True, slots=True)
class ListRequest:
    """Which list, and of it what. `account` is an account's id; the days bound lists that have a day.

    `plain`: ids stand as they are, also those that an import from a file would read otherwise.
    """

    name: str
    from_day: int | None = None
    to_day: int | None = None
    account: str | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Its columns and its rows to come."""

    columns: Sequence[str]
    rows: Iterator[Sequence[Any]]


def listed(store: Store, wanted: ListRequest, now_s: int, today: int, scope: Scope) -> Listed:
    """The list of that name, one of NAMES. A `scope` narrows the fleet's lists; the others hold every account.

    `today` is the collector's own day: robots are those that are with the caller on it.
    """
    if wanted.name in OF_KINDS:
        return _facts(store, OF_KINDS[wanted.name], wanted)
    if wanted.name in OF_TABLES:
        return _table(store, OF_TABLES[wanted.name], wanted)
    if wanted.name in BY_DAY:
        return _by_day(store, wanted)
    if wanted.name in WHOLE:
        return _view(store, wanted)
    rows = _fleet(store, wanted, now_s, today, scope)
    shown = (row for row in rows if wanted.account is None or row.get("account") == wanted.account)
    return Listed(COLUMNS[wanted.name], fleet_cells(wanted.name, shown, plain=wanted.plain))


def _fleet(store: Store, wanted: ListRequest, now_s: int, today: int, scope: Scope) -> Iterator[dict[str, Any]]:
    """The rows of a fleet's list, page by page."""
    first = DAY_MIN if wanted.from_day is None else wanted.from_day
    last = DAY_MAX if wanted.to_day is None else wanted.to_day

    def page(connection: Connection, cursor: str | None) -> Page[Any]:
        match wanted.name:
            case "usage":
                return usage.robot_days(connection, scope, from_day=first, to_day=last, limit=LIMIT_MAX, cursor=cursor)
            case "robots":
                return robots.page(
                    connection, scope, RobotFilter(), now_s, today, closed_days, limit=LIMIT_MAX, cursor=cursor
                )
            case "faults":
                return faults.episodes(connection, scope, limit=LIMIT_MAX, cursor=cursor)
            case _:
                seen, following = robots.names(connection, scope, today, limit=_COMPLETENESS_AT_ONCE, cursor=cursor)
                whole = [completeness_of(connection, one, _COMPLETENESS_DAYS, now_s, closed_days) for one in seen]
                return Page(whole, following)

    cursor: str | None = None
    while True:
        with store.read() as connection:  # a short read each: a long one would let the WAL grow
            found = page(connection, cursor)
        yield from (asdict(item) for item in found.items)
        cursor = found.next
        if cursor is None:
            return


def _facts(store: Store, kind: Kind, wanted: ListRequest) -> Listed:
    """The standing facts of a kind, oldest first, in the columns of its template."""
    query = select(fact.c.id, fact.c.body).where(
        fact.c.kind == kind.key, fact.c.replaced_at.is_(None), fact.c.withdrawn.is_(False)
    )
    if wanted.account is not None:
        owner = select(account.c.id).where(account.c.external_id == wanted.account).scalar_subquery()
        query = query.where(fact.c.account_id == owner)
    if wanted.from_day is not None:
        query = query.where(fact.c.day >= wanted.from_day)
    if wanted.to_day is not None:
        query = query.where(fact.c.day <= wanted.to_day)
    rows = (cells_of(kind, kind.load(row.body), plain=wanted.plain) for row in _pages(store, query, fact.c.id))
    return Listed(columns_of(kind), rows)


def _table(store: Store, table: Table, wanted: ListRequest) -> Listed:
    """A table's rows with the account's own id; what is JSON stays with the API."""
    names = [column.name for column in table.columns if column.name not in _UNREADABLE]
    query = select(*(table.c[name] for name in names))
    if "account_id" in table.c:
        query = query.add_columns(account.c.external_id).join(account, account.c.id == table.c.account_id)
        query = query.where(~account.c.withdrawn)
        if wanted.account is not None:
            query = query.where(account.c.external_id == wanted.account)
    day = next((table.c[name] for name in ("day", "opened_day") if name in table.c), None)
    if day is not None and wanted.from_day is not None:
        query = query.where(day >= wanted.from_day)
    if day is not None and wanted.to_day is not None:
        query = query.where(day <= wanted.to_day)
    columns = [*names, *(["account"] if "account_id" in table.c else [])]
    rows = _pages(store, query, table.c.id)
    return Listed(columns, ([_shown(name, value) for name, value in zip(columns, row, strict=True)] for row in rows))


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if name == "day" or name.endswith("_day") or name == "snoozed_until":
            return days.as_date(value)
        if name == "at" or name.endswith("_at"):
            return days.rfc3339(value)
    return value


def _pages(store: Store, query: Any, key: Any) -> Iterator[Row[Any]]:
    """A query's rows in order of a number that is its first column."""
    after = -1
    while True:
        with store.read() as connection:
            found = connection.execute(query.where(key > after).order_by(key).limit(AT_ONCE)).all()
        yield from found
        if len(found) < AT_ONCE:
            return
        after = found[-1][0]


def _by_day(store: Store, wanted: ListRequest) -> Listed:
    """A view with one row for each day and more, a day at a time."""
    table, columns = BY_DAY[wanted.name], _columns(store, wanted.name)
    with store.read() as connection:
        lowest, highest = connection.execute(select(func.min(table.c.day), func.max(table.c.day))).one()
    if lowest is None:
        return Listed(columns, iter(()))
    first = max(lowest, lowest if wanted.from_day is None else wanted.from_day)
    last = min(highest, highest if wanted.to_day is None else wanted.to_day)

    def rows() -> Iterator[Sequence[Any]]:
        for day in range(first, last + 1):
            yield from _read(store, wanted, "day_number = :day", {"day": day})

    return Listed(columns, rows())


def _view(store: Store, wanted: ListRequest) -> Listed:
    return Listed(_columns(store, wanted.name), _read(store, wanted, "1 = 1", {}))


def _columns(store: Store, view: str) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(text(f"SELECT * FROM {view} WHERE 1 = 0")).keys())  # noqa: S608 - one of our own names


def _read(store: Store, wanted: ListRequest, where: str, values: dict[str, Any]) -> Iterator[Sequence[Any]]:
    if wanted.account is not None:
        where, values = f"{where} AND account = :account", {**values, "account": wanted.account}
    statement = text(f"SELECT * FROM {wanted.name} WHERE {where}")  # noqa: S608 - one of our own names
    with store.read() as connection:
        rows = connection.execution_options(yield_per=AT_ONCE).execute(statement, values)
        for row in rows:
            yield [_told(value) for value in row]


def _told(value: Any) -> Any:
    """PostgreSQL's moments as the text that SQLite's views have."""
    return days.rfc3339(value.timestamp()) if isinstance(value, datetime) else value
