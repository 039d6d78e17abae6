"""The fleet in one look, what happened to its agents, what a person should look at, and who has the robots."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from collector.access.caller import ENGINEERS, SEES_FLEET
from collector.context import Context
from collector.fleet import accounts, ahead, drift_alarm, overview, records
from collector.fleet.accounts import AccountSummary, RobotDeployment
from collector.fleet.overview import Overview
from collector.fleet.records import Alarm, Event
from collector.language import alarms
from collector.operations.operation import Done, operation, visible_robot, within_account
from collector.values.paging import Page
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True)
class AlarmSaid(Alarm):
    """`said`: `detail` by language."""

    said: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewOf:
    """`account` None: of all robots that the caller may see; else its external id."""

    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEvents:
    """`robot` None: of all agents."""

    robot: str | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOwners:
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearAlarm:
    """`robot` "": the one alarm of all robots."""

    kind: str
    robot: str = ""


@dataclass(frozen=True, slots=True)
class Owners:
    """A page of accounts, and the newest deployments of robots with them."""

    accounts: Page[AccountSummary]
    deployments: list[RobotDeployment]


@operation()
def fleet_overview(context: Context, wanted: OverviewOf) -> Overview:
    """States, today's counts, open faults, backlog. Costs grow with the fleet. Refuses an unknown account."""

    def read(connection: Connection) -> Overview:
        scope = within_account(context, connection, wanted.account)
        return overview.read(connection, scope, context.now_s(), context.today())

    return context.read(read)


@operation()
def list_events(context: Context, wanted: ListEvents) -> Page[Event]:
    """Starts, stops, losses and other events of agents, the newest first."""

    def read(connection: Connection) -> Page[Event]:
        seen = None if wanted.robot is None else visible_robot(context, connection, wanted.robot)
        return records.events(connection, context.caller.scope, seen=seen, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)


@operation(roles=SEES_FLEET)
def list_alarms(context: Context, uncleared: bool) -> list[AlarmSaid]:  # noqa: FBT001 - an operation takes one request
    """What a person should look at; `uncleared`: only what still holds."""
    found = context.read(lambda connection: records.alarms(connection, uncleared=uncleared))
    return [AlarmSaid(**asdict(one), said=alarms.in_all(one.kind, one.detail)) for one in found]


@operation(roles=ENGINEERS, writes=True)
def clear_alarm(context: Context, wanted: ClearAlarm) -> Done | Refused:
    """Say that somebody has seen to it. It is raised again when it is seen again. Refuses one that does not hold."""
    now_s = context.now_s()

    def change(connection: Connection) -> Done | Refused:
        if wanted.kind == ahead.KIND and not wanted.robot:
            is_cleared = ahead.clear(connection) > 0
        elif wanted.kind in drift_alarm.KINDS and not wanted.robot:
            is_cleared = drift_alarm.clear(connection, wanted.kind)
        else:
            robot = visible_robot(context, connection, wanted.robot)
            is_cleared = records.clear_alarm(connection, robot.id, wanted.kind, now_s)
        if is_cleared:
            return Done()
        why = (
            Sentence("there is no alarm {kind} of {robot}", kind=wanted.kind, robot=wanted.robot)
            if wanted.robot
            else Sentence("there is no alarm {kind}", kind=wanted.kind)
        )
        remedy = Remedy("list them", "alarm list", "GET /api/v1/alarms?uncleared=true", "/fleet")
        return Refused(why, remedy, "not_found")

    return context.write(change)


@operation(roles=ENGINEERS, writes=True)
def hold_alarm(context: Context, wanted: ClearAlarm) -> Done | Refused:
    """Undo `clear_alarm` of a robot's alarm: it holds again. Refuses one that nobody cleared."""

    def change(connection: Connection) -> Done | Refused:
        robot = visible_robot(context, connection, wanted.robot)
        if records.hold_alarm(connection, robot.id, wanted.kind):
            return Done()
        return Refused(
            Sentence("no alarm {kind} of {robot} was cleared", kind=wanted.kind, robot=wanted.robot),
            Remedy("list them", "alarm list", "GET /api/v1/alarms", "/fleet"),
            "not_found",
        )

    return context.write(change)


@operation()
def list_owners(context: Context, wanted: ListOwners) -> Owners:
    """Accounts with the number of robots that each has today, and who had which robot."""

    def read(connection: Connection) -> Owners:
        scope, today = context.caller.scope, context.today()
        return Owners(
            accounts.listed(connection, scope, today, limit=wanted.limit, cursor=wanted.cursor),
            accounts.deployments(connection, scope, limit=wanted.limit).items,
        )

    return context.read(read)
