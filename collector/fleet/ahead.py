"""Robots that had acknowledgements which this store does not know: it was replaced, or restored from a backup."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from collector.calendar import days
from collector.store.tables.fleet import ahead

KIND = "ahead"


@dataclass(frozen=True, slots=True)
class Ahead:
    """`from_at` None: of at least one robot nothing was known before. `records`: how many the robots had delivered."""

    robots: int
    records: int
    from_at: str | None
    to_at: str
    first_noted_at: str
    noted_at: str

    def __str__(self) -> str:
        who = "1 robot holds" if self.robots == 1 else f"{self.robots} robots hold"
        begin = self.from_at or "before this store knew them"
        return f"{who} acknowledgements this store does not know, from {begin} to {self.to_at}"


def read(connection: Connection) -> Ahead | None:
    """All of them as one, as long as nobody has cleared it."""
    a = ahead.c
    figures = func.count(), func.sum(a.records), func.min(a.from_s), func.max(a.to_s)
    noted = func.min(a.noted_at), func.max(a.noted_at)
    robots, records, from_s, to_s, first_s, noted_s = connection.execute(select(*figures, *noted)).one()
    if not robots:
        return None
    begin = None if from_s is None else days.rfc3339(from_s)
    return Ahead(robots, int(records), begin, days.rfc3339(to_s), days.rfc3339(first_s), days.rfc3339(noted_s))


def clear(connection: Connection) -> int:
    """Somebody has seen it; how many robots it was about."""
    return connection.execute(delete(ahead)).rowcount
