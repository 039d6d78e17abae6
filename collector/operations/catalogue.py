"""The catalogue of skills: looked through, priced, withdrawn and offered again."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from collector.access.caller import CURATORS, SEES_FLEET, SEES_ROBOTS
from collector.calendar import days
from collector.context import Context
from collector.operations import filters
from collector.operations.operation import Done, operation
from collector.operations.skill_repository import offers_of
from collector.skillstore.billing.price import Price
from collector.skillstore.catalogue import reading, writing
from collector.skillstore.catalogue.listing import Listing, ListingState, may_become
from collector.skillstore.catalogue.prices import PaidHow, costs, price_on
from collector.skillstore.repository.offers import NOTHING_OFFERED, Offers
from collector.skillstore.review.reading import notes_of_published
from collector.values.complaints import words_of
from collector.values.refusal import Refusal, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import NAME_MAX_CHARS, bounded, taken

INDUSTRIES_MAX = 20
_LIST = Remedy("list them", "skills catalogue", "GET /api/v1/skills/catalogue")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowseCatalogue:
    """Empty words, None: all. `cost`: how it is paid today."""

    scene: str = ""
    industry: str = ""
    search: str = ""
    cost: PaidHow | None = None
    state: ListingState | None = None


@dataclass(frozen=True, slots=True)
class ReleaseOffered:
    """One version that can be put on robots. Its notes say what it brings; "": its publisher wrote none."""

    version: str
    release: int
    bytes: int
    sha256: str
    models: list[str]
    notes_en: str
    notes_zh: str


@dataclass(frozen=True, slots=True)
class ListingShown:
    """One skill. `price` as it was set, None: nobody has set one; `versions`: what is offered, the newest first."""

    skill: str
    publisher: str
    state: ListingState
    name_en: str
    name_zh: str
    text_en: str
    text_zh: str
    scenes: list[str]
    industries: list[str]
    price: dict[str, Any] | None
    versions: list[ReleaseOffered]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPrice:
    """`price` as docs/skill-store.md says; in force from `from_day`, which is not in the past."""

    skill: str
    from_day: int
    price: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeListing:
    """What is None stays as it is."""

    skill: str
    state: ListingState | None = None
    industries: list[str] | None = None


@operation(roles=SEES_ROBOTS)
def browse_catalogue(context: Context, wanted: BrowseCatalogue) -> list[ListingShown]:
    """Skills by key. Customers see what is published; whoever sees the fleet sees also drafts and what is withdrawn."""
    for name in ("scene", "industry", "search"):
        bounded(name, getattr(wanted, name), NAME_MAX_CHARS)
    states = _states(context)
    offers = offers_there(context)

    def read(connection: Connection) -> list[ListingShown]:
        listed = reading.listings(connection, states)
        filters.known("scene", wanted.scene, [scene for one in listed for scene in one.scenes])
        filters.known("industry", wanted.industry, [industry for one in listed for industry in one.industries])
        found = [one for one in listed if _matches(one, wanted)]
        if wanted.cost is not None:
            prices, today = reading.prices_of(connection, [one.skill for one in found]), context.today()
            found = [one for one in found if wanted.cost in costs(price_on(prices.get(one.skill, ()), today))]
        return shown_listings(connection, found, offers, context.today())

    return context.read(read)


@operation(roles=SEES_ROBOTS)
def one_listing(context: Context, skill: str) -> ListingShown:
    """One of them. Refuses a skill that the caller may not see as one that is not there."""
    offers = offers_there(context)

    def read(connection: Connection) -> ListingShown:
        return shown_listings(connection, [visible_listing(context, connection, skill)], offers, context.today())[0]

    return context.read(read)


@operation(roles=CURATORS, writes=True)
def set_price(context: Context, wanted: SetPrice) -> Done:
    """Price a skill from a day on. Refuses a day that has begun, and a second price of one day: sales rest on them."""
    try:
        price = Price.model_validate(wanted.price)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"]) or "price"
        reason, remedy = words_of(first)
        usual = "see docs/skill-store.md for what a price says"
        raise Refusal(Sentence("{at}: {reason}", at=at, reason=reason), remedy or usual, "invalid") from None
    if wanted.from_day < context.today():
        raise Refusal(
            Sentence("{from_day} has begun", from_day=days.iso(wanted.from_day)),
            "price it from today or later",
            "invalid",
        )

    def change(connection: Connection) -> Done:
        visible_listing(context, connection, wanted.skill)
        there = reading.prices_of(connection, [wanted.skill]).get(wanted.skill, [])
        if any(one.valid_from_day == wanted.from_day for one in there):
            day = days.iso(wanted.from_day)
            raise Refusal(
                Sentence("{skill} has a price from {day}", skill=wanted.skill, day=day),
                "set the next one from another day",
                "conflict",
            )
        writing.add_price(connection, wanted.skill, wanted.from_day, price, context.caller.name, context.now_s())
        return Done()

    try:
        return context.write(change)
    except IntegrityError:  # somebody else was quicker
        raise Refusal("that day was priced meanwhile", "read the skill again", "outdated") from None


@operation(roles=CURATORS, writes=True)
def change_listing(context: Context, wanted: ChangeListing) -> Done:
    """Withdraw a skill from the catalogue, offer it again, or say for which industries it is.

    Refuses a state that cannot follow. It touches no robot: a recall does (docs/skill-repository.md).
    """
    words = None if wanted.industries is None else sorted({taken("industry", w, 40) for w in wanted.industries})
    if words is not None and len(words) > INDUSTRIES_MAX:
        raise Refusal(
            Sentence("{count} industries", count=len(words)),
            Sentence("name at most {industries_max}", industries_max=INDUSTRIES_MAX),
            "invalid",
        )

    def change(connection: Connection) -> Done:
        now = visible_listing(context, connection, wanted.skill)
        if wanted.state is not None and wanted.state is not now.state:
            if not may_become(now.state, wanted.state):
                reason = Sentence(
                    "{skill} is {state} and cannot become {state_2}",
                    skill=wanted.skill,
                    state=now.state.value,
                    state_2=wanted.state.value,
                )
                raise Refusal(reason, "a draft is published by its publisher's signed document", "conflict")
            writing.set_state(connection, wanted.skill, wanted.state, context.now_s())
        if words is not None:
            writing.set_industries(connection, wanted.skill, words, context.now_s())
        return Done()

    return context.write(change)


def visible_listing(context: Context, connection: Connection, skill: str) -> Listing:
    """The listing, where the caller may see it. Raises Refusal."""
    bounded("skill", skill, NAME_MAX_CHARS)
    found = reading.listing_of(connection, skill)
    if found is None or found.state not in _states(context):
        raise Refusal(Sentence("there is no skill {skill} in the catalogue", skill=skill[:60]), _LIST, "not_found")
    return found


def known_skill(context: Context, connection: Connection, skill: str, others: Collection[str]) -> None:
    """Raises Refusal with what may have been meant, for a skill that the caller finds neither here nor in `others`."""
    bounded("skill", skill, NAME_MAX_CHARS)
    filters.known("skill", skill, {one.skill for one in reading.listings(connection, _states(context))} | set(others))


def _states(context: Context) -> tuple[ListingState, ...]:
    sees_all = context.caller.may(SEES_FLEET) and context.caller.scope.is_everything
    return tuple(ListingState) if sees_all else (ListingState.PUBLISHED,)


def offers_there(context: Context) -> Offers:
    """What may be put on robots: without a repository nothing, and the catalogue can be read all the same."""
    return NOTHING_OFFERED if context.settings.skills_folder is None else offers_of(context)


def _matches(one: Listing, wanted: BrowseCatalogue) -> bool:
    said = f"{one.skill} {one.name_en} {one.name_zh} {one.text_en} {one.text_zh}".casefold()
    return (
        (not wanted.scene or wanted.scene in one.scenes)
        and (not wanted.industry or wanted.industry in one.industries)
        and wanted.state in {None, one.state}
        and wanted.search.strip().casefold() in said
    )


def shown_listings(
    connection: Connection, found: list[Listing], offers: Offers, today: int
) -> list[ListingShown]:  # fmt: skip
    """With what is offered of each, and its price of today."""
    notes = notes_of_published(connection, [one.appid for one in found])
    prices = reading.prices_of(connection, [one.skill for one in found])
    shown = []
    for one in found:
        price = price_on(prices.get(one.skill, ()), today)
        versions = [
            ReleaseOffered(
                each.version,
                each.release,
                each.length,
                each.sha256,
                list(each.needs.models),
                *notes.get((one.appid, each.release), ("", "")),
            )
            for each in offers.of_package(one.appid)
        ]
        shown.append(
            ListingShown(
                one.skill, one.publisher, one.state, one.name_en, one.name_zh, one.text_en, one.text_zh,
                list(one.scenes), list(one.industries), None if price is None else price.model_dump(mode="json"),
                versions,
            )
        )  # fmt: skip
    return shown
