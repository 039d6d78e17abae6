"""Rows as CSV or JSON, written as they come. In CSV nested figures become columns, tri-state ones keep their reason."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from collector.exchange.sources import Row

KINDS = ("usage", "robots", "faults", "completeness")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = {
    "usage": ("account", "robot", "day", "counter", "value"),
    "robots": (
        "name", "account", "state", "last_seen_at", "backlog", "open_faults", "completeness", "timezone", "model",
        "rom", "agent",
    ),
    "faults": (
        "id", "robot", "family", "code", "ref", "did", "severity", "detail", "opened_at", "closed_at", "confidence",
    ),
    "completeness": ("robot", "from_day", "to_day", "expected_s", "arrived_s", "ratio", "holes"),
}  # fmt: skip


def write(kind: str, form: str, rows: Iterable[Row], out: TextIO) -> int:
    """Write every row; how many lines (CSV) or objects (JSON: one on each line)."""
    written = 0
    if form == "json":
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
        return written
    table = csv.writer(out, lineterminator="\n")
    table.writerow(_COLUMNS[kind])
    for row in rows:
        for line in _lines(kind, row):
            table.writerow([safe(line.get(column)) for column in _COLUMNS[kind]])
            written += 1
    return written


def safe(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted with an apostrophe; numbers stay numbers."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell


def _lines(kind: str, row: Row) -> Iterator[Row]:
    """One line, or for usage one for each counter: the form that `import usage` and `verify` read."""
    match kind:
        case "usage":
            for counter, value in sorted(row["counts"].items()):
                yield {**row, "counter": counter, "value": value}
        case "robots":
            ratio = row["completeness"]["ratio"]
            yield {**row, "open_faults": sum(row["open_faults"].values()), "completeness": ratio}
        case "completeness":
            yield {**row, **row["figures"], "holes": _packed(row["figures"]["holes"])}
        case _:
            yield row


def _packed(holes: dict[str, int]) -> str:
    return " ".join(f"{cause}={seconds}" for cause, seconds in sorted(holes.items()))
