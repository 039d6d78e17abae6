"""Goals in the portal, and the report of four weeks that a customer prints or keeps."""

from typing import Any

from collector.access.caller import CUSTOMERS
from collector.calendar import days
from collector.health.explain.customers_view import Goal
from collector.language import figures
from collector.language import portal as sentences
from collector.language.pages import Words
from collector.operations import portal
from collector.operations.portal import WINDOW_DAYS, PortalSheet
from collector.web.api.routing import Call
from collector.web.pages.charts.strip import gauge
from collector.web.pages.portal import frame, home, turn_to, use

_LOOKS = {"on_track": "f-green", "done": "f-green", "behind": "f-yellow", "missed": "f-red"}


async def plan_page(call: Call, words: Words) -> dict[str, Any]:
    sheet = await frame.sheet_of(call)
    return {
        **frame.framed(call, words, sheet.account, sheet.name, sheet.accounts),
        "goals": goals(sheet, words),
    }


async def help_page(call: Call, words: Words) -> dict[str, Any]:
    sheet = await frame.sheet_of(call)
    return {
        **frame.framed(call, words, sheet.account, sheet.name, sheet.accounts),
        "turn_to": turn_to.of(call, sheet, words),
        "tickets": home.tickets(sheet, words),
    }


async def report_page(call: Call, words: Words) -> dict[str, Any]:
    sheet = await frame.sheet_of(call)
    language = words.language
    if call.caller.may(CUSTOMERS):  # whoever stands in for them uses no portal
        await call.do(portal.note_report, sheet.account)

    def on(day: int) -> str:
        return figures.iso_day(days.iso(day), language)

    return {
        **frame.framed(call, words, sheet.account, sheet.name, sheet.accounts),
        "span": f"{on(sheet.closed_day - WINDOW_DAYS + 1)} – {on(sheet.closed_day)}",
        "counter": words.counter(sheet.counter),
        "total": home.total(sheet, words),
        "bars": home.bars(sheet, words, WINDOW_DAYS),
        "robots": [
            {"name": home.named(one), "id": one.robot.name if one.place else "", "model": one.robot.model}
            for one in sheet.robots
        ],
        "health": home.health(sheet, words),
        "missing": home.missing(sheet, words),
        "goals": goals(sheet, words),
        "tickets": home.tickets(sheet, words),
        **use.figures_of(sheet, words),
        "printed": sentences.printed(sheet.name, on(sheet.today), on(sheet.closed_day), language),
    }


def goals(sheet: PortalSheet, words: Words) -> list[dict[str, Any]]:
    return [_goal(one, sheet, words) for one in sheet.goals]


def _goal(one: Goal, sheet: PortalSheet, words: Words) -> dict[str, Any]:
    language = words.language
    target, stands = sentences.goal(one, language), sentences.goal_stands(one, language)
    return {
        "name": one.text or target,
        "target": target,
        "until": figures.short_day(days.iso(one.to_day), language, sheet.today),
        "stands": stands,
        "known": f"{figures.number(one.known_days, language)} / {figures.number(one.elapsed_days, language)}",
        "bar": None if one.reached is None else gauge(
            f"{stands} / {target}", one.reached / one.target, _LOOKS.get(one.status, "f-grey"), height=8
        ),
    }  # fmt: skip
