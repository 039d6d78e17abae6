"""Sends what is due: bounded in number, each try bounded in time, no receiver in the way of another.

A receiver gets one delivery at a time until it has taken one, then several. So one that hangs holds a single try of
its own, and one that begins to hang holds a few of the lane's tries for one time limit. Results that come together are
booked in one transaction.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from collector.notifications.queue import DueDelivery, Lane, TryResult

log = logging.getLogger(__name__)

LOOK_S = 2.0  # while tries are under way: what became due meanwhile waits at most so long
TOGETHER_S = 0.05  # results that come within this time are one transaction


Rooms = Sequence[tuple[Lane, int, Mapping[int, int]]]
"""How many tries each lane has room for, and how many each receiver may get where that is not one."""


class DeliverySender(Protocol):
    """Carries deliveries of one lane out. Raises nothing for a receiver: what went wrong is in the result."""

    @property
    def stuck(self) -> Collection[int]:
        """Receivers whose last try was given up and has not ended: they get nothing until it has."""

    async def send(self, due: DueDelivery) -> TryResult:
        """One try."""

    def named(self, due: DueDelivery) -> str:
        """The receiver as a log may name it: no secret."""


class Deliveries(Protocol):
    """Where deliveries wait: claimed, tried, and settled."""

    async def claim(self, digest_at: int, rooms: Rooms) -> Sequence[tuple[Lane, DueDelivery]]:
        """Those that are due, so that nobody else sends them. Digests from before `digest_at` are gathered first."""

    async def settle(
        self, results: Mapping[Lane, Sequence[TryResult]], chances: Mapping[Lane, Sequence[float]]
    ) -> None:
        """Book what became of them; `chances` in [0, 1) spread the next tries."""


@dataclass(kw_only=True)
class Sending:
    """The tries of one store's deliveries. `chance` in [0, 1) spreads the next tries of what failed together.

    `digest_at` gives the newest moment at which digests were due, for a moment in unix seconds.
    """

    deliveries: Deliveries
    clock: Callable[[], float]
    chance: Callable[[], float]
    digest_at: Callable[[int], int]
    senders: Mapping[Lane, DeliverySender]
    look_s: float = LOOK_S
    _under_way: dict[asyncio.Task[TryResult], tuple[Lane, int]] = field(default_factory=dict)
    """The lane and the receiver of each try. A run that ends early forgets them all, so that nobody stays busy."""
    _proven: dict[Lane, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Receivers that took the newest delivery that they were offered."""

    async def run(self) -> int:
        """Gather the digests and send everything that is due, until nothing is under way; how many tries."""
        tries = 0
        try:
            while True:
                tries += await self._begin()
                if not self._under_way:
                    return tries
                await asyncio.wait(self._under_way, timeout=self.look_s, return_when=asyncio.FIRST_COMPLETED)
                done, _ = await asyncio.wait(self._under_way, timeout=TOGETHER_S)
                await self._book(done)
        finally:
            left, self._under_way = self._under_way, {}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _begin(self) -> int:
        """Claim what is due and has room, and begin a try of each; how many."""
        digest_at = self.digest_at(int(self.clock()))
        rooms = [(lane, *self._allowance(lane)) for lane in self.senders]
        claimed = await self.deliveries.claim(digest_at, rooms)
        for lane, due in claimed:
            task = asyncio.create_task(self._try(lane, due), name=f"delivery {due.id} to {lane.name} {due.receiver_id}")
            self._under_way[task] = lane, due.receiver_id
        return len(claimed)

    def _allowance(self, lane: Lane) -> tuple[int, dict[int, int]]:
        """How many tries of this lane have room now, and how many each receiver may get where that is not one."""
        busy = Counter(receiver for of, receiver in self._under_way.values() if of == lane)
        stuck = self.senders[lane].stuck
        allowed = {receiver: lane.at_once_each - busy.get(receiver, 0) for receiver in self._proven[lane]}
        allowed |= {receiver: 0 for receiver in busy if receiver not in allowed} | dict.fromkeys(stuck, 0)
        return lane.at_once - sum(busy.values()) - len(stuck), allowed

    async def _try(self, lane: Lane, due: DueDelivery) -> TryResult:
        try:
            async with asyncio.timeout(lane.try_s):
                return await self.senders[lane].send(due)
        except TimeoutError:
            return TryResult(due, is_taken=False, answer=f"no answer within {lane.try_s:g} s")
        except Exception as error:  # noqa: BLE001 - one that nobody foresaw must not end the others
            extra = {"action": "delivery_bug", "delivery": due.id, "lane": lane.name, "reason": type(error).__name__}
            log.error("a try found a bug; the delivery is tried again", extra=extra)  # noqa: TRY400 - its text may hold a secret
            return TryResult(due, is_taken=False, answer="the collector could not send it, see its log")

    async def _book(self, done: Collection[asyncio.Task[TryResult]]) -> None:
        by_lane: dict[Lane, list[TryResult]] = {}
        for task in done:
            (lane, _), result = self._under_way.pop(task), task.result()
            (self._proven[lane].add if result.is_taken else self._proven[lane].discard)(result.due.receiver_id)
            by_lane.setdefault(lane, []).append(result)
        if not done:
            return
        chances = {lane: [self.chance() for _ in results] for lane, results in by_lane.items()}
        await self.deliveries.settle(by_lane, chances)
        for lane, results in by_lane.items():
            self._report(lane, [result.due for result in results if not result.is_taken])

    def _report(self, lane: Lane, failed: list[DueDelivery]) -> None:
        if not failed:
            return
        receivers = sorted({self.senders[lane].named(due) for due in failed})
        extra = {"action": lane.failed_action, "deliveries": len(failed), "receivers": receivers[:5]}
        log.warning("deliveries were not taken; they are tried again, or wait as dead ones", extra=extra)
