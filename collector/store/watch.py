"""Whether the store takes what is committed to it now: what ingest and the check of a quiet collector found last."""

from dataclasses import dataclass

from collector.store.refusals import absence_of
from collector.values.store_state import StoreFigures, StoreState

TAKES = StoreState(takes=True)


@dataclass
class StoreWatch:
    """Of one process. Any thread may tell it what became of a commit."""

    state: StoreState = TAKES
    taken_at_s: float | None = None
    figures: StoreFigures | None = None  # of the last round that had an answer

    def took(self, now_s: float) -> None:
        self.state, self.taken_at_s = TAKES, now_s

    def refused(self, error: BaseException, now_s: float) -> None:
        found, since_s = absence_of(error), self.state.since_s
        self.state = StoreState(False, found.reason, str(found.remedy), int(now_s) if since_s is None else since_s)
