"""Builds the aiohttp application: API, pages, /healthz, /metrics; and what stands around every request.

Around everything: security headers, one shape for problems (JSON for the API, a page for people), one log line
for a bug. The content security policy allows our own files and nothing else: no inline script or style, no other
host.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib import metadata
from uuid import uuid4

import orjson
from aiohttp import web

from collector.web import metrics
from collector.web.api import openapi
from collector.web.api.routes import BASE, ROUTES
from collector.web.api.routing import json_response
from collector.web.auth import access
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
)
from collector.web.freshness import Fresh
from collector.web.pages import pages
from collector.web.parts import FRESH, METRICS, OPENAPI, PARTS, SESSION_KEY, SIGN_IN_THROTTLE, Parts

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
SIGN_IN_BURST, SIGN_IN_EVERY_S = 5, 10.0  # five tries at once, then one in ten seconds


async def build(parts: Parts) -> web.Application:
    """The application, ready to be served. Closes the parts' reader threads at its end."""
    app = web.Application(middlewares=[_around], client_max_size=1024 * 1024)
    app[PARTS] = parts
    app[FRESH] = Fresh(parts.monotonic)
    app[SESSION_KEY] = await access.session_key(parts)
    app[SIGN_IN_THROTTLE] = Throttle(SIGN_IN_BURST, SIGN_IN_EVERY_S)
    app[OPENAPI] = orjson.dumps(openapi.document(metadata.version("fleetward")))
    app[METRICS] = metrics.registry(parts)
    for route in ROUTES:
        app.router.add_route(route.method, BASE + route.path, route.respond)
    app.router.add_get(f"{BASE}/openapi.json", _openapi)
    app.router.add_get("/healthz", metrics.healthz)
    app.router.add_get("/metrics", metrics.metrics)
    pages.add_to(app)
    app.on_cleanup.append(_close)
    return app


async def _close(app: web.Application) -> None:
    await asyncio.to_thread(app[PARTS].readers.shutdown)


async def _openapi(request: web.Request) -> web.Response:
    return web.Response(body=request.app[OPENAPI], content_type="application/json")


@web.middleware
async def _around(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except Problem as problem:
        response = await _refuse(request, problem)
    except web.HTTPException as answer:
        if answer.status < 400:  # noqa: PLR2004 - redirects are answers, 400 is where refusals begin
            response = web.Response(status=answer.status, headers={"Location": answer.headers["Location"]})
        else:
            response = await _refuse(request, _problem_of(answer))
    except web.RequestPayloadError:
        text, remedy = "the body is not in the encoding that its header names", "send it without Content-Encoding"
        response = await _refuse(request, BadRequest(text, remedy))
    except Exception:  # the border: whatever it is, the caller gets our shape and the log the trace
        reference = uuid4().hex[:8]
        log.exception(
            "a request failed", extra={"action": "request_failed", "reference": reference, "path": request.path}
        )
        remedy = f"report reference {reference}; it is in the log"
        response = await _refuse(request, Internal("something is broken here", remedy))
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def _problem_of(answer: web.HTTPException) -> Problem:
    match answer.status:
        case 403:
            return Forbidden("this is not shown", "ask for a file by its name")
        case 404:
            return NotFound("there is nothing at this address", f"the addresses are listed at {BASE}/openapi.json")
        case 405:
            allowed = answer.headers.get("Allow", "")
            return MethodNotAllowed("this address does not take that method", f"use {allowed}")
        case 413:
            return TooLarge("the body is too large", "send less at once")
        case _:
            return BadRequest(answer.reason, "see /api/docs")


async def _refuse(request: web.Request, problem: Problem) -> web.StreamResponse:
    if request.path.startswith(f"{BASE}/"):
        response: web.StreamResponse = json_response(answer_of(problem), problem.status)
    else:
        response = await pages.problem(request, problem)
    if isinstance(problem, Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="fleetward"'
    if isinstance(problem, TooManyRequests):
        response.headers["Retry-After"] = str(int(SIGN_IN_EVERY_S))
    return response
