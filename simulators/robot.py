"""One simulated robot: seed and place in, records of its outbox out. Pure: no clock, no socket.

A robot lives one local hour at a time and releases what was counted in it as time passes. What an hour counted comes
from hours that the skills lived (`simulators/lived_days.py`); which of them, how busy its days are and when its
families fall ill is drawn from its own generator, seeded by (seed, name). So the same seed and start give the same
counts whatever the speed, the end or the neighbours are.

    how busy a day is ─▶ an hour that was lived ─▶ its windows; while a family is out, windows of an hour without it

`counted` is the truth: what the released windows hold, by local day and counter.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from protocol import records
from protocol.counters import COUNTERS
from simulators.body import Episode, outbreaks
from simulators.chance import about
from simulators.lived_days import AskedHour, Hour, nth_hour
from simulators.lived_table import table
from simulators.scenes import Scene

AGENT = "simulated/1"
HOUR_S = 3600
GRID_S = 900  # every zone's midnight lies on a quarter hour: windows that divide it never straddle one
SPEED_M_PER_S = 0.6
CHARGED_PER_HOUR = 0.25  # of the whole battery
DOCK_BELOW = 0.2
OFF_AT_NIGHT = 0.2  # share of robots that the staff switches off when the place closes
NO_FOOT_TRAFFIC = 0.2  # share of robots whose ROM stopped counting passers-by
_EVEN = frozenset(key for key, counter in COUNTERS.items() if counter.unit in {"s", "m"})
_OWN = tuple(key for key, counter in COUNTERS.items() if counter.group != "agent")
_TRAY_CANNOT = ("guided_tour", "narration", "reception", "check_in")


class Days(Protocol):
    """Hours that the skills lived: the fleet's table, or days of this robot's own (simulators/bodies/shift.py)."""

    @property
    def skills(self) -> Sequence[tuple[str, str]]:
        """That this robot tells of: key and version."""

    @property
    def never(self) -> Sequence[str]:
        """Counters of people that nothing on this robot counts."""

    def hour(self, rng: Random, asked: AskedHour, out: Collection[str]) -> Hour: ...


Append = Callable[[dict[str, Any]], int]
Row = dict[str, int]  # counts of a window


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Window lengths in seconds: `window_s` until `live_from_s`, `live_window_s` from then on."""

    window_s: int = 300
    live_window_s: int = 300
    live_from_s: int | None = None

    def __post_init__(self) -> None:
        for length in (self.window_s, self.live_window_s):
            if length < 1 or GRID_S % length:
                raise ValueError(f"a window of {length} s does not divide {GRID_S} s: a day could end inside it")


@dataclass(slots=True)
class _Due:
    """A record that was drawn and waits for its time. `day` and `counts` make it part of the truth."""

    at_s: int
    record: dict[str, Any]
    day: int = 0
    opens: Episode | None = None
    closes: Episode | None = None


