"""Which version of a skill ran on which robot from when to when: of the states that skills told, on any day.

A run begins with `active` and ends with the next state that is no crash: a skill that crashes is started again within a
minute. Before a robot's first word nothing is known to have run.
"""

from sqlalchemy import ColumnElement, Float, Select, Subquery, and_, case, cast, func, select

from collector.calendar.days import DAY_S
from collector.store.tables.skills import skill_event

OPEN_S = 2**40  # the end of what still runs


def runs(of: str = "") -> Subquery:
    """SQL: robot_id, skill, version, from_s, to_s (OPEN_S: it still runs). `of`: this skill only; "": all."""
    told = skill_event
    follows = func.lead(told.c.at).over(partition_by=(told.c.robot_id, told.c.skill), order_by=(told.c.at, told.c.id))
    states = select(
        told.c.robot_id, told.c.skill, told.c.version, told.c.state, told.c.at.label("from_s"),
        func.coalesce(follows, OPEN_S).label("to_s"),
    ).where(told.c.state != "crashed")  # fmt: skip
    if of:
        states = states.where(told.c.skill == of)
    each = states.subquery()
    return select(each).where(each.c.state == "active").subquery("run")


def held(day: int, robots: Select[tuple[int]]) -> Subquery:
    """SQL: the version of each skill of these robots at the end of a day (UTC), also of one that was put aside."""
    told = skill_event
    place = func.row_number().over(
        partition_by=(told.c.robot_id, told.c.skill), order_by=(told.c.at.desc(), told.c.id.desc())
    )
    before = and_(told.c.at < (day + 1) * DAY_S, told.c.robot_id.in_(robots))
    each = select(told.c.robot_id, told.c.skill, told.c.version, told.c.state, place.label("place")).where(before)
    newest = each.subquery()
    return select(newest).where(newest.c.place == 1, newest.c.state != "stopped").subquery("held")


def on_day(run: Subquery, robot_id: ColumnElement[int], day: ColumnElement[int]) -> ColumnElement[bool]:
    """SQL: of that robot, and it ran on that day (UTC)."""
    return and_(run.c.robot_id == robot_id, run.c.from_s < (day + 1) * DAY_S, run.c.to_s > day * DAY_S)


def at_moment(run: Subquery, robot_id: ColumnElement[int], at_s: ColumnElement[int]) -> ColumnElement[bool]:
    """SQL: of that robot, and it ran then."""
    return and_(run.c.robot_id == robot_id, at_s >= run.c.from_s, at_s < run.c.to_s)


def share_of_day(run: Subquery, seconds: ColumnElement[int], day: ColumnElement[int]) -> ColumnElement[float]:
    """SQL: of so many seconds of a day (UTC) the share in which it ran."""
    begins, ends = day * DAY_S, (day + 1) * DAY_S
    late = case((run.c.from_s > begins, run.c.from_s), else_=begins)
    early = case((run.c.to_s < ends, run.c.to_s), else_=ends)
    return cast(seconds * (early - late) / float(DAY_S), Float)
