"""Use on an account's page: the funnel against the four weeks before, the mix of skills, robots, faults, skills."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from collector.calendar import days
from collector.calendar.days import HOUR_S
from collector.fleet.counts import FUNNEL, Counted
from collector.fleet.skills.standing import TrackedSkill
from collector.fleet.usage import UsageDay
from collector.health.model import AccountDay
from collector.language import account as said
from collector.language import figures, names
from collector.language import skills as skill_sentences
from collector.language.pages import Words
from collector.operations.account_page import WINDOW_DAYS, AccountSheet
from collector.web.pages import shown
from collector.web.pages.charts import Value
from collector.web.pages.charts.columns import columns
from collector.web.pages.charts.line import Line, LineEvent, line
from collector.web.pages.charts.spark import spark
from collector.web.pages.charts.strip import gauge
from protocol.counters import COUNTERS, FAMILIES

WEEKS = 13
_WEEK = 7
_MIX = 6
_TASKS = tuple(key for key, counter in COUNTERS.items() if counter.group == "skill" and counter.unit == "count")


def usage(sheet: AccountSheet, words: Words, today: int) -> dict[str, Any] | None:
    """None: no closed day is known."""
    last, before = _windows(sheet)
    if not last:
        return None
    language = words.language
    now, was = _sums(last), _sums(before)
    steps = [_step(sheet, at, now, was, words) for at in range(len(FUNNEL))]
    changes = {counter: _share(now.get(counter), was.get(counter)) for counter in FUNNEL}
    return {
        "sentence": said.use_sentence(changes, language),
        "steps": steps,
        "core": words.counter(sheet.counter),
        "core_rows": _core(sheet, last, before, words),
        "mix": _mix(now, words),
        "trend": _trend(sheet, words, today),
    }


def _windows(sheet: AccountSheet) -> tuple[list[AccountDay], list[AccountDay]]:
    edge = sheet.closed_day - WINDOW_DAYS
    last = [one for one in sheet.counted if one.day > edge]
    return last, [one for one in sheet.counted if edge - WINDOW_DAYS < one.day <= edge]


def _sums(of: Sequence[AccountDay]) -> dict[str, int]:
    """A counter that nobody counted is absent; a present 0 is a true zero."""
    found: Counter[str] = Counter()
    for one in of:
        found.update(one.counts)
    return {key: found[key] for one in of for key in one.counts}


def _share(now: int | None, was: int | None) -> float | None:
    return None if now is None or not was else now / was - 1


def _step(sheet: AccountSheet, at: int, now: dict[str, int], was: dict[str, int], words: Words) -> dict[str, Any]:
    counter = FUNNEL[at]
    language, value, before = words.language, now.get(counter), was.get(counter)
    above = now.get(FUNNEL[at - 1]) if at else None
    most = max((v for v in (*(now.get(c) for c in FUNNEL), *(was.get(c) for c in FUNNEL)) if v is not None), default=1)
    share = _share(value, before)
    name = words.counter(counter)
    return {
        "name": name,
        "state": _why_no(sheet, counter) if value is None else "zero" if value == 0 else "value",
        "value": words("cannot_count") if value is None else figures.number(value, language),
        "before": "–" if before is None else figures.number(before, language),
        "change": "–" if share is None else said.change(share, language),
        "of_above": "" if not above or value is None else figures.percent(value / above, language, 1),
        "bar": None if value is None else gauge(
            f"{name} {figures.number(value, language)}", value / (most or 1), "f-c1",
            tick=None if before is None else before / (most or 1),
        ),
    }  # fmt: skip


def _why_no(sheet: AccountSheet, counter: str) -> str:
    """Why nobody counted it: its robots of today cannot, or nothing has arrived."""
    return _state([], [_value(day, counter) for robot in sheet.robots for day in robot.days])


def _core(
    sheet: AccountSheet, last: Sequence[AccountDay], before: Sequence[AccountDay], words: Words
) -> list[tuple[str, str]]:
    """What the scene counts by, per active robot-day: now, before, what is agreed, what is usual."""
    language = words.language
    rows = []
    for label, window in (("days_28", last), ("before", before)):
        active = sum(one.active for one in window)
        counted = [one.counts[sheet.counter] for one in window if sheet.counter in one.counts]
        value = "–" if not active or not counted else figures.short(sum(counted) / active, language)
        rows.append((words(label), value))
    if sheet.plans is not None:
        rows += [
            (words("agreed_target"), figures.short(one.target, language))
            for plan in sheet.plans.plans
            for one in plan.objectives
            if one.counter == sheet.counter and one.per == "robot_day"
        ][:1]
    b1 = next((m for m in (sheet.explained.explanation.measures if sheet.explained else ()) if m.measure == "B1"), None)
    if b1 is not None and b1.target is not None:
        rows.append((words("scene_target"), names.figure("B1", b1.target, language)))
    if b1 is not None and b1.peer_median is not None:
        rows.append((words("peers"), names.figure("B1", b1.peer_median, language)))
    return rows


def _mix(now: dict[str, int], words: Words) -> list[dict[str, str]]:
    """Shares of what skills did; what is a true zero and what nobody can count stand below."""
    language = words.language
    done = {key: now[key] for key in _TASKS if key in now}
    total = sum(done.values())
    ranked = sorted(done.items(), key=lambda each: -each[1])[:_MIX]
    return [
        {
            "name": words.counter(key),
            "state": "value" if value else "zero",
            "value": figures.percent(value / total, language) if total and value else "0",
        }
        for key, value in ranked
    ]


def _trend(sheet: AccountSheet, words: Words, today: int) -> Any:
    """The scene's counter by day over 13 weeks; unknown days are hatched."""
    length = WEEKS * _WEEK
    first = sheet.closed_day - length + 1
    of_day = {one.day: one for one in sheet.counted}
    values: list[Value] = []
    for day in range(first, sheet.closed_day + 1):
        one = of_day.get(day)
        if one is not None and not one.open:
            values.append("closed")
        elif one is None or not one.heard or sheet.counter not in one.counts:
            values.append("not_arrived")
        else:
            values.append(float(one.counts[sheet.counter]))
    begins = figures.short_day(days.iso(first), words.language, today)
    ends = figures.short_day(days.iso(sheet.closed_day), words.language, today)
    fell = _fell_on(sheet)
    events = []
    if fell is not None and first < fell <= sheet.closed_day:
        word = figures.short_day(days.iso(fell), words.language, today)
        events.append(LineEvent(fell - first, word, "s-red"))
    name = f"{words.counter(sheet.counter)}, {begins} – {ends}"
    return line(Line(name, values, begins, ends, events, height=110))


