"""Segments with their touch models, each account's place, capacity, and what customer success costs against ARR."""

from dataclasses import dataclass

from collector.access.caller import INSIDE
from collector.accounts.ledger.facts import NOW
from collector.accounts.segments import reports
from collector.accounts.segments.capacity import CapacityPlan
from collector.accounts.segments.cost_ratio import SegmentCost
from collector.accounts.segments.reports import Place, Portfolio, SegmentShown
from collector.accounts.segments.segments import Tier
from collector.context import Context
from collector.language import names
from collector.language.catalogue import Language, gettext
from collector.operations import filters
from collector.operations.operation import operation
from collector.operations.rates import currency_of, segment_names
from collector.values.paging import Page, page_of, read_cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioOn:
    """`day` None: the collector's today. `currency` None: the settings' base currency."""

    day: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentsOn(PortfolioOn):
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacesOn(SegmentsOn):
    """`segment` empty and `tier` None: every account."""

    segment: str = ""
    tier: Tier | None = None
    limit: int
    cursor: str | None = None


@operation(roles=INSIDE)
def segments(context: Context, wanted: SegmentsOn) -> list[SegmentShown]:
    """Segments with their touch models, and how many accounts and how much ARR is in each."""
    found = _portfolio(context, wanted)
    return reports.segments_shown(
        found,
        context.policies.segments,
        lambda rule: names.of(rule, wanted.language),
        gettext(wanted.language, "unknown"),
    )


@operation(roles=INSIDE)
def segments_accounts(context: Context, wanted: PlacesOn) -> Page[Place]:
    """Every account's segment, tier of the ARR pyramid, and points with what they are for."""
    after = read_cursor(wanted.cursor, str)
    keys = context.policies.segments.by_key
    context.read(lambda connection: filters.segment(connection, wanted.segment, keys))
    name_of = segment_names(context.policies.segments, wanted.language)
    rest = [
        each
        for each in reports.places(_portfolio(context, wanted), name_of)
        if (not wanted.segment or each.segment == wanted.segment)
        and (wanted.tier is None or each.tier == wanted.tier)
        and (after is None or each.account > after[0])
    ]
    items, following = page_of(rest[: wanted.limit + 1], wanted.limit, lambda each: (each.account,))
    return Page(list(items), following)


@operation(roles=INSIDE)
def capacity(context: Context, wanted: PortfolioOn) -> CapacityPlan:
    """Hours that the segments' touch models need, the people that makes, and how loaded each one is."""
    return reports.capacity_plan(_portfolio(context, wanted), _day(context, wanted), context.policies.segments)


@operation(roles=INSIDE)
def cost_ratio(context: Context, wanted: PortfolioOn) -> list[SegmentCost]:
    """Cost less paid work over ARR, per segment, and what each of four levers would have to be to fit."""
    return reports.cost_ratio_report(
        _portfolio(context, wanted), _day(context, wanted), currency=currency_of(context, wanted.currency),
        policy=context.policies.segments,
    )  # fmt: skip


def _day(context: Context, wanted: PortfolioOn) -> int:
    return context.today() if wanted.day is None else wanted.day


def _portfolio(context: Context, wanted: PortfolioOn) -> Portfolio:
    day, currency, policies = _day(context, wanted), currency_of(context, wanted.currency), context.policies
    return context.read(
        lambda connection: reports.portfolio(
            connection, day, currency=currency, policy=policies.segments,
            grace_days=policies.health.renewal.grace_days, knowledge=NOW,
        )
    )  # fmt: skip
