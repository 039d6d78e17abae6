"""Falls of usage and incidents in the store. A fall is kept for every day on which it stands; nothing is overwritten
but an incident's newest state.

An incident is opened when its cause is first found, and closed when it was not found for a week. Days are closed in
order; a day that is closed again (late data) adds what it says anew and leaves later days' incidents alone.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, func, insert, select, update

from collector.calendar import days
from collector.health.anomalies.incidents import Incident
from collector.health.anomalies.model import Verdict
from collector.store import fence
from collector.store.fence import Failed
from collector.store.lists import newest_first
from collector.store.tables.fleet import account, robot
from collector.store.tables.health import anomaly, incident
from collector.values.paging import Page, page_of, read_cursor

log = logging.getLogger(__name__)
AT_ONCE = 500
QUIET_DAYS = 7  # an incident that was not found for so long is over

Key = tuple[str, str, str, str]  # cause, value, of, family


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a day's judgement changed: incidents that it opened and closed, by their row."""

    falls: int
    opened: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A fall of usage that stood at the end of `day`. `incident`: one cause explains it, the alarm is muted."""

    id: int
    account: str
    day: str
    counter: str
    rule: str
    p: float
    ratio: float
    observed: float
    expected: float
    since_day: str | None
    incident: int | None
    demand: dict[str, Any] | None
    fault_before: dict[str, Any] | None
    arrived_at: str


@dataclass(frozen=True, slots=True)
class IncidentSeen:
    """One cause behind many alarms. `of`: usage that fell, faults of `family` that rose, or silence."""

    id: int
    cause: str
    value: str
    of: str
    family: str
    opened_day: str
    since_day: str
    seen_day: str
    closed_day: str | None
    accounts: list[str]
    sharing: int
    others_share: float


def record(
    connection: Connection, day: int, verdicts: Mapping[str, Verdict], found: Sequence[Incident], now_s: int,
    failed: Failed,
) -> Recorded:  # fmt: skip
    """Write what a closed day says. `verdicts` after `incidents.muted`. Saying the same again writes nothing.

    `failed` gets the accounts whose fall the store does not take; the others' are written.
    """
    ids, opened, closed = _incidents(connection, day, found, now_s)
    return Recorded(_falls_of(connection, day, verdicts, ids, now_s, failed), opened, closed)


def record_again(connection: Connection, day: int, verdicts: Mapping[str, Verdict], now_s: int, failed: Failed) -> int:
    """The falls of accounts that late data made judge again, alone; the day's incidents stay as they are."""
    wanted = select(incident).where(incident.c.opened_day <= day).order_by(incident.c.id)
    standing = [row for row in connection.execute(wanted) if row.closed_day is None or row.closed_day > day]
    ids = {key: row.id for row, key, _ in _readable(standing)}
    return _falls_of(connection, day, verdicts, ids, now_s, failed)


def _falls_of(
    connection: Connection, day: int, verdicts: Mapping[str, Verdict], ids: Mapping[Key, int], now_s: int,
    failed: Failed,
) -> int:  # fmt: skip
    """Write those that say something new; how many. `ids`: incidents by what they are."""
    fell = [verdict for verdict in verdicts.values() if verdict.state == "fell"]
    standing = _standing(connection, day, [verdict.row_id for verdict in fell])
    rows: dict[int, dict[str, Any]] = {}
    for verdict in sorted(fell, key=lambda one: one.row_id):
        of = None if verdict.incident is None else ids.get((*verdict.incident, "usage", ""))
        detail = _detail(verdict)
        if standing.get(verdict.row_id) != (of, detail):
            rows[verdict.row_id] = {
                "account_id": verdict.row_id, "day": day, "counter": verdict.counter, "p": verdict.p,
                "ratio": 0.0 if verdict.ratio is None else verdict.ratio, "since_day": verdict.since_day,
                "incident_id": of, "arrived_at": now_s, "detail": detail,
            }  # fmt: skip
    written = 0

    def write(some: Sequence[int]) -> None:
        nonlocal written
        with connection.begin_nested():
            connection.execute(insert(anomaly), [rows[one] for one in some])
        written += len(some)

    if rows:
        fence.each(list(rows), write, failed)
    return written


