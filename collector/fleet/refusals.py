"""Reads of what a robot's sources refused: how many readings, and which names for which reason.

The number is the agent's counter `readings_refused`; the names are its faults agent.reading_refused, each with the
source and the name as `ref` and the reason as `detail`.
"""

from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, func, select

from collector.calendar import days
from collector.calendar.days import HOUR_S
from collector.fleet.scope import VisibleRobot
from collector.store.tables.fleet import fault_episode, usage_day

COUNTER = "readings_refused"
FAMILY, CODE = "agent", "reading_refused"


@dataclass(frozen=True, slots=True)
class RefusedName:
    """`source` and `name` are "" for the names that share one fault. `until` null: refused in the last hour still."""

    source: str
    name: str
    reason: str
    since: str | None
    until: str | None


@dataclass(frozen=True, slots=True)
class RefusedReadings:
    """`refused` of the days from `from_day` to `to_day` (today and yesterday), `per_h` in an hour of arrived data.

    Both are null where no data of these days arrived: then nobody knows. `alarm_per_h` 0: no alarm. `names`: the
    newest first, open ones before closed ones.
    """

    robot: str
    from_day: str
    to_day: str
    refused: int | None
    arrived_s: int
    per_h: float | None
    alarm_per_h: int
    names: list[RefusedName]


def of_robot(connection: Connection, seen: VisibleRobot, today: int, alarm_per_h: int, names: int) -> RefusedReadings:
    """What the caller may see of it: the days on which the robot was with it. At most so many `names`."""
    d = usage_day.c
    rows = connection.execute(
        select(d.day, d.totals, d.covered_s).where(d.robot_id == seen.id, d.day.between(today - 1, today))
    ).all()
    rows = [row for row in rows if seen.sees_day(row.day)]
    arrived_s = sum(row.covered_s for row in rows)
    refused = sum(orjson.loads(row.totals).get(COUNTER, 0) for row in rows)
    return RefusedReadings(
        robot=seen.name,
        from_day=days.iso(today - 1),
        to_day=days.iso(today),
        refused=refused if arrived_s else None,
        arrived_s=arrived_s,
        per_h=round(refused * HOUR_S / arrived_s, 1) if arrived_s else None,
        alarm_per_h=alarm_per_h,
        names=_names(connection, seen, names),
    )


def _names(connection: Connection, seen: VisibleRobot, limit: int) -> list[RefusedName]:
    e = fault_episode.c
    query = select(e.ref, e.detail, e.opened_at, e.closed_at).where(
        e.robot_id == seen.id, e.family == FAMILY, e.code == CODE
    )
    moment = func.coalesce(e.opened_at, e.closed_at)
    within = seen.within(moment)
    if within is not None:
        query = query.where(within)
    rows = connection.execute(query.order_by(e.closed_at.is_not(None), e.id.desc()).limit(limit)).all()
    return [
        RefusedName(
            *_named(row.ref),
            row.detail,
            None if row.opened_at is None else days.rfc3339(row.opened_at),
            None if row.closed_at is None else days.rfc3339(row.closed_at),
        )
        for row in rows
        if seen.sees_state(row.opened_at if row.opened_at is not None else row.closed_at)
    ]


def _named(ref: str) -> tuple[str, str]:
    """Source and name; the fault of all others says both in its detail."""
    source, space, name = ref.partition(" ")
    return (source, name) if space else ("", "")
