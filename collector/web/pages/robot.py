"""One robot: does it live, what did it count, what runs on it, what broke, what is missing and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from collector.access.caller import ENGINEERS, SEES_FLEET
from collector.calendar import days
from collector.fleet.completeness import EXCUSED
from collector.fleet.counts import Count, Counted
from collector.fleet.desired import SkillsOf
from collector.fleet.faults import Episode
from collector.fleet.holes import HoleOut
from collector.fleet.skills.standing import TrackedSkill
from collector.fleet.usage import UsageDay
from collector.language import figures
from collector.language import fleet as fleet_sentences
from collector.language import robot as sentences
from collector.language import skills as skill_sentences
from collector.language.pages import Words
from collector.operations import fleet_look, robots
from collector.operations.robots import RobotSheet
from collector.web.api.routing import Call
from collector.web.pages import fleet_acts, shown
from collector.web.pages.charts import Value
from collector.web.pages.charts.columns import columns
from collector.web.pages.charts.hours import HourHole, hours
from collector.web.pages.fleet import completeness_figures
from protocol.counters import COUNTERS

DAYS_READ, DAYS_DRAWN, LINK_DAYS = 29, 28, 7
ROWS_SHOWN, HOLES_LISTED = 50, 50
CHARTS = 3
_GRAVE = {"urgent": "warn", "critical": "bad", "fatal": "bad"}
_TASKS = tuple(key for key, one in COUNTERS.items() if one.group in {"funnel", "skill"} and one.unit == "count")


@dataclass(frozen=True, slots=True)
class EpisodeShown:
    opened: str
    lasted: str
    is_open: bool
    often: str
    name: str
    sub: str
    detail: str
    severity: str
    look: str
    remedy: str


@dataclass(frozen=True, slots=True)
class HoursDay:
    """One day of the strip. `name` is its day in words."""

    name: str
    strip: Markup


@dataclass(frozen=True, slots=True)
class SkillShown:
    name: str
    steps: Sequence[str]
    said: str
    versions: Sequence[str]
    why: str
    told: str


@dataclass(frozen=True, slots=True)
class Clockwork:
    """How moments of this robot are written: in its own zone, in the page's language."""

    zone: str
    language: str
    today: int

    def __call__(self, moment: str | None) -> str:
        """`23 Nov 20:05`; today's without the day."""
        if moment is None:
            return "–"
        at_s = shown.seconds_of(moment)
        at, clock = days.of(at_s, self.zone), days.clock(at_s, self.zone)[11:16]
        return clock if at == self.today else f"{self.day(days.iso(at))} {clock}"

    def day(self, iso: str) -> str:
        return figures.short_day(iso, self.language, self.today)


async def robot_page(call: Call, words: Words) -> dict[str, Any]:
    wanted = robots.SheetOf(robot=call.robot_name, days=DAYS_READ, rows=ROWS_SHOWN)
    sheet = await call.do(robots.robot_sheet, wanted)
    closed: Mapping[str, Any] = {}
    if call.caller.may(SEES_FLEET):
        closed = await call.recent(fleet_look.closed_robots, None)
    local = Clockwork(sheet.timezone, words.language, days.of(call.now_s, sheet.timezone))
    state = "" if sheet.robot is None else "closed" if sheet.name in closed else sheet.robot.state
    supported, unsupported = shown.counters_of(sheet.usage)
    return {
        "name": sheet.name,
        "address": f"/robots/{quote(sheet.name, safe='')}",
        "api": f"/api/v1/robots/{quote(sheet.name, safe='')}",
        "robot": sheet.robot,
        "state": state,
        "inside": call.caller.may(SEES_FLEET),
        "acts": call.caller.may(ENGINEERS),
        "toast": fleet_acts.toast_of(call, words),
        "local": local,
        "timezone": sheet.timezone,
        "alarms": sheet.alarms,
        "twins": sheet.twins,
        **_head(sheet, state, local, call.now_s, words),
        "today": sheet.today,
        "groups": shown.groups(supported),
        "unsupported": figures.listed([words.counter(key) for key in unsupported], words.language),
        "charts": _charts(sheet.usage[-DAYS_DRAWN:], words, local),
        "usage": sheet.usage[-DAYS_DRAWN:] if "table" in call.request.query else [],
        **_hours(sheet, call.now_s, words, local),
        "holes": [
            (local(one.from_at), local(one.to_at), one.cause, words.duration(one.missing_s))
            for one in sheet.complete.missing[:HOLES_LISTED]
        ],
        "uncounted": [] if sheet.parked else sheet.complete.uncounted,
        "parked": sheet.parked,
        "skills": [_skill(one, words, local) for one in sheet.skills],
        "wish": _wish(sheet.wished),
        "settings": shown.settings_of(sheet.wished),
        "episodes": [_episode(one, words, local) for one in _open_first(sheet.episodes)],
        "refused": sheet.refused,
        "gauges": sheet.gauges,
        "events": sheet.events,
        "streams": sheet.streams,
    }  # fmt: skip


