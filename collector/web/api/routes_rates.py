"""The routes of rates, segments, capacity, lifecycle and activation."""

from collector.access.caller import INSIDE
from collector.accounts.rates.answer import Behind
from collector.accounts.rates.reports import RatesAnswer
from collector.accounts.rates.survival import TimeToValue
from collector.accounts.segments.capacity import CapacityPlan
from collector.accounts.segments.cost_ratio import SegmentCost
from collector.accounts.segments.reports import Place, SegmentShown
from collector.values.paging import Page
from collector.web.api import lifecycle, rates
from collector.web.api import parameters_rates as p
from collector.web.api.lifecycle import AccountStage, ClockShown, HandoverShown, StageEntered
from collector.web.api.routing import Route

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/rates",
        "rates",
        "Renewal, upsell, referral, retention and the other rates of a period",
        RatesAnswer,
        rates.rates,
        p.RatesByQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/rates/{figure}/accounts",
        "rates",
        "The accounts that one rate is made of",
        Page[Behind],
        rates.rates_accounts,
        p.BehindQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/segments",
        "segments",
        "Segments, their touch models and what is in them",
        list[SegmentShown],
        rates.segments,
        p.SegmentsQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/segments/accounts",
        "segments",
        "Each account's segment, tier and points",
        Page[Place],
        rates.segments_accounts,
        p.PlacesQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/capacity",
        "segments",
        "How many people the accounts need, and each one's load",
        CapacityPlan,
        rates.capacity,
        p.DayCurrencyQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/cost-ratio",
        "segments",
        "What customer success costs against ARR, per segment, with the levers",
        list[SegmentCost],
        rates.cost_ratio,
        p.DayCurrencyQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/lifecycle",
        "lifecycle",
        "The stage that each account is in",
        Page[AccountStage],
        lifecycle.lifecycle_stages,
        p.StagesQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/accounts/{account}/lifecycle",
        "lifecycle",
        "Every stage that an account entered",
        list[StageEntered],
        lifecycle.account_lifecycle,
        p.HistoryQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/lifecycle/handovers",
        "lifecycle",
        "Handovers from sales, with their clocks",
        Page[HandoverShown],
        lifecycle.handover_clocks,
        p.HandoversQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/activation",
        "lifecycle",
        "Activation clocks of new deployments",
        Page[ClockShown],
        lifecycle.activation_clocks,
        p.ActivationQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/survival",
        "lifecycle",
        "Time to the first value, with those who are not there yet",
        TimeToValue,
        lifecycle.survival,
        p.SurvivalQuery,
        roles=INSIDE,
    ),
)
