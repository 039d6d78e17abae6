"""The records that are still on this robot, for a field engineer without a collector: JSON lines or CSV.

CSV has one line per counter and window (what a spreadsheet wants); JSON lines are the records as they
travel. Text cells that a spreadsheet would take for a formula are prefixed with an apostrophe.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

COLUMNS = ("seq", "at", "sync", "boot", "kind", "name", "value", "span_s", "detail")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_json(records: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    """One record per line; how many."""
    written = 0
    for record in records:
        out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
        written += 1
    return written


def write_csv(records: Iterable[Mapping[str, Any]], out: TextIO) -> int:
    """One line per counter of a window, one per fault, skill or event; how many records."""
    table = csv.writer(out)
    table.writerow(COLUMNS)
    written = 0
    for record in records:
        when = datetime.fromtimestamp(record["at"], UTC).isoformat()
        head = [record["seq"], when, record.get("sync", "synced"), record["boot"], record["kind"]]
        table.writerows([*head, *map(_cell, tail)] for tail in _tails(record))
        written += 1
    return written


def _tails(record: Mapping[str, Any]) -> list[list[Any]]:
    """name, value, span, detail of each line of one record."""
    match record["kind"]:
        case "window":
            counts = record["counts"] or {"": ""}
            return [[counter, amount, record["span"], ""] for counter, amount in counts.items()]
        case "fault":
            name = f"{record['family']}.{record['code']}"
            return [[name, record["state"], "", " ".join(filter(None, (record.get("ref"), record.get("detail"))))]]
        case "skill":
            return [[record["skill"], record["state"], "", record.get("reason", "")]]
        case _:
            detail = json.dumps(record.get("detail", {}), ensure_ascii=False)
            return [[record.get("event", ""), "", "", detail]]


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
