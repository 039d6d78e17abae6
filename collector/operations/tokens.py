"""API tokens: make, list and revoke them; whose a token or a session is."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import session_key, tokens
from collector.access.caller import ADMINS, EVERYONE, WHOSE_PORTAL, Caller, Role, rights_of
from collector.access.tokens import ApiToken, NewToken
from collector.context import Context
from collector.operations.operation import Done, account_row, operation
from collector.values.paging import Page
from collector.values.refusal import Refusal, Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, taken, within

_LIST = Remedy("list them", "token list", "GET /api/v1/tokens", "/me")
_UNKNOWN = Refused(
    "this token is unknown, expired or revoked",
    Remedy("send `Authorization: Bearer <token>`; have one made by an admin", "token create"),
    "not_found",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateToken:
    """`account`: whose customer's token it is, by its external id. `expires_days` None: never."""

    name: str
    role: Role
    account: str | None = None
    expires_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTokens:
    """`person`: of one person alone. `revoked`: also those that were."""

    limit: int
    person: int | None = None
    revoked: bool = True
    cursor: str | None = None


@operation(roles=EVERYONE)
def list_tokens(context: Context, wanted: ListTokens) -> Page[ApiToken]:
    """Without their secrets, newest first, also expired ones: all for an admin, the own for others."""
    whose = _whose(context)
    if wanted.person is not None:
        if whose is not None and whose != wanted.person:
            return Page([])
        whose = wanted.person
    return context.read(
        lambda connection: tokens.listed(
            connection, whose, revoked=wanted.revoked, limit=wanted.limit, cursor=wanted.cursor
        )
    )


@operation(roles=EVERYONE, writes=True, makes_store=True)
def create_token(context: Context, wanted: CreateToken) -> NewToken:
    """Its secret is in this answer and never shown again. What a person makes is that person's.

    Refuses a customer's token without its account, and a token above its maker: one that may do, or see, what its
    maker may not.
    """
    caller = context.caller
    if caller.token_id and not caller.may(ADMINS):
        raise Refusal(
            "a token makes no tokens, unless it is an admin's", "sign in with a password and make it there", "forbidden"
        )
    if not rights_of(frozenset({wanted.role})) <= caller.rights | WHOSE_PORTAL:
        held = ", ".join(sorted(role.value for role in caller.holds))
        raise Refusal(
            Sentence(
                "a token with the role {role} may do more than the role {held}", role=wanted.role.value, held=held
            ),
            "take a role that may do no more than your own",
            "forbidden",
        )

    def change(connection: Connection) -> NewToken | Refused:
        if wanted.account is not None and not caller.scope.is_everything:
            account_row(context, connection, wanted.account)
        return _created(connection, wanted, context.now_s(), caller.person_id)

    return context.write(change)


@operation(roles=EVERYONE, writes=True)
def revoke_token(context: Context, token: int) -> Done:
    """It stops working at once, and so do its sessions. An admin revokes any, others their own."""

    def change(connection: Connection) -> Done | Refused:
        revoked = tokens.revoke(connection, token, _whose(context), context.now_s())
        return Done() if revoked else Refused(Sentence("there is no token {token}", token=token), _LIST, "not_found")

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


def _whose(context: Context) -> int | None:
    """Whose tokens the caller knows of: everybody's (None), or the own ones. A token that is nobody's has none."""
    caller = context.caller
    return None if caller.may(ADMINS) else caller.person_id or 0


def _created(connection: Connection, wanted: CreateToken, now_s: int, person_id: int | None) -> NewToken | Refused:
    secret = tokens.PREFIX + secrets.token_urlsafe(32)
    name = taken("name", wanted.name, NAME_MAX_CHARS)
    if wanted.expires_days is not None:
        within("expires_days", wanted.expires_days, tokens.EXPIRES_DAYS_MIN, tokens.EXPIRES_DAYS_MAX)
    return tokens.create(
        connection, secret, name=name, role=wanted.role, account_external_id=wanted.account, now_s=now_s,
        expires_days=wanted.expires_days, person_id=person_id,
    )  # fmt: skip
