"""What is still on this robot, and what doctor finds, as one SQLite database: for Datasette, a notebook, `sqlite3`.

A process of its own writes it, with sqlite-utils of the extra `diagnostics`: a running agent loads neither (ADR 0030).
It holds no credentials; the outbox itself is only read.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from edge_agent.status.finding import Finding

ROWS_AT_ONCE = 500
_COLUMNS: Mapping[str, Mapping[str, type]] = {
    "records": {"seq": int, "at": str, "sync": str, "boot": str, "kind": str, "body": str},
    "counts": {"seq": int, "at": str, "counter": str, "value": int, "span_s": int},
    "faults": {"seq": int, "at": str, "family": str, "code": str, "state": str, "ref": str, "detail": str},
    "findings": {"place": int, "grade": str, "subject": str, "text": str, "remedy": str},
}
_KEYS: Mapping[str, str | tuple[str, ...]] = {
    "records": "seq", "counts": ("seq", "counter"), "faults": "seq", "findings": "place",
}  # fmt: skip
_PER_DAY = """
SELECT substr(at, 1, 10) AS day, counter, sum(value) AS value, sum(span_s) AS span_s, count(*) AS windows
FROM counts GROUP BY day, counter
"""


def write(path: Path, records: Iterable[Mapping[str, Any]], findings: Iterable[Finding]) -> int:
    """A new file, there whole or not at all; how many records. Raises OSError, sqlite3.Error."""
    beside = path.with_name(f"{path.name}.partial")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        database = Database(beside)
        try:
            written = _fill(database, records, findings)
        finally:
            database.close()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return written


def _fill(database: Database, records: Iterable[Mapping[str, Any]], findings: Iterable[Finding]) -> int:
    for name, columns in _COLUMNS.items():
        links = [] if name in {"records", "findings"} else [("seq", "records", "seq")]
        database.table(name).create(dict(columns), pk=_KEYS[name], foreign_keys=links)
    written, waiting = 0, {name: list[dict[str, Any]]() for name in _COLUMNS}
    for record in records:
        written += 1
        for name, row in _rows(record):
            waiting[name].append(row)
        if len(waiting["records"]) >= ROWS_AT_ONCE:
            _flush(database, waiting)
    waiting["findings"] = [{"place": place, **asdict(one)} for place, one in enumerate(findings, 1)]
    _flush(database, waiting)
    database.table("counts").create_index(["counter", "at"])
    database.table("records").create_index(["kind", "at"])
    database.table("findings").enable_fts(["subject", "text", "remedy"], tokenize="trigram")
    database.create_view("counts_per_day", _PER_DAY)
    return written


def _flush(database: Database, waiting: dict[str, list[dict[str, Any]]]) -> None:
    for name, rows in waiting.items():
        if rows:
            database.table(name).insert_all(rows)
            rows.clear()


def _rows(record: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The record itself, and a line for each of its counts or its fault."""
    head = {"seq": record["seq"], "at": datetime.fromtimestamp(record["at"], UTC).isoformat()}
    body = json.dumps(record, ensure_ascii=False)
    sync = record.get("sync", "synced")
    yield "records", {**head, "sync": sync, "boot": record["boot"], "kind": record["kind"], "body": body}
    match record["kind"]:
        case "window":
            for counter, value in record["counts"].items():
                yield "counts", {**head, "counter": counter, "value": value, "span_s": record["span"]}
        case "fault":
            said = {name: record.get(name) for name in ("family", "code", "state", "ref", "detail")}
            yield "faults", {**head, **said}
