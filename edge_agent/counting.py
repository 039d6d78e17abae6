"""Takes what sources say into the open window, and stores it: the only writer of records while the agent runs.

Each tick closes the window if it is due, stores it together with the totals it counted up to, and
re-stamps earlier records at the moment somebody vouches for the clock. A fault is stored within
GROUP_S of being seen. Pushed increments are at risk until they are stored: at the latest CHECKPOINT_S
after they arrived, or when whoever pushed asked for `commit`.
When the disk refuses, nothing is given up: the window stays open and grows until the disk takes it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping

from edge_agent import clock
from edge_agent.clock import Clock, Sample, Stamp
from edge_agent.episodes import EpisodeTracker
from edge_agent.errors import OutboxUnwritable, StorageFull
from edge_agent.outbox import Outbox
from edge_agent.outbox_values import Key, SourceTotal
from edge_agent.readings import Condition, Conditions, Increment, Reading, SkillState, Take
from edge_agent.sampler import Closed, Sampler
from protocol import records

GROUP_S = 0.05  # commits that are asked for within it share one write to the flash
CHECKPOINT_S = 60.0  # bounds what a power cut takes of increments that were pushed without asking for a commit
WAITING_MAX = 1000  # fault records kept while the disk refuses; beyond it they are reported as lost

logger = logging.getLogger(__name__)


class Counting:
    """One task runs `run`; sources call what `take_for` gave them; `commit` is for those who need durability."""

    def __init__(
        self,
        outbox: Outbox,
        clock_: Clock,
        read: Callable[[], Sample],
        sampler: Sampler,
        episodes: EpisodeTracker,
        *,
        tick_s: float,
        window_s: int,
    ) -> None:
        self.sampler = sampler
        self.episodes = episodes
        self.trouble = ""  # why the disk takes nothing, as long as it does not
        self.on_fault: Callable[[], None] = lambda: None
        self.before_tick: Callable[[], None] = lambda: None
        self.on_stored: Callable[[list[records.Record]], None] = lambda _found: None
        self.ticked_at_s = time.monotonic()
        self._outbox, self._clock, self._read = outbox, clock_, read
        self._tick_s, self._window_s = tick_s, window_s
        self._seen = self.now()
        self._waiting: list[records.Record] = []  # faults and skill states that are not stored yet
        self._stored: Mapping[Key, SourceTotal] = dict(sampler.totals)
        self._pushed = False
        self._checkpoint_at_s = self._seen.mono_s + CHECKPOINT_S
        self._lock = asyncio.Lock()  # close-and-append and snapshot-and-checkpoint must not interleave
        self._group: asyncio.Task[None] | None = None

    def now(self) -> Stamp:
        """The present moment as a record would carry it."""
        return self._clock.stamp(self._read())

    def take_for(self, source: str) -> Take:
        """What the source of that name is given to call."""

        def take(reading: Reading) -> None:
            if isinstance(reading, Condition | Conditions):
                self._wait(self.episodes.observe(reading, self.now()))
            elif isinstance(reading, SkillState):
                self._wait([_skill(reading, self.now())])
            else:
                self._pushed = self._pushed or isinstance(reading, Increment)
                self.sampler.take(source, reading)

        return take

    async def commit(self) -> None:
        """Everything taken so far is durable when it returns. Raises StorageFull or OutboxUnwritable."""
        if self._group is None:
            self._group = asyncio.create_task(self._commit_group(), name="commit")
            self._group.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._group)

    async def learn(self, collector_ms: int) -> None:
        """The collector said what time it is: what was written before anybody knew is re-stamped before it is sent."""
        self._clock.learn(collector_ms / 1000, self._read())
        await self.tick()

    async def run(self) -> None:
        """Tick until cancelled. Raises OutboxDamaged."""
        while True:
            await self.tick()
            now = self.now()
            to_boundary_s = self._window_s - now.at_s % self._window_s
            await asyncio.sleep(min(self._tick_s, to_boundary_s + 0.01))

    async def tick(self) -> None:
        """Close and store what is due."""
        async with self._lock:
            self.ticked_at_s = time.monotonic()
            self.before_tick()
            now = self.now()
            before, self._seen = self._seen, now
            self._waiting += self.episodes.due(now)
            closed = self.sampler.advance(now)
            due = self._pushed and now.mono_s >= self._checkpoint_at_s
            if closed is not None or self._waiting or due:
                with contextlib.suppress(
                    StorageFull, OutboxUnwritable
                ):  # said and shown by _store; the next tick tries
                    await self._store(closed)
            offset_s = clock.restamp_offset_s(before, now)
            if offset_s is not None:
                changed = await self._outbox.restamp(now.boot, offset_s)
                extra = {"action": "clock_known", "restamped": changed}
                logger.info("the time is known now; earlier records are re-stamped", extra=extra)

    async def record(self, *made: records.Record) -> None:
        """Store records of the agent's own at once. Raises StorageFull or OutboxUnwritable."""
        async with self._lock:
            self._waiting += made
            await self._store(None)

    async def finish(self, last: records.Record) -> None:
        """Close the window and store it, with `last` behind it: the agent stops."""
        async with self._lock:
            self.before_tick()
            self._waiting.append(last)
            await self._store(self.sampler.close(self.now()))

    def _wait(self, made: list[records.Record]) -> None:
        """Have records stored within GROUP_S."""
        if not made:
            return
        self._waiting += made
        if len(self._waiting) > WAITING_MAX:
            self._outbox.dropped(len(self._waiting) - WAITING_MAX)
            del self._waiting[WAITING_MAX:]
        if self._group is None:
            self._group = asyncio.create_task(self._commit_group(), name="commit")
            self._group.add_done_callback(lambda task: task.cancelled() or task.exception())
        self.on_fault()

    async def _commit_group(self) -> None:
        await asyncio.sleep(GROUP_S)
        async with self._lock:
            self._group = None  # whoever asks from here on belongs to the next write
            await self._store(None)

    async def _store(self, closed: Closed | None) -> None:
        """One transaction: the closed window, waiting records, changed totals and the window that is open now."""
        waiting, self._waiting = self._waiting, []
        found = [*(closed.records if closed else ()), *waiting]
        totals = {key: total for key, total in self.sampler.totals.items() if self._stored.get(key) != total}
        window, pushed, self._pushed = self.sampler.snapshot(), self._pushed, False
        try:
            if found:
                await self._outbox.append(found, totals=totals, window=window, scopes=self.episodes.scopes)
            elif totals or pushed:
                await self._outbox.checkpoint(window, totals)
        except (StorageFull, OutboxUnwritable) as error:
            self._waiting = waiting + self._waiting
            self._pushed = self._pushed or pushed
            if closed is not None:
                self.sampler.reopen(closed)
            if not self.trouble:
                logger.error("nothing can be stored: %s", error, extra={"action": "storage_refuses"})  # noqa: TRY400  the line says all
            self.trouble = str(error)
            raise
        self.on_stored(found)
        self._stored = {**self._stored, **totals}
        self._checkpoint_at_s = self._seen.mono_s + CHECKPOINT_S
        if self.trouble:
            logger.info("records are stored again", extra={"action": "storage_back"})
        self.trouble = ""


def _skill(reading: SkillState, now: Stamp) -> records.Record:
    return records.skill(
        boot=now.boot,
        mono=now.mono,
        at=now.at,
        sync=now.sync,
        skill=reading.skill,
        version=reading.version,
        state=reading.state,
        digest=reading.digest,
        reason=reading.reason,
    )
