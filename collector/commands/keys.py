"""collector token create | list | revoke, and collector store migrate | check | copy"""

from typing import Any

import click

from collector.access.caller import Role
from collector.commands.door import Door, door_options, own_stores_options, plain, store_options
from collector.commands.options import Choice
from collector.operations import stores, tokens
from collector.values.paging import LIMIT_MAX


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that people and programs sign in with."""


@token.command(
    name="create",
    epilog=(
        "\b\n"
        "admin      everything, also tokens\n"
        "staff      reads everything; writes accounts, deployments, history, wishes\n"
        "reader     reads everything: for Grafana, a spreadsheet, another system\n"
        "customer   reads what one account's robots did on the days they were with it"
    ),
)
@click.option(
    "--role",
    type=Choice([role.value for role in Role]),
    required=True,
    metavar="ROLE",
    help=f"What it may do: {', '.join(Role)}.",
)
@click.option("--name", required=True, metavar="X", help="Who or what uses it; shown in the list.")
@click.option("--account", metavar="A", help="The account's id; with --role customer only.")
@click.option("--expires-days", type=int, metavar="N", help="Default: never.")
@door_options
def create_token(door: Door, role: str, **wanted: Any) -> None:
    """Make a token and print it this once; only its hash is kept."""
    request = tokens.CreateToken(role=Role(role), **wanted)
    made = door.ask(tokens.create_token, request, "POST", "/tokens", body={"role": role, **wanted})
    door.say(made, made["secret"])
    if not door.as_json:
        click.echo(f"token {made['token']['id']}, role {role}: keep it now, it is not shown again", err=True)


@token.command(name="list")
@door_options
def list_tokens(door: Door) -> None:
    """List all tokens, without their secrets."""
    page = door.every(tokens.list_tokens, tokens.ListTokens(limit=LIMIT_MAX), "/tokens", {})
    line = "{:>5}  {:<9} {:<20} {:<20} {}"
    lines = [line.format("id", "role", "scope", "name", "state")]
    lines += [line.format(one["id"], one["role"], one["scope"], one["name"], _state(one)) for one in page["items"]]
    door.say(page, "\n".join(lines) if page["items"] else "no token yet: make one with `collector token create`")


def _state(one: dict[str, Any]) -> str:
    if one["revoked_at"]:
        return f"revoked {one['revoked_at']}"
    return f"until {one['expires_at']}" if one["expires_at"] else "no end"


@token.command(name="revoke")
@click.argument("number", type=int)
@door_options
def revoke_token(number: int, door: Door) -> None:
    """Revoke the token with this number. It stops working at once, and so do sessions that were opened with it."""
    door.ask(tokens.revoke_token, number, "DELETE", f"/tokens/{number}")
    door.say({"revoked": number}, f"token {number} is revoked")


@click.group()
def store() -> None:
    """Look after the database."""


@store.command(name="migrate")
@store_options
def migrate(door: Door) -> None:
    """Create the store, or bring its schema up to this release. `collector serve` does the same at its start."""
    door.do(stores.migrate_store, None)
    door.say({"migrated": True}, "the store has this release's schema")


@store.command(name="check")
@store_options
def check(door: Door) -> None:
    """Read the whole store once: its schema, the database's own check (SQLite), how much is in it."""
    found = door.do(stores.check_store, None)
    text = "{database}: schema current, integrity {integrity}, {robots} robots, {robot_days} robot-days"
    door.say(plain(found), text.format(**plain(found)))


@store.command(
    epilog=(
        "\b\n"
        "collector store copy sqlite:///fleet.db postgresql://fleet@db/fleet\n"
        "collector store copy postgresql://fleet@db/fleet sqlite:///fleet.db\n"
        "collector store copy --views-only sqlite:///fleet.db sqlite:///bi.db"
    )
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--views-only", is_flag=True, help="Only the SQL views, into a new SQLite file: for BI, no secrets.")
@own_stores_options
def copy(source: str, target: str, door: Door, *, views_only: bool) -> None:
    """Copy a whole store into a new file or an empty database, and compare the two.

    Stop the collectors of FROM first. What was killed goes on when the same command is given again; until it has
    ended nothing else opens TO.
    """
    if views_only:
        made = plain(door.do(stores.copy_views, stores.CopyStore(source=source, target=target)))
        door.say(made, "\n".join(f"{name:<24} {rows:>12}" for name, rows in made["rows"].items()))
        return
    done = plain(door.do(stores.copy_store, stores.CopyStore(source=source, target=target)))
    lines = [f"{name:<24} {rows:>12}" for name, rows in done["rows"].items() if rows]
    lines += [f"left out, not a table of this release: {name}" for name in done["left_out"]]
    rows, values = sum(done["rows"].values()), sum(done["counted"].values())
    lines.append(
        f"equal: {rows} rows of {len(done['rows'])} tables, {done['now']} of them copied now; "
        f"{len(done['counted'])} counters add up to {values} on both sides"
    )
    door.say(done, "\n".join(lines))
