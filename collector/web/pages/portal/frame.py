"""What every page of a customer's portal shows: whose it is, the choice of account, the places beside it.

A page of the portal reads `call.do` of an operation with the right `sees_portal` and gives its template
`await framed(call, words, account, name, accounts)` besides its own figures; its place in the navigation is a line of
`shell.PORTAL`.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from collector.access.caller import CUSTOMERS
from collector.language.pages import Words
from collector.operations import portal
from collector.operations.portal import OwnAccount, PortalOf, PortalSheet
from collector.web.api.routing import Call
from collector.web.pages import shell


def wanted(call: Call) -> str | None:
    """The account that the address names; None: the caller's own."""
    return call.request.query.get("account") or None


async def sheet_of(call: Call) -> PortalSheet:
    """Raises the Problem of a refusal."""
    return await call.do(portal.portal_sheet, PortalOf(account=wanted(call)))


def framed(call: Call, words: Words, account: str, name: str, accounts: Sequence[OwnAccount]) -> dict[str, Any]:
    """`kept`: what an address of the portal ends with, so that the chosen account stays chosen."""
    kept = f"?{urlencode({'account': account})}" if wanted(call) is not None else ""
    is_customer = call.caller.may(CUSTOMERS)
    here = call.request.path
    places = () if is_customer else shell.PORTAL
    choices = accounts if len(accounts) > 1 else ()
    return {
        "account": account,
        "name": name,
        "kept": kept,
        "is_customer": is_customer,
        "choices": [
            _view(f"{here}?{urlencode({'account': one.id})}", one.name, current=one.id == account) for one in choices
        ],
        "places": [_view(f"{one.href}{kept}", words(one.word), current=here == one.href) for one in places],
    }


def _view(href: str, text: str, *, current: bool) -> dict[str, Any]:
    return {"href": href, "text": text, "count": None, "current": current}
