"""API: the skill store: catalogue, prices, entitlements, seats, and what is put on robots."""

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from collector.language.catalogue import SOURCE, Language
from collector.operations import (
    catalogue,
    entitlements,
    held_back,
    licences,
    skill_publishing,
    skill_sheet,
    skill_take_back,
)
from collector.operations.catalogue import ListingShown
from collector.operations.entitlements import EntitlementShown, EntitlementsOfAccount, SeatShown
from collector.operations.held_back import HeldBack
from collector.operations.licences import EntitledShown, LicenceShown
from collector.operations.operation import Done
from collector.operations.skill_publishing import Published
from collector.operations.skill_sheet import HOLDERS_MAX, SkillSheet
from collector.operations.skill_take_back import TakenBack
from collector.skillstore.catalogue.listing import ListingState
from collector.skillstore.catalogue.prices import PaidHow
from collector.skillstore.entitlements.entitlement import EntitledBy
from collector.skillstore.entitlements.overview import EntitledWhen
from collector.skillstore.held_back import Held
from collector.skillstore.publishing.plan import Act, PublishingPlan
from collector.values.paging import LIMIT_MAX, Page
from collector.web.api.parameters import Day, ExternalId, Paged, day_number
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.api.uploads import CSV, XLSX, sent, spooled

_TAG = "skill store"
PaidWord = Literal["free", "one_off", "fixed", "use", "unpriced"]
Word = Annotated[str, Field(max_length=120)]
Skill = Annotated[str, Field(min_length=1, max_length=64, description="the key of its manifest")]


class CatalogueQuery(Query):
    scene: Word = ""
    industry: Word = ""
    search: Annotated[str, Field(max_length=120, description="part of a name or a text, in either language")] = ""
    cost: Annotated[PaidWord | None, Field(description="how it is paid today; unpriced: nobody has said")] = None
    state: Annotated[ListingState | None, Field(description="left out: all that the caller sees")] = None


class SheetQuery(Query):
    limit: Annotated[int, Field(ge=1, le=HOLDERS_MAX, description="accounts that have it")] = 50


class EntitlementsQuery(Paged):
    account: Annotated[ExternalId | None, Field(description="only of this account")] = None
    skill: Annotated[str, Field(max_length=64, description="one skill; empty: all")] = ""
    when: Annotated[EntitledWhen, Field(description="as it stands today; ending: within 30 days")] = "now"


class PriceBody(Body):
    """In force from a day on, which has not begun."""

    from_day: Day
    price: Annotated[dict[str, Any], Field(description="currency, trial_days, minimum, charges: docs/skill-store.md")]


class ListingBody(Body):
    """What is left out stays as it is."""

    state: ListingState | None = None
    industries: Annotated[list[str] | None, Field(max_length=20)] = None


class EntitleBody(Body):
    """Both days count; without a last day it goes on."""

    skill: Skill
    origin: EntitledBy
    from_day: Day
    to_day: Day | None = None
    contract_line: Annotated[str | None, Field(max_length=120, description="with the origin contract_line")] = None
    robots_most: Annotated[int | None, Field(description="on how many robots at once; left out: on all")] = None


class EndBody(Body):
    """The last day counts."""

    last_day: Day
    why: Annotated[str, Field(max_length=500)]


class SeatBody(Body):
    """Whose seat it is, as the account names that person."""

    skill: Skill
    holder: Annotated[str, Field(max_length=120)]
    from_day: Day


class SeatEndBody(Body):
    """The last day counts."""

    last_day: Day


class OnRobotsBody(Body):
    """Without robots: all that are with the account today. Without a version: the newest."""

    skill: Skill
    do: Act
    version: Annotated[str, Field(max_length=64)] = ""
    robots: Annotated[list[Annotated[str, Field(max_length=200)]], Field(default_factory=list, max_length=100_000)]
    seen: Annotated[
        str, Field(max_length=2_000, description="`seen` of the dry run that is confirmed: another plan is refused")
    ] = ""


class TakeBackBody(Body):
    """What an act changed, as its answer names it."""

    skill: Skill
    revisions: Annotated[
        dict[Annotated[str, Field(max_length=200)], Annotated[int, Field(ge=1, le=2**53)]],
        Field(min_length=1, max_length=skill_take_back.ROBOTS_MAX, description="by robot, as publishing answered them"),
    ]


class HeldBackQuery(Query):
    skill: Annotated[str, Field(max_length=64, description="one skill; empty: all")] = ""
    held: Annotated[Held | None, Field(description="left out: for whatever reason")] = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="robots")] = 50


