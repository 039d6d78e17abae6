"""Readings become windows. Pure: no clock, no file; every moment is a Stamp.

The open window collects what was added to each counter. `advance` closes it at multiples of `window_s` of the
wall clock, and early when the clock steps, when somebody begins (or ceases) to vouch for it, or when
nothing ran for a while (suspend, freeze): such time was not observed. What `advance` returns goes into the
outbox in one append, with the totals it counted up to; if that fails, `reopen` takes it back and nothing is
lost as long as the process lives.

Total      the added part: whole numbers of the cumulative value, the fraction is carried to the next window
Increment  added
Gauge      least, mean and greatest travel with one window per `gauge_every_s`
Supports   a `counters` record whenever the set of all sources changed: a true zero differs from absent

A record holds WINDOW_MAX_COUNTERS; a window of more names becomes several records, the further ones with span 0.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from edge_agent.clock import Stamp, Sync
from edge_agent.counting.followed import Followed
from edge_agent.counting.readings import WENT_BACK, Countable, Ended, Gauge, Increment, Refusal, Supports, Total
from edge_agent.counting.refused import RefusedReadings
from edge_agent.counting.series import SeriesTable
from edge_agent.outbox.values import Key, SourceTotal
from protocol import records
from protocol.counted import State
from protocol.limits import COUNT_MAX, COUNTER_KEY, WINDOW_MAX_COUNTERS, WINDOW_MAX_GAUGES

STEP_S = 2.0  # a wall clock that moved so far against the monotonic one between two ticks was set, not slewed
SILENCE_S = 120.0  # ticks come every few seconds; a longer silence is time that nobody observed
_OWN_COUNTERS = ("observed_s", "readings_refused")
_PART_MAX = WINDOW_MAX_COUNTERS - len(_OWN_COUNTERS)  # names of one record
COUNTERS_MAX = 10 * _PART_MAX  # names of a window; ten records of 12 kB
_KEY_MAX_CHARS = 64
_FOLLOWED = ("series", "anew", "untold", "pushed")


@dataclass(slots=True)
class Spread:
    """A gauge since it last travelled."""

    least: float
    total: float
    greatest: float
    samples: int = 1

    def add(self, other: "Spread") -> None:
        self.least, self.greatest = min(self.least, other.least), max(self.greatest, other.greatest)
        self.total, self.samples = self.total + other.total, self.samples + other.samples

    @property
    def triple(self) -> tuple[float, float, float]:
        mean = min(max(self.total / self.samples, self.least), self.greatest)
        return (_rounded(self.least), _rounded(mean), _rounded(self.greatest))


@dataclass(slots=True)
class OpenWindow:
    """What was counted since `begin`. `before_s` was observed in windows that came back with `reopen`."""

    begin: Stamp
    sync: Sync
    since_s: float  # monotonic: what runs from here on is not yet in before_s
    before_s: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def span(self, end_s: float) -> int:
        return self.before_s + int(end_s) - int(self.since_s)

    def records(self, end_s: float, gauges: Mapping[str, tuple[float, float, float]]) -> list[records.Record]:
        """The window's records; none when it covers nothing and holds nothing."""
        span = self.span(end_s)
        if span == 0 and not any(self.counts.values()) and not gauges:
            return []
        begin = self.begin
        stamp = {"boot": begin.boot, "mono": begin.mono, "at": begin.at, "sync": self.sync, "span": span}
        return _parts(stamp, self.counts, gauges)


@dataclass(frozen=True, slots=True)
class Closed:
    """For one append: records, the totals they counted up to. The rest is for `reopen`."""

    records: list[records.Record]
    totals: dict[Key, SourceTotal]
    window: OpenWindow
    end_s: float
    gauges: dict[str, Spread]
    restored: Mapping[str, Any] | None
    followed: State | None = None  # what was told before


