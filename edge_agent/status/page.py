"""`edge-agent page`: the status for a field engineer's phone. A process of its own, so that the agent stays light.

No script, nothing from any other host; in a language of the catalogues, by Accept-Language (or `?lang=zh`). Everybody
who reaches it may read; an act asks for the PIN (pin.py). Loopback unless page_listen, or systemd's socket, says
otherwise. Started by systemd's socket it ends when nobody has asked for a while: then nothing of it is in memory.
"""

import asyncio
import base64
import contextlib
import hashlib
import ipaddress
import json
import os
import re
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from edge_agent.config import Settings
from edge_agent.errors import ConfigError, NotAllowed
from edge_agent.status import access, control, doctor, offline, page_text, self_testing
from edge_agent.status.bundle import bundle
from edge_agent.status.catalogue import LANGUAGES, gettext
from edge_agent.status.page_style import STYLE
from edge_agent.status.page_text import PageOf
from edge_agent.status.pin import Pins, PinTried
from edge_agent.status.text import duration
from edge_agent.status.today import zone_of

REFRESH_S = 10
HEADERS_S = 30.0  # a connection without complete headers, or idle, for so long is closed
IDLE_S = 60.0  # a process that systemd's socket started ends when nobody has asked for so long
FIRST_FD = 3  # sd_listen_fds(3)
COOKIE, COOKIE_S = "phone", 90 * 86_400
FORM_MAX_BYTES = 4096
# What aiohttp raises at a body that is not what its header names: no boundary, unknown charset, broken parts, no gzip.
NO_FORM = (ValueError, LookupError, AssertionError, HttpProcessingError, web.RequestPayloadError)
ACTS = ("upload", "self_test", "restart")
SKILL = re.compile(r"[a-z][a-z0-9_]{0,27}")
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
ASKED: web.AppKey[list[float]] = web.AppKey("asked", list)
_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def application(settings: Settings) -> web.Application:
    """`/` for people, `/act` for what asks for the PIN, `/diagnostics.json` and `/status.json` to take along."""
    app = web.Application(middlewares=[_under_own_name], client_max_size=FORM_MAX_BYTES)
    app[SETTINGS] = settings
    app[ASKED] = [time.monotonic()]
    app.router.add_get("/", _page)
    app.router.add_get("/act", _asks)
    app.router.add_post("/act", _acts)
    app.router.add_get("/diagnostics.json", _diagnostics)
    app.router.add_get("/status.json", _json)
    return app


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT, or idle under systemd's socket. Raises ConfigError without an address to listen on."""
    app = application(settings)
    run = partial(web.run_app, app, access_log=None, print=None, keepalive_timeout=HEADERS_S)
    if given := _given_sockets(os.environ, os.getpid()):
        app.on_startup.append(_ends_when_idle)
        run(sock=given)
        return
    host, _, port = settings.page_listen.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(
            "page_listen: {page_listen!r} is no address: write 127.0.0.1:8099", page_listen=settings.page_listen
        )
    try:
        run(host=host.strip("[]"), port=int(port))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            "page_listen: {page_listen}: {detail}: choose another address",
            page_listen=settings.page_listen,
            detail=str(error),
        ) from error


def _given_sockets(environ: Mapping[str, str], pid: int) -> list[socket.socket]:
    """Those that systemd listens on for this process; none without it."""
    if environ.get("LISTEN_PID") != str(pid) or not environ.get("LISTEN_FDS", "").isdigit():
        return []
    return [socket.socket(fileno=FIRST_FD + number) for number in range(int(environ["LISTEN_FDS"]))]


async def _ends_when_idle(app: web.Application) -> None:
    loop = asyncio.get_running_loop()

    def look() -> None:
        idle_s = time.monotonic() - app[ASKED][0]
        if idle_s >= IDLE_S:
            signal.raise_signal(signal.SIGTERM)
        else:
            loop.call_later(IDLE_S - idle_s, look)

    look()


