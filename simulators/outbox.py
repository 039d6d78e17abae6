"""A simulated robot's outbox: records as JSON text in memory, numbered, deleted only up to the acked mark.

It keeps the stream's promises (seq never reused, nothing renumbered, nothing merged that may have been
sent) without the disk; the real one is the agent's. Beyond `capacity` records it merges its oldest unsent
windows into wider ones, an hour first, then a local day: totals stay, resolution falls. Only neighbours
are merged, so no other record ever lies inside a merged range.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from protocol import codec
from protocol.records import envelope, numbered
from protocol.records import hello as say_hello

BATCH_TEXT_MAX_BYTES = 256 * 1024  # a quarter of what the wire allows unpacked: 500 rich windows still fit
_COMPACT_AT = 2000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One batch before compression. A hello has no records and `last` = `first` - 1."""

    first: int
    last: int
    text: bytes


@dataclass(slots=True)
class Outbox:
    robot: str
    epoch: str
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    capacity: int | None = None
    newest: int = 0
    sent_through: int = 0
    merges: int = 0
    _seqs: list[int] = field(default_factory=list)
    _texts: list[bytes] = field(default_factory=list)
    _firsts: dict[int, int] = field(default_factory=dict)  # seq of a merged window -> first seq it stands for
    _gone: int = 0

    @property
    def held(self) -> int:
        """The first seq still here; `newest` + 1 when empty."""
        if self._gone >= len(self._seqs):
            return self.newest + 1
        seq = self._seqs[self._gone]
        return self._firsts.get(seq, seq)

    def __len__(self) -> int:
        return len(self._seqs) - self._gone

    def append(self, record: dict[str, Any]) -> int:
        """Numbers a record and keeps it. Returns its seq."""
        self.newest += 1
        self._seqs.append(self.newest)
        # A copy: the encoder's own buffer is far larger than the text, and there are a million of them.
        self._texts.append(bytes(memoryview(orjson.dumps(numbered(self.newest, record)))))
        if self.capacity is not None and len(self) > self.capacity:
            self._make_room(self.capacity)
        return self.newest

    def hello(
        self, first: int, *, runs: Sequence[tuple[str, int]] = (), new: bool = False,
        about: dict[str, Any] | None = None, whole: bool = False,
    ) -> Outgoing:  # fmt: skip
        """`about` is the robot's description; a `whole` hello carries it, any other its digest."""
        said = say_hello(
            robot=self.robot, epoch=self.epoch, mark=first - 1, held=self.held, runs=runs,
            newest=self.newest, new=new, timezone=self.zone.key,
            about=codec.digest(codec.encode(about)) if about else "", description=about if whole else None,
        )  # fmt: skip
        return Outgoing(first, first - 1, orjson.dumps(said))

    def batch(self, first: int, records: int, through: int, run: str = "") -> Outgoing | None:
        """At most `records` records from `first` on, none beyond `through`, sent by `run`; None when there are none."""
        start = bisect_left(self._seqs, first, lo=self._gone)
        stop = min(start + records, bisect_left(self._seqs, through + 1, lo=start))
        if start >= stop:
            return None
        size = 0
        for at in range(start, stop):
            size += len(self._texts[at]) + 1
            if size > BATCH_TEXT_MAX_BYTES and at > start:
                stop = at
                break
        last = self._seqs[stop - 1]
        first = max(first, self.held)
        self.sent_through = max(self.sent_through, last)
        return Outgoing(first, last, self._envelope(first, last, self._texts[start:stop], run))

    def forget(self, mark: int) -> None:
        """Everything up to `mark` is committed elsewhere."""
        at = bisect_left(self._seqs, mark + 1, lo=self._gone)
        for seq in self._seqs[self._gone : at] if self._firsts else ():
            self._firsts.pop(seq, None)
        self._gone = at
        if self._gone > _COMPACT_AT:
            del self._seqs[: self._gone], self._texts[: self._gone]
            self._gone = 0

    def records(self, after: int = 0) -> list[dict[str, Any]]:
        """What is held with seq > `after`, decoded."""
        start = bisect_left(self._seqs, after + 1, lo=self._gone)
        return [orjson.loads(text) for text in self._texts[start:]]

    def replace(self, record: dict[str, Any]) -> None:
        """Puts another record in the place of the one with its seq."""
        at = bisect_left(self._seqs, record["seq"], lo=self._gone)
        if at < len(self._seqs) and self._seqs[at] == record["seq"]:
            self._texts[at] = orjson.dumps(record)

    def change(self, after: int, how: Callable[[dict[str, Any]], None]) -> None:
        """Lets `how` rewrite every record with seq > `after`, in place."""
        for at in range(bisect_left(self._seqs, after + 1, lo=self._gone), len(self._seqs)):
            record = orjson.loads(self._texts[at])
            how(record)
            self._texts[at] = orjson.dumps(record)

    def rotate(self, epoch: str, opening: dict[str, Any]) -> int:
        """Starts a new epoch with `opening`; what is held follows it. Returns what was added to every seq.

        What may have been sent says where it was: only the collector knows whether it has it.
        """
        held, old, sent_through = self.held, self.epoch, self.sent_through
        shift = 2 - held

        def move(record: dict[str, Any]) -> None:
            sent = record["seq"] <= sent_through
            if sent:
                record.setdefault("was", {"epoch": old, "seq": record["seq"]})
            record["seq"] += shift
            if sent:
                record.pop("first", None)
            elif "first" in record:
                record["first"] += shift
            if record.get("opened", 0) >= held:
                record["opened"] += shift
            elif "opened" in record:
                record["opened_epoch"] = old

        self.change(0, move)
        self._seqs = [1, *(seq + shift for seq in self._seqs[self._gone :])]
        self._texts = [orjson.dumps(numbered(1, opening)), *self._texts[self._gone :]]
        self._firsts = {seq + shift: first + shift for seq, first in self._firsts.items()}
        self._gone, self.sent_through = 0, 0
        self.epoch, self.newest = epoch, self.newest + shift
        return shift

    def _make_room(self, capacity: int) -> None:
        """Merges from the oldest unsent window on, an hour at a time, then a day, to three quarters of the room."""
        for hour in (True, False):
            at = bisect_left(self._seqs, self.sent_through + 1, lo=self._gone)
            while len(self) > capacity * 3 // 4 and at < len(self._seqs) - 1:
                if not self._merge_next(at, hour=hour):
                    at += 1
            if len(self) <= capacity:
                return

    def _merge_next(self, at: int, *, hour: bool) -> bool:
        one, two = orjson.loads(self._texts[at]), orjson.loads(self._texts[at + 1])
        if not self._alike(one, two, hour=hour):
            return False
        counts = dict(one["counts"])
        for key, n in two["counts"].items():
            counts[key] = counts.get(key, 0) + n
        end_s = two["at"] + two.get("covers", two["span"])
        first = one.get("first", one["seq"])
        merged = {k: v for k, v in one.items() if k != "gauges"}
        merged |= {"seq": two["seq"], "span": one["span"] + two["span"], "counts": counts}
        merged |= {"first": first, "covers": end_s - one["at"]}
        self._firsts.pop(one["seq"], None)
        self._firsts[two["seq"]] = first
        self._texts[at : at + 2] = [orjson.dumps(merged)]
        del self._seqs[at]
        self.merges += 1
        return True

    def _alike(self, one: dict[str, Any], two: dict[str, Any], *, hour: bool) -> bool:
        """Two windows that follow each other in one local hour (or day), boot and state of the clock."""
        if one["kind"] != "window" or two["kind"] != "window":
            return False
        if one["boot"] != two["boot"] or one.get("sync") != two.get("sync") or "was" in one or "was" in two:
            return False
        here, there = (datetime.fromtimestamp(r["at"], self.zone) for r in (one, two))
        return here.date() == there.date() and (not hour or here.hour == there.hour)

    def _envelope(self, first: int, last: int, texts: list[bytes], run: str) -> bytes:
        head = envelope(
            robot=self.robot, epoch=self.epoch, first=first, last=last, held=self.held, records=(),
            timezone=self.zone.key,
        )  # fmt: skip
        if run:
            head = {"run": run} | head
        return orjson.dumps(head)[:-2] + b",".join(texts) + b"]}"
