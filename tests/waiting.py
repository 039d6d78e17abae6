"""One way to wait for something that happens in another thread, socket or process.

A test waits for a condition, never for a time. The deadline is there for what hangs: a machine whose cores are busy
with other work must not meet it, so it is generous and no test asks for less.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 90.0  # below pytest's own limit for a test, which tells less
EVERY_S = 0.01
BUSY_PROBE_S = 0.1

T = TypeVar("T")


def _nothing() -> str:
    return ""


def until(met: Callable[[], T], seen: Callable[[], object] = _nothing, deadline_s: float = DEADLINE_S) -> T:
    """Wait until `met` returns something true, and return it. At the deadline the test fails with what was `seen`."""
    end_s = time.monotonic() + deadline_s
    while not (found := met()):
        assert time.monotonic() < end_s, f"not within {deadline_s:.0f} s: {seen()}"
        time.sleep(EVERY_S)
    return found


async def until_async(met: Callable[[], T], seen: Callable[[], object] = _nothing, deadline_s: float = DEADLINE_S) -> T:
    """The same on the event loop, which goes on meanwhile."""
    end_s = time.monotonic() + deadline_s
    while not (found := met()):
        assert time.monotonic() < end_s, f"not within {deadline_s:.0f} s: {seen()}"
        await asyncio.sleep(EVERY_S)
    return found


def busy() -> bool:
    """Whether the cores are taken by others now: work of this much CPU time takes twice as long."""
    began_s, cost_s = time.monotonic(), time.process_time()
    while time.process_time() - cost_s < BUSY_PROBE_S:
        pass
    return time.monotonic() - began_s > 2 * BUSY_PROBE_S


def limit_s(promised_s: float) -> float:
    """What a promised time is held to: itself where the cores are free, else only that it ends at all."""
    return DEADLINE_S if busy() else promised_s
