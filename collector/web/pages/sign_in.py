"""The pages of signing in and out: mail address and password, the second step, one-time links; a token for machines."""

import logging
from http import HTTPStatus
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from collector.access.caller import Caller
from collector.access.passwords import LEAST_CHARS, MOST_CHARS
from collector.access.web_sessions import Holder
from collector.language.catalogue import LANGUAGES
from collector.operations import profile
from collector.operations import sign_in as acts
from collector.operations.people import MAIL_MAX_CHARS
from collector.operations.sign_in import LinkIdentity, UseLink
from collector.values.refusal import Refused
from collector.values.texts import NAME_MAX_CHARS
from collector.web.auth import access, company, passwords
from collector.web.auth.company import CompanyFailed
from collector.web.auth.passwords import WrongSecret
from collector.web.errors import Forbidden, NotFound, TooManyRequests, problem_of
from collector.web.pages import shell
from collector.web.pages.charts.points import Loss, PointWords, points
from collector.web.pages.rendering import form_of, render
from collector.web.parts import PARTS

# The picture beside the form: a score of 100 points, as it is explained everywhere. No customer's.
_LOSSES = tuple(Loss(each, f"{each:.1f}") for each in (8.3, 8.0, 6.1, 4.3, 3.8, 3.1, 2.9, 2.0))
log = logging.getLogger(__name__)
_WANTED_MAX_CHARS = 2000


async def sign_in_form(request: web.Request) -> web.Response:
    return shell.chosen(request) or _form(request, wanted=request.query.get("next", ""))


async def sign_in(request: web.Request) -> web.StreamResponse:
    form = await _own_form(request)
    wanted, mail = _text(form, "next"), _text(form, "mail").strip()
    if "token" in form:
        response = _to(wanted)
        caller = await access.sign_in(request, _text(form, "token").strip(), response)
        return response if caller else _form(request, HTTPStatus.UNAUTHORIZED, wanted=wanted, wrong_token=True)
    try:
        proved = await passwords.check(request, mail, _text(form, "password"))
    except TooManyRequests as limit:
        return _form(request, limit.status, wanted=wanted, mail=mail, wait=str(limit.remedy))
    if isinstance(proved, WrongSecret):
        return _form(request, HTTPStatus.UNAUTHORIZED, wanted=wanted, mail=mail, tries=proved.tries)
    if proved.second:
        return _second(request, passwords.step_of(request, proved), mail, wanted)
    return await _signed_in(request, proved.person, mail, wanted)


async def second_step(request: web.Request) -> web.StreamResponse:
    form = await _own_form(request)
    wanted, mail, step = _text(form, "next"), _text(form, "mail"), _text(form, "step")
    try:
        found = await passwords.check_code(request, step, _text(form, "code"))
    except TooManyRequests as limit:
        return _second(request, step, mail, wanted, limit.status, wait=str(limit.remedy))
    if found is None:
        return _form(request, HTTPStatus.UNAUTHORIZED, wanted=wanted, mail=mail, too_late=True)
    if isinstance(found, WrongSecret):
        return _second(request, step, mail, wanted, HTTPStatus.UNAUTHORIZED, tries=found.tries)
    return await _signed_in(request, found, mail, wanted)


async def to_company(request: web.Request) -> web.StreamResponse:
    """Sign in with the company's account; somebody who is signed in links it."""
    signed_in = await access.visitor_of(request)
    linking = "link" in request.query
    if linking and (signed_in is None or signed_in[0].person_id is None or signed_in[0].token_id):
        raise web.HTTPSeeOther("/sign-in")
    person = signed_in[0].person_id or 0 if linking and signed_in is not None else 0
    if not company.is_there(request.app[PARTS].context.settings):
        raise NotFound("no company's sign-in is set up here", "set `oidc_issuer` and `oidc_client_id`")
    try:
        return await company.leave(request, own_address(request.query.get("next", "")), person)
    except CompanyFailed as error:
        return _company_failed(request, error)


async def from_company(request: web.Request) -> web.StreamResponse:
    """Back from the company. Our page opens the next one: a browser sends no strict cookie where a foreign one led."""
    parts = request.app[PARTS]
    try:
        identity, away = await company.come_back(request)
    except CompanyFailed as error:
        return _company_failed(request, error)
    if away.person:
        linked = await parts.do(acts.link_identity, parts.context, LinkIdentity(person=away.person, identity=identity))
        if isinstance(linked, Refused):
            raise problem_of(linked)
        return _onward(request, "/me")
    person = await parts.do(acts.person_of_identity, parts.context, identity)
    if isinstance(person, Refused):
        if person.kind != "not_found":
            raise problem_of(person)
        return _form(request, HTTPStatus.UNAUTHORIZED, wanted=away.wanted, company_said="company_unlinked")
    response = _onward(request, own_address(away.wanted))
    caller = await access.begin(request, Holder(person=person), response)
    await _in_their_language(request, caller, response)
    return response


def _onward(request: web.Request, wanted: str) -> web.Response:
    response = _door(request, "onward.html", HTTPStatus.OK, wanted=wanted)
    response.del_cookie(company.COOKIE, path="/sign-in")
    return response


def _company_failed(request: web.Request, error: CompanyFailed) -> web.Response:
    log.warning("a company's sign-in failed: %s", error, extra={"action": "company_sign_in_failed"})
    return _form(request, HTTPStatus.UNAUTHORIZED, wanted="", company_said="company_failed")


