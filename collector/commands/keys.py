"""collector token create | list | revoke, and collector store migrate | check"""

import json
import secrets
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import func, select, text

from collector.access import tokens
from collector.access.caller import Role
from collector.commands.options import (
    answer,
    json_option,
    now_s,
    refuse,
    remote,
    remote_options,
    store_option,
    store_url,
)
from collector.store.engine import Store, open_reader, open_store
from collector.store.tables.fleet import robot, usage_day
from collector.values.refusal import Refused


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
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What it may do.")
@click.option("--name", required=True, metavar="X", help="Who or what uses it; shown in the list.")
@click.option("--account", metavar="A", help="The account's id; with --role customer only.")
@click.option("--expires-days", type=click.IntRange(1, 3660), metavar="N", help="Default: never.")
@store_option
@remote_options
@json_option
def create_token(
    role: str, name: str, account: str | None, expires_days: int | None,
    store: str | None, url: str | None, token: str | None, *, as_json: bool,
) -> None:  # fmt: skip
    """Make a token and print it this once; only its hash is kept."""
    if url is not None:
        body = {"name": name, "role": role, "account": account, "expires_days": expires_days}
        made: Any = remote(url, token, store).ask(
            "POST", "/tokens", body=json.dumps(body).encode(), kind="application/json"
        )
    else:
        made = _create(store_url(store), name, Role(role), account, expires_days)
    answer(made, made["secret"], as_json=as_json)
    if not as_json:
        click.echo(f"token {made['token']['id']}, role {role}: keep it now, it is not shown again", err=True)


def _create(store: str, name: str, role: Role, account: str | None, expires_days: int | None) -> dict[str, Any]:
    opened = open_store(store)
    try:
        with opened.write() as connection:
            made = tokens.create(
                connection,
                tokens.PREFIX + secrets.token_urlsafe(32),
                name=name,
                role=role,
                account_external_id=account,
                now_s=now_s(),
                expires_days=expires_days,
            )
    finally:
        opened.close()
    if isinstance(made, Refused):
        raise refuse(f"{made.reason}; {made.remedy}")
    return asdict(made)


@token.command(name="list")
@store_option
@remote_options
@json_option
def list_tokens(store: str | None, url: str | None, token: str | None, *, as_json: bool) -> None:
    """List all tokens, without their secrets."""
    if url is not None:
        found: list[dict[str, Any]] = remote(url, token, store).ask("GET", "/tokens")
    else:
        opened = open_reader(store_url(store))
        try:
            with opened.read() as connection:
                found = [asdict(one) for one in tokens.listed(connection)]
        finally:
            opened.close()
    line = "{:>5}  {:<9} {:<20} {:<20} {}"
    lines = [line.format("id", "role", "scope", "name", "state")]
    lines += [line.format(one["id"], one["role"], one["scope"], one["name"], _state(one)) for one in found]
    answer(
        found, "\n".join(lines) if found else "no token yet: make one with `collector token create`", as_json=as_json
    )


def _state(one: dict[str, Any]) -> str:
    if one["revoked_at"]:
        return f"revoked {one['revoked_at']}"
    return f"until {one['expires_at']}" if one["expires_at"] else "no end"


@token.command(name="revoke")
@click.argument("number", type=int)
@store_option
@remote_options
@json_option
def revoke_token(number: int, store: str | None, url: str | None, token: str | None, *, as_json: bool) -> None:
    """Revoke the token with this number. It stops working at once, and so do sessions that were opened with it."""
    if url is not None:
        remote(url, token, store).ask("DELETE", f"/tokens/{number}")
    else:
        opened = open_store(store_url(store))
        try:
            with opened.write() as connection:
                known = tokens.revoke(connection, number, now_s())
        finally:
            opened.close()
        if not known:
            raise refuse(f"there is no token {number}; see `collector token list`")
    answer({"revoked": number}, f"token {number} is revoked", as_json=as_json)


@click.group()
def store() -> None:
    """Look after the database."""


@store.command(name="migrate")
@store_option
@json_option
def migrate(store: str | None, *, as_json: bool) -> None:
    """Create the store, or bring its schema up to this release. `collector serve` does the same at its start."""
    opened = open_store(store_url(store))
    opened.close()
    answer({"migrated": True}, "the store has this release's schema", as_json=as_json)


@store.command(name="check")
@store_option
@json_option
def check(store: str | None, *, as_json: bool) -> None:
    """Read the whole store once: its schema, the database's own check (SQLite), how much is in it."""
    opened = open_reader(store_url(store))
    try:
        found = _checked(opened)
    finally:
        opened.close()
    if found["integrity"] != "ok":
        raise refuse(f"the database is damaged: {found['integrity']}; restore it from a backup, robots send the rest")
    text_ = "{database}: schema current, integrity {integrity}, {robots} robots, {robot_days} robot-days"
    answer(found, text_.format(**found), as_json=as_json)


def _checked(opened: Store) -> dict[str, Any]:
    with opened.read() as connection:
        if opened.dialect == "sqlite":
            version = f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar_one()}"
            integrity = str(connection.execute(text("PRAGMA quick_check")).scalar_one())
        else:
            version = str(connection.execute(text("SELECT version()")).scalar_one()).split(",")[0]
            integrity = "ok"  # PostgreSQL has no such command; its checksums are the server's setting
        return {
            "database": version,
            "integrity": integrity,
            "robots": connection.execute(select(func.count()).select_from(robot)).scalar_one(),
            "robot_days": connection.execute(select(func.count()).select_from(usage_day)).scalar_one(),
        }
