"""What the stream tells of the cumulative series, and what was counted since nobody has answered. Pure.

`Followed` knows what whoever reads this outbox's windows knows of the series (protocol.counted); a window tells what
would otherwise be wrong. While no hello of this file was answered since the process began, it also notes where each
life was counted from first: if the file went back in time, that first step is what may be there already.
"""

from collections.abc import Mapping
from typing import Any

from edge_agent.counting.readings import Total
from edge_agent.counting.series import Step
from edge_agent.outbox.series import FirstStep, is_note, name_of
from edge_agent.outbox.values import Key, SourceTotal
from protocol import counted
from protocol.counted import LIFE_MAX_CHARS, SERIES_MAX, Series, State


class Followed:
    """`told`: this file's windows have told every series up to `totals`. `own` is the source that nobody follows."""

    def __init__(self, totals: Mapping[Key, SourceTotal], *, told: bool, own: str) -> None:
        self.own = own
        self.state: State | None = self.present(totals) if told else None
        self.steps: dict[tuple[Key, str], FirstStep] | None = {}  # None: a hello was answered
        self.compared = False  # collector and outbox agree: a life that is new to this outbox is counted nowhere
        self.heard: set[Key] = set()
        self.pushes = self._told_pushes = False

    def present(self, totals: Mapping[Key, SourceTotal]) -> dict[str, dict[str, Series]] | None:
        """The series as they stand; None when they are too many to tell."""
        found: dict[str, dict[str, Series]] = {}
        told = 0
        for (source, series), total in totals.items():
            if source == self.own or is_note((source, series)):
                continue
            told += 1
            name = name_of(source, series)
            found.setdefault(total.counter, {})[name] = Series(
                counted.whole(total.value, total.carried), counted.named(total.epoch, LIFE_MAX_CHARS), total.carried
            )
        return found if told <= SERIES_MAX else None

    def news(self, counts: Mapping[str, int], totals: Mapping[Key, SourceTotal]) -> dict[str, Any]:
        """The fields of a window with these counts that make its reader know `totals`."""
        present = self.present(totals)
        pushed = {"pushed": True} if self.pushes and (self.state is None or not self._told_pushes) else {}
        if present is None:
            return {"untold": True} | pushed
        if self.state is None:
            return {"anew": True} | ({"series": counted.packed(present)} if present else {}) | pushed
        told = counted.news(self.state, counts, present)
        return ({"series": counted.packed(told)} if told else {}) | pushed

    def tell(self, counts: Mapping[str, int], totals: Mapping[Key, SourceTotal]) -> dict[str, Any]:
        """`news` of a window that is about to be stored."""
        told = self.news(counts, totals)
        self.state, self._told_pushes = self.present(totals), self.pushes
        return told

    def anew(self, totals: Mapping[Key, SourceTotal]) -> dict[str, Any]:
        """Every series as it stands, whatever was told before."""
        before, self.state = self.state, None
        try:
            return self.news({}, totals)
        finally:
            self.state = before

    def took(self, key: Key, reading: Total, step: Step, *, known: bool) -> None:
        """A total was counted; `known`: its life was known before, or may have been."""
        self.heard.add(key)
        if self.steps is None or key[0] == self.own or (key, reading.epoch) in self.steps:
            return
        value = counted.whole(step.total.value, step.total.carried)
        ours = not known and (reading.base is not None or reading.kept)
        fall = "never" if reading.kept else reading.fall
        self.steps[key, reading.epoch] = FirstStep(
            key[0], key[1], reading.counter, reading.epoch, value - step.added, value, ours, fall, reading.kept
        )
