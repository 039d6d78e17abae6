"""The robot's buffer: every record that the collector has not yet acknowledged, and what counting stands on.

One SQLite file, one connection, one writer thread; every method below is one durable transaction on it
(WAL, synchronous=FULL: when the call returns, the bytes are on the disk). What the file holds:

records    numbered without reuse from 1 within `epoch`, deleted only after an ack
totals     the last value seen of every cumulative series, written with the window it went into
window     the open window as of the last checkpoint (pushed counts are safe from then on)
episodes   open faults: kept by `append` itself from the fault records it stores
stream     epoch, boot number, `sent_through`, time last seen

Calls are executed in the order they were made. Raises the tree under errors.OutboxError.
The file is locked while the agent runs (SQLite's shared index would be written again and again): other
processes read it with `outbox_start.peek`, which needs no lock, or from a copy.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

from edge_agent.errors import StorageFull
from edge_agent.outbox.file import PAGE_BYTES, OutboxFile
from edge_agent.outbox.place import OutboxFolder
from edge_agent.outbox.runs import LINEAGE, RUNS, SINCE, TOLD, Run, lineage, unanswered
from edge_agent.outbox.series import FirstStep
from edge_agent.outbox.start import Here, exchange, run_of, start
from edge_agent.outbox.stream import OutboxStream, Waiting
from edge_agent.outbox.values import (
    Back,
    EpisodeKey,
    Figures,
    Key,
    OpenEpisode,
    Openings,
    OutboxSettings,
    Outgoing,
    Restored,
    SourceTotal,
    Watchers,
)
from protocol import records
from protocol.records import LossCause

__all__ = ["Figures", "Key", "OpenEpisode", "Outbox", "OutboxSettings", "Outgoing", "Restored", "SourceTotal"]

T = TypeVar("T")


class Outbox:
    """See the module. `open` is the only constructor."""

    def __init__(self, stream: OutboxStream, place: OutboxFolder, here: Here, thread: ThreadPoolExecutor) -> None:
        self._stream = stream
        self._place = place
        self._here = here
        self._thread = thread
        self._clean = False
        self._oldest_at: int | None = None

    @classmethod
    async def open(
        cls, path: Path, *, settings: OutboxSettings, hardware: str, boot_id: str, now_s: int, mono_s: int = 0
    ) -> Self:
        """Check, salvage where needed, and own the file.

        A damaged file is set aside, its readable rows go into a new epoch with `was`; a file that was
        written on other hardware is set aside unread. `now_s` and `mono_s` stamp the records that say so.
        Raises OutboxInUse, OutboxUnwritable, DiskFull.
        """
        here = Here(hardware, boot_id, now_s, mono_s, settings.max_bytes)

        def work() -> tuple[OutboxFolder, OutboxStream, bool, int | None]:
            place = OutboxFolder(path, reserve_bytes=settings.reserve_bytes, keep_damaged=settings.keep_damaged)
            try:
                file, clean = start(place, here)
                place.reserve()
                stream = OutboxStream(file, place, settings)
                stream.run = run_of(file)
                return place, stream, clean, stream.oldest_at()
            except BaseException:
                place.release()
                raise

        thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        try:
            place, stream, clean, oldest_at = await asyncio.get_running_loop().run_in_executor(thread, work)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        outbox = cls(stream, place, here, thread)
        outbox._clean, outbox._oldest_at = clean, oldest_at
        return outbox

    @property
    def epoch(self) -> str:
        """Changes only in `rotate`."""
        return self._file.stream.epoch

    @property
    def boot(self) -> int:
        """Number of this OS boot within the robot's life."""
        return self._file.stream.boot

    @property
    def newest(self) -> int:
        """Highest seq ever written in this epoch."""
        return self._stream.newest

    @property
    def held(self) -> int:
        """First seq that is not yet acknowledged; newest + 1 when there is none."""
        return self._stream.held

    @property
    def clean(self) -> bool:
        """Whether the process before this one called `close`."""
        return self._clean

    @property
    def last_seen_s(self) -> int:
        """Newest wall-clock time that was vouched for: a floor for the clock."""
        return self._file.stream.last_seen_s

    async def append(
        self,
        found: Sequence[Mapping[str, Any]],
        *,
        totals: Mapping[Key, SourceTotal | None] | None = None,
        window: Mapping[str, Any] | None = None,
        scopes: Mapping[EpisodeKey, str] | None = None,
        sources: Mapping[EpisodeKey, str] | None = None,
        openings: Mapping[EpisodeKey, Openings] | None = None,
        notes: Mapping[str, Mapping[str, Any] | None] | None = None,
    ) -> int:
        """Store records (without `seq`: they are numbered here, contiguously) and what they stand on; the newest seq.

        `totals` are the changed ones only, None for one that is gone. `window` is the snapshot of the window
        that is open from now on (None: nothing in it); it replaces the checkpointed one. `scopes` says which
        scope watches an episode that opens, `sources` who said it, `openings` how often an open one has opened by
        now. `notes` go into the same transaction. A fault record that closes needs no `opened`: the outbox knows it.
        At most APPEND_MAX_RECORDS records, else ValueError.
        Raises StorageFull or OutboxUnwritable: then nothing was stored; keep the window open and try again.
        Close-and-append and snapshot-and-checkpoint must not interleave: one asyncio.Lock.
        """
        found, totals, openings, notes = list(found), dict(totals or {}), dict(openings or {}), dict(notes or {})
        watchers = Watchers(dict(scopes or {}), dict(sources or {}))
        return await self._run(lambda: self._stream.append(found, totals, window, watchers, openings, notes))

    async def checkpoint(
        self,
        window: Mapping[str, Any] | None,
        totals: Mapping[Key, SourceTotal | None] | None = None,
        openings: Mapping[EpisodeKey, Openings] | None = None,
        notes: Mapping[str, Mapping[str, Any] | None] | None = None,
    ) -> None:
        """Make the open window (the totals it has already counted, the openings) durable without closing it."""
        totals, openings, notes = dict(totals or {}), dict(openings or {}), dict(notes or {})
        await self._run(lambda: self._stream.checkpoint(window, totals, openings, notes))

    async def restore(self) -> Restored:
        """What was stored last, for the sampler and the episode tracker."""
        return await self._run(lambda: _restored(self._file))

    async def batch(self, first: int, records: int) -> Outgoing | None:
        """The envelope that begins at `first`, or None when there is nothing from there on.

        It is durable that everything in it may have been sent. Usually at most `records` records; more
        only when a merged window must not be torn from what lies inside its range. Outgoing.first lies
        above `first` when the robot no longer has what is between: the collector commits the hole.
        """
        return await self._run(lambda: self._stream.batch(first, records))

    async def forget(self, mark: int) -> None:
        """Everything up to `mark` is committed at the collector. Small deletions wait for the next commit."""
        await self._run(lambda: self._stream.forget(mark))

    async def rotate(self, mark: int, *, now_s: int, mono_s: int = 0) -> None:
        """stream.Rewound: go on in a new epoch (docs/wire-format.md, section 6).

        `mark` is the collector's, for the log. The open window and the episodes stay.
        """
        here = Here(self._here.hardware, self._here.boot_id, now_s, mono_s, self._here.max_bytes)

        def work() -> None:
            from edge_agent.outbox.recovery.carve import rewound  # noqa: PLC0415  most robots never need it

            old, of = self._stream, self.lineage
            rows = list(old.file.rows(old.held))
            content = rewound(rows, old.file.state(), old.file.stream, old.began, here.origin("rewound", None))
            old.file.close()
            old.adopt(exchange(self._place, here, content, "went-back"))
            old.note(self._notes_of_new_file(of))

        _ = mark
        await self._run(work)

    async def reconcile(
        self,
        back: Back,
        steps: Sequence[FirstStep],
        heard: AbstractSet[Key],
        *,
        keepers: AbstractSet[str] = frozenset(),
        now_s: int,
        mono_s: int = 0,
    ) -> tuple[dict[Key, SourceTotal], dict[str, int], bool]:
        """The collector says that this file went back: go on in a new epoch, without what it has counted.

        `steps` are those of this process, `keepers` the sources that keep files of their own. Returns the totals to
        go on from, the counts that belong into the open window, and whether anything was told as lost. Nothing may be
        in the open window.
        """
        here = Here(self._here.hardware, self._here.boot_id, now_s, mono_s, self._here.max_bytes)

        def work() -> tuple[dict[Key, SourceTotal], dict[str, int], bool]:
            from edge_agent.outbox.recovery.parted import forgotten_totals, reconciled  # noqa: PLC0415  as above

            old, of = self._stream, self.lineage
            before = unanswered(self._noted(SINCE), old.file.stream.epoch)
            runs = [replace(run, steps=tuple(steps)) if run.run == old.run else run for run in before]
            rows, origin = list(old.file.rows(old.held)), here.origin("rewound", None)
            found = reconciled(rows, old.file.state(), old.file.stream, runs, back, origin, keepers=keepers)
            totals = _restored(old.file).totals
            known = forgotten_totals(totals, set(heard), [s for run in runs for s in run.steps], back.counted or {})
            old.file.close()
            old.adopt(exchange(self._place, here, found.content, "went-back"))
            old.checkpoint(None, known, notes=self._notes_of_new_file(of))
            return known, found.rest, found.lost

        return await self._run(work)

    def _notes_of_new_file(self, of: str) -> dict[str, dict[str, Any] | None]:
        """It is this run's from its first number on, and a hello of it is not the first."""
        runs = {"epoch": self.epoch, "runs": [[self._stream.run, 1]]}
        return {RUNS: runs, SINCE: None, TOLD: None, LINEAGE: {"epoch": of}}

    def hello(self, mark: int) -> dict[str, Any]:
        """What a hello of this file says."""
        note = self._noted(RUNS) or {}
        return records.hello(
            robot=self._stream.robot, epoch=self.epoch, mark=mark, held=self.held, runs=note.get("runs", ()),
            newest=self.newest, new=bool(note.get("new")),
        )  # fmt: skip

    @property
    def lineage(self) -> str:
        """The same in every file that went on from the totals of the one before; a new one where they are not known."""
        return lineage(self._noted(LINEAGE), self.epoch)

    @property
    def run(self) -> str:
        """The name of this process on this file."""
        return self._stream.run

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of the last processes on this file, this one at the end."""
        return tuple(str(run) for run, _ in (self._noted(RUNS) or {}).get("runs", ()))

    def unanswered(self) -> list[Run]:
        """The runs whose hello nobody has answered, this one at the end; none once one was answered."""
        return unanswered(self._noted(SINCE), self.epoch)

    async def answered(self) -> None:
        """A hello was answered and this file lacks nothing: durable, so that a copy of it knows."""
        if self._noted(SINCE) is not None or (self._noted(RUNS) or {}).get("new"):
            notes = self.answered_notes()
            await self._run(lambda: self._stream.note(notes))

    def answered_notes(self) -> dict[str, dict[str, Any] | None]:
        """What the file is to hold from then on."""
        return {RUNS: {"epoch": self.epoch, "runs": (self._noted(RUNS) or {}).get("runs", [])}, SINCE: None}

    def _noted(self, name: str) -> dict[str, Any] | None:
        body = self._file.document("note", name)
        return None if body is None else dict(json.loads(body))

    async def give_up(self, seq: int, reason: str) -> None:
        """stream.GiveUp: replace the record by a `lost` record with the same seq."""
        await self._run(lambda: self._stream.give_up(seq, "refused", reason))

    async def restamp(self, boot: int, offset_s: int) -> int:
        """Set `at` = `mono` + `offset_s` in unsent unsynced records of that boot; how many."""
        return await self._run(lambda: self._stream.restamp(boot, offset_s))

    def dropped(self, records: int, cause: LossCause = "full") -> None:
        """The caller gave up records that could not be stored; the next append reports them as lost."""
        self._stream.waiting = Waiting(self._stream.waiting.records + records, cause)

    async def keep_dropped(self) -> None:
        """Make durable how many records were given up and are not yet reported, so that a restart tells it."""
        if self._stream.waiting != self._stream.kept_waiting:
            await self._run(self._stream.keep_waiting)

    async def note(self, name: str) -> dict[str, Any] | None:
        """A small document kept beside the stream: `desired`, `reported`, `session`."""
        body = await self._run(lambda: self._file.document("note", name))
        return None if body is None else dict(json.loads(body))

    async def set_note(self, name: str, document: Mapping[str, Any] | None) -> None:
        """Keep (or with None remove) a small document, durably."""
        await self._run(lambda: self._stream.note({name: document}))

    def figures(self) -> Figures:
        """Numbers as of the last transaction; besides a few `stat` and one read of /proc/self/io no I/O."""
        stream = self._file.stream
        return Figures(
            epoch=stream.epoch,
            boot=stream.boot,
            newest=self.newest,
            held=self.held,
            sent_through=stream.sent_through,
            backlog=self.newest - self.held + 1,
            oldest_at=self._oldest_at,
            bytes_on_disk=_bytes_on_disk(self._file.path),
            max_bytes=self._here.max_bytes,
            bytes_written=bytes_written(),
            commits=self._file.commits,
            merged=self._stream.merged,
            dropped=self._stream.dropped_records + self._stream.waiting.records,
            full=self._stream.full,
            sqlite=sqlite3.sqlite_version,
        )

    async def close(self) -> None:
        """Write what was deferred, mark the stop as clean, release file and lock."""

        def work() -> None:
            try:
                with suppress(StorageFull):  # the stop then counts as unclean, nothing else is lost
                    self._stream.finish()
            finally:
                self._file.close()
                self._place.release()

        await asyncio.get_running_loop().run_in_executor(self._thread, work)
        self._thread.shutdown()

    @property
    def _file(self) -> OutboxFile:
        return self._stream.file

    async def _run(self, work: Callable[[], T]) -> T:
        def watched() -> T:
            before = (self.held, self.newest)
            try:
                return work()
            finally:
                if (self.held, self.newest) != before:
                    self._oldest_at = self._stream.oldest_at()

        return await asyncio.get_running_loop().run_in_executor(self._thread, watched)


def bytes_written() -> int | None:
    """What this process has caused to be written to disk since it began; None where the kernel does not count it."""
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes:")), None)


def _restored(file: OutboxFile) -> Restored:
    totals = {}
    for name, body in file.documents("total").items():
        source, _, series = name.partition("|")
        totals[source, series] = SourceTotal(**json.loads(body))
    window = file.document("window", "open")
    told = file.document("note", TOLD)
    episodes = tuple(OpenEpisode.stored(body) for body in file.documents("episode").values())
    is_told = told is not None and json.loads(told)["epoch"] == file.stream.epoch
    return Restored(totals, json.loads(window) if window else None, episodes, is_told)


def _bytes_on_disk(path: Path) -> int:
    total = 0
    for end in ("", "-wal"):
        with suppress(FileNotFoundError):
            total += path.with_name(path.name + end).stat().st_size
    return max(total, PAGE_BYTES)
