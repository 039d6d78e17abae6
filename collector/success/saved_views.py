"""Saved views: a list as somebody narrowed and sorted it, by name.

A view holds what the list's address says, never what was found: whoever opens it finds what they may see themselves.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from collector.calendar import days
from collector.store.lists import newest_first
from collector.store.tables.saved import saved_view
from collector.success.portfolio import BANDS, COLUMNS_SHOWN, SORTS
from collector.values.paging import Page
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, none_of, taken

ListName = Literal["accounts", "calls", "robots"]
LISTS: tuple[ListName, ...] = get_args(ListName)
OWN_MAX = 100  # of one owner: who has more finds none of them
COLUMNS_MAX = 20
FIELD = "field:"  # before the id of a field of one's own, as the name of a column
PATHS: Mapping[ListName, str] = MappingProxyType({"accounts": "/accounts", "calls": "/", "robots": "/robots"})
_VALUE_MAX_CHARS = 2 * NAME_MAX_CHARS
_DAYS_MAX_DIGITS = 6
_WHOSE = ("mine", "team", "all")
_STATES = ("online", "offline", "stopped", "never", "closed")


def _text(_: str) -> bool:
    return True


def _days(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= _DAYS_MAX_DIGITS and int(value) > 0


def _is_set(value: str) -> bool:
    return value == "1"


def _one_of(words: Sequence[str]) -> Callable[[str], bool]:
    return lambda value: value in words


def _some_of(words: Sequence[str]) -> Callable[[str], bool]:
    return lambda value: all(one in words for one in value.split(","))


FILTERS: Mapping[ListName, Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "accounts": {
            "whose": _one_of(_WHOSE), "band": _some_of(BANDS), "csm": _text, "q": _text, "due_in": _days,
            "quiet": _days, "melon": _is_set, "tag": _text, "field": _text,
        },
        "calls": {"whose": _one_of(_WHOSE)},
        "robots": {
            "search": _text, "state": _one_of(_STATES), "account": _text, "model": _text, "rom": _text, "skill": _text,
            "version": _text, "faults": _is_set, "look": _is_set,
        },
    }
)  # fmt: skip
"""List -> parameter of its address -> whether it takes a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSaid:
    """What a view `of` a list holds. `filters`: {parameter of the list's address: value}.

    `sort`: as in the address, `-arr` is falling. `columns`: names in their order, `field:` and an id for a field of
    one's own; empty: those that the list has.
    """

    of: ListName
    filters: Mapping[str, str]
    sort: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SavedView:
    """`owner`: the name of who saved it; `own`: that is the caller. `address`: the page that shows it."""

    id: int
    of: ListName
    name: str
    owner: str
    own: bool
    shared: bool
    filters: dict[str, str]
    sort: str
    columns: list[str]
    address: str
    changed_at: str


def checked(said: ViewSaid) -> ViewSaid:
    """The same with nothing empty in it. Pure. Raises Refusal for what the list does not take."""
    known = FILTERS[said.of]
    filters: dict[str, str] = {}
    for name, value in said.filters.items():
        if name not in known:
            raise Refusal(*none_of(name, known), "unprocessable")
        bare = taken(name, value, _VALUE_MAX_CHARS, may_be_empty=True)
        if bare and not known[name](bare):
            reason = Sentence("{name}: the list takes no {bare!r}", name=name, bare=bare[:40])
            raise Refusal(reason, "narrow the list on its page, and save that", "unprocessable")
        if bare:
            filters[name] = bare
    sorts = SORTS if said.of == "accounts" else ()
    if said.sort and said.sort.removeprefix("-") not in sorts:
        raise Refusal(*none_of(said.sort, sorts or ("nothing: this list has one order",)), "unprocessable")
    return ViewSaid(of=said.of, filters=filters, sort=said.sort, columns=_columns(said))


def _columns(said: ViewSaid) -> tuple[str, ...]:
    shown = COLUMNS_SHOWN if said.of == "accounts" else ()
    for name in said.columns:
        of_field = said.of == "accounts" and name.startswith(FIELD)
        if not of_field and name not in shown:
            raise Refusal(*none_of(name, shown or ("nothing: this list has its columns",)), "unprocessable")
        taken("columns", name, _VALUE_MAX_CHARS)
    if len(said.columns) > COLUMNS_MAX:
        raise Refusal(
            Sentence("{count} columns are more than {columns_max}", count=len(said.columns), columns_max=COLUMNS_MAX),
            "leave some away",
            "unprocessable",
        )
    return tuple(dict.fromkeys(said.columns))


