"""Alarms that concern no robot: what scores are made of, or what they foretell, is no longer as it was.

One row of `store_fact` holds the newest scored day that was judged and what was found; the next judgement replaces it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, delete, insert, select

from collector.store.tables.fleet import store_fact

NAME = "drift"
INPUTS, OUTCOMES = "drift_inputs", "drift_outcomes"
KINDS = (INPUTS, OUTCOMES)


@dataclass(frozen=True, slots=True)
class DriftAlarm:
    """`kind` is one of KINDS. Moments are Unix seconds; `times`: judgements in a row that found it."""

    kind: str
    raised_at: int
    last_at: int
    times: int
    detail: str
    cleared: bool = False


def read(connection: Connection) -> tuple[int | None, tuple[DriftAlarm, ...]]:
    """The newest scored day that was judged, and what was found then, also what a person has cleared since."""
    value = connection.scalar(select(store_fact.c.value).where(store_fact.c.name == NAME))
    if value is None:
        return None, ()
    form = orjson.loads(value)
    return form["day"], tuple(DriftAlarm(**one) for one in form["alarms"])


def keep(connection: Connection, day: int, found: Mapping[str, str], now_s: int) -> None:
    """Of a judgement of the day: details by kind. What it does not find is over; what it finds again holds again."""
    before = {one.kind: one for one in read(connection)[1]}
    alarms = []
    for kind, detail in found.items():
        old = before.get(kind)
        raised_s, times = (now_s, 1) if old is None else (old.raised_at, old.times + 1)
        alarms.append(DriftAlarm(kind, raised_s, now_s, times, detail))
    _write(connection, day, alarms)


def clear(connection: Connection, kind: str) -> bool:
    """Somebody has seen to it. False: it does not hold."""
    day, alarms = read(connection)
    holds = [one for one in alarms if one.kind == kind and not one.cleared]
    if day is None or not holds:
        return False
    _write(connection, day, [one for one in alarms if one.kind != kind] + [_cleared(one) for one in holds])
    return True


def _cleared(one: DriftAlarm) -> DriftAlarm:
    return DriftAlarm(one.kind, one.raised_at, one.last_at, one.times, one.detail, cleared=True)


def _write(connection: Connection, day: int, alarms: list[DriftAlarm]) -> None:
    connection.execute(delete(store_fact).where(store_fact.c.name == NAME))
    value = orjson.dumps({"day": day, "alarms": alarms}).decode()
    connection.execute(insert(store_fact).values(name=NAME, value=value))
