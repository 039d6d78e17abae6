"""What each page asks of the operations, and the figures that its template shows."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from collector.access.caller import INSIDE, SEES_FLEET
from collector.fleet.fault_rates import RobotKinds
from collector.fleet.presence import STATES, State
from collector.fleet.robots import Robot
from collector.language.pages import Words
from collector.operations import completeness, fleet, fleet_look, parked, robots
from collector.operations.fleet_look import FleetRobots
from collector.values.paging import Page
from collector.values.sentence import Sentence
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import BadRequest
from collector.web.pages import saved_views

ROBOTS_ON_PAGE = 50
ROWS_SHOWN = 50
TEXT_MAX = 64


@dataclass(frozen=True, slots=True)
class Arriving:
    """This collector's own figures, for staff."""

    records: int
    connected: bool
    last_commit_age_s: int | None


async def robot_list(call: Call, words: Words) -> dict[str, Any]:
    """All robots that the caller may see, by what is looked for."""
    query, inside = call.request.query, call.caller.may(SEES_FLEET)
    state = query.get("state", "")
    known = (*STATES, "closed") if inside else STATES
    if state and state not in known:
        raise BadRequest(
            Sentence("state {state!r} is unknown", state=state[:20]),
            Sentence("use one of {robot_states}", robot_states=", ".join(known)),
        )
    search = query.get("search", "")[:64].replace("\x00", "")
    account = query.get("account", "")
    closed: Mapping[str, State] = await call.recent(fleet_look.closed_robots, None) if inside else {}
    page = await (_found_by_staff(call, state, search, closed) if inside else _own(call, state, search))
    account_name = next((one.account_name for one in page.items if one.account == account), account)
    return {
        "page": page,
        "alarms": [],
        "look": await call.recent(fleet.fleet_overview, fleet.OverviewOf(account=account or None)),
        "complete": await call.recent(
            completeness.total_completeness, completeness.TotalCompleteness(days=2, account=account or None)
        ),
        "states": known,
        "state": state,
        "search": search,
        "account": account,
        "account_name": account_name,
        "inside": inside,
        "narrowed": bool(state or search or any(query.get(name) for name in NARROWS if name != "account")),
        "arriving": arriving(call),
        "closed": closed,
        "facets": _facets(call, words, account_name or "") if inside else [],
        "kept": [(name, query[name]) for name in NARROWS if query.get(name)],
        "views": _views(call, words) if inside else [],
        "saved": await saved_views.shown(call, words, "robots", _said(call)) if inside else None,
        "toast": saved_views.toast_of(call, words),
    }


NARROWS = ("account", "model", "rom", "skill", "version", "faults", "look")


def _said(call: Call) -> dict[str, str]:
    """What the address says of the list, without which page of it."""
    query = call.request.query
    return {name: query[name] for name in ("search", "state", *NARROWS, "view") if query.get(name)}


def _own(call: Call, state: str, search: str) -> Coroutine[Any, Any, Page[Robot]]:
    of_presence: State | None = next((one for one in STATES if one == state), None)
    query = call.request.query
    wanted = robots.ListRobots(
        account=query.get("account") or None, state=of_presence, search=search, limit=ROBOTS_ON_PAGE,
        cursor=query.get("cursor"),
    )  # fmt: skip
    return call.do(robots.list_robots, wanted)


def _found_by_staff(
    call: Call, state: str, search: str, closed: Mapping[str, State]
) -> Coroutine[Any, Any, Page[Robot]]:
    query = call.request.query
    wanted = FleetRobots(
        account=query.get("account") or None, state=state, search=search, broken="faults" in query,
        needs_look="look" in query, kinds=kinds_of(call), closed=frozenset(closed), limit=ROBOTS_ON_PAGE,
        cursor=query.get("cursor"),
    )  # fmt: skip
    return call.do(fleet_look.fleet_robots, wanted)


def _facets(call: Call, words: Words, account_name: str) -> list[dict[str, str]]:
    """What the list is narrowed by, each with the address without it."""
    query, said = call.request.query, {"faults": words("with_open_faults"), "look": words("needs_a_look")}
    said["account"] = f"{words('account')}: {account_name}"
    return [
        {
            "text": said.get(name) or f"{words('skill_name' if name == 'skill' else name)}: {query[name]}",
            "href": str(call.request.rel_url.without_query_params(name, "cursor")),
        }
        for name in NARROWS
        if query.get(name)
    ]


def _views(call: Call, words: Words) -> list[dict[str, Any]]:
    query = {name: text for name, text in call.request.query.items() if name not in {"view", "viewed"}}
    found = [("/robots", words("all_robots"), not query), ("/robots?look=1", words("needs_a_look"), "look" in query)]
    for key in ("offline", "closed", "stopped", "never"):
        word = words("closed_place" if key == "closed" else key)
        found.append((f"/robots?state={key}", word, query.get("state") == key and len(query) == 1))
    found.append(("/robots?faults=1", words("with_open_faults"), "faults" in query))
    return [{"href": href, "text": text, "count": None, "current": now} for href, text, now in found]


def kinds_of(call: Call) -> RobotKinds:
    """What robots are and run, as the address says. Raises BadRequest."""
    said = {name: call.request.query.get(name, "") for name in ("model", "rom", "skill", "version")}
    for name, value in said.items():
        if len(value) > TEXT_MAX or "\x00" in value:
            raise BadRequest(
                Sentence("{name} is longer than a name", name=name),
                Sentence("at most {text_max} characters", text_max=TEXT_MAX),
            )
    return RobotKinds(**said)


def arriving(call: Call) -> Arriving:
    figures, committed_at = call.parts.figures, call.parts.committed_at()
    age_s = None if committed_at is None else max(0, int(call.now_s - committed_at))
    return Arriving(figures.records, figures.connected, age_s)


async def account_list(call: Call, _: Words) -> dict[str, Any]:
    wanted = fleet.ListOwners(limit=ROWS_SHOWN, cursor=call.request.query.get("cursor"))
    owners = await call.do(fleet.list_owners, wanted)
    inside = call.caller.may(INSIDE)
    return {"page": owners.accounts, "deployments": owners.deployments, "inside": inside}


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
