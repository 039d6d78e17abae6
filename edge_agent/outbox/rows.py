"""Rows of the outbox as values, their checksums, and the accounting of numbers. Pure.

A row is believed when its CRC-32 agrees, wherever it was found; `missing` says which numbers of the
stream no believed row accounts for.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `windows` numbers of `first`..`seq` are accounted for by this row itself."""

    seq: int
    kind: str
    body: str
    first: int | None = None
    windows: int = 1
    rev: int = 0

    @property
    def crc(self) -> int:
        return _crc("record", self.seq, self.kind, self.first, self.windows, self.rev, self.body)

    @property
    def begin(self) -> int:
        return self.seq if self.first is None else self.first

    @property
    def record(self) -> dict[str, Any]:
        """The record as a dict, without `seq`."""
        value: dict[str, Any] = json.loads(self.body)
        return value

    @property
    def text(self) -> str:
        """The record's JSON as it travels."""
        return f'{{"seq":{self.seq},{self.body[1:]}'

    def rewritten(self, record: Mapping[str, Any], *, first: int | None = None, windows: int | None = None) -> "Row":
        """The row with another content under the same number."""
        return replace(
            self,
            kind=str(record["kind"]),
            body=json_text(record),
            first=self.first if first is None else first,
            windows=self.windows if windows is None else windows,
            rev=self.rev + 1,
        )


@dataclass(frozen=True, slots=True)
class StateRow:
    """One document beside the records."""

    kind: str
    name: str
    version: int
    body: str

    @property
    def crc(self) -> int:
        return _crc("state", self.kind, self.name, self.version, self.body)


@dataclass(frozen=True, slots=True)
class Stream:
    """Where the stream stands: the document (stream, "") of the file.

    `held` is the first number that was not deleted after an ack; `digests` tie the other documents to this
    commit, so that an older copy of one is not taken for the present one.
    """

    epoch: str
    newest: int = 0
    held: int = 1
    sent_through: int = 0
    boot: int = 0
    boot_id: str = ""
    hardware: str = ""
    clean: bool = False
    last_seen_s: int = 0
    digests: Mapping[str, int] = field(default_factory=dict)

    def to_body(self) -> str:
        return json_text({name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def from_body(cls, body: str) -> "Stream":
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in json.loads(body).items() if name in known})


@dataclass(frozen=True, slots=True)
class Loss:
    """Numbers `first`..`last` are not all there: `records` of them held data that no row has."""

    first: int
    last: int
    records: int


def row_of(seq: int, record: Mapping[str, Any], *, first: int | None = None, windows: int = 1) -> Row:
    return Row(seq, str(record["kind"]), json_text(record), first, windows)


def json_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digests(rows: Iterable[StateRow]) -> dict[str, int]:
    """Per kind of document, one number over all of them, whatever their order."""
    found: dict[str, int] = {}
    for row in rows:
        if row.kind in {"total", "episode", "window"}:
            found[row.kind] = found.get(row.kind, 0) ^ row.crc
    return {kind: value for kind, value in found.items() if value}


def settled(rows: Iterable[Row], held: int) -> list[Row]:
    """Believed rows in order, without what a later commit deleted, rewrote or merged into another row."""
    latest: dict[int, Row] = {}
    for row in rows:
        if row.seq >= held and ((known := latest.get(row.seq)) is None or known.rev < row.rev):
            latest[row.seq] = row
    kept: list[Row] = []
    covered_from: int | None = None  # begin of the merged range we are inside of, walking down
    for seq in sorted(latest, reverse=True):
        row = latest[seq]
        if row.kind == "window" and covered_from is not None and seq >= covered_from:
            continue
        kept.append(row)
        if row.kind == "window" and row.first is not None:
            covered_from = row.first if covered_from is None else min(covered_from, row.first)
    kept.reverse()
    return kept


class Accounting:
    """Which numbers of `held`..`newest` are unaccounted for. Feed it rows from the newest down, once each."""

    def __init__(self, held: int, newest: int) -> None:
        self._held = held
        self._expected = newest  # the next number, going down, that somebody has to account for
        self._merged: Row | None = None
        self._inside = 0
        self._losses: list[Loss] = []

    def feed(self, row: Row) -> None:
        if self._merged is not None:
            if row.seq >= self._merged.begin:
                self._inside += row.windows  # a range inside this one stands for what it merged
                return
            self._leave_range()
        self._lost_down_to(row.seq + 1)
        self._expected = row.seq - 1
        if row.first is not None:
            self._merged, self._inside = row, 0

    def losses(self) -> list[Loss]:
        """In order of their numbers. Ends the accounting."""
        if self._merged is not None:
            self._leave_range()
        self._lost_down_to(self._held)
        return self._losses[::-1]

    def _leave_range(self) -> None:
        row = self._merged
        if row is None:
            raise AssertionError("left a range without being in one")
        short = row.seq - row.begin + 1 - row.windows - self._inside
        if short > 0:
            self._losses.append(Loss(row.begin, row.seq, short))
        self._expected, self._merged = row.begin - 1, None

    def _lost_down_to(self, first: int) -> None:
        if self._expected >= first:
            self._losses.append(Loss(first, self._expected, self._expected - first + 1))


def missing(rows: Sequence[Row], held: int, newest: int) -> list[Loss]:
    """What of `held`..`newest` the rows (settled, in order) do not account for."""
    accounting = Accounting(held, newest)
    for row in reversed(rows):
        accounting.feed(row)
    return accounting.losses()


def _crc(*parts: object) -> int:
    return zlib.crc32("\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass"))
