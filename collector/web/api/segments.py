"""API: segments with their touch models, each account's place, capacity, cost ratio."""

from typing import Annotated, Literal

from pydantic import Field

from collector.accounts.segments.capacity import CapacityPlan
from collector.accounts.segments.cost_ratio import SegmentCost
from collector.accounts.segments.reports import Place, SegmentShown
from collector.language.catalogue import SOURCE, Language
from collector.operations import segments as operations
from collector.operations.segments import PlacesOn, PortfolioOn, SegmentsOn
from collector.values.paging import Page
from collector.web.api.parameters import Day, Paged, day_number
from collector.web.api.rates import Currency, Word
from collector.web.api.routing import Call, Query, Route

_TAG = "segments"


class DayCurrencyQuery(Query):
    day: Annotated[Day | None, Field(description="default: today")] = None
    currency: Annotated[Currency | None, Field(description="all amounts in it; default: the setting base_currency")] = (
        None
    )


class SegmentsQuery(DayCurrencyQuery):
    language: Language = SOURCE


class PlacesQuery(SegmentsQuery, Paged):
    segment: Word = ""
    tier: Literal["top", "middle", "base", "none"] | None = None


async def segments(call: Call, query: SegmentsQuery) -> list[SegmentShown]:
    """Segments with their touch models, and how many accounts and how much ARR is in each."""
    wanted = SegmentsOn(day=day_number(query.day), currency=query.currency, language=query.language)
    return await call.do(operations.segments, wanted)


async def segments_accounts(call: Call, query: PlacesQuery) -> Page[Place]:
    """Every account's segment, tier of the ARR pyramid, and points with what they are for."""
    wanted = PlacesOn(**query.model_dump() | {"day": day_number(query.day)})
    return await call.do(operations.segments_accounts, wanted)


async def capacity(call: Call, query: DayCurrencyQuery) -> CapacityPlan:
    """Hours that the segments' touch models need, the people that makes, and how loaded each one is."""
    return await call.do(operations.capacity, PortfolioOn(day=day_number(query.day), currency=query.currency))


async def cost_ratio(call: Call, query: DayCurrencyQuery) -> list[SegmentCost]:
    """Cost less paid work over ARR, per segment, and what each of four levers would have to be to fit."""
    return await call.do(operations.cost_ratio, PortfolioOn(day=day_number(query.day), currency=query.currency))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/segments", _TAG, "Segments, their touch models and what is in them", list[SegmentShown], segments,
          SegmentsQuery, operation=operations.segments),
    Route("GET", "/segments/accounts", _TAG, "Each account's segment, tier and points", Page[Place],
          segments_accounts, PlacesQuery, operation=operations.segments_accounts),
    Route("GET", "/capacity", _TAG, "How many people the accounts need, and each one's load", CapacityPlan, capacity,
          DayCurrencyQuery, operation=operations.capacity),
    Route("GET", "/cost-ratio", _TAG, "What customer success costs against ARR, per segment, with the levers",
          list[SegmentCost], cost_ratio, DayCurrencyQuery, operation=operations.cost_ratio),
)  # fmt: skip
