"""Ids of rows that have none, made of what tells one such fact from another: a file may be imported twice. Pure.

The id is `row-` and the first 24 hex digits of the SHA-256 of a JSON list: the kind and the values of its key, as the
API writes them, with spaces folded and without letter case. Fields outside the key may be corrected by a later file.
What others name (accounts, contracts) and what money is counted by (lines, invoices, costs) needs ids of its own.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from collector.accounts.ledger.kinds.registry import Kind
from collector.exchange.imports.spelling import plain_key
from collector.values.sentence import Sentence

_HEX_DIGITS = 24


@dataclass(frozen=True, slots=True)
class RowKey:
    """`fields` tell a kind's facts apart. `needed`: those that must not be empty, where two empty ones could be two."""

    fields: tuple[str, ...]
    needed: tuple[str, ...] = ()


KEYS: Mapping[str, RowKey] = MappingProxyType(
    {
        "site": RowKey(("account", "name")),
        "closure": RowKey(("account", "site", "from_day")),
        "contact": RowKey(("account", "name")),
        "deployment": RowKey(("account", "robot", "from_day")),
        "renewal": RowKey(("account", "contract", "due_day")),
        "renewal_step": RowKey(("account", "contract", "step", "done_day")),
        "exchange_rate": RowKey(("currency", "base", "day")),
        "touch": RowKey(("account", "day", "direction", "channel", "contact", "csm", "occasion", "summary")),
        "survey": RowKey(("account", "day", "kind", "contact"), needed=("contact",)),
        "ticket": RowKey(("account", "opened_day", "robot", "subject"), needed=("subject",)),
        "promise": RowKey(("account", "made_day", "text"), needed=("text",)),
        "reference": RowKey(("account", "asked_day", "kind")),
        "signal": RowKey(("account", "day", "signal", "note")),
        "review": RowKey(("account", "due_day", "kind")),
        "sentiment": RowKey(("account", "day", "by"), needed=("by",)),
        "handover": RowKey(("account", "shipped_day")),
        "onboarding": RowKey(("account", "robot", "step", "started_at")),
        "objective": RowKey(("account", "plan", "counter", "per", "from_day", "to_day")),
        "stage": RowKey(("account", "day", "stage")),
        "mute": RowKey(("account", "measure", "from_day")),
        "override": RowKey(("account", "bound", "from_day")),
        "note": RowKey(("account", "day", "text", "by")),
        "tag": RowKey(("account", "tag")),
        "custom_value": RowKey(("account", "field", "record")),
    }
)
"""Kind -> what tells its facts apart. A kind that is not here needs ids."""


def lacks(kind: Kind, said: Any) -> str | None:
    """What the fact has to say before an id can be made of it; None: nothing."""
    empty = [name for name in KEYS[kind.key].needed if not getattr(said, name)]
    return (
        Sentence("id: the row has none, and none can be made without {names}; fill one of them", names=", ".join(empty))
        if empty
        else None
    )


def made_id(kind: Kind, said: Any) -> str:
    """The id of a fact whose row has none."""
    written = kind.adapter.dump_python(said, mode="json")
    values = [_folded(written[name]) for name in KEYS[kind.key].fields]
    return f"row-{hashlib.sha256(orjson.dumps([kind.key, *values])).hexdigest()[:_HEX_DIGITS]}"


def _folded(value: Any) -> Any:
    return " ".join(plain_key(value).casefold().split()) if isinstance(value, str) else value
