"""Builds the aiohttp application: API, pages, /healthz, /metrics; and what stands around every request.

Around everything: security headers, one shape for problems (JSON for the API, a page for people), one log line
for a bug. The content security policy allows our own files and nothing else: no inline script or style, no other
host.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import metadata
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from aiohttp import hdrs, web

from collector.values.refusal import Remedy
from collector.values.sentence import Sentence
from collector.web import metrics
from collector.web.api import openapi
from collector.web.api.routes import BASE, ROUTES
from collector.web.api.routing import json_response
from collector.web.auth import access, addresses, company, pairing, passwords
from collector.web.auth.throttle import Throttle
from collector.web.errors import (
    BadRequest,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    answer_of,
    came_by,
)
from collector.web.freshness import Fresh
from collector.web.pages import pages, shell
from collector.web.parts import (
    FRESH,
    GUESS_THROTTLE,
    HOSTS,
    METRICS,
    OPENAPI,
    PARTS,
    PROXIES,
    SESSION_KEY,
    SIGN_IN_THROTTLE,
    Parts,
)

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SIGN_IN_BURST, SIGN_IN_EVERY_S = 5, 10.0  # of one token from one address: five at once, then one in ten seconds
GUESS_BURST, GUESS_EVERY_S = 50, 1.0  # of all wrong tokens from one address
HEADERS_S = 30.0  # a connection whose request line and headers are not there by then is closed; an idle one too
_OPEN = frozenset({"/healthz", "/metrics"})  # asked by machines under any name; they name no robot and no customer


async def build(parts: Parts) -> web.Application:
    """The application, ready to be served. Closes the parts' reader threads at its end."""
    app = web.Application(middlewares=[_around], client_max_size=1024 * 1024)
    app[PARTS] = parts
    app[FRESH] = Fresh(parts.monotonic)
    app[SESSION_KEY] = await access.session_key(parts)
    app[SIGN_IN_THROTTLE] = Throttle(SIGN_IN_BURST, SIGN_IN_EVERY_S)
    app[GUESS_THROTTLE] = Throttle(GUESS_BURST, GUESS_EVERY_S)
    app[company.COMPANY] = company.Company()
    app[passwords.PASSWORDS] = passwords.limits()
    app[PROXIES] = addresses.networks(parts.context.settings.trusted_proxies)
    app[HOSTS] = _own_names(parts.context.settings.hosts, parts.context.settings.public_url)
    app[OPENAPI] = orjson.dumps(openapi.document(metadata.version("fleetward")))
    app[METRICS] = metrics.registry(parts)
    for route in ROUTES:
        app.router.add_route(route.method, BASE + route.path, route.respond)
        if route.method == "GET":
            app.router.add_route("HEAD", BASE + route.path, route.respond)
    app.router.add_get(f"{BASE}/openapi.json", _openapi)
    app.router.add_get("/healthz", metrics.healthz)
    app.router.add_get("/metrics", metrics.metrics)
    pairing.add_to(app)
    pages.add_to(app)
    for one in app.router.routes():
        one._expect_handler = partial(_expect, one._expect_handler)  # noqa: SLF001 - it is asked before `_around`
    app.on_cleanup.append(_close)
    return app


async def _close(app: web.Application) -> None:
    await asyncio.to_thread(app[PARTS].readers.shutdown)


async def _expect(
    usual: Callable[[web.Request], Awaitable[web.StreamResponse | None]], request: web.Request
) -> web.StreamResponse | None:
    """The header Expect. The library's answer repeats what it does not know, and fails where that is no text."""
    if request.headers.get(hdrs.EXPECT, "").isascii():
        return await usual(request)
    raise web.HTTPExpectationFailed(text="only 100-continue can be expected\n")


async def _openapi(request: web.Request) -> web.Response:
    return web.Response(body=request.app[OPENAPI], content_type="application/json")


