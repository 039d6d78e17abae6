"""The named jobs: what a collector that serves does by the clock, each of them an operation.

They stand beside pages and commands; `jobs.every` runs each of them apart from the others. A job that is refused is
logged with the reason, and asks again when its turn comes.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from collector import retention
from collector.calendar.days import HOUR_S
from collector.context import Context
from collector.notifications.digests import newest_digest_at
from collector.notifications.messaging import ChannelSender
from collector.notifications.posting import WebhookSender
from collector.notifications.queue import CHANNELS, WEBHOOKS, DueDelivery, Lane, TryResult
from collector.notifications.sending import Rooms, Sending
from collector.operations import (
    deliveries,
    desired,
    drift,
    process,
    rollout_round,
    skill_bills,
    skill_repository,
    upkeep,
)
from collector.operations.closing import close_due_days
from collector.operations.operation import Operation
from collector.store.refusals import StoreRefusal
from collector.values.keep import Keep
from collector.values.refusal import Refused
from protocol.backoff import delay_s

log = logging.getLogger(__name__)
P = TypeVar("P")
T = TypeVar("T")
SENDING_EVERY_S = 5.0
MOVES_EVERY_S = 60.0
COMPLETENESS_EVERY_S = 60.0
DRIFT_EVERY_S = float(HOUR_S)  # looks; it judges a week of scored days after the last time
REPOSITORY_EVERY_S = 60.0  # looks; what is current is said anew each hour
LICENCES_EVERY_S = float(HOUR_S)  # a day begins at each hour somewhere; only what is stale is signed anew
BILLS_EVERY_S = float(HOUR_S)  # looks; a month is closed once, when its grace is over
ROLLOUTS_EVERY_S = 60.0  # looks of the gate are taken once a day: when a further day counts
CHECK_EVERY_S = 15.0
RETRY_FIRST_S, RETRY_MAX_S = 1.0, 30.0
SETTLING_S = 120.0  # what goes by the date waits so long after a start: time servers are asked, robots are heard


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]
    first_s: float = 0.0


async def ask(context: Context, job: str, operation: Operation[P, T], request: P) -> T | Refused:
    """The operation's answer, off the event loop: what writes has the store's turn, what is long a thread.

    Waits while the store does not take or answer it, and says so once.
    """
    pool = context.store.pool if operation.writes and not operation.long else None
    failures = 0
    while True:
        answer = await asyncio.get_running_loop().run_in_executor(pool, operation, context, request)
        if not isinstance(answer, StoreRefusal):
            break
        failures += 1
        if failures == 1:
            extra = {"action": "job_waits", "job": job, "operation": operation.name, "reason": answer.told("command")}
            log.warning("a job waits for the store", extra=extra)
        chance = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, no secret
        await asyncio.sleep(delay_s(failures, RETRY_FIRST_S, RETRY_MAX_S, chance))
    if failures:
        log.info("a job goes on", extra={"action": "job_goes_on", "job": job, "operation": operation.name})
    if isinstance(answer, Refused):
        extra = {"action": "job_refused", "job": job, "operation": operation.name, "reason": answer.told("command")}
        log.warning("a job was refused; it asks again", extra=extra)
    return answer


@dataclass(frozen=True, slots=True)
class DeliveriesOf:
    """The deliveries of one store, by operations. What is refused is sent, or booked, another time."""

    context: Context

    async def claim(self, digest_at: int, rooms: Rooms) -> list[tuple[Lane, DueDelivery]]:
        wanted = deliveries.ClaimDeliveries(digest_at=digest_at, rooms=rooms)
        claimed = await ask(self.context, "deliveries", deliveries.claim_deliveries, wanted)
        return [] if isinstance(claimed, Refused) else claimed

    async def settle(
        self, results: Mapping[Lane, Sequence[TryResult]], chances: Mapping[Lane, Sequence[float]]
    ) -> None:
        wanted = deliveries.SettleDeliveries(results=results, chances=chances)
        await ask(self.context, "deliveries", deliveries.settle_deliveries, wanted)


def sending(context: Context, chance: Callable[[], float] = random.random) -> Sending:
    """What sends the deliveries of this store. `chance` gives numbers in [0, 1)."""
    settings = context.settings
    private = settings.deliver_to_private_networks
    return Sending(
        deliveries=DeliveriesOf(context),
        clock=context.clock,
        chance=chance,
        digest_at=partial(newest_digest_at, hour=settings.digest_hour, timezone=settings.digest_zone),
        senders={
            WEBHOOKS: WebhookSender(clock=context.clock, private=private),
            CHANNELS: ChannelSender(private=private),
        },
    )


def jobs(context: Context, keep: Keep) -> list[Job]:
    """Every job of one collector, of a context that THE_CLOCK asks. `keep` is how long rows stay."""

    def job(name: str, every_s: float, operation: Operation[P, T], request: P, first_s: float = 0.0) -> Job:
        return Job(name, every_s, partial(ask, context, name, operation, request), first_s)

    found = [
        job("retention", retention.RETENTION_EVERY_S, upkeep.remove_old_rows, keep, SETTLING_S),
        job("store_check", CHECK_EVERY_S, process.probe_store, None),
        job("store_figures", CHECK_EVERY_S, process.ask_store, None),
        job("wal", retention.WAL_EVERY_S, upkeep.cut_wal, None),
        job("moves", MOVES_EVERY_S, desired.follow_moves, None),
        job("completeness", COMPLETENESS_EVERY_S, upkeep.keep_completeness, None, SETTLING_S),
        job("rollouts", ROLLOUTS_EVERY_S, rollout_round.advance_rollouts, None),
        Job("deliveries", SENDING_EVERY_S, sending(context).run),
        job("old_deliveries", retention.RETENTION_EVERY_S, deliveries.prune_deliveries, None, SETTLING_S),
        job("skill_bills", BILLS_EVERY_S, skill_bills.close_skill_bills, None, SETTLING_S),
    ]
    if context.settings.skills_folder is not None:
        found.append(job("skill_repository", REPOSITORY_EVERY_S, skill_repository.issue_repository, None))
        found.append(job("skill_catalogue", REPOSITORY_EVERY_S, skill_repository.follow_repository, None))
        found.append(job("skill_licences", LICENCES_EVERY_S, desired.renew_licences, None, SETTLING_S))
    every_s = context.settings.closing_every_s
    if every_s:
        found.append(job("drift", DRIFT_EVERY_S, drift.watch_drift, None, SETTLING_S))
        found.append(job("closing", every_s, close_due_days, None, min(every_s, SETTLING_S)))
    return found
