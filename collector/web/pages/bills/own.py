"""A customer's bills in its portal: closed months, open ones, and each line down to its robots and days."""

from typing import Any

from collector.language.pages import Words
from collector.operations import bill_desk as operations
from collector.operations.bill_desk import OwnBills
from collector.operations.portal import PortalOf
from collector.web.api.routing import Call
from collector.web.pages.bills import line, sheet, shelf
from collector.web.pages.portal import frame


async def own_bills_page(call: Call, words: Words) -> dict[str, Any]:
    found = await _own(call)
    here = shelf.shelf_of(call)
    return {
        **frame.framed(call, words, found.account, found.name, found.accounts),
        "closed": [shelf.standing(one, here, words) for one in found.closed],
        "drafts": [shelf.standing(one, here, words) for one in found.drafts],
    }


async def own_draft_page(call: Call, words: Words) -> dict[str, Any]:
    return await sheet.draft_of(call, words, (await _own(call)).account)


async def own_draft_line_page(call: Call, words: Words) -> dict[str, Any]:
    return await line.draft_line_of(call, words, (await _own(call)).account)


async def _own(call: Call) -> OwnBills:
    return await call.do(operations.own_bills, PortalOf(account=frame.wanted(call)))
