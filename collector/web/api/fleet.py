"""API: robots and everything about one robot; the fleet in one look."""

from typing import Any

from collector.calendar import days
from collector.fleet import desired, faults, holes, overview, records, robots
from collector.fleet.desired import Document, SkillsOf
from collector.fleet.faults import Episode
from collector.fleet.holes import RobotCompleteness
from collector.fleet.overview import Overview
from collector.fleet.records import Event, Skill, Stream
from collector.fleet.robots import Robot, RobotFilter
from collector.fleet.scope import VisibleRobot
from collector.operations import desired as wishes
from collector.values.paging import Page
from collector.web.api.parameters import (
    CompletenessPageQuery,
    CompletenessQuery,
    DesiredBody,
    FaultsQuery,
    Paged,
    RobotsQuery,
)
from collector.web.api.routing import Call, Query
from collector.web.errors import BadRequest, Forbidden
from collector.web.parts import FRESH


async def list_robots(call: Call, query: RobotsQuery) -> Page[Robot]:
    def answer(connection: Any) -> Page[Robot]:
        wanted = RobotFilter(call.account(connection, query.account), query.state, query.search)
        return robots.page(connection, call.caller.scope, wanted, call.now_s, limit=query.limit, cursor=query.cursor)

    return await call.read(answer)


async def one_robot(call: Call, _: Query) -> Robot:
    return await call.read(
        lambda connection: robots.one(connection, present(call, connection).id, call.now_s, call.caller.scope)
    )


def present(call: Call, connection: Any) -> VisibleRobot:
    """The robot of the path. Raises Forbidden when it is no longer with the caller's account."""
    seen = call.robot(connection)
    if not seen.sees_day(days.of(call.now_s, seen.timezone)):
        raise Forbidden(
            f"{seen.name} is not deployed with your account today", "ask for the usage of the days on which it was"
        )
    return seen


async def robot_faults(call: Call, query: FaultsQuery) -> Page[Episode]:
    return await call.read(
        lambda connection: faults.episodes(
            connection,
            call.caller.scope,
            seen=call.robot(connection),
            limit=query.limit,
            cursor=query.cursor,
            still_open=query.open,
            family=query.family,
        )
    )


async def fleet_faults(call: Call, query: FaultsQuery) -> Page[Episode]:
    return await call.read(
        lambda connection: faults.episodes(
            connection,
            call.caller.scope,
            limit=query.limit,
            cursor=query.cursor,
            still_open=query.open,
            family=query.family,
        )
    )


async def robot_events(call: Call, query: Paged) -> Page[Event]:
    return await call.read(
        lambda connection: records.events(
            connection, call.caller.scope, seen=call.robot(connection), limit=query.limit, cursor=query.cursor
        )
    )


async def fleet_events(call: Call, query: Paged) -> Page[Event]:
    return await call.read(
        lambda connection: records.events(connection, call.caller.scope, limit=query.limit, cursor=query.cursor)
    )


async def robot_streams(call: Call, _: Query) -> list[Stream]:
    return await call.read(lambda connection: records.streams(connection, present(call, connection).id))


async def robot_skills(call: Call, _: Query) -> list[Skill]:
    return await call.read(lambda connection: records.skills(connection, present(call, connection).id))


async def robot_completeness(call: Call, query: CompletenessQuery) -> RobotCompleteness:
    return await call.read(
        lambda connection: holes.completeness_of(connection, call.robot(connection), query.days, call.now_s)
    )


async def fleet_completeness(call: Call, query: CompletenessPageQuery) -> Page[RobotCompleteness]:
    def answer(connection: Any) -> Page[RobotCompleteness]:
        listed, following = robots.names(
            connection, call.caller.scope, call.now_s, limit=query.limit, cursor=query.cursor
        )
        return Page([holes.completeness_of(connection, seen, query.days, call.now_s) for seen in listed], following)

    return await call.read(answer)


async def fleet_overview(call: Call, _: Query) -> Overview:
    answer: Overview = await call.request.app[FRESH].get(
        ("overview", call.caller.scope),
        lambda: call.read(lambda connection: overview.read(connection, call.caller.scope, call.now_s)),
    )
    return answer


async def fleet_completeness_total(call: Call, query: CompletenessQuery) -> holes.Figures:
    answer: holes.Figures = await call.request.app[FRESH].get(
        ("completeness", call.caller.scope, query.days),
        lambda: call.read(
            lambda connection: holes.figures_of(
                overview.completeness(connection, call.caller.scope, call.now_s, days_back=query.days - 1)
            )
        ),
    )
    return answer


async def robot_desired(call: Call, _: Query) -> SkillsOf:
    def answer(connection: Any) -> SkillsOf:
        seen = present(call, connection)
        return desired.read(connection, seen.id, seen.name)

    return await call.read(answer)


async def put_desired(call: Call, _: Query, body: DesiredBody) -> Document:
    """Stored first, then published as a retained document; a robot that is away gets it when it returns."""
    wanted = wishes.WishFor(
        robot=call.robot_name, skills=body.skills, settings=body.settings, after_revision=body.after_revision
    )
    return await call.do(wishes.put_desired, wanted)


def bounded(first: int, last: int, most: int) -> None:
    """Raises BadRequest when a range of days is empty or longer than an answer may be."""
    if first > last:
        raise BadRequest(f"from {days.iso(first)} is after to {days.iso(last)}", "swap them")
    if last - first >= most:
        raise BadRequest(f"{last - first + 1} days are more than {most}", f"ask for at most {most} days at once")
