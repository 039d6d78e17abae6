"""API tokens: made once and shown once; the store keeps only their SHA-256.

A token is 256 random bits, so a plain hash is enough: there is nothing to guess. One that a person made is that
person's: it ends when the person is disabled, sees what the person sees, and is never above the person's roles.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from collector.access import people
from collector.access.caller import OF_SOME_ACCOUNTS, Caller, Role
from collector.calendar import days
from collector.fleet.scope import EVERYTHING, Scope, account_id_of
from collector.store.lists import newest_first
from collector.store.tables.fleet import account, api_token
from collector.values.paging import Page
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

PREFIX = "fw_"  # secret scanners and people recognise it
ALL = "all"
EXPIRES_DAYS_MIN, EXPIRES_DAYS_MAX = 1, 3660


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret. `scope` is `all` or an account's id; `person` whose it is, null: nobody's."""

    id: int
    name: str
    role: Role
    scope: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    person: int | None = None


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
    person_id: int | None = None,
) -> NewToken | Refused:
    """Store the hash of `secret` (the caller's fresh randomness). A customer's token needs its account."""
    sees_some = role is Role.CUSTOMER or (role in OF_SOME_ACCOUNTS and person_id is None)
    if sees_some != (account_external_id is not None):
        return Refused(
            "a customer's token belongs to one account, the other roles to none",
            "name an account with the role customer, and only then",
            "unprocessable",
        )
    if account_external_id is not None and account_id_of(connection, account_external_id) is None:
        return Refused(
            Sentence("there is no account {account_external_id}", account_external_id=account_external_id),
            Remedy("create it first", "import accounts", "POST /api/v1/accounts"),
            "not_found",
        )
    expires_at = None if expires_days is None else now_s + expires_days * days.DAY_S
    values = {
        "hash": digest(secret),
        "name": name,
        "role": role.value,
        "scope": account_external_id or ALL,
        "created_at": now_s,
        "expires_at": expires_at,
        "person_id": person_id,
    }
    made = connection.execute(insert(api_token).values(values).returning(api_token)).one()
    return NewToken(_token(made), secret)


def listed(
    connection: Connection, person_id: int | None, *, revoked: bool, limit: int, cursor: str | None
) -> Page[ApiToken]:
    """Newest first, also expired ones and, with `revoked`, revoked ones; those of one person, or all (None)."""
    query = select(api_token)
    if person_id is not None:
        query = query.where(api_token.c.person_id == person_id)
    if not revoked:
        query = query.where(api_token.c.revoked_at.is_(None))
    rows, following = newest_first(connection, query, api_token.c.id, limit, cursor)
    return Page([_token(row) for row in rows], following)


def revoke(connection: Connection, token_id: int, person_id: int | None, now_s: int) -> bool:
    """False when there is no such token, or it is not that person's (None: anybody's).

    It stops working at once, sessions made from it too.
    """
    its = api_token.c.id == token_id
    if person_id is not None:
        its &= api_token.c.person_id == person_id
    wanted = update(api_token).where(its)
    done = connection.execute(wanted.values(revoked_at=now_s).where(api_token.c.revoked_at.is_(None)))
    if done.rowcount:
        return True
    return connection.execute(select(api_token.c.id).where(its)).one_or_none() is not None


def caller_by_secret(connection: Connection, secret: str, now_s: int) -> Caller | None:
    return _caller(connection, select(api_token).where(api_token.c.hash == digest(secret)), now_s)


def caller_by_id(connection: Connection, token_id: int, now_s: int) -> Caller | None:
    """The caller of a session: its token must still be good."""
    return _caller(connection, select(api_token).where(api_token.c.id == token_id), now_s)


def _caller(connection: Connection, query: Any, now_s: int) -> Caller | None:
    row = connection.execute(query).one_or_none()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now_s):
        return None
    role, scope, owner = Role(row.role), EVERYTHING, None
    if row.person_id is not None:
        owner = people.caller_of(connection, row.person_id)
        if owner is None:
            return None
        scope = owner.scope
    its_account = None if row.scope == ALL else row.scope
    if its_account is not None:
        found = connection.execute(select(account.c.id).where(account.c.external_id == row.scope)).scalar_one_or_none()
        if found is None:
            return None
        scope = Scope.of(found).within(scope)
    if owner is None:
        return Caller(row.id, row.name, role, scope, its_account, row.hash)
    return Caller(
        row.id, row.name, role, scope, its_account, f"{row.hash}{owner.stamp}", owner.person_id,
        limit=owner.holds, csm=owner.csm,
    )  # fmt: skip


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        row.id,
        row.name,
        Role(row.role),
        row.scope,
        days.rfc3339(row.created_at),
        None if row.expires_at is None else days.rfc3339(row.expires_at),
        None if row.revoked_at is None else days.rfc3339(row.revoked_at),
        row.person_id,
    )
