"""What stands in the slots of a refusal, in the reader's language: fields, kinds, roles, states, days, and quotes.

A slot's name says what is in it. A word that the vocabulary of that name does not have stays as it is written.
"""

import re
import string
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from collector.accounts.ledger.kinds.registry import KINDS
from collector.language import cta, figures, names, rollouts, skill_review, skill_sheet
from collector.language.catalogue import SOURCE, deferred_in, pgettext
from collector.language.pages import Words

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BETWEEN = re.compile(r", | / ")
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "account": deferred_in("field", "account"),
        "act": deferred_in("field", "act"),
        "amount": deferred_in("field", "amount"),
        "answered": deferred_in("field", "answered"),
        "answered_day": deferred_in("field", "day of the answer"),
        "base": deferred_in("field", "base"),
        "bill": deferred_in("field", "bill"),
        "by": deferred_in("field", "by"),
        "channel": deferred_in("field", "channel"),
        "choices": deferred_in("field", "choices"),
        "closed_day": deferred_in("field", "day it was closed"),
        "contact": deferred_in("field", "contact"),
        "contract_line": deferred_in("field", "contract line"),
        "counter": deferred_in("field", "counter"),
        "credit_note": deferred_in("field", "credit note"),
        "csm": deferred_in("field", "CSM"),
        "cta": deferred_in("field", "call to action"),
        "ctas": deferred_in("field", "calls to action"),
        "currency": deferred_in("field", "currency"),
        "day": deferred_in("field", "day"),
        "decided_day": deferred_in("field", "day of the decision"),
        "dispute": deferred_in("field", "dispute"),
        "due_day": deferred_in("field", "due day"),
        "ends": deferred_in("field", "end"),
        "entitlement": deferred_in("field", "entitlement"),
        "expires_days": deferred_in("field", "days until it expires"),
        "field": deferred_in("field", "field"),
        "firmware": deferred_in("field", "firmware"),
        "first_day": deferred_in("field", "first day"),
        "follow_up": deferred_in("field", "follow-up"),
        "follow_up_day": deferred_in("field", "day of the follow-up"),
        "form": deferred_in("field", "type"),
        "from": deferred_in("field", "first day"),
        "from_day": deferred_in("field", "first day"),
        "id": deferred_in("field", "id"),
        "industries": deferred_in("field", "industries"),
        "kept_day": deferred_in("field", "kept on"),
        "lang": deferred_in("field", "language"),
        "last_day": deferred_in("field", "last day"),
        "line": deferred_in("field", "contract line"),
        "mail": deferred_in("field", "mail"),
        "mention": deferred_in("field", "mention"),
        "model": deferred_in("field", "model"),
        "month": deferred_in("field", "month"),
        "name": deferred_in("field", "name"),
        "note": deferred_in("field", "note"),
        "notice": deferred_in("field", "notice"),
        "number": deferred_in("field", "number"),
        "outcome": deferred_in("field", "outcome"),
        "outcome_day": deferred_in("field", "day of the outcome"),
        "owner": deferred_in("field", "owner"),
        "package": deferred_in("field", "package"),
        "password": deferred_in("field", "password"),
        "price": deferred_in("field", "price"),
        "promise": deferred_in("field", "promise"),
        "reason": deferred_in("field", "reason"),
        "record": deferred_in("field", "record"),
        "reseller": deferred_in("field", "reseller"),
        "robot": deferred_in("field", "robot"),
        "robots_most": deferred_in("field", "most robots"),
        "role": deferred_in("field", "role"),
        "roles": deferred_in("field", "roles"),
        "rule": deferred_in("field", "rule"),
        "scene": deferred_in("field", "scene"),
        "score": deferred_in("field", "score"),
        "seat": deferred_in("field", "seat"),
        "segment": deferred_in("field", "segment"),
        "signed_day": deferred_in("field", "day of signing"),
        "site": deferred_in("field", "site"),
        "skill": deferred_in("field", "skill"),
        "stage": deferred_in("field", "stage"),
        "state": deferred_in("field", "state"),
        "step": deferred_in("field", "step"),
        "submission": deferred_in("field", "submission"),
        "summary": deferred_in("field", "summary"),
        "tag": deferred_in("field", "tag"),
        "terminated_day": deferred_in("field", "day of termination"),
        "text": deferred_in("field", "text"),
        "title": deferred_in("field", "title"),
        "to": deferred_in("field", "last day"),
        "to_day": deferred_in("field", "last day"),
        "token": deferred_in("field", "token"),
        "trial_days": deferred_in("field", "days of trial"),
        "url": deferred_in("field", "address"),
        "use": deferred_in("field", "price of a use"),
        "value": deferred_in("field", "value"),
        "version": deferred_in("field", "version"),
        "view": deferred_in("field", "saved view"),
        "why": deferred_in("field", "reason"),
    }
)
"""Fields that people fill in on pages, as a refusal names them."""

