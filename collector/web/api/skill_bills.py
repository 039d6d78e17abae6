"""API: bills for skills, what their lines rest on, credit notes, disputes, and the same as files."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from collector.operations import skill_bill_files, skill_bills, skill_credits
from collector.operations.skill_bills import (
    BillDispute,
    BillLineEvidence,
    BillsDone,
    CreditNoteShown,
    LineLeftOff,
    SkillBill,
    SkillBillDrafts,
    SkillBillSheet,
)
from collector.skillstore.billing.credit import REASON_MOST
from collector.values.paging import Page
from collector.values.texts import ACCOUNT_MAX_CHARS, WHY_MAX_CHARS
from collector.web.api.parameters import Paged
from collector.web.api.routing import Body, Call, Query, Route
from collector.web.api.uploads import CSV, JSON_LINES, XLSX, sent, spooled

_TAG = "bills"


class SkillBillsQuery(Paged):
    account: Annotated[str | None, Field(json_schema_extra={"maxLength": ACCOUNT_MAX_CHARS})] = None
    month: Annotated[str | None, Field(max_length=40, examples=["2026-05"])] = None


class DraftLineQuery(Query):
    month: Annotated[str | None, Field(max_length=40, description="such as 2026-05; default: the newest")] = None
    currency: Annotated[str | None, Field(max_length=10, description="such as CNY, where there are several")] = None


class CreditNotesQuery(Paged):
    waiting: Annotated[bool, Field(description="only those that nobody has decided")] = False


class BillFileQuery(Query):
    format: Literal["csv", "xlsx"] = "csv"


class UsageEventsQuery(Query):
    format: Literal["lago", "openmeter", "stripe"]


class CreditBody(Body):
    """`amount` is decimal text in the bill's currency."""

    line: Annotated[int, Field(ge=0, le=100_000)]
    amount: Annotated[str, Field(max_length=40, examples=["12.50"])]
    reason: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": REASON_MOST})]


class ContestBody(Body):
    reason: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": WHY_MAX_CHARS})]


class SettleBody(Body):
    """`why`: what was found."""

    why: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": WHY_MAX_CHARS})]


async def list_bills(call: Call, query: SkillBillsQuery) -> Page[SkillBill]:
    return await call.do(skill_bills.list_skill_bills, skill_bills.ListSkillBills(**query.model_dump()))


async def one_bill(call: Call, _: Query) -> SkillBillSheet:
    return await call.do(skill_bills.one_skill_bill, call.number("bill"))


async def drafts(call: Call, _: Query) -> SkillBillDrafts:
    return await call.do(skill_bills.skill_bill_drafts, call.request.match_info["account"])


async def one_bill_line(call: Call, _: Query) -> BillLineEvidence:
    wanted = skill_bills.BillLineOf(bill=call.number("bill"), line=call.number("place"))
    return await call.do(skill_bills.skill_bill_line, wanted)


async def draft_line(call: Call, query: DraftLineQuery) -> BillLineEvidence:
    wanted = skill_bills.BillLineOf(
        account=call.request.match_info["account"],
        line=call.number("place"),
        month=query.month,
        currency=query.currency,
    )
    return await call.do(skill_bills.skill_bill_line, wanted)


async def left_off(call: Call, _: Query) -> list[LineLeftOff]:
    return await call.do(skill_bills.skills_left_off, None)


async def close_bills(call: Call, _: Query) -> BillsDone:
    """The collector does so by itself each hour; this is for who does not want to wait."""
    return await call.do(skill_bills.close_skill_bills, None)


async def bill_file(call: Call, query: BillFileQuery) -> web.StreamResponse:
    """Lines with their robots and days; text that would run as a formula gets an apostrophe."""
    bill = call.number("bill")
    with spooled() as file:
        await call.do(skill_bill_files.export_skill_bill, skill_bill_files.ExportBill(bill, query.format, file))
        return await sent(call, file, f"bill-{bill}", query.format)


async def usage_events(call: Call, query: UsageEventsQuery) -> web.StreamResponse:
    """One event a line: each robot's day of each line of use. Its key is the same whenever it is asked for."""
    bill = call.number("bill")
    with spooled() as file:
        await call.do(skill_bill_files.usage_events, skill_bill_files.UsageEventsOf(bill, query.format, file))
        return await sent(call, file, f"bill-{bill}-{query.format}", "json")


async def credit_notes(call: Call, query: CreditNotesQuery) -> Page[CreditNoteShown]:
    return await call.do(skill_credits.list_credit_notes, skill_credits.ListCreditNotes(**query.model_dump()))


