"""One skill for colleagues: versions with notes, what it may do, prices by day, who has it; and curators' acts."""

from typing import Any
from urllib.parse import quote, urlencode

from collector.access.caller import CURATORS, ENTITLERS, INSIDE, WISHERS
from collector.calendar import days
from collector.language import figures, names
from collector.language import skill_sheet as sentences
from collector.language import skill_store as store_sentences
from collector.language.pages import Words
from collector.operations import skill_sheet
from collector.operations.catalogue import ListingShown, ReleaseOffered
from collector.operations.skill_sheet import SkillReach, SkillSheet, SkillSheetOf
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.holders import SkillHolder
from collector.web.api.routing import Call
from collector.web.pages import skill_texts, told
from collector.web.pages.skill_store.catalogue import STATE_LOOKS, price_of
from collector.web.pages.skill_store.recall import recall_address
from collector.web.pages.told import Toast, Undo

HOLDERS_SHOWN = 25
_ACTS = {ListingState.WITHDRAWN: "withdraw", ListingState.PUBLISHED: "offer_again"}
"""What a curator does here. A recall is signed by those who hold its keys; a draft is published by its publisher."""


async def skill_page(call: Call, words: Words) -> dict[str, Any]:
    """All of it on one page."""
    wanted = SkillSheetOf(skill=call.request.match_info["skill"], limit=HOLDERS_SHOWN)
    sheet = await call.do(skill_sheet.skill_sheet, wanted)
    one, language, of = sheet.listing, words.language, sheet.holders
    newest = one.versions[0] if one.versions else None
    may = call.caller.may(CURATORS)
    beyond = of.accounts - len(of.shown)
    return {
        "skill": one.skill,
        "name": skill_texts.name_of(one, words),
        "text": skill_texts.text_of(one, words),
        "elsewhere": skill_texts.elsewhere(one, words),
        "state": sentences.state(one.state.value, language),
        "state_note": sentences.state_note(one.state.value, language),
        "state_key": one.state.value,
        "look": STATE_LOOKS[one.state.value],
        "sentence": sentences.spread(of.robots, of.active, of.accounts, language),
        "facts": [
            (words("price_h"), price_of(one.price, words), False),
            (words("offered_version"), newest.version if newest else words("nothing_offered"), newest is not None),
            (words("scene"), skill_texts.scenes_of(one, words) or "–", False),
            (words("industry"), figures.listed([names.scene(key, language) for key in one.industries], language)
             or words("every_industry"), False),
            (words("publisher_h"), one.publisher, True),
        ],
        "acts": [(key.value, _ACTS[key]) for key in sheet.may_become if may and key in _ACTS
                 and not (key is ListingState.PUBLISHED and not one.versions)],
        "may_curate": may,
        "may_recall": call.caller.may(WISHERS),
        "may_entitle": call.caller.may(ENTITLERS),
        "sees_held_back": call.caller.may(INSIDE),
        "industries": ", ".join(one.industries),
        "versions": [{**_version(each, words), "recall_href": recall_address(one.skill, each.sha256)}
                     for each in one.versions],
        "holders": [_holder(each, language) for each in of.shown],
        "more_holders": words.number(beyond) if beyond > 0 else "",
        "reach": _reach(sheet.reach, words),
        "prices": _prices(sheet, words),
        "price_form": _price_form(sheet, words, call.context.today()),
        "here": f"/skills/catalogue/{quote(one.skill, safe='')}",
        "of_skill": urlencode({"skill": one.skill}),
        "toast": _toast(call, words, one),
    }  # fmt: skip


def _version(one: ReleaseOffered, words: Words) -> dict[str, Any]:
    notes, lang = skill_texts.notes_of(one, words)
    return {
        "version": one.version, "release": words.number(one.release),
        "size": store_sentences.megabytes(one.bytes, words.language),
        "models": figures.listed(one.models, words.language), "notes": notes,
        "notes_lang": lang,
        "sha256": one.sha256,
    }  # fmt: skip


def _holder(one: SkillHolder, language: str) -> dict[str, Any]:
    return {
        "href": f"/accounts/{quote(one.account, safe='')}", "name": one.name,
        "licences": f"/accounts/{quote(one.account, safe='')}/licences",
        "robots": figures.number(one.robots, language), "active": figures.number(one.active, language),
        "is_entitled": one.is_entitled,
        "versions": figures.listed(
            [sentences.version_held(each.version, each.wished, language) for each in one.versions], language
        ),
    }  # fmt: skip


def _reach(one: SkillReach | None, words: Words) -> dict[str, Any] | None:
    if one is None:
        return None
    language = words.language
    return {
        "permissions": [sentences.permission(key, language) for key in one.permissions],
        "counters": [sentences.counter_most(words.counter(key), most, language) for key, most in one.counters.items()],
        "limits": [sentences.limit(key, most, language) for key, most in one.limits.items()],
        "readable": sentences.readable(language, is_readable=one.is_readable),
        "is_orchestrator": one.is_orchestrator,
    }


def _prices(sheet: SkillSheet, words: Words) -> list[dict[str, Any]]:
    """The newest day first; what is yet to come stands above what is in force."""
    return [
        {
            "from": sentences.price_from(figures.iso_day(one.from_day, words.language), words.language),
            "price": skill_texts.price_of(one.price, words), "by": one.set_by, "holds": one.holds_today,
        }
        for one in sheet.prices
    ]  # fmt: skip


def _price_form(sheet: SkillSheet, words: Words, today: int) -> dict[str, Any]:
    """The currency of the last price stands in it: a skill is rarely sold in two."""
    known = sheet.prices[0].price if sheet.prices else {}
    counters = [] if sheet.reach is None else [(key, words.counter(key)) for key in sheet.reach.counters]
    return {
        "currency": known.get("currency", ""), "trial_days": known.get("trial_days", ""),
        "tomorrow": days.iso(today + 1), "today": days.iso(today),
        "counters": [{"value": "", "text": words("price_no_use")},
                     *({"value": key, "text": text} for key, text in counters)],
    }  # fmt: skip


def _toast(call: Call, words: Words, one: ListingShown) -> Toast | None:
    """What the address says was done, with its undo where there is one; None: nothing."""
    done, undo = told.of(call), None
    did, before = done.get("did", ""), done.get("was", "")
    if did == "industries":
        fields = [("skill", one.skill), ("industries", before), ("was", ", ".join(one.industries))]
        undo = Undo("/acts/catalogue/industries", fields, words("undo"))
    elif {did, before} == {"withdrawn", "published"} and did == one.state.value:
        fields = [("skill", one.skill), ("state", before), ("was", one.state.value)]
        undo = Undo("/acts/catalogue/state", fields, words("undo"))
    return done.toast(sentences.done(did, words.language), undo)