def _fell_on(sheet: AccountSheet) -> int | None:
    """Since when use has dropped, as the exception says."""
    for one in sheet.explained.explanation.caps if sheet.explained else ():
        since = one.evidence.get("since_day")
        if one.code == "DROP" and isinstance(since, int):
            return since
    return None


def robots(sheet: AccountSheet, words: Words) -> list[dict[str, Any]]:
    language = words.language
    evidence = {one.robot: one for one in (sheet.explained.robots if sheet.explained else ())}
    rows = []
    for one in sheet.robots:
        counted = [_value(day, sheet.counter) for day in one.days]
        known = [value for value in counted if not isinstance(value, str)]
        was = evidence[one.robot.name].before if one.robot.name in evidence else None
        total = int(sum(known))
        share = _share(total if known else None, was)
        faults = evidence[one.robot.name].faults if one.robot.name in evidence else None
        hours = sum(day.covered_s for day in one.days) / HOUR_S
        told = faults or {}
        opened = sum(told.values())
        rows.append(
            {
                "name": one.robot.name,
                "href": f"/robots/{quote(one.robot.name, safe='')}",
                "sub": " · ".join(part for part in (one.robot.model, one.robot.rom) if part),
                "state": one.robot.state,
                "state_word": words(one.robot.state),
                "count_state": _state(known, counted),
                "count": figures.number(total, language) if known else words("cannot_count"),
                "before": "–" if was is None else figures.number(was, language),
                "change": "–" if share is None else said.change(share, language),
                "spark": spark(f"{words.counter(sheet.counter)}, {one.robot.name}", counted),
                "faults": said.not_told(language)
                if faults is None
                else " · ".join(f"{words.family(key)} {n}" for key, n in sorted(told.items())) or "0",
                "rate": "–" if faults is None else shown.rate_of(opened, hours, words, 1),
            }
        )
    return rows