def _detail(verdict: Verdict) -> str:
    said = {
        "rule": verdict.rule,
        "observed": round(verdict.observed, 1),
        "expected": round(verdict.expected, 1),
        "change": asdict(verdict.change) if verdict.change else None,
        "demand": asdict(verdict.demand) if verdict.demand else None,
        "fault_before": asdict(verdict.fault_before) if verdict.fault_before else None,
    }
    return orjson.dumps(said).decode()


def _standing(connection: Connection, day: int, accounts: Sequence[int]) -> dict[int, tuple[int | None, str]]:
    found: dict[int, tuple[int | None, str]] = {}
    for start in range(0, len(accounts), AT_ONCE):
        wanted = (
            select(anomaly.c.account_id, anomaly.c.incident_id, anomaly.c.detail)
            .where(
                anomaly.c.day == day,
                anomaly.c.account_id.in_(accounts[start : start + AT_ONCE]),
                anomaly.c.withdrawn_at.is_(None),
            )
            .order_by(anomaly.c.id)
        )
        for account_id, incident_id, detail in connection.execute(wanted):
            found[account_id] = (incident_id, detail)
    return found


def _incidents(
    connection: Connection, day: int, found: Sequence[Incident], now_s: int
) -> tuple[dict[Key, int], tuple[int, ...], tuple[int, ...]]:
    wanted = select(incident).where(incident.c.closed_day.is_(None)).order_by(incident.c.id)
    still = {key: (row, seen_day) for row, key, seen_day in _readable(connection.execute(wanted))}
    ids: dict[Key, int] = {}
    opened = []
    for one in found:
        key = (one.cause, one.value, one.of, one.family)
        detail = {
            "of": one.of, "family": one.family, "accounts": list(one.accounts), "sharing": one.sharing,
            "others_share": one.others_share, "since_day": one.since_day, "seen_day": day,
        }  # fmt: skip
        if key not in still:
            values = {
                "cause": one.cause, "value": one.value, "opened_day": day, "arrived_at": now_s,
                "detail": orjson.dumps(detail).decode(),
            }  # fmt: skip
            ids[key] = int(connection.execute(insert(incident).returning(incident.c.id), values).scalar_one())
            opened.append(ids[key])
            continue
        row, seen_day = still[key]
        ids[key] = row.id
        if seen_day <= day:
            changed = update(incident).where(incident.c.id == row.id).values(detail=orjson.dumps(detail).decode())
            connection.execute(changed)
    over = [row.id for key, (row, seen_day) in still.items() if key not in ids and day - seen_day >= QUIET_DAYS]
    if over:
        connection.execute(update(incident).where(incident.c.id.in_(over)).values(closed_day=day))
    return ids, tuple(opened), tuple(over)


def _readable(rows: Iterable[Row[Any]]) -> Iterator[tuple[Row[Any], Key, int]]:
    """(row, what it is, the last day it was seen) of each; one that cannot be read is named, and stays as it is."""

    def read(row: Row[Any]) -> tuple[Row[Any], Key, int]:
        detail = orjson.loads(row.detail)
        return row, (row.cause, row.value, detail["of"], detail["family"]), int(detail["seen_day"])

    def unreadable(row: Row[Any], reason: str) -> None:
        extra = {"action": "incident_not_read", "incident": row.id, "reason": reason}
        log.error("an incident cannot be read; the others are judged", extra=extra)

    return fence.every(rows, read, unreadable)


