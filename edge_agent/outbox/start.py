"""From whatever lies in the state directory to an open, checked outbox file.

- nothing there                        a new epoch
- nothing there, but a note of one     a new epoch that closes the noted one
- whole, written here                  go on in the same epoch; so where the board does not say which one it is
- whole, written on other hardware     a copied card: set aside unread, a new epoch that closes nothing
- broken                               carve, set aside, a new epoch with what was readable
- a torn log                           go on, skip the numbers that the torn transaction may have used
"""

import json
import logging
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_agent import identity
from edge_agent.errors import DiskFull, OutboxDamaged, OutboxError, OutboxUnwritable
from edge_agent.outbox.file import PAGE_BYTES, Change, DocumentKey, OutboxFile
from edge_agent.outbox.new_file import TRANSACTION_NUMBERS, Origin, Rebuilt, Stamped
from edge_agent.outbox.place import OutboxFolder, free_bytes
from edge_agent.outbox.recovery.wal import Log, LogState, judge
from edge_agent.outbox.rows import Loss, StateRow, Stream, digests, json_text, row_of
from edge_agent.outbox.runs import RUNS, SINCE, Run, begun, since_note, unanswered
from protocol.records import EpochCause

if TYPE_CHECKING:
    from edge_agent.outbox.recovery.carve import Found

logger = logging.getLogger(__name__)

START_BYTES = 512 * 1024  # what opening may need; below it the reserve is given up first


@dataclass(frozen=True, slots=True)
class Here:
    """Where and when this process runs."""

    hardware: str
    boot_id: str
    now_s: int
    mono_s: int
    max_bytes: int

    def origin(self, cause: EpochCause, before: str | None) -> Origin:
        return Origin(
            secrets.token_hex(8), cause, before, self.hardware, self.boot_id, now_s=self.now_s, mono_s=self.mono_s
        )


def peek(database: Path) -> "Found":
    """What an outbox holds, read beside a running agent: no lock, no SQLite, nothing is changed."""
    return _carved(database, _judged(database))


def start(place: OutboxFolder, here: Here) -> tuple[OutboxFile, bool]:
    """The file, and whether it was closed by a clean stop. Raises OutboxUnwritable, DiskFull."""
    if free_bytes(place.database) < START_BYTES:
        place.give_reserve()
    place.finish_exchange()
    noted = place.noted()
    new, epochs = not place.database.exists(), place.exchanges
    epoch = noted[0] if noted else None
    file = exchange(place, here, _nothing(here, noted), "replaced") if new else _existing(place, here, epoch)
    stream, made = file.stream, place.exchanges > epochs
    boot = stream.boot if stream.boot_id == here.boot_id else stream.boot + 1
    hardware = identity.joined(stream.hardware, here.hardware)
    file.commit(
        Change(documents=_begun(file, made=made, new=new)),
        replace(stream, boot=boot, boot_id=here.boot_id, hardware=hardware, clean=False),
    )
    return file, stream.clean


def run_of(file: OutboxFile) -> str:
    """The run that began last on this file."""
    note = _note(file, RUNS)
    return str(note["runs"][-1][0]) if note else ""


def _note(file: OutboxFile, name: str) -> dict[str, Any] | None:
    body = file.document("note", name)
    return None if body is None else dict(json.loads(body))


def _begun(file: OutboxFile, *, made: bool, new: bool) -> dict[DocumentKey, str | None]:
    """The notes of a file on which a run begins."""
    stream, run = file.stream, secrets.token_hex(4)
    runs = begun(_note(file, RUNS), stream.epoch, run, stream.newest, made=made, new=new)
    window = file.document("window", "open") is not None
    since = [*unanswered(_note(file, SINCE), stream.epoch), Run(run, runs["runs"][-1][1], window)]
    return {
        ("note", RUNS): json_text(runs),
        ("note", SINCE): json_text(since_note(stream.epoch, since)),
    }


def exchange(place: OutboxFolder, here: Here, content: Rebuilt, aside: str) -> OutboxFile:
    """Write a new database beside the old one and put it in its place; the old one, closed, is set aside as `aside`."""
    place.building.unlink(missing_ok=True)
    try:
        building = OutboxFile(place.building, max_bytes=here.max_bytes)
        try:
            building.create(content.stream, content.rows, content.state)
        finally:
            building.close()
        place.announce_ready()
    except sqlite3.Error as error:
        place.building.unlink(missing_ok=True)
        raise DiskFull(f"{place.database.parent}: {error}: make room there, then start the agent again") from error
    place.exchange(aside)
    place.note(content.stream.epoch, content.stream.newest)
    logger.warning(
        "outbox begins epoch %s with %d records",
        content.stream.epoch,
        len(content.rows),
        extra={"action": "outbox_epoch", "epoch": content.stream.epoch, "records": len(content.rows)},
    )
    file = OutboxFile(place.database, max_bytes=here.max_bytes)
    if file.check() is None:
        file.close()
        raise OutboxDamaged(f"{place.database} does not read back what was just written: replace the disk")
    return file


def _judged(database: Path) -> Log:
    log = _bytes(database.with_name(database.name + "-wal"))
    with closing(_Pages(database, Log(LogState.CLEAN))) as pages:
        return judge(log, PAGE_BYTES, pages)


