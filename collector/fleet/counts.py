"""What a counter of a robot's day says: a value, a true zero, or not known and why. Pure.

Unsupported and not-yet-arrived are never zero. The robot's own count stands; a value imported from the time
before the collector fills in only where the robot itself has counted nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from protocol.counters import COUNTERS

FUNNEL = tuple(key for key, counter in COUNTERS.items() if counter.group == "funnel")
OWN = frozenset(key for key, counter in COUNTERS.items() if counter.group == "agent")
"""Counters of the agent about itself: shown on request, never compared with a truth and never exported."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A value; 0 is a true zero: the robot can count it, reported, and nothing happened."""

    value: int


@dataclass(frozen=True, slots=True)
class NotCounted:
    """Not zero: this robot cannot count it, nothing of that time has arrived, or what came is no count.

    waiting: an amount that no robot can plausibly have counted waits for a person; refused: a person refused it.
    """

    value: None
    why: Literal["unsupported", "not_arrived", "waiting", "refused"]


Count = Counted | NotCounted
UNSUPPORTED = NotCounted(None, "unsupported")
NOT_ARRIVED = NotCounted(None, "not_arrived")
WAITING = NotCounted(None, "waiting")
REFUSED = NotCounted(None, "refused")


@dataclass(frozen=True, slots=True)
class Support:
    """What a robot said it can count: counter -> (it can, since when in unix seconds). Empty: it said nothing.

    `counted`: what it counted without having said so (a StatsD name that came up later): it can, evidently.
    `past`: counter -> what it said before it said otherwise: (it could, since, until).
    """

    said: Mapping[str, tuple[bool, int]]
    counted: frozenset[str] = frozenset()
    past: Mapping[str, Sequence[tuple[bool, int, int]]] = field(default_factory=dict)

    def of(self, counter: str, until_s: int, *, covered: bool) -> bool | None:
        """Whether the robot could count it before `until_s`; None when that is not known.

        What it said then holds. What it said first was a change, so the opposite held before; but only where it
        reported at all.
        """
        if counter not in self.said and counter in self.counted:
            return True
        if not self.said:
            return None
        can, since_s = self.said.get(counter, (False, 0))
        past = self.past.get(counter, ())
        then = [(begin_s, could) for could, begin_s, end_s in past if begin_s < until_s <= end_s]
        if then:
            return max(then)[1]
        if since_s < until_s:
            return can
        first = min([(since_s, can), *((begin_s, could) for could, begin_s, _ in past)])[1]
        return not first if covered else None


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one robot-day (or hour): own and imported, and the seconds that windows vouch for.

    `parked`: counters with an amount that is in no count, and its state, waiting or refused.
    """

    own: Mapping[str, int]
    covered_s: int
    imported: Mapping[str, int]
    until_s: int
    parked: Mapping[str, str] = field(default_factory=dict)


NOTHING = Tally({}, 0, {}, 2**53)


def value_of(tally: Tally, counter: str) -> int | None:
    """The plain number, None when neither the robot nor an import has one."""
    own = tally.own.get(counter)
    return tally.imported.get(counter) if own is None else own


def count_of(tally: Tally, counter: str, support: Support) -> Count:
    """The counter's tri-state for that day."""
    value = value_of(tally, counter)
    if value is not None:
        return Counted(value)
    if counter in tally.parked:
        return uncounted(tally.parked[counter])
    covered = tally.covered_s > 0
    can = support.of(counter, tally.until_s, covered=covered)
    if can is False:
        return UNSUPPORTED
    return Counted(0) if can and covered else NOT_ARRIVED


def uncounted(state: str) -> NotCounted:
    """What a counter says whose only amount is parked in that state."""
    return WAITING if state == "waiting" else REFUSED


def counts_of(tally: Tally, support: Support, counters: Iterable[str]) -> dict[str, Count]:
    own = tally.own  # most counters of most days have a number: they are looked up, not asked about
    return {
        counter: Counted(own[counter]) if counter in own else count_of(tally, counter, support) for counter in counters
    }


def known_counters(*more: Iterable[str]) -> tuple[str, ...]:
    """The registry without the agent's own counters, then what skills added, in stable order."""
    added = {key for keys in more for key in keys if key not in COUNTERS}
    return (*(key for key in COUNTERS if key not in OWN), *sorted(added))
