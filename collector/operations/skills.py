"""Skills on robots: how each stands and whose turn it is, what was told of it when, versions over some days."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import SEES_FLEET
from collector.context import Context
from collector.fleet.own_day import whole_day
from collector.fleet.skills import tracking, versions, waiting
from collector.fleet.skills.tracking import RobotSkills, SkillMoment
from collector.fleet.skills.versions import VersionOfSkill
from collector.fleet.skills.waiting import NotAsWished
from collector.operations import ranges
from collector.operations.operation import account_row, operation, visible_robot, within_account
from collector.operations.robots import present_robot
from collector.values.paging import Page
from collector.values.texts import NAME_MAX_CHARS, bounded

VERSION_DAYS = 28
VERSION_DAYS_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillsOfAccount:
    """`account` is its external id."""

    account: str
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillHistoryOf:
    """`skill` "": of all skills of the robot."""

    robot: str
    skill: str = ""
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFor:
    """`limit`: of robots. `account` None: of all that the caller sees; `skill` "": of all skills."""

    limit: int
    account: str | None = None
    skill: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsOf:
    """Days are numbers since 1970-01-01; None: the last 28 that are over for every robot. `skill` "": all skills."""

    skill: str = ""
    from_day: int | None = None
    to_day: int | None = None


@operation()
def skills_of_robot(context: Context, name: str) -> RobotSkills:
    """Each skill of a robot: four facts with since when, why not, whose turn; and whether the report proves it."""

    def read(connection: Connection) -> RobotSkills:
        seen = present_robot(context, connection, name)
        return tracking.of_robots(connection, {seen.id: seen})[0]

    return context.read(read)


@operation()
def skills_of_account(context: Context, wanted: SkillsOfAccount) -> Page[RobotSkills]:
    """The same of every robot that is with an account today, by robot. Refuses an unknown account."""

    def read(connection: Connection) -> Page[RobotSkills]:
        row_id = account_row(context, connection, wanted.account)
        return tracking.page_of_account(
            connection, context.caller.scope, row_id, context.now_s(), limit=wanted.limit, cursor=wanted.cursor
        )

    return context.read(read)


@operation()
def skill_history(context: Context, wanted: SkillHistoryOf) -> Page[SkillMoment]:
    """What was wished, reported and told of a robot's skills, the newest first, on the caller's days."""

    def read(connection: Connection) -> Page[SkillMoment]:
        seen = visible_robot(context, connection, wanted.robot)
        return tracking.history(connection, seen, wanted.skill, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)


@operation()
def waiting_skills(context: Context, wanted: WaitingFor) -> NotAsWished:
    """Robots on which a skill is not as wished, with why and whose turn; and of how many it is.

    Of one skill at one account it is the progress of what was published there. Refuses an unknown account.
    """
    bounded("skill", wanted.skill, NAME_MAX_CHARS)

    def read(connection: Connection) -> NotAsWished:
        scope = within_account(context, connection, wanted.account)
        return waiting.waiting(connection, scope, context.now_s(), wanted.limit, wanted.skill)

    return context.read(read)


@operation(roles=SEES_FLEET)
def versions_of_skills(context: Context, wanted: VersionsOf) -> list[VersionOfSkill]:
    """Each version of each skill: robots, hours, faults per 100 h while it ran, crashes. Costs grow with the fleet."""

    def read(connection: Connection) -> list[VersionOfSkill]:
        last = whole_day(connection, context.now_s()) if wanted.to_day is None else wanted.to_day
        first = last - VERSION_DAYS + 1 if wanted.from_day is None else wanted.from_day
        ranges.in_order(first, last)
        ranges.bounded(first, last, VERSION_DAYS_MAX)
        return versions.versions(connection, first, last, context.now_s(), wanted.skill)

    return context.read(read)
