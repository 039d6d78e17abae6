"""Notes that something came for days that are rolled up already; ingest does the same for what robots send."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select, text

from collector.store.tables.fleet import deployment
from collector.store.tables.health import rollup_mark

AT_ONCE = 500
_NOTE = text("INSERT INTO late_day (day, robot_id) VALUES (:day, :robot_id) ON CONFLICT (day, robot_id) DO NOTHING")


def note(connection: Connection, keys: Collection[tuple[int, int]]) -> None:
    """(day, robot row): those whose account is rolled up beyond that day are rolled up again."""
    robots = sorted({robot_id for _, robot_id in keys})
    rolled: dict[int, int] = {}
    for start in range(0, len(robots), AT_ONCE):
        wanted = (
            select(deployment.c.robot_id, func.max(rollup_mark.c.through_day))
            .join(rollup_mark, rollup_mark.c.account_id == deployment.c.account_id)
            .where(deployment.c.robot_id.in_(robots[start : start + AT_ONCE]))
            .group_by(deployment.c.robot_id)
        )
        rolled.update((robot_id, through) for robot_id, through in connection.execute(wanted))
    rows = [{"day": day, "robot_id": one} for day, one in sorted(keys) if one in rolled and day <= rolled[one]]
    if rows:
        connection.execute(_NOTE, rows)
