"""The audit log: who changed what, and when. Rows are only added; the database itself refuses anything else.

What an act was about is an allow-list of names of its request: a field that nobody thought of is not written, so that
no secret gets in by being forgotten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, select

from collector.access.caller import Caller
from collector.calendar import days
from collector.store.lists import newest_first
from collector.store.tables.people import audit
from collector.values.paging import Page

TOLD = frozenset({
    "account", "accounts", "appid", "approve", "basis", "bill", "channel", "contract_line", "counter",
    "credit_note", "csm", "cta", "ctas", "day", "delivery", "digest", "dispute", "do", "due_day", "entitlement",
    "events", "expires_days", "first", "from_day", "import_id", "key", "kind", "language", "last", "last_day",
    "line", "notice", "origin", "outcome", "owner", "parked", "person", "promise", "purpose", "release", "robot",
    "robots", "role", "roles", "rollout", "seat", "session", "skill", "state", "step", "submission", "table",
    "token", "twin", "until_day", "version", "view", "webhook",
})  # fmt: skip
"""Fields of requests whose values are written down."""
TEXT_MAX_CHARS = 120
ROBOTS_A_ROW = 1_000


@dataclass(frozen=True, slots=True)
class Act:
    """One row. `person` and `token`: whose, null where it was neither. `about`: what the act named."""

    id: int
    at: str
    who: str
    person: int | None
    token: int | None
    address: str
    act: str
    about: dict[str, Any]


def note(
    connection: Connection, caller: Caller, act: str, about: dict[str, Any], now_s: int, touched: Sequence[str] = ()
) -> None:
    """One row more. `touched`: every robot that the act changed; of many there are further rows, each with some."""
    common = {
        "at": now_s, "who": caller.name, "person_id": caller.person_id, "token_id": caller.token_id or None,
        "address": caller.address, "act": act,
    }  # fmt: skip
    for first in range(0, max(1, len(touched)), ROBOTS_A_ROW):
        some = touched[first : first + ROBOTS_A_ROW]
        said = about | ({"touched": list(some), "touched_of": len(touched)} if some else {})
        connection.execute(insert(audit).values(common | {"said": orjson.dumps(said).decode()}))


def about(request: Any, name: str) -> dict[str, Any]:
    """What may be written down of a request; `name`: what its operation calls it."""
    if isinstance(request, int) and not isinstance(request, bool):
        return {"id": request}
    if isinstance(request, str | tuple):  # it may be a secret: by its name
        return {name: _plain(request)} if name in TOLD else {}
    if not is_dataclass(request) or isinstance(request, type):
        return {}
    given = {one.name: getattr(request, one.name) for one in fields(request) if one.name in TOLD}
    said = getattr(request, "fields", None)
    if isinstance(said, Mapping):  # of a fact: which, and of whom
        given |= {name: said.get(name) for name in ("id", "account", "robot")}
    return {name: _plain(value) for name, value in given.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in list(value)[:100]]
    return str(getattr(value, "key", value))[:TEXT_MAX_CHARS]


def listed(connection: Connection, *, person: int | None, act: str | None, limit: int, cursor: str | None) -> Page[Act]:
    """Newest first; of one person, or of one act."""
    query = select(audit)
    if person is not None:
        query = query.where(audit.c.person_id == person)
    if act is not None:
        query = query.where(audit.c.act == act)
    rows, following = newest_first(connection, query, audit.c.id, limit, cursor)
    return Page([_act(row) for row in rows], following)


def _act(row: Row[Any]) -> Act:
    said: dict[str, Any] = orjson.loads(row.said)
    return Act(row.id, days.rfc3339(row.at), row.who, row.person_id, row.token_id, row.address, row.act, said)
