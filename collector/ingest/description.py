"""Who a robot is, from what its messages say besides their records. Pure.

A robot's zone, counters, model and settings come as records, once per start. A store that is new, or was restored
from a backup, never gets these again. So each message says the zone that days are booked by, and a hello names the
description that holds now: a collector that holds another one, or none, asks for it (docs/wire-format.md, section 5).
"""

from collections.abc import Iterable

from collector.calendar.days import known_zone
from collector.ingest import robot_events
from collector.ingest.decode import ReadBatch, Record
from collector.ingest.state import RobotState, UnitOfWork, clean
from protocol.messages import Window

ZONE_UNKNOWN = "zone_unknown"
RECORD_STUCK = "record_stuck"


def greet(work: UnitOfWork, robot: RobotState, batch: ReadBatch, received_s: int) -> None:
    """A hello: take what it says of the robot, and ask for what is not known."""
    if not robot.knows_zone:
        _zone(work, robot, batch.timezone, received_s)
    if batch.description is not None and batch.about is not None:
        robot_events.described(work, robot, batch.description, received_s)
        robot.set("about", batch.about)
    elif batch.about is not None and batch.about != robot.about:
        work.describe.add((batch.robot, batch.epoch))
    if batch.stuck:
        work.alarm(robot, RECORD_STUCK, received_s, f"{clean(batch.stuck)} does not pass the broker: raise its limit")
    elif batch.stuck is not None:
        work.no_alarm(robot, RECORD_STUCK, received_s)


def before(work: UnitOfWork, robot: RobotState, batch: ReadBatch, received_s: int, *, hole: bool) -> None:
    """Before records are booked: the zone of a robot that is not known, or that brings what follows a hole.

    What lies in between may have told another zone.
    """
    if hole or not robot.knows_zone:
        _zone(work, robot, batch.timezone, received_s)
    if batch.timezone and robot.about is None:
        work.describe.add((batch.robot, batch.epoch))


def after(work: UnitOfWork, robot: RobotState, received_s: int, taken: Iterable[Record]) -> None:
    """Say it when windows were booked by a zone that nobody told."""
    if not robot.knows_zone and any(isinstance(record, Window) for record in taken):
        text = f"its days are counted in {robot.timezone} until its agent says its zone: at its next start, or updated"
        work.alarm(robot, ZONE_UNKNOWN, received_s, text)


def _zone(work: UnitOfWork, robot: RobotState, timezone: str, received_s: int) -> None:
    if known_zone(timezone) is None:
        return
    if not robot.knows_zone:
        work.no_alarm(robot, ZONE_UNKNOWN, received_s)
    if timezone != robot.timezone:
        robot.set("timezone", timezone)
    robot.knows_zone = True
