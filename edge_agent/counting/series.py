"""Every cumulative series: what was last seen of it, what a new value adds, and which one makes room. Pure.

Each source has SERIES_MAX of them, so that one whose labels never end takes nothing from the others. A series
whose life has ended for certain is retired (`end`): it needs no room, and only the fraction that it leaves is
kept, for the next life of its counter. A source that is full gives up its series unheard for longest, if that is
EVICT_AFTER_S or more and the new one may evict; else the new one is refused. Nobody remembers what was given up:
whatever such a source names for the first time may be an old series that came back, and is a baseline from then
on even where the source says that it began at zero. Too little is counted then, and said (`readings_refused`),
never anything twice.

A value that falls by what no restart explains is held: the series stays at the highest value that was counted,
and goes on when that is passed. So a rounding does not count the whole total again. Where nothing names the life of
a series, two tolerances of the field decide: 10 % (Home Assistant, total_increasing) and, for seconds, 3 s
(node_exporter, CPU seconds that jump back).
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from edge_agent.counting.readings import Total
from edge_agent.outbox.series import DIP_RATIO, EVICTED, REST, is_note
from edge_agent.outbox.values import Key, SourceTotal

SERIES_MAX = 4000  # of one source: 96 processes with 40 counters each; about 1 kB of memory for each that is used
EVICT_AFTER_S = 3600.0  # a series heard within it is alive: giving it up would lose what it counts
DIP_S = 3.0  # of a counter of seconds


@dataclass(frozen=True, slots=True)
class Step:
    """What one reading makes of its series. `fell`: it fell anew, by what no restart explains."""

    total: SourceTotal
    added: int
    fell: bool = False


class SeriesTable:
    """`totals` is what the outbox keeps; who stores it deletes there what is gone from here."""

    def __init__(self, totals: Mapping[Key, SourceTotal], now_s: float) -> None:
        self.totals: dict[Key, SourceTotal] = dict(totals)
        self.ended: set[Key] = set()  # lives that go on elsewhere: nothing more is counted of them
        self._held: dict[Key, float] = {}  # the last value of those that are below what was counted
        self._heard_s: dict[str, dict[Key, float]] = {}  # by source, the one unheard for longest first
        for key in self.totals:
            if not is_note(key):
                self._heard_s.setdefault(key[0], {})[key] = now_s

    def has_room(self, key: Key, now_s: float, *, may_evict: bool = True) -> bool:
        """Whether `keep` will take this series."""
        heard = self._heard_s.get(key[0], {})
        if key in heard or len(heard) < SERIES_MAX:
            return True
        return may_evict and now_s - next(iter(heard.values())) >= EVICT_AFTER_S

    def rename(self, plain: Key, key: Key, life: str) -> None:
        """A life that was counted under its counter alone, by a release before, is a series by itself."""
        total = self.totals.get(plain)
        if plain == key or key in self.totals or total is None or not life or total.epoch != life:
            return
        self.totals[key] = self.totals.pop(plain)
        heard = self._heard_s[plain[0]]
        heard[key] = heard.pop(plain)

    def is_behind(self, key: Key, reading: Total) -> bool:
        """Whether less is said of this life than was counted, or was when its file went back."""
        known = self.totals.get(key)
        if known is None or known.epoch != reading.epoch:
            return False
        return reading.value < known.value or key in self.ended

    def knows(self, key: Key, reading: Total) -> bool:
        """Whether this very life was counted before; one without a name is not known to be another."""
        known = self.totals.get(key)
        return known is not None and _same_life(known, reading)

    def step(self, key: Key, reading: Total) -> Step:
        """What `keep` is to be given, and what it adds."""
        known = self.totals.get(key)
        if known is not None and _holds(known, reading):
            held = replace(known, epoch=reading.epoch or known.epoch)
            return Step(held, 0, reading.value < self._held.get(key, known.value))
        if self.doubts(key, reading):
            carried, added = _added(known, replace(reading, from_zero=False, base=None))
        elif known is None and reading.from_zero:
            carried = self._rest(key[0], reading.counter)
            added = math.floor(reading.value + carried)
        else:
            carried, added = _added(known, reading)
        return Step(SourceTotal(reading.counter, float(reading.value), reading.epoch, carried), added)

    def doubts(self, key: Key, reading: Total) -> bool:
        """Whether the reading says that its series began at zero, and it may be one that was given up."""
        certain = reading.from_zero or reading.base is not None
        return certain and key not in self.totals and (key[0], EVICTED) in self.totals

    def keep(self, key: Key, total: SourceTotal, value: float, now_s: float) -> bool:
        """Remember it, and the value that was read. True: another one was given up for it."""
        heard = self._heard_s.setdefault(key[0], {})
        evicts = key not in heard and len(heard) >= SERIES_MAX
        if evicts:
            oldest = next(iter(heard))
            del heard[oldest], self.totals[oldest]
            self._held.pop(oldest, None)
            self.totals[key[0], EVICTED] = SourceTotal("", 0.0, "")
        if key not in self.totals and total.carried:
            self.totals.pop((key[0], total.counter + REST), None)  # this life carries it on
        heard.pop(key, None)
        heard[key] = now_s
        self.totals[key] = total
        if value < total.value:
            self._held[key] = value
        else:
            self._held.pop(key, None)
        return evicts

    def end(self, source: str, ended: Collection[str], *, all_ended: bool) -> None:
        """Retire the series that these lives counted last; `whole_rests` says what their fractions add up to."""
        if all_ended:
            self.totals.pop((source, EVICTED), None)
        heard = self._heard_s.get(source, {})
        for key in [key for key in heard if self.totals[key].epoch in ended]:
            total = self.totals.pop(key)
            del heard[key]
            self._held.pop(key, None)
            counted = total.value + total.carried
            if rest := counted - math.floor(counted):
                rest += self._rest(source, total.counter)
                self.totals[source, total.counter + REST] = SourceTotal(total.counter, rest, "")

    def whole_rests(self, source: str) -> dict[str, int]:
        """Counter -> whole numbers that retired series left together."""
        rests = [total for (name, series), total in self.totals.items() if name == source and series.endswith(REST)]
        return {rest.counter: math.floor(rest.value) for rest in rests if rest.value >= 1}

    def count_rest(self, source: str, counter: str, whole: int) -> None:
        """So much of what is left has been counted."""
        left = self._rest(source, counter) - whole
        self.totals[source, counter + REST] = SourceTotal(counter, left, "")

    def _rest(self, source: str, counter: str) -> float:
        rest = self.totals.get((source, counter + REST))
        return rest.value if rest else 0.0


def lives(totals: Mapping[Key, SourceTotal], source: str) -> dict[str, str]:
    """Epoch -> series, of what this source counted last: who was counted where."""
    return {
        total.epoch: key[1].partition("|")[2] for key, total in totals.items() if key[0] == source and not is_note(key)
    }


def _same_life(known: SourceTotal, reading: Total) -> bool:
    """A life without a name is not known to be another one: counting it anew could count it twice."""
    return known.epoch == reading.epoch or not known.epoch or not reading.epoch


def _holds(known: SourceTotal, reading: Total) -> bool:
    """Whether the value is below what was counted, and no restart is the reason."""
    fall = known.value - reading.value
    if fall <= 0 or reading.fall == "restart" or not _same_life(known, reading):
        return False
    if reading.fall == "never" and known.epoch == reading.epoch:
        return True
    return fall <= DIP_RATIO * known.value or (reading.counter.endswith("_s") and fall <= DIP_S)


def _added(known: SourceTotal | None, reading: Total) -> tuple[float, int]:
    below = 0.0 if reading.from_zero else min(reading.base, reading.value) if reading.base is not None else None
    if known is None:
        return 0.0, 0 if below is None else math.floor(reading.value) - math.floor(below)
    same = _same_life(known, reading)
    if same and reading.value >= known.value:
        return known.carried, math.floor(reading.value + known.carried) - math.floor(known.value + known.carried)
    counted = known.value + known.carried
    carried = counted - math.floor(counted)
    if same:
        return carried, math.floor(reading.value + carried)
    return carried, 0 if below is None else math.floor(reading.value + carried) - math.floor(below + carried)
