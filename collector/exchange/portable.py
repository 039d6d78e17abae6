"""One portable SQLite database of the lists: tables with keys, indexes and full-text search, for people and BI.

It opens in Datasette, sqlite-utils, a notebook, a BI tool. Nothing in it lets anybody in: tokens, sessions, webhooks
and channels are in no list. sqlite-utils writes it, beside what the collector itself opens (ADR 0030).
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from collector.calendar import days
from collector.exchange.imports.fields import fields_of
from collector.exchange.lists import BY_DAY, NAMES, OF_KINDS, WHOLE, Listed
from protocol.counters import COUNTERS

VIEWS = (*BY_DAY, *WHOLE)
ROWS_AT_ONCE = 1_000
_FORMS: Mapping[str, type] = MappingProxyType({"amount": float, "number": float, "share": float, "flag": int})
_KEYS: Mapping[str, str | tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys((*OF_KINDS, "ctas", "anomalies", "incidents", "imports", "faults", "v_renewal"), "id"),
        "robots": "name", "completeness": "robot", "usage": ("robot", "day", "counter"),
        "v_account_day": ("account", "day"), "v_robot_day": ("robot", "day"), "v_score": ("account", "day", "basis"),
    }
)  # fmt: skip
_NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "account": ("accounts", "id"), "csm": ("csms", "id"), "reseller": ("resellers", "id"),
        "contract": ("contracts", "id"), "contact": ("contacts", "id"), "site": ("sites", "id"),
    }
)  # fmt: skip
"""Column -> the table and the column that it names. Robots may be named before they connect."""
_INDEXED = ("account", "robot", "day", "day_number", "csm", "contract", "due_day", "opened_day", "band", "state")
_SEARCHED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "accounts": ("id", "name", "note"), "contacts": ("name", "title", "email"), "touches": ("summary",),
        "tickets": ("subject",), "promises": ("text",), "surveys": ("comment",), "objectives": ("text", "plan"),
        "notes": ("text",), "tags": ("tag",), "custom-values": ("value",), "attachments": ("name",),
        "ctas": ("title", "reason"), "robots": ("name",),
    }
)  # fmt: skip
_WHOLE = frozenset(
    {
        "id", "value", "backlog", "open_faults", "openings", "expected_s", "arrived_s", "day_number", "due_day_number",
        "open", "robots", "heard", "active", "online_s", "scheduled_s", "faults", "version", "covered_s",
        "estimated_s", "rows", "created", "corrected", "unchanged", "skipped", "incident_id", "useful", "auto_renews",
        "candidate_days",
    }
    | set(COUNTERS)
)  # fmt: skip
_PARTS = frozenset(
    {"completeness", "ratio", "p", "severity", "priority", "score", "raw", "coverage", "hours", "amount"}
)
_TEXTS = frozenset(
    {
        ("value", "custom-values"),
        ("id", "v_renewal"),
        ("severity", "faults"),
        ("severity", "v_fault"),
        ("version", "v_skill_run"),
    }
)
_PORTFOLIO = """
SELECT accounts.id, accounts.name, accounts.csm, accounts.segment, newest.score, newest.band, newest.day AS scored_day,
(SELECT count(*) FROM ctas WHERE ctas.account = accounts.id AND ctas.state = 'open') AS open_calls
FROM accounts LEFT JOIN v_score AS newest ON newest.account = accounts.id AND newest.basis = 'arrived'
AND newest.day = (SELECT max(day) FROM v_score WHERE account = accounts.id AND basis = 'arrived')
"""


@dataclass(frozen=True, slots=True)
class Written:
    """Rows of each table."""

    rows: Mapping[str, int]


def write(path: Path, names: Sequence[str], listed: Callable[[str], Listed], now_s: int, release: str) -> Written:
    """A new file with a table for each of these lists, by their names. It is there whole or not at all.

    `listed` reads a list, with ids as they are. Raises OSError.
    """
    beside = path.with_name(f"{path.name}.partial")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # it holds what the store holds of people
    try:
        database = Database(beside)
        try:
            rows = {name: _table(database, name, listed(name)) for name in sorted(names, key=_place)}
            _finish(database, rows, now_s, release)
        finally:
            database.close()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return Written(rows)


def _place(name: str) -> int:
    """What is named stands before what names it."""
    return (*OF_KINDS, *NAMES).index(name)


def _table(database: Database, name: str, found: Listed) -> int:
    there = set(database.table_names())
    columns = {column: _type(name, column) for column in found.columns}
    links = [(column, *_NAMES[column]) for column in columns if column in _NAMES and _NAMES[column][0] in there]
    key = _KEYS.get(name)
    table = database.table(name)
    table.create(columns, pk=key, foreign_keys=links) if key else table.create(columns, foreign_keys=links)
    rows = ({column: _cell(cell) for column, cell in zip(found.columns, row, strict=True)} for row in found.rows)
    table.insert_all(rows, batch_size=ROWS_AT_ONCE)
    keys = (key,) if isinstance(key, str) else key or ()
    for column in _INDEXED:
        if column in columns and keys[:1] != (column,):
            table.create_index([column])
    if name in _SEARCHED:
        table.enable_fts(_SEARCHED[name], tokenize="trigram")  # parts of words, and Chinese, which has no spaces
    return int(table.count)


def _type(name: str, column: str) -> type:
    kind = OF_KINDS.get(name)
    if kind is not None:
        field = fields_of(kind)[column]
        return int if field.whole else _FORMS.get(field.form, str)
    if (column, name) in _TEXTS:
        return str
    return int if column in _WHOLE else float if column in _PARTS else str


def _cell(value: Any) -> Any:
    """As SQLite keeps it: days as text, amounts as numbers. An empty text is nothing, so that it names nothing."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def _finish(database: Database, rows: Mapping[str, int], now_s: int, release: str) -> None:
    about: Iterator[dict[str, Any]] = (
        {"name": name, "rows": count, "written_at": days.rfc3339(now_s), "release": release}
        for name, count in rows.items()
    )
    database.table("about").insert_all(about, pk="name")
    if {"accounts", "v_score", "ctas"} <= rows.keys():
        database.create_view("portfolio", _PORTFOLIO)
    database.execute("ANALYZE")
