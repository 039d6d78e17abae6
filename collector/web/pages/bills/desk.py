"""The desk of bills: closed ones by month and account, open months, what is contested, to decide, or on no bill."""

from typing import Any, get_args
from urllib.parse import urlencode

from aiohttp import web

from collector.access.caller import CUSTOMERS
from collector.language import figures
from collector.language import skill_bills as sentences
from collector.language.pages import Words
from collector.operations import bill_desk as operations
from collector.operations.bill_desk import BillDesk, BillDeskOf, DeskView
from collector.web.api.routing import Call
from collector.web.pages.account_called import account_meant
from collector.web.pages.bills import shelf

BILLS_SHOWN = 25
MONTHS_SHOWN = 24
_VIEWS: tuple[DeskView, ...] = get_args(DeskView)
_TYPED_MAX = 200


async def desk_page(call: Call, words: Words) -> dict[str, Any]:
    if call.caller.may(CUSTOMERS):
        raise web.HTTPSeeOther(shelf.PORTAL)
    query = call.request.query
    view: DeskView = next((one for one in _VIEWS if one == query.get("view")), "closed")
    account = await account_meant(call, query.get("account", "").strip()[:_TYPED_MAX])
    month = query.get("month", "").strip()[:_TYPED_MAX]
    wanted = BillDeskOf(
        view=view, account=account or None, month=month or None, limit=BILLS_SHOWN, cursor=query.get("cursor") or None
    )
    found = await call.do(operations.bill_desk, wanted)
    kept = {key: value for key, value in (("account", account), ("month", month)) if value}
    here = shelf.shelf_of(call)
    return {
        "sentences": _sentences(found, words.language),
        "view": view,
        "views": [_view(one, view, kept, found, words) for one in _VIEWS],
        "account": account,
        "month": month,
        "rows": [shelf.standing(one, here, words) for one in found.bills],
        "following": _address(view, kept, cursor=found.next) if found.next else "",
        "first": _address(view, kept) if query.get("cursor") else "",
        "months": _months(found, account, words.language),
        "contested": [
            {
                "href": f"/bills/{one.dispute.bill}/lines/{one.dispute.line}",
                "bill": f"/bills/{one.dispute.bill}#disputes",
                "name": one.account_name,
                "month": figures.month(one.month, words.language),
                "reason": one.dispute.reason,
                "at": one.dispute.opened_at,
                "who": one.dispute.opened_by,
            }
            for one in found.contested
        ],
        "credits": [
            {
                "href": f"/bills/{one.bill}#credit-notes",
                "account": one.account,
                "amount": figures.billed(one.amount, one.currency, words.language),
                "reason": one.reason,
                "at": one.proposed_at,
                "who": one.proposed_by,
            }
            for one in found.credits
        ],
        "left_off": [shelf.left_off(one, words) for one in found.left_off],
    }


def _sentences(found: BillDesk, language: str) -> list[str]:
    newest = found.months[0].month if found.months else ""
    of_newest = [one for one in found.months if one.month == newest]
    sums = [figures.billed(one.amount, one.currency, language) for one in of_newest]
    return [
        sentences.closed_sentence(newest, sum(one.bills for one in of_newest), sums, language),
        *sentences.waiting(len(found.contested), len(found.credits), len(found.left_off), language),
    ]


def _view(one: DeskView, current: str, kept: dict[str, str], found: BillDesk, words: Words) -> dict[str, Any]:
    label, count = {
        "closed": ("bills_closed", None),
        "drafts": ("bills_drafts", None),
        "contested": ("bills_contested", len(found.contested)),
        "credits": ("credits_waiting", len(found.credits)),
        "left_off": ("bills_left_off", len(found.left_off)),
    }[one]
    of_bills = kept if one in {"closed", "drafts"} else {}
    shown = None if count is None else words.number(count)
    return {"href": _address(one, of_bills), "text": words(label), "count": shown, "current": one == current}


def _months(found: BillDesk, account: str, language: str) -> list[dict[str, Any]]:
    kept = {"account": account} if account else {}
    return [
        {
            "href": _address("closed", kept | {"month": one.month}),
            "month": figures.month(one.month, language),
            "bills": figures.number(one.bills, language),
            "amount": figures.billed(one.amount, one.currency, language),
        }
        for one in found.months[:MONTHS_SHOWN]
    ]


def _address(view: DeskView, kept: dict[str, str], cursor: str | None = None) -> str:
    query = {**({} if view == "closed" else {"view": view}), **kept, **({"cursor": cursor} if cursor else {})}
    return f"/bills?{urlencode(query)}" if query else "/bills"
