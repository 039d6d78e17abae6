"""Fleet: what is broken and whether it is one thing; robots by what ails them; faults by what they run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from aiohttp import web

from collector.access.caller import ENGINEERS, SEES_FLEET
from collector.calendar import days
from collector.fleet.completeness import EXCUSED
from collector.fleet.fault_rates import By, FaultGroup, FaultRates
from collector.fleet.holes import Figures
from collector.language import figures
from collector.language import fleet as sentences
from collector.language.pages import Words
from collector.operations import completeness, fleet, fleet_look
from collector.operations.fleet_look import FaultRatesOf, FleetRobots
from collector.scores.anomalies import IncidentSeen
from collector.values.sentence import Sentence
from collector.web.api.routing import Call
from collector.web.errors import BadRequest
from collector.web.pages import fleet_acts, reads, shell
from collector.web.pages.charts.strip import StripPart, strip
from collector.web.pages.rendering import render, visit

LOOK_ROWS = 15
GROUPS_SHOWN, FAMILIES_SHOWN = 5, 5
BYS: tuple[By, ...] = get_args(By)
STATES = ("online", "offline", "closed", "stopped", "never")
_CAUSE_OF_INCIDENT = {"firmware": "rom", "model": "model"}


@dataclass(frozen=True, slots=True)
class RateCell:
    """One family of one group in words. `few`: too few hours to say."""

    family: str
    rate: str
    episodes: str
    few: bool
    is_hot: bool
    href: str


@dataclass(frozen=True, slots=True)
class RateRow:
    name: str
    href: str
    robots: str
    hours: str
    cells: list[RateCell]


async def fleet_page(request: web.Request) -> web.StreamResponse:
    """For staff; whoever sees some accounts' robots alone gets their list."""
    if (back := shell.chosen(request)) is not None:
        return back
    call, csrf = await visit(request, inside=False)
    words = shell.words_of(request)
    if call.caller.may(SEES_FLEET) and "account" not in request.query:
        return render(request, "fleet.html", words, caller=call.caller, csrf=csrf, **await _fleet(call, words))
    return render(request, "robots.html", words, caller=call.caller, csrf=csrf, **await reads.robot_list(call, words))


async def _fleet(call: Call, words: Words) -> dict[str, Any]:
    language = words.language
    look = await call.recent(fleet.fleet_overview, fleet.OverviewOf())
    closed = await call.recent(fleet_look.closed_robots, None)
    sheet = await call.do(fleet_look.fleet_sheet, None)
    complete = await call.recent(completeness.total_completeness, completeness.TotalCompleteness(days=2))
    rates = await call.recent(fleet_look.fault_rates, FaultRatesOf(by="rom"))
    wanted = FleetRobots(needs_look=True, closed=frozenset(closed), limit=LOOK_ROWS)
    states = by_state(look.states, closed)
    today = call.context.today()
    incidents = [_incident(one, sheet.names, today, words) for one in sheet.incidents]
    faults = sum(look.open_faults.values())
    titles = [one["title"] for one in incidents]
    return {
        "sentence": sentences.sentence(
            titles, states["offline"], faults, len(sheet.alarms), states["online"], language
        ),
        "total": words.number(look.robots),
        "states": [(key, words.number(states[key])) for key in STATES],
        "faults": words.number(faults),
        "fault_families": sentences.at_robots(
            sheet.faulty, figures.phrases([words.family(key) for key in look.open_faults], language), language
        ),
        "incidents": incidents,
        "rates": rate_rows(rates, words, FAMILIES_SHOWN)[:GROUPS_SHOWN],
        "rate_families": [words.family(key) for key in rates.families[:FAMILIES_SHOWN]],
        "hottest": _hottest(rates, language),
        **completeness_figures(complete, words),
        "alarms": sheet.alarms,
        "clears": call.caller.may(ENGINEERS),
        "toast": fleet_acts.toast_of(call, words),
        "parked": words.number(sheet.parked),
        "arriving": reads.arriving(call),
        "robots": await call.do(fleet_look.fleet_robots, wanted),
        "clock": days.clock(call.now_s, call.context.settings.base_timezone)[11:],
        "rest_of": lambda holes: sentences.rest(holes, language),
    }  # fmt: skip


def by_state(states: Mapping[Any, int], closed: Mapping[str, Any]) -> dict[str, int]:
    """Robots by state, with those of closed places taken out of the state that their presence says."""
    found = {key: states.get(key, 0) for key in STATES}
    for state in closed.values():
        found[state] = max(found[state] - 1, 0)
    return found | {"closed": len(closed)}


