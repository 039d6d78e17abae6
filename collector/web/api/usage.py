"""API: usage of one robot, of many, sums, the values that `verify` asks for, import of history, the registry."""

import asyncio
import codecs
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from collector.calendar import days
from collector.exchange.imports.usage_history import Imported, RefusedFile, commit, stage
from collector.exchange.imports.usage_sheet import BadHeader
from collector.exchange.imports.usage_staging import Staging
from collector.fleet import usage
from collector.fleet.counts import FUNNEL
from collector.fleet.usage import RobotDay, UsageDay, UsageHour, UsageSum
from collector.values.paging import Page
from collector.web.api.fleet import bounded
from collector.web.api.parameters import Between, RobotUsageQuery, SumsQuery, UsageQuery, ValuesBody
from collector.web.api.routing import Call, Query
from collector.web.errors import TooLarge, Unprocessable
from protocol.counters import COUNTERS, FAMILIES, Counter, Family

IMPORT_MAX_BYTES = 512 * 1024 * 1024  # ten million rows; split a larger history by year


@dataclass(frozen=True, slots=True)
class Registry:
    """Every counter and fault family with its unit, names and the counter its rate is divided by (`per`).

    Counters that a skill adds carry a dot in their key and are not listed here.
    """

    counters: list[Counter]
    families: list[Family]


async def registry(_: Call, __: Query) -> Registry:
    return Registry(list(COUNTERS.values()), list(FAMILIES.values()))


async def robot_usage(call: Call, query: RobotUsageQuery) -> list[UsageDay] | list[UsageHour]:
    def answer(connection: Any) -> list[UsageDay] | list[UsageHour]:
        seen = call.robot(connection)
        first, last = query.days(days.of(call.now_s, seen.timezone))
        if query.by == "hour":
            bounded(first, last, usage.ROBOT_HOURS_DAYS_MAX)
            return usage.by_hour(connection, seen, first, last)
        bounded(first, last, usage.ROBOT_DAYS_MAX)
        return usage.by_day(connection, seen, first, last)

    return await call.read(answer)


async def robot_days(call: Call, query: UsageQuery) -> Page[RobotDay]:
    def answer(connection: Any) -> Page[RobotDay]:
        first, last = query.days(days.of(call.now_s, "UTC") + 1)
        return usage.robot_days(
            connection,
            call.caller.scope,
            from_day=first,
            to_day=last,
            limit=query.limit,
            cursor=query.cursor,
            robots=[query.robot] if query.robot else None,
            account_id=call.account(connection, query.account),
        )

    return await call.read(answer)


async def values(call: Call, _: Query, body: ValuesBody) -> Page[RobotDay]:
    return await call.read(
        lambda connection: usage.robot_days(
            connection,
            call.caller.scope,
            from_day=days.parse(body.from_day),
            to_day=days.parse(body.to_day),
            limit=body.limit,
            cursor=body.cursor,
            robots=body.robots,
        )
    )


async def sums(call: Call, query: SumsQuery) -> list[UsageSum]:
    def answer(connection: Any) -> list[UsageSum]:
        first, last = Between.days(query, days.of(call.now_s, "UTC"))
        bounded(first, last, usage.SUM_DAYS_MAX)
        return usage.sums(
            connection,
            call.caller.scope,
            from_day=first,
            to_day=last,
            counters=query.counters.split(",") if query.counters else FUNNEL,
            by_account=query.by == "account",
            account_id=call.account(connection, query.account),
        )

    return await call.read(answer)


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
