"""The pages by address. What each reads is in its own module; how it is rendered in `rendering.py`.

today.py   calls to action, what is due, what changed          account.py   one customer on one page
acts.py    what is done from a page: a form, and its undo      robot.py     one robot; live.py its news as they come
reads.py   the list of robots, what was not taken
"""

from functools import cache
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp import web

from collector.access.caller import CUSTOMERS, INSIDE, SEES_ROBOTS
from collector.language.pages import Words
from collector.web.api.routing import Call
from collector.web.auth import access
from collector.web.pages import (
    acts,
    administration,
    backtest,
    fleet_acts,
    live,
    noted_acts,
    saved_views,
    shell,
    sign_in,
    skills,
    static,
)
from collector.web.pages.account.handover import handover_page
from collector.web.pages.account.page import account_page, brief_page
from collector.web.pages.bills import addresses as bills
from collector.web.pages.fleet import fault_rates_page, fleet_page
from collector.web.pages.gallery import gallery_page
from collector.web.pages.policy import policy_file, policy_page
from collector.web.pages.portal import addresses as customers_portal
from collector.web.pages.portfolio import (
    accounts_file,
    accounts_page,
    capacity_page,
    rate_accounts_page,
    rates_page,
    rules_page,
)
from collector.web.pages.reads import parked_list, parked_message, robot_list
from collector.web.pages.rendering import page, problem
from collector.web.pages.robot import robot_page
from collector.web.pages.search import search_page
from collector.web.pages.skill_store import addresses as skill_store
from collector.web.pages.today import today_page
from collector.web.parts import OPENAPI

__all__ = ["add_to", "problem"]


def add_to(app: web.Application) -> None:
    get, post = app.router.add_get, app.router.add_post
    get("/", first_page)
    get("/fleet", fleet_page)
    get("/fleet/faults", page("fault_rates.html", fault_rates_page, inside=True))
    get("/robots", page("robots.html", robot_list))
    post("/acts/alarms/clear", fleet_acts.alarm_cleared)
    post("/acts/alarms/hold", fleet_acts.alarm_held)
    post("/acts/twins/swap", fleet_acts.twins_swapped)
    post("/acts/parked-counts/release", fleet_acts.parked_count_released)
    post("/acts/parked-counts/refuse", fleet_acts.parked_count_refused)
    get("/robots/{robot}", page("robot.html", robot_page))
    get("/accounts", accounts_page)
    get("/portfolio/accounts.{form:csv|xlsx}", accounts_file)
    get("/portfolio/rates", page("rates.html", rates_page, inside=True))
    get("/portfolio/rates/{figure}", page("rate_accounts.html", rate_accounts_page, inside=True))
    get("/portfolio/capacity", page("capacity.html", capacity_page, inside=True))
    get("/portfolio/policy", page("policy.html", policy_page, inside=True))
    get("/portfolio/policy.toml", policy_file)
    get("/accounts/{account}/handover", page("handover.html", handover_page, inside=True))
    post("/acts/handovers", acts.handed_over)
    get("/portfolio/rules", page("rules.html", rules_page, inside=True))
    get("/accounts/{account}", one_account)
    get("/parked", page("parked.html", parked_list, inside=True))
    get("/parked/{parked}", page("parked_one.html", parked_message, inside=True))
    get("/api/docs", page("docs.html", _docs))
    get("/gallery", page("gallery.html", gallery_page, inside=True))
    get("/accounts/{account}/brief", page("brief.html", brief_page, inside=True, sheet="brief_sheet.html"))
    get("/accounts/{account}/touch", acts.touch_page)
    post("/acts/calls/done", acts.call_done)
    post("/acts/calls/snooze", acts.call_snoozed)
    post("/acts/calls/not-useful", acts.call_not_useful)
    post("/acts/calls/take-back", acts.calls_taken_back)
    post("/acts/touches", acts.touch_logged)
    post("/acts/promises/kept", acts.promise_kept)
    post("/acts/promises/reopen", acts.promise_reopened)
    post("/acts/touches/take-back", acts.touch_taken_back)
    get("/search", page("search.html", search_page, sheet="search_results.html"))
    get("/sign-in", sign_in.sign_in_form)
    post("/sign-in", sign_in.sign_in)
    post("/sign-in/second", sign_in.second_step)
    get("/sign-in/company", sign_in.to_company)
    get("/sign-in/company/return", sign_in.from_company)
    post("/sign-out", sign_in.sign_out)
    get("/link/{secret}", sign_in.link_form)
    post("/link/{secret}", sign_in.use_link)
    for part in (skills, skill_store, administration, noted_acts, saved_views, backtest, customers_portal, bills, live):
        part.add_to(app)
    get("/static/{version}/{path:.+}", static.serve)


async def first_page(request: web.Request) -> web.StreamResponse:
    """Today, or the first place that the roles of who signed in may open."""
    signed_in = await access.visitor_of(request)
    first = "/" if signed_in is None else shell.first_place(signed_in[0])
    if first != "/":
        raise web.HTTPSeeOther(f"{first}?{request.query_string}" if request.query_string else first)
    return await _today(request)


async def one_account(request: web.Request) -> web.StreamResponse:
    """The account's page; a customer's own portal, and its robots for who may see those alone."""
    signed_in = await access.visitor_of(request)
    if signed_in is not None and signed_in[0].may(CUSTOMERS):
        raise web.HTTPSeeOther(f"/portal?{urlencode({'account': request.match_info['account']})}")
    if signed_in is not None and not signed_in[0].may(INSIDE) and signed_in[0].may(SEES_ROBOTS):
        raise web.HTTPSeeOther(f"/fleet?{urlencode({'account': request.match_info['account']})}")
    return await _account(request)


_today = page("today.html", today_page, inside=True)
_account = page("account.html", account_page, inside=True)


async def _docs(call: Call, _: Words) -> dict[str, Any]:
    return {"document": _document(call.request.app[OPENAPI])}


@cache
def _document(raw: bytes) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(raw)
    return found
