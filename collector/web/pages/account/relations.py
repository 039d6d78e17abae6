"""People, contract, plan, promises and the one timeline of an account's page: what the ledger says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from collector.accounts.ledger.kinds.relations import Touch
from collector.accounts.ledger.view import AccountLedger
from collector.calendar import days
from collector.language import account as said
from collector.language import brief, cta_evidence, figures, lifecycle, names
from collector.language import noted as words_of_notes
from collector.language import today as words_of_today
from collector.language.pages import Words
from collector.operations.account_page import AccountSheet
from collector.operations.noted import Noted
from collector.web.pages.charts.strip import gauge

ENTRIES = 16  # of the timeline at first; `?older=1` shows all
_ICONS = {
    "visit": "visit", "phone": "phone", "video": "video", "email": "email", "chat": "chat", "survey": "survey",
    "event": "event", "other": "other",
}  # fmt: skip
_NOTE_CHARS = 160  # of a note on the timeline; all of it stands among the notes
_STEP = 3.0  # points of a day's change that are an entry
TOUCHES, ROBOTS = {"note", "touch", "survey", "review", "promise", "ticket"}, {"robot", "score"}


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. `of` says which filter shows it; `kind` is the colour of a consequence."""

    day: int
    of: str
    icon: str
    kind: str
    words: str


def people(ledger: AccountLedger, words: Words, today: int) -> list[dict[str, Any]]:
    """Sponsor and champion first, each with the newest contact in both directions."""
    language = words.language
    order = ("sponsor", "champion", "admin", "operator", "finance", "other")
    newest = {one.id: _two_way(ledger, one.id, today) for one in ledger.contacts}
    return [
        {
            "role": cta_evidence.role(one.role, language),
            "name": one.name,
            "note": " · ".join(part for part in (one.title, one.phone, one.email) if part),
            "left": one.left_day is not None and one.left_day <= today,
            "icon": _ICONS[touch.channel] if (touch := newest[one.id]) is not None else "",
            "channel": cta_evidence.channel(touch.channel, language) if touch is not None else "",
            "day": words("never_spoke") if touch is None else _day(touch.spoken_day or touch.day, language, today),
        }
        for one in sorted(ledger.contacts, key=lambda each: (order.index(each.role), each.name))
    ]


def portal(sheet: AccountSheet, words: Words, today: int) -> str:
    """How the customer's people used their portal in four weeks, in one sentence."""
    use = sheet.portal
    last = "" if use.last_day is None else figures.short_day(use.last_day, words.language, today)
    return said.portal_use(use.people, use.days, use.reports, last, words.language)


def _two_way(ledger: AccountLedger, contact: str, today: int) -> Touch | None:
    spoken = [
        (day, one.id, one)
        for one in ledger.touches
        if one.contact == contact and (day := one.spoken_day) is not None and day <= today
    ]
    return max(spoken, key=lambda each: each[:2])[2] if spoken else None


def contract(sheet: AccountSheet, words: Words, today: int) -> dict[str, Any] | None:
    """The contract that is due next, else the one that ends last."""
    current, language = sheet.contract, words.language
    if current is None:
        return None
    found = current.contract
    rows = [
        (words("runs"), f"{_day(found.starts, language, today)} – {_day(found.ends, language, today)}"),
        *(
            (
                _line_name(one.product, one.skill, words),
                figures.money(int(one.amount), one.currency or found.currency, language),
            )
            for one in current.lines
        ),
        (words("renews_itself"), words("yes" if found.auto_renews else "no")),
    ]
    if current.notice_until is not None:
        rows.append((words("notice_until"), _day(current.notice_until, language, today)))
    rows.append((words("invoices_open"), figures.number(current.owed, language)))
    return {"id": found.id, "rows": rows}


def _line_name(product: str, skill: str | None, words: Words) -> str:
    name = cta_evidence.product(product, words.language)
    return f"{name} {words.skill_name(skill)}" if skill else name


