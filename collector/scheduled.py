"""The named jobs: what a collector that serves does by the clock, each made of the context.

They stand beside pages and commands; `jobs.every` runs each of them apart from the others.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from collector import retention
from collector.context import Context
from collector.notifications.digests import newest_digest_at
from collector.notifications.messaging import ChannelSender
from collector.notifications.posting import WebhookSender
from collector.notifications.queue import CHANNELS, WEBHOOKS
from collector.notifications.sending import Sending
from collector.operations.closing import close_due_days
from collector.values.keep import Keep

SENDING_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]


def sending(context: Context, chance: Callable[[], float] = random.random) -> Sending:
    """What sends the deliveries of this store. `chance` gives numbers in [0, 1)."""
    settings = context.settings
    private = settings.deliver_to_private_networks
    return Sending(
        store=context.store,
        clock=context.clock,
        chance=chance,
        digest_at=partial(newest_digest_at, hour=settings.digest_hour, timezone=settings.digest_timezone),
        senders={
            WEBHOOKS: WebhookSender(clock=context.clock, private=private),
            CHANNELS: ChannelSender(private=private),
        },
    )


def jobs(context: Context, keep: Keep) -> list[Job]:
    """Every job of one collector, of a context that THE_CLOCK asks. `keep` is how long rows stay."""
    deliveries = sending(context)
    found = [
        Job("retention", retention.RETENTION_EVERY_S, lambda: retention.forget(context.store, keep, context.now_s())),
        Job("wal", retention.WAL_EVERY_S, lambda: retention.cut_wal(context.store)),
        Job("deliveries", SENDING_EVERY_S, deliveries.run),
        Job("old_deliveries", retention.RETENTION_EVERY_S, deliveries.forget),
    ]
    every_s = context.settings.closing_every_s
    if every_s:
        found.append(Job("closing", every_s, partial(asyncio.to_thread, close_due_days, context, None)))
    return found
