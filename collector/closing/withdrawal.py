"""Takes back what was closed of days that are not over: a clock was ahead when it was done.

History is append-only, so every score of such a day gets a version that withdraws it, and every account-day an empty
one; both keep their numbers, and the real day's versions follow them when it is closed. Marks go back to the newest day
that is over. Calls to action that only those days opened are closed, the others are as they were, a snoozed one
snoozed: who got the `cta.closed` of one is told that it is not. What waits to be sent
of it is not sent; who was told already is told that it was wrong.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, or_, select, update

from collector.calendar import days
from collector.closing.run import Closing
from collector.health.model import AccountDay
from collector.notifications import announcements, queue
from collector.scores import closed_days, reads, scores
from collector.scores.days_codec import encode
from collector.store import fence, pruned, rolled
from collector.store.tables.fleet import store_fact
from collector.store.tables.health import account_day, anomaly, incident, lifecycle, rollup_mark, score, to_rescore
from collector.store.tables.success import cta
from collector.success import store as success
from collector.success.decisions import NO_LONGER_NEEDED, State

log = logging.getLogger(__name__)
_EVENT_OF: dict[State, str] = {"open": "opened", "snoozed": "snoozed", "digest": "digest"}  # in the history


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysWithdrawn:
    """What was taken back. Without a day there was nothing."""

    from_day: str | None = None
    to_day: str | None = None
    scores: int = 0
    account_days: int = 0
    ctas: int = 0
    unsent: int = 0  # webhooks and notices that are not sent any more
    corrected: int = 0  # corrections of what was sent


def withdraw(closing: Closing, now_s: int) -> DaysWithdrawn:
    """Take back every closed day that is not over by `now_s`. Raises ClosingBusy."""
    with closed_days.alone(closing.store), closing.store.write() as connection:
        zones = closed_days.timezones(connection, reads.account_ids(connection), closing.base_timezone)
        everywhere = {*zones, *closed_days.robot_zones(connection)} or {closing.base_timezone}
        over = closed_days.newest_over(now_s, everywhere, closing.policy.clock.settle_h)
        assert over is not None
        last = _last_day(connection)
        if last is None or last <= over:
            return DaysWithdrawn()
        account_days = _account_days(connection, over, now_s)
        withdrawn = scores.withdraw(connection, over + 1, now_s)
        _marks_back(connection, over, now_s)
        for table in (lifecycle, anomaly):
            connection.execute(
                update(table).where(table.c.day > over, table.c.withdrawn_at.is_(None)).values(withdrawn_at=now_s)
            )
        _incidents(connection, over)
        closed, reopened = _ctas(connection, over, now_s)
        unsent, told = queue.withdraw(connection, now_s)
        announcements.reopened(connection, reopened, now_s, closing.playbooks)
        corrected = announcements.days_withdrawn(
            connection, (over + 1, last), closed, told, now_s, scores=withdrawn, playbooks=closing.playbooks
        )
        return DaysWithdrawn(
            from_day=days.iso(over + 1), to_day=days.iso(last), scores=withdrawn, account_days=account_days,
            ctas=len(closed), unsent=unsent, corrected=corrected,
        )  # fmt: skip


def _last_day(connection: Connection) -> int | None:
    """The newest day that anything was closed of."""
    found = [
        closed_days.closed_through(connection),
        connection.scalar(select(func.max(rollup_mark.c.through_day))),
        connection.scalar(select(func.max(score.c.day)).where(score.c.withdrawn_at.is_(None))),
    ]
    return max((day for day in found if day is not None), default=None)


def _account_days(connection: Connection, over: int, now_s: int) -> int:
    """An empty version of each account-day that is not over."""
    newest = (
        select(account_day.c.account_id, account_day.c.day, func.max(account_day.c.version).label("version"))
        .where(account_day.c.day > over)
        .group_by(account_day.c.account_id, account_day.c.day)
    )
    rows = [
        {
            "account_id": row.account_id, "day": row.day, "version": row.version + 1, "arrived_at": now_s, "open": True,
            "robots": 0, "heard": 0, "active": 0, "online_s": 0, "scheduled_s": 0, "faults": 0,
            "body": encode(AccountDay(day=row.day)),
        }
        for row in connection.execute(newest)
    ]  # fmt: skip
    if rows:
        connection.execute(insert(account_day), rows)
    return len(rows)


def _marks_back(connection: Connection, over: int, now_s: int) -> None:
    """Everything that says how far something came says `over` at most."""
    rolled.back_to(connection, over)
    beyond = rollup_mark.c.through_day > over
    connection.execute(update(rollup_mark).where(beyond).values(through_day=over, rolled_at=now_s))
    connection.execute(delete(to_rescore).where(to_rescore.c.day > over))
    limits = {
        closed_days.MARK: over, announcements.MARK: over, pruned.HOURS: over + 1, pruned.FAULTS: now_s,
    }  # fmt: skip
    for name, limit in limits.items():
        value = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == name))
        if value is not None and int(value) > limit:
            connection.execute(update(store_fact).where(store_fact.c.name == name).values(value=str(limit)))


def _incidents(connection: Connection, over: int) -> None:
    """Those of false days are closed with them; those that were closed or seen then are as they stood before."""
    touched = (incident.c.opened_day > over) | (incident.c.closed_day > over) | incident.c.closed_day.is_(None)

    def unreadable(row: Row[Any], reason: str) -> None:
        """Nobody knows when it was seen; that a false day opened it is known."""
        extra = {"action": "incident_not_read", "incident": row.id, "reason": reason}
        log.error("an incident cannot be read; the others are taken back", extra=extra)
        if row.opened_day > over:
            connection.execute(update(incident).where(incident.c.id == row.id).values(closed_day=row.opened_day))

    for row, said in fence.every(connection.execute(select(incident).where(touched)).all(), _said, unreadable):
        if row.opened_day > over:
            values = {"closed_day": row.opened_day, "detail": orjson.dumps({**said, "withdrawn": True}).decode()}
        elif said["seen_day"] > over or (row.closed_day or over) > over:
            seen = {**said, "seen_day": min(said["seen_day"], over)}
            values = {"closed_day": None, "detail": orjson.dumps(seen).decode()}
        else:
            continue
        connection.execute(update(incident).where(incident.c.id == row.id).values(**values))


def _said(row: Row[Any]) -> tuple[Row[Any], dict[str, Any]]:
    said: dict[str, Any] = orjson.loads(row.detail)
    return row, {**said, "seen_day": int(said["seen_day"])}


def _ctas(connection: Connection, over: int, now_s: int) -> tuple[list[int], list[int]]:
    """Close what only false days opened; give back the state that false days took from the others.

    Ids of those closed that a person had, and of those that are no longer closed.
    """
    opened = select(cta).where(cta.c.opened_day > over, cta.c.state != "closed").order_by(cta.c.id)
    false = connection.execute(opened).all()
    ids = [row.id for row in false]
    _set(connection, ids, {"state": "closed", "closed_day": over, "outcome": NO_LONGER_NEEDED})
    success.record(connection, ids, NO_LONGER_NEEDED, now_s, detail={"because": "clock_ahead"})
    by_collector = and_(cta.c.closed_day > over, cta.c.outcome == NO_LONGER_NEEDED)
    woken = and_(cta.c.state == "open", cta.c.snoozed_until > over)  # its day has not come: only a false one woke it
    changed = select(cta).where(or_(by_collector, woken), cta.c.opened_day <= over).order_by(cta.c.id)
    rows = connection.execute(changed).all()
    of_state: dict[State, list[int]] = {}
    for row in rows:
        of_state.setdefault(_former(row, over), []).append(row.id)
    for state, some in of_state.items():
        _set(connection, some, {"state": state, "closed_day": None, "outcome": ""})
        success.record(connection, some, _EVENT_OF[state], now_s, detail={"because": "clock_ahead"})
    connection.execute(update(cta).where(cta.c.seen_day > over).values(seen_day=over))
    return [row.id for row in false if row.state != "digest"], [row.id for row in rows if row.state == "closed"]


def _former(row: Row[Any], over: int) -> State:
    """How a call to action stood on `over`: its snooze outlives a round that wakes or closes it."""
    if row.snoozed_until is not None and row.snoozed_until > over:
        return "snoozed"
    return "open" if row.given_to else "digest"


def _set(connection: Connection, ids: Sequence[int], values: dict[str, object]) -> None:
    table: Table = cta
    for start in range(0, len(ids), scores.AT_ONCE):
        connection.execute(update(table).where(table.c.id.in_(ids[start : start + scores.AT_ONCE])).values(**values))