def plan(sheet: AccountSheet, words: Words, today: int) -> list[dict[str, Any]]:
    """Objectives with what was reached of them; what is not known is said, and not drawn."""
    language = words.language
    shown = []
    for one in (each for of in (sheet.plans.plans if sheet.plans else ()) for each in of.objectives):
        target = brief.per_text(figures.short(one.target, language), one.counter, one.per, language)
        reached = "–" if one.reached is None else figures.short(one.reached, language)
        status = brief.objective_status(one.status, language)
        shown.append(
            {
                "target": one.text or target,
                "until": f"{target} · {_day(days.parse(one.to_day), language, today)}",
                "note": f"{reached} / {figures.short(one.target, language)} · {status}",
                "bar": None if one.reached is None else gauge(
                    f"{reached} / {target}", one.reached / one.target, _look(one.status), height=8
                ),
            }
        )  # fmt: skip
    return shown


def _look(status: str) -> str:
    return "f-green" if status in {"on_track", "done"} else "f-yellow" if status == "behind" else "f-grey"


def promises(ledger: AccountLedger, words: Words, today: int) -> list[dict[str, Any]]:
    """What is open, the earliest due first."""
    open_ones = sorted((one for one in ledger.promises if one.kept_day is None), key=lambda one: one.due_day)
    return [
        {
            "id": one.id,
            "when": _day(one.due_day, words.language, today),
            "text": one.text,
            "late": one.due_day < today,
            "end": words_of_today.late(today - one.due_day, words.language) if one.due_day < today else "",
        }
        for one in open_ones
    ]


def timeline(
    sheet: AccountSheet, kept: Noted, words: Words, today: int, only: str, *, older: bool
) -> tuple[list[dict[str, Any]], bool]:
    """The newest first, and whether there are older ones. `only`: touches or robots; "" everything."""
    shown = TOUCHES if only == "touches" else ROBOTS if only == "robots" else None
    entries = (*_entries(sheet, words, today), *_kept(kept, words.language))
    found = [one for one in entries if one.day <= today and (shown is None or one.of in shown)]
    found.sort(key=lambda one: -one.day)
    cut = found if older else found[:ENTRIES]
    return [
        {
            "at": days.iso(one.day), "day": _day(one.day, words.language, today), "icon": one.icon, "kind": one.kind,
            "words": one.words,
        }
        for one in cut
    ], len(found) > len(cut)  # fmt: skip


def _entries(sheet: AccountSheet, words: Words, today: int) -> Iterator[TimelineEntry]:
    language = words.language
    for stage in sheet.stages:
        why = lifecycle.rule(stage.rule, language)
        yield TimelineEntry(
            stage.day, "stage", "stage", "ver", said.stage(lifecycle.stage(stage.stage, language), why, language)
        )
    yield from _score_steps(sheet, language)
    if sheet.ledger is not None:
        yield from _of_ledger(sheet.ledger, language, today)


def _kept(kept: Noted, language: str) -> Iterator[TimelineEntry]:
    """Notes and files; the newest notes that the page has."""
    for one in kept.notes:
        text = one.said.text if len(one.said.text) <= _NOTE_CHARS else f"{one.said.text[:_NOTE_CHARS]}…"
        yield TimelineEntry(one.said.day, "note", "file", "", words_of_notes.note(text, language))
    for one in kept.attachments:
        yield TimelineEntry(one.said.day, "note", "file", "", words_of_notes.attachment(one.said.name, language))


