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

from collector.access.caller import Role
from collector.values.refusal import Refused
from collector.values.sentence import Sentence
from collector.values.texts import none_of
from collector.web.api.routing import Call
from collector.web.errors import Forbidden
from collector.web.pages.rendering import form_of, visit

Fields = Mapping[str, str]
FormAct = Callable[[Call, Fields], Awaitable[str | web.StreamResponse]]


async def sent(request: web.Request, *, inside: bool = False) -> tuple[Call, MultiDictProxy[Any]]:
    """The caller's call and what our own page's form sent, files too. `inside`: not for customers. Raises Forbidden."""
    call, csrf = await visit(request, inside=inside)
    form = await form_of(request)
    given = str(form.get("csrf", "") or request.headers.get("X-CSRF-Token", ""))
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), csrf.encode()):
        raise Forbidden("the form's CSRF token is missing or old", "open the page again and repeat the step")
    return call, form


async def fields_of_staff(request: web.Request) -> tuple[Call, dict[str, str]]:
    """The same with the fields as texts, without the byte that no text has, and not from customers."""
    call, form = await sent(request, inside=True)
    return call, {name: str(value).replace("\x00", "") for name, value in form.items()}


def role_named(word: str) -> Role | Refused:
    """What a form's field `role` says rightly; nothing else is nearer to what was meant."""
    if word in set(Role):
        return Role(word)
    why, remedy = none_of(word, (one.value for one in Role))
    return Refused(Sentence("{field}: {why}", field="role", why=why), remedy, "unprocessable")


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
