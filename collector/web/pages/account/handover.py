"""An account changes hands: who takes it, and one sheet with what that person has to know; its print is a hand-out."""

from typing import Any
from urllib.parse import quote

from collector.access.caller import WRITERS
from collector.language.pages import Words
from collector.operations.names import NamesOf, names_of
from collector.web.api.routing import Call
from collector.web.pages.account.page import account_page, brief_page

TOUCHES = 8


async def handover_page(call: Call, words: Words) -> dict[str, Any]:
    """The account's own page says it all; here is what one has to know first, in the order of need."""
    account = call.request.match_info["account"]
    found = await account_page(call, words)
    brief = await brief_page(call, words)
    named = await call.do(names_of, NamesOf())
    return {
        **{key: found[key] for key in (
            "name", "here", "band", "band_word", "score", "facts", "health", "why_not", "todo", "people", "contract",
            "plan", "promises", "printed",
        )},
        "account": account,
        "back": f"/accounts/{quote(account, safe='')}",
        "entries": found["entries"][:TOUCHES],
        "brief": brief,
        "csms": [{"value": "", "text": words("choose_csm")}, *(
            {"value": key, "text": name} for key, name in sorted(named.csms.items(), key=lambda one: one[1])
        )],
        "may": call.caller.may(WRITERS) and bool(named.csms),
        "knows_csms": bool(named.csms),
    }  # fmt: skip
