"""The search and the command palette: a page with one field, and the same results over any page.

Everybody has it, and finds what the own role may open: results, and the places of the own navigation.
"""

from typing import Any
from urllib.parse import quote, urlencode

from collector.access.caller import INSIDE, Caller
from collector.language import figures, names
from collector.language import search as sentences
from collector.language.pages import Words
from collector.operations import search as of_search
from collector.operations.names import Names, NamesOf, names_of
from collector.operations.search import OF_ONE, SORTS, Findings, Search, Sort
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.pages import shell

_CHOICES = (
    ("theme_dark", "?theme=dark", "theme"), ("theme_light", "?theme=light", "theme"),
    ("density_cosy", "?density=cosy", "rows"), ("keys_off", "?keys=off", "keys"), ("keys_on", "?keys=on", "keys"),
)  # fmt: skip
_HEADS = {
    "accounts": "accounts", "robots": "robots", "contacts": "contacts_h", "skills": "skills", "contracts": "contracts_h"
}  # fmt: skip


async def search_page(call: Call, words: Words) -> dict[str, Any]:
    query = call.request.query
    text = query.get("q", "").strip()[: of_search.TEXT_MAX_CHARS]
    of: Sort | None = next((one for one in SORTS if one == query.get("of")), None)
    page = int(number) if (number := query.get("page", "1")).isdecimal() and len(number) < NUMBER_MAX_DIGITS else 1
    found = await call.do(of_search.search, Search(text=text, of=of, page=page))
    named = await call.do(names_of, NamesOf()) if call.caller.may(INSIDE) else Names({}, {})
    here = query.get("from", "/")
    back = here if here.startswith("/") and not here.startswith(("//", "/\\")) else "/"
    groups = [
        _group(sort, getattr(found, sort).total, rows, text, words, page if of else None)
        for sort, rows in _rows(found, call.caller, words, named).items()
        if rows or (of == sort and getattr(found, sort).total)
    ]
    commands = [] if of else _commands(call.caller, text, back, words)
    return {"text": text, "groups": groups, "commands": commands,
            "nothing": bool(text) and not groups and not commands}  # fmt: skip


def _group(
    sort: Sort, total: int, rows: list[dict[str, Any]], text: str, words: Words, page: int | None
) -> dict[str, Any]:
    """`page` None: the first few; there is an address of all where there are more."""

    def to(number: int) -> str:
        return f"/search?{urlencode({'q': text, 'of': sort, 'page': number})}"

    first = 1 if page is None else OF_ONE * (page - 1) + 1
    last = first + len(rows) - 1
    return {
        "head": words(_HEADS[sort]),
        "shown": sentences.shown(first, last, total, words.language) if rows else "",
        "all": to(1) if page is None and total > len(rows) else "",
        "all_text": sentences.show_all(total, words.language),
        "before": to(page - 1) if page is not None and page > 1 else "",
        "following": to(page + 1) if page is not None and last < total else "",
        "rows": rows,
    }


def _rows(found: Findings, caller: Caller, words: Words, named: Names) -> dict[Sort, list[dict[str, Any]]]:
    inside, language = caller.may(INSIDE), words.language

    def account(external_id: str, place: str = "") -> str:
        """Its page; its robots where the caller has no page of accounts."""
        key = quote(external_id, safe="")
        return f"/accounts/{key}{place}" if inside else f"/fleet?account={key}"

    return {
        "accounts": [
            {
                "href": account(one.account), "text": one.name, "end": named.csm(one.csm), "icon": "accounts",
                "band": one.band if inside else "", "band_word": names.band_word(one.band, language),
                "score": "–" if one.final is None else figures.score(one.final, language),
            }
            for one in found.accounts.items
        ],
        "robots": [
            {"href": f"/robots/{quote(one.robot, safe='')}", "text": one.robot, "end": one.model, "icon": "robot"}
            for one in found.robots.items
        ],
        "contacts": [
            {"href": account(one.account, "#people"), "text": one.name, "end": one.account_name, "icon": "visit"}
            for one in found.contacts.items
        ],
        "skills": [
            {
                "href": f"/skills/catalogue/{quote(one.skill, safe='')}" if one.is_listed
                else f"/robots?{urlencode({'skill': one.skill})}",
                "text": one.skill, "icon": "skills",
                "end": sentences.on_robots(one.robots, language),
            }
            for one in found.skills.items
        ],
        "contracts": [
            {"href": account(one.account, "#contract"), "text": one.contract, "end": one.account_name, "icon": "file"}
            for one in found.contracts.items
        ],
    }  # fmt: skip


def _commands(caller: Caller, text: str, back: str, words: Words) -> list[dict[str, str]]:
    every = (*shell.SECTIONS, *shell.PLACES, *shell.SKILL_STORE[1:])
    places = list({one.href: one for one in reversed(every) if one.href and shell.is_for(one, caller)}.values())[::-1]
    known = [(one.word, one.href, one.icon, one.key) for one in places]
    known += [(word, f"{back}{choice}", icon, "") for word, choice, icon in _CHOICES]
    return [
        {"text": words(word), "href": href, "icon": icon, "letter": letter}
        for word, href, icon, letter in known
        if text.lower() in words(word).lower()
    ]
