"""A robot for the stream's simulation: an outbox by docs/wire-format.md, and a process that can die anywhere.

`File` is what survives a crash; `Robot` is the process. Every count is one number (an id), so that what
was counted can be compared with what was committed one by one.
"""

import itertools
import random
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from protocol.stream import Forget, GiveUp, Hello, Rewound, Sender

INSIDE_MAX = 3  # other records between two windows that are merged
IDS_MAX = 40  # an "hour" of counts: then the next windows are merged
Place = tuple[str, int]  # (epoch, seq): where a count stood at some time


class Rec(NamedTuple):
    """One record. `ids` are the counts of a window; `lost` is the range (epoch, first, last) of a loss."""

    seq: int
    first: int
    kind: str
    ids: frozenset[int] = frozenset()
    was: Place | None = None
    lost: tuple[str, int, int] | None = None
    closes: Place | None = None  # the old epoch and what it still held
    covers: frozenset[int] = frozenset()  # ids whose loss is told by this record alone
    poison: bool = False  # the collector cannot read a payload with it


class Up(NamedTuple):
    """A batch on its way."""

    epoch: str
    first: int
    last: int
    held: int
    records: tuple[Rec, ...]
    digest: str


class Down(NamedTuple):
    """An ack on its way."""

    epoch: str
    mark: int
    gap: bool = False
    refused: str = ""
    pause_s: float = 0.0


class Crash(Exception):
    """The process is gone between two of its steps."""


@dataclass
class File:
    """The outbox on disk."""

    epoch: str
    records: list[Rec] = field(default_factory=list)
    newest: int = 0
    sent_through: int = 0

    def copy(self) -> "File":
        return File(self.epoch, list(self.records), self.newest, self.sent_through)

    @property
    def held(self) -> int:
        return min((r.first for r in self.records), default=self.newest + 1)

    def append(self, rec: Rec) -> Rec:
        self.newest += 1
        numbered = rec._replace(seq=self.newest, first=self.newest)
        self.records.append(numbered)
        return numbered

    def batch(self, first: int, count: int) -> tuple[Rec, ...]:
        """At most `count` records, more only where a merge would be torn from what lies inside its range."""
        ahead = [r for r in self.records if r.seq >= first]
        end = count
        while end < len(ahead) and any(r.first <= ahead[end - 1].seq for r in ahead[end:]):
            end += 1
        return tuple(ahead[:end])

    def merge_oldest(self, *, sent_too: bool) -> Rec | None:
        """Two windows become one, whatever stands between; None when there are no two that were never sent."""
        windows = [n for n, r in enumerate(self.records) if r.kind == "window"]
        for n, m in itertools.pairwise(windows):
            a, b = self.records[n], self.records[m]
            unsent = a.first > self.sent_through or sent_too
            plain = a.was is None and b.was is None and not a.poison and not b.poison
            if unsent and plain and m - n <= INSIDE_MAX and len(a.ids) < IDS_MAX:
                merged = b._replace(first=a.first, ids=a.ids | b.ids)
                self.records[m] = merged
                del self.records[n]
                return merged
        return None


def end_of(epoch: str) -> int:
    """Stands, among the counts, for the news that an epoch has ended: that can get lost as well."""
    return -1 - int(epoch, 16)


@dataclass
class Ledger:
    """What the law is judged by: every count, where it stood, and what no law can ask for."""

    counted: set[int] = field(default_factory=set)
    places: dict[int, set[Place]] = field(default_factory=dict)
    forgotten: set[int] = field(default_factory=set)  # on the disk before it went back in time, and nowhere else
    damaged: set[int] = field(default_factory=set)  # in records that the robot could not keep and declared lost
    taken_back: set[int] = field(default_factory=set)  # committed once, then the database was restored
    unknown_to_robot: set[int] = field(default_factory=set)  # written after the image that the disk went back to

    def stands(self, rec: Rec, epoch: str) -> None:
        for number in rec.ids | rec.covers:
            self.places.setdefault(number, set()).add((epoch, rec.seq))