class HeldBackFileQuery(Query):
    skill: Annotated[str, Field(max_length=64, description="one skill; empty: all")] = ""
    held: Annotated[Held | None, Field(description="left out: for whatever reason")] = None
    format: Literal["csv", "xlsx"] = "csv"
    language: Annotated[Language, Field(description="of why and what to do")] = SOURCE


def _account(call: Call) -> str:
    return call.request.match_info["account"]


def _skill(call: Call) -> str:
    return call.request.match_info["skill"]


async def browse(call: Call, query: CatalogueQuery) -> list[ListingShown]:
    """By key. Customers see what is published."""
    said = query.model_dump() | {"cost": None if query.cost is None else PaidHow(query.cost)}
    return await call.do(catalogue.browse_catalogue, catalogue.BrowseCatalogue(**said))


async def one_listing(call: Call, _: Query) -> ListingShown:
    """With the versions that can be put on robots."""
    return await call.do(catalogue.one_listing, _skill(call))


async def change_listing(call: Call, _: Query, body: ListingBody) -> Done:
    """It touches no robot."""
    wanted = catalogue.ChangeListing(skill=_skill(call), state=body.state, industries=body.industries)
    return await call.do(catalogue.change_listing, wanted)


async def set_price(call: Call, _: Query, body: PriceBody) -> Done:
    """What was sold before keeps its price."""
    wanted = catalogue.SetPrice(skill=_skill(call), from_day=day_number(body.from_day) or 0, price=body.price)
    return await call.do(catalogue.set_price, wanted)


async def entitlements_of_account(call: Call, _: Query) -> EntitlementsOfAccount:
    """All that it has and had, and its seats."""
    return await call.do(entitlements.entitlements_of_account, _account(call))


async def entitle(call: Call, _: Query, body: EntitleBody) -> EntitlementShown:
    """From a contract line, as a trial, or granted."""
    said = body.model_dump() | {"from_day": day_number(body.from_day) or 0, "to_day": day_number(body.to_day)}
    return await call.do(entitlements.entitle, entitlements.Entitle(account=_account(call), **said))


async def end_entitlement(call: Call, _: Query, body: EndBody) -> Done:
    """Past bills stand."""
    wanted = entitlements.EndEntitlement(
        entitlement=call.number("entitlement"), last_day=day_number(body.last_day) or 0, why=body.why
    )
    return await call.do(entitlements.end_entitlement, wanted)


async def name_seat(call: Call, _: Query, body: SeatBody) -> SeatShown:
    """Seats are dated."""
    said = body.model_dump() | {"from_day": day_number(body.from_day) or 0}
    return await call.do(entitlements.name_seat, entitlements.NameSeat(account=_account(call), **said))


async def end_seat(call: Call, _: Query, body: SeatEndBody) -> Done:
    """The row stays."""
    wanted = entitlements.EndSeat(
        account=_account(call), seat=call.number("seat"), last_day=day_number(body.last_day) or 0
    )
    return await call.do(entitlements.end_seat, wanted)


def _on_robots(call: Call, body: OnRobotsBody) -> skill_publishing.SkillOnRobots:
    return skill_publishing.SkillOnRobots(
        account=_account(call), skill=body.skill, do=body.do, version=body.version, robots=tuple(body.robots),
        seen=body.seen,
    )  # fmt: skip


async def try_skill(call: Call, _: Query, body: OnRobotsBody) -> PublishingPlan:
    """Changes nothing."""
    return await call.do(skill_publishing.try_skill, _on_robots(call, body))


async def publish_skill(call: Call, _: Query, body: OnRobotsBody) -> Published:
    """How far it has come: GET /skills/waiting with account and skill."""
    return await call.do(skill_publishing.publish_skill, _on_robots(call, body))


def _taken_back(call: Call, body: TakeBackBody) -> skill_take_back.TakeBackPublishing:
    return skill_take_back.TakeBackPublishing(account=_account(call), skill=body.skill, revisions=body.revisions)


async def try_take_back(call: Call, _: Query, body: TakeBackBody) -> TakenBack:
    """Changes nothing."""
    return await call.do(skill_take_back.try_take_back, _taken_back(call, body))


async def take_back_publishing(call: Call, _: Query, body: TakeBackBody) -> TakenBack:
    """With the settings of then."""
    return await call.do(skill_take_back.take_back_publishing, _taken_back(call, body))


async def robots_held_back(call: Call, query: HeldBackQuery) -> HeldBack:
    """The largest ARR first."""
    return await call.do(held_back.skills_held_back, held_back.HeldBackFilter(**query.model_dump()))


