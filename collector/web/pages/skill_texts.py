"""A skill of the catalogue as pages write it: its name in the page's language, its price, where it is for."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from collector.language import figures
from collector.language import names as names_of
from collector.language import skill_store as sentences
from collector.language.catalogue import LANGUAGES
from collector.language.pages import Words
from collector.operations.catalogue import ListingShown, ReleaseOffered
from collector.operations.skill_names import SkillName
from collector.skillstore.billing.price import Charge, Price, UseCharge

_CHINESE = "zh"


def names(known: Mapping[str, SkillName], language: str) -> dict[str, str]:
    """By key, in that language or the other one; a skill that nobody named is absent."""
    both = {key: (one.zh, one.en) if language == _CHINESE else (one.en, one.zh) for key, one in known.items()}
    return {key: first or second for key, (first, second) in both.items() if first or second}


def name_of(one: ListingShown, words: Words) -> str:
    """The other language's where this one has none; the key where neither has."""
    first, second = (one.name_zh, one.name_en) if words.language == _CHINESE else (one.name_en, one.name_zh)
    return first or second or one.skill


def text_of(one: ListingShown, words: Words) -> str:
    """What it brings."""
    first, second = (one.text_zh, one.text_en) if words.language == _CHINESE else (one.text_en, one.text_zh)
    return first or second


def notes_of(one: ReleaseOffered, words: Words) -> tuple[str, str]:
    """What a version brings, in the reader's language or another with its tag; "" where its publisher wrote nothing."""
    for language in (words.language, *LANGUAGES):
        text = getattr(one, f"notes_{language}", "")
        if text:
            return text, "" if language == words.language else words.language_tag(language)
    return "", ""


def elsewhere(one: ListingShown, words: Words) -> list[dict[str, str]]:
    """Name and text as customers read them in each other language."""
    return [
        {
            "lang": words.language_tag(language), "head": words.language_name(language),
            "name": getattr(one, f"name_{language}", ""), "text": getattr(one, f"text_{language}", ""),
        }
        for language in LANGUAGES
        if language != words.language
    ]  # fmt: skip


def price_of(said: dict[str, Any] | None, words: Words) -> str:
    """A price in one clause; of one that nobody has set it says so."""
    if said is None:
        return sentences.no_price(words.language)
    price = Price.model_validate(said)
    charges = [_charge(one, price.currency, words) for one in price.charges]
    minimum = figures.exact(price.minimum, price.currency, words.language) if price.minimum else ""
    return sentences.price(charges, minimum, price.trial_days, words.language)


def _charge(one: Charge, currency: str, words: Words) -> str:
    language = words.language
    if isinstance(one, UseCharge):
        units = [tier.unit for tier in one.tiers]
        low, high = (figures.exact(each, currency, language) for each in (min(units), max(units)))
        counter = words.counter_inside(one.counter)
        in_seconds = one.counter.endswith("seconds")
        return sentences.use_charge(low, high, one.per, counter, language, in_seconds=in_seconds)
    each = one.each if one.kind == "fixed" else ""
    return sentences.charge(one.kind, each, figures.exact(Decimal(one.amount), currency, language), language)


def scenes_of(one: ListingShown, words: Words) -> str:
    return figures.listed([names_of.scene(key, words.language) for key in one.scenes], words.language)


def segment(keys: list[str], chosen: str, address: str, words: Words) -> list[dict[str, Any]]:
    """The choice of a scene, as links. `address` ends with what is kept and `scene=`."""
    first = {"href": address, "text": words("all_scenes"), "current": not chosen}
    rest = [
        {"href": f"{address}{quote(key)}", "text": names_of.scene(key, words.language), "current": key == chosen}
        for key in keys
    ]
    return [first, *rest]
