"""Who is signed in to the pages: sessions are begun, found, listed and ended."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import tokens, web_sessions
from collector.access.caller import ADMINS, Caller, Role
from collector.access.web_sessions import WebSession
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.values.refusal import Refused

_OVER = Refused("this session is over", "sign in again", "not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSession:
    """`nonce` is fresh randomness, known to the browser alone."""

    token: int
    nonce: str
    address: str
    expires_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShown:
    """What a signed cookie says."""

    token: int
    nonce: str


@operation(roles=ADMINS, writes=True)
def begin_session(context: Context, wanted: BeginSession) -> Done:
    """Asked by the process itself, for whoever showed a good token."""

    def change(connection: Connection) -> Done:
        web_sessions.begin(
            connection, wanted.token, wanted.nonce, wanted.address, now_s=context.now_s(), expires_s=wanted.expires_s
        )
        return Done()

    return context.write(change)


@operation(roles=ADMINS)
def caller_of_session(context: Context, shown: SessionShown) -> Caller | Refused:
    """Who opened it, while neither it nor its token has ended. Asked by the process itself."""

    def read(connection: Connection) -> Caller | None:
        now_s = context.now_s()
        if not web_sessions.stands(connection, shown.token, shown.nonce, now_s):
            return None
        return tokens.caller_by_id(connection, shown.token, now_s)

    return context.read(read) or _OVER


@operation()
def list_sessions(context: Context, _: None) -> list[WebSession]:
    """Sessions that stand, newest first: all of them for an admin, those of the caller's own token for others."""
    return context.read(lambda connection: web_sessions.listed(connection, _whose(context), context.now_s()))


@operation(writes=True)
def end_session(context: Context, session: int) -> Done:
    """It is over at once. An admin ends any, others those of their own token."""

    def change(connection: Connection) -> Done | Refused:
        if web_sessions.end(connection, session, _whose(context)):
            return Done()
        return Refused(f"there is no session {session}", "list them: GET /api/v1/sessions", "not_found")

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def sign_out(context: Context, nonce: str) -> Done:
    """Asked by the process itself, for the browser that holds the session."""

    def change(connection: Connection) -> Done:
        web_sessions.end_of_nonce(connection, nonce)
        return Done()

    return context.write(change)


def _whose(context: Context) -> int | None:
    return None if context.caller.role is Role.ADMIN else context.caller.token_id
