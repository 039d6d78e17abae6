"""Licences: who may have which skill until when, over all accounts; and one account with its seats and robots."""

from typing import Any, get_args
from urllib.parse import quote, urlencode

from collector.access.caller import ENTITLERS, INSIDE, SEAT_GIVERS
from collector.accounts.ledger.facts import NOW
from collector.accounts.ledger.kinds.registry import KINDS
from collector.calendar import days
from collector.language import figures, skills
from collector.language import licences as sentences
from collector.language.pages import Words
from collector.operations import account_page, catalogue, entitlements, ledger, licences
from collector.operations.catalogue import BrowseCatalogue
from collector.operations.entitlements import EntitlementShown, SeatShown
from collector.operations.ledger import ListFacts
from collector.operations.licences import EntitledShown, LicenceShown, LicencesOf, ListEntitlements
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.skillstore.entitlements.overview import EntitledWhen
from collector.web.api.routing import Call
from collector.web.pages import shown, skill_texts, told
from collector.web.pages.account_called import account_meant
from collector.web.pages.skill_store.acts import account_address, skill_address
from collector.web.pages.told import Toast, Undo

ROWS_SHOWN = 50
LINES_SHOWN = 100  # contract lines to choose from; others are typed
HERE = "/skills/licences"
_WHEN: tuple[EntitledWhen, ...] = get_args(EntitledWhen)
_TYPED_MAX = 120
_UNDO = {"entitlement": "/acts/entitlements/end", "seat": "/acts/seats/end"}


async def licences_page(call: Call, words: Words) -> dict[str, Any]:
    """Of all accounts; the address is the filter."""
    query, language, today = call.request.query, words.language, call.context.today()
    when: EntitledWhen = next((one for one in _WHEN if one == query.get("when")), "now")
    account, skill = (query.get(name, "").strip()[:_TYPED_MAX] for name in ("account", "skill"))
    account = await account_meant(call, account)
    cursor = query.get("cursor") or None
    wanted = ListEntitlements(account=account or None, skill=skill, when=when, limit=ROWS_SHOWN, cursor=cursor)
    found = await call.do(licences.list_entitlements, wanted)
    named = await _named(call, words)
    kept = {name: value for name, value in (("account", account), ("skill", skill)) if value}
    listed = sentences.listed(len(found.items), language, more=found.next is not None)
    return {
        "views": [
            {"href": _address(one, kept), "text": sentences.when(one, language), "count": None, "current": one == when}
            for one in _WHEN
        ],
        "when": when,
        "account": account,
        "skill": skill,
        "skills": [("", words("every_skill")), *sorted(named.items(), key=lambda one: one[1])],
        "listed": listed,
        "rows": [_row(one, named, words, today) for one in found.items],
        "is_filtered": bool(kept) or when != "now",
        "first": _address(when, kept) if cursor else "",
        "following": _address(when, {**kept, "cursor": found.next}) if found.next else "",
    }


async def account_licences_page(call: Call, words: Words) -> dict[str, Any]:
    """One account: what it may have and had, its seats, and what its robots were told."""
    account, language, today = call.request.match_info["account"], words.language, call.context.today()
    held = await call.do(entitlements.entitlements_of_account, account)
    cursor = call.request.query.get("cursor") or None
    told = await call.do(
        licences.licences_of_account, LicencesOf(account=account, limit=ROWS_SHOWN, cursor=cursor)
    )  # fmt: skip
    inside = call.caller.may(INSIDE)
    lines = await _lines(call, account) if call.caller.may(ENTITLERS) else []
    name = (await call.do(account_page.named_account, account)).name if inside else account
    offered = await call.do(catalogue.browse_catalogue, BrowseCatalogue())
    named = {one.skill: skill_texts.name_of(one, words) for one in offered}
    sold = [(one.skill, named[one.skill]) for one in offered if one.state is ListingState.PUBLISHED]
    holds = sorted({one.skill for one in held.entitlements if one.holds_today})
    return {
        "account": account,
        "name": name,
        "account_href": f"/accounts/{quote(account, safe='')}" if inside else "",
        "sentence": sentences.account_sentence(len(holds), len({one.robot for one in told.items}), language),
        "entitlements": [_entitlement(one, named, words, today) for one in _standing_first(held.entitlements)],
        "seats": [_seat(one, named, words, today) for one in reversed(held.seats)],
        "licences": [_licence(one, named, call.now_s, words) for one in told.items],
        "first": account_address(account) if cursor else "",
        "following": account_address(account, cursor=told.next) if told.next else "",
        "may_entitle": call.caller.may(ENTITLERS),
        "may_seat": call.caller.may(SEAT_GIVERS),
        "lines": lines,
        "sold": [{"value": key, "text": text} for key, text in sold],
        "seatable": [{"value": key, "text": named.get(key, key)} for key in holds],
        "origins": [{"value": one.value, "text": sentences.origin(one.value, language)} for one in EntitledBy],
        "today": days.iso(today),
        "toast": _toast(call, words, account, today),
    }


