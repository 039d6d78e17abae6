"""Rows carved out of a broken outbox file, and the new outbox made of them. Pure, over bytes and rows.

Carving does not need SQLite's tree: every page that looks like a leaf is read cell by cell, and a row counts
when its own CRC agrees. So one broken page costs the rows on that page, wherever it sits. Old copies of rows
on free pages are found too; numbers, revisions and the stream's own document tell them from the present ones.
Format: sqlite.org/fileformat2.html, sections 1.5 and 2.1.
"""

import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge_agent.outbox.new_file import TRANSACTION_NUMBERS, Origin, Rebuilt, Stamped
from edge_agent.outbox.rows import Loss, Row, StateRow, Stream, digests, json_text, missing, row_of, settled
from edge_agent.outbox.runs import LINEAGE
from protocol import records

_LEAF = 0x0D  # table b-tree leaf
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)  # by serial type 0..6; 7 is a float, 8 and 9 are the constants 0 and 1
_RECORD_COLUMNS = 7
_STATE_COLUMNS = 6
_TEXT = 13  # odd serial types from here on are text
_MORE = 0x80  # a varint goes on
_VARINT_BYTES = 9


@dataclass(frozen=True, slots=True)
class Found:
    """What a file still says. `stream` is None when neither copy could be read."""

    rows: tuple[Row, ...]
    stream: Stream | None
    state: tuple[StateRow, ...]
    losses: tuple[Loss, ...]
    forgot: tuple[str, ...]  # kinds of documents that are not of the last commit: not to be counted on


def carve(pages: Mapping[int, bytes], page_size: int, *, unreadable: int = 0) -> Found:
    """Everything believable in the pages (1-based numbers). `unreadable` commits came after them."""
    rows: list[Row] = []
    documents: list[StateRow] = []
    for page in pages.values():
        for seq, columns in _cells(page, pages, page_size):
            match _believed(seq, columns):
                case Row() as row:
                    rows.append(row)
                case StateRow() as document:
                    documents.append(document)
    return judged(rows, documents, unreadable=unreadable)


def judged(rows: Iterable[Row], documents: Iterable[StateRow], *, unreadable: int = 0) -> Found:
    """Sort out what is present, what is stale and what is missing."""
    latest: dict[tuple[str, str], StateRow] = {}
    for document in documents:
        key = (document.kind, document.name)
        if key not in latest or latest[key].version < document.version:
            latest[key] = document
    own, witness = latest.get(("stream", "")), latest.get(("witness", ""))
    latest = {key: row for key, row in latest.items() if key[0] not in {"stream", "witness"}}
    bound = Stream.from_body(witness.body) if witness else None
    stream = Stream.from_body(own.body) if own else bound
    every = list(rows)
    held = stream.held if stream else min((row.begin for row in every), default=1)
    kept = settled(every, held)
    newest = max([stream.newest if stream else 0, *(row.seq for row in kept)])
    overtaken = own is None or stream is None or newest > stream.newest or unreadable > 0
    present = digests(latest.values())
    expected = {} if stream is None else dict(stream.digests)
    forgot = tuple(
        kind
        for kind in ("total", "episode", "window")
        if (overtaken and kind != "episode") or (not overtaken and present.get(kind, 0) != expected.get(kind, 0))
    )
    state = tuple(row for row in latest.values() if row.kind not in forgot or row.kind == "episode")
    losses = missing(kept, held, newest)
    if unreadable:
        losses.append(Loss(newest + 1, newest + TRANSACTION_NUMBERS, unreadable))
    elif {"total", "window"} & set(forgot):  # what the next window would have counted from
        losses.append(Loss(newest + 1, newest + 1, 1))
    return Found(tuple(kept), stream, state, tuple(losses), forgot)