def _state(known: Sequence[float], counted: Sequence[Value]) -> str:
    if known:
        return "value" if any(known) else "zero"
    return "unsupported" if "unsupported" in counted else "not_arrived"


def _value(day: UsageDay, counter: str) -> Value:
    found = day.counts.get(counter)
    if isinstance(found, Counted):
        return float(found.value)
    return "unsupported" if found is not None and found.why == "unsupported" else "not_arrived"


def faults(sheet: AccountSheet, words: Words, today: int) -> dict[str, Any]:
    """By family over 28 days per 100 robot-hours, and by week."""
    last, _ = _windows(sheet)
    language = words.language
    hours = sheet.arrived_s / HOUR_S  # as the fleet's page counts them: a site need not say when it is open
    by_family: Counter[str] = Counter()
    for one in last:
        by_family.update(one.faults)
    opened = sum(by_family.values())
    is_told = any(one.is_watched for one in last)
    rows = [
        {
            "name": words.family(key),
            "count": figures.number(count, language),
            "state": "value" if count else "zero",
            "rate": shown.rate_of(count, hours, words, 2),
        }
        for key, count in sorted(((key, by_family.get(key, 0)) for key in FAMILIES), key=lambda each: -each[1])
    ]
    return {
        "fact": said.faults_fact(opened if is_told else None, hours, language), "rows": rows,
        "weeks": _weeks(sheet, words, today), "any": bool(opened),
        "none": words("no_faults_known" if is_told else "no_faults_told"),
    }  # fmt: skip


def _weeks(sheet: AccountSheet, words: Words, today: int) -> Any:
    length = WEEKS * _WEEK
    first = sheet.closed_day - length + 1
    sums: list[int | None] = [None] * WEEKS
    for one in sheet.counted:
        if first <= one.day <= sheet.closed_day and one.is_watched:
            week = (one.day - first) // _WEEK
            sums[week] = (sums[week] or 0) + sum(one.faults.values())
    known = [each for each in sums if each is not None]
    if not known:
        return None
    sentence = said.weeks_sentence(WEEKS, min(known), max(known), words.language)
    values: list[Value] = ["not_arrived" if each is None else float(each) for each in sums]
    begins = figures.short_day(days.iso(first), words.language, today)
    ends = figures.short_day(days.iso(sheet.closed_day), words.language, today)
    return columns(sentence, values, begins, ends)


def skills(sheet: AccountSheet, words: Words) -> list[dict[str, Any]]:
    """Each skill in each version on the robots here: four facts, why not and whose turn; its use, its price a year."""
    last, _ = _windows(sheet)
    now, language = _sums(last), words.language
    found: dict[tuple[str, str], list[TrackedSkill]] = {}
    for robot in sheet.robots:
        for skill in robot.skills:
            found.setdefault((skill.skill, skill.wished_version or skill.state_version), []).append(skill)
    lines = [] if sheet.ledger is None else [one for one in sheet.ledger.lines if one.skill]
    return [
        {
            "name": words.skill_name(skill),
            "version": version,
            "on": said.on_robots(len(there), len(sheet.robots), language),
            **_standing(there, words),
            "used": "–" if skill not in now else figures.number(now[skill], language),
            "year": next(
                (figures.money(int(one.amount), one.currency or _currency(sheet), language) for one in lines
                 if one.skill == skill), "–",
            ),
        }
        for (skill, version), there in sorted(found.items())
    ]  # fmt: skip


def _standing(there: Sequence[TrackedSkill], words: Words) -> dict[str, Any]:
    """The bars of the robot that is least far, and in words how far all of them are."""
    language = words.language
    runs = sum(not one.code and one.state == "active" for one in there)
    waits = [one for one in there if one.code]
    least = min(waits or there, key=lambda one: skill_sentences.steps(one).count("yes"))
    why = skill_sentences.why(least.code, least.reason, language)
    return {
        "steps": skill_sentences.steps(least) if least.wished_package else [],
        "states": skill_sentences.as_wished_on(runs, len(there), language),
        "why": why,
        "turn": skill_sentences.turn(least.turn, language),
    }


def _currency(sheet: AccountSheet) -> str:
    return "" if sheet.ledger is None else sheet.ledger.account.currency
