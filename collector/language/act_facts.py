"""What an act of the audit log was about, in people's words: what it names, and what of it is a word or a day."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from collector.accounts.ledger.kinds.registry import KINDS
from collector.language import cta, figures, licences, names, skill_sheet
from collector.language.catalogue import LANGUAGES, deferred_in, pgettext
from collector.language.pages import Words

ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "account": deferred_in("act", "account"),
        "accounts": deferred_in("act", "accounts"),
        "appid": deferred_in("act", "skill"),
        "approve": deferred_in("act", "approved"),
        "basis": deferred_in("act", "basis"),
        "bill": deferred_in("act", "bill"),
        "channel": deferred_in("act", "channel"),
        "contract_line": deferred_in("act", "contract line"),
        "counter": deferred_in("act", "counter"),
        "credit_note": deferred_in("act", "credit note"),
        "csm": deferred_in("act", "CSM"),
        "cta": deferred_in("act", "call to action"),
        "ctas": deferred_in("act", "calls to action"),
        "day": deferred_in("act", "day"),
        "delivery": deferred_in("act", "delivery"),
        "digest": deferred_in("act", "digest"),
        "dispute": deferred_in("act", "dispute"),
        "do": deferred_in("act", "what to do"),
        "due_day": deferred_in("act", "due"),
        "entitlement": deferred_in("act", "entitlement"),
        "events": deferred_in("act", "events"),
        "expires_days": deferred_in("act", "days valid"),
        "first": deferred_in("act", "from"),
        "from_day": deferred_in("act", "from"),
        "id": deferred_in("act", "number"),
        "import_id": deferred_in("act", "import"),
        "key": deferred_in("act", "key"),
        "kind": deferred_in("act", "kind"),
        "language": deferred_in("act", "language"),
        "last": deferred_in("act", "to"),
        "last_day": deferred_in("act", "to"),
        "line": deferred_in("act", "line of the bill"),
        "notice": deferred_in("act", "notice"),
        "origin": deferred_in("act", "by what"),
        "outcome": deferred_in("act", "outcome"),
        "owner": deferred_in("act", "owner"),
        "parked": deferred_in("act", "parked count"),
        "person": deferred_in("act", "person"),
        "promise": deferred_in("act", "promise"),
        "purpose": deferred_in("act", "purpose"),
        "release": deferred_in("act", "release"),
        "robot": deferred_in("act", "robot"),
        "robots": deferred_in("act", "robots"),
        "role": deferred_in("act", "role"),
        "roles": deferred_in("act", "roles"),
        "rollout": deferred_in("act", "rollout"),
        "seat": deferred_in("act", "seat"),
        "session": deferred_in("act", "session"),
        "skill": deferred_in("act", "skill"),
        "state": deferred_in("act", "state"),
        "step": deferred_in("act", "step"),
        "submission": deferred_in("act", "submission"),
        "table": deferred_in("act", "table"),
        "token": deferred_in("act", "token"),
        "twin": deferred_in("act", "machine"),
        "touched": deferred_in("act", "robots changed"),
        "touched_of": deferred_in("act", "of"),
        "until_day": deferred_in("act", "until"),
        "version": deferred_in("act", "version"),
        "view": deferred_in("act", "saved view"),
        "webhook": deferred_in("act", "webhook"),
    }
)
"""What an act named -> its word; what is not here is called as the log has it."""

_DO: Mapping[str, str] = MappingProxyType(
    {"put": deferred_in("act", "put on"), "remove": deferred_in("act", "taken off")}
)
_PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "first": deferred_in("act", "first administrator"),
        "invitation": deferred_in("act", "invitation"),
        "password": deferred_in("act", "new password"),
    }
)
_DAYS = frozenset({"day", "due_day", "first", "from_day", "last", "last_day", "until_day"})
_SHOWN = 20


def about(name: str, language: str) -> str:
    """What the act named, as a label."""
    return pgettext(language, "act", ABOUT[name]) if name in ABOUT else name.replace("_", " ")


def word(name: str, said: Any, language: str) -> str:
    """The value as a word or a day of that language; "": it is an id or a number, and stands as it is (`value`)."""
    if isinstance(said, bool):
        return pgettext(language, "act", "yes") if said else pgettext(language, "act", "no")
    if name in _DAYS:
        return figures.day(said, language) if isinstance(said, int) else figures.iso_day(str(said), language)
    if name not in _WORDS:
        return ""
    many = said if isinstance(said, list) else [said]
    words = [_WORDS[name](str(one), language) for one in many]
    return figures.listed(words, language) if all(words) else ""


def value(said: Any) -> str:
    """Of many, the first ones and how many more there are: the log has them all."""
    if not isinstance(said, list):
        return str(said)
    more = len(said) - _SHOWN
    return " ".join([*(str(one) for one in said[:_SHOWN]), *([f"+{more}"] if more > 0 else [])])


def _kind(key: str, language: str) -> str:
    """Of a record of the ledger, or of an alarm."""
    return names.of(KINDS[key], language) if key in KINDS else _page("", key, language)


def _table(text: str, language: str) -> str:
    """By a kind's key or its path."""
    found = next((kind for kind in KINDS.values() if text in {kind.key, kind.path}), None)
    return names.of(found, language) if found is not None else ""


def _if_known(said: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """The same; "" where it knows no such key."""

    def word_of(key: str, language: str) -> str:
        try:
            return said(key, language)
        except KeyError:
            return ""

    return word_of


def _page(prefix: str, key: str, language: str) -> str:
    words = Words(language)
    return words(prefix + key) if words.has(prefix + key) else ""


def _of(table: Mapping[str, str]) -> Callable[[str, str], str]:
    return lambda key, language: pgettext(language, "act", table[key]) if key in table else ""


_WORDS: Mapping[str, Callable[[str, str], str]] = MappingProxyType(
    {
        "basis": lambda key, language: _page("basis_", key, language),
        "counter": names.counter,
        "do": _of(_DO),
        "kind": _kind,
        "language": lambda key, language: Words(language).language_name(key) if key in LANGUAGES else "",
        "origin": _if_known(licences.origin),
        "outcome": cta.outcome,
        "purpose": _of(_PURPOSES),
        "role": lambda key, language: _page("role_", key, language),
        "roles": lambda key, language: _page("role_", key, language),
        "state": _if_known(skill_sheet.state),
        "table": _table,
    }
)
"""What a value of that name is in words; "" where it is not one of them."""
