"""What is done from a page: a form with its CSRF token, one operation, and back to a page.

An act is one function: `async (Call, fields) -> where to go`, or a response of its own. `posted(act)` makes a handler
of it, which works without script.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from collector.web.api.routing import Call
from collector.web.errors import Forbidden
from collector.web.pages.rendering import form_of, visit

Fields = Mapping[str, str]
FormAct = Callable[[Call, Fields], Awaitable[str | web.StreamResponse]]


async def sent(request: web.Request) -> tuple[Call, MultiDictProxy[Any]]:
    """The caller's call and the form that our own page sent, files too. Raises Forbidden."""
    call, csrf = await visit(request, inside=False)
    form = await form_of(request)
    given = str(form.get("csrf", "") or request.headers.get("X-CSRF-Token", ""))
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), csrf.encode()):
        raise Forbidden("the form's CSRF token is missing or old", "open the page again and repeat the step")
    return call, form


def posted(act: FormAct) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of an act that somebody has signed in for."""

    async def handler(request: web.Request) -> web.StreamResponse:
        call, form = await sent(request)
        fields: dict[str, Any] = {}
        for name, value in form.items():
            text = value if isinstance(value, str) else ""
            fields[name] = f"{fields[name]} {text}" if name in fields else text  # boxes of one name: words
        done = await act(call, fields)
        if isinstance(done, str):
            return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": done})
        return done

    return handler
