"""How far each cumulative series of a robot has been counted, and which branch of an outbox is which. Pure.

Robot and collector follow the same state, so that a robot whose outbox went back in time is told how far its
sources were counted already. It costs almost no bytes: a count goes to the counter's only series, and a
window names the series of a counter only where that would be wrong (a new life, several series, pushed counts).

    {"guided_tour": {"local|3": [150, "5f0c…"]}}    counter -> series -> whole count, life, fraction carried into it

A run is one process of the agent on one outbox file. The runs of a file, each with the first number it may
have written, say where two copies of the file parted.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

SERIES_MAX = 1000  # that a robot tells; one that follows more tells none
NAME_MAX_CHARS = 300
LIFE_MAX_CHARS = 128
RUNS_MAX = 32  # the last ones of a file


class Series(NamedTuple):
    """`whole` is what was counted of this life of the series, `carried` the fraction left from lives before it."""

    whole: int
    life: str
    carried: float = 0.0

    def packed(self) -> list[Any]:
        """As it travels."""
        return [self.whole, self.life, self.carried] if self.carried else [self.whole, self.life]


State = Mapping[str, Mapping[str, Series]]
Runs = Sequence[tuple[str, int]]


def read(told: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, dict[str, Series]]:
    """A state as it was stored or came over the wire; its values are trusted."""
    return {counter: {name: Series(*entry) for name, entry in series.items()} for counter, series in told.items()}


def packed(state: State) -> dict[str, dict[str, list[Any]]]:
    """The state as it travels and is stored."""
    return {c: {name: entry.packed() for name, entry in series.items()} for c, series in state.items()}


def named(text: str, most: int = NAME_MAX_CHARS) -> str:
    """A name as it travels: itself, or a digest where it is long or holds what no database keeps."""
    if len(text) <= most and text.isprintable():
        return text
    return "#" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def whole(value: float, carried: float) -> int:
    return math.floor(value + carried)


def value_of(entry: Series) -> float:
    """The least cumulative value with which this entry's whole count is reached."""
    value = max(float(entry.whole) - entry.carried, 0.0)
    while whole(value, entry.carried) < entry.whole:
        value = math.nextafter(value, math.inf)
    return value


def follow(state: State, counts: Mapping[str, int], told: State, *, anew: bool = False) -> dict[str, dict[str, Series]]:
    """The state after a window. `told` names every series of each counter in it; `anew`: nothing else is known."""
    after: dict[str, dict[str, Series]] = {} if anew else {counter: dict(known) for counter, known in state.items()}
    for counter, amount in counts.items():
        known = after.get(counter)
        if known is not None and len(known) == 1 and counter not in told:
            ((name, entry),) = known.items()
            known[name] = entry._replace(whole=entry.whole + amount)
    for counter, series in told.items():
        if series:
            after[counter] = dict(series)
        else:
            after.pop(counter, None)
    return after


def news(state: State, counts: Mapping[str, int], present: State) -> dict[str, dict[str, Series]]:
    """What a window has to tell, so that whoever follows arrives at `present`."""
    derived = follow(state, counts, {})
    return {
        counter: dict(present.get(counter, {}))
        for counter in sorted(derived.keys() | present.keys())
        if derived.get(counter) != present.get(counter)
    }


def merged(first: State, second_counts: Mapping[str, int], second: State) -> dict[str, dict[str, Series]]:
    """What two windows told, as one window tells it whose counts are the sum of both."""
    return follow(first, second_counts, second)


@dataclass(frozen=True, slots=True)
class Parted:
    """Two histories of one file: `to` is the last number they share (None: too long ago to tell)."""

    to: int | None


def is_late(known: Runs, said: Runs) -> bool:
    """Whether an earlier process than the newest known one of a file said this: it came late, or once more."""
    return bool(said) and any(run == said[-1][0] for run, _ in known[:-1])


def parted(known: Runs, mark: int, said: Runs, newest: int) -> Parted | None:
    """Whether the file that has `said` runs up to `newest` lacks what came from the `known` runs up to `mark`.

    Of a process that is known it lacks nothing: what goes back is opened by another process. That the process had
    less when it said this shows that it said it before, for messages may come late and more than once.
    """
    if said and any(run == said[-1][0] for run, _ in known):
        return None
    starts = dict(said)
    at = next((n for n in range(len(known) - 1, -1, -1) if known[n][0] in starts), None)
    if at is None:
        return Parted(None) if known or mark > newest else None
    run = known[at][0]
    ends = [first - 1 for first in starts.values() if first > starts[run]]
    said_end = min(ends) if ends and said[-1][0] != run else newest
    if at == len(known) - 1:
        return Parted(said_end) if mark > said_end else None
    return Parted(min(said_end, known[at + 1][1] - 1))