CHOICES: Mapping[str, str] = MappingProxyType(
    {
        "accepted": deferred_in("choice", "accepted"),
        "choice": deferred_in("choice", "choice"),
        "date": deferred_in("choice", "date"),
        "declined": deferred_in("choice", "declined"),
        "lost": deferred_in("choice", "lost"),
        "number": deferred_in("choice", "number"),
        "open": deferred_in("choice", "open"),
        "partial": deferred_in("choice", "renewed in part"),
        "pending": deferred_in("choice", "not decided"),
        "renewed": deferred_in("choice", "renewed"),
        "text": deferred_in("choice", "text"),
        "withdrawn": deferred_in("choice", "withdrawn"),
        "won": deferred_in("choice", "won"),
    }
)
"""What a field of the ledger may be, where a refusal tells it."""


def _field(word: str, language: str) -> str:
    """A field by the name that programs give it; else a kind of record."""
    key = word.replace(" ", "_")
    return pgettext(language, "field", FIELDS[key]) if key in FIELDS else _kind(word, language)


def _kind(word: str, language: str) -> str:
    return names.of(KINDS[word], language) if word in KINDS else word


def _worded(*prefixes: str) -> Callable[[str, str], str]:
    """By the words of pages: `role_` says that `viewer` is `role_viewer` there."""

    def found(word: str, language: str) -> str:
        words = Words(language)
        return next((words(one + word) for one in prefixes if words.has(one + word)), word)

    return found


def _state(word: str, language: str) -> str:
    """Of a rollout, a submission, a skill in the catalogue, or an amount that was parked."""
    for states in (rollouts.state, skill_review.state, skill_sheet.state):
        try:
            return states(word, language)
        except KeyError:
            continue
    return _worded("count_state_")(word, language)


def _robot_state(word: str, language: str) -> str:
    return _worded("")("closed_place" if word == "closed" else word, language)


def _choice(word: str, language: str) -> str:
    return pgettext(language, "choice", CHOICES[word]) if word in CHOICES else word


def _band(word: str, language: str) -> str:
    return names.band_word(word, language) if word in names.BAND_WORDS else word


_role = _worded("role_")
VOCABULARY: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {
        "field": _field, "missing": _field, "at": _field, "what": _field, "first": _field, "when": _field,
        "named": _field, "part": _field, "column": _field,
        "kind": _kind, "of": lambda word, language: _worded("")(_kind(word, language), language),
        "role": _role, "roles": _role, "held": _role,
        "state": _state, "state_2": _state, "wanted": _state, "may": _state, "done": _state,
        "robot_states": _robot_state, "basis": _worded("basis_"), "outcome": cta.outcome,
        "bands": _band, "said": _choice, "undecided": _choice, "form": _choice,
        "names": lambda word, _: word, "allowed": lambda word, _: word,
    }
)  # fmt: skip
"""What a slot of that name holds: one word, or several with commas between them."""


def said(name: str, slot: object, language: str) -> object:
    """The value of a slot as a reader of that language reads it; numbers stay numbers."""
    if not isinstance(slot, str):
        return slot
    if _DAY.fullmatch(slot):
        return figures.iso_day(slot, language)
    if language == SOURCE or name not in VOCABULARY:
        return slot
    vocabulary = VOCABULARY[name]
    return figures.listed([vocabulary(word, language) for word in _BETWEEN.split(slot)], language)


def filled(template: str, values: Mapping[str, object], language: str) -> str:
    """The template with these values; `!r` puts a text between that language's quotation marks."""
    return _Quoting(language).vformat(template, (), values)


class _Quoting(string.Formatter):
    def __init__(self, language: str) -> None:
        self._language = language

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        if conversion == "r" and isinstance(value, str):
            return pgettext(self._language, "quoted", "“{text}”", text=value)
        return super().convert_field(value, conversion)
