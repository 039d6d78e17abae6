"""Which account somebody means who types its name or its number."""

from collector.operations import search as of_search
from collector.operations.search import Search
from collector.web.api.routing import Call


async def account_called(call: Call, text: str) -> str | None:
    """By its number, or by its whole name where only one account that the caller sees has it; "" of nothing typed."""
    if not text:
        return ""
    found = await call.do(of_search.search, Search(text=text, of="accounts"))
    known = [(one.account, one.name) for one in found.accounts.items]
    if any(key == text for key, _ in known):
        return text
    same = [key for key, name in known if name.casefold() == text.casefold()]
    return same[0] if len(same) == 1 else None


async def account_meant(call: Call, text: str) -> str:
    """The same for a filter: also the only account that has the text in its name; else the text as it is."""
    meant = await account_called(call, text)
    if meant is not None:
        return meant
    found = await call.do(of_search.search, Search(text=text, of="accounts"))
    return found.accounts.items[0].account if len(found.accounts.items) == 1 else text
