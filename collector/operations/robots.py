"""Robots: the list, one of them, what its agent told, and everything about it on one sheet."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import ENGINEERS, SEES_FLEET
from collector.accounts.closed_sites import closed_days
from collector.calendar import days
from collector.context import Context
from collector.fleet import desired, faults, holes, parked_counts, records, refusals, robots, twins, usage
from collector.fleet.desired import SkillsOf
from collector.fleet.faults import Episode
from collector.fleet.holes import RobotCompleteness
from collector.fleet.parked_counts import ParkedCount
from collector.fleet.presence import State
from collector.fleet.records import Alarm, Event, Gauges, Skill, Stream
from collector.fleet.refusals import RefusedReadings
from collector.fleet.robots import Robot, RobotFilter
from collector.fleet.scope import VisibleRobot
from collector.fleet.skills import tracking
from collector.fleet.skills.standing import TrackedSkill
from collector.fleet.twins import Twins
from collector.fleet.usage import UsageDay
from collector.fleet.usual import UsualDay, usual_day
from collector.operations.operation import account_row, operation, visible_robot
from collector.values.paging import Page
from collector.values.refusal import Refusal
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRobots:
    """`account` is its external id; `search` a part of the name."""

    account: str | None = None
    state: State | None = None
    search: str = ""
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOf:
    """`days`: so many with today; `rows`: so many episodes and events at most."""

    robot: str
    days: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalsOf:
    """`names`: so many refused names at most."""

    robot: str
    names: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotSheet:
    """One robot on one page. What only its present account may see is None, or empty, where it is elsewhere today.

    `usual`: of interactions, a day like today. `parked` and `twins` are for who sees the fleet.
    """

    name: str
    timezone: str
    robot: Robot | None
    usage: list[UsageDay]
    today: UsageDay | None
    complete: RobotCompleteness
    usual: UsualDay
    episodes: list[Episode]
    refused: RefusedReadings
    events: list[Event]
    streams: list[Stream]
    skills: list[TrackedSkill]
    gauges: Gauges | None
    wished: SkillsOf | None
    alarms: list[Alarm]
    parked: list[ParkedCount]
    twins: Twins


@dataclass(frozen=True, slots=True)
class Pulse:
    """What changes when a robot says something. `data_at`: when its newest data came."""

    timezone: str
    data_at: str | None
    mark: int
    state: State
    heard_at: str | None
    reported_at: str | None


@dataclass(frozen=True, slots=True)
class NameKept:
    """From now on the outbox file `epoch` counts as `robot`, and what counted as it until now as `twin`."""

    robot: str
    epoch: str | None
    twin: str
    twin_epoch: str | None


@operation()
def list_robots(context: Context, wanted: ListRobots) -> Page[Robot]:
    """Robots that are with the caller now, by name. Refuses an unknown account."""

    def read(connection: Connection) -> Page[Robot]:
        account_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        chosen = RobotFilter(account_id, wanted.state, wanted.search)
        return robots.page(
            connection, context.caller.scope, chosen, context.now_s(), context.today(), closed_days,
            limit=wanted.limit, cursor=wanted.cursor,
        )  # fmt: skip

    return context.read(read)


@operation()
def one_robot(context: Context, name: str) -> Robot:
    """Refuses one that is not with the caller's account today."""
    now_s, today, scope = context.now_s(), context.today(), context.caller.scope

    def read(connection: Connection) -> Robot:
        seen = present_robot(context, connection, name)
        return robots.one(connection, seen.id, now_s, today, scope, closed_days)

    return context.read(read)


@operation()
def robot_streams(context: Context, name: str) -> list[Stream]:
    """Its outbox files and what is committed of each."""
    return context.read(lambda connection: records.streams(connection, present_robot(context, connection, name)))


@operation()
def robot_skills(context: Context, name: str) -> list[Skill]:
    """The newest state of each skill package."""
    return context.read(lambda connection: records.skills(connection, present_robot(context, connection, name)))


@operation()
def robot_desired(context: Context, name: str) -> SkillsOf:
    """What it should run, and what it reports."""

    def read(connection: Connection) -> SkillsOf:
        seen = present_robot(context, connection, name)
        return desired.read(connection, seen)

    return context.read(read)