def _existing(place: OutboxFolder, here: Here, noted: str | None) -> OutboxFile:
    log = _judged(place.database)
    whole = None if log.state is LogState.DAMAGED else _whole(place, here)
    if whole is None:
        from edge_agent.outbox.recovery.carve import rebuild  # noqa: PLC0415  as in _carved

        found = _carved(place.database, log)
        logger.error(
            "outbox is damaged: %d records salvaged, %d lost",
            len(found.rows),
            sum(loss.records for loss in found.losses),
            extra={"action": "outbox_salvaged", "records": len(found.rows), "forgot": list(found.forgot)},
        )
        return exchange(place, here, rebuild(found, here.origin("corrupt", noted)), "damaged")
    stream = whole.stream
    if identity.compare(stream.hardware, here.hardware) == "different":
        unsent = Loss(stream.held, stream.newest, stream.newest - stream.held + 1)
        whole.close()
        return exchange(place, here, _elsewhere(here, stream, unsent), "other-board")
    place.note(stream.epoch, stream.newest)
    if log.state is LogState.TORN:
        _skip_torn(whole, here)
    return whole


def _whole(place: OutboxFolder, here: Here) -> OutboxFile | None:
    """The file if it is sound and complete: to SQLite, to every checksum, and by its numbers."""
    try:
        file = OutboxFile(place.database, max_bytes=here.max_bytes)
    except sqlite3.DatabaseError as error:
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return None
        raise _cannot_open(place, error) from error
    try:
        content = file.check()
    except OutboxError:
        file.close()
        raise
    if content is not None and _complete(content):
        return file
    file.close()
    return None


def _complete(documents: list[StateRow]) -> bool:
    """The stream's document is there, with its witness, and the other documents are of its commit."""
    own = {row.kind: Stream.from_body(row.body) for row in documents if row.kind in {"stream", "witness"}}
    if len(own) != 2 or own["witness"].newest < own["stream"].newest:  # noqa: PLR2004 -- the document and its witness
        return False
    return dict(own["stream"].digests) == digests(documents)


def _skip_torn(file: OutboxFile, here: Here) -> None:
    stream = file.stream
    loss = Loss(stream.newest + 1, stream.newest + TRANSACTION_NUMBERS, 0)
    record = Stamped(stream.boot, here.mono_s, here.now_s).lost(stream.epoch, loss, "corrupt")
    seq = loss.last + 1
    row = row_of(seq, record, first=loss.first, windows=seq - loss.first + 1)
    file.commit(Change(insert=[row]), replace(stream, newest=seq))
    logger.warning(
        "the last transaction was cut off: numbers %d to %d are skipped",
        loss.first,
        loss.last,
        extra={"action": "outbox_torn", "first": loss.first, "last": loss.last},
    )


def _nothing(here: Here, noted: tuple[str, int] | None) -> Rebuilt:
    """A first file; it says so when a note tells of one that is gone."""
    origin = here.origin("replaced", noted[0] if noted else None)
    stream = origin.stream(Stream(""))
    if noted is None:
        return Rebuilt((), stream, ())
    stamp = Stamped(stream.boot, here.mono_s, here.now_s)
    rows = [row_of(1, stamp.epoch(noted[0], "replaced", 0))]
    if noted[1]:
        rows.append(row_of(2, stamp.lost(noted[0], Loss(1, noted[1], 0), "reset")))
    return Rebuilt(tuple(rows), replace(stream, newest=len(rows)), ())


def _elsewhere(here: Here, stream: Stream, unsent: Loss) -> Rebuilt:
    """A copied card: the original goes on in the old epoch, so nothing is closed and nothing is taken over."""
    fresh = here.origin("foreign_hardware", None).stream(replace(stream, boot=0, boot_id=""))
    stamp = Stamped(fresh.boot, here.mono_s, here.now_s)
    rows = [row_of(1, stamp.epoch(None, "foreign_hardware", 0))]
    if unsent.records:
        rows.append(row_of(2, stamp.lost(stream.epoch, unsent, "replaced")))
    return Rebuilt(tuple(rows), replace(fresh, newest=len(rows)), ())


def _cannot_open(place: OutboxFolder, error: sqlite3.Error) -> OutboxError:
    if free_bytes(place.database) < START_BYTES:
        return DiskFull(f"no room on the disk of {place.database.parent}: delete something there")
    return OutboxUnwritable(f"{place.database}: {error}: check the disk and that the agent's user may write there")


class _Pages(Mapping[int, bytes]):
    """The pages of a database file, read one at a time, with the images of its log over them."""

    def __init__(self, database: Path, log: Log) -> None:
        self._file = database.open("rb") if database.exists() else None
        size = database.stat().st_size if self._file else 0
        self._numbers = sorted({*range(1, size // PAGE_BYTES + 1), *log.pages})
        self._log = log.pages

    def __getitem__(self, number: int) -> bytes:
        if number in self._log:
            return self._log[number]
        if self._file is None or number < 1:
            raise KeyError(number)
        self._file.seek((number - 1) * PAGE_BYTES)
        return self._file.read(PAGE_BYTES)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def close(self) -> None:
        if self._file:
            self._file.close()


def _carved(database: Path, log: Log) -> "Found":
    from edge_agent.outbox.recovery.carve import carve  # noqa: PLC0415  a sound file is not carved

    with closing(_Pages(database, log)) as pages:
        return carve(pages, PAGE_BYTES, unreadable=log.unreadable if log.state is LogState.DAMAGED else 0)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
