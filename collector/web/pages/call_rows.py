"""A call as a row: its words, its evidence, the days it can be put away until, what is said when something was done."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from collector.calendar import days
from collector.language import calls as words_of_calls
from collector.language import figures, names
from collector.language import today as words_of_today
from collector.language.cta import in_language
from collector.language.pages import Words
from collector.language.signals import with_people
from collector.operations.calls import CallFound
from collector.success.ctas import Cta, Task

_NEAR_DAYS = 90  # a renewal nearer than this is bold
_NOT_SHOWN = {
    "p", "cap", "robots_n",  # for statisticians, or said by the score
    "touches", "signals", "onboarding", "references", "objective", "review", "promise",  # ids of facts without a number
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A reason in words."""

    id: int
    title: str
    why: str
    rows: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CallRow:
    """One row, in the page's language."""

    key: str
    href: str
    touch: str  # where the form is
    account: str
    name: str
    rank: str
    priority: str
    band: str
    band_word: str
    score: str
    stake: str
    renewal: str
    near: bool
    first: Said
    others: list[Said]
    step: str
    due: str
    overdue: bool
    evidence: str
    ids: str
    snoozes: list[tuple[str, str]]  # ISO day, in words


def row_of(found: CallFound, rank: int, words: Words, people: Mapping[str, str]) -> CallRow:
    language, line, of, today = words.language, found.score, found.calls, found.today
    first, *others = of.ctas
    step = next((one for one in of.tasks[first.id] if one.done_day is None), None)
    band = "grey" if line is None else line.band
    final = None if line is None else line.final
    left = None if found.due_day is None else found.due_day - today
    due = "" if found.due_day is None else figures.short_day(days.iso(found.due_day), language, today)
    account = quote(of.account, safe="")
    more = {"cta": first.id} | ({} if step is None else {"step": step.step})
    return CallRow(
        key=f"call-{of.account_id}",
        href=f"/accounts/{account}",
        touch=f"/accounts/{account}/touch?{urlencode(more | {'back': '/'})}",
        account=of.account,
        name=of.name,
        rank=figures.number(rank, language),
        priority=figures.number(of.priority, language, 1),
        band=band,
        band_word=names.band_word(band, language),
        score="–" if final is None else figures.score(final, language),
        stake=words_of_today.stake(found.arr, found.due_day, found.currency, language),
        renewal=words_of_today.renewal(left, due, language),
        near=left is not None and left <= _NEAR_DAYS,
        first=said(first, language, today, people),
        others=[said(one, language, today, people) for one in others],
        step=step_text(step, language),
        due=due_text(first, language, today),
        overdue=first.due_day is not None and days.parse(first.due_day) < today,
        evidence=words_of_calls.evidence_of(len(others), language),
        ids=",".join(str(one.id) for one in of.ctas),
        snoozes=[(days.iso(day), figures.weekday(days.iso(day), language)) for day in found.snooze_days],
    )


def said(cta: Cta, language: str, today: int, people: Mapping[str, str]) -> Said:
    """`people`: contacts by id; the ids of other facts say nothing to a reader."""
    evidence = with_people(cta.evidence, people)
    json = json_of(cta) | {"evidence": evidence}
    due_day = cta.evidence.get("due_day")
    is_over = cta.rule == "RENEWAL" and isinstance(due_day, int) and due_day < today
    told = {key: value for key, value in evidence.items() if key not in _NOT_SHOWN and value not in (None, [], "")}
    title = words_of_calls.overdue_renewal(language) if is_over else words_of_calls.title(json, language)
    return Said(cta.id, title, words_of_calls.why(json, language), list(words_of_calls.rows(told, language)))


def due_text(cta: Cta, language: str, today: int) -> str:
    if cta.due_day is None:
        return ""
    return words_of_calls.due(figures.short_day(cta.due_day, language, today), language)


def step_text(step: Task | None, language: str) -> str:
    return "" if step is None else in_language(asdict(step.text), language)


def json_of(cta: Cta) -> dict[str, Any]:
    """As the API says it, which is what presenters take."""
    return asdict(cta)
