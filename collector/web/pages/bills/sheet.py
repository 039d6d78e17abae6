"""One bill with its lines, what is unknown or in dispute beside them, its credit notes and contested lines."""

from decimal import Decimal
from typing import Any

from collector.calendar import days
from collector.language import figures
from collector.language import skill_bills as sentences
from collector.language.pages import Words
from collector.operations import skill_bills as operations
from collector.operations.skill_bills import (
    AmountInDispute,
    BillDispute,
    CreditNoteShown,
    SkillBill,
    SkillBillLine,
    SkillBillSheet,
)
from collector.values.sentence import Sentence
from collector.web.api.routing import Call
from collector.web.errors import NotFound
from collector.web.pages import shown
from collector.web.pages.bills import shelf


async def bill_page(call: Call, words: Words) -> dict[str, Any]:
    """A closed bill; what is printed of it is the same."""
    return figures_of(call, words, await call.do(operations.one_skill_bill, call.number("bill")))


async def draft_page(call: Call, words: Words) -> dict[str, Any]:
    return await draft_of(call, words, call.request.match_info["account"])


async def draft_of(call: Call, words: Words, account: str) -> dict[str, Any]:
    """The draft of the month and currency in the address. Raises Problem."""
    month, currency = call.request.match_info["month"], call.request.match_info["currency"]
    found = await call.do(operations.skill_bill_drafts, account)
    for one in found.drafts:
        if (one.bill.month, one.bill.currency) == (month, currency):
            return figures_of(call, words, one)
    raise NotFound(
        Sentence("there is no draft of {month} in {currency}", month=month, currency=currency),
        "open the list of open months",
    )


def figures_of(call: Call, words: Words, found: SkillBillSheet) -> dict[str, Any]:
    language, bill = words.language, found.bill
    around = shelf.framed(call, words, bill)
    here: shelf.Shelf = around["shelf"]
    contested = {one.line for one in found.disputes if one.settled_at is None}
    notes = [one for one in found.credit_notes if not here.is_portal or one.state == "approved"]
    today = days.iso(days.of(call.now_s, found.timezone))
    return {
        **around,
        "sentence": sentences.one(bill.month, around["amount"], len(found.lines), language),
        "hours": "" if (worst := operations.most_missing(found)) is None else _hours(worst, language),
        "misses": any(one.missing_robot_h for one in found.lines),
        "timezone": found.timezone,
        "credited": "" if Decimal(bill.credited) == 0 else figures.billed(bill.credited, bill.currency, language),
        "rest": figures.billed(bill.rest, bill.currency, language),
        "lines": [line_of(one, bill, here, words, contested=one.place in contested) for one in found.lines],
        "in_dispute": _in_dispute(found, call, words),
        "left_off": [shelf.left_off(one, words) for one in found.left_off],
        "notes": [_note(one, found, here, call, words) for one in notes],
        "disputes": [_dispute(one, found, here, call, words) for one in found.disputes],
        "printed": sentences.printed(bill.account_name, figures.iso_day(today, language), language),
    }


def line_of(one: SkillBillLine, bill: SkillBill, here: shelf.Shelf, words: Words, *, contested: bool) -> dict[str, Any]:
    language = words.language
    return {
        "number": words.number(one.place + 1),
        "href": f"{here.of(bill)}/lines/{one.place}{here.kept}",
        "skill": words.skill_name(one.skill),
        "contract_line": one.contract_line,
        "charge": sentences.charge(one.charge, language),
        "delta": sentences.delta(one.month, language) if one.is_delta else "",
        "quantity": figures.short(float(one.quantity), language, 3),
        "amount": figures.billed(one.amount, bill.currency, language),
        "is_zero": Decimal(one.amount) == 0,
        "rests_on": sentences.rests_on(one.robots, language),
        "hours": _hours(one, language),
        "misses": bool(one.missing_robot_h),
        "disputed": sentences.disputed_amounts(len(one.in_dispute), language) if one.in_dispute else "",
        "contested": contested,
        "beyond": sentences.beyond(len(one.beyond_robots), language),
    }


def amounts_in_dispute(amounts: list[AmountInDispute], today: int, words: Words) -> list[str]:
    return [
        sentences.in_dispute(
            one.robot, figures.short_day(one.day, words.language, today), one.counter,
            figures.short(float(one.amount), words.language), one.state, words.language,
        )
        for one in amounts
    ]  # fmt: skip


def _hours(one: SkillBillLine, language: str) -> str:
    return sentences.hours(one.expected_robot_h, one.missing_robot_h, language)


def _in_dispute(found: SkillBillSheet, call: Call, words: Words) -> list[str]:
    """Each once, however many lines would count it."""
    amounts = {(one.robot, one.day, one.counter): one for line in found.lines for one in line.in_dispute}
    return amounts_in_dispute([amounts[key] for key in sorted(amounts)], days.of(call.now_s, found.timezone), words)


def _line_named(place: int, found: SkillBillSheet, words: Words) -> str:
    line = found.lines[place]
    return f"{words.skill_name(line.skill)} · {sentences.charge(line.charge, words.language)}"


def _note(one: CreditNoteShown, found: SkillBillSheet, here: shelf.Shelf, call: Call, words: Words) -> dict[str, Any]:
    amount = figures.billed(one.amount, one.currency, words.language)
    said = one.decided_at or one.proposed_at
    return {
        "id": one.id,
        "line": _line_named(one.line, found, words),
        "href": f"{here.of(found.bill)}/lines/{one.line}{here.kept}",
        "amount": amount,
        "reason": one.reason,
        "state": sentences.note_state(one.state, words.language),
        "waits": one.state == "proposed",
        "proposed": "" if here.is_portal else sentences.who_and_when(
            one.proposed_by, shown.moment(one.proposed_at, call.now_s, words), words.language
        ),
        "decided": sentences.who_and_when(
            "" if here.is_portal else one.decided_by or "", shown.moment(said, call.now_s, words), words.language
        ) if one.decided_at else "",
        "gives_back": sentences.gives_back(found.bill.account_name, amount, words.language),
    }  # fmt: skip


def _dispute(one: BillDispute, found: SkillBillSheet, here: shelf.Shelf, call: Call, words: Words) -> dict[str, Any]:
    def said(who: str | None, at: str) -> str:
        return sentences.who_and_when(
            "" if here.is_portal else who or "", shown.moment(at, call.now_s, words), words.language
        )

    return {
        "id": one.id,
        "line": _line_named(one.line, found, words),
        "href": f"{here.of(found.bill)}/lines/{one.line}{here.kept}",
        "reason": one.reason,
        "opened": said(one.opened_by, one.opened_at),
        "is_open": one.settled_at is None,
        "settled": "" if one.settled_at is None else said(one.settled_by, one.settled_at),
        "why": one.settled_why or "",
    }