class Sampler:
    """Goes on from what the outbox restored. An open window of the process before is closed first."""

    def __init__(
        self,
        now: Stamp,
        *,
        window_s: int,
        gauge_every_s: int = 3600,
        totals: Mapping[Key, SourceTotal] | None = None,
        window: Mapping[str, Any] | None = None,
        told: bool = False,
        own: str = "agent",
    ) -> None:
        self._series = SeriesTable(totals or {}, now.mono_s)
        self.followed = Followed(totals or {}, told=told, own=own)
        self.refused: Counter[str] = Counter()  # by reason, since the start
        self.refusals = RefusedReadings()  # by source and name, for those who can act
        self._window_s = window_s
        self._gauge_every_s = gauge_every_s
        self._gauges: dict[str, Spread] = {}
        self._gauges_since_s = -math.inf  # the first window shows what the host is like, then once an hour
        self._supports: dict[str, Supports] = {}
        self._off: dict[str, frozenset[str]] = {}  # source -> counters that it was told to count no more
        self._counting: dict[str, set[str]] = {}  # counter -> sources that count it
        for (source, _), total in self._series.totals.items():
            self._counting.setdefault(total.counter, set()).add(source)
        self._told: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._ready: list[records.Record] = []  # what came back with `reopen`, but for windows
        self._restored = window  # stays in every snapshot until it is closed
        self._seen = now
        self._window = _opened(now)
        self._end_s = self._boundary(now)

    @property
    def totals(self) -> Mapping[Key, SourceTotal]:
        """The last value of every cumulative series; what is gone from here is to go from the outbox."""
        return self._series.totals

    # -- readings

    def take(self, source: str, reading: Countable) -> str | None:
        """Count it, or count that it was refused; then the reason."""
        match reading:
            case Ended():
                self._end(source, reading)
                return None
            case Refusal():
                self._refuse(source, reading.name, reading.reason, reading.times, of_source=True)
                return None
            case Total():
                reason = self._total(source, reading)
            case Increment():
                self.followed.pushes = True
                reason = _refusal(reading.counter, reading.amount)
                if reason is None and reading.amount % 1:
                    reason = "not_whole"
                reason = reason or self._add(source, reading.counter, int(reading.amount))
            case Gauge():
                reason = self._gauge(reading)
            case Supports():
                reason = self._support(source, reading)
        if reason and reason != WENT_BACK:
            name = getattr(reading, "counter", "") or getattr(reading, "name", "")
            self._refuse(source, name, reason)
        return reason

    def refuse(self, source: str, name: str, reason: str) -> None:
        """Count that something which is not counted here, a fault, was refused."""
        self._refuse(source, name, reason)

    def _refuse(self, source: str, name: str, reason: str, times: int = 1, *, of_source: bool = False) -> None:
        """`of_source`: its reasons are sentences, which the source counts itself."""
        if not of_source:
            self.refused[reason] += times
        self._window.counts["readings_refused"] = self._window.counts.get("readings_refused", 0) + times
        self.refusals.add(source, name, reason, times, self._seen.mono_s)

    def _end(self, source: str, reading: Ended) -> None:
        self._series.end(source, frozenset(reading.lives), all_ended=reading.all_ended)
        for counter, whole in self._series.whole_rests(source).items():
            if self._add(source, counter, whole) is None:  # else it stays for the next life
                self._series.count_rest(source, counter, whole)

    def _total(self, source: str, reading: Total) -> str | None:
        if reason := _refusal(reading.counter, reading.value):
            return reason
        key = (source, f"{reading.counter}|{reading.series}" if reading.series else reading.counter)
        if reading.kept:
            self._series.rename((source, reading.counter), key, reading.epoch)
            if self._series.is_behind(key, reading):
                return WENT_BACK
        if not self._series.has_room(key, self._seen.mono_s, may_evict=reading.may_evict):
            return "too_many_series"
        certain = self.followed.compared and not self._series.doubts(key, reading)
        if certain and reading.base and not self._series.knows(key, reading):
            reading = replace(reading, base=None, from_zero=True)  # what an outbox confirmed of it is counted nowhere
        step = self._series.step(key, reading)
        if reason := self._add(source, reading.counter, step.added):
            return reason
        if step.fell:
            self._refuse(source, reading.counter, "fell")
        doubted = "series_may_have_returned" if self._series.doubts(key, reading) else None
        self.followed.took(key, reading, step, known=doubted is not None or self._series.knows(key, reading))
        if self._series.keep(
            key, step.total, reading.value, self._seen.mono_s
        ):  # this one is counted: it is the other that gave way
            self._refuse(source, reading.counter, "series_evicted")
        return doubted

    def _add(self, source: str, counter: str, amount: int) -> str | None:
        if not amount:  # a baseline is kept however many counters there are
            return None
        counts = self._window.counts
        if counter not in counts and len(counts) - sum(own in counts for own in _OWN_COUNTERS) >= COUNTERS_MAX:
            return "too_many_counters"
        if counts.get(counter, 0) + amount > COUNT_MAX:
            return "too_large"
        counts[counter] = counts.get(counter, 0) + amount
        self._counting.setdefault(counter, set()).add(source)
        return None

    def _gauge(self, reading: Gauge) -> str | None:
        if not _is_key(reading.name):
            return "malformed_name"
        if not _is_number(reading.value) or not math.isfinite(reading.value):
            return "not_a_number"
        level = Spread(float(reading.value), float(reading.value), float(reading.value))
        if reading.name in self._gauges:
            self._gauges[reading.name].add(level)
        elif len(self._gauges) < WINDOW_MAX_GAUGES:
            self._gauges[reading.name] = level
        else:
            return "too_many_gauges"
        return None

    def _support(self, source: str, reading: Supports) -> str | None:
        names = (*reading.counters, *reading.unsupported)
        if len(names) > WINDOW_MAX_COUNTERS:
            return "too_many_counters"
        if not all(_is_key(name) for name in names):
            return "malformed_name"
        self._supports[source] = reading
        return None

    def counted_by(self, source: str) -> frozenset[str]:
        """What this source counts, or says that it can."""
        said = self._supports[source].counters if source in self._supports else ()
        return frozenset(said) | {name for name, sources in self._counting.items() if source in sources}

    def switch_off(self, source: str, counters: frozenset[str]) -> None:
        """From now on the source counts exactly these no more: they are not zero, nobody knows them."""
        back = self._off.get(source, frozenset()) - counters
        self._off[source] = counters
        said = self._supports.get(source, Supports(()))
        can = (frozenset(said.counters) | back) - counters
        self._supports[source] = Supports(tuple(sorted(can)), said.unsupported)

    # -- windows

    def advance(self, now: Stamp) -> Closed | None:
        """Call on every tick, before the readings of that tick. What to append now, if anything."""
        before, self._seen = self._seen, now
        silent = now.mono_s - before.mono_s > max(SILENCE_S, self._window_s)
        step_s = now.offset_s - before.offset_s
        stepped = abs(step_s) >= STEP_S
        if not (silent or stepped or now.sync != before.sync or now.mono_s >= self._end_s or self._restored):
            return None
        end_s = before.mono_s if silent else now.mono_s
        closed = self._close(end_s, now)
        if stepped:
            closed.records.append(
                records.clock(boot=now.boot, mono=now.mono, at=now.at, step_s=round(step_s), sync=now.sync)
            )
        return closed

    def settle(self, now: Stamp) -> Closed | None:
        """Close what the process before left open; None: nothing was. To be stored before anything is counted into it.

        Where a file went back, the far side has had that window. Counts of later processes in it would go with it.
        """
        if not self._restored:
            return None
        self._seen = now
        return self._close(now.mono_s, now)

    def close(self, now: Stamp) -> Closed:
        """Close the window now, gauges included: the agent stops."""
        self._seen = now
        return self._close(now.mono_s, now, last=True)

    def reopen(self, closed: Closed) -> None:
        """The append failed: take everything back, to be closed again on the next tick."""
        window, later = closed.window, self._window
        self._ready = [record for record in closed.records if record["kind"] != "window"] + self._ready
        self._restored = closed.restored
        self.followed.state = closed.followed
        for name, amount in later.counts.items():
            window.counts[name] = min(window.counts.get(name, 0) + amount, COUNT_MAX)
        window.before_s = window.span(closed.end_s) + later.before_s
        window.since_s = later.since_s
        if later.sync == "unsynced":
            window.sync = "unsynced"
        for name, spread in closed.gauges.items():
            if name in self._gauges:
                self._gauges[name].add(spread)
            else:
                self._gauges[name] = spread
        if closed.gauges:
            self._gauges_since_s = -math.inf
        self._window = window
        self._end_s = -math.inf

    def forgotten(self, totals: Mapping[Key, SourceTotal]) -> None:
        """Go on from these for series that have not spoken; what the windows have told counts for nothing.

        One that has spoken is of a source whose file went back too: it is told so when it speaks again.
        """
        self._series.ended |= totals.keys() & self.followed.heard
        for key, total in totals.items():
            self._series.keep(key, total, total.value, self._seen.mono_s)
        self.followed.state = None

    def add(self, counts: Mapping[str, int]) -> None:
        """Into the open window: counts that are found to be missing."""
        for counter, amount in counts.items():
            if reason := self._add(self.followed.own, counter, amount):
                self._refuse(self.followed.own, counter, reason)

    def snapshot(self) -> dict[str, Any] | None:
        """The open window for a checkpoint, together with `totals`; None when nothing is in it."""
        window = self._window
        counts = {key: value for key, value in window.counts.items() if value}
        if self._restored:  # not yet a record of its own: the counts of both, under the older stamp
            older = {name: value for name, value in self._restored.items() if name not in _FOLLOWED}
            older["counts"] = dict(Counter(older["counts"]) + Counter(counts))
            return older | self.followed.anew(self.totals)
        news = self.followed.news(counts, self.totals)
        if not counts and not news.get("series"):
            return None
        return news | {
            "boot": window.begin.boot,
            "mono": window.begin.mono,
            "at": window.begin.at,
            "sync": window.sync,
            "span": window.span(self._seen.mono_s),
            "counts": counts,
        }

    def _close(self, end_s: float, now: Stamp, *, last: bool = False) -> Closed:
        gauges: dict[str, Spread] = {}
        due = now.mono_s - self._gauges_since_s >= self._gauge_every_s - self._window_s / 2
        if self._gauges and (last or due):
            gauges, self._gauges, self._gauges_since_s = self._gauges, {}, now.mono_s
        window, followed = self._window, self.followed.state
        restored, self._restored = self._restored, None
        found = _restored(restored) if restored else []
        found += self._ready
        self._ready = []
        made = window.records(end_s, {name: spread.triple for name, spread in gauges.items()})
        if made:  # what is told holds once all of the window's counts are taken
            made[-1] |= self.followed.tell(window.counts, self.totals)
        found += made
        supports = self.supported()
        if supports != self._told:
            self._told = supports
            can, cannot = supports
            found.append(
                records.supported(
                    boot=now.boot, mono=now.mono, at=now.at, counters=can, unsupported=cannot, sync=now.sync
                )
            )
        self._window = _opened(now)
        self._end_s = self._boundary(now)
        return Closed(found, dict(self.totals), window, end_s, gauges, restored, followed)

    def supported(self) -> tuple[frozenset[str], frozenset[str]]:
        """Over all sources: what any of them counts is supported, whatever another one has not heard of."""
        can, cannot = set[str](), set[str]()
        for source, reading in self._supports.items():
            can.update(reading.counters)
            for name in reading.unsupported:
                (can if self._counting.get(name, set()) - {source} else cannot).add(name)
        for source, names in self._off.items():
            for name in names:
                off = {other for other in self._counting.get(name, ()) if name in self._off.get(other, ())}
                (can if self._counting.get(name, set()) - off - {source} else cannot).add(name)
        return frozenset(can), frozenset(cannot - can)

    def _boundary(self, now: Stamp) -> float:
        """Monotonic time at which the window that opens now is to close."""
        phase = now.mono_s if now.sync == "unsynced" else now.at_s
        return now.mono_s + self._window_s - phase % self._window_s


