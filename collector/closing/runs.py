"""Closings that somebody asks for, and those of the clock: one at a time in a thread of their own, with their progress.

The API starts a run and shows how far it is; the job closes what is due. Both leave the event loop free.
"""

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from collector.accounts.ledger.facts import Basis
from collector.background import Background, Stopped, Why, WorkFailure
from collector.calendar import days
from collector.closing.run import Closing
from collector.scores.errors import ClosingBusy
from collector.values.refusal import Remedy

log = logging.getLogger(__name__)
State = Literal["idle", "running", "done", "failed"]


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
    failure: Why = ""
    error: str | None = None


@dataclass
class Runs:
    """The runs of one process. `clock` gives unix seconds."""

    closing: Closing
    clock: Callable[[], float]
    run: Run = field(default_factory=Run)
    thread: Background = field(default_factory=lambda: Background("closing"))

    def start(self, asked: Asked) -> Run:
        """Begin, and return at once. Raises ClosingBusy while another one runs here."""

        def made() -> None:
            score_days(self.closing, asked, int(self.clock()), self._tell)
            self.run = replace(self.run, state="done", step="")

        def failed(failure: WorkFailure) -> None:
            self.run = replace(self.run, state="failed", failure=failure.why, error=failure.error)

        if not self.thread.claim():
            raise ClosingBusy("a run is under way", Remedy("wait until it is done", route="GET /api/v1/scores/run"))
        self.run = Run(state="running")
        self.thread.begin(made, failed)
        return self.run

    def due(self) -> None:
        """The clock's turn: close what is due, follow what came late. Nothing while a run is under way.

        Returns when it is done, or cut off. Not for the event loop's thread.
        """
        if not self.thread.is_busy:
            with suppress(CancelledError):  # the process stops before it has begun
                self.thread.submit(self._due).result()

    def _due(self) -> None:
        try:
            replace(self.closing, progress=lambda *_: self.thread.go_on()).run(int(self.clock()))
        except Stopped:
            log.info("a closing was cut off; it goes on at the next start", extra={"action": "closing_stopped"})
        except ClosingBusy:  # another collector of this database does it
            log.debug("days are closed elsewhere", extra={"action": "closing_elsewhere"})

    def _tell(self, run: Run) -> None:
        self.thread.go_on()
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
