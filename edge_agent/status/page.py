"""`edge-agent page`: the status for a field engineer's phone. A process of its own, so that the agent stays light.

Read-only, no script, nothing from any other host; in a language of the catalogues, by Accept-Language (or `?lang=zh`).
Loopback unless page_listen says otherwise; there is no sign-in, and nothing on it is secret to a person
who stands beside the robot, but it should not face a network of strangers.
"""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from edge_agent.config import Settings
from edge_agent.errors import ConfigError, NotAllowed
from edge_agent.status import access, control, doctor, offline
from edge_agent.status.catalogue import LANGUAGES
from edge_agent.status.page_text import render

REFRESH_S = 10
HEADERS_S = 30.0  # a connection without complete headers, or idle, for so long is closed
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Refresh": str(REFRESH_S),
}


def application(settings: Settings) -> web.Application:
    """`/` for people, `/status.json` for programs."""
    app = web.Application(middlewares=[_under_own_name])
    app[SETTINGS] = settings
    app.router.add_get("/", _page)
    app.router.add_get("/status.json", _json)
    return app


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. Raises ConfigError for an address that cannot be listened on."""
    host, _, port = settings.page_listen.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"page_listen: {settings.page_listen!r} is no address: write 127.0.0.1:8099")
    try:
        web.run_app(
            application(settings),
            host=host.strip("[]"),
            port=int(port),
            access_log=None,
            print=None,
            keepalive_timeout=HEADERS_S,
        )
    except (OSError, OverflowError) as error:
        raise ConfigError(f"page_listen: {settings.page_listen}: {error}: choose another address") from error


@web.middleware
async def _under_own_name(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Another name than the robot's may be a stranger's that was made to point here (DNS rebinding)."""
    if not is_own_name(request.headers.get("Host", "localhost"), socket.gethostname()):
        raise web.HTTPBadRequest(text="open this page by the robot's address or its own name\n")
    return await handler(request)


def is_own_name(host: str, hostname: str) -> bool:
    """Whether a Host header is an address, localhost, or the robot's name, alone or with `.local`."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower() in {"localhost", hostname.lower(), f"{hostname.lower()}.local"}
    return True


async def _status(settings: Settings) -> Mapping[str, Any] | None:
    def read() -> Mapping[str, Any] | None:
        running = control.ask(doctor.control_socket(settings))
        if running is None and offline.exists(settings):
            return offline.status(settings)
        return running

    return await asyncio.to_thread(read)


async def _page(request: web.Request) -> web.Response:
    wanted: str = request.query.get("lang") or request.headers.get("Accept-Language") or ""
    language = preferred(wanted, LANGUAGES)
    try:
        text = render(await _status(request.app[SETTINGS]), language)
    except NotAllowed as error:
        text = render(None, language, ": ".join(access.denied(error.path, language)))
    return web.Response(text=text, content_type="text/html", headers=HEADERS)


async def _json(request: web.Request) -> web.Response:
    try:
        status = await _status(request.app[SETTINGS])
    except NotAllowed:
        status = None
    text = json.dumps(status, ensure_ascii=False, indent=1)
    return web.Response(text=text, content_type="application/json", status=200 if status else 503)


def preferred(accept_language: str, spoken: Sequence[str]) -> str:
    """The one of `spoken` that is asked for most; the first of them where none is, or where two are asked for alike."""
    best = dict.fromkeys(spoken, 0.0)
    for part in accept_language.lower().split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.split("-")[0]
        try:
            quality = float(weight or 1)
        except ValueError:
            quality = 0.0
        if language in best:
            best[language] = max(best[language], quality)
    return max(spoken, key=lambda language: best[language])
