"""Saved views of the lists: of accounts, calls and robots, for oneself or for everybody inside.

What a view holds is no permission: it is opened with the rights of who opens it, and `mine` is the opener's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import ADMINS, INSIDE, SEES_FLEET, Caller
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.success import saved_views
from collector.success.saved_views import LISTS, OWN_MAX, ListName, SavedView, ViewSaid
from collector.values.paging import Page
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class ListViews:
    """`of` None: of every list that the caller may open."""

    of: ListName | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveView:
    name: str
    said: ViewSaid
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What is None stays."""

    view: int
    name: str | None = None
    shared: bool | None = None
    filters: Mapping[str, str] | None = None
    sort: str | None = None
    columns: tuple[str, ...] | None = None


@operation(roles=SEES_FLEET)
def list_views(context: Context, wanted: ListViews) -> Page[SavedView]:
    """The caller's own and the shared ones, newest first; none of a list that the caller may not open."""
    lists = [one for one in _lists_of(context.caller) if wanted.of in {None, one}]
    owner = _owner(context.caller)
    return context.read(
        lambda connection: saved_views.page(connection, owner, lists, limit=wanted.limit, cursor=wanted.cursor)
    )


@operation(roles=SEES_FLEET)
def view_of(context: Context, view: int) -> SavedView:
    """Refuses somebody's own as one that is not there."""
    return context.read(lambda connection: _visible(context, connection, view))


@operation(roles=SEES_FLEET, writes=True)
def save_view(context: Context, wanted: SaveView) -> SavedView:
    """Refuses a filter, an order or a column that the list does not take, and a name that the caller has there."""
    name, said = taken("name", wanted.name, NAME_MAX_CHARS), saved_views.checked(wanted.said)
    if said.of not in _lists_of(context.caller):
        raise Refusal(Sentence("you may not open the list of {of}", of=said.of), "save a view of robots", "forbidden")
    owner = _owner(context.caller)

    def change(connection: Connection) -> SavedView:
        if saved_views.has_name(connection, owner, said.of, name):
            raise _name_taken(name)
        if saved_views.count(connection, owner) >= OWN_MAX:
            raise Refusal(
                Sentence("you have {own_max} saved views", own_max=OWN_MAX),
                "delete one that you no longer open",
                "conflict",
            )
        key = saved_views.add(
            connection, name, said, owner, context.caller.name, shared=wanted.shared, now_s=context.now_s()
        )
        return _visible(context, connection, key)

    return context.write(change)


@operation(roles=SEES_FLEET, writes=True)
def change_view(context: Context, wanted: ChangeView) -> SavedView:
    """Rename it, share it or keep it to oneself, hold something else. Refuses who neither saved it nor is an admin."""

    def change(connection: Connection) -> SavedView:
        before = _changeable(context, connection, wanted.view)
        said = saved_views.checked(
            ViewSaid(
                of=before.of, filters=before.filters if wanted.filters is None else wanted.filters,
                sort=before.sort if wanted.sort is None else wanted.sort,
                columns=tuple(before.columns) if wanted.columns is None else wanted.columns,
            )
        )  # fmt: skip
        name = before.name if wanted.name is None else taken("name", wanted.name, NAME_MAX_CHARS)
        if saved_views.is_taken(connection, wanted.view, but=wanted.view, name=name):
            raise _name_taken(name)
        shared = before.shared if wanted.shared is None else wanted.shared
        saved_views.change(connection, wanted.view, context.now_s(), said, name=name, shared=shared)
        after = saved_views.one(connection, wanted.view, _owner(context.caller))
        return before if after is None else after  # an admin who unshares another's view sees it no longer

    return context.write(change)


@operation(roles=SEES_FLEET, writes=True)
def delete_view(context: Context, view: int) -> Done:
    """Refuses who neither saved it nor is an admin. restore_view undoes it."""

    def change(connection: Connection) -> Done:
        _changeable(context, connection, view)
        saved_views.change(connection, view, context.now_s(), deleted_at=context.now_s())
        return Done()

    return context.write(change)


@operation(roles=SEES_FLEET, writes=True)
def restore_view(context: Context, view: int) -> SavedView:
    """As it was before it was deleted. Refuses as delete_view, and a name that was given again since."""

    def change(connection: Connection) -> SavedView:
        found = _changeable(context, connection, view, deleted=True)
        if saved_views.is_taken(connection, view):
            raise _name_taken(found.name)
        saved_views.change(connection, view, context.now_s(), deleted_at=None)
        return _visible(context, connection, view)

    return context.write(change)


def _owner(caller: Caller) -> int:
    """A person's own tokens and browsers are one owner."""
    return -caller.person_id if caller.person_id is not None else caller.holder


def _lists_of(caller: Caller) -> tuple[ListName, ...]:
    return LISTS if caller.may(INSIDE) else ("robots",)


def _visible(context: Context, connection: Connection, view: int, *, deleted: bool = False) -> SavedView:
    """Raises Refusal."""
    found = saved_views.one(connection, view, _owner(context.caller), deleted=deleted)
    if found is None or found.of not in _lists_of(context.caller):
        raise Refusal(
            Sentence("there is no saved view {view}", view=view),
            Remedy("list them", "view list", "GET /api/v1/views"),
            "not_found",
        )
    return found


def _changeable(context: Context, connection: Connection, view: int, *, deleted: bool = False) -> SavedView:
    """Raises Refusal."""
    found = _visible(context, connection, view, deleted=deleted)
    if not found.own and not context.caller.may(ADMINS):
        raise Refusal(
            Sentence("{owner} saved this view", owner=found.owner), "save it under a name of your own", "forbidden"
        )
    return found


def _name_taken(name: str) -> Refusal:
    return Refusal(
        Sentence("you have a view of this list by the name {name}", name=name), "choose another name", "conflict"
    )
