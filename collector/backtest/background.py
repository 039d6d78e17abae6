"""A back-test that somebody asks for in a process that serves, with its progress.

What is judged is handed over as a function; here it is only begun, watched and cut off.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from collector.background import Background, Why, WorkFailure

Tell = Callable[[str, int, int], None]
"""Is told a step, how much of it is done, and of how much (0: not known)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRun:
    """How far it is: `done` of `of` parts of a `step` (of 0: not known how many). `failure`, `error`: why it failed."""

    state: Literal["idle", "running", "done", "failed"] = "idle"
    step: str = ""
    done: int = 0
    of: int = 0
    failure: Why = ""
    error: str | None = None


@dataclass
class Backtests:
    """Those of one process. A back-test that is cut off keeps nothing."""

    run: BacktestRun = field(default_factory=BacktestRun)
    thread: Background = field(default_factory=lambda: Background("back-test"))

    def start(self, work: Callable[[Tell], WorkFailure | None]) -> bool:
        """Begin, and return at once. `work` answers why it came to nothing, or None. False: one is under way."""

        def made() -> None:
            failure = work(self._tell)
            self.run = BacktestRun(state="done") if failure is None else _failed(failure)

        def failed(failure: WorkFailure) -> None:
            self.run = _failed(failure)

        if not self.thread.claim():
            return False
        self.run = BacktestRun(state="running")
        self.thread.begin(made, failed)
        return True

    def _tell(self, step: str, done: int, of: int) -> None:
        self.thread.go_on()
        self.run = replace(self.run, step=step, done=done, of=of)


def _failed(failure: WorkFailure) -> BacktestRun:
    return BacktestRun(state="failed", failure=failure.why, error=failure.error)
