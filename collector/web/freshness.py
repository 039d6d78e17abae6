"""Keeps an answer that costs more the larger the fleet is, so that computing it never takes more than a share of time.

An answer that took T seconds is kept for max(least, T / share). While it is computed again (once, whoever asks)
everybody else gets the old one. When nobody asks, nothing is computed.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

SHARE = 0.05  # of one core, whatever the size of the fleet
LEAST_S = 1.0
KEPT_MAX = 1000  # answers for that many accounts; the oldest goes first


@dataclass(slots=True)
class _Kept:
    value: Any
    until_s: float


@dataclass
class Fresh:
    """`monotonic` is a clock in seconds."""

    monotonic: Callable[[], float]
    _kept: dict[Any, _Kept] = field(default_factory=dict)
    _running: dict[Any, asyncio.Task[Any]] = field(default_factory=dict)

    async def get(self, key: Any, compute: Callable[[], Awaitable[Any]]) -> Any:
        kept = self._kept.get(key)
        if kept is not None and self.monotonic() < kept.until_s:
            return kept.value
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._compute(key, compute), name=f"fresh {key}")
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        if kept is not None:
            done, _ = await asyncio.wait([task], timeout=0.2)  # soon enough: the new one; else the old one
            if not done:
                return kept.value
        return await asyncio.shield(task)

    async def _compute(self, key: Any, compute: Callable[[], Awaitable[Any]]) -> Any:
        began_s = self.monotonic()
        value = await compute()
        took_s = self.monotonic() - began_s
        self._kept.pop(key, None)
        self._kept[key] = _Kept(value, self.monotonic() + max(LEAST_S, took_s / SHARE))
        if len(self._kept) > KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        return value