async def held_back_file(call: Call, query: HeldBackFileQuery) -> web.StreamResponse:
    """All of them, with why and what to do in words; text that would run as a formula gets an apostrophe."""
    with spooled() as file:
        wanted = held_back.HeldBackFile(
            skill=query.skill, held=query.held, form=query.format, language=query.language, out=file
        )
        await call.do(held_back.export_held_back, wanted)
        return await sent(call, file, "held-back", query.format)


async def one_sheet(call: Call, query: SheetQuery) -> SkillSheet:
    """With prices by day, what the newest version may do, and which accounts have it."""
    return await call.do(skill_sheet.skill_sheet, skill_sheet.SkillSheetOf(skill=_skill(call), limit=query.limit))


async def list_entitlements(call: Call, query: EntitlementsQuery) -> Page[EntitledShown]:
    """The newest first; those that end soon by their last day."""
    return await call.do(licences.list_entitlements, licences.ListEntitlements(**query.model_dump()))


async def licences_of_account(call: Call, query: Paged) -> Page[LicenceShown]:
    """As they were signed into what the robots were told."""
    wanted = licences.LicencesOf(account=_account(call), limit=query.limit, cursor=query.cursor)
    return await call.do(licences.licences_of_account, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/skills/catalogue", _TAG, "Skills of the catalogue, by scene, industry or words", list[ListingShown],
          browse, CatalogueQuery, operation=catalogue.browse_catalogue),
    Route("GET", "/skills/catalogue/{skill}", _TAG, "One skill with its versions and price", ListingShown, one_listing,
          operation=catalogue.one_listing),
    Route("PUT", "/skills/catalogue/{skill}", _TAG, "Withdraw it, offer it again, name its industries", Done,
          change_listing, body=ListingBody, operation=catalogue.change_listing),
    Route("POST", "/skills/catalogue/{skill}/prices", _TAG, "Price it from a day on", Done, set_price, body=PriceBody,
          operation=catalogue.set_price),
    Route("GET", "/skills/catalogue/{skill}/sheet", _TAG, "One skill: prices by day, what it may do, who has it",
          SkillSheet, one_sheet, SheetQuery, operation=skill_sheet.skill_sheet),
    Route("GET", "/entitlements", _TAG, "Entitlements of all accounts, with what is used of each", Page[EntitledShown],
          list_entitlements, EntitlementsQuery, operation=licences.list_entitlements),
    Route("GET", "/accounts/{account}/licences", _TAG, "The licence of each skill on each robot of an account",
          Page[LicenceShown], licences_of_account, Paged, operation=licences.licences_of_account),
    Route("GET", "/accounts/{account}/entitlements", _TAG, "Which skills an account may have, and its seats",
          EntitlementsOfAccount, entitlements_of_account, operation=entitlements.entitlements_of_account),
    Route("POST", "/accounts/{account}/entitlements", _TAG, "Let an account have a skill", EntitlementShown, entitle,
          body=EntitleBody, operation=entitlements.entitle),
    Route("POST", "/entitlements/{entitlement}/end", _TAG, "End one", Done, end_entitlement, body=EndBody,
          operation=entitlements.end_entitlement),
    Route("POST", "/accounts/{account}/seats", _TAG, "Give a person a seat", SeatShown, name_seat, body=SeatBody,
          operation=entitlements.name_seat),
    Route("POST", "/accounts/{account}/seats/{seat}/end", _TAG, "End a seat", Done, end_seat, body=SeatEndBody,
          operation=entitlements.end_seat),
    Route("POST", "/accounts/{account}/skills/try", _TAG, "Dry run: what would happen on each robot", PublishingPlan,
          try_skill, body=OnRobotsBody, operation=skill_publishing.try_skill),
    Route("POST", "/accounts/{account}/skills/publish", _TAG, "Put a skill on robots, or take it off", Published,
          publish_skill, body=OnRobotsBody, operation=skill_publishing.publish_skill),
    Route("POST", "/accounts/{account}/skills/take-back/try", _TAG, "Dry run of taking back", TakenBack,
          try_take_back, body=TakeBackBody, operation=skill_take_back.try_take_back),
    Route("POST", "/accounts/{account}/skills/take-back", _TAG, "Take back what was put on robots, or taken off",
          TakenBack, take_back_publishing, body=TakeBackBody, operation=skill_take_back.take_back_publishing),
    Route("GET", "/skills/held-back", _TAG, "Robots that are not on the newest version: why, and the account's ARR",
          HeldBack, robots_held_back, HeldBackQuery, operation=held_back.skills_held_back),
    Route("GET", "/skills/held-back/file", _TAG, "The same as CSV or XLSX", str, held_back_file, HeldBackFileQuery,
          operation=held_back.export_held_back, files=(CSV, XLSX)),
)  # fmt: skip
