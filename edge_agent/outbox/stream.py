"""What happens to the stream in the file: append, batch, forget, re-stamp. Synchronous, on one thread.

`sent_through` is written with the append while the link keeps up, and well ahead while a backlog drains, so that
"durable before it is handed out" rarely costs a commit of its own.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from edge_agent.outbox import merge
from edge_agent.outbox.file import Change, DocumentKey, OutboxFile
from edge_agent.outbox.new_file import Stamped
from edge_agent.outbox.place import OutboxFolder
from edge_agent.outbox.room import MERGE_ROWS, Room
from edge_agent.outbox.rows import Loss, Row, json_text, row_of
from edge_agent.outbox.values import (
    APPEND_MAX_RECORDS,
    EpisodeKey,
    Key,
    Openings,
    OutboxSettings,
    Outgoing,
    SourceTotal,
    Watchers,
)
from protocol.records import LossCause, envelope_text

logger = logging.getLogger(__name__)

DROPPED_MAX = 400  # numbers that one `lost` record stands for
FORGET_AT_ONCE = 64  # deletions that get a commit of their own
PIN_BEHIND = 16  # while at most this many records are unacked, the link keeps up
PIN_AHEAD = 400  # four batches of a hundred: one commit pins what is in flight


_DROPPED: DocumentKey = ("note", "dropped")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records that the caller gave up, to be reported by the next append."""

    records: int = 0
    cause: LossCause = "full"


