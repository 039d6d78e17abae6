"""API: rates with the accounts behind them, segments, capacity, cost ratio."""

from collector.accounts.rates import reports
from collector.accounts.rates.answer import Behind
from collector.accounts.rates.figures import FIGURES
from collector.accounts.rates.reports import RatesAnswer, RatesQuestion
from collector.accounts.segments import reports as segment_reports
from collector.accounts.segments.capacity import CapacityPlan
from collector.accounts.segments.cost_ratio import SegmentCost
from collector.accounts.segments.reports import Place, Portfolio, SegmentShown
from collector.calendar import days
from collector.values.paging import Page, page_of, read_cursor
from collector.web.api.parameters_rates import (
    BehindQuery,
    DayCurrencyQuery,
    PlacesQuery,
    RatesByQuery,
    RatesQuery,
    SegmentsQuery,
)
from collector.web.api.routing import Call
from collector.web.errors import BadRequest, NotFound


def today_of(call: Call) -> int:
    return days.of(call.now_s, "UTC")


async def rates(call: Call, query: RatesByQuery) -> RatesAnswer:
    """Every figure with its definition, its parts above and below the line, and what no rate was stated for."""
    question = _question(call, query, query.by or "")
    return await call.read(
        lambda connection: reports.rates_report(connection, question, call.context.policies.segments)
    )


async def rates_accounts(call: Call, query: BehindQuery) -> Page[Behind]:
    """The accounts that one figure is made of, by id. Their parts add up to the figure's."""
    figure = call.request.match_info["figure"]
    if figure not in FIGURES:
        raise NotFound(f"there is no figure {figure[:40]}", f"figures: {', '.join(FIGURES)}")
    question = _question(call, query)
    policy = call.context.policies.segments
    found = await call.read(lambda connection: reports.accounts_behind(connection, question, figure, policy))
    return paged(found, query.limit, query.cursor)


def paged(found: list[Behind], limit: int, cursor: str | None) -> Page[Behind]:
    """One page of a list that is sorted by account."""
    after = read_cursor(cursor, str)
    rest = found if after is None else [each for each in found if each.account > after[0]]
    items, following = page_of(rest[: limit + 1], limit, lambda each: (each.account,))
    return Page(list(items), following)


def _question(call: Call, query: RatesQuery, by: reports.By = "") -> RatesQuestion:
    grace_days = call.context.policies.health.renewal.grace_days
    try:
        return query.question(today_of(call), by, call.context.settings.base_currency, grace_days)
    except ValueError as error:
        raise BadRequest(
            str(error), "give from and to as 2026-01-01, the earlier first, and not after as_of"
        ) from error


async def segments(call: Call, query: SegmentsQuery) -> list[SegmentShown]:
    """Segments with their touch models, and how many accounts and how much ARR is in each."""
    found = await _portfolio(call, query)
    return segment_reports.segments_shown(found, call.context.policies.segments, chinese=query.language == "zh")


async def segments_accounts(call: Call, query: PlacesQuery) -> Page[Place]:
    """Every account's segment, tier of the ARR pyramid, and points with what they are for."""
    found = segment_reports.places(await _portfolio(call, query))
    after = read_cursor(query.cursor, str)
    rest = [
        each
        for each in found
        if (not query.segment or each.segment == query.segment)
        and (query.tier is None or each.tier == query.tier)
        and (after is None or each.account > after[0])
    ]
    items, following = page_of(rest[: query.limit + 1], query.limit, lambda each: (each.account,))
    return Page(list(items), following)


async def capacity(call: Call, query: DayCurrencyQuery) -> CapacityPlan:
    """Hours that the segments' touch models need, the people that makes, and how loaded each one is."""
    found = await _portfolio(call, query)
    return segment_reports.capacity_plan(found, _day(call, query), call.context.policies.segments)


async def cost_ratio(call: Call, query: DayCurrencyQuery) -> list[SegmentCost]:
    """Cost less paid work over ARR, per segment, and what each of four levers would have to be to fit."""
    found = await _portfolio(call, query)
    return segment_reports.cost_ratio_report(
        found, _day(call, query), currency=_currency(call, query), policy=call.context.policies.segments
    )


def _currency(call: Call, query: DayCurrencyQuery) -> str:
    return query.currency or call.context.settings.base_currency


def _day(call: Call, query: DayCurrencyQuery) -> int:
    return days.parse(query.day) if query.day else today_of(call)


async def _portfolio(call: Call, query: DayCurrencyQuery) -> Portfolio:
    day = _day(call, query)
    policies = call.context.policies
    return await call.read(
        lambda connection: segment_reports.portfolio(
            connection, day, currency=_currency(call, query), policy=policies.segments,
            grace_days=policies.health.renewal.grace_days,
        )
    )  # fmt: skip