@web.middleware
async def _under_own_name(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Another name than the robot's may be a stranger's that was made to point here (DNS rebinding).

    A form of another site is not taken either: it could try PINs through a phone that has this page open.
    """
    request.app[ASKED][0] = time.monotonic()
    if not is_own_name(request.headers.get("Host", "localhost"), socket.gethostname()):
        raise web.HTTPBadRequest(text="open this page by the robot's address or its own name\n")
    if request.method == "POST":
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
            raise web.HTTPForbidden(text="this form is not of this page\n")
    return await handler(request)


def is_own_name(host: str, hostname: str) -> bool:
    """Whether a Host header is an address, localhost, or the robot's name, alone or with `.local`."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower() in {"localhost", hostname.lower(), f"{hostname.lower()}.local"}
    return True


def _status(settings: Settings) -> Mapping[str, Any] | None:
    """Raises NotAllowed."""
    running = control.ask(doctor.control_socket(settings))
    if running is None and offline.exists(settings):
        return offline.status(settings)
    return running


def _language(request: web.Request) -> str:
    wanted: str = request.query.get("lang") or request.headers.get("Accept-Language") or ""
    return preferred(wanted, LANGUAGES)


def _html(text: str, status: int = 200, more: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=HEADERS | dict(more or {}), status=status)


async def _page(request: web.Request) -> web.Response:
    settings, language = request.app[SETTINGS], _language(request)
    watched = "watch" in request.query
    shown = await asyncio.to_thread(_read, settings, language, dict(request.query))
    return _html(page_text.render(shown, language), more={"Refresh": str(REFRESH_S)} if watched else None)


def _read(settings: Settings, language: str, query: Mapping[str, str]) -> PageOf:
    """Everything that the page shows."""
    try:
        status = _status(settings)
    except NotAllowed as error:
        return PageOf(None, why_not=": ".join(access.denied(error.path, language)))
    findings = None
    if (status and status["running"]) or "doctor" in query:
        findings = list(doctor.examine(settings, language))
    pins = Pins.of(settings.state_dir)
    return PageOf(
        status,
        made_at=_now(settings),
        free_bytes=_free_bytes(settings.state_dir),
        memory_bytes=_memory_bytes((status or {}).get("pid")),
        findings=findings,
        tested=self_testing.newest(pins.folder),
        has_pin=pins.is_set,
        done=query.get("done", ""),
        refreshed="watch" in query,
    )


def _now(settings: Settings) -> str:
    """By the robot's own clock, right or wrong: an old page is known by it."""
    return datetime.now(zone_of(settings.timezone)).strftime("%Y-%m-%d %H:%M:%S")


def _free_bytes(folder: Path) -> int | None:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def _memory_bytes(pid: int | None) -> int | None:
    """What the agent's process holds."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


async def _asks(request: web.Request) -> web.Response:
    """The form that asks for the PIN."""
    do, skill = _act_of(request.query)
    has_pin = Pins.of(request.app[SETTINGS].state_dir).is_set
    return _html(page_text.pin_form(do, skill, _language(request), has_pin=has_pin))


async def _acts(request: web.Request) -> web.StreamResponse:
    """What was asked for, after the PIN: then the page again, whose address says what was done."""
    settings = request.app[SETTINGS]
    try:
        form = await request.post()
    except NO_FORM:
        raise web.HTTPBadRequest(text="the body is not the form that its header names\n") from None
    said = {name: str(value) for name, value in form.items()}
    do, skill = _act_of(said)
    language = preferred(said.get("lang", ""), LANGUAGES)
    pins = Pins.of(settings.state_dir)
    cookie = request.cookies.get(COOKIE, "")
    tried = await asyncio.to_thread(pins.asked, said.get("pin", ""), request.remote or "", cookie)
    if tried.answer != "right":
        text = page_text.pin_form(do, skill, language, error=_wrong(tried, language), has_pin=tried.answer != "none")
        return _html(text, 429 if tried.answer == "wait" else 403)
    try:
        done = await asyncio.to_thread(_do, settings, do, skill)
    except NotAllowed as error:
        return _html(page_text.render(PageOf(None, why_not=": ".join(access.denied(error.path, language))), language))
    response = web.Response(status=303, headers={"Location": f"/?{urlencode({'lang': language, 'done': done})}"})
    response.set_cookie(COOKIE, tried.phone, max_age=COOKIE_S, httponly=True, samesite="Strict", path="/act")
    return response


def _act_of(said: Mapping[str, str]) -> tuple[str, str]:
    """What is to be done, and to which skill. Raises HTTPNotFound for what is no act, or no name of a skill."""
    do, skill = said.get("do", ""), said.get("skill", "")
    if do not in ACTS or (do == "restart") != bool(SKILL.fullmatch(skill)):
        raise web.HTTPNotFound(text="there is no such action\n")
    return do, skill


def _do(settings: Settings, do: str, skill: str) -> str:
    """Do it, and say what was done. Raises NotAllowed."""
    path = doctor.control_socket(settings)
    if do == "self_test":
        tested = self_testing.test(partial(control.ask, path), lambda: _had(path, "upload"), time.sleep, _now(settings))
        with contextlib.suppress(OSError):  # a disk that is full: it is said by the test itself
            self_testing.keep(Pins.of(settings.state_dir).folder, tested)
        return "self_test"
    if do == "upload":
        return "upload" if _had(path, "upload") else "not_connected"
    return "restart" if _had(path, f"restart {skill}") else "no_skill"


def _had(path: Path, act: str) -> bool:
    return bool((control.have(path, act) or {}).get("done"))


def _wrong(tried: PinTried, language: str) -> str:
    """What became of a try, and what follows from further ones."""
    wait = duration(tried.wait_s, language)
    if tried.answer == "wait":
        return gettext(language, "Too many wrong PINs: wait {time}.", time=wait)
    if tried.answer == "unreadable":
        return gettext(language, "The PIN’s file cannot be read: “edge-agent pin” on the robot sets it anew.")
    if tried.left:
        return gettext(language, "Wrong PIN. {n} more at once, then one in five minutes.", n=tried.left)
    return gettext(language, "Wrong PIN. The next one in {time}.", time=wait)


async def _diagnostics(request: web.Request) -> web.Response:
    """What a supplier may get, as a file."""
    settings = request.app[SETTINGS]

    def read() -> dict[str, Any]:
        return bundle(_status(settings), settings, list(doctor.examine(settings, "en")), _now(settings))

    try:
        found = await asyncio.to_thread(read)
    except NotAllowed:
        raise web.HTTPServiceUnavailable(text="the agent's files may not be read\n") from None
    name = f"{settings.robot}-diagnostics.json".replace(":", "-")
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return web.Response(text=text, content_type="application/json", headers=headers)


async def _json(request: web.Request) -> web.Response:
    try:
        status = await asyncio.to_thread(_status, request.app[SETTINGS])
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