def _score_steps(sheet: AccountSheet, language: str) -> Iterator[TimelineEntry]:
    heard = [one for one in sheet.history if not one.is_recorded]
    for before, one in pairwise(heard):
        if before.final is None or one.final is None or one.day != before.day + 1:
            continue
        came = [names.signal(code, language) for code in one.caps if code not in before.caps and code in names.SIGNALS]
        step = one.final - before.final
        if abs(step) >= _STEP or came:
            kind = "bad" if step <= -_STEP else "good" if step >= _STEP else "mark"
            text = said.score_moved(
                figures.score(before.final, language), figures.score(one.final, language),
                figures.phrases(came, language), language,
            )  # fmt: skip
            yield TimelineEntry(one.day, "score", "score", kind, text)


def _of_ledger(ledger: AccountLedger, language: str, today: int) -> Iterator[TimelineEntry]:
    who = {one.id: one.name for one in ledger.contacts}
    for touch in ledger.touches:
        spoken = touch.spoken_day
        text = said.touched(
            who.get(touch.contact or "", ""), cta_evidence.channel(touch.channel, language),
            inward=touch.direction == "in", answered=touch.answered == "yes", language=language,
        )  # fmt: skip
        if touch.summary:
            text = figures.clauses([text, touch.summary], language)
        yield TimelineEntry(touch.day, "touch", _ICONS[touch.channel], "" if spoken is None else "good", text)
    for ticket in ledger.tickets:
        yield TimelineEntry(
            ticket.opened_day, "ticket", "ticket", "", said.ticket(ticket.subject, closed=False, language=language)
        )
        if ticket.closed_day is not None:
            text = said.ticket(ticket.subject, closed=True, language=language)
            yield TimelineEntry(ticket.closed_day, "ticket", "ticket", "good", text)
    for survey in ledger.surveys:
        day = survey.day if survey.answered_day is None else survey.answered_day
        yield TimelineEntry(day, "survey", "star", "mark", said.survey(survey.kind, survey.score, language))
    for review in ledger.reviews:
        held = review.held_day is not None
        if held or review.due_day < today:
            name = _capital(cta_evidence.review_name(review.kind, language))
            day = review.due_day if review.held_day is None else review.held_day
            yield TimelineEntry(
                day, "review", "event", "good" if held else "bad", said.review(name, held=held, language=language)
            )
    for promise in ledger.promises:
        yield TimelineEntry(
            promise.made_day, "promise", "promise", "", said.promise(promise.text, kept=False, language=language)
        )
        if promise.kept_day is not None:
            text = said.promise(promise.text, kept=True, language=language)
            yield TimelineEntry(promise.kept_day, "promise", "promise", "good", text)
    yield from _money_and_robots(ledger, language)


def _money_and_robots(ledger: AccountLedger, language: str) -> Iterator[TimelineEntry]:
    for invoice in ledger.invoices:
        is_undated = invoice.status == "paid" and invoice.paid_day is None
        if invoice.status in {"draft", "void"} or invoice.amount <= 0 or is_undated:
            continue  # it asks for nothing, or nobody knows when it was paid
        amount = figures.money(int(invoice.amount), invoice.currency or ledger.account.currency, language)
        if invoice.paid_day is None:
            yield TimelineEntry(invoice.due_day, "money", "money", "mark", said.invoice(amount, None, language))
        else:
            late = invoice.paid_day - invoice.due_day
            yield TimelineEntry(
                invoice.paid_day, "money", "money", "bad" if late > 0 else "good", said.invoice(amount, late, language)
            )
    for stay in ledger.deployments:
        yield TimelineEntry(stay.from_day, "robot", "robot", "ver", said.deployed(stay.robot, language))
        if stay.to_day is not None:
            yield TimelineEntry(stay.to_day, "robot", "robot", "bad", said.taken_away(stay.robot, language))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _day(day: int, language: str, today: int) -> str:
    return figures.short_day(days.iso(day), language, today)


def spoken_day(ledgers: Sequence[AccountLedger], today: int) -> int | None:
    """The newest day on which anybody there spoke with us."""
    found = [
        day for ledger in ledgers for one in ledger.touches if (day := one.spoken_day) is not None and day <= today
    ]
    return max(found, default=None)