def address_of(view: int, said: ViewSaid) -> str:
    """The page that shows the view: its parameters as a person would have chosen them, and which view that is. Pure."""
    query = dict(said.filters)
    if said.sort:
        query["sort"] = said.sort
    if said.columns:
        query["columns"] = ",".join(said.columns)
    return f"{PATHS[said.of]}?{urlencode(query | {'view': view})}"


def page(
    connection: Connection, owner: int, lists: Sequence[ListName], *, limit: int, cursor: str | None
) -> Page[SavedView]:
    """What is shared and what is the owner's own, the newest first. Raises BadCursor."""
    c = saved_view.c
    query = select(saved_view).where(
        c.deleted_at.is_(None), c.list.in_(lists), or_(c.owner == owner, c.shared.is_(True))
    )
    rows, following = newest_first(connection, query, c.id, limit, cursor)
    return Page([_shown(row, owner) for row in rows], following)


def one(connection: Connection, view: int, owner: int, *, deleted: bool = False) -> SavedView | None:
    """As this owner sees it; None: there is none, or it is somebody's own."""
    c = saved_view.c
    query = select(saved_view).where(
        c.id == view, or_(c.owner == owner, c.shared.is_(True)),
        c.deleted_at.is_not(None) if deleted else c.deleted_at.is_(None),
    )  # fmt: skip
    row = connection.execute(query).one_or_none()
    return None if row is None else _shown(row, owner)


def count(connection: Connection, owner: int) -> int:
    c = saved_view.c
    query = select(func.count()).select_from(saved_view).where(and_(c.owner == owner, c.deleted_at.is_(None)))
    return int(connection.execute(query).scalar_one())


def is_taken(connection: Connection, view: int, *, but: int | None = None, name: str | None = None) -> bool:
    """Whether the owner of this view has another of its list by that name, or (None) by its own."""
    c = saved_view.c
    row = connection.execute(select(saved_view).where(c.id == view)).one()
    return has_name(connection, row.owner, row.list, row.name if name is None else name, but=but)


def has_name(connection: Connection, owner: int, of_list: ListName, name: str, *, but: int | None = None) -> bool:
    c = saved_view.c
    query = select(c.id).where(c.owner == owner, c.list == of_list, c.name == name, c.deleted_at.is_(None))
    return any(found != but for found in connection.execute(query).scalars())


def add(
    connection: Connection, name: str, said: ViewSaid, owner: int, owner_name: str, *, shared: bool, now_s: int
) -> int:
    """Its id. `said` was checked."""
    row: dict[str, Any] = {
        "name": name,
        "owner": owner,
        "owner_name": owner_name,
        "shared": shared,
        "changed_at": now_s,
    }
    made = connection.execute(insert(saved_view).values(**row, **_written(said)).returning(saved_view.c.id))
    return int(made.scalar_one())


def change(connection: Connection, view: int, now_s: int, said: ViewSaid | None = None, **values: Any) -> None:
    """`values`: columns of the table. `said` None: what it holds stays."""
    held = {} if said is None else _written(said)
    connection.execute(update(saved_view).where(saved_view.c.id == view).values(changed_at=now_s, **values, **held))


def _written(said: ViewSaid) -> dict[str, Any]:
    return {
        "list": said.of, "filters": json.dumps(dict(said.filters), ensure_ascii=False), "sort": said.sort,
        "columns": json.dumps(said.columns, ensure_ascii=False),
    }  # fmt: skip


def _shown(row: Any, owner: int) -> SavedView:
    filters, columns = json.loads(row.filters), json.loads(row.columns)
    said = ViewSaid(of=row.list, filters=filters, sort=row.sort, columns=tuple(columns))
    return SavedView(
        row.id, row.list, row.name, row.owner_name, row.owner == owner, bool(row.shared), filters, row.sort, columns,
        address_of(row.id, said), days.rfc3339(row.changed_at),
    )  # fmt: skip
