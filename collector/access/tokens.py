"""API tokens: made once and shown once; the store keeps only their SHA-256.

A token is 256 random bits, so a plain hash is enough: there is nothing to guess.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from collector.access.caller import Caller, Role
from collector.calendar import days
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.store.tables.fleet import account, api_token
from collector.values.refusal import Refused

PREFIX = "fw_"  # secret scanners and people recognise it
ALL = "all"
EXPIRES_DAYS_MIN, EXPIRES_DAYS_MAX = 1, 3660


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. `scope` is `all` or an account's id."""

    id: int
    name: str
    role: Role
    scope: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None


@dataclass(frozen=True, slots=True)
class NewToken:
    """`secret` is shown this once and never again."""

    token: ApiToken
    secret: str


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    connection: Connection,
    secret: str,
    *,
    name: str,
    role: Role,
    account_external_id: str | None,
    now_s: int,
    expires_days: int | None = None,
) -> NewToken | Refused:
    """Store the hash of `secret` (the caller's fresh randomness). A customer's token needs its account."""
    if (role is Role.CUSTOMER) != (account_external_id is not None):
        return Refused(
            "a customer's token belongs to one account, the other roles to none",
            "give --account with --role customer, and only then",
            "unprocessable",
        )
    if account_external_id is not None and account_id_of(connection, account_external_id) is None:
        return Refused(
            f"there is no account {account_external_id}", "create it first: POST /api/v1/accounts", "not_found"
        )
    expires_at = None if expires_days is None else now_s + expires_days * days.DAY_S
    values = {
        "hash": digest(secret),
        "name": name,
        "role": role.value,
        "scope": account_external_id or ALL,
        "created_at": now_s,
        "expires_at": expires_at,
    }
    made = connection.execute(insert(api_token).values(values).returning(api_token)).one()
    return NewToken(_token(made), secret)


def listed(connection: Connection) -> list[ApiToken]:
    """Every token, newest first, also revoked and expired ones."""
    return [_token(row) for row in connection.execute(select(api_token).order_by(api_token.c.id.desc()).limit(1000))]


def is_any(connection: Connection) -> bool:
    """Whether a token was ever made here."""
    return connection.execute(select(api_token.c.id).limit(1)).first() is not None


def revoke(connection: Connection, token_id: int, now_s: int) -> bool:
    """False when there is no such token. It stops working at once, sessions made from it too."""
    wanted = update(api_token).where(api_token.c.id == token_id)
    done = connection.execute(wanted.values(revoked_at=now_s).where(api_token.c.revoked_at.is_(None)))
    if done.rowcount:
        return True
    return connection.execute(select(api_token.c.id).where(api_token.c.id == token_id)).one_or_none() is not None


def caller_by_secret(connection: Connection, secret: str, now_s: int) -> Caller | None:
    return _caller(connection, select(api_token).where(api_token.c.hash == digest(secret)), now_s)


def caller_by_id(connection: Connection, token_id: int, now_s: int) -> Caller | None:
    """The caller of a session: its token must still be good."""
    return _caller(connection, select(api_token).where(api_token.c.id == token_id), now_s)


def _caller(connection: Connection, query: Any, now_s: int) -> Caller | None:
    row = connection.execute(query).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now_s):
        return None
    role = Role(row.role)
    if role is not Role.CUSTOMER:
        return Caller(row.id, row.name, role, EVERYTHING, token_hash=row.hash)
    found = connection.execute(select(account.c.id).where(account.c.external_id == row.scope)).scalar_one_or_none()
    return None if found is None else Caller(row.id, row.name, role, Scope(found), row.scope, row.hash)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        row.id,
        row.name,
        Role(row.role),
        row.scope,
        days.rfc3339(row.created_at),
        None if row.expires_at is None else days.rfc3339(row.expires_at),
        None if row.revoked_at is None else days.rfc3339(row.revoked_at),
    )
