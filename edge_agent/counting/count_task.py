"""Takes what sources say into the open window, and stores it: the only writer of records while the agent runs.

Each tick closes the window if it is due, stores it together with the totals it counted up to, and
re-stamps earlier records at the moment somebody vouches for the clock. A fault is stored within
GROUP_S of being seen. Pushed increments are at risk until they are stored: at the latest `checkpoint_s`
after they arrived, or when whoever pushed asked for `commit`.
When the disk refuses, nothing is given up: the window stays open and grows until the disk takes it. Faults
wait in memory, and counts are stored without them where there is room for counts alone; of more than WAITING_MAX
records the oldest whole episodes are given up, and reported as lost, also after a restart.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge_agent import clock
from edge_agent.clock import Clock, ClockSample, Stamp
from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.counting.flap_notes import FlapNotes
from edge_agent.counting.readings import (
    Condition,
    Conditions,
    Countable,
    Ended,
    Increment,
    Notices,
    Reading,
    SkillState,
    Take,
    Total,
)
from edge_agent.counting.sampler import Closed, Sampler
from edge_agent.errors import DiskFull, OutboxUnwritable, StorageFull
from edge_agent.outbox import Outbox
from edge_agent.outbox.runs import SINCE, TOLD, since_note
from edge_agent.outbox.series import FirstStep, nowhere
from edge_agent.outbox.values import APPEND_MAX_RECORDS, Back, EpisodeKey, Key, Openings, SourceTotal
from protocol import records

GROUP_S = 0.05  # commits that are asked for within it share one write to the flash
SKILLS_MAX = 256  # names of skills whose states are told; a desired document names 64
PIECE_RECORDS = APPEND_MAX_RECORDS // 8  # of those that wait, where all of them have no room at once
WAITING_MAX = 2 * APPEND_MAX_RECORDS  # kept while the disk refuses; more than 256 open and 256 closed faults

Notes = dict[str, dict[str, Any] | None]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Progress:
    """Of one storing: how many records are in the outbox, and whether the counts are."""

    records: int = 0
    counts: bool = False


class Counting:
    """One task runs `run`; sources call what `take_for` gave them; `commit` is for those who need durability."""

    def __init__(
        self,
        outbox: Outbox,
        clock_: Clock,
        read: Callable[[], ClockSample],
        sampler: Sampler,
        episodes: EpisodeTracker,
        *,
        tick_s: float,
        window_s: int,
        checkpoint_s: float,
    ) -> None:
        self.sampler = sampler
        self.episodes = episodes
        self.trouble = ""  # why the disk takes nothing, as long as it does not
        self.trouble_kind = ""  # the same as a word
        self.on_fault: Callable[[], None] = lambda: None
        self.before_tick: Callable[[], None] = lambda: None
        self.on_stored: Callable[[list[records.Record]], None] = lambda _found: None
        self.noted_with: Callable[[list[records.Record]], Notes] = lambda _found: {}  # stored along with the records
        self.in_flight: list[records.Record] = []  # windows that have closed and are on their way to the disk
        self.ticked_at_s = time.monotonic()
        self.tick_s = tick_s  # may change while it runs; the pause that has begun ends as it was meant to
        self.pause_s = 0.0  # until the next tick, from the last one on
        self._outbox, self._clock, self._read = outbox, clock_, read
        self._window_s, self._checkpoint_s = window_s, checkpoint_s
        self._seen = self.now()
        self._waiting: list[records.Record] = []  # faults and skill states that are not stored yet
        self._stored: dict[Key, SourceTotal] = dict(sampler.totals)
        self._stored_openings = episodes.openings()
        self.flap_notes = FlapNotes(outbox, episodes)  # flapping makes no records: it goes along with the next commit
        self._skills: dict[str, SkillState] = {}  # what was told last: only a change makes a record
        self.keepers: Callable[[], frozenset[str]] = frozenset  # sources whose own files may have gone back
        self._pushed = False
        self._held: list[tuple[str, Countable]] | None = None  # told while the outbox goes back; None: it does not
        self._only_faults_wait = False  # of a storing that failed: the counts are stored
        self._checkpoint_at_s = self._seen.mono_s + self._checkpoint_s
        self._lock = asyncio.Lock()  # close-and-append and snapshot-and-checkpoint must not interleave
        self._group: asyncio.Task[None] | None = None

    def now(self) -> Stamp:
        """The present moment as a record would carry it."""
        return self._clock.stamp(self._read())

    def take_for(self, source: str) -> Take:
        """What the source of that name is given to call."""

        def take(reading: Reading) -> str | None:
            if isinstance(reading, Condition | Conditions):
                return self._observe(source, reading)
            if isinstance(reading, SkillState):
                if self._skills.get(reading.skill) != reading and len(self._skills) <= SKILLS_MAX:
                    self._skills[reading.skill] = reading
                    self._wait([_skill(reading, self.now())])
                return None
            if isinstance(reading, Notices):
                return None  # the status takes them on their way here
            if self._held is not None:
                return self._hold(source, reading, self._held)
            self._pushed = self._pushed or isinstance(reading, Increment | Ended)
            return self.sampler.take(source, reading)

        return take

    def _hold(self, source: str, reading: Countable, held: list[tuple[str, Countable]]) -> str | None:
        """What is told while the file goes back is counted behind it: its steps are not among those compared.

        A total is said again by whoever has it. The rest is kept, and is durable when `commit` returns.
        """
        if isinstance(reading, Total) and not reading.kept:
            return "outbox_goes_back"
        held.append((source, reading))
        return None

    def _let_go(self) -> None:
        held, self._held = self._held or [], None
        for source, reading in held:
            self._pushed = self._pushed or isinstance(reading, Increment | Ended)
            self.sampler.take(source, reading)

    def _observe(self, source: str, reading: Condition | Conditions) -> str | None:
        self._wait(self.episodes.observe(reading, self.now(), source))
        self.flap_notes.changed()
        refused = self.episodes.refusals()
        for name, reason in refused.items():
            self.sampler.refuse(source, name, reason)
        return next(iter(refused.values()), None)

    def end_faults(self, is_gone: Callable[[str], bool], detail: str) -> None:
        """Close the faults that sources of these names said; `detail` is why."""
        self._wait(self.episodes.end(is_gone, detail, self.now()))
        self.flap_notes.changed()

    async def settled(self) -> None:
        """What was said of faults so far survives the end of this process. Raises StorageFull or OutboxUnwritable.

        It costs no write of its own: records go with their group, flapping is noted (edge_agent.outbox.flapping). Where
        the note cannot be written it costs a commit.
        """
        if not self._waiting and self._group is None:
            async with self._lock:  # what is on its way to the disk
                pass
        is_noted = await self.flap_notes.noted()
        if self._waiting or self._group is not None or not is_noted:
            await self.commit()
        if self.trouble:
            raise StorageFull(self.trouble)

    async def commit(self) -> None:
        """Everything taken so far is durable when it returns. Raises StorageFull or OutboxUnwritable."""
        if self._group is None:
            self._group = self._begin_group()
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
            self.pause_s = min(self.tick_s, to_boundary_s + 0.01)
            await asyncio.sleep(self.pause_s)

    async def tick(self) -> None:
        """Close and store what is due. It ends even if the caller is cancelled: counts must not be half kept."""
        await asyncio.shield(asyncio.create_task(self._tick(), name="tick"))

    async def _tick(self) -> None:
        async with self._lock:
            self.ticked_at_s = time.monotonic()
            self.before_tick()
            now = self.now()
            before, self._seen = self._seen, now
            self._waiting += self.episodes.due(now)
            self._waiting += self.episodes.observe(self.sampler.refusals.conditions(now.mono_s), now)
            self._waiting += self.episodes.observe(self.episodes.unsure(), now)
            closed = self.sampler.advance(now)
            self._pushed = self._pushed or self.episodes.openings() != self._stored_openings
            self.flap_notes.now()
            due = self._pushed and now.mono_s >= self._checkpoint_at_s
            if closed is not None or self._waiting or due:
                with contextlib.suppress(
                    StorageFull, OutboxUnwritable
                ):  # said and shown by _store; the next tick tries
                    await self._store(closed)
            with contextlib.suppress(StorageFull, OutboxUnwritable):
                await self._outbox.keep_dropped()
            await self._restamp(before, now)

    async def _restamp(self, before: Stamp, now: Stamp) -> None:
        offset_s = clock.restamp_offset_s(before, now)
        if offset_s is not None:
            try:
                changed = await self._outbox.restamp(now.boot, offset_s)
            except StorageFull as error:  # what is sent unsynchronised the collector places by estimate
                logger.warning("not re-stamped: %s", error, extra={"action": "not_restamped"})
                return
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
        self._give_up()
        if self._group is None:
            self._group = self._begin_group()
        self.on_fault()

    def _give_up(self) -> None:
        """Of what waits, drop the oldest whole episodes that are too many; the next append reports them as lost."""
        kept = fitting(self._waiting, WAITING_MAX)
        if len(kept) < len(self._waiting):
            self._outbox.dropped(len(self._waiting) - len(kept))
            self._waiting = kept

    def _begin_group(self) -> asyncio.Task[None]:
        group = asyncio.create_task(self._commit_group(), name="commit")
        group.add_done_callback(_report)
        return group

    async def _commit_group(self) -> None:
        await asyncio.sleep(GROUP_S)
        async with self._lock:
            self._group = None  # whoever asks from here on belongs to the next write
            try:
                await self._store(None)
            except StorageFull:
                if not self._only_faults_wait:
                    raise

    async def _store(self, closed: Closed | None) -> None:
        """The closed window, waiting records, changed totals and the window that is open now.

        One transaction, unless too many records wait: then the first holds windows and totals. On any
        exception what was not stored is back where it came from.
        """
        closed = closed or self.sampler.settle(self.now())
        waiting, self._waiting = self._waiting, []
        counted = list(closed.records if closed else ())
        found = sorted([*counted, *waiting], key=lambda record: record["kind"] != "window")  # stable
        pushed = self._pushed or self.episodes.openings() != self._stored_openings
        self._pushed, stored = False, _Progress()
        self.in_flight = counted
        try:
            try:
                await self._append(found, stored, pushed=pushed)
            except StorageFull:
                if stored.counts or not waiting:
                    raise
                await self._append(counted, stored, pushed=pushed)  # no count is refused for the sake of a fault
                stored.records, stored.counts = 0, True
                waiting = await self._in_pieces(waiting)
                if waiting:
                    raise
        except Exception as error:
            back = found[stored.records :] if stored.records else waiting
            self._take_back(error, back, None if stored.counts else closed)
            self._pushed = self._pushed or (pushed and not stored.counts)
            self._only_faults_wait = stored.counts
            raise
        finally:
            self.in_flight = []
        self._checkpoint_at_s = self._seen.mono_s + self._checkpoint_s
        if self.trouble:
            logger.info("records are stored again", extra={"action": "storage_back"})
        self.trouble = self.trouble_kind = ""
        if not self._waiting:
            self.episodes.all_stored()
        self.flap_notes.now()

    async def _in_pieces(self, waiting: list[records.Record]) -> list[records.Record]:
        """Of records that are too many for the room there is the first few; what is left. No count is among them."""
        part = waiting[:PIECE_RECORDS]
        with contextlib.suppress(StorageFull):
            if len(part) < len(waiting):
                await self._append(part, _Progress(), pushed=False)
                return waiting[len(part) :]
        return waiting

    async def _append(self, found: list[records.Record], stored: "_Progress", *, pushed: bool) -> None:
        """`found` in transactions, the first with totals and the open window; `stored` says how far it came."""
        self.flap_notes.now()
        totals, openings, window = self._changed(), self.episodes.openings(), self.sampler.snapshot()
        sources = dict(self.episodes.sources)
        if not found and (totals or pushed):
            await self._outbox.checkpoint(window, totals, openings, self._notes(told=False))
            self._note_stored(totals, openings)
        while part := found[stored.records : stored.records + APPEND_MAX_RECORDS]:
            new = {} if stored.records else totals
            notes = {} if stored.records else self._notes(told=any(record["kind"] == "window" for record in part))
            notes |= self.noted_with(part)
            await self._outbox.append(
                part,
                totals=new,
                window=window,
                scopes=self.episodes.scopes,
                sources=sources,
                openings=openings,
                notes=notes,
            )
            stored.records += len(part)
            stored.counts = True
            self._note_stored(new, openings)
            self.on_stored(part)
            self.in_flight = [record for record in self.in_flight if record not in part]

    def _notes(self, *, told: bool) -> Notes:
        """What the file is to know of what its windows tell, and of steps that may have to be taken back."""
        notes: Notes = {}
        epoch, followed = self._outbox.epoch, self.sampler.followed
        if told and followed.state is not None:
            notes[TOLD] = {"epoch": epoch}
        if followed.steps is not None and (runs := self._outbox.unanswered()):
            ours = replace(runs[-1], steps=tuple(followed.steps.values()))
            notes[SINCE] = since_note(epoch, [*runs[:-1], ours])
        return notes

    async def answered(self, *, told: bool, compared: bool = False, pushes: bool = False) -> None:
        """The collector answered a hello: this file lacks nothing. `told`: it knows what the windows have told.

        `compared`: it has compared the runs. Then a life that this file did not know before is counted nowhere, and
        what an outbox confirmed of it went back together with the collector's store: the program still says it. What
        nobody says again went with it: `pushes`, the robot has pushed counts, or a source whose own file went back.
        """
        followed, before = self.sampler.followed, self._outbox.unanswered()[:-1]
        steps = [*(step for run in before for step in run.steps), *(followed.steps or {}).values()]
        if compared and (missing := nowhere(steps)):
            async with self._lock:
                self.sampler.add(missing)
                followed.steps = None
                if pushes or followed.pushes or self._may_have_forgotten(steps):
                    self._outbox.dropped(1, "rewound")
                self.flap_notes.now()
                totals, openings = self._changed(), self.episodes.openings()
                await self._outbox.checkpoint(self.sampler.snapshot(), totals, openings, self._outbox.answered_notes())
                self._note_stored(totals, openings)
        followed.steps, followed.compared = None, compared
        if not told:
            self.sampler.followed.state = None
        await self._outbox.answered()

    def _may_have_forgotten(self, steps: list[FirstStep]) -> bool:
        """Whether a source's own file may have gone back with the outbox; one that is ahead of it did not."""
        ahead = {step.source for step in steps if step.kept and step.value > step.base}
        return bool(self.keepers() & {source for source, _ in self.sampler.totals} - ahead)

    async def went_back(self, back: Back) -> None:
        """This file lacks what the robot has delivered: go on in a new one. Raises StorageFull or OutboxUnwritable."""
        async with self._lock:
            self._held = []
            try:
                lost = await self._reconcile(back)
            finally:
                self._let_go()
        extra = {"action": "outbox_went_back", "to": back.to, "mark": back.mark, "lost": lost}
        logger.warning("the outbox went back in time: what the collector has is not counted again", extra=extra)

    async def _reconcile(self, back: Back) -> bool:
        """Whether anything was told as lost. Nothing is counted meanwhile: the steps are those that are compared."""
        now = self._seen = self.now()
        self.episodes.doubt()
        await self._store(self.sampler.close(now))
        followed = self.sampler.followed
        known, missing, lost = await self._outbox.reconcile(
            back,
            list((followed.steps or {}).values()),
            followed.heard,
            keepers=self.keepers(),
            now_s=now.at,
            mono_s=now.mono,
        )
        self.sampler.forgotten(known)
        self.sampler.add(missing)
        self._stored = dict(self.sampler.totals)
        followed.steps, followed.compared = None, back.counted is not None
        self._pushed = self._pushed or bool(missing)
        return lost

    def _changed(self) -> dict[Key, SourceTotal | None]:
        """The totals that the outbox has otherwise; None: it is to forget the series."""
        now = self.sampler.totals
        changed: dict[Key, SourceTotal | None] = dict.fromkeys(self._stored.keys() - now.keys())
        return changed | {key: total for key, total in now.items() if self._stored.get(key) != total}

    def _note_stored(self, changed: Mapping[Key, SourceTotal | None], openings: dict[EpisodeKey, Openings]) -> None:
        self._stored_openings = openings
        self._stored.update({key: total for key, total in changed.items() if total is not None})
        for key in [key for key, total in changed.items() if total is None]:
            del self._stored[key]

    def _take_back(self, error: Exception, waiting: list[records.Record], closed: Closed | None) -> None:
        """The disk (or anything else) refused these."""
        self._waiting = waiting + self._waiting
        self._give_up()
        if closed is not None:
            self.sampler.reopen(closed)
        if not self.trouble:
            logger.error("nothing can be stored: %s", error, extra={"action": "storage_refuses"})
        self.trouble = str(error) or type(error).__name__
        self.trouble_kind = _kind(error)


