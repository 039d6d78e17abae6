"""API: usage of one robot, of many, sums, the values that `verify` asks for, the registry."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from collector.calendar import days
from collector.fleet.usage import RobotDay, UsageDay, UsageHour, UsageSum
from collector.operations import usage
from collector.values.paging import LIMIT_MAX, Page
from collector.web.api.parameters import Between, Day, Paged
from collector.web.api.routing import Body, Call, Query, Route
from protocol.limits import COUNTER_KEY, ROBOT_ID

_TAG = "usage"
COUNTERS_MAX = 20
ROBOTS_MAX = 500


def _counters(text: str) -> str:
    keys = text.split(",")
    if len(keys) > COUNTERS_MAX:
        raise ValueError(f"name at most {COUNTERS_MAX} counters")
    for key in keys:
        if not COUNTER_KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no counter: see GET /api/v1/counters")
    return text


Counters = Annotated[str, AfterValidator(_counters), Field(examples=["foot_traffic,interaction"])]
RobotName = Annotated[str, StringConstraints(pattern=rf"^{ROBOT_ID.pattern}$")]


class RobotUsageQuery(Between):
    by: Annotated[Literal["day", "hour"], Field(description="hours are kept for a limited time")] = "day"


class UsageQuery(Paged, Between):
    account: str | None = None
    robot: RobotName | None = None


class SumsQuery(Between):
    by: Literal["day", "account"] = "day"
    account: str | None = None
    counters: Annotated[Counters | None, Field(description="default: the usage funnel")] = None


class ValuesBody(Body):
    """What `collector verify --url` asks: every value of these robots, page by page."""

    robots: Annotated[list[RobotName], Field(min_length=1, max_length=ROBOTS_MAX)]
    from_day: Day = "1970-01-01"
    to_day: Day = "9998-12-31"
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = LIMIT_MAX


async def registry(call: Call, _: Query) -> usage.Registry:
    return await call.do(usage.registry, None)


async def robot_usage(call: Call, query: RobotUsageQuery) -> list[UsageDay] | list[UsageHour]:
    wanted = usage.UsageOf(robot=call.robot_name, from_day=query.first_day, to_day=query.last_day)
    if query.by == "hour":
        return await call.do(usage.usage_by_hour, wanted)
    return await call.do(usage.usage_by_day, wanted)


async def robot_days(call: Call, query: UsageQuery) -> Page[RobotDay]:
    wanted = usage.ListRobotDays(
        from_day=query.first_day, to_day=query.last_day, robot=query.robot,
        account=query.account, limit=query.limit, cursor=query.cursor,
    )  # fmt: skip
    return await call.do(usage.list_robot_days, wanted)


async def values(call: Call, _: Query, body: ValuesBody) -> Page[RobotDay]:
    wanted = usage.ListRobotDays(
        from_day=days.parse(body.from_day), to_day=days.parse(body.to_day), robots=body.robots, limit=body.limit,
        cursor=body.cursor,
    )  # fmt: skip
    return await call.do(usage.list_robot_days, wanted)


async def sums(call: Call, query: SumsQuery) -> list[UsageSum]:
    wanted = usage.SumUsage(
        from_day=query.first_day, to_day=query.last_day, by=query.by, account=query.account,
        counters=query.counters.split(",") if query.counters else None,
    )  # fmt: skip
    return await call.do(usage.sum_usage, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/robots/{robot}/usage", _TAG, "What one robot counted, by day or hour of its time zone",
          list[UsageDay] | list[UsageHour], robot_usage, RobotUsageQuery, operation=usage.usage_by_day),
    Route("GET", "/usage", _TAG, "Robot-days with the account that had the robot that day", Page[RobotDay], robot_days,
          UsageQuery, operation=usage.list_robot_days),
    Route("GET", "/usage/sums", _TAG, "Sums by day or by account", list[UsageSum], sums, SumsQuery,
          operation=usage.sum_usage),
    Route("POST", "/usage/values", _TAG, "Every value of some robots (what a comparison with the truth asks)",
          Page[RobotDay], values, body=ValuesBody, operation=usage.list_robot_days),
    Route("GET", "/counters", _TAG, "The registry of counters and fault families", usage.Registry, registry,
          operation=usage.registry),
)  # fmt: skip
