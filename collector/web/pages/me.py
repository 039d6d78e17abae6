"""One's own page: password, second factor, sessions, tokens."""

from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from collector.access.caller import INSIDE, Role, rights_of
from collector.access.passwords import LEAST_CHARS, MOST_CHARS
from collector.access.tokens import ApiToken, NewToken
from collector.access.web_sessions import Holder, WebSession
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words
from collector.operations import profile, sessions, tokens
from collector.operations.profile import AppCode, ChangePassword, PasswordAgain
from collector.operations.tokens import CreateToken
from collector.values.paging import Page
from collector.values.refusal import Refused
from collector.values.sentence import Sentence
from collector.values.texts import no_number
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.auth import access, company, passwords
from collector.web.errors import TooManyRequests, WrongCode, WrongPassword, problem_of
from collector.web.pages import shell
from collector.web.pages.forms import Fields, role_named
from collector.web.pages.rendering import refusal, render
from collector.web.parts import PARTS

ROWS_SHOWN = 20  # of a list on this page
TYPED_MAX_CHARS = 200  # of what comes back in a refused form


async def my_page(call: Call, _: Words) -> dict[str, Any]:
    return await _figures(call)


async def change_password(call: Call, fields: Fields) -> web.StreamResponse:
    if fields.get("new") != fields.get("again"):
        return await _again(call, "passwords_differ")
    if not LEAST_CHARS <= len(fields.get("new", "")) <= MOST_CHARS:
        return await _again(call, "password_rule")
    await _proved(call, profile.change_password, ChangePassword(old=fields.get("password", ""), new=fields["new"]))
    return await _anew(call, "/me")


async def end_tour(call: Call, _: Fields) -> str:
    await call.do(profile.end_tour, None)
    return "/"


async def change_language(call: Call, fields: Fields) -> str:
    """Of the person, and of this browser at once."""
    lang = fields.get("lang", "")
    await call.do(profile.change_language, lang)
    return f"/me?lang={lang}"


async def begin_factor(call: Call, fields: Fields) -> web.StreamResponse:
    begun = await _proved(call, profile.begin_second_factor, PasswordAgain(password=fields.get("password", "")))
    return await _factor(call, begun.secret, begun.address)


async def confirm_factor(call: Call, fields: Fields) -> web.StreamResponse:
    try:
        codes = await _limited(call, profile.confirm_second_factor, AppCode(code=fields.get("code", "")))
    except WrongCode:
        secret, address = fields.get("secret", ""), fields.get("address", "")
        return await _factor(call, secret[:200], address[:500], said="code_wrong")
    response = _codes(call, codes.codes)
    await access.begin(call.request, Holder(person=call.caller.person_id), response)
    return response


async def new_codes(call: Call, fields: Fields) -> web.StreamResponse:
    wanted = PasswordAgain(password=fields.get("password", ""))
    return _codes(call, (await _proved(call, profile.renew_recovery_codes, wanted)).codes)


async def remove_factor(call: Call, fields: Fields) -> web.StreamResponse:
    await _proved(call, profile.remove_second_factor, PasswordAgain(password=fields.get("password", "")))
    return await _anew(call, "/me")


async def unlink_company(call: Call, _: Fields) -> str:
    await call.do(profile.unlink_company, None)
    return "/me"


async def end_session(call: Call, fields: Fields) -> str:
    await call.do(sessions.end_session, _number(fields, "session"))
    return "/admin/sessions" if fields.get("from") == "admin" else "/me"


async def make_token(call: Call, fields: Fields) -> web.StreamResponse:
    """The form comes back with what was typed where it is refused."""
    wanted = _token(fields)
    made: NewToken | Refused = wanted if isinstance(wanted, Refused) else await _made(call, wanted)
    if isinstance(made, Refused):
        if made.kind in {"forbidden", "unavailable"}:
            raise problem_of(made)
        typed = {name: fields.get(name, "")[:TYPED_MAX_CHARS] for name in ("name", "role", "account", "expires_days")}
        said = refusal(made, shell.words_of(call.request), call.caller)
        shown = {"token_refused": said, "typed": typed}
    else:
        shown = {"made": made}
    figures = await _figures(call)
    words, status = shell.words_of(call.request), 422 if "typed" in shown else 200
    return render(call.request, "me.html", words, status, caller=call.caller, csrf=call.csrf, **figures | shown)


async def _made(call: Call, wanted: CreateToken) -> NewToken | Refused:
    return await call.parts.do(tokens.create_token, call.context, wanted)


