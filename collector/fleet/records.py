"""Reads of what robots reported and what could not be taken: events, streams, gaps, skills, gauges, alarms, parked."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select, update

from collector.calendar import days
from collector.fleet import ahead, drift_alarm
from collector.fleet.drift_alarm import DriftAlarm
from collector.fleet.scope import Scope, VisibleRobot, seen_of
from collector.store.lists import newest_first
from collector.store.tables.fleet import (
    alarm,
    gap,
    gauge,
    lifecycle_event,
    parked,
    parked_tally,
    robot,
    skill_state,
    stream,
)
from collector.values.paging import Page


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to an agent: start, stop, clock, configuration, counters, lost, epoch."""

    id: int
    robot: str
    at: str
    confidence: str
    event: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stream:
    """One outbox file of a robot: everything up to `mark` is committed. `closed_at`: replaced by a newer epoch.

    `first_batch_at` null: it began before the caller had the robot.
    """

    epoch: str
    mark: int
    first_batch_at: str | None
    last_batch_at: str
    closed_at: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch without data that ingest wrote down, with its cause."""

    from_at: str
    to_at: str
    cause: str
    records: int
    detail: str


@dataclass(frozen=True, slots=True)
class Skill:
    """The newest state that a skill package reported."""

    skill: str
    version: str
    state: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Gauges:
    """Readings of the newest hour that was sent: name -> [min, mean, max]."""

    at: str
    readings: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person should look at.

    two_epochs: the same identity sends twice (a cloned card); `detail` says which one kept the name. epochs: a robot
    opens outbox files without end. zone_unknown: nobody said its zone. ahead: this store was replaced or restored;
    it is one for all robots, and `robot` is "".
    overfull_day: more seconds of a day are vouched for than it has.
    record_stuck: the broker does not let one record pass, which `detail` names.
    went_back: an outbox was put back from a copy. openings_lost: faults that flapped in the part that was lost with it;
    only their closing would have said how often they opened.
    readings_refused: more readings were refused in an hour than the setting refused_readings_per_h.
    licences_untold: with its licences what it shall run is longer than a robot takes.
    drift_inputs, drift_outcomes: what scores are made of, or who is lost, is not as it was; one for all robots too.
    """

    robot: str
    kind: str
    raised_at: str
    last_at: str
    times: int
    cleared_at: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Parked:
    """A message or record that could not be taken. `reason` is a stable word; its bytes are kept."""

    id: int
    received_at: str
    topic: str
    robot: str
    reason: str
    text: str
    seq: int | None
    size: int


@dataclass(frozen=True, slots=True)
class ParkedWithBytes:
    """One parked message with its bytes: hexadecimal, and as text where it is text."""

    parked: Parked
    payload_hex: str
    payload_text: str | None


@dataclass(frozen=True, slots=True)
class ParkedTally:
    """How many were parked, for a robot and a reason; `dropped` of them were deleted to stay bounded."""

    robot: str
    reason: str
    parked: int
    dropped: int
    last_at: str


def events(
    connection: Connection, scope: Scope, *, seen: VisibleRobot | None = None, limit: int, cursor: str | None = None
) -> Page[Event]:
    """Newest first, of one robot or of all the caller may see; such a page may hold fewer than `limit`."""
    query = select(lifecycle_event, robot.c.name).join(robot, robot.c.id == lifecycle_event.c.robot_id)
    had = scope.had(lifecycle_event.c.robot_id)
    if seen is not None:
        query = query.where(lifecycle_event.c.robot_id == seen.id)
    elif had is not None:
        query = query.where(had)
    cut, following = newest_first(connection, query, lifecycle_event.c.id, limit, cursor)
    who = {} if scope.is_everything else seen_of(connection, list({row.robot_id for row in cut}), scope)
    visible = [
        row for row in cut if scope.is_everything or (row.robot_id in who and who[row.robot_id].sees_state(row.at))
    ]
    items = [
        Event(row.id, row.name, days.rfc3339(row.at), row.confidence, row.event, orjson.loads(row.detail))
        for row in visible
    ]
    return Page(items, following)


def streams(connection: Connection, seen: VisibleRobot) -> list[Stream]:
    """Newest first; a customer sees those of which something came while it had the robot."""
    query = select(stream).where(stream.c.robot_id == seen.id).order_by(stream.c.received_at.desc()).limit(50)
    rows = [row for row in connection.execute(query) if seen.sees_state(row.received_at)]
    return [
        Stream(
            row.epoch,
            row.mark,
            days.rfc3339(row.first_at) if seen.sees_state(row.first_at) else None,
            days.rfc3339(row.received_at),
            None if row.closed_at is None else days.rfc3339(row.closed_at),
        )
        for row in rows
    ]


