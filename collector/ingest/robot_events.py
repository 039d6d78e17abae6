"""What a lifecycle record changes: facts of the robot, gaps with their cause, the end of an older stream. Pure.

The details are documented in docs/wire-format.md; what they lack or have too much is ignored, never guessed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from collector.calendar.days import known_zone
from collector.ingest.state import RobotState, StreamState, UnitOfWork, clean, packed
from protocol.limits import CODE_MAX_CHARS, COUNTER_KEY, EPOCH, SEQ_MAX, WINDOW_MAX_COUNTERS
from protocol.messages import Lifecycle
from protocol.stream import StreamStanding, after_close

_TIMEZONE_MAX_CHARS = 64


def epochs_named(detail: Mapping[str, Any]) -> set[str]:
    """Epochs that an `epoch` or `lost` record speaks about."""
    latest = _latest(detail)
    told = (detail.get("closes"), detail.get("epoch"), latest[0] if latest else None)
    return {value for value in told if _is_epoch(value)}


def apply_event(
    work: UnitOfWork,
    robot: RobotState,
    stream: StreamState,
    record: Lifecycle,
    at_s: int,
    confidence: str,
    received_s: int,
) -> None:
    """Take one lifecycle record of `stream` that happened at `at_s`."""
    detail: Any = record.detail
    match record.event:
        case "start":
            _started(work, robot, stream, record.detail, at_s)
        case "epoch":
            _replaced(work, robot, stream, record.detail, at_s, received_s)
        case "lost":
            _lost(work, robot, stream, record.detail, at_s)
        case "counters":
            detail = _supported(work, robot, record.detail, at_s, at_s)
        case "configuration":
            robot.set("configuration", clean(packed(record.detail)))
    work.events.append(
        {
            "robot_id": robot.id, "epoch": stream.epoch, "seq": record.seq, "at": at_s, "confidence": confidence,
            "event": clean(record.event), "detail": packed(detail),
        }
    )  # fmt: skip


def reports_loss_of(record: Lifecycle, epoch: str, numbers: tuple[int, int]) -> bool:
    """Does this record say that all of these numbers of the epoch are lost?"""
    if record.event != "lost" or record.detail.get("epoch") != epoch:
        return False
    lost = _range(record.detail)
    return lost is not None and lost[0] <= numbers[0] and numbers[1] <= lost[1]


def _started(work: UnitOfWork, robot: RobotState, stream: StreamState, detail: Mapping[str, Any], at_s: int) -> None:
    timezone = detail.get("timezone")
    if isinstance(timezone, str) and len(timezone) <= _TIMEZONE_MAX_CHARS and known_zone(timezone) is not None:
        if not robot.knows_zone:
            work.no_alarm(robot, "zone_unknown", stream.received_at)
        robot.knows_zone = True
        if timezone != robot.timezone:
            robot.set("timezone", timezone)
    _named(robot, detail)
    robot.set("started_at", at_s)
    # The run before may have written into the file that this one replaces.
    before = stream if stream.last_at is not None else robot.streams.get(robot.epoch or "")
    if before is not None and before.last_end is not None:
        cause = "off" if before.stopped or detail.get("clean") is True else "crash"
        work.gap(robot, stream.epoch, before.last_end, at_s, cause)


def described(work: UnitOfWork, robot: RobotState, detail: Mapping[str, Any], received_s: int) -> None:
    """Take a description, but for the zone: records of an older one may still be on their way."""
    _named(robot, detail)
    if isinstance(settings := detail.get("configuration"), dict):
        robot.set("configuration", clean(packed(settings)))
    _supported(work, robot, detail, received_s, 0)  # of a robot that is new here: since when, nobody knows


def _named(robot: RobotState, detail: Mapping[str, Any]) -> None:
    for column in ("model", "rom", "agent"):
        if isinstance(value := detail.get(column), str):
            robot.set(column, clean(value[:CODE_MAX_CHARS]))


def _replaced(
    work: UnitOfWork, robot: RobotState, stream: StreamState, detail: Mapping[str, Any], at_s: int, received_s: int
) -> None:
    """A new file took the old one's place. An epoch unknown here is closed too: its batches may still be on the way."""
    _acknowledged(work, robot, stream, detail, at_s)
    closes = detail.get("closes")
    if not _is_epoch(closes) or closes == stream.epoch:
        return
    known = closes in robot.streams
    old = robot.stream(closes, received_s)
    held = detail.get("held")
    before = StreamStanding(old.mark, old.closed_at is not None) if known else None
    after, hole = after_close(before, held if isinstance(held, int) and 1 <= held <= SEQ_MAX else 1)
    old.mark = after.mark
    old.close(received_s)
    if isinstance(detail.get("open"), dict):
        known_at = old.last_end if old.last_end is not None else at_s
        forgets = {"robot_id": robot.id, "closes": closes, "epoch": stream.epoch, "at": known_at, "openings": 1}
        work.episodes.append({"state": "forgotten", "open": _episodes(detail["open"])} | forgets)
    if hole:
        from_s = old.last_end if old.last_end is not None else at_s
        work.gap(robot, closes, from_s, at_s, "never_arrived", numbers=hole)


