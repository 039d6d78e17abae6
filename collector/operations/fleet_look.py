"""What a fleet engineer looks at: robots by what ails them, faults by what robots run, the sheet."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from collector.access.caller import SEES_FLEET
from collector.accounts import closed_sites
from collector.context import Context
from collector.fleet import fault_rates as rates
from collector.fleet import faults, records, robots
from collector.fleet.fault_rates import ANY_KIND, By, FaultRates, RobotKinds
from collector.fleet.own_day import whole_day
from collector.fleet.presence import State
from collector.fleet.records import Alarm
from collector.fleet.robots import Robot, RobotFilter
from collector.operations import filters
from collector.operations.operation import account_row, operation
from collector.scores import anomalies
from collector.scores.anomalies import IncidentSeen
from collector.store.lists import among
from collector.store.tables.fleet import account
from collector.values.paging import Page

INCIDENTS = 5
DAYS_OF_RATES = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRobots:
    """`account` is its external id. `closed`: names of robots whose place is closed now (`closed_robots`); `state`
    "closed" are these, and they are in no other state.
    """

    account: str | None = None
    state: str = ""
    search: str = ""
    broken: bool = False
    needs_look: bool = False
    kinds: RobotKinds = ANY_KIND
    closed: frozenset[str]
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRatesOf:
    by: By
    kinds: RobotKinds = ANY_KIND


@dataclass(frozen=True, slots=True)
class FleetSheet:
    """`names`: of the accounts in the incidents, by external id. `parked`: messages that were not taken, ever.

    `faulty`: robots with an open fault.
    """

    incidents: list[IncidentSeen]
    names: dict[str, str]
    alarms: list[Alarm]
    parked: int
    faulty: int
    parked_robots: int


@operation(roles=SEES_FLEET)
def closed_robots(context: Context, _: None) -> Mapping[str, State]:
    """Robots that are not connected because their place is closed at this hour, with their state. Costs grow."""
    return context.read(lambda connection: closed_sites.closed_now(connection, context.now_s()))


@operation(roles=SEES_FLEET)
def fleet_robots(context: Context, wanted: FleetRobots) -> Page[Robot]:
    """Robots by name, of what an engineer filters by. Refuses an unknown account."""
    state: State | None = None
    for key in ("online", "offline", "stopped", "never"):
        if wanted.state == key:
            state = key

    def read(connection: Connection) -> Page[Robot]:
        filters.kinds_of_robots(connection, wanted.kinds)
        account_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        chosen = RobotFilter(
            account_id, state, wanted.search, names=wanted.closed if wanted.state == "closed" else None,
            except_names=wanted.closed if state is not None or wanted.needs_look else frozenset(),
            is_broken=wanted.broken, needs_look=wanted.needs_look, kinds=wanted.kinds,
        )  # fmt: skip
        return robots.page(
            connection, context.caller.scope, chosen, context.now_s(), context.today(), closed_sites.closed_days,
            limit=wanted.limit, cursor=wanted.cursor,
        )  # fmt: skip

    return context.read(read)


@operation(roles=SEES_FLEET)
def fault_rates(context: Context, wanted: FaultRatesOf) -> FaultRates:
    """Episodes per 100 hours by firmware, model or version of a skill, of 28 days. Costs grow.

    The last of them is over for every robot, wherever it is.
    """

    def read(connection: Connection) -> FaultRates:
        filters.kinds_of_robots(connection, wanted.kinds)
        last = whole_day(connection, context.now_s())
        return rates.read(connection, wanted.by, last - DAYS_OF_RATES + 1, last, wanted.kinds)

    return context.read(read)


@operation(roles=SEES_FLEET)
def fleet_sheet(context: Context, _: None) -> FleetSheet:
    """Open incidents with the accounts' names, what still alarms, and how much was not taken."""

    def read(connection: Connection) -> FleetSheet:
        found = anomalies.incidents_page(connection, is_open=True, limit=INCIDENTS, cursor=None).items
        keys = sorted({key for one in found for key in one.accounts})
        wanted = select(account.c.external_id, account.c.name).where(among(connection, account.c.external_id, keys))
        tallies = records.parked_tallies(connection)
        return FleetSheet(
            incidents=list(found),
            names={row.external_id: row.name for row in connection.execute(wanted)},
            alarms=records.alarms(connection, uncleared=True),
            parked=sum(one.parked for one in tallies),
            faulty=faults.robots_with_open(connection),
            parked_robots=len({one.robot for one in tallies}),
        )

    return context.read(read)
