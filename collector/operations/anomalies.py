"""Falls of use, incidents, and swings of the portfolio's figures."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import SEES_FLEET
from collector.context import Context
from collector.health.anomalies.swings import Swing
from collector.operations import ranges
from collector.operations.operation import account_row, operation
from collector.scores import anomalies
from collector.scores.anomalies import Anomaly, IncidentSeen
from collector.values.paging import Page

DAYS_DEFAULT = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAnomalies:
    """`last_day` None: today; `first_day` None: 27 days before. `muted` True: only those that an incident explains."""

    account: str | None = None
    first_day: int | None = None
    last_day: int | None = None
    muted: bool | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListIncidents:
    """`is_open` True: only those that are not over."""

    is_open: bool | None = None
    limit: int
    cursor: str | None = None


@operation(roles=SEES_FLEET)
def list_anomalies(context: Context, wanted: ListAnomalies) -> Page[Anomaly]:
    """A fall stands for every day on which it is judged so; `since_day` dates its beginning."""
    between = ranges.span(wanted.first_day, wanted.last_day, context.today(), DAYS_DEFAULT)

    def read(connection: Connection) -> Page[Anomaly]:
        account_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        return anomalies.anomalies_page(
            connection, account_id=account_id, between=between, muted=wanted.muted,
            limit=wanted.limit, cursor=wanted.cursor,
        )  # fmt: skip

    return context.read(read)


@operation(roles=SEES_FLEET)
def list_incidents(context: Context, wanted: ListIncidents) -> Page[IncidentSeen]:
    """One cause behind many alarms, the newest first."""
    return context.read(
        lambda connection: anomalies.incidents_page(
            connection, is_open=wanted.is_open, limit=wanted.limit, cursor=wanted.cursor
        )
    )


@operation(roles=SEES_FLEET)
def list_swings(context: Context, day: int | None) -> list[Swing]:
    """Periods of 28 days; the newest ends on `day`, the twelve before it judge it. Money in the base currency.

    `day` None: yesterday.
    """
    from collector.scores import portfolio_swings  # noqa: PLC0415 - statistics take a second that commands have not

    policy, currency = context.policies.health, context.settings.base_currency
    last = context.today() - 1 if day is None else day
    return context.read(
        lambda connection: portfolio_swings.swings(
            connection, last, policy.anomaly, currency, policy.renewal.grace_days
        )
    )
