"""What one transaction reads and will write: robots and streams as they stand, and the rows to add.

Plain data: `apply` and `robot_events` fill it, `rows` writes it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from collector.ingest.bounds import LOOK_BACK_DAYS, Bounds, CountedBefore, CountedLater, LastCounted
from collector.ingest.decode import BadRecord
from protocol import codec, counted

JSON_MAX_BYTES = 16 * 1024  # of a detail or document from a robot that is kept as it is


@dataclass(slots=True)
class StreamPast:
    """One row of `stream_past`, read only when it is asked for: the runs of the file, how far its series are counted.

    `runs` is as the newest hello said it. `counted` None: not known (an older agent, a hole, too many series).
    """

    runs_text: str | None = None
    counted_text: str | None = None
    changed: bool = False
    _runs: list[tuple[str, int]] | None = None
    _counted: "SeriesCounted | None" = None
    _pushed: bool = False
    _read: bool = False

    @property
    def runs(self) -> list[tuple[str, int]]:
        if self._runs is None:
            self._runs = [(run, first) for run, first in orjson.loads(self.runs_text)] if self.runs_text else []
        return self._runs

    @runs.setter
    def runs(self, runs: list[tuple[str, int]]) -> None:
        if runs != self.runs:
            self._runs, self.changed = runs, True

    @property
    def may_be_counted(self) -> bool:
        """False for nearly every window of a robot that tells no series, at the price of a look."""
        return self.changed or self.counted_text is not None

    @property
    def counted(self) -> "SeriesCounted | None":
        self._read_counted()
        return self._counted

    @counted.setter
    def counted(self, found: "SeriesCounted | None") -> None:
        self._read_counted()
        self._counted, self.changed = found, True

    @property
    def pushed(self) -> bool:
        """Counts came that belong to no series. That is known however little is known of the series."""
        self._read_counted()
        return self._pushed

    @pushed.setter
    def pushed(self, pushed: bool) -> None:
        if pushed != self.pushed:
            self._pushed, self.changed = pushed, True

    def _read_counted(self) -> None:
        if self._read:
            return
        self._read = True
        told = orjson.loads(self.counted_text) if self.counted_text else {}
        self._pushed = bool(told.get("pushed"))
        if told.get("series") is not None:
            self._counted = SeriesCounted(counted.read(told["series"]), told["window"], told["windows"])

    def texts(self) -> tuple[str | None, str | None]:
        """As the columns hold it."""
        known = self.counted
        told: dict[str, Any] | None = {"series": None, "pushed": True} if self.pushed else None
        if known is not None:
            told = {
                "series": counted.packed(known.series),
                "window": known.window,
                "windows": known.windows,
                "pushed": self.pushed,
            }
        return (
            orjson.dumps(self.runs).decode() if self.runs else None,
            orjson.dumps(told).decode() if told is not None else None,
        )


@dataclass(frozen=True, slots=True)
class SeriesCounted:
    """How far the robot's series are counted.

    `window` is the newest window that was written in this file first, `windows` how many such were taken of the
    robot, in this file and those before it.
    """

    series: counted.State
    window: int = 0
    windows: int = 0


@dataclass(slots=True)
class StreamState:
    """One row of `stream`. `known`: it is in the database already."""

    epoch: str
    mark: int = 0
    closed_at: int | None = None
    first_at: int = 0
    received_at: int = 0
    last_boot: int | None = None
    last_mono: int | None = None
    last_at: int | None = None
    last_end: int | None = None
    stopped: bool = False
    books_to: int | None = None  # the id of the twin robot that what it brings is booked to
    known: bool = False
    changed: bool = False
    past: StreamPast = field(default_factory=StreamPast)

    def close(self, now_s: int) -> None:
        """Freeze the stream: a newer file has replaced the one it came from."""
        if self.closed_at is None:
            self.closed_at = now_s
            self.changed = True


@dataclass(slots=True)
class RobotState:
    """One row of `robot`, its streams, and the columns to change."""

    id: int
    name: str
    timezone: str
    epoch: str | None
    about: str | None = None
    started_at: int | None = None
    data_from_s: int | None = None
    streams: dict[str, StreamState] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    twins: dict[int, "RobotState"] = field(default_factory=dict)  # by id; they share `streams`
    knows_zone: bool = False  # the robot itself has said its time zone
    seen_later_s: int = 0  # by which our clock was behind when it was first seen, as its first data show

    def __post_init__(self) -> None:
        self.knows_zone = self.about is not None or self.started_at is not None

    def twin(
        self, robot_id: int, name: str, timezone: str, epoch: str | None, about: str | None = None,
        started_at: int | None = None, data_from_s: int | None = None,
    ) -> None:  # fmt: skip
        """Make the twin known that one of the streams books to."""
        made = RobotState(robot_id, name, timezone, epoch, about, started_at, data_from_s, self.streams)
        self.twins[robot_id] = made

    def booked(self, stream: StreamState) -> "RobotState":
        """The robot that counts what the stream brings."""
        return self if stream.books_to is None else self.twins[stream.books_to]

    def stream(self, epoch: str, now_s: int) -> StreamState:
        """The stream of that epoch, begun now when it is new."""
        found = self.streams.get(epoch)
        if found is None:
            found = self.streams[epoch] = StreamState(epoch, first_at=now_s, received_at=now_s)
        return found

    def set(self, column: str, value: Any) -> None:
        """Change a column of the row; epoch and timezone are also what the next record is judged by."""
        if column == "epoch":
            if value == self.epoch:
                return
            self.epoch = value
        elif column == "timezone":
            self.timezone, self.knows_zone = value, True
        elif column == "about":
            self.about = value
        elif column == "data_from_s":
            self.data_from_s = value
        self.changes[column] = value


@dataclass(slots=True)
class DayState:
    """What is added to one robot-day. An hour's windows are summed up together, when somebody asks for the sums."""

    covered: dict[int, int] = field(default_factory=dict)  # hour -> seconds
    estimated_s: int = 0
    _sums: dict[int, dict[str, int]] = field(default_factory=dict)
    _pending: dict[int, list[Mapping[str, int]]] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[int, Mapping[str, int]]:
        """By hour and counter."""
        for hour, windows in self._pending.items():
            more, sums = summed(windows), self._sums.get(hour)
            if sums is None:
                self._sums[hour] = more
                continue
            for counter, n in more.items():
                sums[counter] = sums.get(counter, 0) + n
        self._pending.clear()
        return self._sums

    def add(self, hour: int, counts: Mapping[str, int]) -> None:
        """`counts` must not change any more."""
        windows = self._pending.get(hour)
        if windows is None:
            self._pending[hour] = [counts]
        else:
            windows.append(counts)

    def last(self, counter: str, day: int, upto_hour: int) -> LastCounted | None:
        """The newest hour up to that one in which something was added to the counter."""
        by_hour = self.counts
        hours = [hour for hour, counts in by_hour.items() if hour <= upto_hour and counts.get(counter)]
        return LastCounted(day, max(hours), by_hour[max(hours)][counter]) if hours else None

    def cover(self, hour: int, seconds: int) -> None:
        self.covered[hour] = self.covered.get(hour, 0) + seconds