@operation()
def robot_refusals(context: Context, wanted: RefusalsOf) -> RefusedReadings:
    """What its sources refused today and yesterday, and which names for which reason, on the caller's days."""

    def read(connection: Connection) -> RefusedReadings:
        return _refused(context, connection, visible_robot(context, connection, wanted.robot), wanted.names)

    return context.read(read)


@operation()
def robot_sheet(context: Context, wanted: SheetOf) -> RobotSheet:
    """Everything about one robot, read at one moment. A customer sees the days on which it had the robot."""
    return context.read(lambda connection: _sheet(context, connection, wanted))


@operation()
def robot_pulse(context: Context, name: str) -> Pulse:
    """Whether there is anything new of it, for one small read. Refuses one that is not with the caller today."""

    def read(connection: Connection) -> Pulse:
        seen = present_robot(context, connection, name)
        return Pulse(seen.timezone, *robots.pulse(connection, seen))

    return context.read(read)


@operation(roles=ENGINEERS, writes=True)
def swap_twins(context: Context, twin: str) -> NameKept:
    """Of two machines under one name, let the other one keep it from now on. Refuses a robot that is no such twin."""

    def change(connection: Connection) -> NameKept:
        seen = visible_robot(context, connection, twin)
        named_id = twins.parent_of(connection, seen.id)
        if named_id is None:
            raise Refusal(
                Sentence("{twin} does not send under another robot's name", twin=twin),
                "name the robot that the alarm of a copied identity tells of: a name with ~ and digits",
                "invalid",
            )
        return NameKept(*twins.swap(connection, named_id, seen.id))

    return context.write(change)


def present_robot(context: Context, connection: Connection, name: str) -> VisibleRobot:
    """The robot of that name. Raises Refusal, also when it is no longer with the caller's account."""
    seen = visible_robot(context, connection, name)
    if not seen.sees_day(days.of(context.now_s(), seen.timezone)):
        raise Refusal(
            Sentence("{name} is not deployed with your account today", name=seen.name),
            "ask for the usage of the days on which it was",
            "forbidden",
        )
    return seen


def _refused(context: Context, connection: Connection, seen: VisibleRobot, names: int) -> RefusedReadings:
    today = days.of(context.now_s(), seen.timezone)
    return refusals.of_robot(connection, seen, today, context.settings.refused_readings_per_h, names)


def _sheet(context: Context, connection: Connection, wanted: SheetOf) -> RobotSheet:
    now_s, scope = context.now_s(), context.caller.scope
    seen = visible_robot(context, connection, wanted.robot)
    today = days.of(now_s, seen.timezone)
    here = seen.sees_day(today)
    counted = usage.by_day(connection, seen, today - wanted.days + 1, today)
    wish = desired.read(connection, seen) if here else None
    inside = scope.is_everything and context.caller.may(SEES_FLEET)
    return RobotSheet(
        name=seen.name,
        timezone=seen.timezone,
        robot=robots.one(connection, seen.id, now_s, context.today(), scope, closed_days) if here else None,
        usage=counted,
        today=counted[-1] if here and counted else None,
        complete=holes.completeness_of(connection, seen, wanted.days, now_s, closed_days),
        usual=usual_day(counted, "interaction"),
        episodes=faults.episodes(connection, scope, seen=seen, limit=wanted.rows).items,
        refused=_refused(context, connection, seen, wanted.rows),
        events=records.events(connection, scope, seen=seen, limit=wanted.rows).items,
        streams=records.streams(connection, seen) if here else [],
        skills=tracking.of_robots(connection, {seen.id: seen})[0].skills if here else [],
        gauges=records.gauges(connection, seen) if here else None,
        wished=wish,
        alarms=records.alarms_of(connection, seen.id) if scope.is_everything else [],
        parked=parked_counts.page(connection, robot_name=seen.name, state=None, limit=wanted.rows, cursor=None).items
        if inside
        else [],
        twins=twins.of_robot(connection, seen.id) if inside else Twins(),
    )