def data_at(sheet: RobotSheet) -> str | None:
    """When its newest data came."""
    return max((one.last_batch_at for one in sheet.streams), default=None)


def _head(sheet: RobotSheet, state: str, local: Clockwork, now_s: int, words: Words) -> dict[str, Any]:
    """The sentence, the clock and the tiles' small lines."""
    language, newest = words.language, data_at(sheet)
    age_s = None if newest is None else max(0, now_s - shown.seconds_of(newest))
    faults = 0 if sheet.robot is None else sum(sheet.robot.open_faults.values())
    backlog = 0 if sheet.robot is None else sheet.robot.backlog
    figures_28 = completeness_figures(sheet.complete.figures, words)
    told = next((day for day in reversed(sheet.usage) if day.covered_s), None)
    trusted = "" if told is None else "estimated" if told.estimated_s else "exact"
    last = next((one for one in sheet.episodes if one.closed_at), None)
    return {
        "sentence": sentences.sentence(state, age_s, backlog, faults, language) if state else "",
        "data_at": local(newest),
        "data_ago": None if age_s is None else figures.ago(age_s, language),
        "clock": fleet_sentences.clock(trusted, "" if told is None else local.day(told.day), language),
        "as_of": days.clock(now_s, sheet.timezone)[11:],
        "interactions": None if sheet.today is None else sheet.today.counts.get("interaction"),
        "usual": fleet_sentences.usual(sheet.usual.mean, sheet.usual.days, language),
        "faults": faults,
        "last_fault": "" if last is None else f"{local(last.opened_at or last.closed_at)} {words.family(last.family)}",
        "complete": figures_28["complete"],
        "complete_strip": figures_28["complete_strip"],
        "causes": figures_28["causes"],
        "excused": figures_28["excused"],
        "missing": fleet_sentences.rest(sheet.complete.figures.holes, language) or words("everything_arrived"),
    }


def _charts(usage: Sequence[UsageDay], words: Words, local: Clockwork) -> list[dict[str, Any]]:
    """Interactions, and the two counters that happened most; one that cannot be counted where there is room."""
    sums = {key: sum(_known(day.counts.get(key)) for day in usage) for key in _TASKS if key != "interaction"}
    most = sorted((key for key in sums if sums[key]), key=lambda key: -sums[key])[: CHARTS - 1]
    chosen = [key for key in _TASKS if key == "interaction" or key in most] if usage else []
    found = []
    for key in chosen:
        values = [_value(day.counts.get(key)) for day in usage]
        said = sentences.counter_of_days(values, words.language)
        title = f"{words.counter(key)}: {said}"
        drawn = columns(title, values, local.day(usage[0].day), local.day(usage[-1].day))
        mean = sentences.mean_a_day(values, words.language)
        found.append({"name": words.counter(key), "mean": mean, "said": said, "drawn": drawn})
    return found


def _known(count: Count | None) -> int:
    return count.value if isinstance(count, Counted) else 0


def _value(count: Count | None) -> Value:
    if isinstance(count, Counted):
        return count.value
    return "unsupported" if count is not None and count.why == "unsupported" else "not_arrived"


def _hours(sheet: RobotSheet, now_s: int, words: Words, local: Clockwork) -> dict[str, Any]:
    """Yesterday hour by hour, and the data of seven days, from the holes and their places."""
    first = local.today - LINK_DAYS + 1
    shown_days = [days.number(date.fromisoformat(day.day)) for day in sheet.usage[-LINK_DAYS:]]
    strips = [_strip(day, sheet, now_s, words, local, height=10.0) for day in shown_days]
    yesterday = local.today - 1
    begin_s = days.hour_starts(first, sheet.timezone)[0]
    recent = [one for one in sheet.complete.missing if shown.seconds_of(one.to_at) > begin_s]
    longest = max((one for one in recent if one.cause not in EXCUSED), key=lambda one: one.missing_s, default=None)
    starts = [one for one in sheet.events if one.event == "start" and shown.seconds_of(one.at) >= begin_s]
    return {
        "yesterday": _strip(yesterday, sheet, now_s, words, local, height=20.0) if yesterday in shown_days else None,
        "yesterday_parts": _parts(yesterday, sheet, now_s, words) if yesterday in shown_days else [],
        "link_days": list(reversed(strips)),
        "longest": None if longest is None else _hole_said(longest, words, local),
        "starts": len(starts),
        "unclean": sum(one.detail.get("clean") is False for one in starts),
    }


