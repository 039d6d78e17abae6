"""Every route of the API, once: the server registers this table, openapi.py publishes it, a test walks it."""

from http import HTTPStatus

from collector.access.caller import ADMINS, INSIDE, WRITERS
from collector.access.tokens import ApiToken, NewToken
from collector.exchange.imports.usage_history import Imported
from collector.fleet.desired import Document, SkillsOf
from collector.fleet.faults import Episode
from collector.fleet.holes import Figures, RobotCompleteness
from collector.fleet.overview import Overview
from collector.fleet.records import Alarm, Event, Parked, ParkedTally, ParkedWithBytes, Skill, Stream
from collector.fleet.robots import Robot
from collector.fleet.usage import RobotDay, UsageDay, UsageHour, UsageSum
from collector.values.paging import Page
from collector.web.api import (
    accounts,
    ctas,
    fleet,
    ledger,
    routes_anomalies,
    routes_exchange,
    routes_notify,
    routes_rates,
    routes_scores,
    success,
    usage,
)
from collector.web.api import parameters as p
from collector.web.api.accounts import Done
from collector.web.api.routing import Route
from collector.web.api.usage import Registry

BASE = "/api/v1"
CREATED = HTTPStatus.CREATED

_ROBOTS = (
    Route(
        "GET",
        "/robots",
        "robots",
        "Robots that are with you now, by name",
        Page[Robot],
        fleet.list_robots,
        p.RobotsQuery,
    ),
    Route("GET", "/robots/{robot}", "robots", "One robot", Robot, fleet.one_robot),
    Route(
        "GET",
        "/robots/{robot}/usage",
        "usage",
        "What one robot counted, by day or hour of its time zone",
        list[UsageDay] | list[UsageHour],
        usage.robot_usage,
        p.RobotUsageQuery,
    ),
    Route(
        "GET",
        "/robots/{robot}/faults",
        "faults",
        "Fault episodes of one robot",
        Page[Episode],
        fleet.robot_faults,
        p.FaultsQuery,
    ),
    Route(
        "GET",
        "/robots/{robot}/events",
        "robots",
        "What happened to its agent",
        Page[Event],
        fleet.robot_events,
        p.Paged,
    ),
    Route(
        "GET",
        "/robots/{robot}/completeness",
        "completeness",
        "What arrived, and the cause of every hole",
        RobotCompleteness,
        fleet.robot_completeness,
        p.CompletenessQuery,
    ),
    Route(
        "GET",
        "/robots/{robot}/streams",
        "robots",
        "Its outbox files and what is committed of each",
        list[Stream],
        fleet.robot_streams,
    ),
    Route(
        "GET",
        "/robots/{robot}/skills",
        "skills",
        "The newest state of each skill package",
        list[Skill],
        fleet.robot_skills,
    ),
    Route(
        "GET",
        "/robots/{robot}/desired",
        "skills",
        "What it should run, and what it reports",
        SkillsOf,
        fleet.robot_desired,
    ),
    Route(
        "PUT",
        "/robots/{robot}/desired",
        "skills",
        "Wish what it should run: a new revision, published as a retained document",
        Document,
        fleet.put_desired,
        body=p.DesiredBody,
        roles=WRITERS,
    ),
)
_FLEET = (
    Route(
        "GET",
        "/overview",
        "fleet",
        "States, today's counts, open faults, backlog (kept for a moment on large fleets)",
        Overview,
        fleet.fleet_overview,
    ),
    Route(
        "GET",
        "/usage",
        "usage",
        "Robot-days with the account that had the robot that day",
        Page[RobotDay],
        usage.robot_days,
        p.UsageQuery,
    ),
    Route("GET", "/usage/sums", "usage", "Sums by day or by account", list[UsageSum], usage.sums, p.SumsQuery),
    Route(
        "POST",
        "/usage/values",
        "usage",
        "Every value of some robots (what `collector verify --url` asks)",
        Page[RobotDay],
        usage.values,
        body=p.ValuesBody,
    ),
    Route(
        "POST",
        "/import/usage",
        "usage",
        "Import history from before the collector: all or nothing",
        Imported,
        usage.import_usage,
        raw_body="text/csv",
        roles=WRITERS,
    ),
    Route("GET", "/faults", "faults", "Fault episodes, newest first", Page[Episode], fleet.fleet_faults, p.FaultsQuery),
    Route(
        "GET",
        "/events",
        "fleet",
        "Starts, stops, losses and other events of all agents",
        Page[Event],
        fleet.fleet_events,
        p.Paged,
    ),
    Route(
        "GET",
        "/completeness",
        "completeness",
        "Completeness robot by robot",
        Page[RobotCompleteness],
        fleet.fleet_completeness,
        p.CompletenessPageQuery,
    ),
    Route(
        "GET",
        "/completeness/total",
        "completeness",
        "Completeness of all robots together (kept for a moment on large fleets)",
        Figures,
        fleet.fleet_completeness_total,
        p.CompletenessQuery,
    ),
    Route("GET", "/counters", "usage", "The registry of counters and fault families", Registry, usage.registry),
)
_INSIDE = (
    Route(
        "GET",
        "/parked",
        "parked",
        "Messages and records that could not be taken",
        Page[Parked],
        accounts.list_parked,
        p.ParkedQuery,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/parked/tallies",
        "parked",
        "How many, by robot and reason",
        list[ParkedTally],
        accounts.parked_tallies,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/parked/{parked}",
        "parked",
        "One of them with its bytes",
        ParkedWithBytes,
        accounts.one_parked,
        roles=INSIDE,
    ),
    Route(
        "GET",
        "/alarms",
        "fleet",
        "What a person should look at",
        list[Alarm],
        accounts.list_alarms,
        p.AlarmsQuery,
        roles=INSIDE,
    ),
    Route(
        "GET", "/tokens", "tokens", "Tokens, without their secrets", list[ApiToken], accounts.list_tokens, roles=ADMINS
    ),
    Route(
        "POST",
        "/tokens",
        "tokens",
        "Make a token; its secret is shown this once",
        NewToken,
        accounts.add_token,
        body=p.TokenBody,
        roles=ADMINS,
        status=CREATED,
    ),
    Route(
        "DELETE",
        "/tokens/{token}",
        "tokens",
        "Revoke a token; its sessions end at once",
        Done,
        accounts.revoke_token,
        roles=ADMINS,
    ),
)
ROUTES: tuple[Route, ...] = (
    *_ROBOTS,
    *_FLEET,
    *_INSIDE,
    *ledger.ROUTES,
    *routes_exchange.ROUTES,
    *routes_scores.ROUTES,
    *routes_anomalies.ROUTES,
    *routes_rates.ROUTES,
    *ctas.ROUTES,
    *success.ROUTES,
    *routes_notify.ROUTES,
)
