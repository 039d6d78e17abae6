"""The day it is where a robot is: who has a robot now is asked of its own day, everywhere, and which days are over."""

from sqlalchemy import ColumnElement, Connection, case, literal, select

from collector.calendar import days
from collector.store.tables.fleet import robot


def whole_day(connection: Connection, now_s: float) -> int:
    """The last day that is over for every robot of the fleet: days of robots are counted by each one's zone."""
    zones = connection.execute(select(robot.c.timezone).distinct()).scalars()
    return min((days.of(now_s, zone) for zone in zones), default=days.of(now_s, None)) - 1


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