def rebuild(found: Found, origin: Origin) -> Rebuilt:
    """A new file that continues a broken one: the epoch record, what is lost, then the salvaged rows."""
    boot = max((row.record["boot"] for row in found.rows), default=0)
    old = found.stream or Stream(origin.before or "")
    old = replace(old, boot=max(old.boot, boot))
    closes = old.epoch or None
    held = found.stream.held if found.stream else None
    stream = origin.stream(old)
    stamp = Stamped(stream.boot, origin.mono_s, origin.now_s)
    head = stamp.epoch(closes, origin.cause, len(found.rows), held, state=found.state, epoch=origin.epoch)
    rows = [row_of(1, head)]
    rows += [row_of(2 + i, stamp.lost(closes or origin.epoch, loss, "corrupt")) for i, loss in enumerate(found.losses)]
    begin = len(rows) + 1
    rows += [moved(row, begin + i, closes or "") for i, row in enumerate(found.rows)]
    state = _of_lineage(found, old.epoch)
    return Rebuilt(tuple(rows), replace(stream, newest=len(rows), digests=digests(state)), state)


def _of_lineage(found: Found, before: str) -> tuple[StateRow, ...]:
    """The documents, and of which outbox their totals are; of none when the totals cannot be counted on."""
    noted = [row for row in found.state if (row.kind, row.name) == ("note", LINEAGE)]
    if "total" in found.forgot or not before:
        return tuple(row for row in found.state if row not in noted)
    version = max((row.version for row in found.state), default=0) + 1
    own = StateRow("note", LINEAGE, version, json_text({"epoch": before}))
    return found.state if noted else (*found.state, own)


def rewound(rows: Sequence[Row], state: Sequence[StateRow], old: Stream, began: int, origin: Origin) -> Rebuilt:
    """A new epoch for a file that went back in time; `began` was its newest number when this process started.

    Up to `sent_through` rows go on with `was`: the collector knows whether it has them. Beyond it, what this
    process wrote goes on as new. Of the rest nobody can say whether its numbers stand for other records: lost.
    """
    stream = origin.stream(old)
    stamp = Stamped(stream.boot, origin.mono_s, origin.now_s)
    sent = [row for row in rows if row.seq <= old.sent_through]
    fresh = [row for row in rows if row.seq > old.sent_through and row.begin > began]
    losses = _runs([row for row in rows if row.seq > old.sent_through and row.begin <= began])
    begin = 2 + len(losses) + len(sent)
    numbers = {row.seq: begin + i for i, row in enumerate(fresh)}
    documents = documents_of(state, numbers, old.epoch, origin.epoch)
    salvaged = len(sent) + len(fresh)
    head = stamp.epoch(old.epoch, origin.cause, salvaged, old.held, state=documents, epoch=origin.epoch)
    made = [row_of(1, head)]
    made += [row_of(2 + i, stamp.lost(old.epoch, loss, "rewound")) for i, loss in enumerate(losses)]
    made += [moved(row, len(made) + 1 + i, old.epoch) for i, row in enumerate(sent)]
    made += [renewed(row, numbers, old.epoch, origin.epoch) for row in fresh]
    return Rebuilt(tuple(made), replace(stream, newest=len(made), digests=digests(documents)), tuple(documents))


def documents_of(state: Iterable[StateRow], numbers: Mapping[int, int], before: str, after: str) -> list[StateRow]:
    """The documents as the new file has them: its episodes name their opening records in it."""
    documents = []
    for row in state:
        body = row.body
        if row.kind == "episode":
            body = json_text(reopened(json.loads(body), numbers, before, after))
        documents.append(replace(row, body=body))
    return documents


def _runs(rows: Sequence[Row]) -> list[Loss]:
    """Neighbouring rows as ranges of numbers."""
    losses: list[Loss] = []
    for row in rows:
        if losses and losses[-1].last + 1 >= row.begin:
            losses[-1] = replace(losses[-1], last=row.seq, records=losses[-1].records + 1)
        else:
            losses.append(Loss(row.begin, row.seq, 1))
    return losses


def renewed(row: Row, numbers: Mapping[int, int], before: str, after: str) -> Row:
    """A row that goes on as if it had been written into the new file first."""
    record = {name: value for name, value in row.record.items() if name != "first"}
    if record["kind"] == "fault" and "opened" in record:
        record = reopened(record, numbers, before, after)
    return row_of(numbers[row.seq], record)


def reopened(document: Mapping[str, Any], numbers: Mapping[int, int], before: str, after: str) -> dict[str, Any]:
    """`opened` of a close or an episode: in the new numbers where its open record is new too."""
    opened_epoch = document.get("opened_epoch") or before
    if opened_epoch == before and document["opened"] in numbers:
        return {**document, "opened": numbers[document["opened"]], "opened_epoch": after}
    return {**document, "opened_epoch": opened_epoch}