def anomalies_page(
    connection: Connection,
    *,
    account_id: int | None = None,
    between: tuple[int, int] | None = None,
    muted: bool | None = None,
    limit: int,
    cursor: str | None,
) -> Page[Anomaly]:
    """Falls, the newest day first; of each account and day the newest saying. Raises BadCursor."""
    wanted = _falls()
    if account_id is not None:
        wanted = wanted.where(anomaly.c.account_id == account_id)
    if between is not None:
        wanted = wanted.where(anomaly.c.day.between(*between))
    if muted is not None:
        wanted = wanted.where(anomaly.c.incident_id.is_not(None) if muted else anomaly.c.incident_id.is_(None))
    after = read_cursor(cursor, int, int)
    if after is not None:
        day, row_id = after
        wanted = wanted.where((anomaly.c.day < day) | ((anomaly.c.day == day) & (anomaly.c.id < row_id)))
    wanted = wanted.order_by(anomaly.c.day.desc(), anomaly.c.id.desc()).limit(limit + 1)
    rows, more = page_of(connection.execute(wanted).all(), limit, lambda row: (row.day, row.id))
    names = _robot_names(connection, rows)
    return Page([_shown(row, names) for row in rows], more)


def _falls() -> Select[Any]:
    newest = (
        select(func.max(anomaly.c.id))
        .where(anomaly.c.withdrawn_at.is_(None))
        .group_by(anomaly.c.account_id, anomaly.c.day, anomaly.c.counter)
    )
    return (
        select(account.c.external_id, *anomaly.c)
        .join(account, account.c.id == anomaly.c.account_id)
        .where(anomaly.c.id.in_(newest), ~account.c.withdrawn)
    )


def _robot_names(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, str]:
    faults = (orjson.loads(row.detail)["fault_before"] for row in rows)
    wanted = sorted({robot_id for fault in faults if fault for robot_id in fault["robots"]})
    found: dict[int, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        chosen = select(robot.c.id, robot.c.name).where(robot.c.id.in_(wanted[start : start + AT_ONCE]))
        found.update((row.id, row.name) for row in connection.execute(chosen))
    return found


def _shown(row: Row[Any], names: Mapping[int, str]) -> Anomaly:
    said = orjson.loads(row.detail)
    fault = said["fault_before"]
    if fault:
        robots = [names[robot_id] for robot_id in fault["robots"] if robot_id in names]
        fault = {**fault, "since_day": days.iso(fault["since_day"]), "robots": robots}
    return Anomaly(
        id=row.id,
        account=row.external_id,
        day=days.iso(row.day),
        counter=row.counter,
        rule=said["rule"],
        p=row.p,
        ratio=row.ratio,
        observed=said["observed"],
        expected=said["expected"],
        since_day=None if row.since_day is None else days.iso(row.since_day),
        incident=row.incident_id,
        demand=said["demand"],
        fault_before=fault,
        arrived_at=days.rfc3339(row.arrived_at),
    )


def incidents_page(
    connection: Connection, *, is_open: bool | None = None, limit: int, cursor: str | None
) -> Page[IncidentSeen]:
    """Incidents, the newest first. Raises BadCursor."""
    wanted = select(incident)
    if is_open is not None:
        wanted = wanted.where(incident.c.closed_day.is_(None) if is_open else incident.c.closed_day.is_not(None))
    shown, more = newest_first(connection, wanted, incident.c.id, limit, cursor)
    return Page([_seen(row) for row in shown], more)


def _seen(row: Row[Any]) -> IncidentSeen:
    said = orjson.loads(row.detail)
    return IncidentSeen(
        id=row.id,
        cause=row.cause,
        value=row.value,
        of=said["of"],
        family=said["family"],
        opened_day=days.iso(row.opened_day),
        since_day=days.iso(said["since_day"]),
        seen_day=days.iso(said["seen_day"]),
        closed_day=None if row.closed_day is None else days.iso(row.closed_day),
        accounts=said["accounts"],
        sharing=said["sharing"],
        others_share=said["others_share"],
    )
