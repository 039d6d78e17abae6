"""Rows as CSV or JSON, written as they come. In CSV nested figures become columns, tri-state ones keep their reason."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, TextIO

from collector.exchange.imports.spelling import safe, safe_key
from collector.exchange.spreadsheet import XlsxBook

Row = dict[str, Any]
COLUMNS = {
    "usage": ("account", "robot", "day", "counter", "value"),
    "robots": (
        "name", "account", "state", "last_seen_at", "backlog", "open_faults", "completeness", "timezone", "model",
        "rom", "agent",
    ),
    "faults": (
        "id", "robot", "family", "code", "ref", "did", "severity", "detail", "opened_at", "closed_at", "confidence",
        "openings",
    ),
    "completeness": ("robot", "from_day", "to_day", "expected_s", "arrived_s", "ratio", "holes"),
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_KEYS = frozenset({"account", "robot"})  # ids that an import reads back


def fleet_cells(kind: str, rows: Iterable[Row], *, plain: bool) -> Iterator[list[Any]]:
    """The rows of a fleet's list as cells, one for each of its COLUMNS. `plain`: ids as they are."""
    for row in rows:
        for line in _lines(kind, row):
            cells = [line.get(column) for column in COLUMNS[kind]]
            yield cells if plain else [_cell(*pair) for pair in zip(COLUMNS[kind], cells, strict=True)]


def _cell(column: str, value: Any) -> Any:
    return safe_key(value) if column in _KEYS and isinstance(value, str) else value


def write_table(form: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> int:
    """Any list as CSV, or as JSON: one object on each line. How many rows."""
    written = 0
    table = csv.writer(out, lineterminator="\n")
    if form == "csv":
        table.writerow(columns)
    for row in rows:
        written += 1
        if form == "csv":
            table.writerow([_printed(safe(cell)) for cell in row])
        else:
            out.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, default=str) + "\n")
    return written


def _printed(cell: Any) -> Any:
    """A text without the control characters that a terminal obeys and no import takes; line ends and tabs stay."""
    return _CONTROL.sub("\ufffd", cell) if isinstance(cell, str) else cell


def write_xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], out: BinaryIO) -> int:
    """Any list as a workbook with one sheet. How many rows; raises ExchangeError where a sheet cannot hold them."""
    book = XlsxBook()
    written = book.sheet(title, columns, rows)
    book.save(out)
    return written


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