@dataclass
class Robot:
    """The process. `send` hands a batch to the network; `bugs` names the protections that are off."""

    rng: random.Random
    file: File
    ledger: Ledger
    bugs: frozenset[str] = frozenset()
    capacity: int = 60
    crash_rate: float = 0.0
    outbound: list[Up] = field(default_factory=list)
    sender: Sender = field(default_factory=Sender)
    began_after: int = 0  # newest seq when the process began
    mono_s: float = 0.0
    disk_full: bool = False
    pending: set[int] = field(default_factory=set)  # counted by the source, not yet in a window
    next_id: int = 0
    next_epoch: int = 0
    digests: int = 0

    def begin(self, mono_s: float) -> None:
        self.mono_s = mono_s
        self.began_after = self.file.newest
        sent = None if "rewind_unseen" in self.bugs else self.file.sent_through
        self.sender = Sender(mark=self.file.held - 1, records=8, sent_through=sent)

    def _step(self) -> None:
        if self.rng.random() < self.crash_rate:
            raise Crash

    # what happens on the robot

    def count(self) -> None:
        """The source counted once more; it keeps its totals over a crash."""
        self.next_id += 1
        self.pending.add(self.next_id)
        self.ledger.counted.add(self.next_id)

    def close_window(self) -> None:
        if self.disk_full or not self.pending:
            return
        poison = self.rng.random() < 0.01
        rec = self.file.append(Rec(0, 0, "window", frozenset(self.pending), poison=poison))
        self.ledger.stands(rec, self.file.epoch)
        self.pending.clear()
        self._step()
        if self.rng.random() < 0.15:
            self.file.append(Rec(0, 0, "fault"))
        while len(self.file.records) > self.capacity:
            merged = self.file.merge_oldest(sent_too="merge_sent" in self.bugs)
            if merged is None:
                break
            self.ledger.stands(merged, self.file.epoch)
            self._step()

    # the link

    def pump(self) -> None:
        while True:
            action = self.sender.next(self.file.newest, self.mono_s)
            if action is None:
                return
            self.digests += 1
            digest = f"{self.digests:x}"
            if isinstance(action, Hello):
                last, records = action.first - 1, ()
            else:
                records = self.file.batch(action.first, action.records)
                if not records:
                    return
                last = records[-1].seq
                self.file.sent_through = max(self.file.sent_through, last)
                self._step()
            self.outbound.append(Up(self.file.epoch, action.first, last, self.file.held, records, digest))
            self._step()
            self.sender.published(action.first, last, digest, self.mono_s)
            if "forget_on_puback" in self.bugs:
                self._forget(last)

    def hears(self, ack: Down) -> None:
        if ack.epoch != self.file.epoch:
            return
        if ack.refused:
            given_up = self.sender.refused(ack.refused, "json: unreadable", self.mono_s)
            if isinstance(given_up, GiveUp):
                self._give_up(given_up.seq)
            return
        result = self.sender.acked(ack.mark, self.file.newest, self.mono_s, gap=ack.gap, pause_s=ack.pause_s)
        self._step()
        if isinstance(result, Forget):
            self._forget(result.mark)
        elif isinstance(result, Rewound):
            self._rotate()

    def _forget(self, mark: int) -> None:
        if not self.disk_full:
            self.file.records = [r for r in self.file.records if r.seq > mark]

    def _give_up(self, seq: int) -> None:
        for n, rec in enumerate(self.file.records):
            if rec.seq == seq:
                lost = (self.file.epoch, rec.first, seq)
                told = Rec(seq, seq, "lost", lost=lost, covers=rec.ids | rec.covers, was=rec.was)
                self.file.records[n] = told
                self.ledger.damaged |= rec.ids
                self.ledger.stands(told, self.file.epoch)

    # a new epoch

    def _rotate(self) -> None:
        """The numbers are in use already: see rule 7."""
        old, kept, dropped = self.file, [], []
        for rec in old.records:
            if rec.seq <= old.sent_through:
                kept.append(rec._replace(was=rec.was or (old.epoch, rec.seq)))
            elif rec.first > self.began_after:
                kept.append(rec)
            else:
                dropped.append(rec)
        link = self.sender.phase
        self._replace(kept, dropped)
        self.begin(self.mono_s)
        if link.value != "offline":
            self.sender.connected()

    def salvage(self, readable: float) -> None:
        """The file is corrupt: what can be read goes into a new one under a new epoch."""
        kept, dropped = [], []
        for rec in self.file.records:
            (kept if self.rng.random() < readable else dropped).append(rec)
        was_lost = "salvage_without_was" in self.bugs
        old = self.file.epoch
        self._replace([r if was_lost else r._replace(was=r.was or (old, r.seq)) for r in kept], dropped)

    def _replace(self, kept: list[Rec], dropped: list[Rec]) -> None:
        old = self.file
        self.next_epoch += 1
        new = File(f"{self.next_epoch:016x}")
        opening = Rec(0, 0, "epoch", closes=(old.epoch, old.held), covers=frozenset({end_of(old.epoch)}))
        self.ledger.stands(new.append(opening), new.epoch)
        for rec in sorted([*kept, *dropped], key=lambda r: r.seq):
            if rec in dropped:
                self.ledger.damaged |= rec.ids
                told = Rec(0, 0, "lost", lost=(old.epoch, rec.first, rec.seq), covers=rec.ids | rec.covers)
                self.ledger.stands(new.append(told), new.epoch)
            else:
                self.ledger.stands(new.append(rec), new.epoch)
        self.file = new

    def go_back_in_time(self, image: File, committed: set[int]) -> None:
        """The disk was restored from an image; what was counted since and did not arrive is beyond any law."""
        image_ids = {i for r in image.records for i in r.ids | r.covers}
        self.ledger.forgotten |= {i for r in self.file.records for i in r.ids | r.covers if i not in image_ids}
        for number, places in self.ledger.places.items():
            if any(epoch == image.epoch and seq > image.newest for epoch, seq in places):
                self.ledger.unknown_to_robot.add(number)
        self.ledger.forgotten |= self.ledger.unknown_to_robot - committed
        self.file = replace(image, records=list(image.records))
