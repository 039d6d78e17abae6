"""collector sessions list | end"""

import click

from collector.commands.door import Door, door_options
from collector.operations import sessions as operations
from collector.values.paging import LIMIT_MAX


@click.group(epilog="\b\ncollector sessions list\ncollector sessions end 12")
def sessions() -> None:
    """The browsers that are signed in to the pages: see them, and end one at once."""


@sessions.command(name="list")
@door_options
def list_sessions(door: Door) -> None:
    """List who is signed in, newest first: with which token, from where, until when.

    With --url and the token of one who is no admin, the sessions of that token.
    """
    page = door.every(operations.list_sessions, operations.ListSessions(limit=LIMIT_MAX), "/sessions", {})
    line = "{id:>5}  {token:>5}  {name:<20} {address:<20} {created_at:<20} {expires_at}"
    heading = {
        "id": "id", "token": "token", "name": "name", "address": "from", "created_at": "since", "expires_at": "until",
    }  # fmt: skip
    lines = [line.format(**one) for one in (heading, *page["items"])]
    door.say(page, "\n".join(lines) if page["items"] else "nobody is signed in")


@sessions.command(name="end")
@click.argument("number", type=int)
@door_options
def end_session(number: int, door: Door) -> None:
    """End the session with this number: its browser is asked to sign in again. The token stays."""
    door.ask(operations.end_session, number, "DELETE", f"/sessions/{number}")
    door.say({"ended": number}, f"session {number} is ended")
