"""Closings that somebody asks for, and those of the clock: one at a time in a thread of their own, with their progress.

The API starts a run and shows how far it is; the job closes what is due. Both leave the event loop free.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from collector.accounts.ledger.facts import Basis
from collector.calendar import days
from collector.closing.run import Closing
from collector.errors import CollectorError
from collector.scores.errors import ClosingBusy
from collector.values.refusal import Remedy

log = logging.getLogger(__name__)
State = Literal["idle", "running", "done", "failed"]


class Stopped(CollectorError):
    """The process stops: what runs is cut off between two transactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which days to score. Without days: what is due. `accounts`: their rows; None: everybody."""

    first: int | None = None
    last: int | None = None
    basis: Basis
    accounts: tuple[int, ...] | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How far a run is. `step`: rollup, read, judge, score, success; `done` of `of` chunks of it."""

    state: State = "idle"
    day: str | None = None
    step: str = ""
    done: int = 0
    of: int = 0
    days_done: int = 0
    days_of: int = 0
    scored: int = 0
    error: str | None = None


@dataclass
class Runs:
    """The runs of one process. `clock` gives unix seconds."""

    closing: Closing
    clock: Callable[[], float]
    run: Run = field(default_factory=Run)
    _stopping: bool = False
    _starting: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="closing"), repr=False
    )

    def start(self, asked: Asked) -> Run:
        """Begin, and return at once. Raises ClosingBusy while another one runs here."""
        with self._starting:
            if self.run.state == "running":
                raise ClosingBusy("a run is under way", Remedy("wait until it is done", route="GET /api/v1/scores/run"))
            self.run = Run(state="running")
        self._thread.submit(self._guarded, asked)
        return self.run

    def due(self) -> None:
        """The clock's turn: close what is due, follow what came late. Nothing while a run is under way.

        Returns when it is done, or cut off. Not for the event loop's thread.
        """
        if self.run.state != "running":
            with suppress(CancelledError):  # the process stops before it has begun
                self._thread.submit(self._due).result()

    def _due(self) -> None:
        try:
            replace(self.closing, progress=lambda *_: self._go_on()).run(int(self.clock()))
        except Stopped:
            log.info("a closing was cut off; it goes on at the next start", extra={"action": "closing_stopped"})
        except ClosingBusy:  # another collector of this database does it
            log.debug("days are closed elsewhere", extra={"action": "closing_elsewhere"})

    def close(self) -> None:
        """A run ends at its next step; it is repeatable."""
        self._stopping = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Wait until what runs has ended: a chunk of accounts, seconds."""
        self._thread.shutdown()

    def _go_on(self) -> None:
        if self._stopping:
            raise Stopped("the collector stops")

    def _guarded(self, asked: Asked) -> None:
        try:
            score_days(self.closing, asked, int(self.clock()), self._tell)
            self.run = replace(self.run, state="done", step="")
        except CollectorError as error:
            self.run = replace(self.run, state="failed", error=str(error))
        except Exception:
            log.exception("a run found a bug", extra={"action": "closing_bug"})
            self.run = replace(self.run, state="failed", error="the run failed; the collector's log says why")

    def _tell(self, run: Run) -> None:
        self._go_on()
        self.run = run


def score_days(closing: Closing, asked: Asked, now_s: int, tell: Callable[[Run], None]) -> Run:
    """Close the days that are asked for, in order. Raises CollectorError."""
    run = Run(state="running")

    def progress(step: str, done: int, of: int) -> None:
        nonlocal run
        run = replace(run, step=step, done=done, of=of)
        tell(run)

    closing = replace(closing, basis=asked.basis, progress=progress)
    if asked.first is None or asked.last is None:
        wanted = closing.due(now_s)
    else:
        closing.require_over(asked.last, now_s)
        wanted = list(range(asked.first, asked.last + 1))
    for number, day in enumerate(wanted):
        run = replace(run, day=days.iso(day), days_done=number, days_of=len(wanted))
        tell(run)
        closed = closing.close(day, now_s, accounts=asked.accounts, again=asked.again)
        run = replace(run, days_done=number + 1, scored=run.scored + closed.scored)
        tell(run)
    if asked.first is None:
        late = closing.follow_late(now_s)
        run = replace(run, scored=run.scored + late)
        tell(run)
    return replace(run, state="done", step="")
