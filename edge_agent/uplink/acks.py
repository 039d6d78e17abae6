"""The collector's acks, judged by hand (the agent cannot afford pydantic). Pure."""

from dataclasses import dataclass
from typing import Any

from edge_agent.outbox.values import Back
from protocol import codec, counted, limits
from protocol.counted import State


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
    run: str = ""  # whose hello it answers; "": an older collector, or no hello
    counted: bool = False
    back: Back | None = None
    greet: bool = False
    describe: bool = False
    alarm: str = ""
    pushes: bool = False

    def greets(self, run: str) -> bool:
        """Whether it answers a hello of this run. A collector whose clock robots contradict tells no time."""
        return self.run == run if self.run else self.now_ms is not None


def read_ack(payload: bytes) -> Answer | None:
    """The ack in a payload, or None when it is not one: a broken ack must not stop the stream."""
    try:
        raw = codec.decode(payload)
    except codec.Undecodable:
        return None
    mark, now_ms, pause_s = _whole(raw.get("mark")), _whole(raw.get("now_ms")), _whole(raw.get("pause_s"))
    refused, reason, epoch, alarm = raw.get("refused"), raw.get("reason"), raw.get("epoch"), raw.get("alarm")
    return Answer(
        epoch if isinstance(epoch, str) else None,
        mark,
        now_ms,
        raw.get("gap") is True,
        min(pause_s or 0, 3600),
        refused if isinstance(refused, str) else "",
        reason[: limits.DETAIL_MAX_CHARS] if isinstance(reason, str) else "",
        run if isinstance(run := raw.get("run"), str) else "",
        raw.get("counted") is True,
        _back(raw.get("back")),
        raw.get("greet") is True,
        raw.get("describe") is True,
        alarm[: limits.DETAIL_MAX_CHARS] if isinstance(alarm, str) else "",
        raw.get("pushes") is True,
    )


def _back(raw: Any) -> Back | None:
    """That the file lacks something, if it can be read; series that cannot are not known."""
    if not isinstance(raw, dict) or (mark := _whole(raw.get("mark"))) is None:
        return None
    return Back(
        _whole(raw.get("to")), mark, _state(raw.get("counted")), raw.get("windows") is True, raw.get("lost") is True,
        raw.get("ended") is not False, _latest(raw.get("latest")),
    )  # fmt: skip


def _latest(raw: Any) -> tuple[str, int] | None:
    if not isinstance(raw, list) or len(raw) != 2 or not isinstance(raw[0], str):  # noqa: PLR2004  epoch, mark
        return None
    mark = _whole(raw[1])
    return None if mark is None else (raw[0][: limits.DETAIL_MAX_CHARS], mark)


def _state(raw: Any) -> State | None:
    try:
        return counted.read(raw) if isinstance(raw, dict) and all(_is_series(s) for s in raw.values()) else None
    except (TypeError, AttributeError):
        return None


def _is_series(series: Any) -> bool:
    return (
        isinstance(series, dict)
        and all(
            isinstance(entry, list)
            and 2 <= len(entry) <= 3  # noqa: PLR2004  whole, life, carried
            and _whole(entry[0]) is not None
            and isinstance(entry[1], str)
            and all(isinstance(part, int | float) and 0 <= part <= 1 for part in entry[2:])
            for entry in series.values()
        )
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limits.SEQ_MAX else None
