"""API: robots, what their agents told, and what each should run."""

from typing import Annotated, Any

from pydantic import Field

from collector.fleet.desired import Document, SkillsOf
from collector.fleet.presence import State
from collector.fleet.records import Event, Skill, Stream
from collector.fleet.refusals import RefusedReadings
from collector.fleet.robots import Robot
from collector.operations import desired, fleet, robots
from collector.operations.robots import NameKept
from collector.values.paging import Page
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route
from protocol import limits
from protocol.messages import DesiredSkill

_ROBOTS, _SKILLS = "robots", "skills"
NAMES_SHOWN = 50  # an agent has at most 16 names open at a time


class RobotsQuery(Paged):
    account: Annotated[str | None, Field(description="only robots deployed with this account today")] = None
    state: State | None = None
    search: Annotated[str, Field(max_length=64, description="part of the name")] = ""


class DesiredBody(Body):
    """`after_revision`: refuse when somebody else changed it meanwhile."""

    skills: Annotated[list[DesiredSkill], Field(max_length=limits.DESIRED_MAX_SKILLS, default_factory=list)]
    settings: Annotated[dict[str, Any], Field(default_factory=dict)]
    after_revision: Annotated[int | None, Field(ge=0)] = None


async def list_robots(call: Call, query: RobotsQuery) -> Page[Robot]:
    return await call.do(robots.list_robots, robots.ListRobots(**query.model_dump()))


async def one_robot(call: Call, _: Query) -> Robot:
    return await call.do(robots.one_robot, call.robot_name)


async def robot_events(call: Call, query: Paged) -> Page[Event]:
    wanted = fleet.ListEvents(robot=call.robot_name, limit=query.limit, cursor=query.cursor)
    return await call.do(fleet.list_events, wanted)


async def robot_streams(call: Call, _: Query) -> list[Stream]:
    return await call.do(robots.robot_streams, call.robot_name)


async def robot_skills(call: Call, _: Query) -> list[Skill]:
    return await call.do(robots.robot_skills, call.robot_name)


async def robot_refusals(call: Call, _: Query) -> RefusedReadings:
    return await call.do(robots.robot_refusals, robots.RefusalsOf(robot=call.robot_name, names=NAMES_SHOWN))


async def robot_desired(call: Call, _: Query) -> SkillsOf:
    return await call.do(robots.robot_desired, call.robot_name)


async def swap_twins(call: Call, _: Query) -> NameKept:
    return await call.do(robots.swap_twins, call.robot_name)


async def put_desired(call: Call, _: Query, body: DesiredBody) -> Document:
    """Stored first, then published as a retained document; a robot that is away gets it when it returns."""
    wanted = desired.WishFor(
        robot=call.robot_name, skills=body.skills, settings=body.settings, after_revision=body.after_revision
    )
    return await call.do(desired.put_desired, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/robots", _ROBOTS, "Robots that are with you now, by name", Page[Robot], list_robots, RobotsQuery,
          operation=robots.list_robots),
    Route("GET", "/robots/{robot}", _ROBOTS, "One robot", Robot, one_robot, operation=robots.one_robot),
    Route("GET", "/robots/{robot}/events", _ROBOTS, "What happened to its agent", Page[Event], robot_events, Paged,
          operation=fleet.list_events),
    Route("GET", "/robots/{robot}/streams", _ROBOTS, "Its outbox files and what is committed of each", list[Stream],
          robot_streams, operation=robots.robot_streams),
    Route("GET", "/robots/{robot}/skills", _SKILLS, "The newest state of each skill package", list[Skill],
          robot_skills, operation=robots.robot_skills),
    Route("GET", "/robots/{robot}/refusals", _ROBOTS,
          "Readings that its sources refused today and yesterday, with names and reasons", RefusedReadings,
          robot_refusals, operation=robots.robot_refusals),
    Route("GET", "/robots/{robot}/desired", _SKILLS, "What it should run, and what it reports", SkillsOf,
          robot_desired, operation=robots.robot_desired),
    Route("PUT", "/robots/{robot}/desired", _SKILLS,
          "Wish what it should run: a new revision, published as a retained document", Document, put_desired,
          body=DesiredBody, operation=desired.put_desired),
    Route("POST", "/robots/{robot}/swap", _ROBOTS,
          "Of two machines under one name, let this twin keep the name from now on", NameKept, swap_twins,
          operation=robots.swap_twins),
)  # fmt: skip
