"""Bytes from the broker become a batch, a presence or a report; the rest is undecodable.

Pure. Nothing behind this module meets data that was not validated. What is refused carries a stable word
(`reason`), a text for a person, and the bytes:

topic        not one of ours                     version    made by a newer protocol
too_large, format, dictionary, truncated, json   it is not one of our encodings (protocol.codec)
envelope     the envelope breaks the schema      record     one record breaks the schema (the others count)
robot        it speaks for another robot         order      a record stands where it cannot be (stream.take)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from protocol import WIRE_VERSION, codec, topics
from protocol.messages import Envelope, Fault, Lifecycle, Presence, Reported, Skill, Window, parse_record

Record = Window | Fault | Skill | Lifecycle

TEXT_MAX_CHARS = 300


@dataclass(slots=True)
class BadRecord:
    """One record that cannot be taken. `seq` is None when not even that could be read."""

    seq: int | None
    reason: str
    text: str
    payload: bytes


@dataclass(slots=True)
class Batch:
    """A valid envelope with its valid records in order, and what was wrong among them."""

    topic: str
    robot: str
    epoch: str
    first: int
    last: int
    held: int
    records: list[Record]
    payload: bytes
    bad: list[BadRecord] = field(default_factory=list)
    run: str | None = None
    runs: list[tuple[str, int]] = field(default_factory=list)
    newest: int | None = None
    new: bool = False
    timezone: str = ""
    about: str | None = None
    description: dict[str, Any] | None = None


@dataclass(slots=True)
class Undecodable:
    """A message that cannot be taken. `robot` is the topic's ("" when it has none)."""

    topic: str
    robot: str
    reason: str
    text: str
    payload: bytes


class _Refusal(Exception):
    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason, self.text = reason, text


Message = Batch | Presence | Reported | Undecodable


def decode(topic: str, payload: bytes) -> Message:
    """What a message says. Never raises: what cannot be read is `Undecodable`."""
    kind, robot = topics.robot_of(topic) or ("", "")
    if kind not in _READERS:
        return _refused(topic, robot, "topic", "not a topic of ours", payload)
    try:
        return _checked(topic, kind, robot, codec.decode(payload, loads=loads), payload)
    except _Refusal as refusal:
        return _refused(topic, robot, refusal.reason, refusal.text, payload)
    except codec.Undecodable as error:
        return _refused(topic, robot, error.reason, str(error), payload)
    except ValidationError as error:
        return _refused(topic, robot, "envelope", _first_error(error), payload)


def _checked(topic: str, kind: str, robot: str, message: dict[str, Any], payload: bytes) -> Batch | Presence | Reported:
    version = message.get("v")
    if isinstance(version, int) and version > WIRE_VERSION:
        raise _Refusal("version", f"version {version}, this collector reads {WIRE_VERSION}: update the collector")
    found = _READERS[kind](topic, message, payload)
    if found.robot != robot:
        raise _Refusal("robot", f"speaks for {found.robot}")
    return found


def loads(text: bytes) -> Any:
    """strict_loads, in a fifth of its time: what re-encodes to the same bytes has no duplicate key and no NaN.

    Escaped characters go the strict way: some of them no store can keep.
    """
    value = orjson.loads(text)
    try:
        canonical = b"\\u" not in text and orjson.dumps(value) == text
    except orjson.JSONEncodeError as error:  # deeper than 254 levels
        raise ValueError(str(error)) from error
    return value if canonical else codec.strict_loads(text)


def _batch(topic: str, message: dict[str, Any], payload: bytes) -> Batch:
    envelope = Envelope.model_validate(message)
    if envelope.last < envelope.first - 1:
        raise _Refusal("envelope", f"first {envelope.first} lies beyond last {envelope.last}")
    batch = Batch(
        topic, envelope.robot, envelope.epoch, envelope.first, envelope.last, envelope.held, [], payload,
        run=envelope.run, runs=envelope.runs, newest=envelope.newest, new=envelope.new,
        timezone=envelope.timezone, about=envelope.about, description=envelope.description,
    )  # fmt: skip
    for raw in envelope.records:
        try:
            batch.records.append(parse_record(raw))
        except ValidationError as error:
            batch.bad.append(BadRecord(_seq_of(raw), "record", _first_error(error), _json(raw)))
    return batch


_READERS: dict[str, Callable[[str, dict[str, Any], bytes], Batch | Presence | Reported]] = {
    "up": _batch,
    "presence": lambda _topic, message, _payload: Presence.model_validate(message),
    "reported": lambda _topic, message, _payload: Reported.model_validate(message),
}


def bad_record(record: Record, reason: str, text: str) -> BadRecord:
    """A valid record that cannot be taken where it stands."""
    return BadRecord(record.seq, reason, text, record.model_dump_json(exclude_defaults=True).encode())


def _refused(topic: str, robot: str, reason: str, text: str, payload: bytes) -> Undecodable:
    return Undecodable(topic[:TEXT_MAX_CHARS], robot, reason, text[:TEXT_MAX_CHARS], payload)


def _seq_of(raw: object) -> int | None:
    seq = raw.get("seq") if isinstance(raw, dict) else None
    return seq if isinstance(seq, int) and 0 < seq < 2**53 else None


def _json(raw: object) -> bytes:
    try:
        return orjson.dumps(raw)
    except orjson.JSONEncodeError:  # integers beyond 64 bits come from the strict reader
        return codec.encode({"record": raw})


def _first_error(error: ValidationError) -> str:
    """`counts.foot_traffic: Input should be greater than or equal to 0`, and how many more there are."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    where = ".".join(str(part) for part in errors[0]["loc"])
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{where}: {errors[0]['msg']}{more}"[:TEXT_MAX_CHARS]
