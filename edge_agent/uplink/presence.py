"""What is told out of turn, and how often: at once when it matters, never so often that it costs a SIM card. Pure.

Presence is retained, so that the fleet page knows a robot's state while its stream catches up. It is
told at every connect, when the number of open faults changes and when a backlog has been drained.
A fault may also bring the next upload forward. Both draw on a bucket that refills slowly.
"""

from dataclasses import dataclass

BURST = 4  # tellings at once before the rate counts
BACKLOG_NEWS = 50  # records; a smaller backlog is the ordinary rhythm of uploads and no news


@dataclass(slots=True)
class Bucket:
    """`BURST` at once, then one every `every_s`."""

    every_s: float
    _left: float = BURST
    _counted_s: float = 0.0

    def wait_s(self, now_s: float) -> float:
        """Seconds until there is one to take; 0: now."""
        return max(0.0, (1 - self._left_at(now_s)) * self.every_s)

    def take(self, now_s: float) -> None:
        """One less, whether there was one or not."""
        self._left = max(0.0, self._left_at(now_s) - 1)
        self._counted_s = now_s

    def _left_at(self, now_s: float) -> float:
        return min(BURST, self._left + (now_s - self._counted_s) / self.every_s)


class PresenceRate:
    """When presence is told again, beside every connect."""

    def __init__(self, every_s: float) -> None:
        self._bucket = Bucket(every_s)
        self._told: tuple[int, int] | None = None  # (open faults, backlog) as last told

    def pace(self, every_s: float) -> None:
        """From now on at most so often."""
        self._bucket.every_s = every_s

    def due(self, open_faults: int, backlog: int, now_s: float) -> bool:
        """Whether to tell this state now; asking costs nothing."""
        return self.waits_s(open_faults, backlog, now_s) == 0

    def waits_s(self, open_faults: int, backlog: int, now_s: float) -> float | None:
        """Seconds until `due` turns true by time alone; None when there is no news."""
        return self._bucket.wait_s(now_s) if self._is_news(open_faults, backlog) else None

    def told(self, open_faults: int, backlog: int, now_s: float) -> None:
        """This state was told just now, with or without being due (a connect does not ask)."""
        self._bucket.take(now_s)
        self._told = (open_faults, backlog)

    def _is_news(self, open_faults: int, backlog: int) -> bool:
        if self._told is None:
            return True
        faults_before, backlog_before = self._told
        return open_faults != faults_before or (backlog == 0 and backlog_before > BACKLOG_NEWS)