@dataclass(slots=True)
class Robot:
    """Its life from `start_s` on. `release` is the only way time passes."""

    name: str
    scene: Scene
    seed: int
    zone: ZoneInfo
    start_s: int
    rhythm: Rhythm = field(default_factory=Rhythm)
    days: Days | None = None  # None: those of the table
    counted: dict[int, dict[str, int]] = field(default_factory=dict)
    windows: int = 0
    rng: Random = field(init=False)
    boot: int = 1
    booted_s: int = field(init=False)
    now_s: int = field(init=False)  # how far time has passed
    planned_s: int = field(init=False)  # how far it is drawn
    rom: str = field(init=False)
    unsupported: tuple[str, ...] = field(init=False)
    off_at_night: bool = field(init=False)
    on: bool = True
    open: dict[tuple[str, str], Episode] = field(default_factory=dict)
    runs: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # as wished: skill -> version and digest
    _due: deque[_Due] = field(default_factory=deque)
    _busy: float = field(init=False)
    _frail: float = field(init=False)
    _battery: float = 1.0
    _lives: Days = field(init=False)
    _day: tuple[int, float] = (-1, 1.0)

    def __post_init__(self) -> None:
        live_s = self.rhythm.live_from_s
        grid_s = self.rhythm.live_window_s if live_s is not None and self.start_s >= live_s else GRID_S
        if self.start_s % grid_s:
            raise ValueError(f"start {self.start_s} is no multiple of {grid_s} s: windows would straddle midnight")
        rng = self.rng = Random(f"{self.seed}/{self.name}")  # noqa: S311 - a simulation, repeatable on purpose
        self._busy, self._frail = about(rng, 0.25), about(rng, 0.5)
        self._lives: Days = self.days or table(self.scene.key)
        blind = rng.random() < NO_FOOT_TRAFFIC
        self.rom = f"V6.{rng.randrange(4, 8)}" if blind else f"V6.{rng.randrange(0, 4)}"
        self.unsupported = self._cannot(blind=blind)
        self.off_at_night = rng.random() < OFF_AT_NIGHT
        self.booted_s = self.start_s
        self.now_s = self.planned_s = self.start_s
        self._start(self.start_s)

    def release(self, until_s: int, append: Append) -> int:
        """Hands over every record up to `until_s`; `append` returns the seq it got. Returns how many."""
        released = 0
        self.now_s = max(self.now_s, until_s)
        while True:
            while self.planned_s < until_s and not self._due:
                self._plan()
            if not self._due or self._due[0].at_s > until_s:
                return released
            due = self._due.popleft()
            if due.closes is not None:
                due.record["opened"] = due.closes.opened
                self.open.pop(due.closes.ailment.key, None)
            seq = append(due.record)
            released += 1
            if due.opens is not None:
                due.opens.opened = seq
            counts = due.record.get("counts")
            if counts is not None:
                self.windows += 1
                if counts:
                    self._count(due.day, counts)

    def _cannot(self, *, blind: bool) -> tuple[str, ...]:
        """What it does not count: what its ROM does not, what nothing on it does, what its model does not."""
        never = tuple(key for key in self._lives.never if key != "foot_traffic")
        blind = blind or len(never) < len(self._lives.never)
        tray = _TRAY_CANNOT if self.scene.model == "lucki" else ()
        return (("foot_traffic",) if blind else ()) + never + tray

    def stop(self) -> dict[str, Any]:
        """The record of a clean stop, now."""
        return records.stop(**self._stamp(self.now_s))

    def forget(self, unsent: Iterable[Mapping[str, Any]]) -> None:
        """Takes windows that will never leave the robot out of the truth."""
        for record in unsent:
            if record["kind"] != "window":
                continue
            self.windows -= 1
            local = datetime.fromtimestamp(record["at"], self.zone).date()
            total = self.counted.get((local - date(1970, 1, 1)).days, {})
            for key, n in record["counts"].items():
                total[key] -= n

    def _count(self, day: int, counts: Mapping[str, int]) -> None:
        total = self.counted.setdefault(day, {})
        for key, n in counts.items():
            total[key] = total.get(key, 0) + n

    def _plan(self) -> None:
        """Draws the next span: to the end of the local hour, or to where live begins."""
        now_s = self.planned_s
        local = datetime.fromtimestamp(now_s, self.zone)
        end_s = now_s + HOUR_S - (local.minute * 60 + local.second)
        live_s = self.rhythm.live_from_s
        if live_s is not None and now_s < live_s < end_s:
            end_s = live_s
        self.planned_s = end_s
        level = self.scene.level(local.date(), local.hour)
        if self.off_at_night and not level:
            if self.on:
                self.on = False
                self._close_all(now_s)
                self._due.append(_Due(now_s, records.stop(**self._stamp(now_s))))
            return
        if not self.on:
            self.on = True
            self.boot += 1
            self.booted_s = now_s - 40  # a boot takes a while
            self._battery = 1.0
            self._start(now_s)
        self._work(now_s, end_s, local, level)

    def _work(self, from_s: int, to_s: int, local: datetime, level: float) -> None:
        live_s = self.rhythm.live_from_s
        length = self.rhythm.live_window_s if live_s is not None and from_s >= live_s else self.rhythm.window_s
        rows: list[Row] = [{} for _ in range((to_s - from_s) // length)]
        events: list[Episode] = []
        if level:
            rows, events = self._hour(range(from_s, to_s, length), local, level)
        battery = self._charge(rows, to_s - from_s, level)
        for episode in events:
            at = (episode.from_s - from_s) // length
            for key in episode.ailment.counts:
                rows[at][key] = rows[at].get(key, 0) + 1
        number = (local.date() - date(1970, 1, 1)).days
        due = [
            _Due(at_s + length, records.window(**self._stamp(at_s), span=length, counts=row), number)
            for at_s, row in zip(range(from_s, to_s, length), rows, strict=True)
        ]
        due[0].record["gauges"] = {"battery": battery}
        due += [_Due(e.from_s, self._fault(e, "open", e.from_s), opens=e) for e in events]
        due += [_Due(e.to_s, self._fault(e, "close", e.to_s), closes=e) for e in self.open.values() if e.to_s <= to_s]
        # The sort is stable: at one moment the window that ends comes first, then faults in order of opening.
        self._due.extend(sorted(due, key=lambda d: d.at_s))

    def _hour(self, span: range, local: datetime, level: float) -> tuple[list[Row], list[Episode]]:
        """The windows that begin in a span of an open hour, and the episodes that open in it."""
        rng, day = self.rng, local.date()
        if self._day[0] != day.toordinal():
            self._day = (day.toordinal(), about(rng, 0.15))
        begun_s = span.start - local.minute * 60 - local.second
        asked = AskedHour(
            self.scene.key, day.toordinal() - (local.hour < self.scene.opens_h()), nth_hour(self.scene.key, local.hour),
            level * self._busy * self._day[1], self._appetite(day), self._frail,
        )  # fmt: skip
        events = self._breaks(span.start, span.stop, day)
        ailing = [*self.open.values(), *events]
        hour = self._lives.hour(rng, asked, {e.ailment.family for e in ailing if e.to_s > span.start})
        if hour.episodes is not None:
            moved = [replace(e, from_s=e.from_s + begun_s, to_s=e.to_s + begun_s) for e in hour.episodes]
            events = [e for e in moved if span.start <= e.from_s < span.stop and e.ailment.key not in self.open]
        self.open |= {e.ailment.key: e for e in events}
        first = (span.start - begun_s) // span.step
        rows = self._windows(hour, range(begun_s, begun_s + HOUR_S, span.step), ailing)[first:][: len(span)]
        for at_s, row in zip(span, rows, strict=True):
            row["operating_s"] = span.step
            if off_s := min(span.step, _open_s(self.open.values(), "network", at_s, at_s + span.step)):
                row["network_offline_s"] = off_s
            for key in self.unsupported:
                row.pop(key, None)
        return rows, events

    def _windows(self, hour: Hour, span: range, ailing: list[Episode]) -> list[Row]:
        """The whole hour dealt out to its windows; those in which a family is out are of an hour without it."""
        rows = _spread(self.rng, hour.well, len(span))
        for family, counts in hour.out.items():
            worse = _spread(self.rng, counts, len(span))
            for n, at_s in enumerate(span):
                if 2 * _open_s(ailing, family, at_s, at_s + span.step) > span.step:
                    rows[n] = worse[n]
        return rows

    def _appetite(self, _day: date) -> float:
        """Share of those who would want something who do."""
        return 1.0

    def _breaks(self, from_s: int, to_s: int, _day: date) -> list[Episode]:
        """Episodes that open in a span."""
        return outbreaks(self.rng, from_s, to_s, self._frail, self.open)

    def _charge(self, rows: list[Row], span_s: int, level: float) -> list[float]:
        """Uses or fills the battery and counts `charging_s`. Returns its least, mean and most in the span."""
        before = self._battery
        if level:
            driven_s = sum(row.get("driving_s", 0) for row in rows)
            self._battery = max(0.1, before - (0.04 * span_s + 0.08 * driven_s) / HOUR_S)
            charged_s = min(600, span_s) if self._battery <= DOCK_BELOW else 0  # a short visit between two tasks
        else:
            charged_s = min(span_s, int((1 - before) / CHARGED_PER_HOUR * HOUR_S))
        if charged_s:
            for row, more in zip(rows, _spread(self.rng, {"charging_s": charged_s}, len(rows)), strict=True):
                row.update(more)
            self._battery = min(1.0, self._battery + CHARGED_PER_HOUR * charged_s / HOUR_S)
        low, high = sorted((before, self._battery))
        return [round(b, 2) for b in (low, (low + high) / 2, high)]

    def _close_all(self, now_s: int) -> None:
        for episode in self.open.values():
            self._due.append(_Due(now_s, self._fault(episode, "close", now_s), closes=episode))

    def began(self, *, clean: bool) -> dict[str, Any]:
        """The record of an agent that begins, now."""
        return self._began(self.now_s, clean=clean)

    def description(self) -> dict[str, Any]:
        """Who this robot is, for a collector that holds no records that told it."""
        can = (key for key in _OWN if key not in self.unsupported)
        return records.description(
            agent=AGENT, timezone=self.zone.key, model=self.scene.model, rom=self.rom, configuration={},
            supported=can, unsupported=self.unsupported,
        )  # fmt: skip

    def _start(self, now_s: int) -> None:
        can = (key for key in _OWN if key not in self.unsupported)
        counters = records.supported(**self._stamp(now_s), counters=can, unsupported=self.unsupported)
        self._due.extend((_Due(now_s, self._began(now_s, clean=True)), _Due(now_s, counters)))
        own = {key: (version, "") for key, version in self._lives.skills}
        for key, (version, digest) in (own | dict(self.runs)).items():
            told = records.skill(**self._stamp(now_s), skill=key, version=version, digest=digest, state="active")
            self._due.append(_Due(now_s, told))

    def _began(self, now_s: int, *, clean: bool) -> dict[str, Any]:
        return records.start(
            **self._stamp(now_s),
            agent=AGENT,
            clean=clean,
            timezone=self.zone.key,
            model=self.scene.model,
            rom=self.rom,
            os_boot=f"{self.name}/{self.boot}",
        )

    def _stamp(self, at_s: int) -> dict[str, Any]:
        return {"boot": self.boot, "mono": max(0, at_s - self.booted_s), "at": at_s}

    def _fault(self, episode: Episode, state: Literal["open", "close"], at_s: int) -> dict[str, Any]:
        ailment = episode.ailment
        return records.fault(
            **self._stamp(at_s),
            state=state,
            family=ailment.family,
            code=ailment.code,
            ref=episode.ref,
            did=ailment.did,
            severity=ailment.severity,
            detail=ailment.detail if state == "open" else "",
        )


def day_text(day: int) -> str:
    """ISO date of a day number (days since 1970-01-01)."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def _open_s(episodes: Iterable[Episode], family: str, from_s: int, to_s: int) -> int:
    """Seconds of a span in which they are open, added up."""
    return sum(
        max(0, min(e.to_s, to_s) - max(e.from_s, from_s)) for e in episodes if e.ailment.family == family
    )  # fmt: skip


def _spread(rng: Random, counts: Mapping[str, int], n: int) -> list[Row]:
    """Deals the counts of a span out to its windows: time and metres evenly, events where chance has them."""
    rows: list[Row] = [{} for _ in range(n)]
    draw = rng.random
    for key, total in counts.items():
        left = total
        if key in _EVEN or total > 4 * n:
            each = total // n if key in _EVEN else total * 3 // (4 * n)
            if each:
                for row in rows:
                    row[key] = each
                left -= each * n
        for _ in range(left):
            row = rows[int(draw() * n)]
            row[key] = row.get(key, 0) + 1
    return rows
