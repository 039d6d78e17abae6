"""When did it happen, and which hour of which day does it count for. Pure.

A record says `at` (the robot's wall clock), whether anybody vouches for it, and boot + mono, which only grow.
`at` counts when it was synced or re-stamped and is plausible. Otherwise the neighbours decide, and the
confidence says how:

exact        the robot's clock was disciplined when the record was written
restamped    the robot corrected it later within the same boot
same_boot    a neighbour of the same boot is placed: its time plus the difference of mono
between      only the order is known: as late as possible between the record before it and its arrival

A window counts for the hour of its start in the robot's time zone, also when it was merged from several.
Nothing is rejected by its time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from collector.calendar.days import DAY_S, hours_of

EARLIEST_S = 946_684_800  # 2000-01-01: a clock before that was never set
FUTURE_MAX_S = DAY_S  # by which clocks of robots and collector may differ, unless robots say that it is the collector's

Confidence = Literal["exact", "restamped", "same_boot", "between"]
ESTIMATED = frozenset({"same_boot", "between"})


class Stamped(Protocol):
    """What every record says about its time."""

    @property
    def boot(self) -> int: ...
    @property
    def mono(self) -> int: ...
    @property
    def at(self) -> int: ...
    @property
    def sync(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the stream's newest placed record stands. `end_s`: its time plus what it covers."""

    boot: int
    mono: int
    at_s: int
    end_s: int


def trusted(record: Stamped, latest_s: int) -> bool:
    """Does `at` count as it is written?"""
    return record.sync != "unsynced" and EARLIEST_S <= record.at <= latest_s


def believed_end(at_s: int, received_s: int, latest_s: int) -> int:
    """The latest moment at which a window that begins at `at_s` can have ended: it has arrived.

    Clocks may differ by FUTURE_MAX_S. Where robots are believed that it is later than our clock says, it is counted
    from the window's beginning.
    """
    now_s = at_s if received_s + FUTURE_MAX_S < at_s <= latest_s else received_s
    return now_s + FUTURE_MAX_S


def observed_s(span_s: int, wall_s: int) -> int:
    """Seconds that a window observed, of those that it lies over: a merge over a clock that went back saw more."""
    return min(span_s, wall_s)


def place(
    records: Sequence[Stamped], before: Anchor | None, received_s: int, latest_s: int
) -> list[tuple[int, Confidence]]:
    """(unix seconds, confidence) of each record of a batch, in its order.

    `latest_s`: the latest moment that a vouched-for clock is believed (collector.ingest.witnesses).
    """
    placed: list[tuple[int, Confidence]] = []
    for record in records:
        if record.sync == "unsynced" or not EARLIEST_S <= record.at <= latest_s:
            return _estimated(records, before, received_s, latest_s)
        placed.append((record.at, "exact" if record.sync == "synced" else "restamped"))
    return placed


def _estimated(
    records: Sequence[Stamped], before: Anchor | None, received_s: int, latest_s: int
) -> list[tuple[int, Confidence]]:
    following = _following(records, latest_s)
    newest_mono = _newest_mono(records)
    placed: list[tuple[int, Confidence]] = []
    last = before
    for record, anchor in zip(records, following, strict=True):
        at_s, confidence = _placed(record, last, anchor, newest_mono[record.boot], received_s, latest_s)
        placed.append((at_s, confidence))
        last = Anchor(record.boot, record.mono, at_s, max(at_s, last.end_s) if last else at_s)
    return placed


def _placed(
    record: Stamped, last: Anchor | None, following: Anchor | None, newest_mono: int, received_s: int, latest_s: int
) -> tuple[int, Confidence]:
    if trusted(record, latest_s):
        return record.at, "exact" if record.sync == "synced" else "restamped"
    for neighbour in (last, following):
        if neighbour is not None and neighbour.boot == record.boot:
            at_s = neighbour.at_s + record.mono - neighbour.mono
            if EARLIEST_S <= at_s <= latest_s:
                return at_s, "same_boot"
    # The newest record of its boot was written at the earliest moment that its arrival allows: now.
    written_s = received_s - (newest_mono - record.mono)
    now_s = received_s
    if last is not None and received_s + FUTURE_MAX_S < last.end_s <= latest_s:
        now_s = last.end_s  # robots are believed, and it is later than our clock says
    return min(max(written_s, last.end_s if last else EARLIEST_S), now_s), "between"


def _following(records: Sequence[Stamped], latest_s: int) -> list[Anchor | None]:
    """For each record the next trusted one behind it, if there is one."""
    found: list[Anchor | None] = []
    anchor: Anchor | None = None
    for record in reversed(records):
        found.append(anchor)
        if trusted(record, latest_s):
            anchor = Anchor(record.boot, record.mono, record.at, record.at)
    found.reverse()
    return found


def _newest_mono(records: Sequence[Stamped]) -> dict[int, int]:
    newest: dict[int, int] = {}
    for record in records:
        newest[record.boot] = max(newest.get(record.boot, 0), record.mono)
    return newest


def spread(at_s: int, wall_s: int, seconds: int, timezone: str) -> Iterator[tuple[int, int, int]]:
    """Divide `seconds` evenly over the hours of at_s..at_s + wall_s: (day, hour, seconds), summing up exactly.

    A window vouches for the hours it lies in, also when its counts went to the first of them. It costs one step for
    each hour that it touches; where hours begin is looked up once for each day.
    """
    wall_s = max(wall_s, 1)
    end_s = at_s + wall_s
    done = 0
    hour: tuple[int, int] | None = None
    for block in range(at_s // DAY_S, (end_s - 1) // DAY_S + 1):
        for from_s, found in hours_of(block, timezone):
            if from_s > at_s and found != hour:
                if from_s >= end_s:
                    break
                upto = seconds * (from_s - at_s) // wall_s
                if upto > done and hour is not None:
                    yield *hour, upto - done
                    done = upto
            hour = found
    if seconds > done and hour is not None:
        yield *hour, seconds - done
