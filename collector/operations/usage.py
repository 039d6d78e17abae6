"""Usage: of one robot, of many, sums, and the registry of what is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from collector.access.caller import EVERYONE
from collector.calendar import days
from collector.context import Context
from collector.fleet import usage
from collector.fleet.counts import FUNNEL
from collector.fleet.scope import VisibleRobot
from collector.fleet.usage import RobotDay, UsageDay, UsageHour, UsageSum
from collector.operations import filters, ranges
from collector.operations.operation import account_row, operation, visible_robot
from collector.values.paging import Page
from protocol.counters import COUNTERS, FAMILIES, Counter, Family


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageOf:
    """Of one robot. `from_day` None: 13 days before the last; `to_day` None: its today."""

    robot: str
    from_day: int | None = None
    to_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRobotDays:
    """`robots` None: all; of those that are not there, nothing. `robot`: one that must be. `account`: its external id.

    Days as in UsageOf; the last is the collector's tomorrow.
    """

    from_day: int | None = None
    to_day: int | None = None
    robots: Sequence[str] | None = None
    robot: str | None = None
    account: str | None = None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SumUsage:
    """`counters` None: the usage funnel. Days as in UsageOf; the last is the collector's today."""

    from_day: int | None = None
    to_day: int | None = None
    by: Literal["day", "account"] = "day"
    account: str | None = None
    counters: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """Every counter and fault family with its unit, names and the counter its rate is divided by (`per`).

    Counters that a skill adds carry a dot in their key and are not listed here.
    """

    counters: list[Counter]
    families: list[Family]


@operation()
def usage_by_day(context: Context, wanted: UsageOf) -> list[UsageDay]:
    """What one robot counted, by day of its time zone. Refuses a range that is too long."""

    def read(connection: Connection) -> list[UsageDay]:
        seen, first, last = _asked(context, connection, wanted, usage.ROBOT_DAYS_MAX)
        return usage.by_day(connection, seen, first, last)

    return context.read(read)


@operation()
def usage_by_hour(context: Context, wanted: UsageOf) -> list[UsageHour]:
    """The same by hour: hours are kept for a limited time. Refuses a range that is too long."""

    def read(connection: Connection) -> list[UsageHour]:
        seen, first, last = _asked(context, connection, wanted, usage.ROBOT_HOURS_DAYS_MAX)
        return usage.by_hour(connection, seen, first, last)

    return context.read(read)


@operation()
def list_robot_days(context: Context, wanted: ListRobotDays) -> Page[RobotDay]:
    """Robot-days with the account that had the robot that day. Refuses an unknown account."""

    def read(connection: Connection) -> Page[RobotDay]:
        first, last = ranges.span(wanted.from_day, wanted.to_day, context.today() + 1)
        account_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        robots = wanted.robots if wanted.robot is None else [visible_robot(context, connection, wanted.robot).name]
        return usage.robot_days(
            connection, context.caller.scope, from_day=first, to_day=last, limit=wanted.limit, cursor=wanted.cursor,
            robots=robots, account_id=account_id,
        )  # fmt: skip

    return context.read(read)


@operation()
def sum_usage(context: Context, wanted: SumUsage) -> list[UsageSum]:
    """Sums by day or by account. Refuses an unknown account or counter and a range that is too long."""

    def read(connection: Connection) -> list[UsageSum]:
        first, last = ranges.span(wanted.from_day, wanted.to_day, context.today())
        ranges.bounded(first, last, usage.SUM_DAYS_MAX)
        for counter in wanted.counters or ():
            filters.known("counter", None if "." in counter else counter, COUNTERS)  # with a dot: a skill's own
        account_id = None if wanted.account is None else account_row(context, connection, wanted.account)
        return usage.sums(
            connection, context.caller.scope, from_day=first, to_day=last, counters=wanted.counters or FUNNEL,
            by_account=wanted.by == "account", account_id=account_id,
        )  # fmt: skip

    return context.read(read)


@operation(roles=EVERYONE)
def registry(_: Context, __: None) -> Registry:
    """The counters and fault families that every agent knows."""
    return Registry(list(COUNTERS.values()), list(FAMILIES.values()))


def _asked(context: Context, connection: Connection, wanted: UsageOf, most: int) -> tuple[VisibleRobot, int, int]:
    """The robot, the first and the last day. Raises Refusal."""
    seen = visible_robot(context, connection, wanted.robot)
    first, last = ranges.span(wanted.from_day, wanted.to_day, days.of(context.now_s(), seen.timezone))
    ranges.bounded(first, last, most)
    return seen, first, last
