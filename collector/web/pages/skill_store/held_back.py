"""Held back: robots that are not on the newest version of a skill, why, what they are worth, what to do; as a file."""

from typing import Any, Literal
from urllib.parse import quote, urlencode

from aiohttp import web

from collector.language import figures, rollouts
from collector.language import skill_store as sentences
from collector.language.pages import Words
from collector.operations import catalogue, held_back
from collector.operations.catalogue import BrowseCatalogue
from collector.operations.held_back import HeldBackFile, HeldBackFilter
from collector.skillstore.held_back import ALL_HELD, Held, HeldBackRobot
from collector.web.api.routing import Call
from collector.web.api.uploads import sent, spooled
from collector.web.pages import shell, skill_texts
from collector.web.pages.rendering import visit
from collector.web.pages.skill_store.acts import skill_address

ROBOTS_SHOWN = 100
HERE = "/skills/held-back"
LOOKS = {"cannot": "bad", "will_not": "warn", "silent": "", "under_way": "info"}
_SKILL_MAX = 64


async def held_back_page(call: Call, words: Words) -> dict[str, Any]:
    """The largest ARR first. Without a repository of packages nothing is newer than anything else."""
    held, skill = _asked(call)
    views = {"rows": [], "views": [], "more": "", "sentence": "", "files": {}, "skill": skill, "has_repository": False}
    if call.context.settings.skills_folder is None:
        return {**views, "skills": [], "held": held or ""}
    found = await call.do(
        held_back.skills_held_back, HeldBackFilter(skill=skill, held=held, limit=ROBOTS_SHOWN)
    )  # fmt: skip
    known = await call.do(catalogue.browse_catalogue, BrowseCatalogue())
    named = {one.skill: skill_texts.name_of(one, words) for one in known}
    of_kind = sum(found.by_held.values()) if held is None else found.by_held[held]
    beyond = of_kind - len(found.shown)
    kept = {"skill": skill} if skill else {}
    asked = {**kept, **({"held": held} if held else {})}
    everywhere = words.number(sum(found.by_held.values()))
    return {
        **views,
        "has_repository": True,
        "held": held or "",
        "sentence": sentences.held_sentence(found.robots, found.accounts, words.language),
        "views": [
            {"href": _address(kept), "text": words("all"), "count": everywhere, "current": held is None},
            *(
                {
                    "href": _address({**kept, "held": one}), "text": sentences.held(one, words.language),
                    "count": words.number(found.by_held[one]), "current": one == held,
                }
                for one in ALL_HELD
            ),
        ],
        "skills": [("", words("every_skill")), *sorted(named.items(), key=lambda one: one[1])],
        "files": {form: f"{HERE}.{form}{f'?{urlencode(asked)}' if asked else ''}" for form in ("csv", "xlsx")},
        "rows": [_row(one, named, words) for one in found.shown],
        "more": words("more_held", n=words.number(beyond)) if beyond > 0 else "",
    }  # fmt: skip


async def held_back_file(request: web.Request) -> web.StreamResponse:
    """What the page shows, every row of it, in the reader's language."""
    call, _ = await visit(request, inside=True)
    form: Literal["csv", "xlsx"] = "xlsx" if request.match_info["form"] == "xlsx" else "csv"
    held, skill = _asked(call)
    language = shell.words_of(request).language
    with spooled() as file:
        wanted = HeldBackFile(skill=skill, held=held, form=form, language=language, out=file)
        await call.do(held_back.export_held_back, wanted)
        return await sent(call, file, "held-back", form)


def _asked(call: Call) -> tuple[Held | None, str]:
    query = call.request.query
    held: Held | None = next((one for one in ALL_HELD if one == query.get("held")), None)
    return held, query.get("skill", "").strip()[:_SKILL_MAX]


def _row(one: HeldBackRobot, named: dict[str, str], words: Words) -> dict[str, Any]:
    language = words.language
    return {
        "robot": one.robot, "href": f"/robots/{quote(one.robot, safe='')}",
        "account_name": one.account_name, "account_href": f"/accounts/{quote(one.account, safe='')}",
        "arr": "–" if one.arr is None else figures.money(one.arr, one.currency, language),
        "named": named.get(one.skill, one.skill), "skill_href": skill_address(one.skill),
        "runs": one.runs, "newest": one.newest,
        "held": sentences.held(one.held, language), "look": LOOKS[one.held],
        "why": sentences.held_why(one.code, one.reason, language),
        "do": sentences.remedy(one.code, one.turn, language), "turn": rollouts.turn(one.turn, language),
    }  # fmt: skip


def _address(kept: dict[str, str]) -> str:
    return f"{HERE}?{urlencode(kept)}" if kept else HERE
