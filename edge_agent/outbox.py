"""The robot's buffer: every record that the collector has not yet acknowledged, and what counting stands on.

One SQLite file, one connection, one writer thread; every method below is one durable transaction on it
(WAL, synchronous=FULL: when the call returns, the bytes are on the disk). What the file holds:

records    numbered without reuse from 1 within `epoch`, deleted only after an ack
totals     the last value seen of every cumulative series, written with the window it went into
window     the open window as of the last checkpoint (pushed counts are safe from then on)
episodes   open faults: kept by `append` itself from the fault records it stores
stream     epoch, boot number, `sent_through`, time last seen

Calls are executed in the order they were made. Raises the tree under errors.OutboxError.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

Key = tuple[str, str]  # (source, series)


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """`robot` goes into every envelope; `timezone` decides where a merged day begins."""

    robot: str
    timezone: str = "UTC"
    max_bytes: int = 64 * 1024 * 1024  # half a year of 5-minute windows; then windows are merged
    reserve_bytes: int = 1024 * 1024  # given up on a full disk so that deleting and reporting still work
    keep_damaged: int = 3  # damaged files set aside for a person to look at
    batch_bytes: int = 256 * 1024  # envelope before compression; a quarter of what the collector unpacks


@dataclass(frozen=True, slots=True)
class SourceTotal:
    """The last value of a cumulative series. `carried` is the fraction left over from lives before `epoch`."""

    counter: str
    value: float
    epoch: str
    carried: float = 0.0


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """A fault that was opened and not closed, as its open record said it."""

    family: str
    code: str
    ref: str
    did: str
    severity: str
    opened: int
    opened_epoch: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Restored:
    """What the sampler and the episode tracker go on from after a start."""

    totals: Mapping[Key, SourceTotal]
    window: Mapping[str, Any] | None
    episodes: tuple[OpenEpisode, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A batch ready for compression. `records` is how many it holds (a merged range counts as one)."""

    first: int
    last: int
    held: int
    records: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Figures:
    """The outbox about itself, for status and the agent's own counters."""

    epoch: str
    boot: int
    newest: int
    held: int
    sent_through: int
    backlog: int
    oldest_at: int | None
    bytes_on_disk: int
    max_bytes: int
    bytes_written: int | None  # by this process since it began, as the kernel counts it; None where it does not
    commits: int
    merged: int
    dropped: int
    full: bool
    sqlite: str


class Outbox:
    """See the module. `open` is the only constructor."""

    epoch: str
    boot: int  # number of this OS boot within the robot's life
    newest: int  # highest seq ever written in this epoch
    held: int  # first seq still in the file; newest + 1 when there is none
    clean: bool  # whether the process before this one called `close`
    last_seen_s: int  # newest wall-clock time that was ever vouched for: a floor for the clock

    @classmethod
    async def open(
        cls, path: Path, *, settings: OutboxSettings, hardware: str, boot_id: str, now_s: int, mono_s: int = 0
    ) -> Self:
        """Check, salvage where needed, and own the file.

        A damaged file is set aside, its readable rows go into a new epoch with `was`; a file that was
        written on other hardware is set aside unread. `now_s` and `mono_s` stamp the records that say so.
        Raises OutboxInUse, OutboxUnwritable, DiskFull.
        """
        raise NotImplementedError

    async def append(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        totals: Mapping[Key, SourceTotal] | None = None,
        window: Mapping[str, Any] | None = None,
    ) -> int:
        """Store records (without `seq`: they are numbered here, contiguously) and what they stand on; the newest seq.

        `totals` are the changed ones only. `window` is the snapshot of the window that is open from now on
        (None: nothing in it); it replaces the checkpointed one. A fault record that closes needs no `opened`:
        the outbox knows it. Raises StorageFull or OutboxUnwritable: then nothing was stored; keep the window
        open and try again. Close-and-append and snapshot-and-checkpoint must not interleave: one asyncio.Lock.
        """
        raise NotImplementedError

    async def checkpoint(
        self, window: Mapping[str, Any] | None, totals: Mapping[Key, SourceTotal] | None = None
    ) -> None:
        """Make the open window (and the totals it has already counted) durable without closing it."""
        raise NotImplementedError

    async def restore(self) -> Restored:
        """What was stored last, for the sampler and the episode tracker."""
        raise NotImplementedError

    async def batch(self, first: int, records: int) -> Outgoing | None:
        """The envelope that begins at `first`, or None when there is nothing from there on.

        It is durable that everything in it may have been sent. Usually at most `records` records; more
        only when a merged window must not be torn from what lies inside its range.
        """
        raise NotImplementedError

    async def forget(self, mark: int) -> None:
        """Everything up to `mark` is committed at the collector. Small deletions wait for the next append."""
        raise NotImplementedError

    async def rotate(self, mark: int, *, now_s: int, mono_s: int = 0) -> None:
        """stream.Rewound: go on in a new epoch with what was written since this process began."""
        raise NotImplementedError

    async def give_up(self, seq: int, reason: str) -> None:
        """stream.GiveUp: replace the record by a `lost` record with the same seq."""
        raise NotImplementedError

    async def restamp(self, boot: int, offset_s: int) -> int:
        """Set `at` = `mono` + `offset_s` in unsent unsynced records of that boot; how many."""
        raise NotImplementedError

    def dropped(self, records: int, cause: str) -> None:
        """The caller gave up records that could not be stored; the next append reports them as lost."""
        raise NotImplementedError

    async def note(self, name: str) -> dict[str, Any] | None:
        """A small document kept beside the stream: `desired`, `reported`, `session`."""
        raise NotImplementedError

    async def set_note(self, name: str, document: Mapping[str, Any] | None) -> None:
        """Keep (or with None remove) a small document, durably."""
        raise NotImplementedError

    def figures(self) -> Figures:
        """Numbers as of the last transaction; no I/O besides one read of /proc/self/io."""
        raise NotImplementedError

    async def close(self) -> None:
        """Write what was deferred, mark the stop as clean, release file and lock."""
        raise NotImplementedError
