"""The pages: robots, one robot, accounts, what was not taken, the API's documentation, sign-in.

Each page reads what the API reads and renders it on the server. app.js fetches the same page every few seconds
and puts new figures in place, so that counts are seen arriving; without JavaScript everything still works.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jinja2
import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import MultiDict, MultiDictProxy

from collector.access.caller import INSIDE
from collector.calendar.days import DAY_S
from collector.language import events
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words, preferred
from collector.web.api.routing import Call
from collector.web.auth import access, sessions
from collector.web.errors import BadRequest, Forbidden, Problem
from collector.web.pages import shown
from collector.web.pages.reads import account_list, fleet_page, parked_list, parked_message, robot_page
from collector.web.parts import OPENAPI, PARTS, SESSION_KEY

_HERE = Path(__file__).parents[1]
_LANGUAGE_COOKIE = "language"
_YEAR_S = 365 * DAY_S
Page = Callable[[Call, Words], Awaitable[dict[str, Any]]]


@cache
def templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["shown"] = shown
    made.globals["event_words"] = events
    return made


def add_to(app: web.Application) -> None:
    app.router.add_get("/", _page("robots.html", fleet_page))
    app.router.add_get("/robots/{robot}", _page("robot.html", robot_page))
    app.router.add_get("/accounts", _page("accounts.html", account_list))
    app.router.add_get("/parked", _page("parked.html", parked_list, inside=True))
    app.router.add_get("/parked/{parked}", _page("parked_one.html", parked_message, inside=True))
    app.router.add_get("/api/docs", _page("docs.html", _docs))
    app.router.add_get("/sign-in", _sign_in_form)
    app.router.add_post("/sign-in", _sign_in)
    app.router.add_post("/sign-out", _sign_out)
    app.router.add_static("/static", _HERE / "static")


def _page(template: str, read: Page, *, inside: bool = False) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def page(request: web.Request) -> web.Response:
        chosen = request.query.get("lang")
        if chosen in LANGUAGES:
            return _in_language(request, chosen)
        signed_in = await access.visitor_of(request)
        if signed_in is None:
            raise web.HTTPSeeOther("/sign-in")
        caller, session = signed_in
        if inside and caller.role not in INSIDE:
            raise Forbidden("this page is for staff", "ask your administrator for a token with the role reader")
        words = words_of(request)
        parts = request.app[PARTS]
        figures = await read(Call(request, parts, caller, parts.now_s()), words)
        csrf = sessions.csrf_of(session, request.app[SESSION_KEY])
        return render(request, template, words, caller=caller, csrf=csrf, **figures)

    return page


def words_of(request: web.Request) -> Words:
    return Words(preferred(request.cookies.get(_LANGUAGE_COOKIE), request.headers.get("Accept-Language", "")))


def render(
    request: web.Request, template: str, words: Words, status: int = HTTPStatus.OK, **figures: Any
) -> web.Response:
    query = MultiDict(request.query)
    query.pop("lang", None)
    now_s = request.app[PARTS].now_s()
    text = (
        templates()
        .get_template(template)
        .render(
            t=words,
            now_s=now_s,
            path=request.path,
            query=query,
            languages=LANGUAGES,
            **{"caller": None, "csrf": "", **figures},
        )
    )
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


def _in_language(request: web.Request, chosen: str) -> web.Response:
    """Remember the language and come back without the parameter."""
    query = MultiDict(request.query)
    query.popall("lang")
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": str(request.rel_url.with_query(query))})
    response.set_cookie(_LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, samesite="Lax", httponly=True)
    return response


async def problem(request: web.Request, what: Problem) -> web.StreamResponse:
    """A refusal as a page."""
    return render(request, "problem.html", words_of(request), what.status, problem=what)


async def _docs(call: Call, _: Words) -> dict[str, Any]:
    return {"document": _document(call.request.app[OPENAPI])}


@cache
def _document(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(raw)
    return found


async def _form(request: web.Request) -> MultiDictProxy[Any]:
    """The fields of a form. Raises BadRequest for a body that is none."""
    try:
        return await request.post()
    except (
        ValueError,
        LookupError,
        AssertionError,
        HttpProcessingError,
    ) as error:  # no boundary, an unknown charset, broken parts
        raise BadRequest("the body is not the form that its header names", "send the page's own form") from error


async def _sign_in_form(request: web.Request) -> web.Response:
    chosen = request.query.get("lang")
    if chosen in LANGUAGES:
        return _in_language(request, chosen)
    return render(request, "sign_in.html", words_of(request), wrong=False)


async def _sign_in(request: web.Request) -> web.StreamResponse:
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        raise Forbidden("this form came from another site", "open the sign-in page itself")
    form = await _form(request)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"})
    caller = await access.sign_in(request, str(form.get("token", "")).strip(), response)
    if caller is None:
        return render(request, "sign_in.html", words_of(request), HTTPStatus.UNAUTHORIZED, wrong=True)
    return response


async def _sign_out(request: web.Request) -> web.StreamResponse:
    signed_in = await access.visitor_of(request)
    if signed_in is not None:
        form = await _form(request)
        access.require_csrf(request, signed_in[1], str(form.get("csrf", "")))
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/sign-in"})
    await access.sign_out(request, signed_in[1] if signed_in else None, response)
    return response
