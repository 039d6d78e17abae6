"""How a page comes to be: who is signed in, what is read, the template; a refusal as a page.

A page is one function: `async (Call, Words) -> figures for its template`. `page(template, read)` makes a handler of it.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from collector.access.caller import SEES_FLEET, Caller
from collector.language import act_facts, acts, events, refusals
from collector.language.pages import Words
from collector.language.refusals import RefusalShown
from collector.operations.skill_names import names_of_skills
from collector.values.refusal import Refused
from collector.web.api.routing import Call
from collector.web.auth import access, sessions
from collector.web.errors import NO_FORM, BadRequest, Forbidden, Outdated, Problem, WrongCode, WrongPassword, problem_of
from collector.web.pages import shell, shown
from collector.web.pages.charts.strip import swatch
from collector.web.pages.told import Toast
from collector.web.parts import PARTS, SESSION_KEY

_SAID: dict[int, refusals.Kind] = {
    400: "400", 403: "403", 404: "404", 409: "409", 422: "422", 429: "429", 500: "500", 503: "503",
}  # fmt: skip
"""Statuses with words of their own; any other is said as 400 or 500."""
_NAMED: dict[type[Problem], refusals.Kind] = {
    Outdated: "outdated", WrongPassword: "wrong_password", WrongCode: "wrong_code",
}  # fmt: skip
"""What says more than its status."""
Page = Callable[[Call, Words], Awaitable[dict[str, Any]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@cache
def templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parents[1] / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["shown"] = shown
    made.globals["event_words"] = events
    made.globals["act_words"] = acts
    made.globals["act_facts"] = act_facts
    made.globals["swatch"] = swatch
    return made


def page(template: str, read: Page, *, inside: bool = False, sheet: str = "") -> Handler:
    """The handler of a page that somebody has signed in for. `inside`: not for customers.

    `sheet`: what a dialog of another page gets of it.
    """

    async def handler(request: web.Request) -> web.StreamResponse:
        if (back := shell.chosen(request)) is not None:
            return back
        call, csrf = await visit(request, inside=inside)
        words = shell.words_of(request)
        figures = await read(call, words)
        shown = sheet if sheet and "HX-Request" in request.headers else template
        return render(request, shown, words, caller=call.caller, csrf=csrf, **figures)

    return handler


async def visit(request: web.Request, *, inside: bool) -> tuple[Call, str]:
    """The caller's call and the token of forms. Raises HTTPSeeOther to the sign-in page, Forbidden."""
    signed_in = await access.visitor_of(request)
    if signed_in is None:
        wanted = request.path_qs if request.method == "GET" and request.path != "/" else ""
        raise web.HTTPSeeOther(f"/sign-in?{urlencode({'next': wanted})}" if wanted else "/sign-in")
    caller, session = signed_in
    if inside and not caller.may(SEES_FLEET):
        raise Forbidden("this page is for staff", "ask your administrator for a token with the role reader")
    parts = request.app[PARTS]
    csrf = sessions.csrf_of(session, request.app[SESSION_KEY])
    call = Call(request, parts, caller, parts.now_s(), csrf, session.nonce)
    request[shell.SKILLS] = await call.recent(names_of_skills, None)
    return call, csrf


def render(
    request: web.Request, template: str, words: Words, status: int = HTTPStatus.OK, *, caller: Caller | None = None,
    csrf: str = "", calls_waiting: str | None = None, toast: Toast | None = None, **figures: Any,
) -> web.Response:  # fmt: skip
    """`calls_waiting`: how many calls stand on Today, where it is known."""
    given = shell.globals_of(request, words, caller, calls_waiting)
    now_s = request.app[PARTS].now_s()
    found = templates().get_template(template)
    text = found.render(
        **given, now_s=now_s, path=request.path, query=MultiDict(request.query), caller=caller, csrf=csrf, toast=toast,
        **figures,
    )  # fmt: skip
    headers = {"Cache-Control": "no-store", "Vary": "HX-Request"}
    response = web.Response(text=text, content_type="text/html", status=status, headers=headers)
    response.enable_compression()
    return response


async def problem(request: web.Request, what: Problem) -> web.StreamResponse:
    """A refusal as a page, with the way on for who is signed in; as its notice alone where the page's script asked."""
    words = shell.words_of(request)
    try:
        signed_in = await access.visitor_of(request)
    except Problem:  # the store cannot say who it is
        signed_in = None
    caller = None if signed_in is None else signed_in[0]
    given: dict[str, Any] = {"refused": refusal(what, words, caller), "code": what.status}
    if "HX-Request" in request.headers:
        return render(request, "problem_notice.html", words, what.status, **given)
    csrf = "" if signed_in is None else sessions.csrf_of(signed_in[1], request.app[SESSION_KEY])
    return render(request, "problem.html", words, what.status, caller=caller, csrf=csrf, **given)


def refusal(what: Problem | Refused, words: Words, caller: Caller | None) -> RefusalShown:
    """The one way that a page says a refusal: in the reader's language, with the remedy of the page's door."""
    problem = problem_of(what) if isinstance(what, Refused) else what
    if problem.in_words:
        return refusals.in_words(problem.message, str(problem.remedy))
    kind: refusals.Kind = "400" if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR else "500"
    kind = _NAMED.get(type(problem)) or _SAID.get(problem.status, kind)
    is_inside = caller is not None and caller.may(SEES_FLEET)
    return refusals.shown(problem.message, problem.remedy, kind, words, links=is_inside)


async def form_of(request: web.Request) -> MultiDictProxy[Any]:
    """The fields of a form. Raises BadRequest for a body that is none."""
    try:
        return await request.post()
    except NO_FORM as error:
        raise BadRequest("the body is not the form that its header names", "send the page's own form") from error