def _opened(now: Stamp) -> OpenWindow:
    return OpenWindow(now, now.sync, now.mono_s)


def _restored(window: Mapping[str, Any]) -> list[records.Record]:
    found = _parts({name: window[name] for name in ("boot", "mono", "at", "sync", "span")}, window["counts"], {})
    found[-1] |= {name: window[name] for name in _FOLLOWED if name in window}
    return found


def _parts(
    stamp: Mapping[str, Any], counts: Mapping[str, int], gauges: Mapping[str, tuple[float, float, float]]
) -> list[records.Record]:
    """A window's record, and further ones for the names that it has no room for: they observed nothing more."""
    own = {name: counts[name] for name in _OWN_COUNTERS if name in counts} | {"observed_s": stamp["span"]}
    names = sorted(name for name in counts if name not in own)
    first = own | {name: counts[name] for name in names[:_PART_MAX]}
    found = [records.window(**stamp, counts=first, gauges=gauges)]
    for at in range(_PART_MAX, len(names), _PART_MAX):
        more = {name: counts[name] for name in names[at : at + _PART_MAX]}
        found.append(records.window(**{**stamp, "span": 0}, counts=more))
    return found


def _refusal(counter: str, amount: float) -> str | None:
    """Why this cannot be counted. Sources are typed, but what they pass on came from elsewhere."""
    if not _is_key(counter):
        return "malformed_name"
    if not _is_number(amount) or not math.isfinite(amount):
        return "not_a_number"
    if amount < 0:
        return "negative"
    if amount > COUNT_MAX:
        return "too_large"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_key(name: object) -> bool:
    return isinstance(name, str) and len(name) <= _KEY_MAX_CHARS and COUNTER_KEY.fullmatch(name) is not None


def _rounded(level: float) -> float:
    """Six significant digits: what a person reads, not what a float can hold."""
    return float(f"{level:.6g}")
