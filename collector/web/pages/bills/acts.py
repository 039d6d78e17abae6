"""What is said of a bill from its pages: money to give back, a decision on it, that a line is wrong, what was found."""

from collector.access.caller import CUSTOMERS
from collector.operations import skill_credits
from collector.operations.skill_credits import ContestLine, DecideCredit, ProposeCredit, SettleDispute
from collector.values.sentence import Sentence
from collector.web.api.routing import NUMBER_MAX_DIGITS, Call
from collector.web.errors import BadRequest, Unprocessable
from collector.web.pages import shell, told
from collector.web.pages.bills.shelf import DESK, PORTAL
from collector.web.pages.forms import Fields


async def credit_proposed(call: Call, fields: Fields) -> str:
    bill = _number(fields, "bill")
    wanted = ProposeCredit(
        bill=bill, line=_number(fields, "line"), amount=fields.get("amount", ""), reason=_said(call, fields, "reason")
    )
    await call.do(skill_credits.propose_credit_note, wanted)
    return told.at(call, f"{DESK}/{bill}#credit-notes", did="proposed")


async def credit_decided(call: Call, fields: Fields) -> str:
    approve = fields.get("approve") == "yes"
    await call.do(
        skill_credits.decide_credit_note, DecideCredit(credit_note=_number(fields, "credit_note"), approve=approve)
    )
    did = "approved" if approve else "refused"
    return told.at(call, f"{DESK}/{_number(fields, 'bill')}#credit-notes", did=did)


async def line_contested(call: Call, fields: Fields) -> str:
    """Back to the bill on the side that the caller has."""
    bill = _number(fields, "bill")
    wanted = ContestLine(bill=bill, line=_number(fields, "line"), reason=_said(call, fields, "reason"))
    await call.do(skill_credits.contest_bill_line, wanted)
    base = PORTAL if call.caller.may(CUSTOMERS) else DESK
    return told.at(call, f"{base}/{bill}#disputes", did="contested")


async def dispute_settled(call: Call, fields: Fields) -> str:
    wanted = SettleDispute(dispute=_number(fields, "dispute"), why=_said(call, fields, "why"))
    await call.do(skill_credits.settle_bill_dispute, wanted)
    return told.at(call, f"{DESK}/{_number(fields, 'bill')}#disputes", did="settled")


def _said(call: Call, fields: Fields, name: str) -> str:
    """What somebody wrote. Raises Unprocessable for nothing, in words of the page."""
    text = fields.get(name, "").replace("\x00", "").strip()
    if not text:
        words = shell.words_of(call.request)
        raise Unprocessable(words("bill_say_why"), words("bill_say_why_remedy"), in_words=True)
    return text


def _number(fields: Fields, name: str) -> int:
    text = fields.get(name, "")
    if not text.isdecimal() or len(text) > NUMBER_MAX_DIGITS:
        raise BadRequest(Sentence("the form names no {part}", part=name.replace("_", " ")), "send the page's own form")
    return int(text)
