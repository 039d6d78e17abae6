"""What each page shows, read in one go from the store (one connection, one moment)."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from collector.access.caller import INSIDE, Caller
from collector.calendar import days
from collector.fleet import accounts, desired, faults, holes, overview, records, robots, usage
from collector.fleet.presence import STATES, State
from collector.fleet.robots import RobotFilter
from collector.fleet.scope import Scope, account_id_of, find
from collector.web.errors import BadRequest, NotFound
from collector.web.pages import shown
from collector.web.pages.texts import Words
from collector.web.parts import FRESH, PARTS

ROBOTS_ON_PAGE = 50
DAYS_SHOWN = 14
ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Arriving:
    """This collector's own figures, for staff."""

    records: int
    connected: bool
    last_commit_age_s: int | None


async def fleet_page(request: web.Request, caller: Caller, _: Words) -> dict[str, Any]:
    parts, scope = request.app[PARTS], caller.scope
    now_s = parts.now_s()
    state = request.query.get("state", "")
    if state and state not in STATES:
        raise BadRequest(f"state {state[:20]!r} is unknown", f"use one of {', '.join(STATES)}")
    search = request.query.get("search", "")[:64].replace("\x00", "")
    account = request.query.get("account", "")
    cursor = request.query.get("cursor")

    if account:
        scope = await parts.read(lambda c: _of_account(c, scope, account))

    def question(connection: Connection) -> Any:
        chosen: State | None = state or None
        wanted = RobotFilter(scope.account_id if account else None, chosen, search)
        return (
            robots.page(connection, caller.scope, wanted, now_s, limit=ROBOTS_ON_PAGE, cursor=cursor),
            records.alarms(connection, uncleared=True) if caller.role in INSIDE else [],
        )

    page, alarms = await parts.read(question)
    fresh = request.app[FRESH]
    look = await fresh.get(("overview", scope), lambda: parts.read(lambda c: overview.read(c, scope, now_s)))
    complete = await fresh.get(
        ("completeness", scope, 2),
        lambda: parts.read(lambda c: holes.figures_of(overview.completeness(c, scope, now_s, days_back=1))),
    )
    committed_at = parts.committed_at()
    return {
        "page": page,
        "alarms": alarms,
        "look": look,
        "complete": complete,
        "states": STATES,
        "state": state,
        "search": search,
        "account": account,
        "inside": caller.role in INSIDE,
        "arriving": Arriving(
            parts.figures.records,
            parts.figures.connected,
            None if committed_at is None else max(0, int(now_s - committed_at)),
        ),
    }


def _of_account(connection: Connection, scope: Scope, account: str) -> Scope:
    """What one account has, as far as the caller may see it."""
    account_id = account_id_of(connection, account)
    if account_id is None or scope.account_id not in {None, account_id}:
        raise NotFound(f"there is no account {account}", "see the list of accounts")
    return Scope(account_id)


async def robot_page(request: web.Request, caller: Caller, words: Words) -> dict[str, Any]:
    parts, name = request.app[PARTS], request.match_info["robot"]
    now_s = parts.now_s()

    def question(connection: Connection) -> dict[str, Any]:
        seen = find(connection, name, caller.scope)
        if seen is None:
            raise NotFound(f"there is no robot {name}", "go back to the list of robots")
        today = days.of(now_s, seen.timezone)
        here = seen.sees_day(today)
        counted = usage.by_day(connection, seen, today - DAYS_SHOWN + 1, today)
        by_day: dict[int, Any] = {}
        for first, last in holes.visible_spans(seen, today - DAYS_SHOWN + 1, today):
            for day in range(first, last + 1):
                judged = holes.of_days(connection, {seen.id: seen.timezone}, {seen.id: (day, day)}, now_s)[seen.id]
                by_day[day] = holes.figures_of(judged[0])
        return {
            "name": name,
            "robot": robots.one(connection, seen.id, now_s, caller.scope) if here else None,
            "timezone": seen.timezone,
            "usage": counted,
            "today": counted[-1] if here and counted else None,
            "complete": holes.completeness_of(connection, seen, DAYS_SHOWN, now_s),
            "by_day": sorted(by_day.items()),
            "episodes": faults.episodes(connection, caller.scope, seen=seen, limit=ROWS_SHOWN).items,
            "events": records.events(connection, caller.scope, seen=seen, limit=ROWS_SHOWN).items,
            "streams": records.streams(connection, seen.id) if here else [],
            "skills": records.skills(connection, seen.id) if here else [],
            "wishes": desired.read(connection, seen.id, name) if here else None,
            "gauges": records.gauges(connection, seen.id) if here else None,
        }

    found = await parts.read(question)
    found["local"] = lambda moment: days.clock(shown.seconds_of(moment), found["timezone"])
    supported, found["unsupported"] = shown.counters_of(found["usage"])
    found["groups"] = shown.groups(supported)
    found["charts"] = shown.funnel_charts(found["usage"], words) if found["usage"] else []
    found["completeness_chart"] = shown.completeness_chart(found["by_day"], words)
    return found


async def account_list(request: web.Request, caller: Caller, _: Words) -> dict[str, Any]:
    parts = request.app[PARTS]
    today = days.of(parts.now_s(), "UTC")

    def question(connection: Connection) -> dict[str, Any]:
        return {
            "page": accounts.listed(
                connection, caller.scope, today, limit=ROWS_SHOWN, cursor=request.query.get("cursor")
            ),
            "deployments": accounts.deployments(connection, caller.scope, limit=ROWS_SHOWN).items,
        }

    return await parts.read(question)


async def parked_list(request: web.Request, _: Caller, __: Words) -> dict[str, Any]:
    def question(connection: Connection) -> dict[str, Any]:
        return {
            "page": records.parked_page(connection, limit=ROWS_SHOWN, cursor=request.query.get("cursor")),
            "tallies": records.parked_tallies(connection),
        }

    return await request.app[PARTS].read(question)


async def parked_message(request: web.Request, _: Caller, __: Words) -> dict[str, Any]:
    text = request.match_info["parked"]
    found = None
    if text.isdecimal() and len(text) < 16:  # noqa: PLR2004 - what a 64-bit row id has at most, roughly
        found = await request.app[PARTS].read(lambda connection: records.parked_one(connection, int(text)))
    if found is None:
        raise NotFound(f"there is no parked message {text[:20]}", "old ones are deleted; go back to the list")
    return {"message": found}
