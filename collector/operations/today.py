"""Today: the calls, the portfolio that they are of, what is promised and due, what changed over the last closed day."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import INSIDE
from collector.context import Context
from collector.operations.calls import CallsAnswer, ListCalls, Whose, answer, own_csm, owners_of
from collector.operations.operation import operation
from collector.scores import anomalies
from collector.scores.anomalies import IncidentSeen
from collector.success import agenda, standings
from collector.success.agenda import AgendaItem
from collector.success.standings import Heard, MovedAccount, PortfolioSums, RenewalAhead

RENEWALS_SOON_DAYS = 90
RENEWALS_DAYS = 180
QUIET_DAYS = 30
PLANNED_DAYS = 60
LINES = 8  # of each list; whoever asks for the rest gets all of it
LINES_MAX = 500
INCIDENTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayOf:
    whose: Whose
    limit: int
    cursor: str | None = None
    lines: int = LINES


@dataclass(frozen=True, slots=True)
class TodayAnswer:
    """Everything of one moment. `bands`, `raws`: who changed over the newest closed day, and by how much.

    `more_planned`, `more_renewals`: there are more than were asked for. `own_in_incidents`: by incident, how many of
    its accounts are among those asked for. `heard` None: no closed day.
    """

    calls: CallsAnswer
    sums: PortfolioSums
    planned: list[AgendaItem]
    more_planned: bool
    renewals: list[RenewalAhead]
    more_renewals: bool
    bands: list[MovedAccount]
    raws: list[MovedAccount]
    incidents: list[IncidentSeen]
    own_in_incidents: dict[int, int]
    heard: Heard | None


@operation(roles=INSIDE)
def today(context: Context, wanted: TodayOf) -> TodayAnswer:
    """Of the caller's accounts, the team's, or everybody's; figures of closed days are of the last closing."""
    now = context.today()

    def read(connection: Connection) -> TodayAnswer:
        owners = owners_of(connection, wanted.whose, own_csm(context, connection))
        calls = answer(context, connection, ListCalls(whose=wanted.whose, limit=wanted.limit, cursor=wanted.cursor))
        bands, raws = standings.moved(connection, owners, LINES)
        planned = agenda.planned(connection, owners, now, ahead=PLANNED_DAYS, limit=wanted.lines + 1)
        overdue_days = context.policies.health.renewal.grace_days  # then its account has lapsed
        first, last = now - overdue_days, now + RENEWALS_DAYS
        renewals = standings.renewals(connection, owners, first, last, wanted.lines + 1)
        found = anomalies.incidents_page(connection, is_open=True, limit=INCIDENTS, cursor=None).items
        return TodayAnswer(
            calls=calls,
            sums=standings.sums(
                connection, owners, now, ahead=RENEWALS_SOON_DAYS, quiet=QUIET_DAYS, base=context.settings.base_currency
            ),
            planned=planned[: wanted.lines],
            more_planned=len(planned) > wanted.lines,
            renewals=renewals[: wanted.lines],
            more_renewals=len(renewals) > wanted.lines,
            bands=bands,
            raws=raws,
            incidents=found,
            own_in_incidents={one.id: standings.owned_of(connection, owners, one.accounts) for one in found},
            heard=None if calls.scored_day is None else standings.heard_on(connection, owners, calls.scored_day),
        )

    return context.read(read)
