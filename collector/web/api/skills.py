"""API: skills on robots, with their history and their versions."""

from typing import Annotated

from pydantic import Field

from collector.fleet.skills.tracking import RobotSkills, SkillMoment
from collector.fleet.skills.versions import VersionOfSkill
from collector.fleet.skills.waiting import NotAsWished
from collector.operations import skills
from collector.values.paging import LIMIT_MAX, Page
from collector.web.api.parameters import Between, Paged
from collector.web.api.routing import Call, Query, Route

_TAG = "skills"
SkillName = Annotated[str, Field(max_length=64, description="one skill; empty: all")]


class SkillHistoryQuery(Paged):
    skill: SkillName = ""


class WaitingQuery(Query):
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = 50
    account: Annotated[str | None, Field(max_length=120, description="of its robots only")] = None
    skill: SkillName = ""


class VersionsQuery(Between):
    skill: SkillName = ""


async def of_robot(call: Call, _: Query) -> RobotSkills:
    """Desired, downloaded, installed, active: each with since when; why not, and whose turn it is."""
    return await call.do(skills.skills_of_robot, call.robot_name)


async def of_account(call: Call, query: Paged) -> Page[RobotSkills]:
    """Of every robot that is with the account today."""
    wanted = skills.SkillsOfAccount(account=call.request.match_info["account"], limit=query.limit, cursor=query.cursor)
    return await call.do(skills.skills_of_account, wanted)


async def history(call: Call, query: SkillHistoryQuery) -> Page[SkillMoment]:
    """The newest first. Rows are never changed."""
    wanted = skills.SkillHistoryOf(robot=call.robot_name, skill=query.skill, limit=query.limit, cursor=query.cursor)
    return await call.do(skills.skill_history, wanted)


async def waiting(call: Call, query: WaitingQuery) -> NotAsWished:
    """By robot. Of one skill at one account: the progress of what was published there."""
    wanted = skills.WaitingFor(limit=query.limit, account=query.account, skill=query.skill)
    return await call.do(skills.waiting_skills, wanted)


async def versions(call: Call, query: VersionsQuery) -> list[VersionOfSkill]:
    """Default: the last 28 whole days, UTC."""
    wanted = skills.VersionsOf(skill=query.skill, from_day=query.first_day, to_day=query.last_day)
    return await call.do(skills.versions_of_skills, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/robots/{robot}/skills/facts", _TAG, "How each skill stands on a robot, and whose turn it is",
          RobotSkills, of_robot, operation=skills.skills_of_robot),
    Route("GET", "/robots/{robot}/skills/history", _TAG, "What was wished, reported and told of a robot's skills",
          Page[SkillMoment], history, SkillHistoryQuery, operation=skills.skill_history),
    Route("GET", "/accounts/{account}/skills", _TAG, "The same of every robot of an account", Page[RobotSkills],
          of_account, Paged, operation=skills.skills_of_account),
    Route("GET", "/skills/waiting", _TAG, "Robots on which a skill is not as wished, and whose turn it is", NotAsWished,
          waiting, WaitingQuery, operation=skills.waiting_skills),
    Route("GET", "/skills/versions", _TAG, "Each version of each skill: robots, faults per 100 h, crashes",
          list[VersionOfSkill], versions, VersionsQuery, operation=skills.versions_of_skills),
)  # fmt: skip