class OutboxStream:
    """Owns the open file; `held` and `newest` are what the link sees."""

    def __init__(self, file: OutboxFile, place: OutboxFolder, settings: OutboxSettings) -> None:
        self.began = file.stream.newest  # what is above was written by this process
        self.dropped_records = 0
        self.run = ""
        kept = file.document(*_DROPPED)
        self.waiting = Waiting(**json.loads(kept)) if kept else Waiting()
        self.kept_waiting = self.waiting
        self._room = Room(file, place, settings.timezone)
        self._place = place
        self._settings = settings
        self._caught_up = False

    def adopt(self, file: OutboxFile) -> None:
        """Go on with another file: a new epoch."""
        self._room.adopt(file)
        self.began = 0
        self._caught_up = False

    @property
    def robot(self) -> str:
        return self._settings.robot

    @property
    def file(self) -> OutboxFile:
        return self._room.file

    @property
    def newest(self) -> int:
        return self._room.newest

    @property
    def held(self) -> int:
        return self._room.held

    @property
    def merged(self) -> int:
        return self._room.merged

    @property
    def full(self) -> bool:
        return self._room.full

    # -- writing

    def append(
        self,
        records: Sequence[Mapping[str, Any]],
        totals: Mapping[Key, SourceTotal | None],
        window: Mapping[str, Any] | None,
        watchers: Watchers,
        openings: Mapping[EpisodeKey, Openings],
        notes: Mapping[str, Mapping[str, Any] | None] = MappingProxyType({}),
    ) -> int:
        """See Outbox.append."""
        if len(records) > APPEND_MAX_RECORDS:
            raise ValueError(f"{len(records)} records in one append: {APPEND_MAX_RECORDS} are allowed")
        self._room.make_room()
        documents = _counting(window, totals) | _notes(notes)
        reported = self.waiting.records if records else 0
        rows = self._reported(records)
        for record in records:
            rows.append(self._row(rows[-1].seq + 1 if rows else self.newest + 1, record, documents, watchers))
        self._opened_so_often(openings, documents)
        if reported:
            documents[_DROPPED] = None
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
        self._room.commit(Change(insert=rows, documents=documents), **changes)
        if reported:
            self.kept_waiting = Waiting(0, self.waiting.cause)
            self.waiting = Waiting(self.waiting.records - reported, self.waiting.cause)  # more may have come meanwhile
            self.dropped_records += reported
        self._place.reserve()
        return newest

    def checkpoint(
        self,
        window: Mapping[str, Any] | None,
        totals: Mapping[Key, SourceTotal | None],
        openings: Mapping[EpisodeKey, Openings] = MappingProxyType({}),
        notes: Mapping[str, Mapping[str, Any] | None] = MappingProxyType({}),
    ) -> None:
        documents = _counting(window, totals) | _notes(notes)
        self._opened_so_often(openings, documents)
        self._room.commit(Change(documents=documents))

    def keep_waiting(self) -> None:
        """See Outbox.keep_dropped."""
        waiting = self.waiting
        body = json_text({"records": waiting.records, "cause": waiting.cause}) if waiting.records else None
        self._room.commit(Change(documents={_DROPPED: body}))
        self.kept_waiting = waiting

    def note(self, notes: Mapping[str, Mapping[str, Any] | None]) -> None:
        self._room.commit(Change(documents=_notes(notes)))

    def forget(self, mark: int) -> None:
        """See Outbox.forget."""
        self._room.forget(mark)
        self._caught_up = self.held > self.newest
        if self.full or self.held - self.file.stream.held >= FORGET_AT_ONCE:
            self._room.commit(Change())

    def finish(self) -> None:
        """The last commit of a clean stop."""
        self._room.commit(Change(), clean=True)
        self._place.note(self.file.stream.epoch, self.newest)

    def give_up(self, seq: int, cause: LossCause, reason: str) -> None:
        """Replace the record at `seq` (or the merged one that covers it) by a `lost` record."""
        row = self._next_row(seq)
        if row is None:
            return
        self._room.commit(Change(update=[self._room.given_up(row, cause)]))
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
        while chunk := list(islice(self._room.rows(first), MERGE_ROWS)):
            first = chunk[-1].seq + 1
            rewritten = [
                row.rewritten(record | {"at": record["mono"] + offset_s, "sync": "restamped"})
                for row in chunk
                if '"sync":"unsynced"' in row.body and (record := row.record)["boot"] == boot
            ]
            if rewritten:
                self._room.commit(Change(update=rewritten))
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
            self._room.commit(Change(), sent_through=self._pin(last))
        text = envelope_text(
            robot=self._settings.robot,
            epoch=self.file.stream.epoch,
            first=first,
            last=last,
            held=self.held,
            bodies=[row.text for row in rows],
            run=self.run,
            timezone=self._settings.timezone,
        )
        return Outgoing(first, last, self.held, len(rows), text)

    def oldest_at(self) -> int | None:
        row = self._next_row(self.held)
        return int(row.record["at"]) if row else None

    def _taken(self, first: int, records: int) -> list[Row]:
        """At most `records` rows and `batch_bytes`, but never a cut through what a merged row covers."""
        rows: list[Row] = []
        size = 0
        for row in self._room.rows(first):
            size += len(row.body)
            if len(rows) == records or (rows and size > self._settings.batch_bytes):
                break
            rows.append(row)
        if not rows:
            return rows
        last = rows[-1].seq
        ahead = list(islice(self._room.rows(last + 1), merge.OTHERS_MAX + 1))
        across = next((i for i, row in enumerate(ahead) if row.begin <= last), None)
        if across is None:
            return rows
        before = [row for row in rows if row.seq < ahead[across].begin]
        return before or rows + ahead[: across + 1]

    def _next_row(self, seq: int) -> Row | None:
        return next(self._room.rows(seq), None)

    # -- rows

    def _row(
        self,
        seq: int,
        record: Mapping[str, Any],
        documents: dict[DocumentKey, str | None],
        watchers: Watchers,
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
                "scope": watchers.scopes.get(key, ""),
                **({"source": source} if (source := watchers.sources.get(key)) else {}),
            }
            documents["episode", name] = json_text(episode)
            return row_of(seq, record)
        return row_of(seq, self._closing(record, documents, name))

    def _opened_so_often(
        self, openings: Mapping[EpisodeKey, Openings], documents: dict[DocumentKey, str | None]
    ) -> None:
        """Into the documents of the episodes that are open."""
        for key, so_often in openings.items():
            name = ("episode", "|".join(key))
            body = documents[name] if name in documents else self.file.document(*name)
            if body is not None:
                known = {"openings": so_often.times, "holds": so_often.holds, "begun": so_often.begun}
                optional = {
                    "held_by": so_often.held_by,
                    "unsure": so_often.unsure,
                    "held_sources": so_often.held_sources,
                }
                episode = {name: value for name, value in json.loads(body).items() if name not in optional}
                more = {name: value for name, value in optional.items() if value}
                documents[name] = json_text(episode | known | more)

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

    def _pin(self, last: int) -> int:
        """How far is marked as possibly sent: exactly, once room is short and merging may be needed."""
        count, free, allowed = self.file.pages()
        if count - free > allowed / 2:
            return last
        return max(last, min(self.newest, last + PIN_AHEAD))


def _notes(notes: Mapping[str, Mapping[str, Any] | None]) -> dict[DocumentKey, str | None]:
    return {("note", name): None if body is None else json_text(body) for name, body in notes.items()}


def _counting(
    window: Mapping[str, Any] | None, totals: Mapping[Key, SourceTotal | None]
) -> dict[DocumentKey, str | None]:
    documents: dict[DocumentKey, str | None] = {("window", "open"): None if window is None else json_text(window)}
    for (source, series), total in totals.items():
        if total is None:
            documents["total", f"{source}|{series}"] = None
            continue
        body = {"counter": total.counter, "value": total.value, "epoch": total.epoch, "carried": total.carried}
        documents["total", f"{source}|{series}"] = json_text(body)
    return documents
