"""collector view: saved views of the lists of accounts, calls and robots."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import click

from collector.commands.door import Door, door_options
from collector.commands.options import Choice, Number
from collector.operations import saved_views as operations
from collector.operations.saved_views import ChangeView, ListViews, SaveView
from collector.success.saved_views import LISTS, ListName, ViewSaid

_ID = click.argument("view", type=Number(1, 10**12), metavar="ID")


@click.group(
    epilog=(
        "\b\n"
        'collector view save accounts "Red, large" \\\n'
        '  "/accounts?band=red&sort=-arr" --shared\n'
        "collector view list\n"
        'collector view rename 7 "Red accounts"\n'
        "collector view delete 7"
    )
)
def view() -> None:
    """Save a list as it is narrowed and sorted, open it again, share it."""


@view.command(name="list")
@click.option("--of", type=Choice(LISTS), help="Only of this list.")
@click.option("--limit", type=Number(1, 1000), default=50, show_default=True)
@door_options
def list_views(door: Door, of: ListName | None, limit: int) -> None:
    """List one's own and the shared ones, the newest first."""
    query = {"of": of, "limit": limit}
    found = door.ask(operations.list_views, ListViews(of=of, limit=limit), "GET", "/views", query=query)
    door.say(found, "\n".join(_line(one) for one in found["items"]) or "no saved views")


@view.command(name="show")
@_ID
@door_options
def show_view(door: Door, view: int) -> None:
    """Say what one holds, and the address that opens it."""
    found = door.ask(operations.view_of, view, "GET", f"/views/{view}")
    door.say(found, _line(found))


@view.command(name="save")
@click.argument("of", metavar="LIST", type=Choice(LISTS))
@click.argument("name")
@click.argument("address", default="")
@click.option("--shared", is_flag=True, help="For everybody inside; default: for oneself.")
@door_options
def save_view(door: Door, of: ListName, name: str, address: str, *, shared: bool) -> None:
    """Save what the ADDRESS of the list's page says (accounts, calls or robots) under a name."""
    said = _said(of, address)
    body = {"of": of, "name": name, "filters": dict(said.filters), "sort": said.sort,
            "columns": list(said.columns), "shared": shared}  # fmt: skip
    wanted = SaveView(name=name, said=said, shared=shared)
    done = door.ask(operations.save_view, wanted, "POST", "/views", body=body)
    door.say(done, f"view {done['id']} is saved: {done['address']}")


@view.command(name="rename")
@_ID
@click.argument("name")
@door_options
def rename_view(door: Door, view: int, name: str) -> None:
    """Give one another name."""
    done = _change(door, ChangeView(view=view, name=name), {"name": name})
    door.say(done, f"view {view} is called {done['name']}")


@view.command(name="share")
@_ID
@click.option("--undo", is_flag=True, help="Only its owner finds it.")
@door_options
def share_view(door: Door, view: int, *, undo: bool) -> None:
    """Let everybody inside find one; each sees in it what they may see."""
    done = _change(door, ChangeView(view=view, shared=not undo), {"shared": not undo})
    door.say(done, f"view {view} is {'its owner’s own' if undo else 'shared'}")


@view.command(name="delete")
@_ID
@click.option("--undo", is_flag=True, help="It was not to be deleted.")
@door_options
def delete_view(door: Door, view: int, *, undo: bool) -> None:
    """Delete one."""
    if undo:
        done = door.ask(operations.restore_view, view, "POST", f"/views/{view}/restore")
    else:
        done = door.ask(operations.delete_view, view, "DELETE", f"/views/{view}")
    door.say(done, f"view {view} is {'back' if undo else 'deleted'}")


def _change(door: Door, wanted: ChangeView, body: dict[str, Any]) -> Any:
    return door.ask(operations.change_view, wanted, "PUT", f"/views/{wanted.view}", body=body)


def _said(of: ListName, address: str) -> ViewSaid:
    """What an address of the list's page says; which page of it, and of which view it was, is left away."""
    query = dict(parse_qsl(urlsplit(address).query))
    for name in ("view", "page", "cursor", "lang"):
        query.pop(name, None)
    columns = tuple(one for one in query.pop("columns", "").split(",") if one)
    return ViewSaid(of=of, sort=query.pop("sort", ""), columns=columns, filters=query)


def _line(one: dict[str, Any]) -> str:
    whose = "shared by " if one["shared"] else "own of "
    return f"{one['id']}  {one['of']}  {one['name']}  {whose}{one['owner']}  {one['address']}"
