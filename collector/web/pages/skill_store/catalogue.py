"""The catalogue for colleagues: skills by scene, industry, price and state, with what is withdrawn or recalled."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from collector.language import names
from collector.language import skill_sheet as sentences
from collector.language.pages import Words
from collector.operations import catalogue
from collector.operations.catalogue import BrowseCatalogue, ListingShown
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.catalogue.prices import PaidHow
from collector.web.api.routing import Call
from collector.web.pages import skill_texts
from collector.web.pages.skill_store.acts import skill_address

STATE_LOOKS = {"published": "good", "withdrawn": "warn", "recalled": "bad", "draft": ""}
_TYPED_MAX = 120
HERE = "/skills/catalogue"


async def catalogue_page(call: Call, words: Words) -> dict[str, Any]:
    """The address is the filter; what may be chosen comes from all of them."""
    query, language = call.request.query, words.language
    asked = {name: query.get(name, "").strip()[:_TYPED_MAX] for name in ("q", "scene", "industry", "cost", "state")}
    asked["cost"] = asked["cost"] if asked["cost"] in set(PaidHow) else ""
    asked["state"] = asked["state"] if asked["state"] in set(ListingState) else ""
    every = await call.do(catalogue.browse_catalogue, BrowseCatalogue())
    wanted = BrowseCatalogue(
        scene=asked["scene"], industry=asked["industry"], search=asked["q"],
        cost=PaidHow(asked["cost"]) if asked["cost"] else None,
        state=ListingState(asked["state"]) if asked["state"] else None,
    )  # fmt: skip
    found = await call.do(catalogue.browse_catalogue, wanted) if any(asked.values()) else every
    scenes = sorted({scene for one in every for scene in one.scenes})
    industries = sorted({industry for one in every for industry in one.industries})
    said = {
        "scene": {key: names.scene(key, language) for key in scenes},
        "industry": {key: names.scene(key, language) for key in industries},
        "cost": {one.value: sentences.cost(one.value, language) for one in PaidHow},
        "state": {one.value: sentences.state(one.value, language) for one in ListingState},
    }
    heads = {"scene": "every_scene", "industry": "every_industry", "cost": "every_price", "state": "every_state"}
    labels = {"scene": "scene", "industry": "industry", "cost": "price_h", "state": "state"}
    return {
        "sentence": sentences.in_catalogue(Counter(one.state.value for one in every), language),
        "has_any": bool(every),
        "q": asked["q"],
        "choices": [
            {
                "name": name, "label": words(labels[name]), "value": asked[name],
                "options": [(("", words(heads[name]))), *said[name].items()],
            }
            for name in labels
        ],
        "facets": [
            {"text": text or value, "href": _without(asked, name)}
            for name, value in asked.items()
            if value and (text := said.get(name, {}).get(value, value))
        ],
        "rows": [_row(one, words) for one in found],
    }  # fmt: skip


def _row(one: ListingShown, words: Words) -> dict[str, Any]:
    return {
        "href": skill_address(one.skill),
        "skill": one.skill,
        "name": skill_texts.name_of(one, words),
        "text": skill_texts.text_of(one, words),
        "state": sentences.state(one.state.value, words.language),
        "look": STATE_LOOKS[one.state.value],
        "scenes": skill_texts.scenes_of(one, words),
        "price": price_of(one.price, words),
        "version": one.versions[0].version if one.versions else "",
        "publisher": one.publisher,
    }


def price_of(said: dict[str, Any] | None, words: Words) -> str:
    """For colleagues: a price that nobody has set is not one on request."""
    if said is None:
        return sentences.cost(PaidHow.UNPRICED.value, words.language)
    return skill_texts.price_of(said, words)


def _without(asked: dict[str, str], name: str) -> str:
    kept = {key: value for key, value in asked.items() if value and key != name}
    return f"{HERE}?{urlencode(kept)}" if kept else HERE
