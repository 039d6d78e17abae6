"""What each page asks of the operations, and the figures that its template shows."""

from dataclasses import dataclass, fields
from typing import Any

from collector.access.caller import INSIDE
from collector.calendar import days
from collector.fleet.presence import STATES
from collector.language.pages import Words
from collector.operations import completeness, fleet, parked, robots
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import BadRequest
from collector.web.pages import shown

ROBOTS_ON_PAGE = 50
DAYS_SHOWN = 14
ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Arriving:
    """This collector's own figures, for staff."""

    records: int
    connected: bool
    last_commit_age_s: int | None


async def fleet_page(call: Call, _: Words) -> dict[str, Any]:
    query, inside = call.request.query, call.caller.role in INSIDE
    state = query.get("state", "")
    if state and state not in STATES:
        raise BadRequest(f"state {state[:20]!r} is unknown", f"use one of {', '.join(STATES)}")
    search = query.get("search", "")[:64].replace("\x00", "")
    account = query.get("account", "")
    wanted = robots.ListRobots(
        account=account or None, state=state or None, search=search, limit=ROBOTS_ON_PAGE, cursor=query.get("cursor")
    )
    return {
        "page": await call.do(robots.list_robots, wanted),
        "alarms": await call.do(fleet.list_alarms, request=True) if inside else [],
        "look": await call.recent(fleet.fleet_overview, fleet.OverviewOf(account=account or None)),
        "complete": await call.recent(
            completeness.total_completeness, completeness.TotalCompleteness(days=2, account=account or None)
        ),
        "states": STATES,
        "state": state,
        "search": search,
        "account": account,
        "inside": inside,
        "arriving": _arriving(call),
    }


def _arriving(call: Call) -> Arriving:
    figures, committed_at = call.parts.figures, call.parts.committed_at()
    age_s = None if committed_at is None else max(0, int(call.now_s - committed_at))
    return Arriving(figures.records, figures.connected, age_s)


async def robot_page(call: Call, words: Words) -> dict[str, Any]:
    wanted = robots.SheetOf(robot=call.robot_name, days=DAYS_SHOWN, rows=ROWS_SHOWN)
    sheet = await call.do(robots.robot_sheet, wanted)
    supported, unsupported = shown.counters_of(sheet.usage)
    return {
        **{field.name: getattr(sheet, field.name) for field in fields(sheet)},
        "local": lambda moment: days.clock(shown.seconds_of(moment), sheet.timezone),
        "unsupported": unsupported,
        "settings": shown.settings_of(sheet.wished),
        "groups": shown.groups(supported),
        "charts": shown.funnel_charts(sheet.usage, words) if sheet.usage else [],
        "completeness_chart": shown.completeness_chart(sheet.by_day, words),
    }


async def account_list(call: Call, _: Words) -> dict[str, Any]:
    wanted = fleet.ListOwners(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    owners = await call.do(fleet.list_owners, wanted)
    return {"page": owners.accounts, "deployments": owners.deployments}


async def parked_list(call: Call, _: Words) -> dict[str, Any]:
    wanted = parked.ListParked(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    return {
        "page": await call.do(parked.list_parked, wanted),
        "tallies": await call.do(parked.parked_tallies, None),
    }


async def parked_message(call: Call, _: Words) -> dict[str, Any]:
    text = call.request.match_info["parked"]
    number = int(text) if text.isdecimal() and len(text) <= NUMBER_MAX_DIGITS else 0  # no message has the number 0
    return {"message": await call.do(parked.one_parked, number)}