def gaps(connection: Connection, seen: VisibleRobot, from_s: int, *, limit: int = 50) -> list[Gap]:
    """Newest first."""
    query = select(gap).where(gap.c.robot_id == seen.id, gap.c.to_s > from_s)
    rows = connection.execute(query.order_by(gap.c.from_s.desc()).limit(limit))
    return [
        Gap(days.rfc3339(row.from_s), days.rfc3339(row.to_s), row.cause, row.records, row.detail)
        for row in rows
        if seen.sees_moment(row.from_s)
    ]


def skills(connection: Connection, seen: VisibleRobot) -> list[Skill]:
    """A customer sees what was told while it had the robot."""
    query = select(skill_state).where(skill_state.c.robot_id == seen.id).order_by(skill_state.c.skill)
    rows = [row for row in connection.execute(query) if seen.sees_state(row.at)]
    return [Skill(row.skill, row.version, row.state, row.reason, days.rfc3339(row.at)) for row in rows]


def gauges(connection: Connection, seen: VisibleRobot) -> Gauges | None:
    """A customer sees what was told while it had the robot."""
    row = connection.execute(select(gauge).where(gauge.c.robot_id == seen.id)).one_or_none()
    if row is None or not seen.sees_state(row.at):
        return None
    return Gauges(days.rfc3339(row.at), orjson.loads(row.readings))


def alarms(connection: Connection, *, uncleared: bool = False) -> list[Alarm]:
    """Newest first, at most 500: an alarm is one row per robot and kind."""
    query = select(alarm, robot.c.name).join(robot, robot.c.id == alarm.c.robot_id)
    if uncleared:
        query = query.where(alarm.c.cleared_at.is_(None))
    behind = ahead.read(connection)
    one = (
        [] if behind is None else [Alarm("", ahead.KIND, behind.first_noted_at, behind.noted_at, 1, None, str(behind))]
    )
    one += [_of_drift(each) for each in drift_alarm.read(connection)[1] if not (uncleared and each.cleared)]
    return one + [_alarm(row) for row in connection.execute(query.order_by(alarm.c.last_at.desc()).limit(500))]


def _of_drift(one: DriftAlarm) -> Alarm:
    cleared = days.rfc3339(one.last_at) if one.cleared else None
    return Alarm("", one.kind, days.rfc3339(one.raised_at), days.rfc3339(one.last_at), one.times, cleared, one.detail)


def _alarm(row: Row[Any]) -> Alarm:
    cleared = None if row.cleared_at is None else days.rfc3339(row.cleared_at)
    raised, last = days.rfc3339(row.raised_at), days.rfc3339(row.last_at)
    return Alarm(row.name, row.kind, raised, last, row.times, cleared, row.detail)


def alarms_of(connection: Connection, robot_id: int) -> list[Alarm]:
    """What still holds of one robot."""
    query = select(alarm, robot.c.name).join(robot, robot.c.id == alarm.c.robot_id)
    found = connection.execute(query.where(alarm.c.robot_id == robot_id, alarm.c.cleared_at.is_(None)))
    return [_alarm(row) for row in found]


def clear_alarm(connection: Connection, robot_id: int, kind: str, now_s: int) -> bool:
    """Somebody has seen to it; it is raised again when it is seen again. False: it does not hold."""
    a = alarm.c
    query = update(alarm).where(a.robot_id == robot_id, a.kind == kind, a.cleared_at.is_(None))
    return connection.execute(query.values(cleared_at=now_s)).rowcount > 0


def hold_alarm(connection: Connection, robot_id: int, kind: str) -> bool:
    """It was not seen to after all. False: it was never cleared."""
    a = alarm.c
    query = update(alarm).where(a.robot_id == robot_id, a.kind == kind, a.cleared_at.is_not(None))
    return connection.execute(query.values(cleared_at=None)).rowcount > 0


def parked_page(
    connection: Connection, *, robot_name: str | None = None, limit: int, cursor: str | None = None
) -> Page[Parked]:
    """Newest first, without the bytes."""
    columns = [column for column in parked.c if column.name != "payload"]
    query = select(*columns)
    if robot_name is not None:
        query = query.where(parked.c.robot == robot_name)
    rows, following = newest_first(connection, query, parked.c.id, limit, cursor)
    return Page([_parked(row) for row in rows], following)


def parked_one(connection: Connection, parked_id: int) -> ParkedWithBytes | None:
    row = connection.execute(select(parked).where(parked.c.id == parked_id)).one_or_none()
    if row is None:
        return None
    try:
        text = bytes(row.payload).decode()
    except UnicodeDecodeError:
        text = None
    return ParkedWithBytes(_parked(row), bytes(row.payload).hex(), text)


def _parked(row: Row[Any]) -> Parked:
    return Parked(row.id, days.rfc3339(row.received_at), row.topic, row.robot, row.reason, row.text, row.seq, row.size)


def parked_tallies(connection: Connection) -> list[ParkedTally]:
    """The 200 newest pairs of robot and reason."""
    rows = connection.execute(select(parked_tally).order_by(parked_tally.c.last_at.desc()).limit(200))
    return [ParkedTally(row.robot, row.reason, row.parked, row.dropped, days.rfc3339(row.last_at)) for row in rows]
