"""Every import that there was: its file, who sent it, what it did, and whether it was undone."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from collector.calendar import days
from collector.store.lists import newest_first
from collector.store.tables.ledger import import_file
from collector.values.paging import Page


@dataclass(frozen=True, slots=True)
class Mark:
    """One import. `skipped`: bad rows that it left out, as it was told to."""

    id: int
    kind: str
    name: str
    sha256: str
    at: str
    author: str
    rows: int
    created: int
    corrected: int
    unchanged: int
    skipped: int
    undone_at: str | None
    undone_by: str | None


def page(connection: Connection, *, limit: int, cursor: str | None = None) -> Page[Mark]:
    """Newest first."""
    rows, following = newest_first(connection, select(import_file), import_file.c.id, limit, cursor)
    return Page([_mark(row) for row in rows], following)


def _mark(row: object) -> Mark:
    said = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001 - SQLAlchemy's documented name for a row as a mapping
    return Mark(
        **{name: said[name] for name in Mark.__dataclass_fields__ if name not in {"at", "undone_at"}},
        at=days.rfc3339(said["at"]),
        undone_at=None if said["undone_at"] is None else days.rfc3339(said["undone_at"]),
    )
