"""API tokens: make, list and revoke them; whose a token or a session is."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import session_key, tokens
from collector.access.caller import ADMINS, Caller, Role
from collector.access.tokens import ApiToken, NewToken
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.values.refusal import Refusal, Refused
from collector.values.texts import NAME_MAX_CHARS, taken, within

_LIST = "list them: `collector token list`, or GET /api/v1/tokens"
_UNKNOWN = Refused(
    "this token is unknown, expired or revoked",
    "send `Authorization: Bearer <token>`; make one with `collector token create`",
    "not_found",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateToken:
    """`account`: whose customer's token it is, by its external id. `expires_days` None: never."""

    name: str
    role: Role
    account: str | None = None
    expires_days: int | None = None


@operation(roles=ADMINS)
def list_tokens(context: Context, _: None) -> list[ApiToken]:
    """Every token without its secret, newest first, also revoked and expired ones."""
    return context.read(tokens.listed)


@operation(roles=ADMINS, writes=True, makes_store=True)
def create_token(context: Context, wanted: CreateToken) -> NewToken:
    """Its secret is in this answer and never shown again. Refuses a customer's token without its account."""
    return context.write(lambda connection: _created(connection, wanted, context.now_s()))


@operation(roles=ADMINS, writes=True)
def first_token(context: Context, _: None) -> NewToken | None:
    """The token that a new store needs before anybody can sign in; None when the store has had one."""

    def change(connection: Connection) -> NewToken | Refused | None:
        if tokens.is_any(connection):
            return None
        return _created(connection, CreateToken(name="first", role=Role.ADMIN), context.now_s())

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def revoke_token(context: Context, token: int) -> Done:
    """It stops working at once, and so do the sessions that were opened with it."""

    def change(connection: Connection) -> Done | Refused:
        revoked = tokens.revoke(connection, token, context.now_s())
        return Done() if revoked else Refused(f"there is no token {token}", _LIST, "not_found")

    return context.write(change)


@operation(roles=ADMINS)
def caller_of_secret(context: Context, secret: str) -> Caller | Refused:
    """Who shows this secret. Asked by the process itself, before anybody is known."""
    return context.read(lambda connection: tokens.caller_by_secret(connection, secret, context.now_s())) or _UNKNOWN


@operation(roles=ADMINS, writes=True)
def key_of_sessions(context: Context, _: None) -> bytes:
    """The key that signs sessions, made once for all collectors on this store."""
    fresh = secrets.token_hex(32)
    try:
        return context.write(lambda connection: session_key.read_or_make(connection, fresh))
    except Refusal:  # another collector made it in the same moment: take that one
        return context.write(lambda connection: session_key.read_or_make(connection, fresh))


def _created(connection: Connection, wanted: CreateToken, now_s: int) -> NewToken | Refused:
    secret = tokens.PREFIX + secrets.token_urlsafe(32)
    name = taken("name", wanted.name, NAME_MAX_CHARS)
    if wanted.expires_days is not None:
        within("expires_days", wanted.expires_days, tokens.EXPIRES_DAYS_MIN, tokens.EXPIRES_DAYS_MAX)
    return tokens.create(
        connection, secret, name=name, role=wanted.role, account_external_id=wanted.account, now_s=now_s,
        expires_days=wanted.expires_days,
    )  # fmt: skip