def _hole_said(hole: HoleOut, words: Words, local: Clockwork) -> str:
    said = (words.duration(hole.missing_s), words(hole.cause), local(hole.from_at))
    return figures.phrases(said, words.language)


def _bounds(day: int, zone: str) -> tuple[int, int]:
    starts = days.hour_starts(day, zone)
    return starts[0], starts[24]


def _within(day: int, sheet: RobotSheet) -> list[tuple[HoleOut, int, int]]:
    """The holes of a day with their first and last second in it; never wider than what is missing."""
    begin_s, end_s = _bounds(day, sheet.timezone)
    found = []
    for hole in sheet.complete.missing:
        from_s, to_s = shown.seconds_of(hole.from_at), shown.seconds_of(hole.to_at)
        first, last = max(from_s, begin_s), min(to_s, end_s)
        if first < last:
            found.append((hole, first, min(last, first + hole.missing_s)))
    return found


def _strip(day: int, sheet: RobotSheet, now_s: int, words: Words, local: Clockwork, *, height: float) -> HoursDay:
    name = local.day(days.iso(day))
    holes = _within(day, sheet)
    drawn = [HourHole(first, last, f"part-{hole.cause}") for hole, first, last in holes]
    sums: dict[str, int] = {}
    for hole, first, last in holes:
        sums[hole.cause] = sums.get(hole.cause, 0) + last - first
    begin_s, end_s = _bounds(day, sheet.timezone)
    arrived_s = max(min(end_s, now_s) - begin_s - sum(sums.values()), 0)
    said = sentences.day_of_hours(name, arrived_s, sums, words.language)
    return HoursDay(name, hours(said, (begin_s, end_s), drawn, now_s, height=height))


def _parts(day: int, sheet: RobotSheet, now_s: int, words: Words) -> list[tuple[str, str, str]]:
    """(look, words, hours) of what arrived and of each hole, as they came."""
    holes = _within(day, sheet)
    begin_s, end_s = _bounds(day, sheet.timezone)
    missing_s = sum(last - first for _, first, last in holes)
    parts = [("f-c1", words("arrived"), words.duration(max(min(end_s, now_s) - begin_s - missing_s, 0)))]
    for hole, first, last in sorted(holes, key=lambda one: one[1]):
        moments = f"{days.clock(first, sheet.timezone)[11:16]}–{days.clock(last, sheet.timezone)[11:16]}"
        parts.append((f"part-{hole.cause}", words(hole.cause), f"{words.duration(last - first)}, {moments}"))
    return parts


def _skill(one: TrackedSkill, words: Words, local: Clockwork) -> SkillShown:
    language, steps = words.language, skill_sentences.steps(one)
    why = skill_sentences.why(one.code, one.reason, language)
    told = "" if one.state_since is None else local(one.state_since)
    return SkillShown(
        words.skill_name(one.skill),
        steps,
        sentences.facts_in_words(steps, language),
        skill_sentences.versions(one),
        why,
        told,
    )


def _wish(wished: SkillsOf | None) -> int | None:
    """The revision that is wished now."""
    return None if wished is None or wished.desired is None else wished.desired.revision


def _open_first(episodes: Sequence[Episode]) -> list[Episode]:
    return sorted(episodes, key=lambda one: one.closed_at is not None)


def _episode(one: Episode, words: Words, local: Clockwork) -> EpisodeShown:
    lasted = "–"
    if one.opened_at and one.closed_at:
        passed = datetime.fromisoformat(one.closed_at) - datetime.fromisoformat(one.opened_at)
        lasted = words.duration(max(int(passed.total_seconds()), 0))
    return EpisodeShown(
        opened=local(one.opened_at),
        lasted=lasted,
        is_open=one.closed_at is None,
        often=words.openings(one.openings) if one.openings > 1 else "",
        name=words.family(one.family),
        sub=" · ".join(filter(None, (one.code, one.ref))),
        detail=words.fault_detail(one.code, one.detail),
        severity=sentences.severity(one.severity, words.language),
        look=_GRAVE.get(one.severity, ""),
        remedy=sentences.remedy(one.family, one.code, words.language) if one.closed_at is None else "",
    )
