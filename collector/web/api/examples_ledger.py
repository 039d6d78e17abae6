"""Examples of the ledger's routes, each made from one fact of its kind in examples/ledger.json. Pure."""

from collections.abc import Mapping
from typing import Any

from collector.accounts.ledger.facts import Version
from collector.accounts.ledger.kinds.registry import KINDS, Kind
from collector.calendar import days
from collector.web.api.ledger import answer_of

FACTS = "facts of the ledger"  # the entry of examples/ledger.json
_KNOWN_S = days.parse("2026-05-29") * days.DAY_S
_MORE: Mapping[str, dict[str, Any]] = {
    "account": {"robots": 2, "created_at": "2025-02-10T08:00:00Z"},
    "deployment": {"conflicts": []},
}


def path_examples(facts: Mapping[str, Any]) -> dict[str, str]:
    """{kind: the id of its example}: what stands in the addresses."""
    return {key: fact["id"] for key, fact in facts.items()}


def examples(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`GET /touches` -> {"answer": …}, and so on for every route of every kind."""
    found: dict[str, Any] = {}
    for key, body in facts.items():
        found |= _of(KINDS[key], body)
    return found


def _of(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    path, one = f"/{kind.path}", f"/{kind.path}/{{{kind.key}}}"
    said = kind.adapter.validate_python(body)
    known = Version(1, 1, said, _KNOWN_S, _KNOWN_S, "staff", withdrawn=False, import_id=None, account_id=None)
    version = answer_of(kind, known) | _MORE.get(kind.key, {})
    found = {
        f"GET {path}": {"answer": {"items": [version], "next": None}},
        f"POST {path}": {"body": body, "answer": version},
        f"GET {one}": {"answer": version},
        f"PUT {one}": {"body": body, "answer": {**version, "version": 2}},
        f"DELETE {one}": {"answer": {**version, "version": 2, "withdrawn": True, "done": True}},
        f"GET {one}/history": {"answer": {"items": [version], "next": None}},
    }
    if kind.ends and kind.until is not None:
        last = days.iso((kind.day_of(said) or 0) + 60)
        ended = {**version, kind.until: last, "version": 2, "done": True}
        found[f"POST {one}/end"] = {"body": {"to_day": last}, "answer": ended}
    return found
