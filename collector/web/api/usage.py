"""API: usage of one robot, of many, sums, the values that `verify` asks for, import of history, the registry."""

import asyncio
import codecs
import tempfile
from collections.abc import Iterator
from typing import Annotated, Literal, TextIO

from pydantic import AfterValidator, Field, StringConstraints

from collector.access.caller import WRITERS
from collector.calendar import days
from collector.exchange.imports.usage_history import Imported, RefusedFile, commit, stage
from collector.exchange.imports.usage_sheet import BadHeader
from collector.exchange.imports.usage_staging import Staging
from collector.fleet.usage import RobotDay, UsageDay, UsageHour, UsageSum
from collector.operations import usage
from collector.values.paging import LIMIT_MAX, Page
from collector.web.api.parameters import Between, Day, Paged
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.errors import TooLarge, Unprocessable
from protocol.limits import COUNTER_KEY, ROBOT_ID

_TAG = "usage"
COUNTERS_MAX = 20
ROBOTS_MAX = 500
IMPORT_MAX_BYTES = 512 * 1024 * 1024  # ten million rows; split a larger history by year


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
        from_day=query.first_day, to_day=query.last_day, robots=[query.robot] if query.robot else None,
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


async def import_usage(call: Call, _: Query) -> Imported:
    """A CSV body: account,robot,day,counter,value. All of it or nothing; a bad row is named."""
    with tempfile.TemporaryFile() as spool, Staging() as staging:
        size = 0
        async for chunk in call.request.content.iter_chunked(256 * 1024):
            size += len(chunk)
            if size > IMPORT_MAX_BYTES:
                raise TooLarge(f"the file has more than {IMPORT_MAX_BYTES} bytes", "split it, by year for example")
            spool.write(chunk)
        spool.seek(0)
        refused = await asyncio.to_thread(_staged, codecs.getreader("utf-8")(spool), staging, call.now_s)
        done: Imported | RefusedFile
        if refused is not None:
            done = refused
        else:
            done = await call.write(lambda connection: commit(connection, staging, call.now_s))
    if isinstance(done, RefusedFile):
        raise Unprocessable(
            f"{done.bad_rows} bad rows, nothing was imported: " + "; ".join(done.complaints),
            "correct these rows and send the whole file again",
        )
    return done


def _staged(lines: TextIO | Iterator[str], staging: Staging, now_s: int) -> RefusedFile | None:
    try:
        return stage(lines, staging, now_s)
    except BadHeader as error:
        raise Unprocessable(str(error), "correct the first line and send the file again") from error
    except UnicodeDecodeError as error:
        raise Unprocessable(f"the file is not UTF-8: {error}", "save the sheet as CSV UTF-8") from error


ROUTES: tuple[Route, ...] = (
    Route("GET", "/robots/{robot}/usage", _TAG, "What one robot counted, by day or hour of its time zone",
          list[UsageDay] | list[UsageHour], robot_usage, RobotUsageQuery, operation=usage.usage_by_day),
    Route("GET", "/usage", _TAG, "Robot-days with the account that had the robot that day", Page[RobotDay], robot_days,
          UsageQuery, operation=usage.list_robot_days),
    Route("GET", "/usage/sums", _TAG, "Sums by day or by account", list[UsageSum], sums, SumsQuery,
          operation=usage.sum_usage),
    Route("POST", "/usage/values", _TAG, "Every value of some robots (what `collector verify --url` asks)",
          Page[RobotDay], values, body=ValuesBody, operation=usage.list_robot_days),
    Route("POST", "/import/usage", _TAG, "Import history from before the collector: all or nothing", Imported,
          import_usage, raw_body="text/csv", roles=WRITERS),
    Route("GET", "/counters", _TAG, "The registry of counters and fault families", usage.Registry, registry,
          operation=usage.registry),
)  # fmt: skip
