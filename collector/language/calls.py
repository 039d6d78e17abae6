"""Calls in sentences: why now, how many there are, what their evidence says beside each other.

Calls to action come as the API's JSON.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from collector.language import cta_evidence, figures
from collector.language.catalogue import gettext, ngettext
from collector.language.cta import in_language

Json = Mapping[str, Any]


def head(reasons: int, accounts: int, scored: str | None, language: str) -> str:
    """Beside the head of the list: `7 reasons at 4 accounts · scored 28 Nov`."""
    at = ngettext(language, "at {n} account", "at {n} accounts", accounts, n=figures.number(accounts, language))
    found = ngettext(
        language, "{n} reason {at}", "{n} reasons {at}", reasons, n=figures.number(reasons, language), at=at
    )
    if scored is None:
        return found
    return gettext(language, "{reasons} · scored {day}", reasons=found, day=scored)


def title(cta: Json, language: str) -> str:
    """The reason as a sentence of its own: `Use has dropped.`"""
    return _sentence(in_language(cta["title"], language), language)


def why(cta: Json, language: str) -> str:
    """Why, as a sentence; "" where the title says all that is known."""
    clause = cta_evidence.clause(cta, language)
    return _sentence(clause, language) if clause else ""


def due(day: str, language: str) -> str:
    return gettext(language, "due {day}", day=day)


def evidence_of(more: int, language: str) -> str:
    """What opens the evidence: alone, or with so many further reasons."""
    if not more:
        return gettext(language, "Evidence")
    return ngettext(language, "Evidence and {n} more reason", "Evidence and {n} more reasons", more)


def rows(evidence: Json, language: str) -> Sequence[tuple[str, str]]:
    """Everything that is known, label and value."""
    return cta_evidence.pairs(evidence, language)


def done(names: str, language: str) -> str:
    """What a toast says: the same verb as the button."""
    return gettext(language, "Done: {name}", name=names)


def snoozed(name: str, day: str, language: str) -> str:
    return gettext(language, "Snoozed to {day}: {name}", day=day, name=name)


def not_useful(name: str, language: str) -> str:
    return gettext(language, "Not useful, noted for the rule: {name}", name=name)


def logged(name: str, language: str) -> str:
    return gettext(language, "Touch logged: {name}", name=name)


def kept(promise: str, language: str) -> str:
    return gettext(language, "Promise kept: {text}", text=promise)


def handed_over(csm: str, language: str) -> str:
    return gettext(language, "Handed over to {csm}", csm=csm)


def overdue_renewal(language: str) -> str:
    return gettext(language, "The renewal is overdue.")


def taken_back(name: str, language: str) -> str:
    return gettext(language, "Taken back: {name}", name=name)


def _sentence(words: str, language: str) -> str:
    """A clause as a sentence of its own."""
    capital = words[:1].upper() + words[1:]
    return gettext(language, "{sentence}.", sentence=capital)
