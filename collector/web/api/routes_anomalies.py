"""The routes of falls of usage and of incidents. Only for the inside: a customer sees none of it."""

from typing import Annotated

from pydantic import Field

from collector.access.caller import INSIDE
from collector.calendar import days
from collector.health.anomalies.swings import Swing
from collector.scores import anomalies, portfolio_swings
from collector.scores.anomalies import Anomaly, IncidentSeen
from collector.values.paging import Page
from collector.web.api.parameters import Between, Day, Paged
from collector.web.api.routing import Call, Query, Route

DAYS_DEFAULT = 28


class AnomaliesQuery(Paged, Between):
    account: str | None = None
    muted: Annotated[bool | None, Field(description="true: only those that an incident explains")] = None


class IncidentsQuery(Paged):
    open: Annotated[bool | None, Field(description="true: only those that are not over")] = None


async def list_anomalies(call: Call, query: AnomaliesQuery) -> Page[Anomaly]:
    """A fall stands for every day on which it is judged so; `since_day` dates its beginning."""
    between = query.days(days.of(call.now_s, "UTC"), DAYS_DEFAULT)
    return await call.read(
        lambda connection: anomalies.anomalies_page(
            connection,
            account_id=call.account(connection, query.account),
            between=between,
            muted=query.muted,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


async def list_incidents(call: Call, query: IncidentsQuery) -> Page[IncidentSeen]:
    return await call.read(
        lambda connection: anomalies.incidents_page(
            connection, is_open=query.open, limit=query.limit, cursor=query.cursor
        )
    )


class SwingsQuery(Query):
    day: Annotated[Day | None, Field(description="the last day of the newest period; default: yesterday")] = None


async def list_swings(call: Call, query: SwingsQuery) -> list[Swing]:
    """Periods of 28 days; the newest is judged by the twelve before it. `bad`: it swung the way that costs money."""
    day = days.parse(query.day) if query.day else days.of(call.now_s, "UTC") - 1
    policy, currency = call.context.policies.health, call.context.settings.base_currency
    return await call.read(
        lambda connection: portfolio_swings.swings(connection, day, policy.anomaly, currency, policy.renewal.grace_days)
    )


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/anomalies",
        "health",
        "Falls of usage, newest day first (default: 28 days)",
        Page[Anomaly],
        list_anomalies,
        AnomaliesQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/incidents",
        "health",
        "One cause behind many alarms, newest first",
        Page[IncidentSeen],
        list_incidents,
        IncidentsQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/swings",
        "health",
        "Abnormal swings of active, renewal, upsell and churn figures",
        list[Swing],
        list_swings,
        SwingsQuery,
        roles=INSIDE,
    ),
)
