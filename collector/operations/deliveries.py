"""What the collector itself does with its queue of deliveries: claim what is due, book what became of it, prune it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from collector.access.caller import ADMINS
from collector.context import Context
from collector.notifications import digests, queue
from collector.notifications.queue import CHANNELS, WEBHOOKS, DueDelivery, Lane, TryResult
from collector.operations.clock import require_clock
from collector.operations.operation import Done, operation


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDeliveries:
    """`rooms`: how many tries each lane has room for, and how many each receiver may get where that is not one.

    Digests from before `digest_at` are gathered first.
    """

    digest_at: int
    rooms: Sequence[tuple[Lane, int, Mapping[int, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDeliveries:
    """`results` by lane, and for each a number in [0, 1) that spreads its next try."""

    results: Mapping[Lane, Sequence[TryResult]]
    chances: Mapping[Lane, Sequence[float]]


@operation(roles=ADMINS, writes=True)
def claim_deliveries(context: Context, wanted: ClaimDeliveries) -> list[tuple[Lane, DueDelivery]]:
    """Take what is due so that no other collector sends it too. A quiet queue is only read."""
    now_s = context.now_s()
    if not context.read(lambda connection: queue.is_due(connection, now_s, wanted.digest_at)):
        return []

    def change(connection: Connection) -> list[tuple[Lane, DueDelivery]]:
        digests.gather(connection, wanted.digest_at, now_s)
        return [
            (lane, due)
            for lane, room, allowed in wanted.rooms
            if room > 0
            for due in queue.claim(connection, lane, now_s, room, allowed)
        ]

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def settle_deliveries(context: Context, wanted: SettleDeliveries) -> Done:
    """Book what became of tries, all in one transaction."""

    def change(connection: Connection) -> Done:
        for lane, results in wanted.results.items():
            queue.settle(connection, lane, results, wanted.chances[lane], context.now_s())
        return Done()

    return context.write(change)


@operation(roles=ADMINS, writes=True)
def prune_deliveries(context: Context, _: None) -> int:
    """Delete what was sent, or given up, long ago; how many. Refuses while the clock is not followed."""
    require_clock(context)
    return context.write(
        lambda connection: sum(queue.prune(connection, lane, context.now_s()) for lane in (WEBHOOKS, CHANNELS))
    )
