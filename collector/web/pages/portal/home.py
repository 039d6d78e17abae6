"""The first page of the portal: do my robots work, how are they used, what is missing, whom do I ask."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from collector.calendar import days
from collector.calendar.days import HOUR_S
from collector.fleet.counts import Counted
from collector.health.explain.customers_view import UseOfDay
from collector.language import account as account_sentences
from collector.language import figures, names
from collector.language import portal as sentences
from collector.language.pages import Words
from collector.operations.portal import WINDOW_DAYS, OwnRobot, PortalSheet
from collector.web.api.routing import Call
from collector.web.pages import shown
from collector.web.pages.charts import Value
from collector.web.pages.charts.columns import columns
from collector.web.pages.portal import frame, turn_to

DAYS_DRAWN = 7
_NEEDS_HOURS = 1  # of data that did not arrive: less is on its way


async def home_page(call: Call, words: Words) -> dict[str, Any]:
    sheet = await frame.sheet_of(call)
    language = words.language
    hour = int(days.clock(call.now_s, sheet.timezone)[11:13])
    needing = [named(one) for one in sheet.robots if needs_look(one)]
    said = [_today(sheet, words)]
    if sheet.robots:
        said.append(sentences.need_you(needing, language))
    return {
        **frame.framed(call, words, sheet.account, sheet.name, sheet.accounts),
        "greeting": sentences.greeting(hour, language),
        "sentences": said,
        "counter": words.counter(sheet.counter),
        "robots": [_robot(one, sheet.counter, words) for one in sheet.robots],
        "more_robots": sheet.more_robots,
        "bars": bars(sheet, words),
        "total": total(sheet, words),
        "goal": next((sentences.goal(one, language) for one in sheet.goals if one.counter == sheet.counter), ""),
        "health": health(sheet, words),
        "missing": missing(sheet, words),
        "tickets": tickets(sheet, words),
        "invoices": invoices(sheet, words),
        "turn_to": turn_to.of(call, sheet, words),
    }


def named(one: OwnRobot) -> str:
    """By the customer's own name of its place, else by its own."""
    return one.place or one.robot.name


def needs_look(one: OwnRobot) -> bool:
    return bool(one.robot.open_faults) or one.robot.state == "offline"


def _today(sheet: PortalSheet, words: Words) -> str:
    language = words.language
    counts = [one.robot.today.get(sheet.counter) for one in sheet.robots]
    counted = [one.value for one in counts if isinstance(one, Counted)]
    usual = [one.usual.mean for one in sheet.robots]
    known = [mean for mean in usual if mean is not None]
    return sentences.today(
        len(sheet.robots), figures.number(sum(counted), language) if counted else "", sheet.counter,
        figures.number(sum(known), language) if known and len(known) == len(usual) else "", language,
    )  # fmt: skip


def _robot(one: OwnRobot, counter: str, words: Words) -> dict[str, Any]:
    robot = one.robot
    count = robot.today.get(counter)
    return {
        "name": named(one),
        "id": robot.name if one.place else "",
        "href": f"/robots/{quote(robot.name, safe='')}",
        "state": robot.state,
        "state_word": words(robot.state),
        "faults": sentences.fault_words(robot.open_faults, words.language),
        "count": "–" if count is None else shown.count(count, counter, words),
        "count_state": "not_arrived" if count is None else shown.count_class(count),
    }


def value_of(one: UseOfDay | None, counter: str) -> Value:
    if one is not None and not one.open:
        return "closed"
    if one is None or not one.heard or counter not in one.counts:
        return "not_arrived"
    return float(one.counts[counter])


def bars(sheet: PortalSheet, words: Words, drawn: int = DAYS_DRAWN) -> Any:
    """The scene's counter on the last closed days; None: none of them is known."""
    of_day = {one.day: one for one in sheet.use}
    first = sheet.closed_day - drawn + 1
    values = [value_of(of_day.get(day), sheet.counter) for day in range(first, sheet.closed_day + 1)]
    if all(isinstance(value, str) for value in values):
        return None
    begins, ends = (figures.short_day(days.iso(day), words.language, sheet.today) for day in (first, sheet.closed_day))
    written = [words(value) if isinstance(value, str) else figures.number(value, words.language) for value in values]
    sentence = sentences.use_bars(sheet.counter, begins, ends, written, words.language)
    return columns(sentence, values, begins, ends)


def windows(sheet: PortalSheet) -> tuple[list[UseOfDay], list[UseOfDay]]:
    """The last four weeks, and the four before."""
    edge = sheet.closed_day - WINDOW_DAYS
    return [one for one in sheet.use if one.day > edge], [one for one in sheet.use if one.day <= edge]


def sum_of(of: Sequence[UseOfDay], counter: str) -> int | None:
    """None: nobody counted it."""
    counted = [one.counts[counter] for one in of if counter in one.counts]
    return sum(counted) if counted else None


def changed(sheet: PortalSheet, counter: str, words: Words) -> str:
    """Against the four weeks before; "" where that is not known."""
    last, before = windows(sheet)
    now, was = sum_of(last, counter), sum_of(before, counter)
    if now is None or not was:
        return ""
    return account_sentences.change(now / was - 1, words.language)


def total(sheet: PortalSheet, words: Words) -> str:
    now = sum_of(windows(sheet)[0], sheet.counter)
    if now is None:
        return "–"
    return sentences.total(figures.number(now, words.language), changed(sheet, sheet.counter, words), words.language)


def health(sheet: PortalSheet, words: Words) -> dict[str, str] | None:
    """The number and the band as the CSM sees them; None: there is no score."""
    if sheet.health is None:
        return None
    found = sheet.health
    return {
        "band": found.band,
        "band_word": names.band_word(found.band, words.language),
        "score": "–" if found.final is None else figures.score(found.final, words.language),
        "why": sentences.health(found, words.language),
    }


def missing(sheet: PortalSheet, words: Words) -> dict[str, Any]:
    """What of 28 days has not arrived, robot by robot."""
    lines = []
    for one in sheet.robots:
        holes = one.arrival.holes
        on_robot = next((seconds for cause, seconds in holes.items() if str(cause) == "on_robot"), 0)
        gone = one.arrival.expected_s - one.arrival.arrived_s - on_robot
        if on_robot >= _NEEDS_HOURS * HOUR_S:
            lines.append(sentences.still_missing(named(one), on_robot, True, words.language))
        if gone >= _NEEDS_HOURS * HOUR_S:
            lines.append(sentences.still_missing(named(one), gone, False, words.language))
    expected = sum(one.arrival.expected_s for one in sheet.robots)
    arrived = sum(one.arrival.arrived_s for one in sheet.robots)
    share = shown.percent(arrived / expected, words) if expected else ""
    return {"lines": lines, "share": account_sentences.complete(share, words.language) if share else ""}


def tickets(sheet: PortalSheet, words: Words) -> list[dict[str, str]]:
    return [
        {
            "subject": one.subject or "–", "robot": one.robot,
            "day": figures.short_day(days.iso(one.opened_day), words.language, sheet.today),
        }
        for one in sheet.tickets
    ]  # fmt: skip


def invoices(sheet: PortalSheet, words: Words) -> list[dict[str, Any]]:
    language = words.language
    return [
        {
            "id": one.id,
            "amount": figures.money(one.amount, one.currency, language),
            "due": sentences.invoice(
                one.late_days, figures.short_day(days.iso(one.due_day), language, sheet.today), language
            ),
            "late": one.late_days > 0,
        }
        for one in sheet.invoices
    ]
