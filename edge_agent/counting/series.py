"""Every cumulative series: what was last seen of it, what a new value adds, and which one makes room. Pure.

Each source has SERIES_MAX of them, so that one whose labels never end takes nothing from the others. A source
that is full gives up its series unheard for longest, if that is EVICT_AFTER_S or more; else the new one is
refused. Nobody remembers what was given up: whatever such a source names for the first time may be an old
series that came back, and is a baseline from then on even where the source says that it began at zero.
Too little is counted then, and said (`readings_refused`), never anything twice.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from edge_agent.counting.readings import Total
from edge_agent.outbox.values import Key, SourceTotal

SERIES_MAX = 2000  # of one source
EVICT_AFTER_S = 3600.0  # a series heard within it is alive: giving it up would lose what it counts
_EVICTED = ""  # the series of this name, which none has, says that its source has given up series


class SeriesTable:
    """`totals` is what the outbox keeps; who stores it deletes there what is gone from here."""

    def __init__(self, totals: Mapping[Key, SourceTotal], now_s: float) -> None:
        self.totals: dict[Key, SourceTotal] = dict(totals)
        self._heard_s: dict[str, dict[Key, float]] = {}  # by source, the one unheard for longest first
        for key in self.totals:
            if key[1] != _EVICTED:
                self._heard_s.setdefault(key[0], {})[key] = now_s

    def has_room(self, key: Key, now_s: float) -> bool:
        """Whether `keep` will take this series."""
        heard = self._heard_s.get(key[0], {})
        return key in heard or len(heard) < SERIES_MAX or now_s - next(iter(heard.values())) >= EVICT_AFTER_S

    def added(self, key: Key, reading: Total) -> tuple[float, int]:
        """(fraction carried into this life of the series, whole numbers to add)."""
        known = self.totals.get(key)
        return _added(known, replace(reading, from_zero=False) if self.doubts(key, reading) else reading)

    def doubts(self, key: Key, reading: Total) -> bool:
        """Whether the reading says that its series began at zero, and it may be one that was given up."""
        return reading.from_zero and key not in self.totals and (key[0], _EVICTED) in self.totals

    def keep(self, key: Key, total: SourceTotal, now_s: float) -> bool:
        """Remember it. True: another one was given up for it."""
        heard = self._heard_s.setdefault(key[0], {})
        evicts = key not in heard and len(heard) >= SERIES_MAX
        if evicts:
            oldest = next(iter(heard))
            del heard[oldest], self.totals[oldest]
            self.totals[key[0], _EVICTED] = SourceTotal("", 0.0, "")
        heard.pop(key, None)
        heard[key] = now_s
        self.totals[key] = total
        return evicts


def lives(totals: Mapping[Key, SourceTotal], source: str) -> dict[str, str]:
    """Epoch -> series, of what this source counted last: who was counted where."""
    return {total.epoch: series.partition("|")[2] for (name, series), total in totals.items() if name == source}


def _added(known: SourceTotal | None, reading: Total) -> tuple[float, int]:
    if known is None:
        return 0.0, math.floor(reading.value) if reading.from_zero else 0
    if known.epoch == reading.epoch and reading.value >= known.value:
        return known.carried, math.floor(reading.value + known.carried) - math.floor(known.value + known.carried)
    counted = known.value + known.carried
    carried = counted - math.floor(counted)
    restarted = known.epoch == reading.epoch or reading.from_zero
    return carried, math.floor(reading.value + carried) if restarted else 0