@web.middleware
async def _around(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _require_host(request)
        await _know_page(request)
        response = await handler(request)
    except UnicodeEncodeError:  # bytes of a header that are no text reach us as lone surrogates
        response = await _refuse(request, BadRequest("the request holds bytes that are no text", "send UTF-8"))
    except Problem as problem:
        response = await _refuse(request, problem)
    except web.HTTPException as answer:
        if answer.status < 400:  # noqa: PLR2004 - redirects are answers, 400 is where refusals begin
            response = _elsewhere(request, answer)
        else:
            response = await _refuse(request, _problem_of(answer, request.path))
            if hdrs.ALLOW in answer.headers:
                response.headers[hdrs.ALLOW] = answer.headers[hdrs.ALLOW]
    except web.RequestPayloadError:
        text, remedy = "the body is not in the encoding that its header names", "send it without Content-Encoding"
        response = await _refuse(request, BadRequest(text, remedy))
    except Exception:  # the border: whatever it is, the caller gets our shape and the log the trace
        reference = uuid4().hex[:8]
        log.exception(
            "a request failed", extra={"action": "request_failed", "reference": reference, "path": request.path}
        )
        remedy = Sentence("report reference {reference}; it is in the log", reference=reference)
        response = await _refuse(request, Internal("something is broken here", remedy))
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


async def _know_page(request: web.Request) -> None:
    """Of an answer to a page's form: where its links lead."""
    if request.method == "POST" and not request.path.startswith(f"{BASE}/"):
        request[shell.PAGE] = await shell.page_of_form(request)


def _elsewhere(request: web.Request, answer: web.HTTPException) -> web.Response:
    """A redirect. A script that asked for a part of a page must not put the sign-in page in its place."""
    where = answer.headers["Location"]
    if "HX-Request" in request.headers and where.split("?")[0] == "/sign-in":
        return web.Response(status=401, headers={"HX-Redirect": where})
    return web.Response(status=answer.status, headers={"Location": where})


def _own_names(hosts: str, public_url: str) -> frozenset[str]:
    """Under which browsers may open it; that of the links that it sends is one of them."""
    own = {"localhost", socket.gethostname().lower(), (urlsplit(public_url).hostname or "").lower()} - {""}
    return frozenset(own | {name.strip().lower() for name in hosts.split(",") if name.strip()})


def _require_host(request: web.Request) -> None:
    """A stranger's name that was made to point here (DNS rebinding) is not answered. Raises BadRequest.

    A bearer token comes from a program that knows it, whatever name it was told.
    """
    host = request.headers.get("Host")
    if host is None or request.path in _OPEN or request.headers.get("Authorization", "").lower().startswith("bearer "):
        return
    names = request.app[HOSTS]
    if not addresses.host_allowed(host, names):
        raise BadRequest("the collector does not know itself by this name", "open it by its address, or set `hosts`")


def _problem_of(answer: web.HTTPException, path: str) -> Problem:
    match answer.status:
        case 403:
            return Forbidden("this is not shown", "ask for a file by its name")
        case 404:
            listed = Sentence("the addresses are listed at {base}/openapi.json", base=BASE)
            way = listed if path.startswith(f"{BASE}/") else Remedy("go on from the start page", page="/")
            return NotFound("there is nothing at this address", way)
        case 405:
            allowed = answer.headers.get("Allow", "")
            return MethodNotAllowed(
                "this address does not take that method", Sentence("use {allowed}", allowed=allowed)
            )
        case 413:
            return TooLarge("the body is too large", "send less at once")
        case _:
            return BadRequest(answer.reason, "see /api/docs")


async def _refuse(request: web.Request, problem: Problem) -> web.StreamResponse:
    if request.path.startswith(f"{BASE}/"):
        response: web.StreamResponse = json_response(answer_of(problem, came_by(request)), problem.status)
    else:
        response = await pages.problem(request, problem)
    if isinstance(problem, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="fleetward"'
    if isinstance(problem, TooManyRequests):
        response.headers["Retry-After"] = str(int(SIGN_IN_EVERY_S))
    return response
