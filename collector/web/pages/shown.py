"""How figures are written for people: numbers, durations, moments, tri-state counts. `now_s` is an argument."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from collector.calendar import days
from collector.fleet.counts import Count, Counted, known_counters
from collector.fleet.desired import SkillsOf
from collector.fleet.usage import UsageDay
from collector.language import figures
from collector.language.pages import Words
from collector.values.per_hours import per_100_hours
from protocol.counters import COUNTERS

GROUPS = ("funnel", "skill", "voice", "hours", "opportunity", "fault")


def seconds_of(rfc3339: str) -> int:
    return int(datetime.fromisoformat(rfc3339).timestamp())


def ago(rfc3339: str | None, now_s: int, words: Words) -> str:
    if rfc3339 is None:
        return "–"
    passed_s = now_s - seconds_of(rfc3339)
    return figures.ago(passed_s, words.language)


def moment(rfc3339: str | None, now_s: int, words: Words) -> str:
    """`30 Nov 14:03`, by the clock of whoever reads."""
    if not rfc3339:
        return "–"
    clock = days.clock(seconds_of(rfc3339), words.zone)
    return f"{figures.short_day(clock[:10], words.language, days.of(now_s, words.zone))} {clock[11:16]}"


def rate_of(count: float, hours: float, words: Words, places: int) -> str:
    """How often it happened in a hundred hours; `–` where no hour was watched."""
    rate = per_100_hours(count, hours)
    return "–" if rate is None else figures.number(rate, words.language, places)


def day(rfc3339: str, now_s: int, words: Words) -> str:
    return figures.short_day(rfc3339[:10], words.language, days.of(now_s, None))


def percent(ratio: float | None, words: Words) -> str:
    """Never rounded up to 100 %: what is not complete does not look complete."""
    if ratio is None:
        return words("nothing_expected")
    if ratio >= 1:
        return figures.percent(1, words.language)
    return figures.percent(min(ratio, 0.999), words.language, 1)


def count(value: Count, counter: str, words: Words) -> str:
    """The tri-state in words; seconds as hours, metres as they are."""
    if not isinstance(value, Counted):
        return words(value.why)
    unit = COUNTERS[counter].unit if counter in COUNTERS else "count"
    if unit == "s":
        return figures.duration(value.value, words.language) if value.value else "0"
    return f"{words.number(value.value)} m" if unit == "m" and value.value else words.number(value.value)


def count_class(value: Count) -> str:
    """The CSS class that tells the three states apart."""
    if not isinstance(value, Counted):
        return value.why.replace("_", "-")
    return "zero" if value.value == 0 else "value"


@dataclass(frozen=True, slots=True)
class CounterGroup:
    """Counters that belong together, in the registry's order."""

    key: str
    counters: tuple[str, ...]


def groups(counters: Sequence[str]) -> list[CounterGroup]:
    found = [
        CounterGroup(key, tuple(c for c in counters if c in COUNTERS and COUNTERS[c].group == key)) for key in GROUPS
    ]
    added = tuple(c for c in counters if c not in COUNTERS)
    return [group for group in [*found, CounterGroup("other", added)] if group.counters]


def counters_of(usage: Sequence[UsageDay]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The counters to show in tables, and those that the robot could count on none of these days."""
    known = known_counters(*(day.counts for day in usage))
    never = {
        counter for counter in known if all(getattr(day.counts[counter], "why", "") == "unsupported" for day in usage)
    }
    return tuple(c for c in known if c not in never), tuple(c for c in known if c in never)


@dataclass(frozen=True, slots=True)
class SettingShown:
    """A wished setting and what became of it. `state`: applied, refused, or unanswered as long as nothing is known."""

    name: str
    wished: str
    state: str
    reason: str


def settings_of(wished: SkillsOf | None) -> list[SettingShown]:
    """What the robot said of each wished setting; each wish itself where the robot has not answered this revision."""
    if wished is None or wished.desired is None:
        return []
    wishes = _leaves(wished.desired.document.get("settings", {}))
    told = wished.reported
    if told is None or told.revision != wished.desired.revision:
        return [SettingShown(name, text, "unanswered", "") for name, text in wishes.items()]
    if refused := told.document.get("refused", ""):
        return [SettingShown(name, text, "refused", refused) for name, text in wishes.items()]
    said = told.document.get("settings", ())
    found = [SettingShown(one["setting"], wishes.get(one["setting"], ""), one["state"], one["reason"]) for one in said]
    return found or [SettingShown(name, text, "unanswered", "") for name, text in wishes.items()]


def _leaves(document: dict[str, Any], before: str = "") -> dict[str, str]:
    """`{"sources": {"statsd": false}}` as `sources.statsd`: `false`."""
    found: dict[str, str] = {}
    for name, value in document.items():
        if isinstance(value, dict) and value:
            found |= _leaves(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = json.dumps(value, ensure_ascii=False)
    return found
