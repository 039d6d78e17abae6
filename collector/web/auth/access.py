"""Who is asking: a bearer token, or the signed session of somebody who signed in. Sign-in and sign-out.

A session's POST carries its CSRF token (form field `csrf` or header X-CSRF-Token); a bearer needs none, because
no browser sends it by itself. What fails is one answer, never a hint whether a token exists.
"""

import logging
import secrets
from typing import TypeVar

from aiohttp import web

from collector.access.caller import Caller
from collector.access.web_sessions import Holder
from collector.errors import StoreAway
from collector.operations import sessions as of_sessions
from collector.operations import tokens
from collector.operations.operation import Operation
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence
from collector.web.auth import addresses, sessions
from collector.web.errors import Forbidden, TooManyRequests, Unauthenticated, problem_of
from collector.web.parts import GUESS_THROTTLE, PARTS, PROXIES, SESSION_KEY, SIGN_IN_THROTTLE, Parts

P = TypeVar("P")
log = logging.getLogger(__name__)
PREFIX_CHARS = 8  # of a wrong token: enough to tell a mistyped one from another's
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REMEDY = Remedy("send `Authorization: Bearer <token>`; have one made by an admin", "token create")


async def session_key(parts: Parts) -> bytes:
    """The key that signs sessions. Raises StoreAway."""
    answer = await parts.do(tokens.key_of_sessions, parts.context, None)
    if isinstance(answer, Refused):
        raise StoreAway(str(answer))
    return answer


async def _known(request: web.Request, operation: Operation[P, Caller], shown: P) -> Caller | None:
    """The caller that the process itself finds for what was shown; None: nobody."""
    parts = request.app[PARTS]
    answer = await parts.do(operation, parts.context, shown)
    if not isinstance(answer, Refused):
        return answer
    if answer.kind == "not_found":
        return None
    raise problem_of(answer)


async def caller_of(request: web.Request) -> Caller:
    """The caller of an API request. Raises Unauthenticated, Forbidden (no CSRF token)."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind:
        if kind.lower() != "bearer":
            raise Unauthenticated("only bearer tokens are understood", _REMEDY)
        found = await _known(request, tokens.caller_of_secret, secret.strip())
        if found is None:
            raise Unauthenticated("this token is unknown, expired or revoked", _REMEDY)
        return found.at(address_of(request))
    signed_in = await visitor_of(request)
    if signed_in is None:
        raise Unauthenticated("no token was sent", _REMEDY)
    caller, session = signed_in
    if request.method not in _SAFE:
        require_csrf(request, session, request.headers.get("X-CSRF-Token", ""))
    return caller


async def visitor_of(request: web.Request) -> tuple[Caller, sessions.Session] | None:
    """Whoever is signed in with this browser, if anybody."""
    parts = request.app[PARTS]
    session = sessions.read(request.cookies.get(sessions.COOKIE, ""), request.app[SESSION_KEY], parts.now_s())
    if session is None:
        return None
    shown = of_sessions.SessionShown(holder=_holder(session), nonce=session.nonce)
    caller = await _known(request, of_sessions.caller_of_session, shown)
    if caller is None or not sessions.proves(session, caller.stamp, request.app[SESSION_KEY]):
        return None
    return caller.at(address_of(request)), session


def _holder(session: sessions.Session) -> Holder:
    return Holder(person=session.person_id) if session.person_id else Holder(token=session.token_id)


def address_of(request: web.Request) -> str:
    """Where the request comes from, behind proxies of ours too."""
    trusted = request.app[PROXIES]
    return addresses.client_of(request.remote or "", request.headers.getall("X-Forwarded-For", ()), trusted)


def require_csrf(request: web.Request, session: sessions.Session, given: str) -> None:
    if not sessions.csrf_matches(given, session, request.app[SESSION_KEY]):
        raise Forbidden("the form's CSRF token is missing or old", "open the page again and repeat the step")


async def sign_in(request: web.Request, secret: str, response: web.StreamResponse) -> Caller | None:
    """Exchange a token for a session cookie on `response`. None: no such token. Raises TooManyRequests."""
    caller = await _known(request, tokens.caller_of_secret, secret)
    if caller is None:
        _failed(request, address_of(request), secret)
        return None
    return await begin(request, Holder(token=caller.token_id), response)


async def begin(request: web.Request, holder: Holder, response: web.StreamResponse) -> Caller:
    """A new session for whoever proved to be that holder, with its cookie on `response`.

    Whoever was signed in with this browser is not any more: a session that somebody planted here is worth nothing.
    """
    parts = request.app[PARTS]
    key, nonce, address = request.app[SESSION_KEY], secrets.token_hex(16), address_of(request)
    expires_s = parts.now_s() + sessions.SESSION_S
    before = sessions.read(request.cookies.get(sessions.COOKIE, ""), key, parts.now_s())
    begun = of_sessions.BeginSession(
        holder=holder, nonce=nonce, address=address, expires_s=expires_s,
        instead_of=None if before is None else before.nonce,
    )  # fmt: skip
    caller = await parts.do(of_sessions.begin_session, parts.context, begun)
    if isinstance(caller, Refused):
        raise problem_of(caller)
    proof = sessions.proof_of(caller.stamp, nonce, key)
    session = sessions.Session(holder.token or 0, expires_s, nonce, proof, holder.person or 0)
    response.set_cookie(
        sessions.COOKIE,
        sessions.write(session, key),
        max_age=sessions.SESSION_S,
        httponly=True,
        samesite="Strict",
        secure=parts.context.settings.secure_cookies or request.secure,
        path="/",
    )
    log.info("signed in", extra={"action": "signed_in", "who": caller.name, "role": caller.role.value})
    return caller


def _failed(request: web.Request, address: str, secret: str) -> None:
    """Book a wrong token. Raises TooManyRequests. A right one never comes here: nobody is locked out by others."""
    now_s, client = request.app[PARTS].monotonic(), addresses.throttled_by(address)
    kept = ((request.app[SIGN_IN_THROTTLE], f"{client} {secret[:PREFIX_CHARS]}"), (request.app[GUESS_THROTTLE], client))
    wait_s = max(throttle.wait_s(key, now_s) for throttle, key in kept)
    if wait_s:
        raise TooManyRequests(
            "too many attempts from this address",
            Sentence("wait {seconds} seconds and try again", seconds=round(wait_s)),
        )
    for throttle, key in kept:
        throttle.failed(key, now_s)
    log.warning("sign-in refused", extra={"action": "sign_in_refused", "address": address})


async def sign_out(request: web.Request, session: sessions.Session | None, response: web.StreamResponse) -> None:
    """The session ends here, at the server; the browser forgets its cookie."""
    parts = request.app[PARTS]
    if session is not None:
        refused = await parts.do(of_sessions.sign_out, parts.context, session.nonce)
        if isinstance(refused, Refused):
            raise problem_of(refused)
    response.del_cookie(sessions.COOKIE, path="/", httponly=True, samesite="Strict")
