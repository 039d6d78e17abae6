"""What is done to a receiver of deliveries, a webhook or a person's channel alike: remove it, try it out."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.context import Context
from collector.notifications import queue
from collector.notifications.queue import Lane
from collector.operations.operation import Done
from collector.values.refusal import Refused, Remedy


@dataclass(frozen=True, slots=True)
class Receivers:
    """Those of one lane. `listing` and `full`: what to do where there is none of that number, or its queue is full."""

    lane: Lane
    listing: Remedy
    full: Remedy


def remove(context: Context, of: Receivers, number: int) -> Done:
    def change(connection: Connection) -> Done | Refused:
        removed = queue.remove(connection, of.lane, number, context.now_s())
        return Done() if removed else _unknown(of, number)

    return context.write(change)


def try_out(context: Context, of: Receivers, number: int, queued: Callable[[Connection], bool]) -> Done:
    """Refuses while its queue is full: what is queued would never be sent."""

    def change(connection: Connection) -> Done | Refused:
        if queue.is_full(connection, of.lane, number):
            return Refused(f"the queue of {of.lane.name} {number} is full", of.full, "conflict")
        return Done() if queued(connection) else _unknown(of, number)

    return context.write(change)


def _unknown(of: Receivers, number: int) -> Refused:
    return Refused(f"there is no {of.lane.name} {number}", of.listing, "not_found")
