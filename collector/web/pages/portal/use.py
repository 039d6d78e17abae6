"""Use in the portal: eight weeks by day, the steps from passing by to using, what robots did, what broke."""

from collections import Counter
from typing import Any

from collector.calendar.days import HOUR_S
from collector.fleet.counts import FUNNEL
from collector.language import account as account_sentences
from collector.language import figures
from collector.language.pages import Words
from collector.operations.portal import USE_DAYS, PortalSheet
from collector.web.api.routing import Call
from collector.web.pages import shown
from collector.web.pages.portal import frame, home
from protocol.counters import COUNTERS, FAMILIES

_TASKS = tuple(key for key, one in COUNTERS.items() if one.group == "skill" and one.unit == "count")


async def use_page(call: Call, words: Words) -> dict[str, Any]:
    sheet = await frame.sheet_of(call)
    return {
        **frame.framed(call, words, sheet.account, sheet.name, sheet.accounts),
        "counter": words.counter(sheet.counter),
        "bars": home.bars(sheet, words, USE_DAYS),
        **figures_of(sheet, words),
        "missing": home.missing(sheet, words),
    }


def figures_of(sheet: PortalSheet, words: Words) -> dict[str, Any]:
    """The tables of four weeks, for the page and for the report."""
    last, _ = home.windows(sheet)
    by_family: Counter[str] = Counter()
    for one in last:
        by_family.update(one.faults or {})
    hours = sheet.arrived_s / HOUR_S
    opened = sum(by_family.values()) if any(one.faults is not None for one in last) else None
    return {
        "known": bool(last),
        "steps": [_row(sheet, counter, words) for counter in FUNNEL],
        "done": [_row(sheet, key, words) for key in _TASKS if home.sum_of(last, key) is not None],
        "faults_fact": account_sentences.faults_fact(opened, hours, words.language),
        "faults": [
            {
                "name": words.family(family),
                "count": figures.number(by_family[family], words.language),
                "rate": shown.rate_of(by_family[family], hours, words, 1),
            }
            for family in FAMILIES
            if by_family[family]
        ],
    }


def _row(sheet: PortalSheet, counter: str, words: Words) -> dict[str, str]:
    last, before = home.windows(sheet)
    now, was = home.sum_of(last, counter), home.sum_of(before, counter)
    return {
        "name": words.counter(counter),
        "value": "" if now is None else figures.number(now, words.language),
        "state": "not_arrived" if now is None else "zero" if now == 0 else "value",
        "before": "–" if was is None else figures.number(was, words.language),
        "change": home.changed(sheet, counter, words) or "–",
    }
