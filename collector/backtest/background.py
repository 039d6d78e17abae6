"""A back-test that somebody asks for in a process that serves: one at a time in a thread of its own, with its progress.

What is judged is handed over as a function; here it is only begun, watched and cut off.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Literal

from collector.errors import CollectorError

log = logging.getLogger(__name__)
Tell = Callable[[str, int, int], None]
"""Is told a step, how much of it is done, and of how much (0: not known)."""


class BacktestStopped(CollectorError):
    """The process stops: nothing is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRun:
    """How far it is: `done` of `of` parts of a `step` (of 0: not known how many). `error`: why it failed."""

    state: Literal["idle", "running", "done", "failed"] = "idle"
    step: str = ""
    done: int = 0
    of: int = 0
    error: str | None = None


@dataclass
class Backtests:
    """Those of one process."""

    run: BacktestRun = field(default_factory=BacktestRun)
    _stopping: bool = False
    _starting: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="backtest"), repr=False
    )

    def start(self, work: Callable[[Tell], str | None]) -> bool:
        """Begin, and return at once. `work` answers why it came to nothing, or None. False: one is under way."""
        with self._starting:
            if self.run.state == "running":
                return False
            self.run = BacktestRun(state="running")
        self._thread.submit(self._guarded, work)
        return True

    def close(self) -> None:
        """What runs ends at its next step; nothing of it is kept."""
        self._stopping = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Wait until what runs has ended."""
        self._thread.shutdown()

    def _guarded(self, work: Callable[[Tell], str | None]) -> None:
        try:
            error = work(self._tell)
            self.run = BacktestRun(state="done" if error is None else "failed", error=error)
        except CollectorError as error:
            self.run = BacktestRun(state="failed", error=str(error))
        except Exception:
            log.exception("a back-test found a bug", extra={"action": "backtest_bug"})
            self.run = BacktestRun(state="failed", error="the back-test failed; the collector's log says why")

    def _tell(self, step: str, done: int, of: int) -> None:
        if self._stopping:
            raise BacktestStopped("the collector stops")
        self.run = replace(self.run, step=step, done=done, of=of)
