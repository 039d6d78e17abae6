"""Drift for a terminal, from the API's JSON."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from collector.language import figures, names
from collector.language.backtest import percent
from collector.language.catalogue import deferred_in, gettext, ngettext, pgettext

Json = Mapping[str, Any]
_STATES: Mapping[str, str] = MappingProxyType(
    {
        "drifted": deferred_in("drift", "no longer as it was"),
        "steady": deferred_in("drift", "as it was"),
        "too_few": deferred_in("drift", "too few accounts to judge"),
        "no_history": deferred_in("drift", "not enough history to judge"),
    }
)
_WHAT: Mapping[str, str] = MappingProxyType(
    {
        "level": deferred_in("drift", "at or below {edge}"),
        "unknown": deferred_in("drift", "unknown"),
        "share": deferred_in("drift", "of the accounts"),
        "lost": deferred_in("drift", "lost"),
    }
)


def text(found: Json, language: str) -> str:
    """Both sides, with what moved."""
    heads = {
        "inputs": gettext(language, "What health is computed from"),
        "outcomes": gettext(language, "How many customers are lost"),
    }
    return "\n".join(line for key, head in heads.items() for line in _side(head, found[key], language))


def _side(head: str, one: Json, language: str) -> list[str]:
    line = ngettext(
        language,
        "{head}: {state} ({n} account, {days} days before)",
        "{head}: {state} ({n} accounts, {days} days before)",
        one["accounts"], head=head, state=pgettext(language, "drift", _STATES[one["state"]]),
        days=one["reference_days"],
    )  # fmt: skip
    return [line, *(_shift(each, language) for each in one["shifts"])]


def _shift(one: Json, language: str) -> str:
    """`  B2 momentum, at or below 41: 20 % before, 61 % now`."""
    edge = "" if one["edge"] is None else figures.short(one["edge"], language, 2)
    return "  " + gettext(
        language, "{thing}, {what}: {before} before, {now} now", thing=_thing(one, language),
        what=pgettext(language, "drift", _WHAT[one["what"]], edge=edge), before=percent(one["before"], language),
        now=percent(one["now"], language),
    )  # fmt: skip


def _thing(one: Json, language: str) -> str:
    if one["of"] == "measure":
        return " ".join((one["name"], names.measure(one["name"], language)))
    if one["of"] == "band":
        return names.band(one["name"], language)
    if one["of"] == "coverage":
        return gettext(language, "coverage")
    if not one["name"]:
        return gettext(language, "all with a contract due")
    return gettext(language, "fifth {n} of the score, the lowest first", n=one["name"])