def moved(row: Row, seq: int, before: str) -> Row:
    """A row under its new number. A merged window keeps `covers` and becomes a single number."""
    record = records.salvaged(seq, {"seq": row.seq, **row.record}, before)
    moved = {name: value for name, value in record.items() if name not in {"seq", "first"}}
    if moved["kind"] == "fault" and moved.get("opened") and not moved.get("opened_epoch"):
        moved["opened_epoch"] = before
    return row_of(seq, moved)


def _believed(seq: int, columns: list[object]) -> Row | StateRow | None:
    match columns:
        case [None, str(kind), None | int() as first, int(windows), int(rev), int(crc), str(body)]:
            row = Row(seq, kind, body, first, windows, rev)
            return row if row.crc == crc else None
        case [None, str(kind), str(name), int(version), int(crc), str(body)]:
            document = StateRow(kind, name, version, body)
            return document if document.crc == crc else None
    return None


def _cells(page: bytes, pages: Mapping[int, bytes], page_size: int) -> Iterator[tuple[int, list[object]]]:
    """(rowid, columns) of every cell of a leaf page that can be read at all."""
    if len(page) != page_size or page[0] != _LEAF:
        return
    (count,) = struct.unpack_from(">H", page, 3)
    for i in range(min(count, (page_size - 8) // 2)):
        (offset,) = struct.unpack_from(">H", page, 8 + 2 * i)
        try:
            size, at = _varint(page, offset)
            rowid, at = _varint(page, at)
            columns = _columns(_payload(page, at, size, pages, page_size))
        except (IndexError, ValueError, struct.error):
            continue
        yield rowid, columns


def _payload(page: bytes, at: int, size: int, pages: Mapping[int, bytes], page_size: int) -> bytes:
    """The cell's content, from its overflow pages too. Raises ValueError when it is not all there."""
    most = page_size - 35
    local = size
    if size > most:
        least = (page_size - 12) * 32 // 255 - 23
        local = least + (size - least) % (page_size - 4)
        local = local if local <= most else least
    content = page[at : at + local]
    if size > len(pages) * page_size or len(content) < local:
        raise ValueError("a cell that reaches beyond its page")
    if local == size:
        return content
    parts = [content]
    got = local
    (following,) = struct.unpack_from(">I", page, at + local)
    while got < size:
        if following not in pages:
            raise ValueError("an overflow page that is not there")
        overflow = pages[following]
        (following,) = struct.unpack_from(">I", overflow, 0)
        parts.append(overflow[4 : 4 + size - got])
        got += len(parts[-1])
    return b"".join(parts)


def _columns(payload: bytes) -> list[object]:
    """The values of a row. Raises ValueError or IndexError for what cannot be one of ours."""
    header, at = _varint(payload, 0)
    if header > len(payload):
        raise ValueError("a header that reaches beyond its row")
    types = []
    while at < header:
        kind, at = _varint(payload, at)
        types.append(kind)
        if len(types) > _RECORD_COLUMNS:
            raise ValueError("more columns than any of our tables has")
    if len(types) not in {_RECORD_COLUMNS, _STATE_COLUMNS}:
        raise ValueError("another number of columns than our tables have")
    values: list[object] = []
    at = header
    for kind in types:
        value, at = _value(kind, payload, at)
        values.append(value)
    return values


def _value(kind: int, payload: bytes, at: int) -> tuple[object, int]:
    if kind == 0:
        return None, at
    if kind in {8, 9}:
        return kind - 8, at
    if kind < len(_INTEGER_BYTES):
        end = at + _INTEGER_BYTES[kind]
        return int.from_bytes(payload[at:end], "big", signed=True), end
    if kind >= _TEXT and kind % 2:
        end = at + (kind - _TEXT) // 2
        return payload[at:end].decode(), end
    raise ValueError("a type that our tables do not use")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for i in range(_VARINT_BYTES - 1):
        byte = data[at + i]
        value = (value << 7) | (byte & ~_MORE)
        if byte < _MORE:
            return value, at + i + 1
    return (value << 8) | data[at + _VARINT_BYTES - 1], at + _VARINT_BYTES