def _token(fields: Fields) -> CreateToken | Refused:
    """What the form asks for. What it does not say rightly is refused: nothing else is nearer to what was meant."""
    role, days = role_named(fields.get("role", "")), fields.get("expires_days", "").strip()
    if isinstance(role, Refused):
        return role
    if days and not (days.isascii() and days.isdecimal() and len(days) <= NUMBER_MAX_DIGITS):
        why, remedy = no_number(days)
        return Refused(Sentence("{field}: {why}", field="expires_days", why=why), remedy, "unprocessable")
    return CreateToken(
        name=fields.get("name", ""), role=role, account=fields.get("account", "").strip() or None,
        expires_days=int(days) if days else None,
    )  # fmt: skip


async def revoke_token(call: Call, fields: Fields) -> str:
    await call.do(tokens.revoke_token, _number(fields, "token"))
    return "/admin/tokens" if fields.get("from") == "admin" else "/me"


def _number(fields: Fields, name: str) -> int:
    text = fields.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= 18 else 0  # noqa: PLR2004 - what the store can compare


async def _figures(call: Call) -> dict[str, Any]:
    own = await call.do(profile.my_profile, None)
    this = await call.do(sessions.own_session, call.nonce)
    query, person = call.request.query, None if own.person is None else own.person.id
    mine: Page[ApiToken] = Page([])
    held: Page[WebSession] = Page([])
    if person is not None:
        wanted = tokens.ListTokens(limit=ROWS_SHOWN, person=person, revoked=False, cursor=query.get("tokens"))
        mine = await call.do(tokens.list_tokens, wanted)
        asked = sessions.ListSessions(limit=ROWS_SHOWN, person=person, cursor=query.get("sessions"))
        held = await call.do(sessions.list_sessions, asked)
    return {
        "own": own, "said": "", "made": None, "own_session": this.id,
        "company": company.is_there(call.context.settings),
        "tokens": mine, "has_today": call.caller.may(INSIDE),
        "sessions": held,
        "roles": [role for role in Role if rights_of(frozenset({role})) <= call.caller.rights],
        "least": LEAST_CHARS, "most": MOST_CHARS, "languages": LANGUAGES, "token_refused": None,
        "typed": {"name": "", "role": call.caller.role.value, "account": "", "expires_days": ""},
    }  # fmt: skip


async def _again(call: Call, said: str) -> web.Response:
    figures = await _figures(call)
    words = shell.words_of(call.request)
    return render(call.request, "me.html", words, 422, caller=call.caller, csrf=call.csrf, **figures | {"said": said})


async def _factor(call: Call, secret: str, address: str, *, said: str = "") -> web.Response:
    """The QR code as SVG in the page: it is drawn here and sent nowhere."""
    picture = Markup(segno.make(address, error="m").svg_inline(scale=5, border=2, omitsize=False))  # noqa: S704 - shapes alone
    words = shell.words_of(call.request)
    return render(
        call.request, "second_factor.html", words, caller=call.caller, csrf=call.csrf, secret=secret,
        address=address, picture=picture, said=said, codes=None,
    )  # fmt: skip


def _codes(call: Call, codes: list[str]) -> web.Response:
    words = shell.words_of(call.request)
    return render(
        call.request, "second_factor.html", words, caller=call.caller, csrf=call.csrf, secret="", address="",
        picture="", said="", codes=codes,
    )  # fmt: skip


async def _anew(call: Call, where: str) -> web.StreamResponse:
    """All sessions have ended; this browser gets a new one."""
    response = web.Response(status=303, headers={"Location": where})
    await access.begin(call.request, Holder(person=call.caller.person_id), response)
    return response


async def _proved(call: Call, operation: Any, request: Any) -> Any:
    async with call.request.app[passwords.PASSWORDS].hashing:
        return await _limited(call, operation, request)


async def _limited(call: Call, operation: Any, request: Any) -> Any:
    """An act that shows a secret: whoever found an open browser does not try a thousand. Raises Problem."""
    held, now_s, key = (
        call.request.app[passwords.PASSWORDS],
        call.request.app[PARTS].monotonic(),
        f"me {call.caller.holder}",
    )
    if wait_s := held.code.wait_s(key, now_s):
        raise TooManyRequests(
            "too many wrong tries", Sentence("wait {seconds} seconds and try again", seconds=round(wait_s))
        )
    try:
        return await call.do(operation, request)
    except (WrongPassword, WrongCode):
        held.code.failed(key, now_s)
        raise
