"""Room in the outbox: commits that survive a full disk, merging near the cap, rows that have rotted.

A deletion after an ack waits for the next commit (losing it costs nothing: the collector tells its mark again).
Near the cap the oldest windows that were never sent are merged, and closed fault episodes likewise, so that neither
counts nor the link's own notes find no room. On a full disk the reserve is given up for a moment: delete what is
acked, merge, move the log into the database, take the reserve back. If that is not enough, the error rises and
nothing was stored.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from edge_agent.errors import DiskFull, OutboxFull, StorageFull
from edge_agent.outbox import episode_merge, merge
from edge_agent.outbox.file import Change, ChecksumError, OutboxFile
from edge_agent.outbox.new_file import Stamped
from edge_agent.outbox.place import OutboxFolder
from edge_agent.outbox.rows import Loss, Row
from edge_agent.outbox.runs import RUNS, SINCE, firsts
from protocol.records import LossCause

logger = logging.getLogger(__name__)

FORGET_WITH = 12  # deletions that go along with the next commit; fewer would free no page
MERGE_ROWS = 600  # rows of one merging transaction
MERGE_STEPS = 16  # of them before one append
FUTILE_TRIES = 30  # appends refused at once after relief freed nothing; five minutes of ticks
LOG_SHARE_BYTES = 96 * 1024  # what a log of CHECKPOINT_PAGES needs, so that freed pages can be used on a full disk
_EPISODE_STAGES = frozenset({0, 3})
MERGE_ABOVE, MERGE_BELOW = 7 / 8, 3 / 4  # of the page cap: begin, stop


class Room:
    """Owns the open file. `held` is the first number that is not acknowledged."""

    def __init__(self, file: OutboxFile, place: OutboxFolder, timezone: str) -> None:
        self.file = file
        self.place = place
        self.merged = 0
        self.full = False
        self.forgotten = file.stream.held - 1
        self._utc_offset = _utc_offset_of(timezone)
        self._stages: list[Callable[[list[Row]], list[merge.Merged]]] = [
            lambda rows: episode_merge.plan_by_fault(rows, self._utc_offset),
            lambda rows: self._plan_windows(rows, merge.STAGES[0]),
            lambda rows: self._plan_windows(rows, merge.STAGES[1]),
            lambda rows: episode_merge.plan_by_family(rows, self._utc_offset),
            lambda rows: self._plan_windows(rows, merge.STAGES[2]),
        ]
        self._cursors = [0] * len(self._stages)
        self._again = False  # episodes were merged: what lies farther apart can be merged now
        self._relieving = False
        self._futile_tries = 0

    def adopt(self, file: OutboxFile) -> None:
        """Go on with another file: a new epoch."""
        self.file = file
        self.forgotten = 0
        self._cursors = [0] * len(self._stages)

    @property
    def newest(self) -> int:
        return self.file.stream.newest

    @property
    def held(self) -> int:
        return max(self.file.stream.held, self.forgotten + 1)

    def forget(self, mark: int) -> None:
        """Let the rows up to `mark` go with one of the next commits."""
        self.forgotten = max(self.forgotten, min(mark, self.newest))
        self._futile_tries = 0

    def rows(self, first: int) -> Iterator[Row]:
        """Rows from `first` on; one whose checksum fails is first replaced by a `lost` record."""
        while True:
            at = first
            try:
                for row in self.file.rows(first):
                    at = row.seq + 1
                    yield row
            except ChecksumError as error:
                if error.row is None:
                    raise
                self.commit(Change(update=[self.given_up(error.row, "corrupt")]))
                first = max(at, error.row.seq)
            else:
                return

    def make_room(self) -> None:
        """Merge when the file nears its cap."""
        count, free, allowed = self.file.pages()
        if count - free <= MERGE_ABOVE * allowed:
            return
        self._merge_down()

    def _merge_down(self) -> None:
        for _ in range(MERGE_STEPS):
            if not self._merge_step():
                return
            count, free, allowed = self.file.pages()
            if count - free < MERGE_BELOW * allowed:
                return

    def _merge_step(self) -> bool:
        """One transaction of merging, the oldest and finest first. False: there is nothing left to merge."""
        while True:
            for number, plan in enumerate(self._stages):
                if self._merge_stage(number, plan):
                    self._again = self._again or number in _EPISODE_STAGES
                    return True
            if not self._again:
                return False
            self._again, self._cursors = False, [0] * len(self._stages)

    def _plan_windows(self, rows: list[Row], stage: merge.Stage) -> list[merge.Merged]:
        return merge.plan(rows, stage, self._utc_offset, _run_firsts(self.file))

    def _merge_stage(self, number: int, plan: Callable[[list[Row]], list[merge.Merged]]) -> bool:
        while True:
            first = max(self._cursors[number], self.file.stream.sent_through + 1, self.held)
            rows = list(islice(self.rows(first), MERGE_ROWS))
            whole = len(rows) < MERGE_ROWS
            if not whole:  # a range that ends beyond must not be cut
                rows = rows[: _before_ranges(rows, list(islice(self.rows(rows[-1].seq + 1), merge.OTHERS_MAX + 1)))]
            plans = plan(rows)
            if plans:
                self._cursors[number] = plans[-1].into.seq
                gone = [seq for each in plans for seq in each.gone]
                self.commit(Change(update=[each.into for each in plans], delete=gone))
                self.merged += len(gone)
                logger.info(
                    "outbox merged %d records", len(gone), extra={"action": "outbox_merged", "records": len(gone)}
                )
                return True
            if whole:
                return False
            self._cursors[number] = rows[-1].seq if rows else first + 1

    def commit(self, change: Change, **stream: Any) -> None:
        """Commit; on a full disk once more after making room with the reserve."""
        due = self.full or self.held - self.file.stream.held >= FORGET_WITH or "clean" in stream
        stream.setdefault("held", self.held if due else self.file.stream.held)
        try:
            self.file.commit(change, replace(self.file.stream, **stream))
        except DiskFull:
            self.full = True
            if self._relieving:
                raise
            self._after_relief(change, stream)
        except OutboxFull:
            self.full = True
            if self._relieving or not self._merge_step():
                raise
            self._merge_down()
            self.file.commit(change, replace(self.file.stream, **stream | {"held": self.held}))
        self.full = False

    def _after_relief(self, change: Change, stream: dict[str, Any]) -> None:
        """Commit with the help of the reserve. New records never spend it: they get what deleting or merging frees."""
        grows = bool(change.insert)
        if grows and self._futile_tries:
            self._futile_tries -= 1
            raise DiskFull(self._no_room())
        logger.warning("the disk is full: the outbox makes room for itself", extra={"action": "outbox_disk_full"})
        self._relieving = True
        freed = False
        try:
            self.place.give_reserve()
            self.file.checkpoint()
            freed = self._shrink()
            self.file.checkpoint()
            if grows and not freed:
                self._futile_tries = FUTILE_TRIES
                raise DiskFull(self._no_room())
            self.file.commit(change, replace(self.file.stream, **stream | {"held": self.held}))
        finally:
            self._relieving = False
            self.place.reserve(leaving=LOG_SHARE_BYTES if freed else 0)

    def _no_room(self) -> str:
        return f"no room on the disk of {self.file.path.parent}: delete something there"

    def _shrink(self) -> bool:
        """Delete what is acked and merge once; whether that freed anything."""
        try:
            acked = self.held > self.file.stream.held
            if acked:
                self.file.commit(Change(), replace(self.file.stream, held=self.held))
            return self._merge_step() or acked
        except StorageFull:
            logger.warning("the reserve was not enough", extra={"action": "outbox_reserve_spent"})
            return False

    def given_up(self, row: Row, cause: LossCause) -> Row:
        """A `lost` record in the place of the row."""
        try:
            old = row.record
            stamped = Stamped(int(old["boot"]), int(old["mono"]), int(old["at"]))
        except (ValueError, KeyError, TypeError):
            stamped = Stamped(self.file.stream.boot, 0, self.file.stream.last_seen_s)
        loss = Loss(row.begin, row.seq, row.windows if row.kind == "window" else 1)
        return row.rewritten(stamped.lost(self.file.stream.epoch, loss, cause))


def _run_firsts(file: OutboxFile) -> set[int]:
    """The first number of each run that the file knows of."""
    notes = [json.loads(body) for name in (RUNS, SINCE) if (body := file.document("note", name))]
    return firsts(notes, file.stream.epoch)


def _before_ranges(rows: list[Row], ahead: list[Row]) -> int:
    """How many of the rows lie before every range that ends ahead of them."""
    lowest = min((row.begin for row in ahead), default=rows[-1].seq + 1)
    return sum(row.seq < lowest for row in rows)


def _utc_offset_of(timezone: str) -> Callable[[int], int]:
    zone = ZoneInfo(timezone)

    def offset(at: int) -> int:
        try:
            found = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
        except (OverflowError, ValueError, OSError):  # a year that the calendar does not have
            return 0
        return int(found.total_seconds()) if found else 0

    return offset
