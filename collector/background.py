"""Work that somebody asks for in a process that serves: one piece at a time in a thread of its own, which can be ended.

What is done is handed over as a function; how far it is, is told by whoever does it.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from collector.errors import CollectorError
from collector.store.refusals import refusal_of

log = logging.getLogger(__name__)
Why = Literal["", "no_scores", "refused", "stopped", "store", "bug"]
"""Why a piece of work came to nothing; "": it did not."""


class Stopped(CollectorError):
    """The process stops: what runs ends between two steps."""


@dataclass(frozen=True, slots=True)
class WorkFailure:
    """Why it came to nothing, and in words."""

    why: Why
    error: str


@dataclass
class Background:
    """One thread. `what` names its work in the log and in what failed: "back-test"."""

    what: str
    is_busy: bool = False
    _stopping: bool = False
    _starting: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _thread: ThreadPoolExecutor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.what)

    def claim(self) -> bool:
        """Whoever is told True begins the next piece, by `begin`. False: one is under way."""
        with self._starting:
            if self.is_busy:
                return False
            self.is_busy = True
        return True

    def begin(self, work: Callable[[], None], failed: Callable[[WorkFailure], None]) -> None:
        """Return at once. What `work` raises is told to `failed`."""
        self._thread.submit(self._guarded, work, failed)

    def submit(self, work: Callable[[], None]) -> "Future[None]":
        """In the same thread, after what runs; its caller waits, and takes what it raises."""
        return self._thread.submit(work)

    def go_on(self) -> None:
        """Between two steps. Raises Stopped while the process stops."""
        if self._stopping:
            raise Stopped("the collector stops")

    def close(self) -> None:
        """What runs ends at its next step."""
        self._stopping = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Wait until what runs has ended."""
        self._thread.shutdown()

    def _guarded(self, work: Callable[[], None], failed: Callable[[WorkFailure], None]) -> None:
        try:
            work()
        except Stopped as error:
            failed(WorkFailure("stopped", str(error)))
        except CollectorError as error:
            failed(WorkFailure("refused", str(error)))
        except Exception as error:
            refused = refusal_of(error)
            if refused is None:
                log.exception("a %s found a bug", self.what, extra={"action": "background_bug", "work": self.what})
                failed(WorkFailure("bug", f"the {self.what} failed; the collector's log says why"))
                return
            extra = {"action": "background_refused", "work": self.what, "reason": refused.reason}
            log.warning("a %s came to nothing: %s", self.what, refused.reason, extra=extra)
            failed(WorkFailure("store", f"{refused.reason}; {refused.remedy}"))
        finally:
            self.is_busy = False
