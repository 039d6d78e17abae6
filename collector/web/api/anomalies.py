"""API: falls of use, incidents and swings. Only for the inside: a customer sees none of it."""

from typing import Annotated

from pydantic import Field

from collector.health.anomalies.swings import Swing
from collector.operations import anomalies
from collector.scores.anomalies import Anomaly, IncidentSeen
from collector.values.paging import Page
from collector.web.api.parameters import Between, Day, Paged, day_number
from collector.web.api.routing import Call, Query, Route

_TAG = "health"


class AnomaliesQuery(Paged, Between):
    account: str | None = None
    muted: Annotated[bool | None, Field(description="true: only those that an incident explains")] = None


class IncidentsQuery(Paged):
    open: Annotated[bool | None, Field(description="true: only those that are not over")] = None


class SwingsQuery(Query):
    day: Annotated[Day | None, Field(description="the last day of the newest period; default: yesterday")] = None


async def list_anomalies(call: Call, query: AnomaliesQuery) -> Page[Anomaly]:
    """A fall stands for every day on which it is judged so; `since_day` dates its beginning."""
    wanted = anomalies.ListAnomalies(
        account=query.account,
        first_day=query.first_day,
        last_day=query.last_day,
        muted=query.muted,
        limit=query.limit,
        cursor=query.cursor,
    )
    return await call.do(anomalies.list_anomalies, wanted)


async def list_incidents(call: Call, query: IncidentsQuery) -> Page[IncidentSeen]:
    wanted = anomalies.ListIncidents(is_open=query.open, limit=query.limit, cursor=query.cursor)
    return await call.do(anomalies.list_incidents, wanted)


async def list_swings(call: Call, query: SwingsQuery) -> list[Swing]:
    """Periods of 28 days; the newest is judged by the twelve before it. `bad`: it swung the way that costs money."""
    return await call.do(anomalies.list_swings, day_number(query.day))


ROUTES: tuple[Route, ...] = (
    Route("GET", "/anomalies", _TAG, "Falls of usage, newest day first (default: 28 days)", Page[Anomaly],
          list_anomalies, AnomaliesQuery, operation=anomalies.list_anomalies),
    Route("GET", "/incidents", _TAG, "One cause behind many alarms, newest first", Page[IncidentSeen],
          list_incidents, IncidentsQuery, operation=anomalies.list_incidents),
    Route("GET", "/swings", _TAG, "Abnormal swings of active, renewal, upsell and churn figures", list[Swing],
          list_swings, SwingsQuery, operation=anomalies.list_swings),
)  # fmt: skip
