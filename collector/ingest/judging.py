"""What a person decides about amounts that no robot can plausibly have counted: release one, or refuse it.

A released amount is added to its robot-day in the transaction that says so, as ingest adds a window's, and noted for
the roll-up: it reaches robot-day and account-day once.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, and_, select, update

from collector.ingest.rows.base import StateRows
from collector.ingest.rows.on_connection import rows_on
from collector.ingest.rows.parked_counts import hours_of
from collector.ingest.state import RobotState, UnitOfWork
from collector.store.tables.fleet import parked_count


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsDecision:
    """Who decides, when and why."""

    by: str
    why: str
    now_s: int


def release(
    connection: Connection, parked_id: int, decision: PersonsDecision, oldest_hours_day: int
) -> Literal["released", "not_waiting", "day_full"]:
    """Add the amount to its robot-day, once. The caller rolls back what is not released."""
    robot_id = connection.scalar(select(parked_count.c.robot_id).where(parked_count.c.id == parked_id))
    if robot_id is None:
        return "not_waiting"
    rows = rows_on(connection)
    robot = _locked(rows, robot_id)
    if not _decide(connection, parked_id, "released", decision):
        return "not_waiting"
    row = connection.execute(select(parked_count).where(parked_count.c.id == parked_id)).one()
    work = UnitOfWork(decision.now_s)
    for hour, n in hours_of(row.hours).items():
        work.day(row.day, robot_id).add(hour, {row.counter: n})
    rows.write([robot], work, oldest_hours_day)
    return "day_full" if work.parked_amounts or work.parked else "released"


def refuse(connection: Connection, parked_id: int, decision: PersonsDecision) -> bool:
    """Keep the amount as refused; False when it does not wait."""
    return _decide(connection, parked_id, "refused", decision)


def _decide(connection: Connection, parked_id: int, state: str, decision: PersonsDecision) -> bool:
    waiting = and_(parked_count.c.id == parked_id, parked_count.c.state == "waiting")
    decided = {
        "state": state, "decided_at": decision.now_s, "decided_by": decision.by, "why": decision.why,
    }  # fmt: skip
    return connection.execute(update(parked_count).where(waiting).values(decided)).rowcount == 1


def _locked(rows: StateRows, robot_id: int) -> RobotState:
    """The robot, with what ingest locks before it writes that robot's days: its row, or that of whom it is a twin."""
    names = rows.query(
        "SELECT name FROM robot WHERE id = :id OR id IN (SELECT robot_id FROM stream WHERE books_to = :id)",
        {"id": robot_id},
    )
    robots = rows.read_states({name: set() for (name,) in names})
    return next(one for one in robots.values() if one.id == robot_id)
