"""Health on an account's page: the score bar, 90 days, points lost, what lifts it, why it changed, completeness."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from collector.calendar import days
from collector.calendar.days import HOUR_S
from collector.fleet.completeness import EXCUSED, Completeness
from collector.language import account as said
from collector.language import figures, names
from collector.language.explanation import CapExplained, ChangeExplained, Explanation, MeasureExplained
from collector.language.pages import Words
from collector.operations.account_page import HISTORY_DAYS, WINDOW_DAYS, AccountSheet, DayScore, RobotOnSheet
from collector.web.pages.charts import Value
from collector.web.pages.charts.line import Line, LineEvent, line
from collector.web.pages.charts.points import Loss, PointWords, points
from collector.web.pages.charts.strip import StripPart, gauge, strip

LIFTS = 3
LOOK_OF_CAUSE = {
    "on_robot": "part-on_robot", "dark": "part-dark", "crash": "part-crash", "lost": "part-lost",
    "off_all_day": "part-off_all_day", "never_heard": "part-never_heard", "too_much": "part-too_much",
    "never_arrived": "part-never_arrived",
}  # fmt: skip
_PARTS = 8  # of a change, with a name; the rest is one line


def health(sheet: AccountSheet, words: Words, today: int) -> dict[str, Any] | None:
    """None: it has no score."""
    if sheet.explained is None:
        return None
    found, language = sheet.explained.explanation, words.language
    day = figures.short_day(found.day, language, today)
    lost = sorted((one for one in found.measures if one.lost > 0), key=lambda one: -one.lost)
    return {
        "fact": said.health_fact(day, found.coverage, found.profile, found.peer_n, language),
        "sentences": found.sentences[1:2] or found.sentences[:1],  # the reason: the number stands large beside it
        "basis": found.sentences[2:],
        "bar": _bar(found, lost, words),
        "trend": _trend(sheet, words, today),
        "is_recorded": any(one.is_recorded and one.final is not None for one in sheet.history),
        "lifts": [said.lift(one.text, one.points, language) for one in found.lifts[:LIFTS]],
        "lost": [_lost(one, lost[0].lost, language) for one in lost],
        "lost_sum": "" if found.raw is None else said.lost_sum(
            figures.number(found.raw, language, 1), figures.number(sum(one.lost for one in lost), language, 1), language
        ),
        "not_counted": _not_counted(found.measures, language),
        "change": _change(found.changes, words, today),
        "policy": found.policy[:8],
        "scored": day,
    }  # fmt: skip


def _bar(found: Explanation, lost: Sequence[MeasureExplained], words: Words) -> Any:
    if found.final is None or found.raw is None:
        return None
    language = words.language
    bind = next((one for one in found.caps if one.binds), None)
    kept, raw = figures.score(found.final, language, 1), figures.short(found.raw, language)
    named = figures.phrases([f"{one.name} {figures.number(one.lost, language, 1)}" for one in lost], language)
    labels = PointWords(
        sentence=said.points_sentence(kept, raw, named, language),
        kept=f"{words('kept')} {kept}",
        held=f"{words('held')} {figures.short(found.raw - found.final, language)}",
        lost=f"{words('lost_points')} {figures.short(100 - found.raw, language)}",
        raw=f"{words('raw_score')} {raw}",
        cap="" if bind is None else _capped(bind, words),
    )
    return points(
        found.final,
        found.raw,
        found.band,
        [Loss(one.lost, figures.number(one.lost, language, 1)) for one in lost],
        labels,
    )


def _capped(cap: CapExplained, words: Words) -> str:
    return f"{words('cap')} {figures.short(cap.value, words.language)} · {_signal(cap.code, words.language)}"


def _signal(code: str, language: str) -> str:
    """What a policy calls so, in words; a code of a policy of their own stays as it is."""
    return names.signal(code, language) if code in names.SIGNALS else code


def _trend(sheet: AccountSheet, words: Words, today: int) -> Any:
    """The score of 90 days; an upright where an exception came that binds. Dashed: of days before we heard the robots,
    by what was recorded later.
    """
    language = words.language
    of_day = {one.day: one for one in sheet.history}
    first = sheet.closed_day - HISTORY_DAYS + 1
    shown = range(first, sheet.closed_day + 1)
    values: list[Value] = [_known(of_day.get(day), is_recorded=False) for day in shown]
    base: list[Value] = [_known(of_day.get(day), is_recorded=True) for day in shown]
    events: list[LineEvent] = []
    before: DayScore | None = None  # what held on the first known day may have held for long
    for at, day in enumerate(shown):
        one = of_day.get(day)
        if one is not None:
            came = [] if before is None else [code for code in one.caps if code not in before.caps]
            if came:
                events.append(LineEvent(at, _signal(came[0], language)))
            before = one
    known = [value for value in (*base, *values) if not isinstance(value, str)]
    if not known:
        return None
    begins = figures.short_day(days.iso(first), language, today)
    ends = figures.short_day(days.iso(sheet.closed_day), language, today)
    sentence = said.trend(
        begins, ends, figures.number(min(known), language), figures.number(max(known), language),
        figures.number(known[-1], language), language,
    )  # fmt: skip
    return line(Line(sentence, values, begins, ends, events[-2:], base, sheet.borders, high=100, look="s-ink"))


def _known(one: DayScore | None, *, is_recorded: bool) -> Value:
    return "not_arrived" if one is None or one.final is None or one.is_recorded != is_recorded else one.final


def _lost(one: MeasureExplained, most: float, language: str) -> dict[str, Any]:
    number = figures.number(one.lost, language, 1)
    return {
        "name": one.name,
        "value": one.written or "–",
        "target": "" if one.target is None else names.figure(one.measure, one.target, language),
        "peers": "" if one.peer_median is None else names.figure(one.measure, one.peer_median, language),
        "lost": f"−{number}",
        "bar": gauge(number, one.lost / most, "f-grey", height=6, width="4.5rem"),
    }


def _not_counted(measures: Sequence[MeasureExplained], language: str) -> str:
    by_reason: dict[str, list[str]] = {}
    for one in measures:
        if one.score is None and one.why:
            by_reason.setdefault(one.why, []).append(one.name)
    parts = [f"{figures.listed(named, language)} – {why}" for why, named in by_reason.items()]
    return figures.clauses(parts, language)


def _change(changes: Sequence[ChangeExplained], words: Words, today: int) -> dict[str, Any] | None:
    """The newest change that both days have a number for, over four weeks where that is there."""
    language = words.language
    known = [one for one in changes if one.difference is not None and one.before is not None and one.after is not None]
    if not known:
        return None
    found = known[-1]
    shown = [
        {"text": one.text, "points": figures.signed(one.points, language), "note": ""} for one in found.parts[:_PARTS]
    ]
    if found.parts[_PARTS:]:
        rest = sum(one.points for one in found.parts[_PARTS:])
        shown.append({"text": words("rest"), "points": figures.signed(rest, language), "note": ""})
    first = figures.short_day(found.from_day, language, today)
    last = figures.short_day(days.iso(days.parse(found.from_day) + found.days), language, today)
    return {
        "rows": [{"text": first, "points": figures.number(found.before or 0, language, 1), "note": ""}, *shown],
        "total": {"text": last, "points": figures.number(found.after or 0, language, 1)},
    }


def completeness(sheet: AccountSheet, words: Words) -> dict[str, Any] | None:
    """Arrived over expected robot-hours, and every hole with its cause and the robots that have it.

    What the share leaves out stands beside it: robots that never connected, time that nobody could expect, and the
    days that the score knows.
    """
    robots, language = sheet.robots, words.language
    total = sum((one.completeness for one in robots), Completeness())
    if total.ratio is None or not total.expected_s:
        return None
    missing = {str(cause): seconds for cause, seconds in total.holes.items() if seconds and str(cause) not in EXCUSED}
    share = figures.percent(min(total.ratio, 0.999) if total.ratio < 1 else 1, language, 1)
    rows = [
        {
            "look": LOOK_OF_CAUSE.get(cause, "f-hatch"),
            "text": words(cause),
            "figure": figures.duration(seconds, language),
            "where": _where(robots, cause),
        }
        for cause, seconds in sorted(missing.items(), key=lambda hole: -hole[1])
        if seconds >= HOUR_S // 60
    ]
    parts = [StripPart(total.arrived_s / total.expected_s, "f-c1")] + [
        StripPart(seconds / total.expected_s, LOOK_OF_CAUSE.get(cause, "f-hatch")) for cause, seconds in missing.items()
    ]
    sentence = said.complete(share, language)
    return {"sentence": sentence, "bar": strip(sentence, parts), "rows": rows, "notes": _beside(sheet, total, words)}


def _beside(sheet: AccountSheet, total: Completeness, words: Words) -> list[str]:
    language, notes = words.language, list[str]()
    never = sum(one.robot.state == "never" for one in sheet.robots)
    if never:
        notes.append(said.silent_robots(never, len(sheet.robots), language))
    edge = sheet.closed_day - WINDOW_DAYS
    open_days = [one for one in sheet.counted if one.day > edge and one.open and one.robots]
    known = sum(one.heard > 0 for one in open_days)
    if known < len(open_days):
        notes.append(said.known_days(known, len(open_days), language))
    holes = {str(cause): seconds for cause, seconds in total.holes.items()}
    left_out = said.not_expected(holes, sorted(map(str, EXCUSED)), language)
    return [*notes, left_out] if left_out else notes


def _where(robots: Sequence[RobotOnSheet], cause: str) -> list[dict[str, str]]:
    """The robots that miss most by this cause."""
    having = [
        (seconds, one.robot.name)
        for one in robots
        if (seconds := sum(s for c, s in one.completeness.holes.items() if str(c) == cause))
    ]
    return [{"href": f"/robots/{quote(name, safe='')}", "text": name} for _, name in sorted(having, reverse=True)[:2]]