def _incident(one: IncidentSeen, names: Mapping[str, str], today: int, words: Words) -> dict[str, Any]:
    language = words.language
    kind = _CAUSE_OF_INCIDENT.get(one.cause)
    since = figures.short_day(one.since_day, language, today)
    return {
        "title": sentences.incident(one.cause, words.cause_value(one.cause, one.value), one.of, one.family, language),
        "where": sentences.incident_where(
            [names.get(key, key) for key in one.accounts], since, one.others_share, language
        ),
        "href": None if kind is None else f"/robots?{urlencode({kind: one.value})}",
    }


def completeness_figures(found: Figures, words: Words) -> dict[str, Any]:
    """The share that arrived, the strip and the causes of the rest; what was not expected in a clause."""
    expected = found.expected_s or 1
    missing = [(key, s) for key, s in sorted(found.holes.items(), key=lambda one: -one[1]) if s and key not in EXCUSED]
    parts = [StripPart(found.arrived_s / expected, "f-c1")]
    parts += [StripPart(s / expected, f"part-{key}") for key, s in missing]
    ratio = None if found.ratio is None else min(found.ratio, 0.999 if found.ratio < 1 else 1)
    return {
        "complete": None if ratio is None else figures.number(ratio * 100, words.language, 1),
        "expected": words.duration(found.expected_s),
        "complete_strip": strip(words("completeness"), parts, height=12),
        "causes": [
            {"look": f"part-{key}", "text": words(key), "figure": words.duration(s), "where": []} for key, s in missing
        ],
        "excused": sentences.excused(found.holes, sorted(EXCUSED), words.language),
    }  # fmt: skip


def _hottest(rates: FaultRates, language: str) -> str:
    """The group and family that differ most; "" where nothing can be compared."""
    found = [
        (one.per_100_h / max(one.others, 0.01), group, family, one)
        for group in rates.groups
        for family, one in group.families.items()
        if one.is_hot and one.per_100_h is not None and one.others is not None
    ]
    if found:
        _, group, family, one = max(found, key=lambda each: each[0])
        assert one.per_100_h is not None
        assert one.others is not None
        return sentences.hot(group.value, family, one.per_100_h, one.others, language)
    rated = (one for group in rates.groups for one in group.families.values())
    comparable = any(one.per_100_h is not None and one.others is not None for one in rated)
    return sentences.none_hot(language) if comparable else ""


def rate_rows(rates: FaultRates, words: Words, families: int | None = None) -> list[RateRow]:
    return [_rate_row(rates.by, group, rates.families[:families], words) for group in rates.groups]


def _rate_row(by: By, group: FaultGroup, families: list[str], words: Words) -> RateRow:
    if by == "skill":
        skill, _, version = group.value.partition(" ")
        at = {"skill": skill, "version": version}
    else:
        at = {by: group.value}
    cells = []
    for family in families:
        one = group.families[family]
        few = one.per_100_h is None
        cells.append(
            RateCell(
                words.family(family), "" if one.per_100_h is None else figures.number(one.per_100_h, words.language, 2),
                words.number(one.episodes), few, one.is_hot, f"/robots?{urlencode(at)}",
            )
        )  # fmt: skip
    name = group.value or words("not_said")
    href = f"/robots?{urlencode(at)}" if group.value else ""
    return RateRow(name, href, words.number(group.robots), words.number(round(group.hours)), cells)


async def fault_rates_page(call: Call, words: Words) -> dict[str, Any]:
    asked, kinds = call.request.query.get("by", "rom"), reads.kinds_of(call)
    for by in BYS:
        if asked == by:
            break
    else:
        raise BadRequest(
            Sentence("by {asked!r} is unknown", asked=asked[:20]), Sentence("use one of {names}", names=", ".join(BYS))
        )
    rates = await call.recent(fleet_look.fault_rates, FaultRatesOf(by=by, kinds=kinds))
    said = {name: value for name in ("model", "rom", "skill") if (value := getattr(kinds, name))}
    return {
        "by": by,
        "choices": [
            {
                "href": f"/fleet/faults?{urlencode({'by': key, **said})}",
                "text": words(f"by_{key}"),
                "current": key == by,
            }
            for key in BYS
        ],
        "kinds": kinds,
        "rows": rate_rows(rates, words),
        "families": [words.family(key) for key in rates.families],
        "hottest": _hottest(rates, words.language),
    }  # fmt: skip
