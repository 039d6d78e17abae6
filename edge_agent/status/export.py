"""The records that are still on this robot, for a field engineer without a collector: JSON lines or CSV.

CSV has one line per counter and window (what a spreadsheet wants); JSON lines are the records as they
travel. In CSV a text that a spreadsheet would take for a formula gets an apostrophe, and a control character that a
terminal obeys is replaced, as in the exports of the collector.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

COLUMNS = ("seq", "at", "sync", "boot", "kind", "name", "value", "span_s", "detail")
# What begins a formula, also in full width (spreadsheets of East Asia take both), behind apostrophes too.
_FORMULA = re.compile(r"'*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


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
        table.writerows(map(_cell, [*head, *tail]) for tail in _tails(record))
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
    if not isinstance(value, str):
        return value
    return _CONTROL.sub("\ufffd", f"'{value}" if _FORMULA.match(value) else value)
