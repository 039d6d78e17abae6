"""A simulated robot's outbox: records as JSON text in memory, numbered, deleted only up to the acked mark.

It keeps the stream's promises (seq never reused, nothing renumbered, nothing merged that may have been
sent) without the disk; the real one is the agent's. A full outbox merges its oldest unsent windows into
wider ones, an hour first, then a local day: totals stay, resolution falls.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import orjson

from protocol.records import envelope, numbered

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
        self._texts.append(orjson.dumps(numbered(self.newest, record)))
        return self.newest

    def hello(self, first: int) -> Outgoing:
        return Outgoing(first, first - 1, self._envelope(first, first - 1, []))

    def batch(self, first: int, records: int, through: int) -> Outgoing | None:
        """At most `records` records from `first` on, none beyond `through`; None when there are none."""
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
        return Outgoing(first, last, self._envelope(first, last, self._texts[start:stop]))

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

    def _envelope(self, first: int, last: int, texts: list[bytes]) -> bytes:
        head = envelope(robot=self.robot, epoch=self.epoch, first=first, last=last, held=self.held, records=())
        return orjson.dumps(head)[:-2] + b",".join(texts) + b"]}"
