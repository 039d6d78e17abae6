"""What happens to the stream in the file: append, batch, forget, merge, re-stamp. Synchronous, on one thread.

A deletion after an ack waits for the next commit (losing it costs nothing: the collector tells its mark again).
`sent_through` is written with the append while the link keeps up, and well ahead while a backlog drains, so that
"durable before it is handed out" rarely costs a commit of its own.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from edge_agent import merge
from edge_agent.errors import DiskFull, StorageFull
from edge_agent.outbox_file import Change, ChecksumError, DocumentKey, OutboxFile
from edge_agent.outbox_place import Place
from edge_agent.outbox_rows import Loss, Row, json_text, row_of
from edge_agent.outbox_values import EpisodeKey, Key, OutboxSettings, Outgoing, SourceTotal
from edge_agent.salvage import Stamped
from protocol.records import LossCause, envelope_text

logger = logging.getLogger(__name__)

APPEND_MAX_RECORDS = 500  # one transaction; salvage skips more numbers than that after a torn one
DROPPED_MAX = 400  # numbers that one `lost` record stands for
FORGET_WITH = 12  # deletions that go along with the next commit; fewer would free no page
FORGET_AT_ONCE = 64  # deletions that get a commit of their own
PIN_BEHIND = 16  # while at most this many records are unacked, the link keeps up
PIN_AHEAD = 400  # four batches of a hundred: one commit pins what is in flight
MERGE_ROWS = 600  # rows of one merging transaction
MERGE_STEPS = 16  # of them before one append
MERGE_ABOVE, MERGE_BELOW = 7 / 8, 3 / 4  # of the page cap: begin, stop


@dataclass(slots=True)
class Waiting:
    """Records that the caller gave up, to be reported by the next append."""

    records: int = 0
    cause: LossCause = "full"


class OutboxStream:
    """Owns the open file; `held` and `newest` are what the link sees."""

    def __init__(self, file: OutboxFile, place: Place, settings: OutboxSettings) -> None:
        self.file = file
        self.began = file.stream.newest  # what is above was written by this process
        self.merged = 0
        self.dropped_records = 0
        self.waiting = Waiting()
        self.full = False
        self._place = place
        self._settings = settings
        self._utc_offset = _utc_offset_of(settings.timezone)
        self._forgotten = file.stream.held - 1
        self._caught_up = False
        self._cursors = [0] * len(merge.STAGES)
        self._relief_failed = False

    def adopt(self, file: OutboxFile) -> None:
        """Go on with another file: a new epoch."""
        self.file = file
        self.began = self._forgotten = 0
        self._caught_up = False
        self._cursors = [0] * len(merge.STAGES)

    @property
    def newest(self) -> int:
        return self.file.stream.newest

    @property
    def held(self) -> int:
        return max(self.file.stream.held, self._forgotten + 1)

    # -- writing

    def append(
        self,
        records: Sequence[Mapping[str, Any]],
        totals: Mapping[Key, SourceTotal],
        window: Mapping[str, Any] | None,
        scopes: Mapping[EpisodeKey, str],
    ) -> int:
        """See Outbox.append."""
        if len(records) > APPEND_MAX_RECORDS:
            raise ValueError(f"{len(records)} records in one append: {APPEND_MAX_RECORDS} are allowed")
        self._make_room()
        documents = _counting(window, totals)
        rows = self._reported(records)
        for record in records:
            rows.append(self._row(rows[-1].seq + 1 if rows else self.newest + 1, record, documents, scopes))
        reported = self.waiting.records
        newest = rows[-1].seq if rows else self.newest
        vouched = [record["at"] for record in records if record.get("sync", "synced") != "unsynced"]
        keeps_up = (
            self._caught_up
            and len(vouched) == len(records)
            and self.file.stream.sent_through >= self.newest
            and newest - self.held < PIN_BEHIND
        )
        changes: dict[str, Any] = {"newest": newest}
        if keeps_up:
            changes["sent_through"] = newest
        if vouched:
            changes["last_seen_s"] = vouched[-1]
        self._commit(Change(insert=rows, documents=documents), **changes)
        if rows and reported:
            self.waiting = Waiting()
            self.dropped_records += reported
        self._place.reserve()
        return newest

    def checkpoint(self, window: Mapping[str, Any] | None, totals: Mapping[Key, SourceTotal]) -> None:
        self._commit(Change(documents=_counting(window, totals)))

    def note(self, name: str, document: Mapping[str, Any] | None) -> None:
        self._commit(Change(documents={("note", name): None if document is None else json_text(document)}))

    def forget(self, mark: int) -> None:
        """See Outbox.forget."""
        self._forgotten = max(self._forgotten, min(mark, self.newest))
        self._caught_up = self._forgotten == self.newest
        self._relief_failed = False
        if self.full or self.held - self.file.stream.held >= FORGET_AT_ONCE:
            self._commit(Change())

    def finish(self) -> None:
        """The last commit of a clean stop."""
        self._commit(Change(), clean=True)
        self._place.note(self.file.stream.epoch, self.newest)

    def give_up(self, seq: int, cause: LossCause, reason: str) -> None:
        """Replace the record at `seq` (or the merged one that covers it) by a `lost` record."""
        row = self._next_row(seq)
        if row is None:
            return
        self._commit(Change(update=[self._given_up(row, cause)]))
        logger.error(
            "record %d is given up: %s",
            row.seq,
            reason,
            extra={"action": "record_given_up", "seq": row.seq, "cause": cause},
        )

    def restamp(self, boot: int, offset_s: int) -> int:
        """See Outbox.restamp."""
        done = 0
        first = max(self.file.stream.sent_through + 1, self.held)
        while chunk := list(islice(self._rows(first), MERGE_ROWS)):
            first = chunk[-1].seq + 1
            rewritten = [
                row.rewritten(record | {"at": record["mono"] + offset_s, "sync": "restamped"})
                for row in chunk
                if '"sync":"unsynced"' in row.body and (record := row.record)["boot"] == boot
            ]
            if rewritten:
                self._commit(Change(update=rewritten))
            done += len(rewritten)
        return done

    # -- reading

    def batch(self, first: int, records: int) -> Outgoing | None:
        """See Outbox.batch."""
        first = max(first, self.held)
        rows = self._taken(first, max(records, 1))
        if not rows:
            return None
        last = rows[-1].seq
        if last > self.file.stream.sent_through:
            self._commit(Change(), sent_through=self._pin(last))
        text = envelope_text(
            robot=self._settings.robot,
            epoch=self.file.stream.epoch,
            first=first,
            last=last,
            held=self.held,
            bodies=[row.text for row in rows],
        )
        return Outgoing(first, last, self.held, len(rows), text)

    def oldest_at(self) -> int | None:
        row = self._next_row(self.held)
        return int(row.record["at"]) if row else None

    def _taken(self, first: int, records: int) -> list[Row]:
        """At most `records` rows and `batch_bytes`, but never a cut through what a merged row covers."""
        rows: list[Row] = []
        size = 0
        for row in self._rows(first):
            size += len(row.body)
            if len(rows) == records or (rows and size > self._settings.batch_bytes):
                break
            rows.append(row)
        if not rows:
            return rows
        last = rows[-1].seq
        ahead = list(islice(self._rows(last + 1), merge.OTHERS_MAX + 1))
        across = next((i for i, row in enumerate(ahead) if row.begin <= last), None)
        if across is None:
            return rows
        before = [row for row in rows if row.seq < ahead[across].begin]
        return before or rows + ahead[: across + 1]

    def _next_row(self, seq: int) -> Row | None:
        return next(self._rows(seq), None)

    def _rows(self, first: int) -> Iterator[Row]:
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
                self._commit(Change(update=[self._given_up(error.row, "corrupt")]))
                first = max(at, error.row.seq)
            else:
                return

    # -- room

    def _make_room(self) -> None:
        """Merge when the file nears its cap."""
        count, free, allowed = self.file.pages()
        if count - free <= MERGE_ABOVE * allowed:
            return
        for _ in range(MERGE_STEPS):
            if not self._merge_step():
                return
            count, free, allowed = self.file.pages()
            if count - free < MERGE_BELOW * allowed:
                return

    def _merge_step(self) -> bool:
        """One transaction of merging, the oldest and finest windows first. False: there is nothing left to merge."""
        for number, stage in enumerate(merge.STAGES):
            while True:
                first = max(self._cursors[number], self.file.stream.sent_through + 1, self.held)
                rows = list(islice(self._rows(first), MERGE_ROWS))
                plans = merge.plan(rows, stage, self._utc_offset)
                if plans:
                    self._cursors[number] = plans[-1].into.seq
                    gone = [seq for plan in plans for seq in plan.gone]
                    self._commit(Change(update=[plan.into for plan in plans], delete=gone))
                    self.merged += len(gone)
                    logger.info(
                        "outbox merged %d windows", len(gone), extra={"action": "outbox_merged", "windows": len(gone)}
                    )
                    return True
                if len(rows) < MERGE_ROWS:
                    break
                self._cursors[number] = rows[-1].seq
        return False

    def _commit(self, change: Change, **stream: Any) -> None:
        """Commit; on a full disk once more after making room with the reserve."""
        due = self.full or self.held - self.file.stream.held >= FORGET_WITH or "clean" in stream
        stream.setdefault("held", self.held if due else self.file.stream.held)
        try:
            self.file.commit(change, replace(self.file.stream, **stream))
        except DiskFull:
            self.full = True
            if self._relief_failed:
                raise
            self._relief_failed = True  # also keeps the relief's own commits from coming here again
            self._relieve()
            self.file.commit(change, replace(self.file.stream, **stream | {"held": self.held}))
        except StorageFull:
            self.full = True
            raise
        self.full = self._relief_failed = False

    def _relieve(self) -> None:
        logger.warning("the disk is full: the outbox makes room for itself", extra={"action": "outbox_disk_full"})
        self._place.give_reserve()
        self.file.checkpoint()
        try:
            self.file.commit(Change(), replace(self.file.stream, held=self.held))
            self._merge_step()
        except StorageFull:
            logger.warning("the reserve was not enough", extra={"action": "outbox_reserve_spent"})
        self.file.checkpoint()
        self._place.reserve(whatever_fits=True)

    # -- rows

    def _row(
        self,
        seq: int,
        record: Mapping[str, Any],
        documents: dict[DocumentKey, str | None],
        scopes: Mapping[EpisodeKey, str],
    ) -> Row:
        """The numbered record; a fault also opens or closes its episode's document."""
        if record["kind"] != "fault":
            return row_of(seq, record)
        key = (record["family"], record["code"], record.get("ref", ""))
        name = "|".join(key)
        if record["state"] == "open":
            episode = {
                "family": key[0],
                "code": key[1],
                "ref": key[2],
                "did": record.get("did", "could_not"),
                "severity": record.get("severity", "warning"),
                "opened": seq,
                "opened_epoch": self.file.stream.epoch,
                "scope": scopes.get(key, ""),
            }
            documents["episode", name] = json_text(episode)
            return row_of(seq, record)
        return row_of(seq, self._closing(record, documents, name))

    def _closing(
        self, record: Mapping[str, Any], documents: dict[DocumentKey, str | None], name: str
    ) -> Mapping[str, Any]:
        body = documents.get(("episode", name)) or self.file.document("episode", name)
        documents["episode", name] = None
        if body is None or "opened" in record:
            return record
        episode = json.loads(body)
        closing = {**record, "opened": episode["opened"]}
        if episode["opened_epoch"] != self.file.stream.epoch:
            closing["opened_epoch"] = episode["opened_epoch"]
        return closing

    def _reported(self, records: Sequence[Mapping[str, Any]]) -> list[Row]:
        """The `lost` record for what the caller gave up. It takes the numbers that the lost ones would have had."""
        waiting = self.waiting
        if not waiting.records or not records:
            return []
        numbers = min(waiting.records, DROPPED_MAX)
        first = self.newest + 1
        stamped = Stamped(records[0]["boot"], records[0]["mono"], records[0]["at"])
        lost = stamped.lost(self.file.stream.epoch, Loss(first, first + numbers - 1, waiting.records), waiting.cause)
        if records[0].get("sync", "synced") == "synced":
            del lost["sync"]
        return [row_of(first + numbers, lost, first=first, windows=numbers + 1)]

    def _given_up(self, row: Row, cause: LossCause) -> Row:
        try:
            old = row.record
            stamped = Stamped(int(old["boot"]), int(old["mono"]), int(old["at"]))
        except (ValueError, KeyError, TypeError):
            stamped = Stamped(self.file.stream.boot, 0, self.file.stream.last_seen_s)
        loss = Loss(row.begin, row.seq, row.windows if row.kind == "window" else 1)
        return row.rewritten(stamped.lost(self.file.stream.epoch, loss, cause))

    def _pin(self, last: int) -> int:
        """How far is marked as possibly sent: exactly, once room is short and merging may be needed."""
        count, free, allowed = self.file.pages()
        if count - free > allowed / 2:
            return last
        return max(last, min(self.newest, last + PIN_AHEAD))


def _counting(window: Mapping[str, Any] | None, totals: Mapping[Key, SourceTotal]) -> dict[DocumentKey, str | None]:
    documents: dict[DocumentKey, str | None] = {("window", "open"): None if window is None else json_text(window)}
    for (source, series), total in totals.items():
        body = {"counter": total.counter, "value": total.value, "epoch": total.epoch, "carried": total.carried}
        documents["total", f"{source}|{series}"] = json_text(body)
    return documents


def _utc_offset_of(timezone: str) -> Callable[[int], int]:
    zone = ZoneInfo(timezone)

    def offset(at: int) -> int:
        try:
            found = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
        except (OverflowError, ValueError, OSError):  # a year that the calendar does not have
            return 0
        return int(found.total_seconds()) if found else 0

    return offset
