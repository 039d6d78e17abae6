"""Whether the store takes what is committed to it now: what ingest and the check of a quiet collector found last.

What the store says of a group of robots' messages, which is tried until it is committed, goes before the check: that
it takes something small of another table says nothing about the group.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from collector.store.refusals import absence_of
from collector.values.store_state import StoreFigures, StoreState

WAITS_S = 30.0  # a group takes tenths of a second; a slow disk or a long transaction of our own, seconds
TAKES = StoreState(takes=True)
HELD = "see what holds it: a lock of another session, or a disk that hangs; what waits is committed then"


@dataclass(frozen=True, slots=True)
class _Held:
    """A group that is being committed: since when, by the monotonic clock and in unix seconds."""

    since_s: float
    began_s: int
    waiting: Callable[[], int]


@dataclass
class StoreWatch:
    """Of one process. Any thread may tell it what became of a commit, and ask it."""

    taken_at_s: float | None = None
    figures: StoreFigures | None = None  # of the last round that had an answer
    monotonic: Callable[[], float] = time.monotonic
    _found: StoreState = TAKES
    _held: _Held | None = None

    @property
    def state(self) -> StoreState:
        """What was found last; a group that waits for too long is found by asking."""
        held, found = self._held, self._found
        if held is None or not found.takes:
            return found
        waits_s = self.monotonic() - held.since_s
        if waits_s < WAITS_S:
            return found
        reason = f"the store has taken nothing for {int(waits_s)} s, {held.waiting()} messages of robots wait"
        return StoreState(False, reason, HELD, held.began_s)

    @property
    def holds_group(self) -> bool:
        """A group is being committed: what becomes of it is the answer."""
        return self._held is not None

    def begins(self, now_s: float, waiting: Callable[[], int]) -> None:
        """A group is to be committed; `waiting` says how many messages wait with it."""
        self._held = _Held(self.monotonic(), int(now_s), waiting)

    def took(self, now_s: float) -> None:
        """The store has taken what was to be committed, a group where there is one."""
        self._found, self.taken_at_s, self._held = TAKES, now_s, None

    def left(self) -> None:
        """The group is not tried any more. What was found of it stands."""
        self._held = None

    def probed(self, now_s: float) -> None:
        """The store has taken something small: that is an answer while no group waits."""
        if not self.holds_group:
            self.took(now_s)

    def refused(self, error: BaseException, now_s: float) -> None:
        found, since_s = absence_of(error), self.state.since_s
        self._found = StoreState(False, found.reason, str(found.remedy), int(now_s) if since_s is None else since_s)
