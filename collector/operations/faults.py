"""Fault episodes, of one robot or of all."""

from dataclasses import dataclass

from sqlalchemy import Connection

from collector.context import Context
from collector.fleet import faults
from collector.fleet.faults import Episode
from collector.operations import filters
from collector.operations.operation import operation, visible_robot
from collector.values.paging import Page
from protocol.counters import FAMILIES


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEpisodes:
    """`robot` None: of all. `still_open` None: open and closed ones."""

    robot: str | None = None
    still_open: bool | None = None
    family: str | None = None
    limit: int
    cursor: str | None = None


@operation()
def list_episodes(context: Context, wanted: ListEpisodes) -> Page[Episode]:
    """The newest first; an unknown family is refused. A customer sees those of the days on which it had the robot."""

    def read(connection: Connection) -> Page[Episode]:
        seen = None if wanted.robot is None else visible_robot(context, connection, wanted.robot)
        page = faults.episodes(
            connection, context.caller.scope, seen=seen, limit=wanted.limit, cursor=wanted.cursor,
            still_open=wanted.still_open, family=wanted.family,
        )  # fmt: skip
        if not page.items:
            filters.known("family", wanted.family, FAMILIES)
        return page

    return context.read(read)