async def sign_out(request: web.Request) -> web.StreamResponse:
    signed_in = await access.visitor_of(request)
    if signed_in is not None:
        form = await form_of(request)
        access.require_csrf(request, signed_in[1], str(form.get("csrf", "")))
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/sign-in"})
    await access.sign_out(request, signed_in[1] if signed_in else None, response)
    return response


async def link_form(request: web.Request) -> web.Response:
    """What a one-time link opens. It changes nothing."""
    return shell.chosen(request) or await _link(request)


async def use_link(request: web.Request) -> web.StreamResponse:
    form = await _own_form(request)
    password = _text(form, "password")
    if password != _text(form, "again"):
        return await _link(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form, said="passwords_differ")
    if not LEAST_CHARS <= len(password) <= MOST_CHARS:
        return await _link(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form, said="password_rule")
    parts = request.app[PARTS]
    lang = shell.words_of(request).language
    wanted = UseLink(
        secret=request.match_info["secret"], password=password, mail=_text(form, "mail"), name=_text(form, "name"),
        lang=lang if lang in LANGUAGES else LANGUAGES[0],
    )  # fmt: skip
    async with request.app[passwords.PASSWORDS].hashing:
        person = await parts.do(acts.use_link, parts.context, wanted)
    if isinstance(person, Refused):
        if person.kind == "unavailable":
            raise problem_of(person)
        said = {"not_found": "link_over", "conflict": "mail_taken"}.get(person.kind, "link_fields")
        return await _link(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form, said=said)
    response = _to("")
    await access.begin(request, Holder(person=person), response)
    return response


async def _link(
    request: web.Request, status: int = HTTPStatus.OK, *, form: MultiDictProxy[Any] | None = None, said: str = ""
) -> web.Response:
    parts = request.app[PARTS]
    seen = await parts.do(acts.see_link, parts.context, request.match_info["secret"])
    if isinstance(seen, Refused):
        if seen.kind != "not_found":
            raise problem_of(seen)
        return _door(request, "link.html", HTTPStatus.NOT_FOUND, link=None, said="link_over", mail="", name="")
    given = {"mail": seen.mail, "name": seen.name}
    if form is not None and seen.purpose == "first":
        given = {"mail": _text(form, "mail")[:MAIL_MAX_CHARS], "name": _text(form, "name")[:NAME_MAX_CHARS]}
    return _door(request, "link.html", status, link=seen, said=said, **given)


async def _signed_in(request: web.Request, person: int, mail: str, wanted: str) -> web.StreamResponse:
    response = _to(wanted)
    caller = await access.begin(request, Holder(person=person), response)
    await _in_their_language(request, caller, response)
    passwords.remember(request, mail, response)
    return response


async def _in_their_language(request: web.Request, caller: Caller, response: web.StreamResponse) -> None:
    """A browser in which nobody has chosen a language gets that of the person's profile."""
    parts = request.app[PARTS]
    own = await parts.do(profile.my_profile, parts.context.seen_by(caller), None)
    if "language" not in request.cookies and not isinstance(own, Refused) and own.person is not None:
        shell.choose(response, "lang", own.person.language)


async def _own_form(request: web.Request) -> MultiDictProxy[Any]:
    """A form that our own page sent: there is no session yet that a CSRF token could belong to. Raises Forbidden."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if (origin is not None and origin.partition("://")[2] != request.host) or site not in {"same-origin", "none"}:
        raise Forbidden("this form came from another site", "open the sign-in page itself")
    return await form_of(request)


def _text(form: MultiDictProxy[Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _to(wanted: str) -> web.Response:
    """On to the page that was wanted: one of ours, whatever the form says."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": own_address(wanted)})


def own_address(wanted: str) -> str:
    """A path of our pages; `/` for everything that could lead a browser elsewhere."""
    sound = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and len(wanted) <= _WANTED_MAX_CHARS
    plain = wanted.isascii() and wanted.isprintable() and "\\" not in wanted
    return wanted if sound and plain and not wanted.startswith(("/sign-", "/link/")) else "/"


def _form(
    request: web.Request, status: int = HTTPStatus.OK, *, wanted: str, mail: str = "", tries: int | None = None,
    wait: str = "", wrong_token: bool = False, too_late: bool = False, company_said: str = "",
) -> web.Response:  # fmt: skip
    return _door(
        request, "sign_in.html", status, wanted=own_address(wanted), mail=mail[:MAIL_MAX_CHARS], tries=tries,
        wait=_seconds(wait), wrong_token=wrong_token, too_late=too_late, company_said=company_said,
        company=company.is_there(request.app[PARTS].context.settings),
    )  # fmt: skip


def _second(
    request: web.Request, step: str, mail: str, wanted: str, status: int = HTTPStatus.OK, *, tries: int | None = None,
    wait: str = "",
) -> web.Response:  # fmt: skip
    return _door(
        request, "second_step.html", status, step=step[:200], mail=mail[:MAIL_MAX_CHARS], wanted=own_address(wanted),
        tries=tries, wait=_seconds(wait),
    )  # fmt: skip


def _seconds(remedy: str) -> str:
    return "".join(character for character in remedy if character.isdigit())


def _door(request: web.Request, template: str, status: int, **figures: Any) -> web.Response:
    words = shell.words_of(request)
    said = PointWords(words("score_picture"), words("kept"), words("held"), words("lost_points"), "", words("cap"))
    picture = points(49, 61.5, "yellow", _LOSSES, said)
    return render(request, template, words, status, picture=picture, least=LEAST_CHARS, most=MOST_CHARS, **figures)