def _acknowledged(
    work: UnitOfWork, robot: RobotState, stream: StreamState, detail: Mapping[str, Any], at_s: int
) -> None:
    """What a collector said it had of another stream, when it told this file that it went back.

    A store that has less by now was put back to before that. The stream's mark stays: who holds it may come yet.
    """
    said = _latest(detail)
    if said is None or said[0] in {stream.epoch, detail.get("closes")}:
        return
    epoch, mark = said
    other = robot.streams.get(epoch)
    first = 1 if other is None else other.mark + 1
    if first <= mark:
        begin = other.last_end if other is not None and other.last_end is not None else at_s
        work.gap(robot, epoch, begin, at_s, "never_arrived", numbers=(first, mark))
        work.note_ahead(robot, begin, at_s, mark - first + 1, stream.received_at)


def _lost(work: UnitOfWork, robot: RobotState, stream: StreamState, detail: Mapping[str, Any], at_s: int) -> None:
    """The robot says that numbers are lost; what we have of them by now is not."""
    numbers = _range(detail)
    epoch = detail.get("epoch")
    if numbers is None or not _is_epoch(epoch):
        return
    from_stream = robot.streams.get(epoch)
    first, last = numbers
    if from_stream is not None and epoch != stream.epoch:
        first = max(first, from_stream.mark + 1)
    if first > last:
        return
    records = detail.get("records")
    known = records if isinstance(records, int) and 0 <= records <= last - first + 1 else last - first + 1
    begin = from_stream.last_end if from_stream is not None and from_stream.last_end is not None else at_s
    cause = clean(str(detail.get("cause", ""))[:CODE_MAX_CHARS])
    work.gap(robot, epoch, begin, at_s, "lost", numbers=(first, last), records=known, detail=cause)


def _supported(
    work: UnitOfWork, robot: RobotState, detail: Mapping[str, Any], at_s: int, first_at_s: int
) -> dict[str, int]:
    """The tri-state: what the robot can count and what it cannot. Returns the event's short form."""
    told = {True: _keys(detail.get("supported")), False: _keys(detail.get("unsupported"))}
    for supported, keys in told.items():
        for key in keys:
            work.supports.append((robot.id, key, supported, at_s, first_at_s))
    return {"supported": len(told[True]), "unsupported": len(told[False])}


def _episodes(told: Mapping[str, Any]) -> set[tuple[str, int]]:
    """The opening records, by epoch and number, of the faults that a new file will close."""
    return {
        (epoch, seq) for epoch, numbers in told.items() if isinstance(numbers, list)
        for seq in numbers if isinstance(seq, int)
    }  # fmt: skip


def _keys(value: object) -> list[str]:
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        return []
    return [k for k in value if isinstance(k, str) and COUNTER_KEY.fullmatch(k)][:WINDOW_MAX_COUNTERS]


def _range(detail: Mapping[str, Any]) -> tuple[int, int] | None:
    first, last = detail.get("first"), detail.get("last")
    if isinstance(first, int) and isinstance(last, int) and 1 <= first <= last <= SEQ_MAX:
        return first, last
    return None


def _latest(detail: Mapping[str, Any]) -> tuple[str, int] | None:
    match detail.get("latest"):
        case [str(epoch), int(mark)] if _is_epoch(epoch) and 1 <= mark <= SEQ_MAX:
            return epoch, mark
    return None


def _is_epoch(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and EPOCH.fullmatch(value) is not None
