"""On which side a page of bills stands: our own people's, or a customer's portal, whose addresses and crumbs differ."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from collector.access.caller import BILLERS, CONTESTS_BILLS, CUSTOMERS
from collector.language import figures
from collector.language import skill_bills as sentences
from collector.language.pages import Words
from collector.operations.bill_desk import BillStanding
from collector.operations.skill_bills import LineLeftOff, SkillBill
from collector.web.api.routing import Call
from collector.web.pages import told
from collector.web.pages.portal import frame

PORTAL, DESK = "/portal/bills", "/bills"


@dataclass(frozen=True, slots=True)
class Shelf:
    """`kept`: what an address of the portal ends with, so that the chosen account stays chosen."""

    is_portal: bool
    base: str
    kept: str

    def of(self, bill: SkillBill) -> str:
        """The address of a bill, without `kept`."""
        if bill.id is not None:
            return f"{self.base}/{bill.id}"
        whose = "" if self.is_portal else f"/{quote(bill.account, safe='')}"
        return f"{self.base}/drafts{whose}/{bill.month}/{bill.currency}"


def shelf_of(call: Call) -> Shelf:
    """A customer is in its portal at whatever address."""
    is_portal = call.request.path.startswith(PORTAL) or call.caller.may(CUSTOMERS)
    account = frame.wanted(call) if is_portal else None
    kept = f"?{urlencode({'account': account})}" if account else ""
    return Shelf(is_portal, PORTAL if is_portal else DESK, kept)


def framed(call: Call, words: Words, bill: SkillBill) -> dict[str, Any]:
    """What stands around a bill on either side."""
    shelf = shelf_of(call)
    month, done = figures.month(bill.month, words.language), told.of(call)
    return {
        **frame.framed(call, words, bill.account, bill.account_name, ()),
        "shelf": shelf,
        "month": month,
        "currency": bill.currency,
        "is_draft": bill.id is None,
        "bill": bill,
        "bill_href": f"{shelf.of(bill)}{shelf.kept}",
        "amount": figures.billed(bill.amount, bill.currency, words.language),
        "may_bill": not shelf.is_portal and call.caller.may(BILLERS),
        "is_person": call.caller.person_id is not None,
        "may_contest": call.caller.may(CONTESTS_BILLS) and (not shelf.is_portal or call.caller.may(CUSTOMERS)),
        "toast": done.toast(sentences.done(done.get("did", ""), words.language)),
    }


def standing(one: BillStanding, shelf: Shelf, words: Words) -> dict[str, Any]:
    """One row of a list of bills."""
    language, bill = words.language, one.bill
    watch = [
        *([sentences.beyond(one.beyond, language)] if one.beyond else []),
        *([sentences.disputed_amounts(one.in_dispute, language)] if one.in_dispute else []),
        *([sentences.contested_lines(one.contested, language)] if one.contested else []),
        *([sentences.credits_open(one.credits_waiting, language)]
          if one.credits_waiting and not shelf.is_portal else []),
    ]  # fmt: skip
    return {
        "href": f"{shelf.of(bill)}{shelf.kept}",
        "month": figures.month(bill.month, language),
        "account": bill.account,
        "name": bill.account_name,
        "amount": figures.billed(bill.amount, bill.currency, language),
        "credited": "" if float(bill.credited) == 0 else figures.billed(bill.credited, bill.currency, language),
        "closed_at": bill.closed_at,
        "lines": words.number(one.lines),
        "hours": sentences.hours(one.expected_robot_h, one.missing_robot_h, language),
        "misses": bool(one.missing_robot_h),
        "watch": watch,
    }


def left_off(one: LineLeftOff, words: Words) -> dict[str, str]:
    """What was sold and is on no bill, with why and what mends it."""
    return {
        "account": one.account,
        "href": f"/accounts/{quote(one.account, safe='')}",
        "line": one.contract_line,
        "skill": words.skill_name(one.skill),
        "why": sentences.left_off(one.reason, one.other, words.language),
        "mend": sentences.mend(one.reason, words.language),
    }
