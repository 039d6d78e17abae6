"""The day it is where a robot is, as SQL: who has a robot now is asked of its own day, everywhere."""

from sqlalchemy import ColumnElement, Connection, case, literal, select

from collector.calendar import days
from collector.store.tables.fleet import robot


def own_day(connection: Connection, now_s: float) -> ColumnElement[int]:
    """SQL beside the table `robot`: the day of today by its zone, as `days.of` says it."""
    usual = days.of(now_s, None)
    others: dict[int, list[str]] = {}
    for zone in connection.execute(select(robot.c.timezone).distinct()).scalars():
        if days.known_zone(zone) is not None and (day := days.of(now_s, zone)) != usual:
            others.setdefault(day, []).append(zone)
    if not others:
        return literal(usual)
    return case(*((robot.c.timezone.in_(zones), day) for day, zones in sorted(others.items())), else_=usual)
