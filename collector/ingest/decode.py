"""Bytes from the broker become a batch, a question, a presence or a report; the rest is undecodable.

Pure. Nothing behind this module meets data that was not validated. What is refused carries a stable word
(`reason`), a text for a person, and the bytes:

topic        not one of ours                     version    made by a newer protocol
too_large, format, dictionary, truncated, json   it is not one of our encodings (protocol.codec)
envelope     the envelope breaks the schema      record     one record breaks the schema (the others count)
robot        it speaks for another robot         order      a record stands where it cannot be (stream.take)
names        counters beyond what a robot-day holds (the others of the record count)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from protocol import WIRE_VERSION, codec, topics
from protocol.messages import Ask, Envelope, Fault, Lifecycle, Presence, Reported, SkillRecord, Window, parse_record

Record = Window | Fault | SkillRecord | Lifecycle

TEXT_MAX_CHARS = 300
BAD_MAX = 50  # in a batch: each costs more than ten good ones, and a row of its own


@dataclass(slots=True)
class BadRecord:
    """One record that cannot be taken. `seq` is None when not even that could be read."""

    seq: int | None
    reason: str
    text: str
    payload: bytes


@dataclass(slots=True)
class ReadBatch:
    """A valid envelope with its valid records in order, and what was wrong among them."""

    topic: str
    robot: str
    epoch: str
    first: int
    last: int
    held: int
    records: list[Record]
    payload: bytes
    timezone: str  # "": the robot says none
    bad: list[BadRecord] = field(default_factory=list)
    run: str | None = None
    runs: list[tuple[str, int]] = field(default_factory=list)
    newest: int | None = None
    new: bool = False
    about: str | None = None
    description: dict[str, Any] | None = None
    stuck: str | None = None
    epochs: frozenset[str] | None = None  # which its records name, its own among them, once they were looked for


@dataclass(slots=True)
class ParkedMessage:
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


Message = ReadBatch | Ask | Presence | Reported | ParkedMessage


def decode(topic: str, payload: bytes) -> Message:
    """What a message says. Never raises: what cannot be read is `ParkedMessage`."""
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


def _checked(
    topic: str, kind: str, robot: str, message: dict[str, Any], payload: bytes
) -> ReadBatch | Ask | Presence | Reported:
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


def _from_up(topic: str, message: dict[str, Any], payload: bytes) -> ReadBatch | Ask:
    return Ask.model_validate(message) if "ask" in message else _batch(topic, message, payload)


def _batch(topic: str, message: dict[str, Any], payload: bytes) -> ReadBatch:
    envelope = Envelope.model_validate(message)
    if envelope.last < envelope.first - 1:
        raise _Refusal("envelope", f"first {envelope.first} lies beyond last {envelope.last}")
    if envelope.last >= envelope.first and "records" not in envelope.model_fields_set:
        raise _Refusal("envelope", "records: Field required")  # only a hello has none to say
    batch = ReadBatch(
        topic, envelope.robot, envelope.epoch, envelope.first, envelope.last, envelope.held, [], payload,
        run=envelope.run, runs=envelope.runs, newest=envelope.newest, new=envelope.new,
        timezone=envelope.timezone, about=envelope.about, description=envelope.description,
        stuck=envelope.stuck,
    )  # fmt: skip
    for raw in envelope.records:
        try:
            batch.records.append(parse_record(raw))
        except ValidationError as error:
            if len(batch.bad) >= BAD_MAX:  # its robot halves it: what is good in it comes with a smaller one
                raise _Refusal("record", f"more than {BAD_MAX} bad records in a batch, {_first_error(error)}") from None
            batch.bad.append(BadRecord(_seq_of(raw), "record", _first_error(error), _json(raw)))
    return batch


_READERS: dict[str, Callable[[str, dict[str, Any], bytes], ReadBatch | Ask | Presence | Reported]] = {
    "up": _from_up,
    "presence": lambda _topic, message, _payload: Presence.model_validate(message),
    "reported": lambda _topic, message, _payload: Reported.model_validate(message),
}


def bad_record(record: Record, reason: str, text: str) -> BadRecord:
    """A valid record that cannot be taken where it stands."""
    return BadRecord(record.seq, reason, text, record.model_dump_json(exclude_defaults=True).encode())


def _refused(topic: str, robot: str, reason: str, text: str, payload: bytes) -> ParkedMessage:
    return ParkedMessage(topic[:TEXT_MAX_CHARS], robot, reason, text[:TEXT_MAX_CHARS], payload)


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
