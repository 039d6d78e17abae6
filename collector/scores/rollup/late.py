"""Notes that something came for days that may be rolled up already; ingest does the same for what robots send."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from collector.store import rolled

AT_ONCE = 10_000
_NOTE = text("INSERT INTO late_day (day, robot_id) VALUES (:day, :robot_id) ON CONFLICT (day, robot_id) DO NOTHING")


def note(connection: Connection, keys: Iterable[tuple[int, int]]) -> None:
    """(day, robot row): those that a roll-up may have read are read again. Call it last, right before the commit."""
    through_day = rolled.through(connection)
    if through_day is None:
        return
    noted = sorted(key for key in keys if key[0] <= through_day)
    for start in range(0, len(noted), AT_ONCE):
        rows = [{"day": day, "robot_id": one} for day, one in noted[start : start + AT_ONCE]]
        connection.execute(_NOTE, rows)
