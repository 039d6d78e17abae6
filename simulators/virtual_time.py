"""An event loop whose clock jumps to the next thing that happens: an hour passes in as long as its work takes.

Only what waits on this loop is in virtual time; nothing on it may wait for a thread, a process or another machine.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from simulators.errors import SimulationError

Answer = TypeVar("Answer")


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting, moves the clock."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None:
            self.now_s += timeout  # the loop's own pipe is all that could be ready: asking it each time costs a tenth
            return []
        if not (ready := super().select(0)):
            raise SimulationError("nothing will ever happen: every task waits for another")
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The same seed gives the same order of everything on it."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s


def run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
