"""Saved views on the page of each list: open, save, rename, share, delete; each with its undo, without script."""

from collections.abc import Mapping
from typing import Any, get_args
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from collector.access.caller import ADMINS
from collector.language import saved_views as sentences
from collector.language.pages import Words
from collector.language.saved_views import ViewAct
from collector.operations import saved_views
from collector.operations.saved_views import ChangeView, ListViews, SaveView
from collector.success.saved_views import LISTS, PATHS, ListName, SavedView, ViewSaid
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import BadRequest
from collector.web.pages import told
from collector.web.pages.forms import fields_of_staff
from collector.web.pages.told import Toast, Undo

VIEWS_MAX = 200
_TEXT_MAX = 2_000  # of an address that is sent back
_ACTS: tuple[ViewAct, ...] = get_args(ViewAct)


def add_to(app: web.Application) -> None:
    """The addresses of these acts."""
    app.router.add_post("/acts/views/save", view_saved)
    app.router.add_post("/acts/views/rename", view_renamed)
    app.router.add_post("/acts/views/keep", view_kept)
    app.router.add_post("/acts/views/share", view_shared)
    app.router.add_post("/acts/views/delete", view_deleted)
    app.router.add_post("/acts/views/restore", view_restored)


async def shown(call: Call, words: Words, of: ListName, said: Mapping[str, str]) -> dict[str, Any]:
    """The views of a list that the caller finds. `said`: what the page's address says, with the `view` it began as."""
    found = (await call.do(saved_views.list_views, ListViews(of=of, limit=VIEWS_MAX))).items
    now = {name: text for name, text in said.items() if name != "view"}
    opened = next((one for one in found if str(one.id) == said.get("view")), None)
    changes = call.caller.may(ADMINS)
    rows = [_row(one, words, changes=changes, current=one == opened) for one in found]
    differs = opened is not None and _holds(opened) != now
    return {
        "list": of,
        "views": sorted(rows, key=lambda one: str(one["name"]).casefold()),
        "said": urlencode(now),
        "replaces": opened if opened is not None and differs and (opened.own or changes) else None,
        "open": "viewed" in told.of(call) or differs,
    }


def toast_of(call: Call, words: Words) -> Toast | None:
    """What the address says was done with a view, with its undo; None: nothing."""
    done = told.of(call)
    act = next((one for one in _ACTS if one == done.get("viewed")), None)
    key, name, before = (done.get(part, "") for part in ("of", "called", "before"))
    if act is None:
        return None
    undoes: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "saved": ("delete", []), "restored": ("delete", []), "deleted": ("restore", []),
        "renamed": ("rename", [("name", before)]), "kept": ("keep", [("said", before)]),
        "shared": ("share", [("shared", "")]), "unshared": ("share", [("shared", "1")]),
    }  # fmt: skip
    path, fields = undoes[act]
    given = [("view", key), *fields]
    undo = Undo(f"/acts/views/{path}", given, words("undo"))
    return done.toast(sentences.done(act, name, words.language), undo)


async def view_saved(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    of = next((one for one in LISTS if one == form.get("list")), None)
    if of is None:
        raise BadRequest("the form names no list", "send the page's own form")
    wanted = SaveView(name=form.get("name", ""), said=_said(of, form.get("said", "")), shared=bool(form.get("shared")))
    return _back(call, await call.do(saved_views.save_view, wanted), "saved")


async def view_renamed(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    view = _number(form)
    before = await call.do(saved_views.view_of, view)
    done = await call.do(saved_views.change_view, ChangeView(view=view, name=form.get("name", "")))
    return _back(call, done, "renamed", before.name)


async def view_kept(request: web.Request) -> web.StreamResponse:
    """It holds what the page shows now."""
    call, form = await fields_of_staff(request)
    view = _number(form)
    before = await call.do(saved_views.view_of, view)
    said = _said(before.of, form.get("said", ""))
    wanted = ChangeView(view=view, filters=said.filters, sort=said.sort, columns=said.columns)
    return _back(call, await call.do(saved_views.change_view, wanted), "kept", urlencode(_holds(before)))


async def view_shared(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    shared = bool(form.get("shared"))
    done = await call.do(saved_views.change_view, ChangeView(view=_number(form), shared=shared))
    return _back(call, done, "shared" if shared else "unshared")


async def view_deleted(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    view = _number(form)
    before = await call.do(saved_views.view_of, view)
    await call.do(saved_views.delete_view, view)
    return _back(call, before, "deleted")


async def view_restored(request: web.Request) -> web.StreamResponse:
    call, form = await fields_of_staff(request)
    return _back(call, await call.do(saved_views.restore_view, _number(form)), "restored")


def _row(one: SavedView, words: Words, *, changes: bool, current: bool) -> dict[str, Any]:
    own = words("view_shared_own" if one.shared else "view_own")
    return {
        "id": one.id, "name": one.name, "href": one.address, "shared": one.shared, "current": current,
        "changes": changes or one.own, "whose": own if one.own else sentences.shared_by(one.owner, words.language),
    }  # fmt: skip


def _holds(view: SavedView) -> dict[str, str]:
    """As the list's address says it."""
    held = dict(view.filters)
    if view.sort:
        held["sort"] = view.sort
    if view.columns:
        held["columns"] = ",".join(view.columns)
    return held


def _said(of: ListName, text: str) -> ViewSaid:
    query = dict(parse_qsl(text[:_TEXT_MAX]))
    columns = tuple(one for one in query.pop("columns", "").split(",") if one)
    return ViewSaid(of=of, sort=query.pop("sort", ""), columns=columns, filters=query)


def _back(call: Call, view: SavedView, act: ViewAct, before: str = "") -> web.StreamResponse:
    """To the list as the view shows it; without the view where that was deleted."""
    at = f"{PATHS[view.of]}?{urlencode(_holds(view))}" if act == "deleted" else view.address
    more = {"viewed": act, "of": str(view.id), "called": view.name, "before": before}
    raise web.HTTPSeeOther(told.at(call, f"{at}#saved", **more))


def _number(form: Mapping[str, str]) -> int:
    text = form.get("view", "")
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
        raise BadRequest("the form names no view", "send the page's own form")
    return int(text)
