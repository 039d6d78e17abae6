"""What an import answers: what it did, or in a preview would do. Pure."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowSaid:
    """One row as it was understood, and what becomes of it."""

    row: int
    did: str
    fact: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or in a preview: would do. `import_id` None: nothing was written.

    rows       rows that are facts, good or bad             first      the first of them as they were understood
    created, corrected, unchanged, refused: these rows      problems   the first bad rows, each with its remedy
    columns    {field: the file's heading}                  conflicts  deployments that contradict another account's
    ignored    headings that mean nothing here              absent     fields that keep what the ledger says
    made_ids   rows that had no id and got the one that their content makes
    encoding   of a CSV, as it was read                     sheet      of a workbook, the one that was read
    """

    kind: str
    import_id: int | None
    rows: int
    created: int
    corrected: int
    unchanged: int
    refused: int
    made_ids: int
    problems: list[str]
    columns: dict[str, str]
    ignored: list[str]
    absent: list[str]
    conflicts: list[str]
    first: list[RowSaid]
    encoding: str | None
    sheet: str | None
