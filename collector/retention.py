"""What is not kept for ever. Day totals are; hours, events, closed faults and parked messages have their days.

Everything goes in small transactions, so that ingest never waits long; a run that is cut off goes on next time.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, and_, delete, func, insert, select, tuple_, update

from collector.calendar.days import DAY_S, HOUR_S
from collector.ingest.rows import parked as parking
from collector.ingest.rows.on_connection import rows_on
from collector.store import holds, pruned
from collector.store.engine import BUSY_MS, WAL_MAX_BYTES, Store
from collector.store.tables.fleet import (
    counter_support_past,
    deployment,
    fault_episode,
    gap,
    lifecycle_event,
    parked,
    parked_tally,
    usage_day,
)
from collector.store.tables.skill_bills import skill_bill_dispute
from collector.store.tables.skills import skill_event, skill_fact
from collector.values.keep import Keep, oldest_hours_day

RETENTION_EVERY_S = float(HOUR_S)
WAL_EVERY_S = 30.0
STEP_ROWS = 500

Step = Callable[[Connection], int]


def steps(keep: Keep, now_s: int) -> list[Step]:
    """Each removes at most some hundred rows of one kind; to be run again until it returns 0."""
    events_before = now_s - keep.events_days * DAY_S
    faults_before = now_s - keep.faults_days * DAY_S
    parked_before = now_s - keep.parked_days * DAY_S
    return [
        partial(_hours_gone, before_day=oldest_hours_day(keep, now_s)),
        partial(_delete, lifecycle_event.c.id, lifecycle_event.c.at < events_before),
        partial(_supports_gone, before_s=events_before),
        partial(_history_gone, skill_event, before_s=events_before),
        partial(_history_gone, skill_fact, before_s=events_before),
        partial(_faults_gone, before_s=faults_before),
        partial(_gaps_gone, before_s=faults_before),
        partial(_released_gone, now_s=now_s),
        partial(_delete, parked.c.id, parked.c.received_at < parked_before),
        lambda connection: parking.bound_total(rows_on(connection)),
        partial(_tally_gone, before_s=parked_before),
    ]


def run(in_turn: Callable[[Step], int], keep: Keep, now_s: int) -> int:
    """All steps to their end; `in_turn` runs one in a transaction of its own. Returns the rows removed."""
    removed = 0
    for step in steps(keep, now_s):
        while rows := in_turn(step):
            removed += rows
    return removed


def bound_wal(store: Store) -> int:
    """Cut the WAL when a long reader let it grow; returns its bytes before. Waits for no reader."""
    if store.dialect != "sqlite":
        return 0
    wal = Path(f"{store.url.database}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size > WAL_MAX_BYTES:
        with store.turn, store.writer.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("PRAGMA busy_timeout=50")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return size


def _supports_gone(connection: Connection, before_s: int) -> int:
    """Which counters a robot could count so long ago. One that says otherwise at each start keeps no row for each."""
    key = tuple_(*counter_support_past.primary_key.columns)
    some = select(*counter_support_past.primary_key.columns).where(counter_support_past.c.until_s < before_s)
    rows = [tuple(row) for row in connection.execute(some.limit(STEP_ROWS))]
    if rows:
        connection.execute(delete(counter_support_past).where(key.in_(rows)))
    return len(rows)


def _history_gone(table: Table, connection: Connection, before_s: int) -> int:
    """Of each robot and skill the newest row so old stays: it says what stood when the history that is kept begins."""
    old = table.c.at < before_s
    newest = select(func.max(table.c.id)).where(old).group_by(table.c.robot_id, table.c.skill)
    return _delete(table.c.id, and_(old, table.c.id.not_in(newest)), connection)


def _hours_gone(connection: Connection, before_day: int) -> int:
    """Take the hours of old robot-days, going on from the day the last run came to."""
    done_day = pruned.read(connection).hours_before_day
    old = and_(usage_day.c.day >= done_day, usage_day.c.day < before_day, usage_day.c.hours.is_not(None))
    rows = _take_hours(connection, old)
    reached = rows[-1].day if len(rows) == STEP_ROWS else before_day
    pruned.reached(connection, pruned.HOURS, reached)
    return len(rows)


def _take_hours(connection: Connection, old: ColumnElement[bool]) -> Sequence[Row[int, int]]:
    """Of some of these robot-days, the oldest first, but for those that bills still rest on; which they were."""
    if holds.any_held(connection):
        old = and_(old, ~holds.is_held(usage_day.c.robot_id, usage_day.c.day))
    some = select(usage_day.c.day, usage_day.c.robot_id).where(old).order_by(usage_day.c.day).limit(STEP_ROWS)
    rows = connection.execute(some).all()
    if rows:
        chosen = tuple_(usage_day.c.day, usage_day.c.robot_id).in_([tuple(row) for row in rows])
        if connection.dialect.name == "sqlite":
            _rewrite_without_hours(connection, chosen)
        else:
            connection.execute(update(usage_day).where(chosen).values(hours=None, covered=None))
    return rows


def _released_gone(connection: Connection, now_s: int) -> int:
    """Take the hours that a dispute held, once it is settled: the days before them have been gone through."""
    done_day = pruned.read(connection).hours_before_day
    table = skill_bill_dispute
    settled = and_(table.c.settled_at.is_not(None), table.c.released_at.is_(None), table.c.to_day <= done_day)
    one = connection.execute(select(table).where(settled).order_by(table.c.id).limit(1)).one_or_none()
    if one is None:
        return 0
    robots = select(deployment.c.robot_id).where(deployment.c.account_id == one.account_id)
    held = and_(
        usage_day.c.day >= one.from_day, usage_day.c.day < one.to_day, usage_day.c.hours.is_not(None),
        usage_day.c.robot_id.in_(robots),
    )  # fmt: skip
    rows = _take_hours(connection, held)
    if not rows:
        connection.execute(update(table).where(table.c.id == one.id).values(released_at=now_s))
    return max(len(rows), 1)  # there may be another


def _gaps_gone(connection: Connection, before_s: int) -> int:
    old = gap.c.to_s < before_s
    if holds.any_held(connection):
        old = and_(old, ~holds.is_held(gap.c.robot_id, gap.c.to_s // DAY_S))
    return _delete(gap.c.id, old, connection)


def _faults_gone(connection: Connection, before_s: int) -> int:
    """Take closed faults, and say so to whoever adds up their days again."""
    gone = _delete(fault_episode.c.id, fault_episode.c.closed_at < before_s, connection)
    if gone:
        pruned.reached(connection, pruned.FAULTS, before_s)
    return gone


def _rewrite_without_hours(connection: Connection, chosen: ColumnElement[bool]) -> None:
    """A row that only shrinks leaves a page that is nearly empty and never filled again: twice the file, measured.

    Written anew, the small rows lie together and the pages of the large ones become free.
    """
    kept = [column for column in usage_day.c if column.name not in {"hours", "covered"}]
    rows = select(*kept).where(chosen).order_by(usage_day.c.robot_id, usage_day.c.day)
    names = [column.name for column in kept]
    connection.execute(insert(usage_day).prefix_with("OR REPLACE").from_select(names, rows))


def _delete(column: Column[int], condition: ColumnElement[bool], connection: Connection) -> int:
    some = select(column).where(condition).limit(STEP_ROWS)
    return connection.execute(delete(column.table).where(column.in_(some))).rowcount


def _tally_gone(connection: Connection, before_s: int) -> int:
    return connection.execute(delete(parked_tally).where(parked_tally.c.last_at < before_s)).rowcount