def summed(windows: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """The windows' counts added up. Most windows of a robot count the same counters: these are added as columns."""
    if len(windows) == 1:
        return dict(windows[0])
    counters = list(windows[0])
    if all(list(window) == counters for window in windows):
        columns = zip(*(window.values() for window in windows), strict=True)
        return dict(zip(counters, map(sum, columns), strict=True))
    sums: defaultdict[str, int] = defaultdict(int)
    for window in windows:
        for counter, n in window.items():
            sums[counter] += n
    return dict(sums)


@dataclass(slots=True)
class ParkedAmount:
    """What one counter of a robot-day has more than is plausible, by hour. `most`: the largest bound that it passed."""

    reason: str  # rate, day_full
    hours: dict[int, int] = field(default_factory=dict)
    windows: int = 0
    most: int = 0

    def add(self, hour: int, n: int, most: int) -> None:
        self.hours[hour] = self.hours.get(hour, 0) + n
        self.windows += 1
        self.most = max(self.most, most)


@dataclass(slots=True)
class ParkedRow:
    """A row of `parked`."""

    received_at: int
    topic: str
    robot: str
    reason: str
    text: str
    epoch: str | None
    seq: int | None
    payload: bytes


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a hello that says its runs is told besides mark and time. `back`: as it travels."""

    run: str
    counted: bool
    pushes: bool
    back: dict[str, Any] | None = None


@dataclass(slots=True)
class UnitOfWork:
    """Everything one transaction adds. Lists are in the order it happened."""

    received_s: int
    days: dict[tuple[int, int], DayState] = field(default_factory=dict)  # (day, robot id)
    episodes: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    skills: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    skill_events: list[dict[str, Any]] = field(default_factory=list)
    supports: list[tuple[int, str, bool, int, int]] = field(default_factory=list)
    """(robot, counter, it can, said at, since when where nothing was said before), in order."""
    gauges: dict[int, tuple[int, Mapping[str, tuple[float, float, float]]]] = field(default_factory=dict)
    parked: list[ParkedRow] = field(default_factory=list)
    parked_amounts: dict[tuple[int, int, str], ParkedAmount] = field(default_factory=dict)  # (day, robot id, counter)
    bounds: Bounds = field(default_factory=Bounds)
    refused_per_h: int = 0  # readings refused in an hour, above which a person is told; 0: never
    refusing: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # robot id -> day, hour, number above it
    # The stored robot-days among (robot id, first day, last day); asked only when an amount is out of the usual.
    counted: Callable[[int, int, int], Mapping[int, CountedBefore]] = lambda _robot, _first, _last: {}
    greetings: dict[tuple[str, str], "Greeting"] = field(default_factory=dict)  # by robot and epoch
    unusual: set[int] = field(default_factory=set)  # windows (id of the object) with an amount out of the usual
    records: int = 0
    windows: int = 0
    describe: set[tuple[str, str]] = field(default_factory=set)  # (robot, epoch) that is to say who it is
    ahead: dict[int, dict[str, Any]] = field(default_factory=dict)  # by robot id
    over: list[dict[str, Any]] = field(default_factory=list)  # alarms that hold no longer
    opened_since: Callable[[int, int], int] | None = None  # (robot id, moment) -> new outbox files
    # A robot for the second of two cards under one name: (robot, epoch, now) -> id and name. None: an alarm only.
    make_twin: Callable[[RobotState, str, int], tuple[int, str] | None] | None = None
    _counted: dict[tuple[int, int], Mapping[int, CountedBefore]] = field(default_factory=dict)

    def day(self, day: int, robot_id: int) -> DayState:
        found = self.days.get((day, robot_id))
        if found is None:
            found = self.days[day, robot_id] = DayState()
        return found

    def park_amount(self, key: tuple[int, int, str], hour: int, n: int, most: int, reason: str) -> None:
        """Keep an amount that is too large to be counted, for a person to judge."""
        found = self.parked_amounts.get(key)
        if found is None:
            found = self.parked_amounts[key] = ParkedAmount(reason)
        found.add(hour, n, most)

    def last_counted(self, robot_id: int, counter: str, day: int, hour: int) -> LastCounted | None:
        """When the counter was last counted up to that hour, in the store or by this transaction."""
        for one in range(day, day - LOOK_BACK_DAYS - 1, -1):
            upto = hour if one == day else 23
            stored = self._counted_day(robot_id, one)
            before = None if stored is None else stored.last(counter, one, upto)
            adding = self.days.get((one, robot_id))
            added = None if adding is None else adding.last(counter, one, upto)
            if before is None or added is None:
                if before is not None or added is not None:
                    return before or added
                continue
            if before.hour == added.hour:
                return LastCounted(one, before.hour, before.n + added.n)
            return max(before, added, key=lambda found: found.hour)
        return None

    def counted_later(self, robot_id: int, counter: str, day: int) -> CountedLater | None:
        """What is counted of it on that day and the LOOK_BACK_DAYS behind it, in the store or by this transaction."""
        n, newest = 0, day
        for one in range(day, day + LOOK_BACK_DAYS + 1):
            stored = self._counted_day(robot_id, one)
            found = 0 if stored is None else stored.totals.get(counter, 0)
            adding = self.days.get((one, robot_id))
            if adding is not None:
                found += sum(counts.get(counter, 0) for counts in adding.counts.values())
            if found:
                n, newest = n + found, one
        return CountedLater(newest - day + 1, n) if n else None

    def _counted_day(self, robot_id: int, day: int) -> CountedBefore | None:
        """Read in blocks of LOOK_BACK_DAYS, each once."""
        block = day // LOOK_BACK_DAYS
        found = self._counted.get((robot_id, block))
        if found is None:
            first = block * LOOK_BACK_DAYS
            found = self._counted[robot_id, block] = self.counted(robot_id, first, first + LOOK_BACK_DAYS - 1)
        return found.get(day)

    def gap(
        self, robot: RobotState, epoch: str, from_s: int, to_s: int, cause: str, *,
        numbers: tuple[int, int] | None = None, records: int | None = None, detail: str = "",
    ) -> None:  # fmt: skip
        """Time without data, or missing numbers, or both; a gap that is neither is none."""
        if numbers is None and to_s <= from_s:
            return
        first, last = numbers or (None, None)
        missing = records if records is not None else (last - first + 1 if last and first else 0)
        self.gaps.append(
            {
                "robot_id": robot.id, "from_s": min(from_s, to_s), "to_s": to_s, "cause": cause, "epoch": epoch,
                "first_seq": first, "last_seq": last, "records": missing, "detail": clean(detail),
            }
        )  # fmt: skip

    def alarm(self, robot: RobotState, kind: str, at_s: int, detail: str) -> None:
        self.alarms.append({"robot_id": robot.id, "kind": kind, "at": at_s, "detail": detail})

    def no_alarm(self, robot: RobotState, kind: str, at_s: int) -> None:
        self.over.append({"robot_id": robot.id, "kind": kind, "at": at_s})

    def note_ahead(self, robot: RobotState, from_s: int | None, to_s: int, records: int, noted_s: int) -> None:
        """The robot had acknowledgements of these records, and this store does not hold them."""
        row = {"robot_id": robot.id, "from_s": from_s, "to_s": to_s, "records": records, "noted_at": noted_s}
        self.ahead[robot.id] = row

    def park(self, topic: str, robot: str, epoch: str | None, bad: BadRecord, received_s: int) -> None:
        text = clean(bad.text)
        self.parked.append(ParkedRow(received_s, clean(topic), robot, bad.reason, text, epoch, bad.seq, bad.payload))


def clean(text: str) -> str:
    """Text that every database takes: PostgreSQL refuses NUL."""
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def packed(value: Any) -> str:
    """JSON of something a robot sent, bounded; what is too large is named by its size."""
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # integers beyond 64 bits
        text = codec.encode(value)
    return text.decode() if len(text) <= JSON_MAX_BYTES else f'{{"too_large":{len(text)}}}'
