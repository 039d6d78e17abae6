"""The collector's acks, judged by hand (the agent cannot afford pydantic). Pure."""

from dataclasses import dataclass
from typing import Any

from protocol import codec, limits


@dataclass(frozen=True, slots=True)
class Answer:
    """An ack as the wire has it, judged by hand."""

    epoch: str | None
    mark: int | None
    now_ms: int | None
    gap: bool
    pause_s: int
    refused: str
    reason: str


def read_ack(payload: bytes) -> Answer | None:
    """The ack in a payload, or None when it is not one: a broken ack must not stop the stream."""
    try:
        raw = codec.decode(payload)
    except codec.Undecodable:
        return None
    mark, now_ms, pause_s = _whole(raw.get("mark")), _whole(raw.get("now_ms")), _whole(raw.get("pause_s"))
    refused, reason, epoch = raw.get("refused"), raw.get("reason"), raw.get("epoch")
    return Answer(
        epoch if isinstance(epoch, str) else None,
        mark,
        now_ms,
        raw.get("gap") is True,
        min(pause_s or 0, 3600),
        refused if isinstance(refused, str) else "",
        reason[: limits.DETAIL_MAX_CHARS] if isinstance(reason, str) else "",
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limits.SEQ_MAX else None
