"""One skill of the catalogue with all that colleagues must know of it: prices by day, what it may do, who has it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from collector.access.caller import SEES_FLEET
from collector.calendar import days
from collector.context import Context
from collector.operations.catalogue import ListingShown, offers_there, shown_listings, visible_listing
from collector.operations.operation import operation
from collector.operations.skill_repository import reach_before, with_repository
from collector.skillstore.catalogue import reading
from collector.skillstore.catalogue.listing import FOLLOWS, ListingState
from collector.skillstore.holders import SkillHolders, holders
from collector.skillstore.review.reach import Reach
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence

HOLDERS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillSheetOf:
    """`limit`: of accounts that have it."""

    skill: str
    limit: int = 50


@dataclass(frozen=True, slots=True)
class PriceShown:
    """A price in force from a day until the next one. `set_at`: when somebody said so."""

    from_day: str
    price: dict[str, Any]
    set_by: str
    set_at: str
    holds_today: bool


@dataclass(frozen=True, slots=True)
class SkillReach:
    """What the newest version may do on a robot. `counters`: the most that each can grow in an hour.

    `is_readable`: its program can be read by whoever reviews it; None: nothing of it runs.
    """

    permissions: list[str]
    intents: list[str]
    counters: dict[str, int]
    limits: dict[str, int]
    is_orchestrator: bool
    is_readable: bool | None


@dataclass(frozen=True, slots=True)
class SkillSheet:
    """`may_become`: states that may follow the listing's. `reach` None: no version of it is offered."""

    listing: ListingShown
    may_become: list[ListingState]
    prices: list[PriceShown]
    reach: SkillReach | None
    holders: SkillHolders


@operation(roles=SEES_FLEET)
def skill_sheet(context: Context, wanted: SkillSheetOf) -> SkillSheet:
    """A listing with its prices by day, what its newest version may do, and which accounts have it on robots.

    Refuses a skill that is not in the catalogue.
    """
    if not 1 <= wanted.limit <= HOLDERS_MAX:
        raise Refusal(
            Sentence("limit {limit}", limit=wanted.limit),
            Sentence("ask for 1 to {holders_max} accounts", holders_max=HOLDERS_MAX),
            "invalid",
        )
    offers, today = offers_there(context), context.today()

    def read(connection: Connection) -> tuple[str, SkillSheet]:
        one = visible_listing(context, connection, wanted.skill)
        return one.appid, SkillSheet(
            shown_listings(connection, [one], offers, today)[0],
            sorted(FOLLOWS[one.state]),
            _prices(reading.prices_set(connection, one.skill), today),
            None,
            holders(connection, context.caller.scope, one.skill, today, wanted.limit),
        )

    appid, sheet = context.read(read)
    if not sheet.listing.versions:
        return sheet
    reach = with_repository(context, lambda repository: reach_before(repository, appid), changes=False)
    return SkillSheet(sheet.listing, sheet.may_become, sheet.prices, _reach(reach), sheet.holders)


def _prices(found: list[reading.PriceSet], today: int) -> list[PriceShown]:
    begun = [one.valid_from_day for one in found if one.valid_from_day <= today]
    in_force = max(begun, default=None)
    return [
        PriceShown(
            days.iso(one.valid_from_day), one.price.model_dump(mode="json"), one.who, days.rfc3339(one.set_at),
            one.valid_from_day == in_force,
        )
        for one in found
    ]  # fmt: skip


def _reach(one: Reach | None) -> SkillReach | None:
    if one is None:
        return None
    return SkillReach(
        list(one.permissions), list(one.intents), dict(one.counters), dict(one.limits), one.role == "orchestrator",
        None if not one.kind else one.kind == "python",
    )  # fmt: skip
