"""Completeness: what arrived, and the cause of every hole."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.accounts.closed_sites import closed_days
from collector.context import Context
from collector.fleet import holes, overview, robots
from collector.fleet.holes import Figures, RobotCompleteness
from collector.operations.operation import operation, visible_robot, within_account
from collector.values.paging import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessOf:
    """`days`: so many with today, by the robot's clock."""

    robot: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCompleteness:
    days: int
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalCompleteness:
    """`account` None: of all robots that the caller may see; else its external id."""

    days: int
    account: str | None = None


@operation()
def robot_completeness(context: Context, wanted: CompletenessOf) -> RobotCompleteness:
    """One robot's figures and newest holes; days that the caller may not see are left out."""

    def read(connection: Connection) -> RobotCompleteness:
        seen = visible_robot(context, connection, wanted.robot)
        return holes.completeness_of(connection, seen, wanted.days, context.now_s(), closed_days)

    return context.read(read)


@operation()
def list_completeness(context: Context, wanted: ListCompleteness) -> Page[RobotCompleteness]:
    """Robot by robot."""
    now_s = context.now_s()

    def read(connection: Connection) -> Page[RobotCompleteness]:
        listed, following = robots.names(
            connection, context.caller.scope, context.today(), limit=wanted.limit, cursor=wanted.cursor
        )
        found = [holes.completeness_of(connection, seen, wanted.days, now_s, closed_days) for seen in listed]
        return Page(found, following)

    return context.read(read)


@operation()
def total_completeness(context: Context, wanted: TotalCompleteness) -> Figures:
    """All robots together. Costs grow with the fleet. Refuses an unknown account."""

    def read(connection: Connection) -> Figures:
        scope = within_account(context, connection, wanted.account)
        total = overview.completeness(
            connection, scope, context.now_s(), context.today(), closed_days, days_back=wanted.days - 1
        )
        return holes.figures_of(total)

    return context.read(read)