def block(held: entitlements.EntitlementsOfAccount, words: Words, today: int) -> list[dict[str, str]]:
    """What an account may have today, on its own page."""
    return [
        {
            "href": skill_address(one.skill), "skill": words.skill_name(one.skill),
            "by": sentences.origin(one.origin.value, words.language), "span": _span(one, words, today),
        }
        for one in held.entitlements
        if one.holds_today
    ]  # fmt: skip


async def _lines(call: Call, account: str) -> list[dict[str, str]]:
    """Contract lines of the account that may pay for a skill, to be chosen from."""
    wanted = ListFacts(kind=KINDS["line"], account=account, knowledge=NOW, limit=LINES_SHOWN)
    found = await call.do(ledger.list_facts, wanted)
    return [
        {"key": str(one["id"]), "text": " ".join(str(one[part]) for part in ("product", "skill") if one.get(part))}
        for one in found.items
    ]


async def _named(call: Call, words: Words) -> dict[str, str]:
    found = await call.do(catalogue.browse_catalogue, BrowseCatalogue())
    return {one.skill: skill_texts.name_of(one, words) for one in found}


def _row(one: EntitledShown, named: dict[str, str], words: Words, today: int) -> dict[str, Any]:
    of = one.entitlement
    return {
        **_entitlement(of, named, words, today),
        "account": of.account, "account_name": one.account_name, "account_href": account_address(of.account),
        "robots": words.number(one.robots), "is_over": one.allowed is not None and one.robots > one.allowed,
        "seats": words.number(one.seats),
    }  # fmt: skip


def _entitlement(one: EntitlementShown, named: dict[str, str], words: Words, today: int) -> dict[str, Any]:
    return {
        "id": one.id, "skill": one.skill, "named": named.get(one.skill, one.skill), "href": skill_address(one.skill),
        "by": sentences.origin(one.origin.value, words.language), "line": one.contract_line or "",
        "span": _span(one, words, today), "holds": one.holds_today, "why": one.ended_reason,
        "most": words("all_models") if one.robots_most is None else words.number(one.robots_most),
        "can_end": one.to_day is None or days.parse(one.to_day) >= today, "until": one.to_day or "",
    }  # fmt: skip


def _span(one: EntitlementShown, words: Words, today: int) -> str:
    first = figures.short_day(one.from_day, words.language, today)
    last = figures.short_day(one.to_day, words.language, today) if one.to_day else ""
    return sentences.span(first, last, words.language)


def _standing_first(found: list[EntitlementShown]) -> list[EntitlementShown]:
    return sorted(found, key=lambda one: (not one.holds_today, -days.parse(one.from_day), one.skill))


def _seat(one: SeatShown, named: dict[str, str], words: Words, today: int) -> dict[str, Any]:
    first = figures.short_day(one.from_day, words.language, today)
    last = figures.short_day(one.to_day, words.language, today) if one.to_day else ""
    return {
        "id": one.id, "holder": one.holder, "named": named.get(one.skill, one.skill),
        "span": sentences.span(first, last, words.language), "goes_on": one.to_day is None,
    }  # fmt: skip


def _licence(one: LicenceShown, named: dict[str, str], now_s: int, words: Words) -> dict[str, Any]:
    language = words.language
    until = shown.day(one.until, now_s, words) if one.until else ""
    return {
        "robot": one.robot, "href": f"/robots/{quote(one.robot, safe='')}", "named": named.get(one.skill, one.skill),
        "version": one.version, "licence": sentences.licence(until, language, is_licensed=one.is_licensed),
        "alone": sentences.alone(shown.moment(one.runs_until, now_s, words), language) if one.runs_until else "",
        "told_at": one.told_at, "has_answered": one.has_answered, "heard_at": one.heard_at,
        "why": skills.why(one.code, "", language),
    }  # fmt: skip


def _toast(call: Call, words: Words, account: str, today: int) -> Toast | None:
    """What the address says was done; what was only just given can be taken back."""
    done = told.of(call)
    if not done:
        return None
    day, (kind, _, number) = done["day"], done.get("back", "").partition("-")
    shown_day = figures.short_day(day, words.language, today)
    said = sentences.done(done["did"], words.skill_name(done.get("what", "")), shown_day, words.language)
    undo = None
    if kind in _UNDO:
        before = days.iso(days.parse(day) - 1)
        fields = [("account", account), (kind, number), ("last_day", before), ("undo", "1")]
        undo = Undo(_UNDO[kind], fields, words("undo"))
    return done.toast(said, undo)


def _address(when: EntitledWhen, kept: dict[str, str]) -> str:
    query = {**({} if when == "now" else {"when": when}), **kept}
    return f"{HERE}?{urlencode(query)}" if query else HERE