async def propose(call: Call, _: Query, body: CreditBody) -> CreditNoteShown:
    """It waits for a second person."""
    wanted = skill_credits.ProposeCredit(bill=call.number("bill"), **body.model_dump())
    return await call.do(skill_credits.propose_credit_note, wanted)


async def approve(call: Call, _: Query) -> CreditNoteShown:
    wanted = skill_credits.DecideCredit(credit_note=call.number("credit_note"), approve=True)
    return await call.do(skill_credits.decide_credit_note, wanted)


async def refuse(call: Call, _: Query) -> CreditNoteShown:
    wanted = skill_credits.DecideCredit(credit_note=call.number("credit_note"), approve=False)
    return await call.do(skill_credits.decide_credit_note, wanted)


async def contest(call: Call, _: Query, body: ContestBody) -> BillDispute:
    """Until it is settled, nothing that the line rests on is removed."""
    wanted = skill_credits.ContestLine(bill=call.number("bill"), line=call.number("place"), reason=body.reason)
    return await call.do(skill_credits.contest_bill_line, wanted)


async def settle(call: Call, _: Query, body: SettleBody) -> BillDispute:
    wanted = skill_credits.SettleDispute(dispute=call.number("dispute"), why=body.why)
    return await call.do(skill_credits.settle_bill_dispute, wanted)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/skill-bills", _TAG, "Closed bills for skills", Page[SkillBill], list_bills, SkillBillsQuery,
          operation=skill_bills.list_skill_bills),
    Route("GET", "/skill-bills/left-off", _TAG, "Contract lines that could not be billed, and why", list[LineLeftOff],
          left_off, operation=skill_bills.skills_left_off),
    Route("POST", "/skill-bills/close", _TAG, "Close every month whose grace is over", BillsDone, close_bills,
          operation=skill_bills.close_skill_bills),
    Route("GET", "/skill-bills/{bill}", _TAG, "One bill with its lines, credit notes and disputes", SkillBillSheet,
          one_bill, operation=skill_bills.one_skill_bill),
    Route("GET", "/skill-bills/{bill}/lines/{place}", _TAG, "What a line rests on: robots, days, positions in streams",
          BillLineEvidence, one_bill_line, operation=skill_bills.skill_bill_line),
    Route("GET", "/accounts/{account}/skill-bill-drafts", _TAG, "What open months would cost now", SkillBillDrafts,
          drafts, operation=skill_bills.skill_bill_drafts),
    Route("GET", "/accounts/{account}/skill-bill-drafts/lines/{place}", _TAG, "What a line of a draft rests on",
          BillLineEvidence, draft_line, DraftLineQuery, operation=skill_bills.skill_bill_line),
    Route("GET", "/skill-bills/{bill}/file", _TAG, "A bill as CSV or XLSX", str, bill_file, BillFileQuery,
          operation=skill_bill_files.export_skill_bill, files=(CSV, XLSX)),
    Route("GET", "/skill-bills/{bill}/usage-events", _TAG, "A bill's use as events for Lago, OpenMeter or Stripe", str,
          usage_events, UsageEventsQuery, operation=skill_bill_files.usage_events, files=(JSON_LINES,)),
    Route("GET", "/skill-credit-notes", _TAG, "Credit notes, the newest first", Page[CreditNoteShown], credit_notes,
          CreditNotesQuery, operation=skill_credits.list_credit_notes),
    Route("POST", "/skill-bills/{bill}/credit-notes", _TAG, "Propose a credit note for one line", CreditNoteShown,
          propose, body=CreditBody, operation=skill_credits.propose_credit_note),
    Route("POST", "/skill-credit-notes/{credit_note}/approve", _TAG, "Approve a credit note, as a second person",
          CreditNoteShown, approve, operation=skill_credits.decide_credit_note),
    Route("POST", "/skill-credit-notes/{credit_note}/refuse", _TAG, "Refuse a credit note", CreditNoteShown, refuse,
          operation=skill_credits.decide_credit_note),
    Route("POST", "/skill-bills/{bill}/lines/{place}/contest", _TAG, "Say that a line is wrong", BillDispute, contest,
          body=ContestBody, operation=skill_credits.contest_bill_line),
    Route("POST", "/skill-bill-disputes/{dispute}/settle", _TAG, "Settle a dispute", BillDispute, settle,
          body=SettleBody, operation=skill_credits.settle_bill_dispute),
)  # fmt: skip
