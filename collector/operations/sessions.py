"""Who is signed in to the pages: sessions are begun, found, listed and ended."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access import audit, people, portal_use, tokens, web_sessions
from collector.access.caller import ADMINS, EVERYONE, Caller
from collector.access.web_sessions import Holder, WebSession
from collector.context import Context
from collector.operations.operation import Done, operation
from collector.values.paging import Page
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence

_OVER = Refused("this session is over", "sign in again", "not_found")


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSession:
    """`nonce` is fresh randomness, known to the browser alone. `instead_of`: the nonce of one that ends with this."""

    holder: Holder
    nonce: str
    address: str
    expires_s: int
    instead_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionShown:
    """What a signed cookie says."""

    holder: Holder
    nonce: str


@operation(roles=ADMINS, writes=True)
def begin_session(context: Context, wanted: BeginSession) -> Caller | Refused:
    """Asked by the process itself, for whoever proved a token or a person. Who that is; refuses one that has ended."""

    def change(connection: Connection) -> Caller | Refused:
        now_s = context.now_s()
        caller = _holder(connection, wanted.holder, now_s)
        if caller is None:
            return _OVER
        if wanted.instead_of is not None:
            web_sessions.end_of_nonce(connection, wanted.instead_of)
        web_sessions.begin(
            connection, wanted.holder, wanted.nonce, wanted.address, now_s=now_s, expires_s=wanted.expires_s
        )
        audit.note(connection, caller.at(wanted.address), "signed_in", {}, now_s)
        if portal_use.is_customers(caller):
            portal_use.note(connection, caller, caller.scope.accounts or (), "signed_in", context.today())
        return caller

    return context.write(change)


@operation(roles=ADMINS)
def caller_of_session(context: Context, shown: SessionShown) -> Caller | Refused:
    """Who opened it, while neither it nor its holder has ended. Asked by the process itself."""

    def read(connection: Connection) -> Caller | None:
        now_s = context.now_s()
        if not web_sessions.stands(connection, shown.holder, shown.nonce, now_s):
            return None
        return _holder(connection, shown.holder, now_s)

    return context.read(read) or _OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSessions:
    """`person`: of one person alone."""

    limit: int
    person: int | None = None
    cursor: str | None = None


@operation(roles=EVERYONE)
def list_sessions(context: Context, wanted: ListSessions) -> Page[WebSession]:
    """Sessions that stand, newest first: all of them for an admin, the caller's own for others."""
    whose = _whose(context)
    if wanted.person is not None:
        asked = Holder(person=wanted.person)
        if whose is not None and whose != asked:
            return Page([])
        whose = asked
    return context.read(
        lambda connection: web_sessions.listed(
            connection, whose, context.now_s(), limit=wanted.limit, cursor=wanted.cursor
        )
    )


@dataclass(frozen=True, slots=True)
class OwnSession:
    """The id of the session that a browser holds; None: it holds none."""

    id: int | None


@operation(roles=EVERYONE)
def own_session(context: Context, nonce: str) -> OwnSession:
    """Which session of the list this browser holds."""
    return context.read(lambda connection: OwnSession(web_sessions.id_of_nonce(connection, nonce)))


@operation(roles=EVERYONE, writes=True)
def end_session(context: Context, session: int) -> Done:
    """It is over at once. An admin ends any, others their own."""

    def change(connection: Connection) -> Done | Refused:
        if web_sessions.end(connection, session, _whose(context)):
            return Done()
        return Refused(
            Sentence("there is no session {session}", session=session),
            Remedy("list them", "sessions list", "GET /api/v1/sessions", "/me"),
            "not_found",
        )

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def sign_out(context: Context, nonce: str) -> Done:
    """Asked by the process itself, for the browser that holds the session."""

    def change(connection: Connection) -> Done:
        web_sessions.end_of_nonce(connection, nonce)
        return Done()

    return context.write(change)


def _holder(connection: Connection, holder: Holder, now_s: int) -> Caller | None:
    if holder.person is not None:
        return people.caller_of(connection, holder.person)
    return None if holder.token is None else tokens.caller_by_id(connection, holder.token, now_s)


def _whose(context: Context) -> Holder | None:
    return None if context.caller.may(ADMINS) else Holder.of(context.caller)
