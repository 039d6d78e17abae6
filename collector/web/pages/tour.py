"""The tour of Today: short steps in a panel of the page, by links; put away once, opened again from one's own page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from collector.access.caller import SEES_FLEET, WRITERS
from collector.language.pages import Words
from collector.operations import profile
from collector.web.api.routing import Call

_DIGITS = 2  # of a step's number


@dataclass(frozen=True, slots=True)
class Step:
    """`word` of its title; with `_note` of its text. `links`: address and word of where it is about."""

    word: str
    links: tuple[tuple[str, str], ...]


async def tour_of(call: Call, words: Words, whose: str) -> dict[str, Any] | None:
    """The step that the address asks for, or the first one for who has not put the tour away; None: no tour."""
    asked = call.request.query.get("tour", "")
    waits = (await call.do(profile.own_tour, None)).waits
    if not asked and not waits:
        return None
    steps = _steps(call)
    is_number = asked.isascii() and asked.isdecimal() and len(asked) <= _DIGITS
    at = min(max(int(asked), 1), len(steps)) if is_number else 1
    step = steps[at - 1]

    def to(number: int) -> str | None:
        there = 1 <= number <= len(steps)
        return f"/?{urlencode({'whose': whose, 'tour': number})}#tour" if there else None

    return {
        "title": words(step.word),
        "text": words(f"{step.word}_note"),
        "links": [{"href": href, "text": words(word)} for href, word in step.links],
        "fact": words("tour_step", at=words.number(at), of=words.number(len(steps))),
        "back": to(at - 1),
        "following": to(at + 1),
        "waits": waits,
        "away": f"/?{urlencode({'whose': whose})}",
    }


def _steps(call: Call) -> list[Step]:
    """Those that are about what the caller may do and see."""
    steps = [Step("tour_list", (("#calls", "calls"),)), Step("tour_evidence", (("#calls", "calls"),))]
    if call.caller.may(WRITERS):
        steps.append(Step("tour_touch", (("#calls", "calls"), ("#planned", "promised_and_planned"))))
    steps += [
        Step("tour_search", (("/search", "search_or_command"),)),
        Step("tour_accounts", (("/accounts", "accounts"),)),
    ]
    if call.caller.may(SEES_FLEET):
        steps.append(Step("tour_fleet", (("/fleet", "fleet"),)))
    return steps
