"""Parked messages and records: what could not be taken, with the reason and the bytes."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import SEES_FLEET
from collector.context import Context
from collector.fleet import records
from collector.fleet.records import Parked, ParkedTally, ParkedWithBytes
from collector.operations import filters
from collector.operations.operation import operation
from collector.store.tables.fleet import parked_tally
from collector.values.paging import Page
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence
from collector.values.texts import ROBOT_MAX_CHARS, bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParked:
    """`robot` None: of all."""

    robot: str | None = None
    limit: int
    cursor: str | None = None


@operation(roles=SEES_FLEET)
def list_parked(context: Context, wanted: ListParked) -> Page[Parked]:
    """The newest first, without their bytes."""
    bounded("robot", wanted.robot, ROBOT_MAX_CHARS)

    def read(connection: Connection) -> Page[Parked]:
        filters.robot_of(connection, wanted.robot, parked_tally.c.robot)
        return records.parked_page(connection, robot_name=wanted.robot, limit=wanted.limit, cursor=wanted.cursor)

    return context.read(read)


@operation(roles=SEES_FLEET)
def one_parked(context: Context, parked: int) -> ParkedWithBytes | Refused:
    """One of them with its bytes."""
    found = context.read(lambda connection: records.parked_one(connection, parked))
    if found is None:
        remedy = Remedy("old ones are deleted; list them", route="GET /api/v1/parked", page="/parked")
        return Refused(Sentence("there is no parked message {parked}", parked=parked), remedy, "not_found")
    return found


@operation(roles=SEES_FLEET)
def parked_tallies(context: Context, _: None) -> list[ParkedTally]:
    """How many, by robot and reason."""
    return context.read(records.parked_tallies)
