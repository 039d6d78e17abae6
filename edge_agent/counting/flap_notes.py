"""When the note of flapping faults is written anew (edge_agent.outbox.flapping): in groups, as commits are.

The note is small and costs no flash, but a flood of changes would have it written thousands of times a second in the
event loop, and nothing else would be counted meanwhile. So what changes within PAUSE_S goes into one writing, and no
more than every tenth moment of the loop is spent on it. Whoever was answered has been noted; of sources that nobody
answers a kill costs the changes of that moment. It is always written before what is newer goes into the outbox.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from edge_agent.counting.episodes import EpisodeTracker
from edge_agent.outbox.values import EpisodeKey, Flap

PAUSE_S = 0.01  # changes within it share one writing
REST = 9  # times as long as the last writing took is the pause at least


class _OfEpoch(Protocol):
    @property
    def epoch(self) -> str: ...


class FlapNotes:
    """`changed` is told of each change, `noted` waits for it, `now` writes without waiting."""

    def __init__(self, outbox: _OfEpoch, episodes: EpisodeTracker) -> None:
        self.keep: Callable[[dict[EpisodeKey, Flap]], bool] = lambda _flaps: True  # False: it could not be kept
        self._outbox, self._episodes = outbox, episodes
        self._last: tuple[str, dict[EpisodeKey, Flap]] = (outbox.epoch, {})
        self._changes = self._written = 0
        self._is_kept = True
        self._took_s = 0.0
        self._group: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Something was said of a fault: it is noted soon."""
        self._changes += 1
        if self._group is None:
            self._group = asyncio.create_task(self._soon(), name="note of flapping")

    async def noted(self) -> bool:
        """Wait until everything that was said so far is noted; False: it could not be."""
        wanted = self._changes
        while self._written < wanted and self._group is not None:
            await asyncio.shield(self._group)
        return self._is_kept

    def now(self) -> None:
        """Write it, if it is not as it should be."""
        began_s = time.monotonic()
        self._written = self._changes
        flaps = (self._outbox.epoch, self._episodes.flaps())
        if flaps != self._last:
            self._is_kept = self.keep(flaps[1])
            self._last = flaps
        self._took_s = time.monotonic() - began_s

    async def _soon(self) -> None:
        await asyncio.sleep(max(PAUSE_S, REST * self._took_s))
        self._group = None
        self.now()