def fitting(waiting: list[records.Record], most: int) -> list[records.Record]:
    """At most `most` of them if that is possible without tearing an episode.

    The oldest whole episodes go first (a close without its open, or an open without its close, would leave
    the collector with a wrong one), then the oldest skill states. What the agent says of itself stays.
    """
    over = len(waiting) - most
    gone: set[int] = set()
    opened: dict[tuple[str, str, str], int] = {}
    pairs: list[tuple[int, int]] = []
    for at, record in enumerate(waiting if over > 0 else ()):
        if record["kind"] == "fault":
            key = (record["family"], record["code"], record.get("ref", ""))
            if record["state"] == "open":
                opened[key] = at
            elif key in opened:
                pairs.append((opened.pop(key), at))
    for pair in sorted(pairs):
        if len(gone) < over:
            gone.update(pair)
    for at, record in enumerate(waiting):
        if len(gone) < over and record["kind"] == "skill":
            gone.add(at)
    return [record for at, record in enumerate(waiting) if at not in gone]


def _kind(error: Exception) -> str:
    """The word by which status and doctor say the remedy."""
    if isinstance(error, DiskFull):
        return "disk_full"
    if isinstance(error, StorageFull):
        return "outbox_full"
    return "read_only" if "readonly" in str(error) or "Read-only" in str(error) else "unwritable"


def _report(group: asyncio.Task[None]) -> None:
    """Nobody may wait for a group commit: what breaks it is said here. A disk that refuses was said by _store."""
    error = None if group.cancelled() else group.exception()
    if error is not None and not isinstance(error, StorageFull | OutboxUnwritable):
        logger.error("a commit failed: %s", error, exc_info=error, extra={"action": "commit_failed"})


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
