"""The administrator's pages: people, tokens, sessions, the audit log, settings, imports, notices."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from collector.access.caller import ADMINS, IMPORTERS, OF_PEOPLE, OF_SOME_ACCOUNTS, Role
from collector.language import acts as act_words
from collector.language import people as said
from collector.language import refusals
from collector.language import settings as setting_words
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words
from collector.language.refusals import RefusalShown
from collector.operations import audit, fleet, imports, notices, people, sessions, settings, tokens
from collector.operations import search as of_search
from collector.operations.names import NamesOf, names_of
from collector.operations.people import AddPerson, ChangePerson, LinkFor
from collector.operations.search import Search
from collector.values.paging import LIMIT_MAX
from collector.values.refusal import Refused
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import Forbidden, NotFound, problem_of
from collector.web.pages import shell
from collector.web.pages.forms import Fields, role_named
from collector.web.pages.rendering import refusal, render

ROWS_SHOWN = 50
SUGGESTED = 200  # accounts, by name; others are typed
LINES_FREE = 3
ROLES = tuple(role for role in Role if role in OF_PEOPLE)


async def people_page(call: Call, words: Words) -> dict[str, Any]:
    wanted = people.ListPeople(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    page = await call.do(people.list_people, wanted)
    named = await call.do(names_of, NamesOf(accounts=tuple({key for one in page.items for key in one.accounts})))
    return {
        "page": page,
        "named": named,
        "invitation": None,
        **await _form(call, words, _Typed(lang=words.language)),
    }  # fmt: skip


async def person_page(call: Call, words: Words) -> dict[str, Any]:
    person = await call.do(people.one_person, _number(call.request.match_info["person"]))
    acts = await call.do(audit.list_acts, audit.ListActs(limit=20, person=person.id))
    wanted = sessions.ListSessions(limit=ROWS_SHOWN, person=person.id, cursor=call.request.query.get("sessions"))
    named = await call.do(names_of, NamesOf(accounts=tuple(person.accounts)))
    typed = _Typed(
        name=person.name, lang=person.language, csm=person.csm or "", roles=list(person.roles),
        accounts=[named.account(one) for one in person.accounts],
    )  # fmt: skip
    return {
        "person": person,
        "acts": acts,
        "sessions": await call.do(sessions.list_sessions, wanted),
        "link": None,
        **await _form(call, words, typed),
    }  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Typed:
    """What stands in the form of a person. `accounts` by name or id."""

    name: str = ""
    mail: str = ""
    lang: str = ""
    csm: str = ""
    roles: list[Role] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)


async def _form(call: Call, words: Words, typed: _Typed, refused: RefusalShown | None = None) -> dict[str, Any]:
    named = await call.do(names_of, NamesOf())
    known = await call.do(fleet.list_owners, fleet.ListOwners(limit=SUGGESTED))
    csms = sorted(named.csms.items(), key=lambda one: one[1])
    return {
        "typed": typed,
        "refused": refused,
        "roles": ROLES,
        "languages": LANGUAGES,
        "csms": [{"value": "", "text": words("nobody")}, *({"value": key, "text": name} for key, name in csms)],
        "known": [one.name for one in known.accounts.items],
        "lines": [*typed.accounts, *[""] * LINES_FREE],
    }


def _typed(fields: Fields) -> _Typed:
    accounts = [text.strip() for name, text in fields.items() if name.startswith("accounts") and text.strip()]
    return _Typed(
        name=fields.get("name", ""), mail=fields.get("mail", ""), lang=fields.get("lang", ""),
        csm=fields.get("csm", "").strip(), roles=_roles(fields),
        accounts=[one.strip() for text in accounts for one in text.split(",") if one.strip()][: LIMIT_MAX + 1],
    )  # fmt: skip


async def _wrong(call: Call, typed: _Typed, words: Words) -> tuple[str, list[str]]:
    """What has to be typed otherwise, in words; and the ids of the accounts that were named."""
    if not typed.name.strip():
        return words("person_needs_name"), []
    if not typed.roles:
        return words("person_needs_role"), []
    if not set(typed.roles) <= OF_SOME_ACCOUNTS:
        return "", []
    if not typed.accounts:
        return words("person_needs_accounts"), []
    ids = []
    for text in typed.accounts:
        found = await _account_called(call, text)
        if found is None:
            return said.no_account(text, words.language), []
        ids.append(found)
    return "", ids


async def _account_called(call: Call, text: str) -> str | None:
    """By its id, or by its whole name where only one account has it."""
    known = await call.do(names_of, NamesOf(accounts=(text,)))
    if text in known.accounts:
        return text
    found = await call.do(of_search.search, Search(text=text, of="accounts"))
    same = [one.account for one in found.accounts.items if one.name.casefold() == text.casefold()]
    return same[0] if len(same) == 1 else None


async def add_person(call: Call, fields: Fields) -> web.StreamResponse:
    """The form comes back with what was typed where it is refused."""
    words, typed = shell.words_of(call.request), _typed(fields)
    complaint, ids = await _wrong(call, typed, words)
    refused, invitation = refusals.in_words(complaint, "") if complaint else None, None
    if refused is None:
        wanted = AddPerson(
            mail=typed.mail, name=typed.name, lang=typed.lang, roles=typed.roles, csm=typed.csm or None, accounts=ids
        )
        made = await call.parts.do(people.add_person, call.context, wanted)
        if isinstance(made, Refused):
            refused = _refused(call, made, words)
            if made.kind == "conflict":
                refused = refusals.in_words(words("mail_taken"), refused.remedy)
        else:
            invitation = made
    figures = await people_page(call, words)
    if refused is not None:
        figures |= await _form(call, words, typed, refused)
    status = HTTPStatus.OK if refused is None else HTTPStatus.UNPROCESSABLE_ENTITY
    shown = figures | {"invitation": invitation}
    return render(call.request, "admin/people.html", words, status, caller=call.caller, csrf=call.csrf, **shown)


async def change_person(call: Call, fields: Fields) -> str | web.StreamResponse:
    number, words, typed = _number(call.request.match_info["person"]), shell.words_of(call.request), _typed(fields)
    complaint, ids = await _wrong(call, typed, words)
    refused = refusals.in_words(complaint, "") if complaint else None
    if refused is None:
        wanted = ChangePerson(
            person=number, name=typed.name, lang=typed.lang, roles=typed.roles, csm=typed.csm, accounts=ids
        )
        done = await call.parts.do(people.change_person, call.context, wanted)
        if not isinstance(done, Refused):
            return f"/admin/people/{number}"
        refused = _refused(call, done, words)
    figures = await person_page(call, words) | await _form(call, words, typed, refused)
    return render(
        call.request, "admin/person.html", words, HTTPStatus.UNPROCESSABLE_ENTITY, caller=call.caller, csrf=call.csrf,
        **figures,
    )  # fmt: skip


def _refused(call: Call, why: Refused, words: Words) -> RefusalShown:
    """Raises Problem for what no typing cures."""
    if why.kind in {"forbidden", "not_found", "unavailable"}:
        raise problem_of(why)
    return refusal(why, words, call.caller)


async def link_person(call: Call, _: Fields) -> web.StreamResponse:
    link = await call.do(people.link_person, LinkFor(person=_number(call.request.match_info["person"])))
    words = shell.words_of(call.request)
    figures = await person_page(call, words) | {"link": link}
    return render(call.request, "admin/person.html", words, caller=call.caller, csrf=call.csrf, **figures)


async def disable_person(call: Call, _: Fields) -> str:
    return f"/admin/people/{(await call.do(people.disable_person, _number(call.request.match_info['person']))).id}"


async def enable_person(call: Call, _: Fields) -> str:
    return f"/admin/people/{(await call.do(people.enable_person, _number(call.request.match_info['person']))).id}"


async def drop_factor(call: Call, _: Fields) -> str:
    return f"/admin/people/{(await call.do(people.drop_second_factor, _number(call.request.match_info['person']))).id}"


async def tokens_page(call: Call, _: Words) -> dict[str, Any]:
    _only_admins(call)
    wanted = tokens.ListTokens(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    return {"page": await call.do(tokens.list_tokens, wanted)}


async def sessions_page(call: Call, _: Words) -> dict[str, Any]:
    _only_admins(call)
    own = await call.do(sessions.own_session, call.nonce)
    wanted = sessions.ListSessions(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    return {"page": await call.do(sessions.list_sessions, wanted), "own_session": own.id}


async def audit_page(call: Call, words: Words) -> dict[str, Any]:
    query = call.request.query
    person, act = query.get("person", ""), query.get("act", "")[:60]
    wanted = audit.ListActs(
        limit=ROWS_SHOWN, person=_number(person) if person else None, act=act or None, cursor=query.get("cursor")
    )
    named = sorted(((key, act_words.act(key, words.language)) for key in act_words.ACTS), key=lambda one: one[1])
    return {"page": await call.do(audit.list_acts, wanted), "act": act, "acts": named, "person": person}


async def settings_page(call: Call, words: Words) -> dict[str, Any]:
    stated = await call.do(settings.list_settings, None)
    return {"settings": [
        replace(
            one, about=setting_words.about(one.about, words.language),
            value=setting_words.value(one.value, words.language),
        )
        for one in stated
    ]}  # fmt: skip


async def imports_page(call: Call, _: Words) -> dict[str, Any]:
    if not call.caller.may(IMPORTERS):
        raise Forbidden("this page is for who imports", "ask your administrator for the role")
    wanted = imports.ListImports(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    return {"page": await call.do(imports.list_imports, wanted)}


async def undo_import(call: Call, _: Fields) -> str:
    await call.do(imports.undo_import, _number(call.request.match_info["import"]))
    return "/admin/imports"


async def notices_page(call: Call, _: Words) -> dict[str, Any]:
    return {
        "channels": await call.do(notices.list_channels, None),
        "page": await call.do(
            notices.list_notices, notices.ListNotices(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
        ),
    }


async def try_channel(call: Call, _: Fields) -> str:
    await call.do(notices.try_channel, _number(call.request.match_info["channel"]))
    return "/admin/notices"


async def resend_notice(call: Call, _: Fields) -> str:
    await call.do(notices.resend_notice, _number(call.request.match_info["notice"]))
    return "/admin/notices"


def _only_admins(call: Call) -> None:
    """Of what others may list for themselves."""
    if not call.caller.may(ADMINS):
        raise Forbidden("this page is for administrators", "your own are on your page: /me")


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
        raise NotFound("there is nothing of that number", "open it from its list")
    return int(text)


def _roles(fields: Fields) -> list[Role]:
    """Raises Unprocessable: who names a role that there is not means none that stands beside it."""
    found = []
    for word in fields.get("roles", "").split():
        role = role_named(word)
        if isinstance(role, Refused):
            raise problem_of(role)
        found.append(role)
    return found
