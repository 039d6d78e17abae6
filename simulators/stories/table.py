"""The scored portfolio as a short table for a terminal: whom to help first, and why. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence

from simulators.stories.expected import Seen
from simulators.stories.place import day_of
from simulators.stories.portfolio import Portfolio

HEADING = ("account", "band", "score", "why")
NAME_CHARS = 30
WHY_CHARS = 84


def table(portfolio: Portfolio, seen: Sequence[Seen]) -> Iterator[str]:
    """Lowest score first, then the commands that explain one and list what to do."""
    names = {customer.key: customer.name for customer in portfolio.customers}
    rows = sorted((one for one in seen if one.account in names), key=lambda one: (_rank(one), one.account))
    yield f"  Scores of {day_of(portfolio.today)}, lowest first"
    yield ""
    yield "  " + _line(*HEADING)
    for one in rows:
        final = "-" if one.final is None else f"{one.final:.0f}"
        yield "  " + _line(f"{one.account}", one.band, final, one.why or ", ".join(one.codes))
    yield ""


def commands(portfolio: Portfolio, seen: Sequence[Seen], url: str) -> Iterator[str]:
    """How to ask for more, with the lowest of those whose score an exception holds down."""
    lowest = min((one for one in seen if one.codes), key=lambda one: (_rank(one), one.account), default=None)
    day = day_of(portfolio.today)
    if lowest is not None:
        yield f"  why one is so     collector explain {lowest.account} --as-of {day} --url {url}"
        yield f"  in Chinese        collector explain {lowest.account} --as-of {day} --lang zh --url {url}"
    fallen = next((one for one in seen if "DROP" in one.codes), lowest)
    if fallen is not None:
        yield f"  what changed      collector explain {fallen.account} --as-of {day} --basis recorded --url {url}"
    yield f"  what to do next   collector cta list --url {url}"


def _rank(one: Seen) -> float:
    return 200.0 if one.final is None else one.final


def _line(account: str, band: str, score: str, why: str) -> str:
    return f"{_fitted(account, NAME_CHARS - 10)} {band:<7} {score:>5}  {_cut(why, WHY_CHARS)}".rstrip()


def _fitted(text: str, width: int) -> str:
    """Cut or filled to so many columns; Chinese characters take two."""
    cut = _cut(text, width)
    return cut + " " * (width - _columns(cut))


def _cut(text: str, width: int) -> str:
    if _columns(text) <= width:
        return text
    kept = ""
    for char in text:
        if _columns(kept + char) > width - 1:
            break
        kept += char
    return kept + "…"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
