"""Signing in with a company's account: OpenID Connect with PKCE, as the setting `oidc_issuer` names it.

What passes between leaving and coming back stands in a signed cookie of ten minutes. The answer's state, the token's
nonce and the code's verifier are all of it. A company's sign-in counts as both factors.
"""

import base64
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import orjson
from aiohttp import web

from collector.access import id_tokens
from collector.access.id_tokens import ProvedIdentity
from collector.calendar.days import HOUR_S, MINUTE_S
from collector.config import Settings, is_safe_address
from collector.web.auth import sessions
from collector.web.parts import PARTS, SESSION_KEY

log = logging.getLogger(__name__)
BACK = "/sign-in/company/return"
COOKIE = "fleetward-company"
AWAY_S = 10 * MINUTE_S
ANSWERS_S = 10.0
ANSWER_MAX_BYTES = 256 * 1024
KEPT_S = HOUR_S
ASK_AGAIN_S = 60.0  # for keys, where a token names an unknown one


class CompanyFailed(Exception):
    """The company's sign-in proved nothing; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Away:
    """What we remember of a browser that is at the company. `person`: who links the account; 0: somebody signs in."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    person: int
    expires_s: int


@dataclass
class Company:
    """What the issuer says of itself, and its keys, while they are fresh."""

    about: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    about_until: float = 0.0
    keys_until: float = 0.0
    keys_asked: float = float("-inf")


COMPANY = web.AppKey("company", Company)


def is_there(settings: Settings) -> bool:
    return bool(settings.oidc_issuer and settings.oidc_client_id)


async def leave(request: web.Request, wanted: str, person: int) -> web.Response:
    """On to the company. Raises CompanyFailed when it does not answer."""
    parts = request.app[PARTS]
    settings = parts.context.settings
    about = await _about(request)
    away = Away(
        secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), wanted, person,
        parts.now_s() + AWAY_S,
    )  # fmt: skip
    challenge = base64.urlsafe_b64encode(hashlib.sha256(away.verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code", "client_id": settings.oidc_client_id, "scope": "openid", "state": away.state,
        "nonce": away.nonce, "redirect_uri": settings.address_of_pages + BACK, "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    there = about["authorization_endpoint"]
    response = web.Response(
        status=303, headers={"Location": f"{there}{'&' if '?' in there else '?'}{urlencode(asked)}"}
    )
    response.set_cookie(
        COOKIE, _written(away, request.app[SESSION_KEY]), max_age=AWAY_S, httponly=True, samesite="Lax",
        path="/sign-in", secure=settings.secure_cookies or request.secure,
    )  # fmt: skip
    return response


async def come_back(request: web.Request) -> tuple[ProvedIdentity, Away]:
    """Who it is, and what we remembered. Raises CompanyFailed."""
    query, settings = request.query, request.app[PARTS].context.settings
    away = _read(request.cookies.get(COOKIE, ""), request.app[SESSION_KEY], request.app[PARTS].now_s())
    if away is None or not hmac.compare_digest(query.get("state", "").encode(), away.state.encode()):
        raise CompanyFailed("the answer is of no sign-in that this browser began")
    if query.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise CompanyFailed("the answer is of another issuer")
    if "code" not in query:
        raise CompanyFailed(f"the company refused: {query.get('error', '')[:60]!r}")
    about = await _about(request)
    token = await _token(request, about["token_endpoint"], query["code"], away.verifier)
    judged = partial(
        id_tokens.judged, token, issuer=settings.oidc_issuer, client_id=settings.oidc_client_id, nonce=away.nonce,
        now_s=request.app[PARTS].now_s(),
    )  # fmt: skip
    found = judged(await _keys(request, about, anew=False))
    if not isinstance(found, ProvedIdentity) and found.key_unknown:
        found = judged(await _keys(request, about, anew=True))
    if not isinstance(found, ProvedIdentity):
        raise CompanyFailed(found.reason)
    return found, away


async def _about(request: web.Request) -> dict[str, Any]:
    """The issuer's own description. Raises CompanyFailed where it names another issuer, or an unsafe address."""
    held, now_s = request.app[COMPANY], request.app[PARTS].monotonic()
    issuer = request.app[PARTS].context.settings.oidc_issuer
    if now_s >= held.about_until or not held.about:
        about = await _asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if about.get("issuer") != issuer:
            raise CompanyFailed("the issuer describes itself as another one")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(about.get(name), str) or not is_safe_address(about[name]):
                raise CompanyFailed(f"the issuer names no safe {name}")
        held.about, held.about_until = about, now_s + KEPT_S
    return held.about


async def _keys(request: web.Request, about: dict[str, Any], *, anew: bool) -> dict[str, Any]:
    held, now_s = request.app[COMPANY], request.app[PARTS].monotonic()
    may_ask = now_s - held.keys_asked >= ASK_AGAIN_S
    if not held.keys or now_s >= held.keys_until or (anew and may_ask):
        held.keys_asked = now_s
        held.keys, held.keys_until = await _asked("GET", about["jwks_uri"]), now_s + KEPT_S
    return held.keys


async def _token(request: web.Request, address: str, code: str, verifier: str) -> str:
    settings = request.app[PARTS].context.settings
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": settings.address_of_pages + BACK,
        "client_id": settings.oidc_client_id, "code_verifier": verifier,
    }  # fmt: skip
    secret = settings.oidc_client_secret.get_secret_value()
    answer = await _asked("POST", address, form, _basic(settings.oidc_client_id, secret) if secret else None)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise CompanyFailed("the issuer gave no ID token")
    return token


def _basic(name: str, secret: str) -> dict[str, str]:
    """The header of a client's name and secret, both as a form would write them (RFC 6749, 2.3.1)."""
    said = f"{quote(name, safe='')}:{quote(secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}


async def _asked(
    method: str, address: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    timeout = aiohttp.ClientTimeout(total=ANSWERS_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, auto_decompress=True) as client,
            client.request(method, address, data=form, headers=headers, allow_redirects=False) as answer,
        ):
            raw = await answer.content.read(ANSWER_MAX_BYTES + 1)
            while len(raw) <= ANSWER_MAX_BYTES and not answer.content.at_eof():
                raw += await answer.content.read(ANSWER_MAX_BYTES + 1 - len(raw))
            if answer.status != 200 or len(raw) > ANSWER_MAX_BYTES:  # noqa: PLR2004 - HTTP's word for yes
                raise CompanyFailed(f"the issuer answers {answer.status} with {len(raw)} bytes")
            said = orjson.loads(raw)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise CompanyFailed(f"the issuer does not answer: {type(error).__name__}") from error
    if not isinstance(said, dict):
        raise CompanyFailed("the issuer's answer is no object")
    return said


def _written(away: Away, key: bytes) -> str:
    said = [away.state, away.nonce, away.verifier, away.wanted, away.person, away.expires_s]
    body = base64.urlsafe_b64encode(orjson.dumps(said)).decode()
    return f"{body}.{sessions.signed(f'company:{body}', key)}"


def _read(cookie: str, key: bytes, now_s: int) -> Away | None:
    body, _, signature = cookie.rpartition(".")
    own = sessions.signed(f"company:{body}", key)
    if not body or not hmac.compare_digest(signature.encode("utf-8", "surrogateescape"), own.encode()):
        return None
    away = Away(*orjson.loads(base64.urlsafe_b64decode(body)))
    return away if now_s < away.expires_s else None
