"""What is done to a receiver of deliveries, a webhook or a person's channel alike: remove it, try it out."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.context import Context
from collector.notifications import queue
from collector.notifications.queue import Lane
from collector.operations.operation import Done
from collector.values.refusal import Refused, Remedy
from collector.values.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Receivers:
    """Those of one lane. `name`: what one is called.

    `listing` and `full`: what to do where there is none of that number, or its queue is full.
    """

    name: Sentence
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
            return Refused(
                Sentence("the queue of {name} {number} is full", name=of.name, number=number), of.full, "conflict"
            )
        return Done() if queued(connection) else _unknown(of, number)

    return context.write(change)


def _unknown(of: Receivers, number: int) -> Refused:
    return Refused(Sentence("there is no {name} {number}", name=of.name, number=number), of.listing, "not_found")
